"""dakehu ledger verify: silent when all is right, loud when anything was tampered with."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from dakehu.core.ledger import Kind, Place
from dakehu.models import (
    Balance,
    CarriedMonth,
    CompanyBalance,
    Entry,
    Movement,
    Opportunity,
    Turnover,
)
from dakehu.models.triggers import install_triggers
from tests.cli.conftest import Demo, Terminal

pytestmark = pytest.mark.django_db


def verify(terminal: Terminal) -> dict[str, int]:
    """Give the number of deviations per check that deviates."""
    import json

    result = terminal.run("ledger", "verify", "--json")
    answer = json.loads(result.stdout)
    assert result.exit_code == (0 if answer["right"] else 1)
    return {c["key"]: c["deviating"] for c in answer["checks"] if c["deviating"]}


def test_a_ledger_that_is_right_is_said_to_be(demo: Demo, terminal: Terminal) -> None:
    result = terminal.run("ledger", "verify")
    assert result.exit_code == 0
    assert "The ledger is right." in result.stdout
    assert terminal.json("ledger", "verify")["right"] is True


def test_each_check_has_looked_at_something(demo: Demo, terminal: Terminal) -> None:
    checks = {c["key"]: c["checked"] for c in terminal.json("ledger", "verify")["checks"]}
    assert checks["movement_sums"] == Movement.objects.count() > 0
    assert checks["entry_facts"] == Entry.objects.count() > 0
    assert checks["one_position"] == Opportunity.objects.count() > 0
    assert checks["bookings"] == Entry.objects.filter(place__gt=Place.OPEN).count() > 0
    assert checks["dates"] == Opportunity.objects.count()
    assert checks["balances"] == Balance.objects.count() > 0
    assert checks["company_balances"] == CompanyBalance.objects.count() > 0
    assert checks["turnover"] == Turnover.objects.count() > 0
    assert checks["months"] == CarriedMonth.objects.count() > 0


def _won() -> Opportunity:
    row = Opportunity.objects.filter(place=Place.WON, voided=False).first()
    assert row is not None
    return row


ROW_CHANGES = [
    {"amount_minor": 1}, {"category": 0}, {"own_rate_bp": 4321}, {"close_on": date(2031, 5, 6)},
    {"close_on": None}, {"place": int(Place.LOST)}, {"currency_id": "JPY"},
]  # fmt: skip


@pytest.mark.parametrize("change", ROW_CHANGES)
def test_a_row_that_differs_from_its_entries_is_found(
    demo: Demo, terminal: Terminal, change: dict[str, Any]
) -> None:
    row = _won()
    Opportunity.objects.filter(pk=row.pk).update(**change)
    assert verify(terminal) == {"rows": 1}
    shown = terminal.run("ledger", "verify")
    assert f"opportunity {row.pk}" in shown.stdout


def test_a_row_of_another_owner_unit_or_stage_is_found(demo: Demo, terminal: Terminal) -> None:
    row = _won()
    other = Opportunity.objects.exclude(owner_id=row.owner_id).exclude(unit_id=row.unit_id)
    stranger = other.exclude(stage_id=row.stage_id).first()
    assert stranger is not None
    for column in ("owner_id", "unit_id", "stage_id"):
        with transaction.atomic():
            Opportunity.objects.filter(pk=row.pk).update(**{column: getattr(stranger, column)})
            assert verify(terminal) == {"rows": 1}
            transaction.set_rollback(True)


def test_a_row_that_was_hidden_without_a_movement_is_found(demo: Demo, terminal: Terminal) -> None:
    Opportunity.objects.filter(pk=_won().pk).update(voided=True)
    assert verify(terminal) == {"one_position": 1}


def test_an_opportunity_without_a_movement_is_found(demo: Demo, terminal: Terminal) -> None:
    row = _won()
    row.pk = None
    row.code = "made by hand"
    row.save(force_insert=True)
    assert verify(terminal) == {"one_position": 1}


def test_a_balance_that_was_changed_is_found_and_rebuilt(demo: Demo, terminal: Terminal) -> None:
    months = list(CarriedMonth.objects.order_by("month").values_list("month", flat=True))
    row = Balance.objects.filter(month=months[len(months) // 2]).first()
    assert row is not None
    Balance.objects.filter(pk=row.pk).update(amount_minor=row.amount_minor + 1)
    # It neither follows from the month before nor leads to the month after.
    assert verify(terminal) == {"balances": 2, "company_balances": 1}
    assert terminal.json("ledger", "verify", "--rebuild")["right"] is True


def test_a_balance_that_was_removed_is_found(demo: Demo, terminal: Terminal) -> None:
    last = CarriedMonth.objects.order_by("-month").first()
    assert last is not None
    row = Balance.objects.filter(month=last.month).first()
    assert row is not None
    row.delete()
    assert verify(terminal) == {"balances": 1, "company_balances": 1}


def test_a_balance_of_the_whole_company_that_was_changed_is_found(
    demo: Demo, terminal: Terminal
) -> None:
    months = list(CarriedMonth.objects.order_by("month").values_list("month", flat=True))
    row = CompanyBalance.objects.filter(month=months[len(months) // 2]).first()
    assert row is not None
    CompanyBalance.objects.filter(pk=row.pk).update(amount_minor=row.amount_minor + 1)
    assert verify(terminal) == {"company_balances": 1, "months": 2}
    assert terminal.json("ledger", "verify", "--rebuild")["right"] is True


def test_turnover_that_was_changed_is_found(demo: Demo, terminal: Terminal) -> None:
    row = Turnover.objects.filter(place=Place.WON).first()
    assert row is not None
    Turnover.objects.filter(pk=row.pk).update(base_minor=row.base_minor + 5)
    assert verify(terminal) == {"turnover": 1}
    Turnover.objects.filter(pk=row.pk).delete()
    assert verify(terminal) == {"turnover": 1}


def test_turnover_of_an_open_position_breaks_the_month_too(demo: Demo, terminal: Terminal) -> None:
    of_open = Turnover.objects.filter(place=Place.OPEN)
    row = of_open.filter(span=Turnover.Span.MONTH).first()
    assert row is not None
    Turnover.objects.filter(pk=row.pk).update(count=row.count + 1)
    assert verify(terminal) == {"turnover": 1, "months": 1}
    Turnover.objects.filter(pk=row.pk).update(count=row.count)
    row = of_open.filter(span=Turnover.Span.DAY, kind=Kind.AMOUNT_CHANGED, shrunk=1).first()
    assert row is not None
    Turnover.objects.filter(pk=row.pk).update(shrunk=0)
    assert verify(terminal) == {"turnover": 2}


def test_an_entry_that_balances_nothing_is_found(demo: Demo, terminal: Terminal) -> None:
    # Adding is the one thing that the database lets through.
    row = Entry.objects.filter(place=Place.WON, count=1).first()
    assert row is not None
    row.pk = None
    row.count, row.amount_minor, row.base_minor = 0, 700, None
    row.save(force_insert=True)
    found = verify(terminal)
    assert found["movement_sums"] == 1
    assert found["rows"] == 1


def corrupt(entry_id: int, base_minor: int | None) -> None:
    """Change what an entry booked behind the database's back, and set the guards up again."""
    table = "dakehu_entry"
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"DROP TRIGGER {table}_no_update")
        else:
            # What waits for its foreign keys holds the table.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_no_change")
        cursor.execute(f"UPDATE {table} SET base_minor = %s WHERE id = %s", [base_minor, entry_id])
        if connection.vendor != "sqlite":
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {table}_no_change")
    install_triggers()


