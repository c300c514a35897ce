"""What a process keeps is never older than the snapshot it answers in (models/stamps.py)."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from dakehu.core.access import operator
from dakehu.models import (
    Appointment,
    BooksClosing,
    Currency,
    ExchangeRate,
    Organisation,
    Person,
    SalesUnit,
    Stamp,
    UnitPlace,
    WinRate,
)
from dakehu.models.stamps import FAMILIES
from dakehu.queries.ledger_check import verify_ledger
from dakehu.queries.organisation import organisation
from dakehu.queries.rates import exchange_book, win_rates
from dakehu.queries.seats import seats
from dakehu.queries.snapshot import acting
from dakehu.queries.stamps import marks_change, stamps
from dakehu.queries.units import all_units
from tests.world import World

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 4, 8, tzinfo=UTC)


def test_every_family_has_a_stamp_from_the_first_day(world: World) -> None:
    assert set(stamps()) == set(FAMILIES)


def test_asked_again_nothing_but_the_stamps_is_read(world: World) -> None:
    organisation(), all_units(), win_rates(), exchange_book(), seats()
    with CaptureQueriesContext(connection) as asked:
        organisation(), all_units(), win_rates(), exchange_book(), seats()
    assert {query["sql"].split(" FROM ")[1] for query in asked.captured_queries} == {"dakehu_stamp"}


CHANGES: list[tuple[str, Callable[[], object]]] = [
    ("house", lambda: Organisation.objects.update(name_en="Another name")),
    ("house", lambda: Currency.objects.create(code="ZZZ", digits=2, name_en="Z", name_zh="Z")),
    (
        "house",
        lambda: ExchangeRate.objects.bulk_create(
            [ExchangeRate(currency_id="EUR", rate=7, on=date(2026, 1, 1), recorded_at=NOW)]
        ),
    ),
    ("books", lambda: BooksClosing.objects.create(until_on=date(2020, 1, 1), recorded_at=NOW)),
    ("methods", lambda: WinRate.objects.update(rate_bp=1234)),
    ("people", lambda: UnitPlace.objects.filter(parent=None).update(on=date(2001, 1, 1))),
    ("people", lambda: SalesUnit.objects.update(name_en="Renamed")),
    ("people", lambda: Appointment.objects.update(until_on=date(2040, 1, 1))),
    ("people", lambda: Person.objects.update(is_active=False)),
]


@pytest.mark.parametrize(("family", "change"), CHANGES)
def test_a_change_marks_its_family_and_no_other(
    world: World, family: str, change: Callable[[], object]
) -> None:
    before = stamps()
    change()
    assert {name for name, mark in stamps().items() if mark != before[name]} == {family}


def test_a_log_in_marks_nothing(world: World) -> None:
    before = stamps()
    Person.objects.update(last_login=NOW)
    assert stamps() == before


def test_what_was_rolled_back_is_forgotten(world: World) -> None:
    name = organisation().name_en
    with transaction.atomic():
        Organisation.objects.update(name_en="Never committed")
        assert organisation().name_en == "Never committed"
        transaction.set_rollback(True)
    assert organisation().name_en == name
    Organisation.objects.update(name_en="Committed")
    assert organisation().name_en == "Committed"


def test_a_request_that_writes_sees_its_own_change(world: World) -> None:
    with acting(marks_change):
        assert organisation().name_en != "Changed here"
        Organisation.objects.update(name_en="Changed here")
        assert organisation().name_en == "Changed here"


def test_without_a_stamp_nothing_is_kept(world: World) -> None:
    Stamp.objects.all().delete()
    organisation()
    Organisation.objects.update(name_en="Read afresh")
    assert organisation().name_en == "Read afresh"


def behind_our_back(sql: str) -> None:
    """Change something as another connection would: our own does not see the statement."""
    connection.ensure_connection()
    connection.connection.cursor().execute(sql)


def test_a_request_that_writes_asks_anew_once_its_transaction_begins(world: World) -> None:
    with acting(marks_change):
        was = organisation().name_en
        behind_our_back("UPDATE dakehu_organisation SET name_en = 'Changed elsewhere'")
        assert organisation().name_en == was
        with transaction.atomic():
            assert organisation().name_en == "Changed elsewhere"


def test_what_is_rolled_back_in_a_request_is_forgotten_there(world: World) -> None:
    with acting(marks_change):
        was = organisation().name_en
        with transaction.atomic():
            Organisation.objects.update(name_en="Never committed")
            assert organisation().name_en == "Never committed"
            transaction.set_rollback(True)
        assert organisation().name_en == was


def test_a_newer_answer_is_not_kept_under_an_older_mark(world: World) -> None:
    with acting(marks_change):
        before = stamps()
        behind_our_back("SAVEPOINT elsewhere")
        behind_our_back("UPDATE dakehu_currency SET digits = 3 WHERE code = 'EUR'")
        assert exchange_book().currencies["EUR"].digits == 3
        behind_our_back("ROLLBACK TO SAVEPOINT elsewhere")
    assert stamps() == before
    assert exchange_book().currencies["EUR"].digits == 2


def test_a_mark_that_nobody_makes_is_noticed(world: World) -> None:
    name = "dakehu_unitplace_mark"
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            name += "_update"
            cursor.execute(f"DROP TRIGGER {name}")
        else:
            cursor.execute(f"DROP TRIGGER {name} ON dakehu_unitplace")
    found = {check.key: check for check in verify_ledger(operator()).checks}
    assert [deviation.what for deviation in found["guards"].deviations] == [name]
