"""Back to life, or dated back, in a unit that was closed since, an opportunity goes home (0015)."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from dakehu.actions.appointments import appoint_person, transfer_person
from dakehu.actions.opportunities import (
    Outcome,
    Saved,
    lose_opportunity,
    reassign_opportunity,
    reopen_opportunity,
    restore_opportunity,
    undo_opportunity,
    void_opportunity,
)
from dakehu.actions.units import close_unit
from dakehu.core.errors import RuleBroken
from dakehu.core.ledger import Kind, Place
from dakehu.core.periods import containing
from dakehu.models import Appointment, BooksClosing, Movement
from dakehu.queries.funnel import FunnelQuestion, funnel_on
from dakehu.queries.ledger_check import verify_ledger
from tests.world import OPERATOR, START, TODAY, World

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
    # Undo makes the past look as if it had stood there: it left when the unit was closed.
    assert moves(made)[-1] == (CLOSED if way == "undo" else TODAY, Kind.UNIT_MOVED)
    for unit in ("west_team", "company"):
        question = FunnelQuestion(
            on=TODAY, period=containing(TODAY, "quarter"), unit_id=world.units[unit]
        )
        assert funnel_on(OPERATOR, question=question, today=TODAY).total.count == 1
    assert verify_ledger(OPERATOR).right


def test_reopened_for_a_day_before_the_closing_it_leaves_with_the_closing(world: World) -> None:
    made, gone = ended(world, "reopen")
    day = CLOSED - timedelta(days=2)
    back(world, "reopen", made, gone, on=day)
    assert moves(made) == [(day, Kind.REOPENED), (CLOSED, Kind.UNIT_MOVED)]
    assert world.row(made).last_on == CLOSED


def test_what_leaves_a_closed_unit_does_not_move_in_closed_books(world: World) -> None:
    made, gone = ended(world, "undo")
    BooksClosing.objects.create(until_on=CLOSED, recorded_at=world.at)
    with pytest.raises(RuleBroken, match=r"ledger\.books_closed"):
        back(world, "undo", made, gone)
    undo_opportunity(
        actor=OPERATOR, opportunity_id=made.opportunity_id, seen_version=None, reason="wrong",
        correlation_id=UUID(gone.correlation_id), today=world.today, at=world.at,
    )  # fmt: skip
    assert moves(made)[-1] == (CLOSED + timedelta(days=1), Kind.UNIT_MOVED)


def count_in(world: World, unit: str, on: date) -> int:
    question = FunnelQuestion(on=on, period=containing(on, "quarter"), unit_id=world.units[unit])
    return int(funnel_on(OPERATOR, question=question, today=TODAY).total.count)


def test_created_for_a_day_before_the_closing_it_stood_there_and_left_with_the_closing(
    world: World,
) -> None:
    ended(world, "undo")
    made = world.create("wen", on=CLOSED - timedelta(days=3))
    row = world.row(made)
    assert (row.unit_id, row.last_on, row.created_on) == (
        world.units["west_team"], CLOSED, CLOSED - timedelta(days=3),
    )  # fmt: skip
    assert moves(made) == [(row.created_on, Kind.CREATED), (CLOSED, Kind.UNIT_MOVED)]
    days = [(unit, CLOSED + timedelta(days=n)) for n in (-1, 0) for unit in ("east", "west")]
    assert [count_in(world, *asked) for asked in days] == [1, 0, 0, 1]
    assert verify_ledger(OPERATOR).right


def test_reassigned_for_a_day_before_the_closing_it_goes_on_with_its_new_owner(
    world: World,
) -> None:
    made = world.create("lu", on=BEFORE)
    ended(world, "undo")
    day = CLOSED - timedelta(days=3)
    reassign_opportunity(
        actor=OPERATOR, opportunity_id=made.opportunity_id, seen_version=None,
        owner_id=world.people["wen"], **world.how(day),
    )  # fmt: skip
    row = world.row(made)
    assert (row.owner_id, row.unit_id) == (world.people["wen"], world.units["west_team"])
    rows = Movement.objects.filter(opportunity_id=made.opportunity_id).order_by("id")
    assert [(m.on, Kind(m.kind)) for m in rows][1:] == [
        (day, Kind.REASSIGNED), (day, Kind.UNIT_MOVED), (CLOSED, Kind.UNIT_MOVED),
    ]  # fmt: skip
    assert [count_in(world, "east", CLOSED + timedelta(days=n)) for n in (-1, 0)] == [1, 0]
    assert verify_ledger(OPERATOR).right


def test_dated_back_where_the_owner_is_nowhere_after_the_closing_it_is_refused(
    world: World,
) -> None:
    ended(world, "undo")
    Appointment.objects.filter(from_on=CLOSED).update(from_on=TODAY)
    before = Movement.objects.count()
    with pytest.raises(RuleBroken, match=r"opportunity\.unit_closed"):
        world.create("wen", on=CLOSED - timedelta(days=3))
    assert Movement.objects.count() == before


def test_nobody_is_appointed_into_a_unit_beyond_its_closing(world: World) -> None:
    ended(world, "undo")
    seat: dict[str, Any] = {
        "actor": world.viewer("admin"), "person_id": world.people["lu"], "role": "salesperson",
        "unit_id": world.units["east_team"], "at": world.at,
    }  # fmt: skip
    from_on = CLOSED - timedelta(days=2)
    with pytest.raises(RuleBroken, match=r"appointment\.unit_closes") as refused:
        appoint_person(**seat, from_on=from_on)
    assert refused.value.facts["on"] == CLOSED
    assert appoint_person(**seat, from_on=from_on, until_on=CLOSED)
    held = Appointment.objects.get(unit_id=world.units["west_team"], from_on=START)
    with pytest.raises(RuleBroken, match=r"appointment\.unit_closes"):
        transfer_person(
            actor=world.viewer("admin"), appointment_id=held.pk, on=from_on,
            unit_id=world.units["east_team"], today=TODAY, at=world.at,
        )  # fmt: skip


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
