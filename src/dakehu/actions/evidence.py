"""Ticking evidence of a stage with its proof: a note, a link or a file (FUN-3)."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path, PurePath
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from dakehu.actions.opportunities.held import Save, hold, note_changes, require_open
from dakehu.actions.opportunities.history import plain_tick
from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound, RuleBroken
from dakehu.core.ledger import Way
from dakehu.models import Evidence, StoredFile
from dakehu.queries.stages import version_in_force

MOST_BYTES = 20 * 1024 * 1024
#: What a double click would run on somebody's machine.
REFUSED_ENDINGS = frozenset(
    {
        ".apk", ".app", ".bash", ".bat", ".cmd", ".com", ".cpl", ".deb", ".dll", ".dmg", ".exe",
        ".hta", ".htm", ".html", ".img", ".iso", ".jar", ".js", ".jse", ".lnk", ".mjs", ".msi",
        ".msp", ".pif", ".pkg", ".ps1", ".psm1", ".reg", ".rpm", ".scr", ".sh", ".svg", ".sys",
        ".url", ".vbe", ".vbs", ".wsf", ".wsh", ".xhtml",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came in: its name, its bytes piece by piece, and what it says it is."""

    name: str
    chunks: Iterable[bytes]
    size: int
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """What proves an item: at least one of note, link, file; `keep_file` keeps the one there."""

    note: str = ""
    link: str = ""
    file: Upload | None = None
    keep_file: bool = True


@transaction.atomic
def tick_evidence(
    *,
    actor: Viewer,
    opportunity_id: int,
    stage_id: int,
    key: str,
    proof: Proof,
    today: date,
    at: datetime,
    way: Way,
) -> int:
    """Tick an item of the opportunity's method, or change its proof; give the tick's id.

    NotFound, NotAllowed `evidence.tick`, RuleBroken `evidence.proof_missing`, `evidence.bad_link`,
    `evidence.file_too_large`, `evidence.file_refused`, `opportunity.not_open`.
    """
    save = Save.begin(actor=actor, on=today, today=today, at=at, way=way)
    held = hold(actor=actor, opportunity_id=opportunity_id, seen_version=None)
    save = save.under(held.require(actor, "evidence.tick"))
    require_open(held.row)
    if actor.person_id is None:
        raise RuleBroken("evidence.who")
    _check_item(held.row.method_version_id, stage_id, key)
    row = Evidence.objects.filter(opportunity_id=opportunity_id, stage_id=stage_id, key=key).first()
    old = plain_tick(row)
    row = row or Evidence(opportunity_id=opportunity_id, stage_id=stage_id, key=key)
    row.note = proof.note.strip()[:4000]
    row.link = _checked_link(proof.link)
    if proof.file is not None:
        row.file = store_file(proof.file, actor=actor, at=at)
    elif not proof.keep_file:
        row.file = None
    if not (row.note or row.link or row.file_id):
        raise RuleBroken("evidence.proof_missing", field="note")
    row.ticked_on = today
    row.ticked_at = at
    row.ticked_by_id = actor.person_id
    row.save()
    note_changes(opportunity_id, {"evidence": (old, plain_tick(row))}, save)
    return row.pk


@transaction.atomic
def untick_evidence(
    *,
    actor: Viewer,
    opportunity_id: int,
    stage_id: int,
    key: str,
    today: date,
    at: datetime,
    way: Way,
) -> None:
    """Take a tick away; the file stays with the history. NotFound, NotAllowed `evidence.tick`."""
    save = Save.begin(actor=actor, on=today, today=today, at=at, way=way)
    held = hold(actor=actor, opportunity_id=opportunity_id, seen_version=None)
    save = save.under(held.require(actor, "evidence.tick"))
    require_open(held.row)
    row = Evidence.objects.filter(opportunity_id=opportunity_id, stage_id=stage_id, key=key).first()
    if row is None:
        raise NotFound("evidence.not_ticked")
    old = plain_tick(row)
    row.delete()
    note_changes(opportunity_id, {"evidence": (old, None)}, save)


def store_file(upload: Upload, *, actor: Viewer, at: datetime) -> StoredFile:
    """Write a file under its content's name, then its row. RuleBroken `evidence.file_…`."""
    name = PurePath(upload.name.replace("\\", "/")).name.strip()[-200:] or "file"
    ending = PurePath(name.lower().rstrip(". ")).suffix
    if ending in REFUSED_ENDINGS:
        raise RuleBroken("evidence.file_refused", field="file", ending=ending)
    sha256, size = _write(upload)
    return StoredFile.objects.create(
        sha256=sha256,
        name=name,
        size=size,
        content_type=upload.content_type[:100],
        uploaded_at=at,
        uploaded_by_id=actor.person_id,
    )


def _write(upload: Upload) -> tuple[str, int]:
    limit = MOST_BYTES // 1024 // 1024
    if upload.size > MOST_BYTES:
        raise RuleBroken("evidence.file_too_large", field="file", limit=limit)
    root = Path(settings.FILES)
    root.mkdir(parents=True, exist_ok=True)
    partial = root / f"{uuid4().hex}.part"
    digest, size = hashlib.sha256(), 0
    try:
        with partial.open("wb") as file:
            for chunk in upload.chunks:
                size += len(chunk)
                if size > MOST_BYTES:
                    raise RuleBroken("evidence.file_too_large", field="file", limit=limit)
                digest.update(chunk)
                file.write(chunk)
        name = digest.hexdigest()
        target = root / name[:2] / name
        target.parent.mkdir(exist_ok=True)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return name, size


def _check_item(version_id: int, stage_id: int, key: str) -> None:
    version = version_in_force(version_id)
    stage = version.by_id(stage_id)
    keys = {i.key for i in version.spec.stage(stage.key).evidence} if stage else set()
    if key not in keys:
        raise NotFound("evidence.unknown_item", key=key)


def _checked_link(link: str) -> str:
    link = link.strip()
    if not link:
        return ""
    try:
        parts = urlsplit(link)
    except ValueError as error:
        raise RuleBroken("evidence.bad_link", field="link") from error
    if parts.scheme not in ("http", "https") or not parts.netloc or len(link) > 500:
        raise RuleBroken("evidence.bad_link", field="link")
    return link
