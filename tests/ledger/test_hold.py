"""Which lock a save takes, and that what is carried follows it (FUN-5)."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dakehu.actions.bulk import count_the_uncounted
from dakehu.actions.ledger import carry_forward, hold_for_posting, rebuild
from dakehu.actions.opportunities import advance_opportunity
from dakehu.core.access import operator
from dakehu.models import CarriedMonth, Turnover
from dakehu.queries.ledger import Where, carried_before, carried_until, open_sources
from dakehu.queries.ledger_check import verify_ledger
from tests.world import TODAY, World


@pytest.mark.parametrize(
    ("on", "carried_to", "late"),
    [
        (TODAY, None, False),
        (TODAY, TODAY, False),
        (date(2026, 5, 31), TODAY, True),
        # Carried further than the calendar says: what is carried decides.
        (TODAY, date(2026, 8, 1), True),
    ],
)
def test_a_posting_is_late_where_a_month_after_it_is_carried(
    world: World, on: date, carried_to: date | None, late: bool
) -> None:
    world.create("wen", on=date(2026, 4, 3), amount=Decimal(1000))
    if carried_to is not None:
        carry_forward(upto=carried_to, at=world.at)
    assert hold_for_posting(on, today=TODAY).late is late


def test_what_is_carried_ahead_follows_a_new_deal_and_its_move(world: World) -> None:
    world.create("wen", on=date(2026, 4, 3), amount=Decimal(1000))
    carry_forward(upto=date(2026, 9, 1), at=world.at)
    made = world.create("wen", on=TODAY, amount=Decimal(70))
    advance_opportunity(
        actor=world.viewer("wen"), opportunity_id=made.opportunity_id, seen_version=None,
        **world.how(TODAY),
    )  # fmt: skip
    assert verify_ledger(operator()).right


YESTERDAY, BEFORE = TODAY - timedelta(days=1), TODAY - timedelta(days=2)


@pytest.mark.parametrize(
    ("on", "carried_to", "changes_days"),
    [(TODAY, TODAY, False), (YESTERDAY, TODAY, True), (YESTERDAY, YESTERDAY, False)],
)
def test_a_posting_into_a_carried_day_of_this_month_is_not_late(
    world: World, on: date, carried_to: date, changes_days: bool
) -> None:
    world.create("wen", on=date(2026, 4, 3), amount=Decimal(1000))
    carry_forward(upto=carried_to, at=world.at)
    hold = hold_for_posting(on, today=TODAY)
    assert (hold.late, on < hold.until) == (False, changes_days)


@pytest.mark.parametrize("carried_to", [YESTERDAY, TODAY, date(2026, 5, 20)])
def test_carried_days_follow_a_posting_of_any_of_them(world: World, carried_to: date) -> None:
    """Also where the month turned and nobody carried since: the days of the last one stand."""
    world.create("wen", on=date(2026, 4, 3), amount=Decimal(1000))
    carry_forward(upto=carried_to, at=world.at)
    for on in (date(2026, 4, 8), date(2026, 5, 10), date(2026, 5, 25), BEFORE, YESTERDAY, TODAY):
        world.create("wen", on=on, amount=Decimal(70))
        assert verify_ledger(operator()).right, on
    carry_forward(upto=TODAY, at=world.at)
    assert carried_until() == TODAY
    assert verify_ledger(operator()).right


def test_carried_days_are_forgotten_and_made_again_with_their_month(world: World) -> None:
    for on in (date(2026, 4, 3), BEFORE, YESTERDAY):
        world.create("wen", on=on, amount=Decimal(1000))
    rebuild(since=None, upto=TODAY, at=world.at)
    days = Turnover.objects.filter(span=Turnover.Span.DAY, on__gte=TODAY.replace(day=1))
    stood = sorted(days.values_list("on", "count", "amount_minor"))
    assert [on for on, _count, _minor in stood] == [BEFORE, YESTERDAY]
    rebuild(since=TODAY.replace(day=1), upto=YESTERDAY, at=world.at)
    assert carried_until() == YESTERDAY
    assert sorted(days.values_list("on", "count", "amount_minor")) == stood[:1]
    carry_forward(upto=TODAY, at=world.at)
    assert sorted(days.values_list("on", "count", "amount_minor")) == stood


def test_a_carried_day_of_this_month_that_was_changed_is_found(world: World) -> None:
    for on in (date(2026, 4, 3), YESTERDAY):
        world.create("wen", on=on, amount=Decimal(1000))
    carry_forward(upto=TODAY, at=world.at)
    Turnover.objects.filter(on=YESTERDAY).update(amount_minor=1)
    deviating = {c.key: c.deviating for c in verify_ledger(operator()).checks if c.deviating}
    assert deviating == {"turnover": 1}


def test_the_company_on_a_carried_day_is_read_without_entries(world: World) -> None:
    for on in (date(2026, 4, 3), YESTERDAY):
        world.create("wen", on=on, amount=Decimal(1000))
    carry_forward(upto=TODAY, at=world.at)
    read = {
        on: [source.sql.split()[0] for source in open_sources(Where(), carried_before(on), on)]
        for on in (YESTERDAY, TODAY)
    }
    carried = ["dakehu_companybalance", "dakehu_turnover"]
    assert read == {YESTERDAY: carried, TODAY: [*carried, "dakehu_entry"]}


def test_a_posting_of_today_asks_no_more_where_days_are_carried(world: World) -> None:
    asked = []
    for carried_to in (TODAY.replace(day=1), TODAY):
        world.create("wen", on=date(2026, 4, 3), amount=Decimal(1000))
        carry_forward(upto=carried_to, at=world.at)
        with CaptureQueriesContext(connection) as made:
            world.create("wen", on=TODAY, amount=Decimal(70))
        asked.append(len(made))
    assert asked[1] <= asked[0]


def test_stays_that_become_stale_while_they_are_carried_are_left_to_the_next_time(
    world: World,
) -> None:
    for on in (date(2026, 3, 2), date(2026, 4, 3), date(2026, 5, 4), YESTERDAY):
        world.create("wen", on=on, amount=Decimal(1000))
    carry_forward(upto=TODAY, at=world.at)
    stale_from(date(2026, 3, 1))
    late = date(2026, 3, 20)

    def posting(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Post into March as soon as April has been carried."""
        answer = execute(sql, params, many, context)
        if sql.startswith("UPDATE") and carried_stays() == date(2026, 5, 1):
            stale_from(late)
        return answer

    with connection.execute_wrapper(posting):
        carry_forward(upto=TODAY, at=world.at)
    assert carried_stays() == late
    assert verify_ledger(operator()).right
    carry_forward(upto=TODAY, at=world.at)
    assert carried_stays() == TODAY
    assert verify_ledger(operator()).right


def stale_from(day: date) -> None:
    CarriedMonth.objects.filter(stays_until__gt=day).update(stays_until=day)


def carried_stays() -> date | None:
    last = CarriedMonth.objects.order_by("-month").first()
    assert last is not None
    return last.stays_until


def test_tables_that_were_never_counted_are_counted_before_they_are_carried(world: World) -> None:
    world.create("wen", on=date(2026, 4, 3), amount=Decimal(1000))
    carry_forward(upto=TODAY, at=world.at)
    assert not {"dakehu_entry", "dakehu_movement"} & set(count_the_uncounted())
