"""The primary owner: changed by the owner's superior only, never by the owner (FOR-5)."""

from dataclasses import replace
from datetime import date, datetime

from django.db import transaction

from dakehu.actions.notices import tell
from dakehu.actions.opportunities.checks import unit_of_owner
from dakehu.actions.opportunities.commands import Saved
from dakehu.actions.opportunities.held import (
    Save,
    check_posting_day,
    hold,
    post_steps,
    require_open,
    store,
)
from dakehu.actions.opportunities.home import come_home
from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed, RuleBroken
from dakehu.core.ledger import Standing, Way, steps_between
from dakehu.queries.opportunities import may_be_owner
from dakehu.queries.superiors import superior_right


@transaction.atomic
def reassign_opportunity(
    *,
    actor: Viewer,
    opportunity_id: int,
    owner_id: int,
    why: str = "",
    seen_version: int | None,
    on: date,
    today: date,
    at: datetime,
    way: Way,
) -> Saved:
    """Give an open opportunity to another owner; it moves to their unit of the day.

    To one of the actor's units where they work in one. NotFound, NotAllowed
    `opportunity.reassign` (only the head of the nearest unit above who is not the owner),
    Conflict, RuleBroken `opportunity.same_owner`, `opportunity.owner_out_of_reach` (nobody who
    sells or heads in the actor's units), `opportunity.owner_…`, `opportunity.unit_closed`.
    """
    save = Save.begin(actor=actor, on=on, today=today, at=at, way=way)
    held = hold(actor=actor, opportunity_id=opportunity_id, seen_version=seen_version)
    row = held.row
    right = superior_right(actor, owner_id=row.owner_id, unit_id=row.unit_id, today=today)
    if right is None:
        raise NotAllowed("opportunity.reassign")
    save = save.under(right)
    require_open(row)
    if owner_id == row.owner_id:
        raise RuleBroken("opportunity.same_owner", field="owner")
    check_posting_day(save, last_on=row.last_on, reason=why)
    unit_id = unit_of_owner(owner_id, on, within=None if actor.sees_all else actor.units)
    if not may_be_owner(viewer=actor, person_id=owner_id, today=today):
        raise RuleBroken("opportunity.owner_out_of_reach", field="owner")
    before = held.standing
    after = Standing(
        replace(before.position, owner_id=owner_id, unit_id=unit_id),
        before.amount_minor,
    )
    steps = steps_between(before, after, order_of_stage={})
    post_steps(row, steps, save, text=why.strip())
    if on < today:
        come_home(row, save)
    store(row, save)
    tell(
        kind="assigned", people=[owner_id], actor=actor, at=at, object_type="opportunity",
        object_id=row.pk, facts={"name": row.name}, correlation_id=save.correlation_id,
    )  # fmt: skip
    return Saved(row.pk, row.version, str(save.correlation_id))
