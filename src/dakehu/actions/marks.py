"""Marking records: looked at, pinned, followed. A mark grants nothing and is nobody else's."""

from datetime import datetime

from django.db import transaction

from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound, RuleBroken
from dakehu.models import Mark
from dakehu.queries.marks import OBJECT_TYPES, names_in_sight


@transaction.atomic
def mark_seen(*, actor: Viewer, object_type: str, object_id: int, at: datetime) -> None:
    """Note that the actor has looked at a record. Raises NotFound("mark.unknown_record")."""
    person = _person_who_sees(actor, object_type, object_id)
    Mark.objects.bulk_create(
        [Mark(person_id=person, object_type=object_type, object_id=object_id, seen_at=at)],
        update_conflicts=True,
        unique_fields=["person", "object_type", "object_id"],
        update_fields=["seen_at"],
    )


@transaction.atomic
def toggle_pin(*, actor: Viewer, object_type: str, object_id: int, at: datetime) -> bool:
    """Pin a record, or let it go; give whether it is pinned now.

    Raises NotFound("mark.unknown_record").
    """
    row = _mark(actor, object_type, object_id)
    row.pinned_at = None if row.pinned_at else at
    row.save(update_fields=["pinned_at"])
    return row.pinned_at is not None


@transaction.atomic
def toggle_follow(*, actor: Viewer, object_type: str, object_id: int, at: datetime) -> bool:
    """Follow an opportunity, or no longer; give whether it is followed now.

    Who follows is told when it moves to another stage. What went out of sight since can still be
    let go. Raises NotFound("mark.unknown_record"), RuleBroken("mark.only_opportunities").
    """
    followed = Mark.objects.filter(
        person_id=actor.person_id or 0, object_type=object_type, object_id=object_id,
        followed_at__isnull=False,
    )  # fmt: skip
    if not names_in_sight(actor, [(object_type, object_id)]) and followed.update(followed_at=None):
        return False
    row = _mark(actor, object_type, object_id)
    if object_type != "opportunity":
        raise RuleBroken("mark.only_opportunities")
    row.followed_at = None if row.followed_at else at
    row.save(update_fields=["followed_at"])
    return row.followed_at is not None


def _mark(actor: Viewer, object_type: str, object_id: int) -> Mark:
    person = _person_who_sees(actor, object_type, object_id)
    of = {"person_id": person, "object_type": object_type, "object_id": object_id}
    Mark.objects.bulk_create([Mark(**of)], ignore_conflicts=True)
    return Mark.objects.select_for_update().get(**of)


def _person_who_sees(actor: Viewer, object_type: str, object_id: int) -> int:
    found = names_in_sight(actor, [(object_type, object_id)])
    if not found or object_type not in OBJECT_TYPES or actor.person_id is None:
        raise NotFound("mark.unknown_record")
    return actor.person_id
