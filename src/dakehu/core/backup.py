"""What a backup is made of: its manifest, and rows as lines that are the same on both engines."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from dakehu.core.errors import RuleBroken

#: Changes when an older program could not read what a newer one writes.
FORMAT = 1


@dataclass(frozen=True, slots=True)
class TablePart:
    """A table in a backup: its columns in order, how many rows, and the checksum of its lines."""

    model: str
    columns: tuple[str, ...]
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file in a backup, by its path under DAKEHU_FILES."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What stands in a backup, of which version, and the state of the tables (migrations)."""

    version: str
    engine: str
    made_at: str
    migrations: Mapping[str, tuple[str, ...]]
    tables: tuple[TablePart, ...]
    files: tuple[FilePart, ...]
    #: Files that a row names but that were not there.
    missing: tuple[str, ...] = ()
    format: int = field(default=FORMAT)

    def to_json(self) -> str:
        """Write it."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str | bytes) -> "Manifest":
        """Read it. RuleBroken `backup.unreadable`, `backup.newer`."""
        try:
            raw = json.loads(text)
            if raw["format"] > FORMAT:
                raise RuleBroken("backup.newer", version=str(raw["version"]))
            return cls(
                version=raw["version"],
                engine=raw["engine"],
                made_at=raw["made_at"],
                migrations={app: tuple(names) for app, names in raw["migrations"].items()},
                tables=tuple(
                    TablePart(t["model"], tuple(t["columns"]), t["rows"], t["sha256"])
                    for t in raw["tables"]
                ),
                files=tuple(FilePart(**f) for f in raw["files"]),
                missing=tuple(raw["missing"]),
                format=raw["format"],
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RuleBroken("backup.unreadable") from error


def line_of(values: Sequence[Any]) -> bytes:
    """Write a row as one line of JSON: keys sorted, moments in UTC, numbers exact."""
    text = json.dumps(
        list(values), ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain
    )
    return text.encode("utf-8", "surrogatepass") + b"\n"


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(type(value).__name__)
