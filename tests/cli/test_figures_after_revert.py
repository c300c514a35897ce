"""Taking an import back leaves every as-of figure as before it, to the digit (FUN-5).

Asked as anybody asks, by the commands and their JSON; what was known meanwhile still shows it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import transaction

from dakehu.actions import imports
from dakehu.core.access import operator
from dakehu.core.periods import containing
from dakehu.models import Account, ImportRun, Opportunity, Person
from dakehu.queries.ledger_check import verify_ledger
from dakehu.queries.outcomes import BYS
from tests.cli.conftest import Demo, Terminal

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

HEAD = "商机编号,商机名称,客户,负责人,销售方法,阶段,金额,创建日期,预计成交日期,结果,成交日期,原因"


@pytest.fixture(autouse=True)
def apart(demo: Demo, settings: LazySettings, tmp_path: Path) -> Iterator[None]:
    """Keep files in a folder of the test, and what it writes out of the shared company."""
    settings.FILES = tmp_path
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def file_of(demo: Demo) -> bytes:
    """Write 60 opportunities of the demo's sellers over ten months: won, lost, open; one bad."""
    sellers = list(
        Person.objects.filter(opportunity__isnull=False).distinct().order_by("pk")[:5]
    )  # fmt: skip
    accounts = list(
        Opportunity.objects.exclude(account=None).values_list("account__name", flat=True)[:4]
    )
    lines = [HEAD]
    for n in range(60):
        start = demo.last - timedelta(days=300 - 4 * n)
        end = start + timedelta(days=20 + n % 40)
        outcome = ("赢单", "输单", "放弃", "")[n % 4]
        account = accounts[n % 4] if n % 3 else f"新客户{n % 6}"
        lines.append(
            f"R{n:03},项目{n},{account},{sellers[n % 5].login},industrial-6,"
            f"{'' if outcome else '兴趣'},{1000 + n * 37}.{n % 100:02},{start},{end},{outcome},"
            f"{end if outcome else ''},价格"
        )
    return "\n".join([*lines, "R999,坏,x,nobody,industrial-6,,x,,,,,\n"]).encode("gb18030")


def answers(demo: Demo, terminal: Terminal, *more: str) -> dict[str, Any]:
    """Ask for every figure on several days: month starts and ends, between, and the last."""
    found: dict[str, Any] = {}
    days = [demo.last - timedelta(days=back) for back in (211, 97, 30, 0)]
    days += [days[0].replace(day=1), days[1].replace(day=1) - timedelta(days=1)]
    for day in days:
        period = ("--period", containing(day, "quarter").key)
        for figure in ("funnel", "indicators"):
            found[f"{figure} {day}"] = terminal.json(figure, "--on", str(day), *period, *more)
    spans = ((400, 0), (250, 97), (97, 30))
    for first, last in spans:
        span = (
            "--from", str(demo.last - timedelta(days=first)),
            "--to", str(demo.last - timedelta(days=last)),
        )  # fmt: skip
        found[f"waterfall {span}"] = terminal.json("waterfall", *span, *more)
        for by in BYS:
            found[f"outcomes {by} {span}"] = terminal.json("outcomes", *span, "--by", by, *more)
    return found


def worked(run: int) -> str:
    imports.work_import(run_id=run, clock=lambda: datetime.now(UTC))
    return ImportRun.objects.get(pk=run).status


def test_every_figure_is_as_before_and_what_was_known_still_shows_the_import(
    demo: Demo, terminal: Terminal
) -> None:
    before = answers(demo, terminal)
    accounts = set(Account.objects.values_list("pk", flat=True))
    known_before = datetime.now(UTC).isoformat()

    run = imports.upload_files(
        actor=operator(), files=[imports.SourceFile("商机.csv", file_of(demo))], recipe=None,
        options=imports.ImportOptions(make_accounts=True),
        today=demo.last + timedelta(days=1), at=datetime.now(UTC),
    )  # fmt: skip
    assert worked(run) == "checked"
    imports.take_in(
        actor=operator(), run_id=run, today=demo.last + timedelta(days=1), at=datetime.now(UTC)
    )
    assert worked(run) == "done"
    assert ImportRun.objects.get(pk=run).report["created"]["opportunities"] == 60
    between, known_between = answers(demo, terminal), datetime.now(UTC).isoformat()
    changed = {name for name, answer in between.items() if answer != before[name]}
    assert {name.split()[0] for name in changed} == {
        "funnel", "indicators", "waterfall", "outcomes"
    }  # fmt: skip

    imports.revert(actor=operator(), run_id=run, at=datetime.now(UTC))
    assert worked(run) == "reverted"

    after = answers(demo, terminal)
    assert {name for name, answer in after.items() if answer != before[name]} == set()
    assert verify_ledger(operator()).right
    shown = answers(demo, terminal, "--known-at", known_between)
    removed = {name for name in shown if name.startswith("outcomes account")}
    assert {name for name, answer in shown.items() if answer != between[name]} <= removed
    for name in removed:
        # Accounts that came with the import are no more: theirs stands under no account.
        ours = [row for row in between[name]["rows"] if row["id"] in accounts]
        assert [row for row in shown[name]["rows"] if row["id"] is not None] == ours
        assert shown[name]["total"] == between[name]["total"]
    hidden = answers(demo, terminal, "--known-at", known_before)
    assert {name for name, answer in hidden.items() if answer != before[name]} == set()
