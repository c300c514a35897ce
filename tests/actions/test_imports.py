"""Who may import, what becomes of bad files and rows, and that nothing is half imported."""

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest
import xlsxwriter

from dakehu.actions.imports import ImportOptions, ImportReport, SourceFile, run_import
from dakehu.actions.imports import reading as reading_module
from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed, RuleBroken
from dakehu.core.ledger import Place
from dakehu.messages import SENTENCES, sentence
from dakehu.models import (
    Account,
    Appointment,
    BooksClosing,
    Contact,
    Currency,
    Entry,
    ExchangeRate,
    ImportProblem,
    ImportRun,
    Movement,
    MovementNote,
    Notice,
    Opportunity,
    Organisation,
    Person,
    Product,
    Quota,
    SalesUnit,
)
from dakehu.queries.units import all_units
from tests.cast import AT, OPERATOR, TODAY, Cast, make_cast

pytestmark = pytest.mark.django_db

TEAMS = "sales_agent,manager,regional_office\nAnn Ames,Max Mori,North\nBea Bell,Max Mori,North\n"
PRODUCTS = "product,series,sales_price\nPump A,P,500\nPump B,P,80.50\n"
ACCOUNTS = (
    "account,sector,year_established,revenue,employees,office_location,subsidiary_of\n"
    "Branch,tooling,1999,5.5,12,Kenya,Mother\nMother,tooling,1950,80,900,Kenya,\n"
)
PIPELINE = (
    "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n"
    "X1,Ann Ames,PumpA,Branch,Won,2017-01-02,2017-03-04,480\n"
    "X2,Bea Bell,Pump B,Mother,Lost,2017-01-05,2017-04-01,0\n"
    "X3,Ann Ames,Pump A,,Engaging,2017-02-02,,\n"
    "X4,Bea Bell,Pump A,,Prospecting,,,\n"
)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def file(name: str, text: str | bytes) -> SourceFile:
    return SourceFile(name, text.encode() if isinstance(text, str) else text)


def bring(actor: Viewer, *files: SourceFile, **options: object) -> ImportReport:
    recipe = options.pop("recipe", None)
    report = run_import(
        actor=actor,
        files=files,
        recipe=recipe,  # type: ignore[arg-type]
        options=ImportOptions(**options),  # type: ignore[arg-type]
        today=TODAY,
        at=AT,
    )
    for problem in report.problems:
        assert problem.code in SENTENCES
        assert sentence(problem.code, problem.facts)
    return report


def pipeline(text: str = PIPELINE) -> list[SourceFile]:
    return [
        file("teams.csv", TEAMS), file("products.csv", PRODUCTS),
        file("accounts.csv", ACCOUNTS), file("pipeline.csv", text),
    ]  # fmt: skip


def refusals(report: ImportReport) -> list[tuple[int | None, str]]:
    return [(p.row, p.code) for p in report.problems if p.severity == "refused"]


# --- who may --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "login",
    ["amy", "head-east", "boss", "exec", "finance", "auditor", "support", "admin"],
)
def test_only_sales_operations_and_the_operator_may_import(cast: Cast, login: str) -> None:
    with pytest.raises(NotAllowed, match=r"import\.run"):
        bring(cast.viewer(login), *pipeline())
    assert not Opportunity.objects.exists()


def test_sales_operations_of_the_whole_may_hang_teams_under_it(cast: Cast) -> None:
    report = bring(cast.viewer("ops"), *pipeline())
    assert report.created["opportunities"] == 4
    tree = all_units().tree(TODAY)
    north = SalesUnit.objects.get(code="North").pk
    assert tree.parents[north] == cast.units["company"]
    assert set(Movement.objects.values_list("actor_id", flat=True)) == {cast.people["ops"]}


def test_sales_operations_of_a_part_may_not_hang_teams_under_the_whole(cast: Cast) -> None:
    Appointment.objects.filter(person_id=cast.people["ops"]).update(unit_id=cast.units["east"])
    with pytest.raises(NotAllowed, match=r"import\.run"):
        bring(cast.viewer("ops"), *pipeline())
    assert not Person.objects.filter(login="ann.ames").exists()


