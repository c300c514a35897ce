"""Restoring a backup into an empty database, of either engine, and proving that it is the same."""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import DatabaseError, connection, models, transaction
from django.db.migrations.executor import MigrationExecutor

from dakehu.actions.bulk import count_the_uncounted
from dakehu.core.access import Viewer
from dakehu.core.backup import FilePart, Manifest
from dakehu.core.errors import NotAllowed, RuleBroken
from dakehu.queries.backup import checksum, kept_models

#: Both engines take this many parameters in a statement.
_PARAMETERS = 9_000
_PIECE = 1024 * 1024


def restore_backup(*, actor: Viewer, source: Path) -> Manifest:
    """Bring a backup into an empty database and folder of files; give what stood in it.

    All rows come in one transaction and are compared with the backup's checksums before it ends.
    A backup of an earlier version is restored as it was and then upgraded. NotAllowed
    `backup.restore`, RuleBroken `backup.unreadable`, `backup.newer`, `backup.not_empty`,
    `backup.damaged`, `backup.not_writable`, `backup.file_in_the_way`.
    """
    if not actor.is_operator:
        raise NotAllowed("backup.restore")
    try:
        with zipfile.ZipFile(source) as archive:
            manifest = Manifest.from_json(archive.read("manifest.json"))
            registry = _tables_of(manifest)
            _restore(archive, manifest, registry)
    except FileNotFoundError as error:
        raise RuleBroken("backup.no_file", file=str(source)) from error
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        raise RuleBroken("backup.unreadable") from error
    call_command("migrate", verbosity=0, interactive=False)
    count_the_uncounted()
    return manifest


def _restore(archive: zipfile.ZipFile, manifest: Manifest, registry: Any) -> None:
    """Bring rows and files, or nothing: what was placed is taken away where the rest fails."""
    placed: list[Path] = []
    part = "manifest.json"
    try:
        with transaction.atomic():
            for model in _in_order(manifest, registry):
                part = model._meta.label_lower
                _load(archive, manifest, model)
            _compare(manifest, registry)
            for file in manifest.files:
                part = file.path
                _place(archive, file, placed)
            part = "commit"
    except BaseException as error:
        for path in placed:
            path.unlink(missing_ok=True)
        # What Python and the databases say of broken content, by whichever part of them.
        if isinstance(error, zlib.error | ValueError | TypeError | ArithmeticError | DatabaseError):
            raise RuleBroken("backup.damaged", part=part) from error
        if isinstance(error, OSError) and not isinstance(error, zipfile.BadZipFile):
            raise RuleBroken(
                "backup.not_writable", file=part, problem=error.strerror or ""
            ) from error
        raise


def _tables_of(manifest: Manifest) -> Any:
    """Make the tables as they stood when the backup was made; give the models of that time."""
    executor = MigrationExecutor(connection)
    known = executor.loader.disk_migrations
    wanted = [(app, name) for app, names in manifest.migrations.items() for name in names]
    if any(target not in known for target in wanted):
        raise RuleBroken("backup.newer", version=manifest.version)
    _require_empty()
    # Only the last one of each line has to be asked for: the others are before it.
    graph = executor.loader.graph
    chosen = set(wanted)
    leaves = [
        target
        for target in wanted
        if not any(child.key in chosen for child in graph.node_map[target].children)
    ]
    if set(executor.loader.graph.leaf_nodes()) == set(leaves):
        call_command("migrate", verbosity=0, interactive=False)
    else:
        executor.migrate(leaves)
    return executor.loader.project_state(leaves).apps


def _require_empty() -> None:
    present = set(connection.introspection.table_names())
    if "dakehu_organisation" not in present:
        return
    with connection.cursor() as cursor:
        for table in ("dakehu_organisation", "dakehu_person", "dakehu_opportunity"):
            cursor.execute(f"SELECT 1 FROM {table} LIMIT 1")
            if cursor.fetchone():
                raise RuleBroken("backup.not_empty")


