"""The funnel of a day from the ledger: the worked example of FUN-6, sight, and the week before."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from dakehu.actions.opportunities import (
    EditOpportunity,
    Outcome,
    edit_opportunity,
    void_opportunity,
    win_opportunity,
)
from dakehu.core.errors import NotFound, RuleBroken
from dakehu.core.periods import containing
from dakehu.models import Organisation, Quota, SalesUnit, SmallSale, UnitPlace
from dakehu.queries.funnel import FunnelQuestion, funnel_on
from dakehu.queries.rows_behind import Part, rows_behind
from tests.world import World

#: FUN-6's worked example in whole units: stage, count, amount.
EXAMPLE = (
    ("interest", 5, 300), ("nurture", 4, 240), ("design", 3, 176), ("compare", 2, 464),
    ("commit", 2, 146), ("use", 2, 98),
)  # fmt: skip
ON = date(2026, 6, 30)
LAST_WEEK = ON - timedelta(days=7)
QUARTER = containing(ON, "quarter")


def example(world: World) -> list[int]:
    """Put the eighteen opportunities of the worked example into the east team, a month ago."""
    made = []
    for stage, count, total in EXAMPLE:
        for index in range(count):
            amount = total // count + (total % count if index == 0 else 0)
            saved = world.create(
                "wen", on=date(2026, 5, 29), stage_key=stage, amount=Decimal(amount),
                close_on=date(2026, 6, 30), name=f"{stage} {index}",
            )  # fmt: skip
            made.append(saved.opportunity_id)
    return made


def set_quota(world: World, units: int, **whose: int) -> None:
    Quota.objects.create(
        start_on=QUARTER.start, end_on=QUARTER.end, amount_minor=units * 100,
        recorded_at=world.at, **whose,
    )  # fmt: skip


def ask(world: World, login: str = "director", **given: object) -> object:
    question = replace(FunnelQuestion(on=ON, period=QUARTER), **given)
    return funnel_on(world.viewer(login), question=question, today=ON)


def test_the_worked_example_is_18_1424_and_364_8(world: World) -> None:
    example(world)
    answer = ask(world)
    assert (answer.total.count, answer.total.amount.value) == (18, 1424)
    assert answer.total.weighted.value == Fraction(3648, 10)
    shown = {one.method.key: one for one in answer.methods}["industrial-6"]
    weighted = [row.all.weighted.value for row in shown.table.rows]
    assert weighted == [15, 24, Fraction(176, 5), Fraction(1392, 10), 73, Fraction(392, 5)]


def test_98_leaving_stage_6_as_won_is_progress_of_1_96_percent(world: World) -> None:
    made = example(world)
    set_quota(world, 1000, unit_id=world.units["company"])
    win(world, made[-2:])
    answer = ask(world)
    assert answer.closed.amount.value == 98
    assert answer.progress.value == Fraction(196, 10_000)
    assert answer.forecast.value == (98 + Fraction(3648, 10) - Fraction(784, 10)) / 1000
    Organisation.objects.update(progress_literal=True)
    assert ask(world).progress.value == Fraction(1176, 10_000)


def win(world: World, made: list[int]) -> None:
    for pk in made:
        win_opportunity(
            actor=world.viewer("wen"), opportunity_id=pk, outcome=Outcome(reason="price"),
            seen_version=None, **world.how(ON),
        )  # fmt: skip


def test_without_a_quota_there_is_no_index_and_the_reason_is_said(world: World) -> None:
    example(world)
    answer = ask(world)
    assert (answer.forecast.value, answer.forecast.reason) == (None, "no_quota")
    assert answer.forecast.numerator.value == Fraction(3648, 10)


def test_overdue_is_counted_and_weighs_nothing(world: World) -> None:
    world.create("wen", on=date(2026, 2, 2), stage_key="use", close_on=date(2026, 3, 31))
    answer = ask(world)
    assert (answer.overdue.count, answer.overdue.amount.value) == (1, 1200)
    assert answer.total.weighted.value == 0


def test_only_what_closes_within_the_period_feeds_the_index_unless_set_otherwise(
    world: World,
) -> None:
    set_quota(world, 1000, unit_id=world.units["company"])
    world.create("wen", on=date(2026, 6, 1), stage_key="use", close_on=date(2026, 9, 1))
    assert ask(world).forecast.value == 0
    Organisation.objects.update(weighted_scope="all_open")
    assert ask(world).forecast.value == Fraction(960, 1000)


def test_who_sees_whose_figures(world: World) -> None:
    world.create("wen", on=ON)
    world.create("bo", on=ON)
    world.create("lu", on=ON)
    counts = {login: ask(world, login).total.count for login in (
        "wen", "bo", "lu", "mei", "rong", "director", "fin", "ops", "auditor", "admin"
    )}  # fmt: skip
    assert counts == {
        "wen": 1, "bo": 1, "lu": 1, "mei": 2, "rong": 2, "director": 3, "fin": 3, "ops": 3,
        "auditor": 3, "admin": 0,
    }  # fmt: skip


def test_a_grant_shows_a_deal_but_adds_nothing_to_figures(world: World) -> None:
    world.grant("lu", world.create("wen", on=ON))
    assert ask(world, "lu").total.count == 0


def test_the_quota_of_a_unit_is_for_its_head_and_above(world: World) -> None:
    world.create("wen", on=ON)
    set_quota(world, 1000, unit_id=world.units["east_team"])
    set_quota(world, 300, person_id=world.people["wen"])
    team = world.units["east_team"]
    assert ask(world, "mei", unit_id=team).quota.value == 1000
    assert ask(world, "wen", unit_id=team).quota.value == 300
    assert ask(world, "lu", unit_id=team).quota.value is None


def test_a_past_day_is_shown_in_the_tree_of_that_day(world: World) -> None:
    world.create("wen", on=date(2026, 5, 4))
    UnitPlace.objects.create(
        unit_id=world.units["east_team"], parent_id=world.units["west"], on=date(2026, 6, 1),
        recorded_at=world.at,
    )  # fmt: skip
    west = world.units["west"]
    assert ask(world, unit_id=west).total.count == 1
    before = {"unit_id": west, "on": date(2026, 5, 20)}
    assert ask(world, **before).total.count == 0
    assert ask(world, **before, as_organised_today=True).total.count == 1


def test_the_future_and_unknown_units_are_refused(world: World) -> None:
    with pytest.raises(RuleBroken) as refused:
        ask(world, on=ON + timedelta(days=1))
    assert refused.value.code == "funnel.future"
    with pytest.raises(NotFound):
        ask(world, unit_id=987654)


def test_a_deleted_opportunity_leaves_today_and_stays_in_yesterday(world: World) -> None:
    saved = world.create("wen", on=date(2026, 6, 1))
    void_opportunity(
        actor=world.viewer("wen"), opportunity_id=saved.opportunity_id, seen_version=None,
        why="typed twice", **world.how(ON),
    )  # fmt: skip
    assert ask(world).total.count == 0
    assert ask(world, on=ON - timedelta(days=1)).total.count == 1


def test_small_sales_count_for_closed_only_with_a_threshold(world: World) -> None:
    set_quota(world, 1000, unit_id=world.units["company"])
    SmallSale.objects.create(
        on=date(2026, 6, 16), owner_id=world.people["wen"], unit_id=world.units["east_team"],
        amount_minor=20_00, base_minor=20_00, currency_id="CNY", recorded_at=world.at,
    )  # fmt: skip
    answer = ask(world, on=date(2026, 6, 20))
    assert (answer.small.value, answer.forecast.value) == (20, 0)
    SalesUnit.objects.filter(code="east_team").update(small_sale_threshold_minor=500_00)
    answer = ask(world, on=date(2026, 6, 20))
    # 81 of 91 days are over: 20 ÷ 81 × 10 days more.
    assert answer.forecast.value == (20 + Fraction(200, 81)) / 1000


def test_another_currency_is_converted_at_the_rate_of_the_day(world: World) -> None:
    world.create("wen", on=ON, currency="EUR", amount=Decimal(100), close_on=ON, stage_key="use")
    answer = ask(world)
    assert answer.total.amount.value == 780
    assert ask(world, currency="EUR").total.amount.value == 100


def test_as_known_at_leaves_out_what_was_recorded_later(world: World) -> None:
    saved = world.create("wen", on=date(2026, 6, 1), amount=Decimal(100))
    known_at = world.at + timedelta(minutes=5)
    later = {**world.how(date(2026, 6, 2)), "at": world.at + timedelta(hours=1)}
    edit_opportunity(
        actor=world.viewer("wen"), opportunity_id=saved.opportunity_id,
        edit=EditOpportunity(amount=Decimal(900)), seen_version=None, **later,
    )  # fmt: skip
    assert ask(world).total.amount.value == 900
    assert ask(world, known_at=known_at).total.amount.value == 100
    assert ask(world, known_at=datetime(2026, 6, 1, tzinfo=UTC)).total.count == 0


def test_a_win_after_the_period_is_not_of_it(world: World) -> None:
    first = world.create("wen", on=date(2026, 1, 5), amount=Decimal(70))
    win_opportunity(
        actor=world.viewer("wen"), opportunity_id=first.opportunity_id,
        outcome=Outcome(reason="price"), seen_version=None, **world.how(date(2026, 3, 31)),
    )  # fmt: skip
    later = world.create("wen", on=date(2026, 1, 5), amount=Decimal(30))
    win_opportunity(
        actor=world.viewer("wen"), opportunity_id=later.opportunity_id,
        outcome=Outcome(reason="price"), seen_version=None, **world.how(date(2026, 4, 1)),
    )  # fmt: skip
    first_quarter = containing(date(2026, 3, 31), "quarter")
    answer = ask(world, period=first_quarter)
    assert (answer.closed.count, answer.closed.amount.value) == (1, 70)
    question = FunnelQuestion(on=ON, period=first_quarter)
    behind = rows_behind(world.viewer("director"), question=question, today=ON, parts=[Part("won")])
    assert [row.id for row in behind.rows] == [first.opportunity_id]


def test_the_week_before_as_known_then_knows_neither_later_wins_nor_later_rates(
    world: World,
) -> None:
    made = world.create("wen", on=date(2026, 5, 5), amount=Decimal(70), close_on=ON)
    # Recorded on the 30th for the 20th: a week ago nobody knew of it.
    win_opportunity(
        actor=world.viewer("wen"), opportunity_id=made.opportunity_id,
        outcome=Outcome(reason="price"), seen_version=None, **world.how(date(2026, 6, 20)),
    )  # fmt: skip
    assert ask(world).closed_before.value == 70
    then = ask(world, week_as_known_then=True)
    assert then.closed.amount.value == 70
    assert then.closed_before.value == 0


def test_closed_a_week_ago_stands_in_the_tree_of_that_day(world: World) -> None:
    made = world.create("wen", on=date(2026, 5, 5), amount=Decimal(70))
    win_opportunity(
        actor=world.viewer("wen"), opportunity_id=made.opportunity_id,
        outcome=Outcome(reason="price"), seen_version=None, **world.how(date(2026, 6, 1)),
    )  # fmt: skip
    UnitPlace.objects.create(
        unit_id=world.units["east_team"], parent_id=world.units["west"],
        on=date(2026, 6, 28), recorded_at=world.at,
    )  # fmt: skip
    answer = ask(world, unit_id=world.units["west"])
    assert (answer.closed.amount.value, answer.closed_before.value) == (70, 0)
    answer = ask(world, unit_id=world.units["east"])
    assert (answer.closed.amount.value, answer.closed_before.value) == (0, 70)


def test_a_part_of_a_unit_above_has_no_quota(world: World) -> None:
    world.create("wen", on=date(2026, 5, 5), close_on=ON)
    set_quota(world, 100, person_id=world.people["rong"])
    set_quota(world, 900, unit_id=world.units["company"])
    answer = ask(world, "rong", unit_id=world.units["company"])
    assert answer.total.count == 1
    assert (answer.quota.value, answer.forecast.reason) == (None, "no_quota")


def test_a_sale_of_an_earlier_quarter_is_not_deleted_out_of_this_one(world: World) -> None:
    made = world.create("wen", on=date(2026, 1, 5), amount=Decimal(70))
    wen, pk = world.viewer("wen"), made.opportunity_id
    win_opportunity(
        actor=wen, opportunity_id=pk, outcome=Outcome(reason="price"), seen_version=None,
        **world.how(date(2026, 3, 5)),
    )  # fmt: skip
    with pytest.raises(RuleBroken) as refused:
        void_opportunity(actor=wen, opportunity_id=pk, seen_version=None, **world.how(ON))
    assert refused.value.code == "opportunity.void_won"
    assert ask(world).closed.amount.value == 0