def test_rows_of_owners_out_of_reach_are_refused(cast: Cast) -> None:
    Appointment.objects.filter(person_id=cast.people["ops"]).update(unit_id=cast.units["east"])
    bring(OPERATOR, *pipeline())
    text = "商机名称,负责人,销售方法,销售阶段,金额\nA,amy,crm-sales-opportunities,接洽,100\n"
    report = bring(
        cast.viewer("ops"), file("a.csv", text + "B,cat,crm-sales-opportunities,接洽,100\n")
    )
    assert refusals(report) == [(3, "import.owner_out_of_reach")]
    assert Opportunity.objects.get(name="A").unit_id == cast.units["team-1"]


def test_roles_that_see_everything_are_not_handed_out_by_an_import(cast: Cast) -> None:
    text = "姓名,部门,角色,登录名\n甲,East,高管,jia\n乙,East,销售,yi\n"
    report = bring(cast.viewer("ops"), file("people.csv", text))
    assert refusals(report) == [(2, "import.role_not_allowed")]
    assert not Appointment.objects.filter(person__login="jia").exists()
    assert Appointment.objects.get(person__login="yi").unit_id == cast.units["east"]


# --- the pipeline ---------------------------------------------------------------------------


def test_with_another_base_currency_in_use_a_rate_is_asked_for_before_anything_is_written(
    cast: Cast,
) -> None:
    Quota.objects.create(
        unit_id=cast.units["east"], start_on=date(2026, 1, 1), end_on=date(2026, 4, 1),
        amount_minor=1, recorded_at=AT,
    )  # fmt: skip
    with pytest.raises(RuleBroken, match=r"import\.no_exchange_rate") as refusal:
        bring(OPERATOR, *pipeline())
    assert refusal.value.facts == {"currency": "USD", "to": "CNY", "on": date(2017, 1, 2)}
    assert not SalesUnit.objects.filter(code="North").exists()
    ExchangeRate.objects.create(
        currency_id="USD", on=date(2017, 1, 1), rate=Decimal("6.9"), recorded_at=AT
    )
    ExchangeRate.objects.create(
        currency_id="USD", on=date(2017, 3, 1), rate=Decimal("6.85"), recorded_at=AT
    )
    report = bring(OPERATOR, *pipeline())
    assert (report.currency, report.base_currency, report.base_currency_set) == (
        "USD", "CNY", False,
    )  # fmt: skip
    won = Entry.objects.get(place=Place.WON, count=1)
    assert (won.amount_minor, won.base_minor) == (48_000, 328_800)


def test_what_the_rows_say_is_what_the_ledger_says(cast: Cast) -> None:
    bring(OPERATOR, *pipeline())
    won = Opportunity.objects.get(code="X1")
    assert (won.place, won.amount_minor, won.decided_on) == (2, 48_000, date(2017, 3, 4))
    lost = Opportunity.objects.get(code="X2")
    assert (lost.place, lost.amount_minor) == (3, 8_050)
    waiting = Opportunity.objects.get(code="X4")
    assert (waiting.created_on, waiting.start_unknown) == (date(2017, 4, 1), True)
    kinds = Movement.objects.filter(opportunity=won).order_by("id")
    assert list(kinds.values_list("kind", flat=True)) == [1, 8, 12]


def test_unknown_owners_products_and_accounts_refuse_their_rows_only(cast: Cast) -> None:
    report = bring(
        OPERATOR,
        *pipeline(
            PIPELINE
            + "Y1,Nobody,Pump A,,Engaging,2017-02-02,,\n"
            + "Y2,Ann Ames,Pump Z,,Engaging,2017-02-02,,\n"
            + "Y3,Ann Ames,Pump A,Stranger,Engaging,2017-02-02,,\n"
            + "Y4,Ann Ames,Pump A,,Engaging,2027-02-02,,\n"
        ),
        state_of=date(2017, 12, 31),
    )
    assert refusals(report) == [
        (6, "import.unknown_owner"), (7, "import.unknown_product"),
        (8, "import.unknown_account"), (9, "ledger.future"),
    ]  # fmt: skip
    assert (report.read, report.accepted, report.refused) == (14, 10, 4)
    assert Opportunity.objects.count() == 4


def test_rows_in_closed_books_are_refused(cast: Cast) -> None:
    BooksClosing.objects.create(until_on=date(2017, 1, 31), recorded_at=AT)
    report = bring(OPERATOR, *pipeline())
    assert refusals(report) == [(2, "ledger.books_closed"), (3, "ledger.books_closed")]
    assert Opportunity.objects.count() == 2


