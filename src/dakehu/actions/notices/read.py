"""Reading notices, and forgetting those that were read long ago."""

from datetime import datetime, timedelta

from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound
from dakehu.models import Notice

#: So long a notice is kept once it was read.
KEPT = timedelta(days=90)
_AT_ONCE = 2_000


def read_notice(*, actor: Viewer, notice_id: int, at: datetime) -> None:
    """Mark one of the actor's notices as read. Raises NotFound("notice.unknown")."""
    mine = Notice.objects.filter(pk=notice_id, person_id=actor.person_id or 0)
    if not mine.filter(read_at=None).update(read_at=at) and not mine.exists():
        raise NotFound("notice.unknown")


def read_notices(*, actor: Viewer, at: datetime, kind: str = "", upto: int | None = None) -> int:
    """Mark all of the actor's notices as read, of one kind or of all; give how many.

    `upto`: the newest that was shown; what came since stays unread.
    """
    rows = Notice.objects.filter(person_id=actor.person_id or 0, read_at=None)
    if kind:
        rows = rows.filter(kind=kind)
    if upto is not None:
        rows = rows.filter(pk__lte=upto)
    return rows.update(read_at=at)


def forget_read(at: datetime) -> int:
    """Remove notices that were told and read long ago, some at a time; give how many."""
    removed = 0
    old = Notice.objects.filter(read_at__lt=at - KEPT, at__lt=at - KEPT).order_by("pk")
    while ids := list(old.values_list("pk", flat=True)[:_AT_ONCE]):
        removed += Notice.objects.filter(pk__in=ids).delete()[0]
    return removed
