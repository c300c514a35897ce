"""An import tells nothing of records out of sight but that they are kept, counted (CUS-2)."""

from typing import Any

import pytest

from dakehu.core.errors import RuleBroken
from dakehu.models import Account, Appointment, ImportRun, LookUp, Opportunity
from tests.actions.test_imports import bring, file, pipeline, refusals
from tests.cast import OPERATOR, Cast, make_cast

pytestmark = pytest.mark.django_db

HEAD = "客户名称,负责人,行业\n"


@pytest.fixture
def cast() -> Cast:
    """Give the cast with sales operations of the east alone, and three accounts of the west."""
    cast = make_cast()
    Appointment.objects.filter(person_id=cast.people["ops"]).update(unit_id=cast.units["east"])
    text = "远山,cat,机械\n近水,cat,纺织\n大河,cat,造船\n"
    bring(OPERATOR, file("a.csv", HEAD + text))
    assert set(Account.objects.values_list("unit_id", flat=True)) == {cast.units["team-3"]}
    return cast


def told(report: Any) -> list[tuple[str, dict[str, Any]]]:
    return [(p.code, p.facts) for p in report.problems]


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_hidden_account_is_refused_alike_whether_its_fields_are_the_same_or_not(
    cast: Cast, dry_run: bool
) -> None:
    ops = cast.viewer("ops")
    for industry in ("机械", "酿酒"):
        rows = HEAD + f"远山,amy,{industry}\n新客,amy,纺织\n"
        report = bring(ops, file("a.csv", rows), dry_run=dry_run)
        assert told(report) == [("import.kept_elsewhere", {"name": "远山"})]
        assert refusals(report) == [(2, "import.kept_elsewhere")]
        assert (report.changed, report.refused) == (0, 1)
    found = LookUp.objects.values_list("person_id", "name", "hidden")
    assert list(found) == [(cast.people["ops"], "远山", 1)]


def test_what_an_import_tells_of_hidden_accounts_has_the_limit_of_look_ups(
    cast: Cast, settings: Any
) -> None:
    settings.LOOK_UPS_A_DAY = 2
    ops = cast.viewer("ops")
    rows = HEAD + "远山,amy,机械\n近水,amy,纺织\n大河,amy,造船\n"
    with pytest.raises(RuleBroken, match=r"import\.look_ups_used_up"):
        bring(ops, file("a.csv", rows), dry_run=True)
    assert LookUp.objects.count() == 2
    assert ImportRun.objects.filter(status="refused").count() == 1
    report = bring(ops, file("a.csv", HEAD + "远山,amy,机械\n"), dry_run=True)
    assert report.refused == 1  # asked today already
    assert bring(OPERATOR, file("a.csv", rows)).refused == 0


def test_a_hidden_opportunity_is_not_compared(cast: Cast) -> None:
    bring(OPERATOR, *pipeline())  # brings the method
    text = "商机名称,负责人,销售方法,销售阶段,金额\nA,amy,crm-sales-opportunities,接洽,{}\n"
    bring(OPERATOR, file("o.csv", text.format(100)))
    deal = Opportunity.objects.filter(name="A")
    deal.update(owner_id=cast.people["cat"], unit_id=cast.units["team-3"])
    for amount in (100, 250):
        report = bring(cast.viewer("ops"), file("o.csv", text.format(amount)), dry_run=True)
        assert [code for code, _facts in told(report)] == ["import.kept_elsewhere"]
    assert deal.count() == 1
    assert LookUp.objects.count() == 1


CODED = "客户名称,客户编码,负责人\n"


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_code_that_a_hidden_account_has_is_kept_elsewhere_and_counted(
    cast: Cast, dry_run: bool
) -> None:
    Account.objects.filter(name="远山").update(code="K-7")
    report = bring(cast.viewer("ops"), file("a.csv", CODED + "高地,K-7,amy\n"), dry_run=dry_run)
    assert told(report) == [("import.kept_elsewhere", {"name": "K-7"})]
    assert LookUp.objects.values_list("name", flat=True)[0] == "K-7"
    assert not Account.objects.filter(name="高地").exists()


def test_new_codes_do_not_tell_whether_a_hidden_account_has_the_name_or_the_number(
    cast: Cast,
) -> None:
    hidden = Account.objects.order_by("id").first()
    assert hidden is not None
    # As a code made from the name, and as the next number after one in sight.
    Account.objects.filter(pk=hidden.pk).update(code="高地")
    Account.objects.filter(name="大河").update(code="K-7-2")
    bring(OPERATOR, file("b.csv", CODED + "平原,K-7,amy\n"))
    bring(cast.viewer("ops"), file("c.csv", CODED + "高地,,amy\n低地,,amy\n山谷,K-7,amy\n"))
    codes = dict(Account.objects.values_list("name", "code"))
    assert [len(codes[name]) for name in ("高地", "低地")] == [14, 14]
    assert codes["高地"].startswith("A-")
    assert codes["低地"].startswith("A-")
    assert codes["山谷"].startswith("K-7-")
    assert len(codes["山谷"]) == len("K-7-") + 8
    assert LookUp.objects.count() == 0
