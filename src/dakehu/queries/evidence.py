"""Files of evidence: where one lies, for those who may see its opportunity."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound
from dakehu.core.files import HEAD, PICTURES, kind_of
from dakehu.models import Evidence, EvidenceFile, Opportunity


@dataclass(frozen=True, slots=True)
class FileHeld:
    """A stored file: the name it came with, its size in bytes, and where it lies."""

    name: str
    size: int
    path: Path

    @property
    def picture_type(self) -> str | None:
        """Give the content type of a picture that a browser may draw, by what is in the file."""
        with self.path.open("rb") as file:
            return PICTURES.get(kind_of(file.read(HEAD)) or "")


def evidence_file(
    *, viewer: Viewer, opportunity_id: int, evidence_id: int, file_id: int | None = None
) -> FileHeld:
    """Give a file of a tick, None: its first.

    NotFound `evidence.no_file` where there is none one may see, `evidence.file_lost`.
    """
    ticks = Evidence.objects.filter(
        pk=evidence_id,
        file__isnull=False,
        opportunity__in=Opportunity.objects.visible_to(viewer).filter(pk=opportunity_id),
    )
    first = ticks if file_id is None else ticks.filter(file_id=file_id)
    columns = ("file__name", "file__size", "file__sha256")
    row = first.values_list(*columns).first()
    if row is None and file_id is not None:
        more = EvidenceFile.objects.filter(evidence__in=ticks, file_id=file_id)
        row = more.values_list(*columns).first()
    if row is None:
        raise NotFound("evidence.no_file")
    name, size, sha256 = row
    path = Path(settings.FILES) / sha256[:2] / sha256
    if not path.is_file():
        raise NotFound("evidence.file_lost", name=name)
    return FileHeld(name, size, path)
