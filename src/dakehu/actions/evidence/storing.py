"""Storing files by their content: what a program is, or is not what it says, is refused."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePath
from uuid import uuid4

from django.conf import settings

from dakehu.core.access import Viewer
from dakehu.core.errors import RuleBroken
from dakehu.core.files import HEAD, ending_of, is_as_named, kind_of
from dakehu.models import StoredFile

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


def store_file(upload: Upload, *, actor: Viewer, at: datetime) -> StoredFile:
    """Write a file under its content's name, then its row. RuleBroken `evidence.file_…`."""
    name = PurePath(upload.name.replace("\\", "/")).name.strip()[-200:] or "file"
    ending = ending_of(name)
    if ending in REFUSED_ENDINGS:
        raise RuleBroken("evidence.file_refused", field="file", ending=ending)
    sha256, size = _write(upload, name)
    return StoredFile.objects.create(
        sha256=sha256,
        name=name,
        size=size,
        content_type=upload.content_type[:100],
        uploaded_at=at,
        uploaded_by_id=actor.person_id,
    )


def _check_content(name: str, head: bytes) -> None:
    """Refuse programs whatever they are called, and what is not what its name says."""
    if kind_of(head) == "program":
        raise RuleBroken("evidence.file_program", field="file", name=name)
    if not is_as_named(name, head):
        raise RuleBroken("evidence.file_not_as_named", field="file", ending=ending_of(name))


def _write(upload: Upload, name: str) -> tuple[str, int]:
    limit = MOST_BYTES // 1024 // 1024
    if upload.size > MOST_BYTES:
        raise RuleBroken("evidence.file_too_large", field="file", limit=limit)
    root = Path(settings.FILES)
    root.mkdir(parents=True, exist_ok=True)
    partial = root / f"{uuid4().hex}.part"
    digest, size, head = hashlib.sha256(), 0, b""
    try:
        with partial.open("wb") as file:
            for chunk in upload.chunks:
                size += len(chunk)
                if size > MOST_BYTES:
                    raise RuleBroken("evidence.file_too_large", field="file", limit=limit)
                if len(head) < HEAD:
                    head = (head + chunk)[:HEAD]
                digest.update(chunk)
                file.write(chunk)
        _check_content(name, head)
        sha256 = digest.hexdigest()
        target = root / sha256[:2] / sha256
        target.parent.mkdir(exist_ok=True)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return sha256, size
