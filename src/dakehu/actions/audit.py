"""Recording what changed: the one writer of `Change` rows."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from dakehu.actions.together import gathering
from dakehu.core.access import Viewer
from dakehu.core.ledger import Way
from dakehu.models import Change
from dakehu.queries.people import person_name

_BATCH = 500


def record_changes(
    *,
    actor: Viewer,
    object_type: str,
    object_id: int,
    changes: Mapping[str, tuple[Any, Any]],
    correlation_id: UUID,
    way: Way,
    at: datetime,
    for_person_id: int | None = None,
) -> None:
    """Write one row per changed field; equal values are left out.

    `for_person_id` is whom the actor stands in for, where they act only as a deputy.
    """
    record_changes_of_many(
        actor=actor, object_type=object_type, object_ids=[object_id], changes=changes,
        correlation_id=correlation_id, way=way, at=at, for_person_id=for_person_id,
    )  # fmt: skip


def record_changes_of_many(
    *,
    actor: Viewer,
    object_type: str,
    object_ids: Sequence[int],
    changes: Mapping[str, tuple[Any, Any]],
    correlation_id: UUID,
    way: Way,
    at: datetime,
    for_person_id: int | None = None,
) -> None:
    """Write what `record_changes` does of objects that all changed alike."""
    rows = [
        Change(
            object_type=object_type,
            object_id=object_id,
            field=field,
            old=_plain(old),
            new=_plain(new),
            correlation_id=correlation_id,
            actor_id=actor.person_id,
            for_person_id=for_person_id,
            way=way,
            at=at,
        )
        for object_id in object_ids
        for field, (old, new) in changes.items()
        if old != new
    ]
    gathered = gathering()
    if gathered is not None:
        gathered.note(rows)
    else:
        Change.objects.bulk_create(rows, _BATCH)


def last_change(object_type: str, object_id: int) -> dict[str, Any]:
    """Give who changed an object last, and when: facts of a Conflict."""
    rows = Change.objects.filter(object_type=object_type, object_id=object_id)
    row = rows.select_related("actor").order_by("-id").first()
    if row is None:
        return {}
    return {"who": person_name(row.actor) if row.actor else None, "at": row.at}


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, date | Decimal | UUID) else value
