"""The real pipeline comes in, and its published figures come out of the ledger to the unit."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from dakehu.actions.imports import ImportOptions, ImportReport, run_import, source_files
from dakehu.core.access import operator
from dakehu.models import (
    Account,
    Appointment,
    Balance,
    CarriedMonth,
    Currency,
    Entry,
    ImportRun,
    LineSet,
    MethodStage,
    Movement,
    Opportunity,
    Organisation,
    Person,
    WinRate,
)
from dakehu.queries.units import all_units

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("DAKEHU_TEST_DATA") or ROOT.parent / "shared" / "data")
FOLDER = DATA / "crm_sales_opportunities"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db,
    pytest.mark.skipif(
        not FOLDER.is_dir(), reason="the real pipeline is not here (DAKEHU_TEST_DATA)"
    ),
]

TODAY = date(2026, 6, 30)
AT = datetime(2026, 6, 30, 2, tzinfo=UTC)
STATE_DAY = date(2017, 12, 31)


def organisation() -> None:
    for code, digits in (("CNY", 2), ("USD", 2)):
        Currency.objects.create(code=code, digits=digits, name_zh=code, name_en=code)
    Organisation.objects.create(id=1, name_en="Company", base_currency_id="CNY")


def bring_in(**options: object) -> ImportReport:
    return run_import(
        actor=operator(),
        files=source_files([FOLDER]),
        options=ImportOptions(**options),  # type: ignore[arg-type]
        today=TODAY,
        at=AT,
    )


@pytest.fixture(scope="module")
def report(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[ImportReport]:
    """Import once for all questions of this file; taken back at its end."""
    from django.db import transaction

    with django_db_blocker.unblock():
        atomic = transaction.atomic()
        atomic.__enter__()
        organisation()
        yield bring_in()
        transaction.set_rollback(True)
        atomic.__exit__(None, None, None)


def ask(sql: str, *values: object) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [tuple(row) for row in cursor.fetchall()]


def held_on(day: date) -> dict[tuple[int, str], tuple[int, int]]:
    """Count and amount in units per place and stage, from the entries up to a day."""
    rows = ask(
        "SELECT e.place, s.key, SUM(e.count), SUM(e.amount_minor) FROM dakehu_entry e"
        " LEFT JOIN dakehu_stage s ON s.id = e.stage_id"
        ' WHERE e."on" <= %s AND e.place > 0 GROUP BY e.place, s.key',
        day,
    )
    return {(p, k): (c, a // 100) for p, k, c, a in rows}  # type: ignore[misc,operator]


def won_by(sql: str) -> dict[object, int]:
    rows = ask(
        f"SELECT {sql} AS name, SUM(e.base_minor) FROM dakehu_entry e"
        " JOIN dakehu_salesunit team ON team.id = e.unit_id"
        " JOIN dakehu_unitplace p ON p.unit_id = team.id"
        " JOIN dakehu_salesunit office ON office.id = p.parent_id"
        " WHERE e.place = 2 GROUP BY 1"
    )
    return {name: minor // 100 for name, minor in rows}  # type: ignore[operator]


def test_won_lost_and_open_come_out_to_the_unit(report: ImportReport) -> None:
    held = held_on(STATE_DAY)
    assert held[(2, "engaging")] == (4238, 10_005_534)
    assert held[(3, "engaging")][0] == 2473
    assert held[(1, "engaging")][0] == 1589
    assert held[(1, "prospecting")][0] == 500
    assert sum(a for (place, _k), (_c, a) in held.items() if place == 1) == 4_966_215


def test_on_the_last_of_june_1686_were_open(report: ImportReport) -> None:
    held = held_on(date(2017, 6, 30))
    assert sum(c for (place, _k), (c, _a) in held.items() if place == 1) == 1686


def test_won_by_region_and_by_manager(report: ImportReport) -> None:
    assert won_by("office.code") == {
        "West": 3_568_647, "Central": 3_346_293, "East": 3_090_594,
    }  # fmt: skip
    assert won_by("team.code") == {
        "Melvin Marxen": 2_251_930, "Summer Sewald": 1_964_750, "Rocco Neubert": 1_960_545,
        "Celia Rouche": 1_603_897, "Cara Losch": 1_130_049, "Dustin Brinkmann": 1_094_363,
    }  # fmt: skip


def test_won_by_quarter(report: ImportReport) -> None:
    sums = {}
    for quarter, (start, end) in enumerate(
        [("01-01", "04-01"), ("04-01", "07-01"), ("07-01", "10-01"), ("10-01", "12-32")], 1
    ):
        last = "2018-01-01" if quarter == 4 else f"2017-{end}"
        rows = ask(
            "SELECT SUM(base_minor) FROM dakehu_entry e"
            " WHERE place = 2 AND e.\"on\" >= %s AND e.\"on\" < %s",
            date.fromisoformat(f"2017-{start}"), date.fromisoformat(last),
        )  # fmt: skip
        sums[quarter] = rows[0][0] // 100  # type: ignore[operator]
    assert sums == {1: 1_134_672, 2: 3_086_111, 3: 2_982_255, 4: 2_802_496}


def test_the_report_says_what_came_in(report: ImportReport) -> None:
    assert report.status == "done"
    assert report.recipe == "crm-sales-opportunities"
    assert report.state_of == STATE_DAY
    assert (report.read, report.accepted) == (8927, 8927)
    assert (report.unchanged, report.changed, report.refused) == (0, 0, 0)
    assert report.created["opportunities"] == 8800
    assert report.created["accounts"] == 85
    assert report.created["products"] == 7
    assert report.created["people"] == 41
    assert report.created["units"] == 10
    assert {f.name: f.rows for f in report.files} == {
        "sales_teams.csv": 35, "products.csv": 7, "accounts.csv": 85,
        "sales_pipeline.csv": 8800,
    }  # fmt: skip


def test_gtxpro_is_found_to_be_gtx_pro_and_said(report: ImportReport) -> None:
    found = [p for p in report.problems if p.code == "import.name_folded"]
    assert [(p.facts["written"], p.facts["meant"]) for p in found] == [("GTXPro", "GTX Pro")]
    assert found[0].facts["rows"] > 1000


def test_a_file_of_no_use_is_said_and_left(report: ImportReport) -> None:
    assert ("data_dictionary.csv", "import.file_not_used") in {
        (p.file, p.code) for p in report.problems
    }


def test_no_money_was_fixed_yet_so_the_datas_currency_becomes_the_base(
    report: ImportReport,
) -> None:
    assert report.base_currency_set
    assert (report.currency, report.base_currency) == ("USD", "USD")
    assert Organisation.objects.get().base_currency_id == "USD"


def test_the_tree_has_three_levels_from_before_the_first_day(report: ImportReport) -> None:
    units = all_units()
    tree = units.tree(date(2016, 10, 20))
    (root,) = tree.roots()
    names = {units.names[u].code: [units.names[c].code for c in tree.children(u)]
             for u in tree.children(root)}  # fmt: skip
    assert names == {
        "Central": ["Dustin Brinkmann", "Melvin Marxen"],
        "East": ["Cara Losch", "Rocco Neubert"],
        "West": ["Celia Rouche", "Summer Sewald"],
    }


def test_managers_head_teams_and_agents_sell_and_nobody_has_a_password(
    report: ImportReport,
) -> None:
    roles = Appointment.objects.values_list("person__login", "role", "unit__code")
    assert ("melvin.marxen", "unit_head", "Melvin Marxen") in roles
    assert ("mei-mei.johns", "salesperson", "Melvin Marxen") in roles
    assert Appointment.objects.filter(role="salesperson").count() == 35
    assert Appointment.objects.filter(role="unit_head").count() == 6
    assert not any(p.has_usable_password() for p in Person.objects.all())


def test_five_who_own_nothing_are_there_all_the_same(report: ImportReport) -> None:
    owners = set(Opportunity.objects.values_list("owner_id", flat=True))
    selling = Appointment.objects.filter(role="salesperson")
    assert selling.exclude(person_id__in=owners).count() == 5


def test_subsidiaries_hang_under_their_parents(report: ImportReport) -> None:
    assert Account.objects.filter(depth=2).count() == 15
    assert Account.objects.filter(numchild__gt=0).count() == 7
    branch = Account.objects.get(name="Bluth Company")
    parent = Account.objects.get(name="Acme Corporation")
    assert branch.path.startswith(parent.path)
    assert parent.numchild == Account.objects.filter(
        depth=2, path__startswith=parent.path
    ).count()  # fmt: skip


def test_what_is_misspelt_stays_as_it_was_written(report: ImportReport) -> None:
    assert Account.objects.get(name="Acme Corporation").industry == "technolgy"
    assert Account.objects.get(name="Bioholding").region == "Philipines"


def test_open_rows_without_an_account_have_none(report: ImportReport) -> None:
    assert Opportunity.objects.filter(account=None).count() == 1425


def test_the_method_has_no_win_rates_until_somebody_sets_them(report: ImportReport) -> None:
    stages = MethodStage.objects.filter(version__method__key="crm-sales-opportunities")
    assert [s.stage.key for s in stages.order_by("order")] == ["prospecting", "engaging"]
    assert WinRate.objects.count() == 0


def test_rows_without_a_start_begin_on_the_state_day(report: ImportReport) -> None:
    unknown = Opportunity.objects.filter(start_unknown=True)
    assert unknown.count() == 500
    assert set(unknown.values_list("created_on", flat=True)) == {STATE_DAY}
    assert not Opportunity.objects.filter(evidence_unknown=False).exists()


def test_every_movement_sums_to_zero_and_the_rows_equal_the_ledger(
    report: ImportReport,
) -> None:
    assert not ask(
        "SELECT movement_id FROM dakehu_entry GROUP BY movement_id"
        " HAVING SUM(count) <> 0 OR SUM(amount_minor) <> 0"
    )
    assert not ask(
        "SELECT o.id FROM dakehu_opportunity o JOIN ("
        " SELECT opportunity_id, place, owner_id, unit_id, stage_id, category,"
        "  SUM(count) AS n, SUM(amount_minor) AS amount FROM dakehu_entry"
        "  WHERE place > 0 GROUP BY 1, 2, 3, 4, 5, 6 HAVING SUM(count) <> 0) h"
        " ON h.opportunity_id = o.id WHERE h.n <> 1 OR h.place <> o.place"
        " OR h.owner_id <> o.owner_id OR h.unit_id <> o.unit_id OR h.stage_id <> o.stage_id"
        " OR h.category <> o.category OR h.amount <> o.amount_minor"
    )
    assert ask("SELECT COUNT(DISTINCT opportunity_id) FROM dakehu_entry") == [(8800,)]


def test_what_is_carried_equals_the_entries(report: ImportReport) -> None:
    assert CarriedMonth.objects.filter(month=date(2018, 1, 1)).exists()
    rows = Balance.objects.filter(month=date(2018, 1, 1))
    assert sum(row.count for row in rows) == 2089
    assert sum(row.amount_minor for row in rows) == 496_621_500


def test_the_run_is_one_correlation_and_a_win_has_its_own_lines(
    report: ImportReport,
) -> None:
    assert set(Movement.objects.values_list("correlation_id", flat=True)) == {report.correlation_id}
    won = Opportunity.objects.get(code="1C1I7A6R")
    sets = LineSet.objects.filter(opportunity=won).order_by("on")
    assert [(s.on, s.lines.get().amount_minor, s.is_current) for s in sets] == [
        (date(2016, 10, 20), 109_600, False),
        (date(2017, 3, 1), 105_400, True),
    ]


def test_a_second_import_changes_nothing(report: ImportReport) -> None:
    before = (Movement.objects.count(), Entry.objects.count(), Person.objects.count())
    again = bring_in()
    assert (again.unchanged, again.accepted, again.refused) == (8927, 0, 0)
    assert again.created == {}
    after = (Movement.objects.count(), Entry.objects.count(), Person.objects.count())
    assert after == before
    assert ImportRun.objects.filter(status="done").count() == 2
