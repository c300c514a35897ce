"""Back to life after its unit was closed, an opportunity goes home (decision 15)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from dakehu.actions.opportunities import (
    Outcome,
    Saved,
    lose_opportunity,
    reopen_opportunity,
    restore_opportunity,
    undo_opportunity,
    void_opportunity,
)
from dakehu.actions.units import close_unit
from dakehu.core.errors import RuleBroken
from dakehu.core.ledger import Kind, Place
from dakehu.core.periods import containing
from dakehu.models import Appointment, Movement
from dakehu.queries.funnel import FunnelQuestion, funnel_on
from dakehu.queries.ledger_check import verify_ledger
from tests.world import OPERATOR, TODAY, World

pytestmark = pytest.mark.django_db
BEFORE, CLOSED = TODAY - timedelta(days=20), TODAY - timedelta(days=10)


def ended(world: World, way: str) -> tuple[Saved, Saved]:
    """Let wen end a deal in the east team, move to the west, and the east team be closed."""
    made = world.create("wen", on=BEFORE)
    pk = made.opportunity_id
    given: dict[str, Any] = {
        "actor": world.viewer("wen"), "opportunity_id": pk, "seen_version": None,
    }  # fmt: skip
    if way == "void":
        # Deleting is an act of today: of what was the day then.
        gone = void_opportunity(**given, **(world.how(BEFORE) | {"today": BEFORE}))
    else:
        gone = lose_opportunity(**given, outcome=Outcome("price"), **world.how(BEFORE))
    team = world.units["east_team"]
    Appointment.objects.filter(unit_id=team).update(until_on=CLOSED)
    Appointment.objects.create(
        person_id=world.people["wen"], unit_id=world.units["west_team"], role="salesperson",
        from_on=CLOSED, recorded_at=world.at,
    )  # fmt: skip
    close_unit(actor=world.viewer("admin"), unit_id=team, on=CLOSED, at=world.at)
    return made, gone


def back(world: World, way: str, made: Saved, gone: Saved, **on: Any) -> None:
    given: dict[str, Any] = {
        "actor": OPERATOR, "opportunity_id": made.opportunity_id, "seen_version": None,
    }  # fmt: skip
    if way == "reopen":
        reopen_opportunity(**given, why="asked again", **world.how(**on))
    elif way == "void":
        restore_opportunity(**given, **world.how())
    else:
        undo_opportunity(
            **given, correlation_id=UUID(gone.correlation_id), today=world.today, at=world.at
        )


def moves(made: Saved) -> list[tuple[Any, Kind]]:
    rows = Movement.objects.filter(opportunity_id=made.opportunity_id, reverses=None)
    return [(row.on, Kind(row.kind)) for row in rows.order_by("id")][-2:]


@pytest.mark.parametrize("way", ["reopen", "void", "undo"])
def test_it_comes_back_in_the_unit_of_its_owner(world: World, way: str) -> None:
    made, gone = ended(world, way)
    back(world, way, made, gone)
    row = world.row(made)
    assert (row.place, row.unit_id) == (Place.OPEN, world.units["west_team"])
    assert moves(made)[-1] == (TODAY, Kind.UNIT_MOVED)
    for unit in ("west_team", "company"):
        question = FunnelQuestion(
            on=TODAY, period=containing(TODAY, "quarter"), unit_id=world.units[unit]
        )
        assert funnel_on(OPERATOR, question=question, today=TODAY).total.count == 1
    assert verify_ledger(OPERATOR).right


def test_reopened_for_a_day_before_the_closing_it_leaves_today(world: World) -> None:
    made, gone = ended(world, "reopen")
    day = CLOSED - timedelta(days=2)
    back(world, "reopen", made, gone, on=day)
    assert moves(made) == [(day, Kind.REOPENED), (TODAY, Kind.UNIT_MOVED)]
    assert world.row(made).last_on == TODAY


@pytest.mark.parametrize("way", ["reopen", "void", "undo"])
def test_where_the_owner_has_no_unit_either_it_says_what_to_do(world: World, way: str) -> None:
    made, gone = ended(world, way)
    Appointment.objects.filter(person_id=world.people["wen"]).update(until_on=TODAY)
    with pytest.raises(RuleBroken, match=r"opportunity\.unit_closed"):
        back(world, way, made, gone)
    assert Movement.objects.filter(kind=Kind.UNIT_MOVED).count() == 0


def test_in_a_unit_that_stands_it_stays(world: World) -> None:
    made = world.create("wen", on=BEFORE)
    lose_opportunity(
        actor=world.viewer("wen"), opportunity_id=made.opportunity_id, seen_version=None,
        outcome=Outcome("price"), **world.how(BEFORE),
    )  # fmt: skip
    back(world, "reopen", made, made)
    assert world.row(made).unit_id == world.units["east_team"]
