"""Field history of an object that the caller has found to be visible."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dakehu.core.access import Viewer
from dakehu.models import Change
from dakehu.queries.people import PersonName


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One field changed; values as they were kept, worded by the page."""

    at: datetime
    actor: PersonName | None
    field: str
    old: Any
    new: Any


def changes(
    *, viewer: Viewer, object_type: str, object_id: int, limit: int = 50
) -> tuple[ChangeRow, ...]:
    """Give what changed of an object, newest first; fields that the viewer may not read are out.

    The caller has looked the object up under the viewer's permission.
    """
    rows = (
        Change.objects.filter(object_type=object_type, object_id=object_id)
        .select_related("actor")
        .order_by("-id")[:limit]
    )
    hidden = {"phone"} if _hides_phone(viewer, object_type) else set()
    return tuple(
        ChangeRow(
            at=row.at,
            actor=None
            if row.actor is None
            else PersonName(row.actor.pk, row.actor.login, row.actor.name, row.actor.name_en),
            field=row.field,
            old=row.old,
            new=row.new,
        )
        for row in rows
        if row.field not in hidden
    )


def _hides_phone(viewer: Viewer, object_type: str) -> bool:
    return object_type == "contact" and not viewer.reads_field("contact.phone")
