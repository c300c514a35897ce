"""Removing what may be kept no longer: uploads of imports, unfinished files, log-ins of long ago.

Nothing of the books, and nothing that an audit may ask for: look-ups and changes stay, but for
those of records that were deleted and are forgotten.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.sessions.models import Session
from django_q.models import Task

from dakehu.actions.background import forget_runs
from dakehu.actions.imports import sweep
from dakehu.actions.notices import forget_read
from dakehu.actions.past import remove_expired
from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed
from dakehu.models import StoredFile

#: A file without a row is older than any upload that is still under way.
ORPHAN_AFTER = timedelta(days=1)
#: What the queue noted of jobs that broke.
TASKS_KEPT = timedelta(days=90)
_AT_ONCE = 500
_NAME = re.compile(r"[0-9a-f]{64}")
_PARTIAL = re.compile(r"[0-9a-f]{32}\.(part|gone)")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """How many imports lost their files, how many files nobody had, how many log-ins were over.

    `records`: what was deleted more than 30 days ago, and removed or emptied now.
    """

    uploads: int
    files: int
    log_ins: int
    records: int = 0
    notices: int = 0


def clean_up(*, actor: Viewer, at: datetime) -> Cleaned:
    """Remove what is over; again: nothing more. Raises NotAllowed("clean_up.run").

    Uploads of imports go after 30 days, files that no row names after a day, expired log-ins,
    what the queue noted of broken jobs after 90 days, past runs of the schedule after 400, records
    30 days after they were deleted, and notices read 90 days ago.
    """
    if not actor.is_operator:
        raise NotAllowed("clean_up.run")
    uploads = sweep(at)
    records = remove_expired(actor=actor, at=at)
    files = _remove_orphans(Path(settings.FILES), at)
    log_ins = Session.objects.filter(expire_date__lt=at).delete()[0]
    Task.objects.filter(stopped__lt=at - TASKS_KEPT).delete()
    forget_runs(at)
    return Cleaned(uploads, files, log_ins, records, forget_read(at))


def _remove_orphans(root: Path, at: datetime) -> int:
    """Remove files that no row names, and what an upload that was killed left half."""
    before = (at - ORPHAN_AFTER).timestamp()
    removed = 0
    for partial in root.glob("*.*"):
        if _PARTIAL.fullmatch(partial.name) and _is_older(partial, before):
            partial.unlink(missing_ok=True)
            removed += 1
    for folder in sorted(root.glob("[0-9a-f][0-9a-f]")):
        old = [
            path
            for path in sorted(folder.iterdir())
            if _NAME.fullmatch(path.name) and _is_older(path, before)
        ]
        for place in range(0, len(old), _AT_ONCE):
            removed += _remove_unnamed(root, old[place : place + _AT_ONCE], before)
    return removed


def _remove_unnamed(root: Path, paths: list[Path], before: float) -> int:
    named = set(
        StoredFile.objects.filter(sha256__in=[path.name for path in paths]).values_list(
            "sha256", flat=True
        )
    )
    return sum(_remove(root, path, before) for path in paths if path.name not in named)


def _remove(root: Path, path: Path, before: float) -> bool:
    """Remove a file unless somebody wrote the same content meanwhile: then it is put back."""
    gone = root / f"{path.name[:32]}.gone"
    try:
        path.rename(gone)
    except FileNotFoundError:
        return False
    if _is_older(gone, before):
        gone.unlink()
        return True
    # Its content is its name: if it is there again already, both are the same.
    gone.replace(path)
    return False


def _is_older(path: Path, before: float) -> bool:
    try:
        return path.stat().st_mtime < before
    except FileNotFoundError:
        return False