def test_the_same_files_again_change_nothing_and_a_changed_row_is_said(cast: Cast) -> None:
    bring(OPERATOR, *pipeline())
    again = bring(OPERATOR, *pipeline())
    assert (again.unchanged, again.accepted, again.changed) == (10, 0, 0)
    changed = bring(OPERATOR, *pipeline(PIPELINE.replace(",480\n", ",481\n")))
    assert (changed.unchanged, changed.changed) == (9, 1)
    said = [p for p in changed.problems if p.code == "import.differs_not_updated"]
    assert [(p.row, p.facts["fields"]) for p in said] == [(2, ["amount_minor"])]
    assert Opportunity.objects.get(code="X1").amount_minor == 48_000


def test_new_rows_of_a_grown_file_go_in_beside_the_known_ones(cast: Cast) -> None:
    bring(OPERATOR, *pipeline())
    grown = PIPELINE + "X5,Ann Ames,Pump B,Mother,Engaging,2017-05-05,,\n"
    report = bring(OPERATOR, *pipeline(grown))
    assert (report.unchanged, report.accepted) == (10, 1)
    assert report.created == {"opportunities": 1, "movements": 1}


def test_a_dry_run_leaves_its_report_and_nothing_else(cast: Cast) -> None:
    people = Person.objects.count()
    report = bring(OPERATOR, *pipeline(), dry_run=True)
    assert report.created["opportunities"] == 4
    assert not Opportunity.objects.exists()
    assert Person.objects.count() == people
    assert Organisation.objects.get().base_currency_id == "CNY"
    run = ImportRun.objects.get()
    assert (run.status, run.report["created"]["opportunities"]) == ("dry_run", 4)


def test_the_report_is_json_with_the_keys_that_scripts_rely_on(cast: Cast) -> None:
    report = bring(OPERATOR, *pipeline()).as_json()
    assert {
        "status", "recipe", "dry_run", "files", "created", "unchanged", "refused", "problems",
        "state_of", "currency",
    } <= report.keys()  # fmt: skip
    assert report["files"][0].keys() == {"name", "encoding", "rows"}
    assert report["problems"][0].keys() == {
        "file", "row", "column", "severity", "code", "facts",
    }  # fmt: skip


# --- bad files ------------------------------------------------------------------------------

HTML = "<html><table><tr><td>客户名称</td></tr></table></html>"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.csv", b"", "import.empty_file"),
        ("a.csv", b"\xef\xbb\xbf\r\n", "import.empty_file"),
        ("a.csv", b"PK\x03\x04rest", "import.wrong_extension"),
        ("a.csv", b"%PDF-1.7", "import.wrong_extension"),
        ("a.xlsx", "客户名称\nA\n".encode(), "import.wrong_extension"),
        ("a.xls", HTML.encode(), "import.wrong_extension"),
        ("a.xlsx", b"PK\x03\x04rest", "import.unreadable_workbook"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "import.unreadable_workbook"),
        ("a.pdf", b"%PDF-1.7", "import.unknown_extension"),
        ("a", b"a,b", "import.unknown_extension"),
        ("a.csv", "客户名称,客户 名称\nA,B\n".encode(), "import.duplicate_header"),
        ("a.csv", "天,地\nA,B\n".encode(), "import.not_recognised"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused_and_the_refusal_kept(
    cast: Cast, name: str, content: bytes, code: str
) -> None:
    with pytest.raises(RuleBroken) as refusal:
        bring(OPERATOR, file(name, content))
    assert refusal.value.code == code
    assert code in SENTENCES
    assert sentence(refusal.value)
    run = ImportRun.objects.get()
    assert (run.status, run.report["code"]) == ("refused", code)


def test_no_file_at_all_and_the_same_file_twice_are_refused(cast: Cast) -> None:
    with pytest.raises(RuleBroken, match=r"import\.no_files"):
        bring(OPERATOR)
    with pytest.raises(RuleBroken, match=r"import\.same_file_twice"):
        bring(OPERATOR, file("a.csv", ACCOUNTS), file("a.csv", ACCOUNTS))


def test_a_file_over_the_limit_is_refused(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_module, "MAX_BYTES", 1 << 20)
    with pytest.raises(RuleBroken, match=r"import\.file_too_large"):
        bring(OPERATOR, file("a.csv", b"a" * ((1 << 20) + 1)))


def test_a_workbook_that_swells_when_unpacked_is_refused_before_it_is(cast: Cast) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (80 << 20))
    with pytest.raises(RuleBroken, match=r"import\.unpacks_too_large"):
        bring(OPERATOR, file("a.xlsx", packed.getvalue()))


