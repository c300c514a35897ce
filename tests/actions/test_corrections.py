"""What was entered wrongly is corrected: the chain after it is posted anew on right ground."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from dakehu.actions.ledger import Correction
from dakehu.actions.opportunities import (
    Outcome,
    Saved,
    advance_opportunity,
    correct_opportunity,
    lose_opportunity,
    regress_opportunity,
    reopen_opportunity,
    void_opportunity,
    win_opportunity,
)
from dakehu.core.errors import RuleBroken
from dakehu.core.ledger import Kind, Place, Way
from dakehu.models import Entry, ExchangeRate, Movement
from dakehu.queries.ledger_check import verify_ledger
from tests.world import World

MAY = date(2026, 5, 5)


def correct(world: World, made: Saved, kind: Kind, **what: Any) -> None:
    movement = Movement.objects.filter(
        opportunity_id=made.opportunity_id, kind=kind, reverses=None
    ).latest("id")
    correct_opportunity(
        actor=world.viewer("mei"), opportunity_id=made.opportunity_id,
        correction=Correction(movement.pk, **what), why="typed wrongly", seen_version=None,
        today=world.today, at=world.at, way=Way.FORM,
    )  # fmt: skip
    assert verify_ledger(world.viewer("operator")).right


def win(world: World, made: Saved) -> None:
    win_opportunity(
        actor=world.viewer("wen"), opportunity_id=made.opportunity_id,
        outcome=Outcome(reason="price"), seen_version=None, **world.how(MAY),
    )  # fmt: skip


def booked(made: Saved) -> int:
    rows = Entry.objects.filter(opportunity_id=made.opportunity_id, place=Place.WON)
    return sum(rows.values_list("base_minor", flat=True))


def test_a_win_without_an_amount_books_the_amount_it_is_given_later(world: World) -> None:
    made = world.create("wen", on=date(2026, 1, 5), amount=Decimal(0), currency="EUR")
    win(world, made)
    correct(world, made, Kind.CREATED, amount_minor=100_00)
    assert booked(made) == world.row(made).base_minor == 780_00


def test_a_win_on_another_day_is_booked_at_the_rate_of_that_day(world: World) -> None:
    ExchangeRate.objects.create(
        currency_id="EUR", on=date(2026, 5, 4), rate=Decimal(9), recorded_at=world.at
    )
    made = world.create("wen", on=date(2026, 1, 5), amount=Decimal(100), currency="EUR")
    win(world, made)
    assert booked(made) == 900_00
    correct(world, made, Kind.WON, on=date(2026, 5, 2))
    assert booked(made) == world.row(made).base_minor == 780_00


def test_another_amount_of_a_win_keeps_the_rate_it_was_booked_at(world: World) -> None:
    made = world.create("wen", on=date(2026, 1, 5), amount=Decimal(100), currency="EUR")
    win(world, made)
    ExchangeRate.objects.create(
        currency_id="EUR", on=MAY, rate=Decimal(9), recorded_at=world.at
    )  # a rate of that day that came in late changes nothing that was booked
    correct(world, made, Kind.CREATED, amount_minor=50_00)
    assert booked(made) == 390_00


def test_a_corrected_amount_is_rounded_once_at_the_rate_of_its_booking(world: World) -> None:
    made = world.create("wen", on=date(2026, 1, 5), amount=Decimal("0.01"), currency="EUR")
    win(world, made)
    assert booked(made) == 8  # 0.01 × 7.8
    correct(world, made, Kind.CREATED, amount_minor=1000_00)
    # 7,800.00, where eight times a hundred thousand would have been 8,000.00.
    assert booked(made) == world.row(made).base_minor == 7_800_00


def test_what_went_back_goes_forward_where_the_step_before_it_is_left_out(world: World) -> None:
    made = world.create("wen", on=date(2026, 1, 5))
    how: dict[str, Any] = {
        "actor": world.viewer("wen"), "opportunity_id": made.opportunity_id, "seen_version": None,
    }  # fmt: skip
    advance_opportunity(**how, to_stage="design", **world.how(MAY))
    regress_opportunity(**how, to_stage="nurture", why="no plan yet", **world.how(MAY))
    correct(world, made, Kind.ADVANCED, drop=True)
    last = Movement.objects.filter(opportunity_id=made.opportunity_id).latest("id")
    assert Kind(last.kind) is Kind.ADVANCED


def test_a_reopening_is_not_left_out_below_what_was_done_since(world: World) -> None:
    made = world.create("wen", on=date(2026, 1, 5))
    how: dict[str, Any] = {
        "actor": world.viewer("wen"), "opportunity_id": made.opportunity_id, "seen_version": None,
    }  # fmt: skip
    lose_opportunity(**how, outcome=Outcome(reason="price"), **world.how(MAY))
    reopen_opportunity(**how, why="they called", **world.how(MAY))
    advance_opportunity(**how, **world.how(MAY))
    with pytest.raises(RuleBroken) as refused:
        correct(world, made, Kind.REOPENED, drop=True)
    assert refused.value.code == "ledger.stands_on_it"
    assert Place(world.row(made).place) is Place.OPEN


def test_a_voided_opportunity_that_was_created_earlier_says_so(world: World) -> None:
    made = world.create("wen", on=date(2026, 5, 13))
    void_opportunity(
        actor=world.viewer("wen"), opportunity_id=made.opportunity_id, why="twice",
        seen_version=None, **world.how(world.today),
    )  # fmt: skip
    correct(world, made, Kind.CREATED, on=date(2026, 5, 12))
    assert world.row(made).created_on == date(2026, 5, 12)
