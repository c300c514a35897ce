"""The flow between stages is the same whatever is carried of its days (FUN-5, FUN-9)."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dakehu.actions.ledger import carry_forward
from dakehu.actions.opportunities import (
    EditOpportunity,
    advance_opportunity,
    edit_opportunity,
)
from dakehu.core.access import operator
from dakehu.core.periods import containing
from dakehu.models import CarriedMonth, FlowSum, Stage
from dakehu.queries.compare import Span
from dakehu.queries.flow import OUTSIDE, Flow, stage_flow
from dakehu.queries.flow_pairs import ENDS, WEEKS
from dakehu.queries.funnel import FunnelQuestion
from dakehu.queries.ledger_check import verify_ledger
from tests.ledger.histories import DEEDS, FIRST, LAST, Deed, founded
from tests.world import TODAY, World

PROPERTY = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
DAY = timedelta(days=1)
DAYS = st.integers(0, (LAST - FIRST).days).map(lambda n: FIRST + timedelta(days=n))


def deviating() -> int:
    (stays,) = (c for c in verify_ledger(operator()).checks if c.key == "stays")
    return stays.deviating


@pytest.mark.django_db
@PROPERTY
@given(deeds=DEEDS, more=DEEDS, carried=DAYS, first=DAYS, days=st.integers(1, 60))
def test_the_flow_is_the_same_however_far_it_is_carried(
    deeds: list[Deed], more: list[Deed], carried: date, first: date, days: int
) -> None:
    same_however_carried(deeds, more, carried, first, min(first + timedelta(days=days - 1), LAST))


@pytest.mark.django_db
@PROPERTY
@given(
    deeds=DEEDS, more=DEEDS, carried=DAYS.filter(lambda day: day > FIRST + 9 * DAY),
    days=st.sampled_from(WEEKS), ends=st.integers(-ENDS, 3),
)  # fmt: skip
def test_the_flow_of_a_week_is_the_same_carried_as_one_or_by_days(
    deeds: list[Deed], more: list[Deed], carried: date, days: int, ends: int
) -> None:
    """Weeks that end on the last carried days, and those that go on for some days after them."""
    last = min(carried + ends * DAY, LAST)
    same_however_carried(deeds, more, carried, min(last, carried - DAY) - (days - 1) * DAY, last)


def same_however_carried(
    deeds: list[Deed], more: list[Deed], carried: date, first: date, last: date
) -> None:
    """Prove that the flow of first … last is told alike before and after carrying it."""
    question = FunnelQuestion(on=last, period=containing(last, "quarter"))
    span = Span(first, last + DAY)

    def told() -> set[Flow]:
        return set(stage_flow(operator(), question=question, span=span, today=LAST))

    with transaction.atomic():
        history = founded()
        history.live(deeds)
        carry_forward(upto=carried, at=history.tick())
        history.live(more)
        assert deviating() == 0
        answers = [told()]
        for upto in (carried, LAST):
            carry_forward(upto=upto, at=history.tick())
            answers.append(told())
        assert deviating() == 0
        CarriedMonth.objects.update(stays_until=None)
        assert answers == [told()] * 3
        transaction.set_rollback(True)


def flows(world: World, since: date, on: date) -> dict[tuple[str, str], tuple[int, int]]:
    question = FunnelQuestion(on=on, period=containing(TODAY, "quarter"))
    names = dict(Stage.objects.values_list("pk", "key"))
    found = stage_flow(
        world.viewer("director"), question=question, span=Span(since + DAY, on + DAY), today=TODAY
    )
    return {
        (names.get(f.was, str(f.was)), names.get(f.now, str(f.now))): (  # type: ignore[call-overload]
            f.count, int(f.amount.value or 0),
        )
        for f in found
    }  # fmt: skip


def test_who_goes_on_on_another_day_came_from_where_they_first_stood(world: World) -> None:
    """Two went on one stage, one of them a second on the next day, its amount growing between."""
    start = TODAY - timedelta(days=20)
    how: dict[str, Any] = {"actor": world.viewer("wen"), "seen_version": None}
    one, two = (world.create("wen", on=start).opportunity_id for _ in range(2))
    for days, key in ((10, one), (9, two), (8, one)):
        on = TODAY - timedelta(days=days)
        advance_opportunity(**how, opportunity_id=key, **world.how(on))
        grown = EditOpportunity(amount=Decimal(2000 + days))
        edit_opportunity(**how, opportunity_id=key, edit=grown, **world.how(on))
    carry_forward(upto=TODAY - timedelta(days=5), at=world.at)
    of_method = Stage.objects.filter(method__key="industrial-6").order_by("id")
    first, second, third = of_method.values_list("key", flat=True)[:3]
    assert FlowSum.objects.exists()
    assert flows(world, TODAY - timedelta(days=12), TODAY - timedelta(days=7)) == {
        (first, third): (1, 2008), (first, second): (1, 2009),
    }  # fmt: skip
    assert flows(world, TODAY - timedelta(days=9), TODAY - timedelta(days=7)) == {
        (second, third): (1, 2008), (second, second): (1, 2009),
    }  # fmt: skip
    # Of today nothing is carried: who moves now is looked for in all of the days.
    advance_opportunity(**how, opportunity_id=two, **world.how(TODAY))
    assert flows(world, TODAY - timedelta(days=12), TODAY) == {(first, third): (2, 2008 + 2009)}
    assert flows(world, start - DAY, TODAY) == {(OUTSIDE, third): (2, 2008 + 2009)}


@pytest.mark.parametrize("days", [1, *WEEKS])
def test_wrong_sums_of_a_flow_are_found(world: World, days: int) -> None:
    world.create("wen", on=TODAY - timedelta(days=3))
    carry_forward(upto=TODAY, at=world.at)
    assert deviating() == 0
    for spoilt in ({"count": 9}, {"was_minor": 9}, {"now_minor": 9}, {"now_place": 3}):
        with transaction.atomic():
            assert FlowSum.objects.filter(days=days).update(**spoilt)
            assert deviating() > 0
            transaction.set_rollback(True)


def test_only_the_last_weeks_are_carried_and_again_after_a_posting_into_them(
    world: World,
) -> None:
    day = TODAY - timedelta(days=3)
    world.create("wen", on=day)

    def ends() -> list[date]:
        return list(FlowSum.objects.filter(days=7, count__gt=0).values_list("on", flat=True))

    carry_forward(upto=TODAY, at=world.at)
    assert sorted(ends()) == [day, day + DAY, day + 2 * DAY]
    assert flows(world, day - 5 * DAY, day + 2 * DAY)[OUTSIDE, first_stage()][0] == 1
    world.create("wen", on=day + DAY)
    assert flows(world, day - 5 * DAY, day + 2 * DAY)[OUTSIDE, first_stage()][0] == 2
    carry_forward(upto=TODAY, at=world.at)
    assert deviating() == 0
    carry_forward(upto=TODAY + timedelta(days=ENDS + 3), at=world.at)
    assert FlowSum.objects.filter(days=1).exists()
    assert sorted(ends()) == [TODAY + timedelta(days=3), TODAY + timedelta(days=4)]
    assert deviating() == 0


def test_who_moves_after_the_carried_week_came_from_where_the_week_began(world: World) -> None:
    """Three deals go on within the week, one of them again today; with the week and without it."""
    how: dict[str, Any] = {"actor": world.viewer("wen"), "seen_version": None}
    one, two, three = (
        world.create("wen", on=TODAY - timedelta(days=9)).opportunity_id for _ in range(3)
    )
    for days, key in ((6, one), (1, two), (3, three)):
        advance_opportunity(**how, opportunity_id=key, **world.how(TODAY - timedelta(days=days)))
    carry_forward(upto=TODAY, at=world.at)
    advance_opportunity(**how, opportunity_id=three, **world.how(TODAY))
    of_method = Stage.objects.filter(method__key="industrial-6").order_by("id")
    first, second, third = of_method.values_list("key", flat=True)[:3]
    for _turn in ("with weeks", "without"):
        of_week = flows(world, TODAY - timedelta(days=7), TODAY)
        assert {key: n for key, (n, _amount) in of_week.items()} == {
            (first, second): 2, (first, third): 1,
        }  # fmt: skip
        before = flows(world, TODAY - timedelta(days=8), TODAY - DAY)
        assert {key: n for key, (n, _amount) in before.items()} == {(first, second): 3}
        weeks = FlowSum.objects.filter(days__gt=1)
        if weeks.exists():
            # It is the week that is read, not its days.
            weeks.filter(days=7, on=TODAY - DAY).update(count=9)
            spoilt = flows(world, TODAY - timedelta(days=8), TODAY - DAY)
            assert spoilt[first, second][0] == 9
        weeks.delete()


def first_stage() -> str:
    of_method = Stage.objects.filter(method__key="industrial-6").order_by("id")
    return of_method.values_list("key", flat=True)[0]