def _in_order(manifest: Manifest, registry: Any) -> list[type[models.Model]]:
    known = {model._meta.label_lower: model for model in kept_models(registry)}
    if set(known) != {part.model for part in manifest.tables}:
        raise RuleBroken("backup.damaged", part="manifest.json")
    return [known[part.model] for part in manifest.tables]


def _load(archive: zipfile.ZipFile, manifest: Manifest, model: type[models.Model]) -> None:
    part = next(p for p in manifest.tables if p.model == model._meta.label_lower)
    known = {field.attname: field for field in model._meta.concrete_fields}
    if set(part.columns) != set(known):
        raise RuleBroken("backup.damaged", part=part.model)
    fields = [known[column] for column in part.columns]
    writers = [_writer(field) for field in fields]
    quote = connection.ops.quote_name
    start = (
        f"INSERT INTO {quote(model._meta.db_table)}"
        f" ({', '.join(quote(str(field.column)) for field in fields)}) VALUES "
    )
    places = f"({', '.join(['%s'] * len(fields))})"
    most = max(1, _PARAMETERS // len(fields))
    with (
        archive.open(f"tables/{part.model}.jsonl") as source,
        connection.cursor() as cursor,
    ):
        while rows := list(islice(_rows(source, part.model), most)):
            values = [
                write(value) if write and value is not None else value
                for row in rows
                for write, value in zip(writers, row, strict=True)
            ]
            cursor.execute(f"{start}{', '.join([places] * len(rows))}", values)
        for statement in connection.ops.sequence_reset_sql(no_style(), [model]):
            cursor.execute(statement)


def _rows(source: IO[bytes], name: str) -> Iterator[Sequence[Any]]:
    for line in source:
        try:
            yield json.loads(line)
        except ValueError as error:
            raise RuleBroken("backup.damaged", part=name) from error


def _writer(field: "models.Field[Any, Any]") -> Callable[[Any], Any] | None:
    """Give how a value of a line goes into a column; None where it goes as it is."""
    kind = field
    while kind.remote_field is not None:
        kind = kind.target_field  # type: ignore[attr-defined]
    name = kind.get_internal_type()
    if name == "JSONField":
        return lambda value: field.get_db_prep_save(value, connection)
    read = _READERS.get(name)
    return read and (lambda value: field.get_db_prep_save(read(value), connection))


_READERS: dict[str, Callable[[Any], Any]] = {
    "DateField": date.fromisoformat,
    "DateTimeField": datetime.fromisoformat,
    "DecimalField": Decimal,
    "UUIDField": UUID,
}


def _compare(manifest: Manifest, registry: Any) -> None:
    known = {model._meta.label_lower: model for model in kept_models(registry)}
    for part in manifest.tables:
        if checksum(known[part.model], part.columns, "default") != (part.rows, part.sha256):
            raise RuleBroken("backup.damaged", part=part.model)


def _place(archive: zipfile.ZipFile, part: FilePart, placed: list[Path]) -> None:
    """Write a file under DAKEHU_FILES and note it; one that is there already must be the same."""
    inside = PurePosixPath(part.path)
    if inside.is_absolute() or ".." in inside.parts:
        raise RuleBroken("backup.damaged", part=part.path)
    target = Path(settings.FILES) / inside
    if target.exists():
        with target.open("rb") as there:
            if hashlib.file_digest(there, "sha256").hexdigest() != part.sha256:
                raise RuleBroken("backup.file_in_the_way", file=str(target))
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    placed.append(target)
    digest = hashlib.sha256()
    with archive.open(f"files/{part.path}") as source, target.open("xb") as written:
        while piece := source.read(_PIECE):
            digest.update(piece)
            written.write(piece)
    if digest.hexdigest() != part.sha256:
        raise RuleBroken("backup.damaged", part=part.path)
