"""Files of evidence: where one lies, for those who may see its opportunity."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound
from dakehu.models import Evidence, Opportunity


@dataclass(frozen=True, slots=True)
class FileHeld:
    """A stored file: the name it came with, its size in bytes, and where it lies."""

    name: str
    size: int
    path: Path


def evidence_file(*, viewer: Viewer, opportunity_id: int, evidence_id: int) -> FileHeld:
    """Give the file of a tick. NotFound `evidence.no_file` where there is none one may see."""
    row = (
        Evidence.objects.filter(
            pk=evidence_id,
            file__isnull=False,
            opportunity__in=Opportunity.objects.visible_to(viewer).filter(pk=opportunity_id),
        )
        .values_list("file__name", "file__size", "file__sha256")
        .first()
    )
    if row is None:
        raise NotFound("evidence.no_file")
    name, size, sha256 = row
    path = Path(settings.FILES) / sha256[:2] / sha256
    if not path.is_file():
        raise NotFound("evidence.file_lost", name=name)
    return FileHeld(name, size, path)