def booked(**which: Any) -> Entry:
    """Give an entry that entered an outcome still held."""
    row = Entry.objects.filter(count=1, opportunity__voided=False, **which).filter(
        opportunity__place=F("place"), amount_minor__gt=1000
    )
    found = row.exclude(opportunity__movements__kind=Kind.REOPENED).first()
    assert found is not None
    return found


@pytest.mark.parametrize("is_foreign", [False, True])
def test_an_outcome_that_booked_another_amount_is_found(
    demo: Demo, terminal: Terminal, is_foreign: bool
) -> None:
    currency = {"currency__in": ("USD", "EUR")} if is_foreign else {"currency": "CNY"}
    entry = booked(place=Place.WON, **currency)
    assert entry.base_minor is not None
    corrupt(entry.pk, entry.base_minor + 1)
    # Not its amount at the day's rate, nor what its row was booked at; and not in the turnover.
    assert verify(terminal) == {"bookings": 2, "turnover": 2}
    Opportunity.objects.filter(pk=entry.opportunity_id).update(base_minor=entry.base_minor + 1)
    assert verify(terminal) == {"bookings": 1, "turnover": 2}
    assert f"entry {entry.pk}" in terminal.run("ledger", "verify").stdout


def test_an_outcome_that_booked_nothing_is_found(demo: Demo, terminal: Terminal) -> None:
    corrupt(booked(place=Place.LOST).pk, None)
    assert verify(terminal)["bookings"] == 2


