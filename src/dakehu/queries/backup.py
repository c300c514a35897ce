"""A backup: every table and every file of one moment, in one archive that both engines read.

Rows are read in one snapshot, so people go on working; files are written before the rows that
name them, so what the snapshot names is there when it is copied afterwards.
"""

import hashlib
import os
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections, models
from django.db.migrations.recorder import MigrationRecorder

from dakehu.core.access import Viewer
from dakehu.core.backup import FilePart, Manifest, TablePart, line_of
from dakehu.core.errors import NotAllowed, RuleBroken
from dakehu.models import StoredFile
from dakehu.queries.snapshot import read_alias, reading

#: Made again by every installation, or of no use elsewhere: log-ins under way, the queue.
LEFT_OUT = frozenset({"auth", "contenttypes", "sessions", "django_q"})
_LEFT_OUT_MODELS = frozenset({"dakehu.stamp"})
_PIECE = 1024 * 1024


def backup(*, viewer: Viewer, to: Path, at: datetime) -> Manifest:
    """Write everything into an archive that does not exist yet; give what stands in it.

    NotAllowed `backup.make`, RuleBroken `backup.exists`, `backup.inside_files`,
    `backup.not_writable`.
    """
    if not viewer.is_operator:
        raise NotAllowed("backup.make")
    if to.exists():
        raise RuleBroken("backup.exists", file=str(to))
    if Path(settings.FILES).resolve() in to.resolve().parents:
        raise RuleBroken("backup.inside_files", file=str(to))
    part = to.with_name(to.name + ".part")
    try:
        manifest = _write(part, at)
        part.replace(to)
    except OSError as error:
        raise RuleBroken(
            "backup.not_writable", file=str(to), problem=error.strerror or ""
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return manifest


def _write(part: Path, at: datetime) -> Manifest:
    # Nobody else may read it: it holds all there is.
    made = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    with (
        os.fdopen(made, "r+b") as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive,
    ):
        with reading():
            alias = read_alias()
            migrations = applied(alias)
            tables = tuple(_table(archive, model, alias) for model in kept_models(apps))
            named = set(StoredFile.objects.values_list("sha256", flat=True))
        files = tuple(_files(archive))
        there = {Path(part.path).name for part in files}
        manifest = Manifest(
            version=version("dakehu"),
            engine=connections[alias].vendor,
            made_at=at.isoformat(),
            migrations=migrations,
            tables=tables,
            files=files,
            missing=tuple(sorted(named - there)),
        )
        archive.writestr("manifest.json", manifest.to_json())
    return manifest


def kept_models(registry: Any) -> list[type[models.Model]]:
    """Give the models whose rows are in a backup, in the order of their names."""
    found = [
        model
        for model in registry.get_models(include_auto_created=True)
        if model._meta.managed
        and not model._meta.proxy
        and model._meta.app_label not in LEFT_OUT
        and model._meta.label_lower not in _LEFT_OUT_MODELS
    ]
    return sorted(found, key=lambda model: model._meta.label_lower)


def applied(alias: str) -> dict[str, tuple[str, ...]]:
    """Give the migrations that the tables stand at, by app."""
    found: dict[str, list[str]] = {}
    for app, name in sorted(MigrationRecorder(connections[alias]).applied_migrations()):
        found.setdefault(app, []).append(name)
    return {app: tuple(names) for app, names in found.items()}


def lines(model: type[models.Model], columns: Sequence[str], alias: str) -> Iterator[bytes]:
    """Read columns of a table line by line in the order of its key."""
    rows = model._base_manager.using(alias).order_by("pk").values_list(*columns)
    for row in rows.iterator(chunk_size=2_000):
        yield line_of(row)


def columns_of(model: type[models.Model]) -> tuple[str, ...]:
    """Give the columns of a model by their names in Python."""
    return tuple(field.attname for field in model._meta.concrete_fields)


def checksum(model: type[models.Model], columns: Sequence[str], alias: str) -> tuple[int, str]:
    """Give how many rows a table has, and the checksum of its lines."""
    digest, count = hashlib.sha256(), 0
    for line in lines(model, columns, alias):
        digest.update(line)
        count += 1
    return count, digest.hexdigest()


def _table(archive: zipfile.ZipFile, model: type[models.Model], alias: str) -> TablePart:
    digest, count = hashlib.sha256(), 0
    label, columns = model._meta.label_lower, columns_of(model)
    with archive.open(f"tables/{label}.jsonl", "w", force_zip64=True) as target:
        for line in lines(model, columns, alias):
            digest.update(line)
            count += 1
            target.write(line)
    return TablePart(label, columns, count, digest.hexdigest())


def _files(archive: zipfile.ZipFile) -> Iterator[FilePart]:
    root = Path(settings.FILES)
    for path in sorted(p for p in root.rglob("*") if p.is_file() and not p.is_symlink()):
        name = path.relative_to(root).as_posix()
        # An upload that was just given up is gone: no row of the snapshot needs it.
        with suppress(FileNotFoundError), path.open("rb") as source:
            digest, size = hashlib.sha256(), 0
            with archive.open(f"files/{name}", "w", force_zip64=True) as target:
                while piece := source.read(_PIECE):
                    digest.update(piece)
                    size += len(piece)
                    target.write(piece)
            yield FilePart(name, size, digest.hexdigest())
