"""Files of evidence: where one lies, for those who may see its opportunity."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.conf import settings

from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound
from dakehu.core.files import HEAD, PICTURES, kind_of
from dakehu.models import Evidence, EvidenceFile, Opportunity
from dakehu.queries.opportunities.path import evidence_name, in_tongue
from dakehu.queries.records import Record

MOST = 100


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


@dataclass(frozen=True, slots=True)
class ProofFile:
    """A file that proves an item of evidence: of which tick, and who ticked it when."""

    evidence_id: int
    file_id: int
    name: str
    size: int
    item: str
    by: str
    on: date


def proof_files(viewer: Viewer, *, record: Record, limit: int = MOST) -> list[ProofFile]:
    """Give the files that prove evidence of a deal in sight, the latest tick first."""
    if record.kind != "opportunity":
        return []
    first = Evidence.objects.filter(opportunity_id=record.id, file__isnull=False)
    more = EvidenceFile.objects.filter(evidence__opportunity_id=record.id)
    rows = [
        *first.order_by("-ticked_at", "-id").values_list("id", *_FILE, *_TICK)[:limit],
        *more.order_by("-evidence__ticked_at", "-id").values_list(
            "evidence_id", *_FILE, *(f"evidence__{column}" for column in _TICK)
        )[:limit],
    ]
    rows.sort(key=lambda row: (row[6], row[1]), reverse=True)
    language = viewer.language
    return [
        ProofFile(
            tick, file, name, size, evidence_name(stage, key, language),
            in_tongue(language, zh or "", en or ""), on,
        )
        for tick, file, name, size, stage, key, _at, on, zh, en in rows[:limit]
    ]  # fmt: skip


_FILE = ("file_id", "file__name", "file__size")
_TICK = (
    "stage_id", "key", "ticked_at", "ticked_on", "ticked_by__name", "ticked_by__name_en",
)  # fmt: skip