def test_an_open_position_that_books_is_found(demo: Demo, terminal: Terminal) -> None:
    entry = Entry.objects.filter(place=Place.OPEN).first()
    assert entry is not None
    corrupt(entry.pk, 5)
    assert verify(terminal)["bookings"] == 1


def test_an_outcome_that_was_left_and_still_books_is_found(demo: Demo, terminal: Terminal) -> None:
    left = Entry.objects.filter(count=-1, place__gt=Place.OPEN, base_minor__lt=-1).first()
    assert left is not None
    assert left.base_minor is not None
    corrupt(left.pk, left.base_minor - 7)
    assert verify(terminal)["bookings"] == 1
    assert f"opportunity {left.opportunity_id}" in terminal.run("ledger", "verify").stdout


def test_a_row_whose_days_leave_a_movement_out_is_found(demo: Demo, terminal: Terminal) -> None:
    row = _won()
    Opportunity.objects.filter(pk=row.pk).update(last_on=row.last_on - timedelta(days=1))
    assert verify(terminal) == {"dates": 1}
    Opportunity.objects.filter(pk=row.pk).update(
        last_on=row.last_on, created_on=row.created_on + timedelta(days=1)
    )
    assert verify(terminal) == {"dates": 1}


def test_a_missing_guard_is_found(demo: Demo, terminal: Terminal) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER dakehu_entry_no_update")
        else:
            cursor.execute("DROP TRIGGER dakehu_entry_no_change ON dakehu_entry")
    assert verify(terminal) == {"guards": 1}
    install_triggers()
    assert verify(terminal) == {}


@pytest.mark.parametrize("table", ["dakehu_entry", "dakehu_movement"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET kind = 1", "DELETE FROM {}"])
def test_the_database_refuses_to_change_history(demo: Demo, table: str, statement: str) -> None:
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table))


def test_replacing_a_row_is_changing_it(demo: Demo) -> None:
    if connection.vendor != "sqlite":
        upsert = (
            "INSERT INTO dakehu_entry SELECT * FROM dakehu_entry WHERE id = %s"
            " ON CONFLICT (id) DO UPDATE SET kind = 1"
        )
    else:
        upsert = "INSERT OR REPLACE INTO dakehu_entry SELECT * FROM dakehu_entry WHERE id = %s"
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(upsert, [Entry.objects.order_by("id").values_list("id", flat=True)[0]])


@pytest.mark.parametrize("login", ["demo-sales", "demo-head", "demo-admin", "demo-director"])
def test_verifying_is_for_auditors(demo: Demo, terminal: Terminal, login: str) -> None:
    assert terminal.refused("ledger", "verify", "--as", login)["code"] == "ledger.verify"


def test_an_auditor_verifies_but_does_not_rebuild(demo: Demo, terminal: Terminal) -> None:
    assert terminal.json("ledger", "verify", "--as", "demo-audit")["right"] is True
    refused = terminal.refused("ledger", "verify", "--rebuild", "--as", "demo-audit")
    assert refused["code"] == "ledger.rebuild"


def test_carrying_again_carries_nothing(demo: Demo, terminal: Terminal) -> None:
    assert terminal.json("ledger", "carry") == {"carried": 0}
    last = CarriedMonth.objects.order_by("-month").first()
    assert last is not None
    assert last.month == (demo.last + timedelta(days=1)).replace(day=1)
