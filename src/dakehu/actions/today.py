"""What Today lets one do in place: put a next step off, say that a mention is dealt with."""

from datetime import date, datetime, timedelta

from django.db import transaction

from dakehu.actions.opportunities import EditOpportunity, Saved, edit_opportunity
from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound, RuleBroken
from dakehu.core.ledger import Way
from dakehu.models import Mention

MOST_DAYS = 366


@transaction.atomic
def put_off_next_step(
    *,
    actor: Viewer,
    opportunity_id: int,
    days: int,
    seen_version: int | None,
    today: date,
    at: datetime,
    way: Way = Way.FORM,
) -> Saved:
    """Put the next step of an opportunity so many days after today.

    Raises what `edit_opportunity` raises; RuleBroken `activity.day_far_off`.
    """
    if not 0 <= days <= MOST_DAYS:
        raise RuleBroken("activity.day_far_off", on=today, years=1)
    return edit_opportunity(
        actor=actor,
        opportunity_id=opportunity_id,
        edit=EditOpportunity(next_step_on=today + timedelta(days=days)),
        seen_version=seen_version,
        on=today,
        today=today,
        at=at,
        way=way,
    )


@transaction.atomic
def settle_mention(*, actor: Viewer, mention_id: int, at: datetime) -> None:
    """Say that a mention of oneself is dealt with. NotFound `mention.not_found`."""
    found = Mention.objects.filter(pk=mention_id, person_id=actor.person_id or 0)
    if not found.exists():
        raise NotFound("mention.not_found")
    found.filter(done_at=None).update(done_at=at)
