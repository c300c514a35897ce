"""Taking back a step back is a step forward: it meets the gate (FUN-3)."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from dakehu.actions.evidence import Proof, tick_evidence
from dakehu.actions.ledger import Correction
from dakehu.actions.opportunities import (
    Outcome,
    Saved,
    advance_opportunity,
    correct_opportunity,
    lose_opportunity,
    regress_opportunity,
    undo_opportunity,
)
from dakehu.actions.validations import mark_evidence
from dakehu.core.errors import RuleBroken
from dakehu.core.ledger import Kind, Way
from dakehu.core.methods import Marks
from dakehu.models import Change, Evidence, Movement
from dakehu.queries.opportunities.path import moment_seen
from dakehu.queries.stages import version_in_force
from tests.world import World

pytestmark = pytest.mark.django_db


def act(world: World, action: Callable[..., Any], login: str, made: Saved, **facts: Any) -> Saved:
    saved: Saved = action(
        actor=world.viewer(login), opportunity_id=made.opportunity_id, seen_version=None,
        **world.how(), **facts,
    )  # fmt: skip
    return saved


def undo(world: World, login: str, made: Saved, save: Saved) -> Saved:
    return undo_opportunity(
        actor=world.viewer(login), opportunity_id=made.opportunity_id,
        correlation_id=UUID(save.correlation_id), seen_version=None, today=world.today,
        at=world.at,
    )  # fmt: skip


def stage(world: World, made: Saved) -> str:
    row = world.row(made)
    held = version_in_force(row.method_version_id).by_id(row.stage_id)
    assert held is not None
    return held.key


def moved_back(world: World, mode: str) -> tuple[Saved, Saved]:
    """Let wen advance without evidence under *advise*, go back, and the gate be another then."""
    made = world.create()
    act(world, advance_opportunity, "wen", made)
    saved = act(world, regress_opportunity, "wen", made, why="too early")
    world.gate("industrial-6", mode)
    assert stage(world, made) == "interest"
    return made, saved


def prove(world: World, made: Saved) -> None:
    version = version_in_force(world.row(made).method_version_id)
    for item in version.spec.stages[0].evidence:
        tick_evidence(
            actor=world.viewer("wen"), opportunity_id=made.opportunity_id,
            stage_id=version.stages[0].id, key=item.key, proof=Proof(note="seen"),
            today=world.today, at=world.at, way=Way.FORM,
        )  # fmt: skip


def confirm(world: World, made: Saved) -> None:
    for row in Evidence.objects.filter(opportunity_id=made.opportunity_id):
        mark_evidence(
            actor=world.viewer("mei"), opportunity_id=made.opportunity_id, evidence_id=row.pk,
            marks=Marks(True, True, True), seen=moment_seen(row.ticked_at), today=world.today,
            at=world.at, way=Way.FORM,
        )  # fmt: skip


@pytest.mark.parametrize("mode", ["require", "validate"])
@pytest.mark.parametrize("login", ["wen", "mei", "ops"])
def test_undoing_a_step_back_is_refused_without_the_evidence(
    world: World, mode: str, login: str
) -> None:
    made, saved = moved_back(world, mode)
    before = Movement.objects.count()
    with pytest.raises(RuleBroken, match=r"gate.evidence_missing"):
        undo(world, login, made, saved)
    assert (stage(world, made), Movement.objects.count()) == ("interest", before)
    prove(world, made)
    if mode == "validate":
        with pytest.raises(RuleBroken, match=r"gate.validation_needed"):
            undo(world, login, made, saved)
        confirm(world, made)
    undo(world, login, made, saved)
    assert stage(world, made) == "nurture"


def test_where_the_gate_advises_the_undo_warns(world: World) -> None:
    made, saved = moved_back(world, "advise")
    assert undo(world, "wen", made, saved).warnings
    assert stage(world, made) == "nurture"


def test_undoing_a_step_forward_or_a_loss_asks_nothing(world: World) -> None:
    made = world.create()
    saved = act(world, advance_opportunity, "wen", made)
    lost = act(world, lose_opportunity, "wen", made, outcome=Outcome("price"))
    world.gate("industrial-6", "require")
    undo(world, "wen", made, lost)
    assert stage(world, made) == "nurture"
    undo(world, "wen", made, saved)
    assert stage(world, made) == "interest"


def test_dropping_a_step_back_meets_the_gate_and_a_superior_overrules_it(world: World) -> None:
    made, _saved = moved_back(world, "require")
    back = Movement.objects.get(opportunity_id=made.opportunity_id, kind=Kind.REGRESSED)
    how: dict[str, Any] = {
        "opportunity_id": made.opportunity_id, "why": "wrong row", "seen_version": None,
        "correction": Correction(back.pk, drop=True), "today": world.today, "at": world.at,
        "way": Way.FORM,
    }  # fmt: skip
    with pytest.raises(RuleBroken, match=r"gate.evidence_missing"):
        correct_opportunity(actor=world.viewer("ops"), **how)
    assert stage(world, made) == "interest"
    correct_opportunity(actor=world.viewer("mei"), **how)
    assert stage(world, made) == "nurture"
    assert Change.objects.filter(field="gate_overruled").exists()