# --- workbooks and the simple recipes -------------------------------------------------------


def workbook(*sheets: tuple[str, list[list[object]]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for place, cell in enumerate(row):
                    if isinstance(cell, date):
                        sheet.write_datetime(number, place, cell, day)
                    else:
                        sheet.write(number, place, cell)
    return out.getvalue()


def test_a_workbook_is_read_sheet_by_sheet_with_its_days_and_numbers(cast: Cast) -> None:
    bring(OPERATOR, *pipeline())
    rows: list[list[object]] = [
        ["商机名称", "负责人", "销售方法", "阶段", "金额", "创建日期", "预计成交日期"],
        ["甲", "amy", "crm-sales-opportunities", "接洽", 1234.5, date(2026, 1, 5), 46387],
        ["乙", "bob", "crm-sales-opportunities", "寻找客户", "12万", "2026年2月1日", None],
    ]
    report = bring(OPERATOR, file("deals.xlsx", workbook(("商机", rows), ("空", []))))
    assert report.recipe == "opportunities"
    assert refusals(report) == []
    first, second = Opportunity.objects.filter(name__in="甲乙").order_by("amount_minor")
    assert (first.amount_minor, first.created_on) == (123_450, date(2026, 1, 5))
    assert first.close_on == date(2026, 12, 31)
    assert (second.amount_minor, second.created_on) == (12_000_000, date(2026, 2, 1))


def test_gb18030_and_a_chinese_header_go_in(cast: Cast) -> None:
    text = "客户名称,行业,上级客户,负责人\n海岳股份,机械,海岳集团,amy\n海岳集团,机械,,\n"
    report = bring(cast.viewer("ops"), file("客户.csv", text.encode("gb18030")))
    assert report.files[0].encoding == "gb18030"
    branch, parent = (Account.objects.get(name=n) for n in ("海岳股份", "海岳集团"))
    assert branch.path.startswith(parent.path)
    assert (parent.numchild, branch.unit_id) == (1, cast.units["team-1"])
    assert branch.manager_id == cast.people["amy"]
    # Of the rows of an import nobody is told one by one; who started it is told of its end.
    assert not Notice.objects.exists()


def test_branches_of_an_account_that_was_there_before_hang_under_it(cast: Cast) -> None:
    bring(OPERATOR, file("a.csv", "客户名称,行业\n海岳集团,机械\n远山,机械\n"))
    bring(OPERATOR, file("a.csv", "客户名称,上级客户\n海岳一厂,海岳集团\n海岳二厂,海 岳 集团\n"))
    parent = Account.objects.get(name="海岳集团")
    assert parent.numchild == 2
    assert Account.objects.filter(path__startswith=parent.path, depth=2).count() == 2
    # treebeard's own way on top of ours still finds a free place.
    fresh = Account(code="n", name="新", created_on=TODAY)
    assert Account.objects.add_root(instance=fresh).path > parent.path


def test_a_ring_of_parents_is_cut_and_an_unknown_one_said(cast: Cast) -> None:
    text = "客户名称,上级客户\n甲公司,乙公司\n乙公司,甲公司\n丙公司,无名公司\n"
    report = bring(OPERATOR, file("a.csv", text))
    assert Account.objects.count() == 3
    assert {p.code for p in report.problems} == {"import.parent_ring", "import.unknown_parent"}


def test_contacts_go_to_accounts_by_name_once(cast: Cast) -> None:
    bring(OPERATOR, file("a.csv", "客户名称,行业\n海岳集团,机械\n"))
    text = (
        "姓名,客户名称,邮箱\n李雷,海岳集团,li@example.com\n韩梅,没有的,\n王五,海岳集团,not-mail\n"
    )
    report = bring(OPERATOR, file("c.csv", text))
    assert refusals(report) == [(3, "import.unknown_account"), (4, "email.malformed")]
    assert Contact.objects.get().email == "li@example.com"
    assert bring(OPERATOR, file("c.csv", text)).unchanged == 1


def test_people_bring_their_units_and_nobody_can_log_in_with_a_password(cast: Cast) -> None:
    text = (
        "姓名,部门,角色,登录名,任职日期\n"
        "李雷,海外大区/新加坡团队,销售,li.lei,2025-01-01\n"
        "韩梅,海外大区,总监,han.mei,\n赵六,海外大区,国王,zhao,\n"
    )
    report = bring(OPERATOR, file("p.csv", text))
    assert refusals(report) == [(4, "import.unknown_role")]
    units = all_units()
    team = SalesUnit.objects.get(name_zh="新加坡团队").pk
    names = [units.names[u].name("zh") for u in units.tree(TODAY).path(team)]
    assert names == ["company 部", "海外大区", "新加坡团队"]
    assert team in units.tree(date(2025, 1, 1))
    appointment = Appointment.objects.get(person__login="li.lei")
    assert (appointment.unit_id, appointment.from_on) == (team, date(2025, 1, 1))
    assert Appointment.objects.get(person__login="han.mei").from_on == TODAY
    assert not Person.objects.get(login="li.lei").has_usable_password()
    assert bring(OPERATOR, file("p.csv", text)).created == {}


def test_quotas_need_the_right_to_set_them(cast: Cast) -> None:
    text = (
        "期间,部门,人员,销售指标\n2026Q3,East,,100万\n2026-07,,amy,30万\n"
        "2026,East,amy,1\n春天,East,,1\n"
    )
    report = bring(OPERATOR, file("q.csv", text))
    assert sorted(refusals(report), key=str) == [
        (4, "import.person_or_unit"), (5, "period.malformed"),
    ]  # fmt: skip
    assert Quota.objects.get(unit_id=cast.units["east"]).amount_minor == 100_000_000
    assert Quota.objects.get(person_id=cast.people["amy"]).end_on == date(2026, 8, 1)
    again = bring(cast.viewer("ops"), file("q.csv", text.replace("100万", "101万")))
    assert (2, "import.quota_not_allowed") in refusals(again)


def test_products_of_the_same_code_stay_as_they_are(cast: Cast) -> None:
    bring(OPERATOR, file("p.csv", "产品名称,价格,产品编码\n泵,1200.5,P-1\n"))
    report = bring(OPERATOR, file("p.csv", "产品名称,价格,产品编码\n泵,1300,P-1\n阀,-5,P-2\n"))
    assert refusals(report) == [(3, "money.negative")]
    assert report.changed == 1
    assert Product.objects.get(code="P-1").list_price == Decimal("1200.5")


def test_a_lost_row_keeps_its_reason_beside_the_ledger(cast: Cast) -> None:
    bring(OPERATOR, *pipeline())
    text = (
        "商机名称,负责人,阶段,销售方法,金额,创建日期,关闭日期,输单原因\n"
        "甲,amy,输单,crm-sales-opportunities,100,2026-01-05,2026-02-05,价格\n"
        "乙,amy,赢单,crm-sales-opportunities,100,2026-01-05,2026-02-05,\n"
        "丙,amy,报价,crm-sales-opportunities,100,2026-01-05,,\n"
    )
    report = bring(OPERATOR, file("d.csv", text))
    assert refusals(report) == [(4, "import.unknown_stage")]
    assert MovementNote.objects.get().text == "价格"
    assert Opportunity.objects.get(name="乙").stage.key == "engaging"


def test_problems_are_kept_with_their_rows(cast: Cast) -> None:
    bring(OPERATOR, file("a.csv", "客户名称,员工人数\n甲,many\n乙,12\n"))
    kept = ImportProblem.objects.get(severity="refused")
    assert (kept.row, kept.column, kept.code) == (2, "员工人数", "number.malformed")


def test_before_the_organisation_is_set_up_an_import_says_so() -> None:
    Currency.objects.create(code="CNY", digits=2, name_zh="元", name_en="yuan")
    with pytest.raises(RuleBroken, match=r"organisation\.missing"):
        bring(OPERATOR, file("a.csv", "客户名称,行业\n甲,乙\n"))
