"""Bulk edits: every row by the rules of one, tried first, done as one, taken back as one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from dakehu.actions.bulk_edits import (
    Pasted,
    Picked,
    Ran,
    do_bulk_edit,
    do_paste,
    preview_bulk_edit,
    preview_paste,
    undo_bulk_edit,
)
from dakehu.actions.ledger import carry_forward
from dakehu.actions.opportunities import (
    EditOpportunity,
    Outcome,
    Saved,
    edit_opportunity,
    lose_opportunity,
)
from dakehu.core.access import operator
from dakehu.core.bulk_edits import MOST, Ask, RowState
from dakehu.core.errors import NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Category, Kind, Way
from dakehu.models import (
    Appointment,
    BulkEdit,
    BulkEditRow,
    Change,
    Entry,
    Movement,
    Notice,
    Opportunity,
)
from dakehu.queries.ledger_check import verify_ledger
from tests.world import START, TODAY, World

pytestmark = pytest.mark.django_db


def picked(world: World, *made: Saved | int) -> list[Picked]:
    rows = [world.row(one) for one in made]
    return [Picked(row.pk, row.version) for row in rows]


def do(world: World, login: str, ask: Ask, rows: Sequence[Picked], **more: Any) -> Ran:
    return do_bulk_edit(
        actor=world.viewer(login), picked=rows, ask=ask, today=world.today, at=world.at, **more
    )


def undo(world: World, login: str, ran: Ran) -> Any:
    assert ran.bulk_id is not None
    return undo_bulk_edit(
        actor=world.viewer(login), bulk_id=ran.bulk_id, today=world.today, at=world.at
    )


def state(world: World, *made: Saved) -> list[dict[str, Any]]:
    """Give the rows without what every save counts up."""
    rows = [Opportunity.objects.filter(pk=one.opportunity_id).values().get() for one in made]
    for row in rows:
        del row["version"], row["updated_at"]
    return rows


def proven() -> bool:
    """Test what `dakehu ledger verify` proves."""
    return not [check.key for check in verify_ledger(operator()).checks if check.deviating]


def codes(ran: Ran) -> list[str]:
    return [one.refusal.code for one in ran.refused if one.refusal is not None]


def test_each_row_obeys_the_rules_of_one_and_the_refused_are_left(world: World) -> None:
    """Reassigning is the superior's; what mei heads goes over, her own and the west's do not."""
    mine = [world.create(), world.create(name="Two")]
    lost = world.create(name="Lost")
    world_lose(world, lost)
    far = world.create("lu")
    ask = Ask(verb="reassign", owner_id=world.people["bo"], text="wen is on leave")
    rows = picked(world, *mine, lost, far)
    tried = preview_bulk_edit(
        actor=world.viewer("mei"), picked=rows, ask=ask, today=world.today, at=world.at
    )
    assert (len(tried.done), codes(tried), tried.hidden) == (2, ["opportunity.not_open"], 1)
    assert not Movement.objects.filter(kind=Kind.REASSIGNED).exists()
    assert not BulkEdit.objects.exists()

    ran = do(world, "mei", ask, rows)
    assert (len(ran.done), codes(ran), ran.hidden) == (2, ["opportunity.not_open"], 1)
    assert {world.row(one).owner_id for one in mine} == {world.people["bo"]}
    assert world.row(far).owner_id == world.people["lu"]
    moves = Movement.objects.filter(kind=Kind.REASSIGNED)
    assert {(m.way, m.correlation_id) for m in moves} == {
        (Way.BULK, BulkEdit.objects.get().correlation_id)
    }
    assert proven()


def world_lose(world: World, made: Saved) -> None:
    lose_opportunity(
        actor=world.viewer("wen"), opportunity_id=made.opportunity_id, outcome=Outcome("price"),
        seen_version=None, **world.how(),
    )  # fmt: skip


def test_who_may_not_reassign_changes_nothing(world: World) -> None:
    made = world.create()
    ask = Ask(verb="reassign", owner_id=world.people["bo"])
    for login, code in (("wen", "opportunity.reassign"), ("director", "opportunity.reassign")):
        with pytest.raises(RuleBroken) as refused:
            do(world, login, ask, picked(world, made))
        assert refused.value.code == "bulk.nothing_done"
        tried = preview_bulk_edit(
            actor=world.viewer(login), picked=picked(world, made), ask=ask, today=world.today,
            at=world.at,
        )  # fmt: skip
        assert codes(tried) == [code]
    assert world.row(made).owner_id == world.people["wen"]


def test_who_handed_over_takes_it_back_though_a_nearer_head_stands_above_now(world: World) -> None:
    """Rong gives what mei owns to wen, whose nearest head is mei."""
    Appointment.objects.create(
        person_id=world.people["mei"], unit_id=world.units["east_team"], role="salesperson",
        from_on=START, recorded_at=world.at,
    )  # fmt: skip
    made = [world.create("mei", name=f"Deal {n}") for n in range(2)]
    ask = Ask(verb="reassign", owner_id=world.people["wen"])
    ran = do(world, "rong", ask, picked(world, *made))
    assert len(ran.done) == 2
    assert undo(world, "rong", ran).taken_back == 2
    assert {world.row(one).owner_id for one in made} == {world.people["mei"]}


def test_the_new_owner_is_told_once_how_many_there_are(world: World) -> None:
    made = [world.create(name=f"Deal {n}") for n in range(3)]
    ran = do(world, "mei", Ask(verb="reassign", owner_id=world.people["bo"]), picked(world, *made))
    told = Notice.objects.get(person_id=world.people["bo"], kind="assigned")
    assert (told.object_type, told.object_id, told.facts) == (
        "bulk_edit", ran.bulk_id, {"count": 3},
    )  # fmt: skip


def test_the_gate_stands_on_bulk_too(world: World) -> None:
    world.gate("industrial-6", "require")
    made = [world.create(), world.create(name="Two")]
    tried = preview_bulk_edit(
        actor=world.viewer("wen"), picked=picked(world, *made), ask=Ask(verb="advance"),
        today=world.today, at=world.at,
    )  # fmt: skip
    assert codes(tried) == ["gate.evidence_missing"] * 2
    world.gate("industrial-6", "advise")
    ran = do(world, "wen", Ask(verb="advance"), picked(world, *made))
    assert all(one.warnings for one in ran.done)
    assert len(ran.done) == 2
    assert proven()


def test_a_stage_of_another_method_is_refused(world: World) -> None:
    here = world.create()
    there = world.create(name="Other", method_version_id=world.methods["tender-8"])
    stage = world.row(there).stage_id
    tried = preview_bulk_edit(
        actor=world.viewer("wen"), picked=picked(world, here),
        ask=Ask(verb="advance", stage_id=stage), today=world.today, at=world.at,
    )  # fmt: skip
    assert codes(tried) == ["opportunity.stage_of_other_method"]


ASKS = (
    Ask(verb="close_on", close_on=date(2026, 12, 24)),
    Ask(verb="close_on"),
    Ask(verb="shift", days=-45),
    Ask(verb="category", category=3),
    Ask(verb="category", category=0),
    Ask(verb="next_step", next_step="Send the offer", next_step_on=date(2026, 7, 9)),
    Ask(verb="source", source="referral"),
    Ask(verb="own_rate", own_rate_bp=6500),
    Ask(verb="advance"),
    Ask(verb="lose", reason="price", competitor="Rival", text="cheaper"),
    Ask(verb="abandon", reason="no_budget"),
    Ask(verb="void", text="twice"),
)


def test_undone_it_is_as_before_to_the_digit(world: World) -> None:
    made = [
        world.create(
            name=f"Deal {n}", close_on=date(2026, 8, 1 + n), amount=Decimal(1000 + n),
            on=world.today - timedelta(days=40),
        )
        for n in range(4)
    ]  # fmt: skip
    before = state(world, *made)
    for ask in ASKS:
        ran = do(world, "wen", ask, picked(world, *made))
        assert len(ran.done) == 4, ask
        assert state(world, *made) != before
        assert proven(), ask
        done = undo(world, "wen", ran)
        assert (done.taken_back, done.left, done.not_theirs) == (4, 0, 0)
        assert state(world, *made) == before, ask
        assert proven(), ask
        with pytest.raises(NotFound):
            undo(world, "wen", ran)
    assert not BulkEditRow.objects.exclude(state=RowState.TAKEN_BACK).exists()


def test_restored_together_and_voided_again_by_undo(world: World) -> None:
    made = [world.create(name=f"Deal {n}") for n in range(3)]
    do(world, "wen", Ask(verb="void"), picked(world, *made))
    gone = state(world, *made)
    ran = do(world, "wen", Ask(verb="restore"), picked(world, *made))
    assert not any(row["voided"] for row in state(world, *made))
    assert proven()
    undo(world, "wen", ran)
    assert state(world, *made) == gone
    assert proven()


def test_what_somebody_changed_since_is_left_and_listed_with_who_and_when(world: World) -> None:
    made = [world.create(name=f"Deal {n}", close_on=date(2026, 8, 1)) for n in range(3)]
    ran = do(world, "mei", Ask(verb="reassign", owner_id=world.people["bo"]), picked(world, *made))
    edit_opportunity(
        actor=world.viewer("bo"), opportunity_id=made[1].opportunity_id,
        edit=EditOpportunity(amount=Decimal(5)), seen_version=None, **world.how(),
    )  # fmt: skip
    done = undo(world, "mei", ran)
    assert (done.taken_back, done.left) == (2, 1)
    left = BulkEditRow.objects.get(state=RowState.LEFT)
    assert left.object_id == made[1].opportunity_id
    assert left.facts["who"] == world.people["bo"]
    assert left.facts["at"]
    assert [world.row(one).owner_id for one in made] == [
        world.people["wen"], world.people["bo"], world.people["wen"],
    ]  # fmt: skip
    assert proven()


def test_only_who_did_it_or_a_superior_takes_it_back(world: World) -> None:
    made = [world.create(name=f"Deal {n}") for n in range(2)]
    ran = do(world, "wen", Ask(verb="category", category=3), picked(world, *made))
    with pytest.raises(NotFound):
        undo(world, "lu", ran)
    with pytest.raises(NotAllowed):
        undo(world, "director", ran)
    assert undo(world, "mei", ran).taken_back == 2


def test_a_deputy_acts_for_whom_they_stand_in_for(world: World) -> None:
    world.stand_in("lu", "mei", "unit_head", "east_team")
    made = [world.create(name=f"Deal {n}") for n in range(2)]
    do(world, "lu", Ask(verb="reassign", owner_id=world.people["bo"]), picked(world, *made))
    moves = Movement.objects.filter(kind=Kind.REASSIGNED)
    assert {(m.actor_id, m.for_person_id) for m in moves} == {
        (world.people["lu"], world.people["mei"])
    }


def test_what_changed_since_the_preview_is_refused(world: World) -> None:
    made = world.create()
    rows = picked(world, made)
    edit_opportunity(
        actor=world.viewer("wen"), opportunity_id=made.opportunity_id,
        edit=EditOpportunity(category=Category(2)), seen_version=None, **world.how(),
    )  # fmt: skip
    tried = preview_bulk_edit(
        actor=world.viewer("wen"), picked=rows, ask=Ask(verb="category", category=3),
        today=world.today, at=world.at,
    )  # fmt: skip
    assert codes(tried) == ["opportunity.changed"]


def test_a_row_that_is_so_already_is_no_change(world: World) -> None:
    made = [world.create(category=Category(3)), world.create(name="Two")]
    ran = do(world, "wen", Ask(verb="category", category=3), picked(world, *made))
    assert (len(ran.done), len(ran.unchanged)) == (1, 1)


def test_refused_half_way_leaves_nothing_of_that_row(world: World) -> None:
    """Too large a shift is refused by the row; its neighbour is moved all the same."""
    made = [world.create(close_on=date(2199, 12, 1)), world.create(name="Two")]
    ask = Ask(verb="shift", days=60)
    ran = do(
        world, "wen", ask, picked(world, *made, world.create(name="3", close_on=date(2026, 8, 1)))
    )
    assert (len(ran.done), sorted(codes(ran))) == (
        1, ["bulk.no_close_date", "opportunity.day_out_of_range"],
    )  # fmt: skip
    assert proven()


def test_a_row_that_is_named_twice_is_done_once(world: World) -> None:
    made = world.create(close_on=date(2026, 8, 1))
    ran = do(world, "wen", Ask(verb="shift", days=31), picked(world, made, made))
    assert len(ran.done) == 1
    assert world.row(made).close_on == date(2026, 9, 1)
    assert proven()


def test_too_many_or_none_are_refused(world: World) -> None:
    ask = Ask(verb="category", category=3)
    for rows, code in (([], "bulk.nothing_picked"), ([Picked(1)] * (MOST + 1), "bulk.too_many")):
        with pytest.raises(RuleBroken) as refused:
            do(world, "wen", ask, rows)
        assert refused.value.code == code


def test_a_paste_is_one_edit_and_bad_cells_leave_the_others_alone(world: World) -> None:
    made = [world.create(name=f"Deal {n}") for n in range(2)]
    rows = [
        Pasted(made[0].opportunity_id, EditOpportunity(name="", amount=Decimal(77)), version=1),
        Pasted(made[1].opportunity_id, EditOpportunity(name="New name"), version=1),
    ]
    how: Any = {"actor": world.viewer("wen"), "today": world.today, "at": world.at}
    tried, problems = preview_paste(rows=rows, **how)
    assert len(tried.done) == 2
    assert {key: error.code for key, error in problems.by_cell.items()} == {
        (made[0].opportunity_id, "name"): "opportunity.name_missing"
    }
    before = state(world, *made)
    ran = do_paste(rows=rows, **how)
    assert [(world.row(m).name, world.row(m).amount_minor) for m in made] == [
        ("Deal 0", 7700), ("New name", 120_000),
    ]  # fmt: skip
    assert {change.way for change in Change.objects.filter(field="name")} == {Way.GRID}
    assert {entry.movement.way for entry in Entry.objects.filter(kind=Kind.AMOUNT_CHANGED)} == {
        Way.GRID
    }
    assert undo(world, "wen", ran).taken_back == 2
    assert state(world, *made) == before
    assert proven()


def test_a_late_undo_keeps_what_is_carried_right(world: World) -> None:
    """Done in May, carried into June, taken back in June: mirrors stand in May."""
    may = replace(world, today=date(2026, 5, 20), at=world.at - timedelta(days=41))
    made = [may.create(name=f"Deal {n}", close_on=date(2026, 8, 1)) for n in range(3)]
    before = state(world, *made)
    ran = do(may, "wen", Ask(verb="shift", days=90), picked(world, *made))
    carry_forward(upto=TODAY, at=world.at)
    assert undo(world, "wen", ran).taken_back == 3
    assert state(world, *made) == before
    assert proven()
