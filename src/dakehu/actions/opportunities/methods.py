"""Moving an opportunity to another method, or to another version of its own (FUN-1)."""

from dataclasses import replace
from datetime import date, datetime

from django.db import transaction

from dakehu.actions.opportunities.commands import Saved
from dakehu.actions.opportunities.gate import pass_gate_between
from dakehu.actions.opportunities.held import (
    Save,
    check_posting_day,
    hold,
    note_changes,
    post_steps,
    require_open,
    store,
)
from dakehu.actions.opportunities.stages import require_mover, stage_named
from dakehu.core.access import Viewer
from dakehu.core.errors import RuleBroken
from dakehu.core.ledger import Standing, Way, steps_between
from dakehu.queries.stages import version_in_force


@transaction.atomic
def move_opportunity_method(
    *,
    actor: Viewer,
    opportunity_id: int,
    method_version_id: int,
    to_stage: str,
    why: str = "",
    overrule: str = "",
    approving: bool = False,
    seen_version: int | None,
    on: date,
    today: date,
    at: datetime,
    way: Way,
) -> Saved:
    """Move to a current version of a method, to the stage that the map names.

    A map onto a stage that is no further on is neither forward nor back, and no gate asks. One
    that leads further meets the gate of the new version: in the same method by its stages, into
    another one, where the win rate is higher, like a creation there (our reading: else another
    method would be a way around the gate). NotFound, NotAllowed `opportunity.edit`, Conflict,
    RuleBroken `gate.evidence_missing`, `gate.validation_needed`, `method.not_current`,
    `opportunity.same_method`, `opportunity.stage_of_other_method`.
    """
    save = Save.begin(actor=actor, on=on, today=today, at=at, way=way)
    held = hold(actor=actor, opportunity_id=opportunity_id, seen_version=seen_version)
    right = require_mover(
        held, actor, "opportunity.edit", today, overrule=overrule, approving=approving
    )
    save = save.under(right)
    row = held.row
    require_open(row)
    if method_version_id == row.method_version_id:
        raise RuleBroken("opportunity.same_method", field="method")
    version = version_in_force(method_version_id)
    if not version.is_current:
        raise RuleBroken("method.not_current", field="method")
    check_posting_day(save, last_on=row.last_on, reason=why)
    there = stage_named(version, to_stage)
    passed = pass_gate_between(
        actor=actor,
        row=row,
        from_stage_id=row.stage_id,
        version=version,
        to=there,
        on=on,
        today=today,
        overrule=overrule,
    )
    if passed.overruled_by is not None:
        save = save.under(passed.overruled_by)
    before = held.standing
    after = Standing(replace(before.position, stage_id=there.id), before.amount_minor)
    steps = steps_between(before, after, order_of_stage={}, method_moved=True)
    reason = "gate_overruled" if passed.overruled else ""
    text = overrule if passed.overruled else why
    post_steps(row, steps, save, reason=reason, text=text.strip())
    if passed.overruled:
        note_changes(row.pk, {"gate_overruled": (None, passed.overruled_keys)}, save)
    old = row.method_version_id
    row.method_version_id = method_version_id
    note_changes(row.pk, {"method_version_id": (old, method_version_id)}, save)
    store(row, save)
    return Saved(row.pk, row.version, str(save.correlation_id), passed.warnings(actor.language))
