"""Imports in the background: in chunks, resumed where a worker was killed, taken back whole."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db.models import Model
from django_q.models import OrmQ

from dakehu.actions import imports
from dakehu.actions.imports import engine
from dakehu.actions.ledger import carry_forward
from dakehu.actions.methods import install_built_in_methods
from dakehu.actions.names import index_accounts
from dakehu.actions.opportunities import EditOpportunity, edit_opportunity
from dakehu.actions.search import ACCOUNT, index_everything
from dakehu.core.access import operator
from dakehu.core.errors import NotFound
from dakehu.core.ledger import Way
from dakehu.models import (
    Account,
    Balance,
    Entry,
    ExternalId,
    ImportProblem,
    ImportRun,
    Movement,
    NameToken,
    Opportunity,
    Turnover,
)
from dakehu.queries.ledger_check import verify_ledger
from tests.cast import AT, OPERATOR, START, TODAY, Cast, make_cast

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

HEAD = "商机编号,商机名称,客户,负责人,销售方法,阶段,金额,创建日期,预计成交日期,结果,成交日期,原因\n"
OWNERS = ("amy", "ann", "bob", "cat")


class Killed(BaseException):
    """The worker is gone at this moment."""


class Watch:
    """A clock that goes on a second at each look, and after some looks the worker is killed."""

    def __init__(self, start: datetime, looks: int | None = None) -> None:
        self.now, self.looks = start, looks

    def __call__(self) -> datetime:
        if self.looks is not None:
            if not self.looks:
                raise Killed
            self.looks -= 1
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def cast(settings: LazySettings, tmp_path: Path) -> Cast:
    settings.FILES = tmp_path
    made = make_cast()
    install_built_in_methods(actor=OPERATOR, today=TODAY, at=AT, rates_from=START)
    return made


def rows(count: int, mark: str = "Z") -> str:
    """Write opportunities, some open and some decided, of a few accounts; the last row is bad."""
    lines = []
    for n in range(count):
        month, day = 1 + n % 9, 1 + n % 28
        start, end = f"2025-{month:02}-{day:02}", f"2025-{month + 3:02}-{day:02}"
        outcome = ("赢单", "输单", "")[n % 3]
        lines.append(
            f"{mark}{n:04},项目{n},客户{n % 7},{OWNERS[n % 4]},industrial-6,"
            f"{'' if outcome else '兴趣'},{1000 + n * 37},{start},{end},{outcome},"
            f"{end if outcome else ''},价格\n"
        )
    return HEAD + "".join(lines) + f"{mark}9999,坏,客户1,nobody,industrial-6,,x,,,,,\n"


def upload(text: str, cast: Cast, at: datetime = AT, *, make_accounts: bool = True) -> int:
    return imports.upload_files(
        actor=cast.viewer("ops"),
        files=[imports.SourceFile("商机.csv", text.encode("gb18030"))],
        recipe=None,
        options=imports.ImportOptions(make_accounts=make_accounts),
        today=TODAY,
        at=at,
    )


def taken_in(text: str, cast: Cast) -> ImportRun:
    run = upload(text, cast)
    imports.work_import(run_id=run, clock=Watch(AT))
    imports.take_in(actor=cast.viewer("ops"), run_id=run, today=TODAY, at=AT)
    imports.work_import(run_id=run, clock=Watch(AT + timedelta(minutes=2)))
    return ImportRun.objects.get(pk=run)


def facts() -> list[list[tuple[object, ...]]]:
    """Give all that an import leaves, without ids and moments."""
    opportunities = Opportunity.objects.order_by("code").values_list(
        "code", "name", "account__name", "owner_id", "amount_minor", "place", "voided",
        "created_on", "decided_on", "version",
    )  # fmt: skip
    entries = Entry.objects.values_list(
        "opportunity__code", "kind", "on", "count", "amount_minor", "place", "owner_id",
        "close_month",
    )  # fmt: skip
    return [
        list(opportunities),
        sorted(entries),
        sorted(Account.objects.values_list("name", "unit_id", "manager_id")),
        sorted(ExternalId.objects.values_list("system", "object_type", "external_id")),
    ]


def figures(*models: type[Model]) -> list[tuple[object, ...]]:
    """Give what is carried, summed by position; positions that hold nothing are none."""
    found: dict[tuple[object, ...], list[int]] = {}
    for model in models:
        for row in model._default_manager.values():
            kind = row.get("kind", 0)
            key = (model.__name__, kind, row["month"], row["place"], row["owner_id"],
                   row["stage_id"], row["close_month"], row["currency"])  # fmt: skip
            sums = found.setdefault(key, [0, 0])
            sums[0] += row["count"]
            sums[1] += row["amount_minor"]
    return sorted((*key, *sums) for key, sums in found.items() if any(sums))


def test_checking_writes_nothing_but_its_findings(cast: Cast) -> None:
    before = facts()
    run = ImportRun.objects.get(pk=upload(rows(30), cast))
    imports.work_import(run_id=run.pk, clock=Watch(AT))
    run.refresh_from_db()
    assert run.status == "checked"
    assert (run.report["read"], run.report["accepted"], run.report["refused"]) == (31, 30, 1)
    assert run.report["created"] == {"accounts": 7, "movements": 50, "opportunities": 30}
    assert facts() == before
    assert ImportProblem.objects.filter(run=run, severity="refused").count() >= 1


def test_what_is_taken_in_is_what_the_check_said(cast: Cast) -> None:
    run = upload(rows(30), cast)
    imports.work_import(run_id=run, clock=Watch(AT))
    said = ImportRun.objects.get(pk=run).report
    imports.take_in(actor=cast.viewer("ops"), run_id=run, today=TODAY, at=AT)
    imports.work_import(run_id=run, clock=Watch(AT))
    done = ImportRun.objects.get(pk=run)
    assert done.status == "done"
    apart = {"problem_count": 0, "asks": []}
    assert {**done.report, **apart} == {**said, **apart}
    assert verify_ledger(operator()).right


@pytest.mark.parametrize("looks", [2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
def test_a_killed_worker_leaves_nothing_doubled_and_nothing_half(
    cast: Cast, looks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Small chunks, so that a kill falls between them.
    monkeypatch.setattr(engine, "_MOST", 20)
    run = upload(rows(60), cast)
    imports.work_import(run_id=run, clock=Watch(AT))
    imports.take_in(actor=cast.viewer("ops"), run_id=run, today=TODAY, at=AT)
    with pytest.raises(Killed):
        imports.work_import(run_id=run, clock=Watch(AT, looks))
    half = Opportunity.objects.count()
    assert verify_ledger(operator()).right
    # While its lease lasts nobody else takes it up; afterwards it goes on where it was.
    imports.work_import(run_id=run, clock=Watch(AT))
    assert Opportunity.objects.count() == half
    later = AT + timedelta(minutes=5)
    OrmQ.objects.all().delete()
    assert imports.take_up_stale(later) == 1
    assert OrmQ.objects.count() == 1
    imports.work_import(run_id=run, clock=Watch(later))
    done = ImportRun.objects.get(pk=run)
    assert done.status == "done"
    assert done.report["created"] == {"accounts": 7, "movements": 100, "opportunities": 60}
    assert (done.report["accepted"], done.report["refused"]) == (60, 1)
    assert Opportunity.objects.count() == 60
    assert verify_ledger(operator()).right


def test_a_worker_killed_while_it_writes_the_last_findings_leaves_none_of_them_doubled(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_FINDINGS", 2)

    def begun(mark: str) -> int:
        bad = "".join(f"{mark}9{n:03},坏,客户1,nobody{n},industrial-6,,x,,,,,\n" for n in range(5))
        run = upload(rows(6, mark) + bad, cast)
        imports.work_import(run_id=run, clock=Watch(AT))
        imports.take_in(actor=cast.viewer("ops"), run_id=run, today=TODAY, at=AT)
        return run

    def told(run: int) -> tuple[str, int, list[tuple[int | None, str]]]:
        done = ImportRun.objects.get(pk=run)
        problems = done.problems.filter(checked=False).order_by("row", "code")
        return (
            done.status, done.report["problem_count"], list(problems.values_list("row", "code")),
        )  # fmt: skip

    usual = begun("A")
    watch = Watch(AT, 1_000)
    imports.work_import(run_id=usual, clock=watch)
    assert watch.looks is not None
    looks = 1_000 - watch.looks
    expected = told(usual)
    assert expected[1] == len(expected[2]) > 6
    for before_the_end in range(1, 6):
        run = begun("BCDEF"[before_the_end - 1])
        with pytest.raises(Killed):
            imports.work_import(run_id=run, clock=Watch(AT, looks - before_the_end))
        later = AT + timedelta(minutes=5)
        assert imports.take_up_stale(later) == 1
        imports.work_import(run_id=run, clock=Watch(later))
        assert told(run) == expected


def test_carried_months_are_right_without_being_made_anew(cast: Cast) -> None:
    taken_in(rows(40, "A"), cast)
    carry_forward(upto=TODAY, at=AT)
    taken_in(rows(40, "B"), cast)
    assert Balance.objects.exists()
    assert Turnover.objects.exists()
    assert verify_ledger(operator()).right


def test_a_run_that_is_stopped_keeps_whole_rows_and_goes_on(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_MOST", 20)
    ops = cast.viewer("ops")
    run = upload(rows(60), cast)
    imports.work_import(run_id=run, clock=Watch(AT))
    imports.take_in(actor=ops, run_id=run, today=TODAY, at=AT)
    with pytest.raises(Killed):
        imports.work_import(run_id=run, clock=Watch(AT, 8))
    imports.stop(actor=ops, run_id=run)
    later = AT + timedelta(minutes=5)
    imports.work_import(run_id=run, clock=Watch(later))
    assert ImportRun.objects.get(pk=run).status == "stopped"
    assert Opportunity.objects.count() < 60
    assert verify_ledger(operator()).right
    imports.go_on(actor=ops, run_id=run, at=later)
    imports.work_import(run_id=run, clock=Watch(later))
    assert ImportRun.objects.get(pk=run).status == "done"
    assert Opportunity.objects.count() == 60


def test_a_run_that_comes_no_further_is_given_up(cast: Cast) -> None:
    run = upload(rows(3), cast)
    later = AT
    for _time in range(5):
        with pytest.raises(Killed):
            imports.work_import(run_id=run, clock=Watch(later, 3))
        later += timedelta(minutes=5)
    imports.work_import(run_id=run, clock=Watch(later))
    given_up = ImportRun.objects.get(pk=run)
    assert given_up.status == "refused"
    assert given_up.report["code"] == "import.given_up"


# --- taking back ------------------------------------------------------------------------------


def reverted(run: ImportRun, cast: Cast, clock: Callable[[], datetime]) -> ImportRun:
    imports.revert(actor=cast.viewer("ops"), run_id=run.pk, at=AT)
    imports.work_import(run_id=run.pk, clock=clock)
    run.refresh_from_db()
    return run


def test_a_reverted_import_leaves_every_figure_as_it_was(cast: Cast) -> None:
    taken_in(rows(40, "A"), cast)
    carry_forward(upto=TODAY, at=AT)
    before, carried = facts(), figures(Balance)
    counted = Entry.objects.count()
    run = reverted(taken_in(rows(50, "B"), cast), cast, Watch(AT + timedelta(hours=1)))
    assert run.status == "reverted"
    assert run.report["reverted"] == {"opportunities": 50}
    now = facts()
    assert [row for row in now[0] if not row[6]] == before[0]
    assert now[2:] == before[2:]
    assert figures(Balance) == carried
    # Both sides of each pair stand in the ledger, so what was known before can be asked.
    assert (
        Entry.objects.count()
        == counted + 4 * Movement.objects.filter(reverses__isnull=False).count()
    )
    assert verify_ledger(operator()).right


def test_a_revert_that_is_killed_goes_on(cast: Cast) -> None:
    run = taken_in(rows(50), cast)
    imports.revert(actor=cast.viewer("ops"), run_id=run.pk, at=AT)
    for looks in (3, 4):
        with pytest.raises(Killed):
            imports.work_import(run_id=run.pk, clock=Watch(AT + timedelta(hours=looks), looks))
    imports.work_import(run_id=run.pk, clock=Watch(AT + timedelta(hours=9)))
    run.refresh_from_db()
    assert run.status == "reverted"
    assert not Opportunity.objects.filter(voided=False).exists()
    assert not Account.objects.exists()
    assert verify_ledger(operator()).right


def test_what_somebody_changed_since_stays_and_is_listed(cast: Cast) -> None:
    run = taken_in(rows(12), cast)
    touched = Opportunity.objects.get(name="项目2")
    edit_opportunity(
        actor=cast.viewer("bob"), opportunity_id=touched.pk,
        edit=EditOpportunity(next_step="call"), seen_version=None, on=TODAY, today=TODAY, at=AT,
        way=Way.FORM,
    )  # fmt: skip
    reverted(run, cast, Watch(AT + timedelta(hours=1)))
    assert list(Opportunity.objects.filter(voided=False)) == [touched]
    listed = ImportProblem.objects.get(run=run, code="import.changed_since")
    assert listed.facts["name"] == "项目2"
    assert listed.facts["who"] == "bob"
    assert Account.objects.get().name == "客户2"
    assert verify_ledger(operator()).right


def test_of_accounts_that_were_taken_back_no_name_is_left(cast: Cast) -> None:
    run = taken_in(rows(20), cast)
    index_everything((ACCOUNT,))
    index_accounts(list(Account.objects.values_list("pk", flat=True)))
    held = NameToken.objects.filter(kind__in=(ACCOUNT, "account"))
    assert set(held.values_list("kind", flat=True)) == {ACCOUNT, "account"}
    reverted(run, cast, Watch(AT + timedelta(hours=1)))
    assert not Account.objects.exists()
    assert not held.exists()


def test_what_was_taken_back_can_be_imported_again(cast: Cast) -> None:
    reverted(taken_in(rows(20), cast), cast, Watch(AT + timedelta(hours=1)))
    again = taken_in(rows(20), cast)
    assert again.report["created"]["opportunities"] == 20
    assert Opportunity.objects.filter(voided=False).count() == 20
    assert verify_ledger(operator()).right


def test_only_who_imported_takes_back(cast: Cast) -> None:
    run = taken_in(rows(3), cast)
    ImportRun.objects.filter(pk=run.pk).update(actor_id=cast.people["boss"])
    with pytest.raises(NotFound, match=r"import\.unknown_run"):
        imports.revert(actor=cast.viewer("ops"), run_id=run.pk, at=AT)


# --- updating by external id ------------------------------------------------------------------


def changed_file(count: int) -> str:
    """Give `rows` with other amounts for the open ones, and one that is new."""
    lines = rows(count).splitlines()
    out = [lines[0]]
    for line in lines[1:-1]:
        cells = line.split(",")
        if not cells[9]:
            cells[6] = str(int(cells[6]) + 500)
        out.append(",".join(cells))
    return "\n".join([*out, rows(count + 1).splitlines()[-2]]) + "\n"


def updated(cast: Cast, text: str, *, update: bool) -> ImportRun:
    ops, later = cast.viewer("ops"), AT + timedelta(hours=2)
    run = imports.upload_files(
        actor=ops, files=[imports.SourceFile("商机.csv", text.encode())], recipe=None,
        options=imports.ImportOptions(make_accounts=True, update=update), today=TODAY, at=later,
    )  # fmt: skip
    imports.work_import(run_id=run, clock=Watch(later))
    said = ImportRun.objects.get(pk=run).report
    imports.take_in(actor=ops, run_id=run, today=TODAY, at=later)
    imports.work_import(run_id=run, clock=Watch(later))
    done = ImportRun.objects.get(pk=run)
    apart = {"problem_count": 0, "asks": []}
    assert {**done.report, **apart} == {**said, **apart}
    return done


def test_rows_that_came_before_follow_the_file_where_that_is_asked(cast: Cast) -> None:
    taken_in(rows(12), cast)
    before = facts()
    run = updated(cast, changed_file(12), update=True)
    assert run.report["created"] == {"movements": 2, "opportunities": 1, "updated": 4}
    assert (run.report["accepted"], run.report["unchanged"]) == (5, 8)
    assert Opportunity.objects.get(code="Z0002").amount_minor == (1000 + 2 * 37 + 500) * 100
    assert verify_ledger(operator()).right
    run = reverted(run, cast, Watch(AT + timedelta(hours=3)))
    assert run.report["reverted"] == {"opportunities": 1, "updated": 4}
    assert verify_ledger(operator()).right
    amounts = {row[0]: row[4] for row in before[0]}
    there = Opportunity.objects.filter(voided=False).values_list("code", "amount_minor")
    assert dict(there) == amounts


def test_rows_that_came_before_stay_as_they_are_where_it_is_not(cast: Cast) -> None:
    taken_in(rows(12), cast)
    run = updated(cast, changed_file(12), update=False)
    assert run.report["created"] == {"movements": 2, "opportunities": 1}
    assert (run.report["changed"], run.report["unchanged"]) == (4, 8)
    assert Opportunity.objects.get(code="Z0002").amount_minor == (1000 + 2 * 37) * 100


def test_a_stage_is_not_moved_past_its_gate_by_a_file(cast: Cast) -> None:
    taken_in(rows(3), cast)
    text = rows(3).replace("industrial-6,兴趣", "industrial-6,设计")
    run = updated(cast, text, update=True)
    listed = ImportProblem.objects.filter(run=run, checked=False, code="import.differs_not_updated")
    assert [problem.facts["fields"] for problem in listed] == [["stage_id"]]
    assert Opportunity.objects.get(code="Z0002").stage.key == "interest"
