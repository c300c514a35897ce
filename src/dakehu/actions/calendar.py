"""The iCalendar feed of a person: opened with a secret address, closed again."""

import secrets
from datetime import datetime
from hashlib import sha256
from uuid import uuid4

from django.db import transaction

from dakehu.actions.audit import record_changes
from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed
from dakehu.core.ledger import Way
from dakehu.models import CalendarFeed


def hash_of(token: str) -> str:
    """Give what is kept of a secret: who reads the table can't read the calendar."""
    return sha256(token.encode()).hexdigest()


@transaction.atomic
def open_feed(*, actor: Viewer, at: datetime) -> str:
    """Give the secret of the actor's feed, told this once; an earlier one is closed by it.

    NotAllowed `activity.log` to who has no activities.
    """
    if actor.person_id is None or not actor.holds("activity.log"):
        raise NotAllowed("activity.log")
    token = secrets.token_urlsafe(32)
    CalendarFeed.objects.update_or_create(
        person_id=actor.person_id, defaults={"token_hash": hash_of(token), "made_at": at}
    )
    _record(actor, "opened", at)
    return token


@transaction.atomic
def close_feed(*, actor: Viewer, at: datetime) -> None:
    """Close the actor's feed: its address leads nowhere from now on."""
    gone, _rows = CalendarFeed.objects.filter(person_id=actor.person_id or 0).delete()
    if gone:
        _record(actor, "closed", at)


def _record(actor: Viewer, field: str, at: datetime) -> None:
    record_changes(
        actor=actor,
        object_type="calendar_feed",
        object_id=actor.person_id or 0,
        changes={field: (None, True)},
        correlation_id=uuid4(),
        way=Way.FORM,
        at=at,
    )
