"""What a person does with an opportunity, and who may (FUN-2, FUN-3, FUN-5, FOR-5)."""

from datetime import date
from decimal import Decimal

from dakehu.actions.opportunities import (
    EditOpportunity,
    Outcome,
    advance_opportunity,
    edit_opportunity,
    win_opportunity,
)
from dakehu.core.ledger import Kind, Place
from tests.world import World


def kinds(world: World, key: int) -> list[Kind]:
    return [Kind(m.kind) for m in world.row(key).movements.order_by("id")]


def test_a_new_opportunity_stands_in_the_first_stage(world: World) -> None:
    made = world.create()
    row = world.row(made)
    assert row.code == f"OP-2026-{row.pk:05}"
    assert (row.place, row.amount_minor, row.base_minor) == (Place.OPEN, 120000, 120000)
    assert row.unit_id == world.units["east_team"]
    assert kinds(world, row.pk) == [Kind.CREATED]


def test_one_save_posts_a_movement_per_kind_in_order(world: World) -> None:
    made = world.create(close_on=date(2026, 7, 10))
    edit_opportunity(
        actor=world.viewer("wen"),
        opportunity_id=made.opportunity_id,
        edit=EditOpportunity(
            amount=Decimal("1500.50"), close_on=date(2026, 9, 1), name="Stacker, 3 sets"
        ),
        seen_version=made.version,
        **world.how(),
    )
    assert kinds(world, made.opportunity_id) == [
        Kind.CREATED, Kind.SLIPPED, Kind.AMOUNT_CHANGED,
    ]  # fmt: skip
    row = world.row(made)
    assert (row.name, row.amount_minor, row.version) == ("Stacker, 3 sets", 150050, 2)


def test_the_next_stage_and_a_win(world: World) -> None:
    made = world.create()
    moved = advance_opportunity(
        actor=world.viewer("wen"), opportunity_id=made.opportunity_id,
        seen_version=1, **world.how(),
    )  # fmt: skip
    assert moved.warnings == ("Oral or written purchase request of the initiator",)
    win_opportunity(
        actor=world.viewer("wen"), opportunity_id=made.opportunity_id,
        outcome=Outcome("value"), seen_version=2, **world.how(),
    )  # fmt: skip
    row = world.row(made)
    assert (row.place, row.decided_on) == (Place.WON, world.today)
    assert kinds(world, row.pk) == [Kind.CREATED, Kind.ADVANCED, Kind.WON]
