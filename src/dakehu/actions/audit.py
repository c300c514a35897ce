"""Recording what changed: the one writer of `Change` rows."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from dakehu.core.access import Viewer
from dakehu.core.ledger import Way
from dakehu.models import Change


def record_changes(
    *,
    actor: Viewer,
    object_type: str,
    object_id: int,
    changes: Mapping[str, tuple[Any, Any]],
    correlation_id: UUID,
    way: Way,
    at: datetime,
) -> None:
    """Write one row per changed field; equal values are left out."""
    Change.objects.bulk_create(
        [
            Change(
                object_type=object_type,
                object_id=object_id,
                field=field,
                old=_plain(old),
                new=_plain(new),
                correlation_id=correlation_id,
                actor_id=actor.person_id,
                way=way,
                at=at,
            )
            for field, (old, new) in changes.items()
            if old != new
        ]
    )


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, date | Decimal | UUID) else value
