"""Files on opportunities, accounts and contacts: attached, deleted, brought back for 30 days."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef

from dakehu.actions.audit import record_changes
from dakehu.actions.evidence import Upload, store_file
from dakehu.actions.notes import KEPT_FOR
from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Way
from dakehu.models import Attachment, Change, Evidence, EvidenceFile, StoredFile
from dakehu.queries.records import KINDS, LARGEST_ID, Record, record_in_sight

MOST_AT_ONCE = 20


@transaction.atomic
def attach_files(
    *,
    actor: Viewer,
    kind: str,
    record_id: int,
    uploads: Sequence[Upload],
    at: datetime,
) -> list[int]:
    """Attach files to a record, all or none; gives their ids.

    NotFound, NotAllowed `file.attach`, RuleBroken `file.none`, `file.too_many`,
    `note.record_gone`, `evidence.file_too_large`, `evidence.file_refused`.
    """
    record = record_in_sight(actor, kind=kind, record_id=record_id)
    record.require(actor, "file.attach")
    if record.is_gone:
        raise RuleBroken("note.record_gone")
    if not uploads:
        raise RuleBroken("file.none", field="files")
    if len(uploads) > MOST_AT_ONCE:
        raise RuleBroken("file.too_many", field="files", limit=MOST_AT_ONCE)
    return [
        Attachment.objects.create(
            file=store_file(upload, actor=actor, at=at),
            added_by_id=actor.person_id,
            added_at=at,
            **record.column,
        ).pk
        for upload in uploads
    ]


@transaction.atomic
def delete_attachment(
    *, actor: Viewer, attachment_id: int, at: datetime, way: Way = Way.FORM
) -> None:
    """Delete a file of a record; it can be restored for 30 days. NotFound, NotAllowed."""
    row, record = _held(actor, attachment_id, deleted=False)
    row.deleted_at, row.deleted_by_id = at, actor.person_id
    row.save(update_fields=["deleted_at", "deleted_by"])
    _note(actor, record, (row.file.name, None), way, at)


@transaction.atomic
def restore_attachment(
    *, actor: Viewer, attachment_id: int, at: datetime, way: Way = Way.FORM
) -> None:
    """Bring a deleted file back within 30 days. RuleBroken `note.too_late`."""
    row, record = _held(actor, attachment_id, deleted=True)
    if row.deleted_at is None or at - row.deleted_at > KEPT_FOR:
        raise RuleBroken("note.too_late", limit=KEPT_FOR.days)
    row.deleted_at = row.deleted_by_id = None
    row.save(update_fields=["deleted_at", "deleted_by"])
    _note(actor, record, (None, row.file.name), way, at)


def remove_attachments(ids: Sequence[int]) -> None:
    """Remove files of records for good, the rows of the stored ones too: else their bytes stay.

    Every attachment has a stored file of its own; evidence that shares one would keep it.
    """
    rows = Attachment._base_manager.filter(pk__in=ids)
    files = list(rows.values_list("file_id", flat=True))
    rows.delete()
    StoredFile.objects.filter(pk__in=files).exclude(
        Exists(Attachment._base_manager.filter(file_id=OuterRef("pk")))
        | Exists(Evidence.objects.filter(file_id=OuterRef("pk")))
        | Exists(EvidenceFile.objects.filter(file_id=OuterRef("pk")))
    ).delete()


def forget_history(object_type: str, ids: Sequence[int]) -> None:
    """Remove what the history keeps of objects that are forgotten."""
    Change.objects.filter(object_type=object_type, object_id__in=ids).delete()


def _held(actor: Viewer, attachment_id: int, *, deleted: bool) -> tuple[Attachment, Record]:
    row = (
        Attachment.objects.select_for_update(of=("self",))
        .select_related("file")
        .filter(pk=min(attachment_id, LARGEST_ID), deleted_at__isnull=not deleted)
        .first()
    )
    if row is None:
        raise NotFound("file.not_found")
    kind = next(kind for kind in KINDS if getattr(row, f"{kind}_id") is not None)
    try:
        record = record_in_sight(actor, kind=kind, record_id=getattr(row, f"{kind}_id"))
    except NotFound as error:
        raise NotFound("file.not_found") from error
    own = actor.person_id is not None and row.added_by_id == actor.person_id
    if not (own and actor.holds("file.attach")) and record.right(actor, "file.attach") is None:
        raise NotAllowed("file.attach")
    return row, record


def _note(actor: Viewer, record: Record, change: tuple[Any, Any], way: Way, at: datetime) -> None:
    record_changes(
        actor=actor,
        object_type=f"{record.kind}_file",
        object_id=record.id,
        changes={"file": change},
        correlation_id=uuid4(),
        way=way,
        at=at,
    )
