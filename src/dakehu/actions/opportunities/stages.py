"""Moving between stages: forward through the gate, back with a reason (FUN-2, FUN-3)."""

from dataclasses import replace
from datetime import date, datetime

from django.db import transaction

from dakehu.actions.opportunities.commands import Saved
from dakehu.actions.opportunities.followed import tell_moved
from dakehu.actions.opportunities.gate import Passed, pass_gate
from dakehu.actions.opportunities.held import (
    Held,
    Save,
    check_posting_day,
    hold,
    note_changes,
    post_steps,
    require_open,
    store,
)
from dakehu.core.access import Right, Viewer
from dakehu.core.errors import NotAllowed, RuleBroken
from dakehu.core.ledger import Kind, Standing, Step, Way
from dakehu.queries.stages import StageInForce, VersionInForce, version_in_force
from dakehu.queries.superiors import superior_right


@transaction.atomic
def advance_opportunity(
    *,
    actor: Viewer,
    opportunity_id: int,
    to_stage: str | None = None,
    seen_version: int | None,
    on: date,
    today: date,
    at: datetime,
    way: Way,
    overrule: str = "",
    reason: str = "",
    approving: bool = False,
) -> Saved:
    """Move forward to a stage (key; None: the next one) through the gate.

    A superior may move it with `overrule`, a reason that goes on record, or `approving` what was
    asked for: then their marks must let it pass. NotFound, NotAllowed `opportunity.advance`,
    Conflict `opportunity.changed`, RuleBroken `gate.evidence_missing`, `gate.validation_needed`,
    `opportunity.at_last_stage`, `opportunity.not_forward`, `opportunity.win_instead`.
    """
    save = Save.begin(actor=actor, on=on, today=today, at=at, way=way)
    held = hold(actor=actor, opportunity_id=opportunity_id, seen_version=seen_version)
    right = require_mover(
        held, actor, "opportunity.advance", today, overrule=overrule, approving=approving
    )
    save = save.under(right).holding()
    row = held.row
    require_open(row)
    check_posting_day(save, last_on=row.last_on, reason=reason)
    version = version_in_force(row.method_version_id)
    here = stage_held(version, row.stage_id)
    there = _next_stage(version, here) if to_stage is None else stage_named(version, to_stage)
    if there.order <= here.order:
        raise RuleBroken("opportunity.not_forward", field="stage")
    passed = pass_gate(
        actor=actor,
        version=version,
        opportunity_id=row.pk,
        owner_id=row.owner_id,
        unit_id=row.unit_id,
        leaving=here.key,
        to=there.key,
        today=today,
        overrule=overrule,
    )
    _move(held, there, Kind.ADVANCED, save, passed=passed, text=overrule or reason)
    return Saved(row.pk, row.version, str(save.correlation_id), passed.warnings(actor.language))


@transaction.atomic
def regress_opportunity(
    *,
    actor: Viewer,
    opportunity_id: int,
    to_stage: str | None = None,
    why: str,
    seen_version: int | None,
    on: date,
    today: date,
    at: datetime,
    way: Way,
) -> Saved:
    """Move back to a stage (key; None: the one before); asks why, needs no evidence.

    NotFound, NotAllowed `opportunity.regress`, Conflict `opportunity.changed`, RuleBroken
    `opportunity.why_missing`, `opportunity.at_first_stage`, `opportunity.not_back`.
    """
    save = Save.begin(actor=actor, on=on, today=today, at=at, way=way)
    held = hold(actor=actor, opportunity_id=opportunity_id, seen_version=seen_version)
    save = save.under(held.require(actor, "opportunity.regress")).holding()
    row = held.row
    require_open(row)
    require_why(why)
    check_posting_day(save, last_on=row.last_on, reason=why)
    version = version_in_force(row.method_version_id)
    here = stage_held(version, row.stage_id)
    if to_stage is None:
        before = [stage for stage in version.stages if stage.order < here.order]
        if not before:
            raise RuleBroken("opportunity.at_first_stage")
        there = before[-1]
    else:
        there = stage_named(version, to_stage)
    if there.order >= here.order:
        raise RuleBroken("opportunity.not_back", field="stage")
    _move(held, there, Kind.REGRESSED, save, text=why)
    return Saved(row.pk, row.version, str(save.correlation_id))


def require_mover(
    held: Held,
    actor: Viewer,
    permission: str,
    today: date,
    *,
    overrule: str = "",
    approving: bool = False,
) -> Right:
    """Give the right of who may make the move, or of a superior who overrules or approves it."""
    row = held.row
    right = None if approving else held.right(actor, permission)
    if right is None and (approving or overrule.strip()):
        right = superior_right(actor, owner_id=row.owner_id, unit_id=row.unit_id, today=today)
    if right is None and approving:
        raise NotAllowed("evidence.validate")
    if right is None:
        raise NotAllowed(permission)
    return right


def require_why(why: str) -> None:
    """Refuse a change that asks why and is not told; RuleBroken `opportunity.why_missing`."""
    if not why.strip():
        raise RuleBroken("opportunity.why_missing", field="why")


def stage_held(version: VersionInForce, stage_id: int) -> StageInForce:
    """Give the stage an opportunity stands in, as its version of the method has it."""
    stage = version.by_id(stage_id)
    if stage is None:
        raise RuleBroken("opportunity.stage_of_other_method", field="stage")
    return stage


def stage_named(version: VersionInForce, key: str) -> StageInForce:
    """Give an open stage by key. RuleBroken `…stage_of_other_method`, `…win_instead`."""
    stage = version.by_key(key)
    if stage is None:
        raise RuleBroken("opportunity.stage_of_other_method", field="stage")
    if stage.after_win:
        raise RuleBroken("opportunity.win_instead", field="stage")
    return stage


def _next_stage(version: VersionInForce, here: StageInForce) -> StageInForce:
    later = [stage for stage in version.open_stages if stage.order > here.order]
    if not later:
        raise RuleBroken("opportunity.at_last_stage")
    return later[0]


def _move(
    held: Held,
    there: StageInForce,
    kind: Kind,
    save: Save,
    *,
    passed: Passed | None = None,
    text: str = "",
) -> None:
    row = held.row
    before = held.standing
    after = Standing(replace(before.position, stage_id=there.id), before.amount_minor)
    overruled = passed is not None and passed.overruled
    if passed is not None and passed.overruled_by is not None:
        save = save.under(passed.overruled_by)
    post_steps(
        row,
        (Step(kind, before, after),),
        save,
        reason="gate_overruled" if overruled else "",
        text=text.strip(),
    )
    if passed is not None and overruled:
        note_changes(row.pk, {"gate_overruled": (None, passed.overruled_keys)}, save)
    store(row, save, only=("stage", "stage_since", "last_on"))
    tell_moved(row, save, "on" if kind is Kind.ADVANCED else "back")
