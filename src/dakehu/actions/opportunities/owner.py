"""The primary owner: changed by the owner's superior only, never by the owner (FOR-5)."""

from dataclasses import replace
from datetime import date, datetime

from django.db import transaction

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
from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed, RuleBroken
from dakehu.core.ledger import Standing, Way, steps_between
from dakehu.queries.superiors import is_superior


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

    NotFound, NotAllowed `opportunity.reassign` (only the head of the nearest unit above who is
    not the owner), Conflict, RuleBroken `opportunity.same_owner`, `opportunity.owner_…`.
    """
    save = Save.begin(actor=actor, on=on, today=today, at=at, way=way)
    held = hold(actor=actor, opportunity_id=opportunity_id, seen_version=seen_version)
    row = held.row
    if not is_superior(actor, owner_id=row.owner_id, unit_id=row.unit_id, today=today):
        raise NotAllowed("opportunity.reassign")
    require_open(row)
    if owner_id == row.owner_id:
        raise RuleBroken("opportunity.same_owner", field="owner")
    check_posting_day(save, last_on=row.last_on, reason=why)
    before = held.standing
    after = Standing(
        replace(before.position, owner_id=owner_id, unit_id=unit_of_owner(owner_id, on)),
        before.amount_minor,
    )
    steps = steps_between(before, after, order_of_stage={})
    post_steps(row, steps, save, text=why.strip())
    store(row, save)
    return Saved(row.pk, row.version, str(save.correlation_id))
