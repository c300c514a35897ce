"""Files on records: listed and served by the permission to see the record."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed, NotFound
from dakehu.models import Attachment
from dakehu.queries.evidence import FileHeld
from dakehu.queries.people import PersonName, person_name
from dakehu.queries.records import KINDS, LARGEST_ID, Record, Until, record_in_sight

MOST = 100


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file on a record: its name, size in bytes, who attached it when."""

    id: int
    name: str
    size: int
    added_by: PersonName | None
    added_at: datetime
    may_delete: bool


def files_on(
    viewer: Viewer, *, record: Record, until: Until | None = None, limit: int = MOST
) -> list[FileRow]:
    """Give the newest files on a record in sight, up to a moment."""
    rows = Attachment.objects.filter(deleted_at__isnull=True, **record.column)
    if until is not None:
        rows = rows.filter(until.within("added_at"))
    may = may_attach(viewer, record)
    found = rows.select_related("file", "added_by").order_by("-added_at", "-id")[:limit]
    return [_shown(viewer, row, may_attach=may) for row in found]


def may_attach(viewer: Viewer, record: Record) -> bool:
    """Test if the viewer may attach files to a record in sight."""
    return not record.is_gone and record.right(viewer, "file.attach") is not None


def attached_file(viewer: Viewer, *, attachment_id: int) -> FileHeld:
    """Give a file to be saved. NotFound `file.not_found` where there is none that one may see."""
    row = _row(viewer, attachment_id)
    if row.deleted_at is not None:
        raise NotFound("file.not_found")
    path = Path(settings.FILES) / row.file.sha256[:2] / row.file.sha256
    if not path.is_file():
        raise NotFound("evidence.file_lost", name=row.file.name)
    return FileHeld(row.file.name, row.file.size, path)


def deletable_file(viewer: Viewer, *, attachment_id: int) -> tuple[FileRow, Record]:
    """Give a file with its record. NotFound `file.not_found`, NotAllowed `file.attach`."""
    row = _row(viewer, attachment_id)
    if row.deleted_at is not None:
        raise NotFound("file.not_found")
    record = _record(viewer, row)
    file = _shown(viewer, row, may_attach=record.right(viewer, "file.attach") is not None)
    if not file.may_delete:
        raise NotAllowed("file.attach")
    return file, record


def record_of_file(viewer: Viewer, *, attachment_id: int) -> Record:
    """Give the record in sight that a file, deleted or not, hangs on. NotFound."""
    row = _row(viewer, attachment_id)
    return _record(viewer, row)


def _shown(viewer: Viewer, row: Attachment, *, may_attach: bool) -> FileRow:
    own = viewer.person_id if viewer.holds("file.attach") else None
    return FileRow(
        id=row.pk,
        name=row.file.name,
        size=row.file.size,
        added_by=person_name(row.added_by) if row.added_by else None,
        added_at=row.added_at,
        may_delete=may_attach or (own is not None and row.added_by_id == own),
    )


def _row(viewer: Viewer, attachment_id: int) -> Attachment:
    row = (
        Attachment.objects.select_related("file", "added_by")
        .filter(pk=min(attachment_id, LARGEST_ID))
        .first()
    )
    if row is None:
        raise NotFound("file.not_found")
    _record(viewer, row)
    return row


def _record(viewer: Viewer, row: Attachment) -> Record:
    kind = next(kind for kind in KINDS if getattr(row, f"{kind}_id") is not None)
    try:
        return record_in_sight(viewer, kind=kind, record_id=getattr(row, f"{kind}_id"))
    except NotFound as error:
        raise NotFound("file.not_found") from error
