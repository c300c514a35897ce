"""Steps of the wizard: upload, check, take in, stop, go on, take back; engine.py does the work."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from pathlib import PurePath
from typing import Any
from uuid import uuid4

from django.db import transaction

from dakehu.actions.background import enqueue
from dakehu.actions.imports.files import keep_files, sweep
from dakehu.actions.imports.matching import matches_of
from dakehu.actions.imports.options import ImportOptions
from dakehu.actions.imports.reading import SourceFile
from dakehu.actions.imports.revert import check_books
from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed, NotFound
from dakehu.core.imports.mapping import Mapped, bind_mapped, digest_of
from dakehu.core.imports.problems import plain
from dakehu.core.imports.tables import Table
from dakehu.models import ImportMapping, ImportRun
from dakehu.queries.imports import kept_tables, upload_folder

#: From which states each step leads on.
_FROM = {
    "check": ("checked", "refused", "asking", "failed"),
    "take_in": ("checked",),
    "go_on": ("stopped", "failed"),
    "stop": ("running",),
    "revert": ("done", "stopped", "failed"),
}


def upload_files(
    *,
    actor: Viewer,
    files: Sequence[SourceFile],
    recipe: str | None,
    options: ImportOptions,
    today: date,
    at: datetime,
) -> int:
    """Keep the files and have them checked; give the run. Raises NotAllowed("import.run")."""
    if not actor.holds("import.run"):
        raise NotAllowed("import.run")
    named = [replace(file, name=PurePath(file.name).name) for file in files]
    sweep(at)
    run = ImportRun.objects.create(
        correlation_id=uuid4(),
        recipe=recipe or "",
        files=[{"name": file.name} for file in named],
        options={**plain(asdict(options)), "recipe": recipe, "today": today.isoformat()},
        status="asking",
        actor_id=actor.person_id,
        started_at=at,
    )
    keep_files(run.pk, named)
    with transaction.atomic():
        ImportRun.objects.filter(pk=run.pk).update(status="uploaded")
        enqueue("work_import", run.pk)
    return run.pk


@transaction.atomic
def check_again(
    *, actor: Viewer, run_id: int, said: dict[str, Any], today: date, at: datetime
) -> None:
    """Have the files checked again with other options. NotFound("import.unknown_run")."""
    run = _own(actor, run_id, "check")
    run.options |= {**said, "today": today.isoformat()}
    _queue(run, "uploaded", at, options=run.options, progress={}, report={})


@transaction.atomic
def match_names(
    *, actor: Viewer, run_id: int, answers: Mapping[tuple[str, str], int], today: date, at: datetime
) -> None:
    """Say what names mean that nobody has, by kind and name: an id, or NEW for an account.

    Raises NotFound("import.unknown_run").
    """
    run = _own(actor, run_id, "check")
    kept: dict[str, dict[str, int]] = dict(run.options.get("matches") or {})
    for kind, said in matches_of(answers).items():
        kept[kind] = {**kept.get(kind, {}), **said}
    check_again(actor=actor, run_id=run_id, said={"matches": kept}, today=today, at=at)


@transaction.atomic
def map_columns(
    *,
    actor: Viewer,
    run_id: int,
    mapping: Mapping[str, Mapped],
    today: date,
    at: datetime,
) -> None:
    """Say what the columns of each file mean, for this import and the next with such headings.

    Raises NotFound("import.unknown_run"), RuleBroken("import.missing_column", "import.no_files").
    """
    tables = [
        Table(kept["file"], "", tuple(kept["headers"]), ()) for kept in kept_tables(run_id)
    ]  # fmt: skip
    bind_mapped(tables, mapping)
    said = {file: {"subject": m.subject, "columns": m.columns} for file, m in mapping.items()}
    check_again(
        actor=actor, run_id=run_id, said={"mapping": said, "recipe": None}, today=today, at=at
    )
    for table in tables:
        one = mapping.get(table.file)
        if one is not None and one.subject:
            ImportMapping.objects.update_or_create(
                headers=digest_of(table.headers),
                defaults={
                    "subject": one.subject, "columns": dict(one.columns),
                    "person_id": actor.person_id, "updated_at": at,
                },
            )  # fmt: skip


@transaction.atomic
def take_in(*, actor: Viewer, run_id: int, today: date, at: datetime) -> None:
    """Take in what was checked. NotFound("import.unknown_run") where that is not to be done."""
    run = _own(actor, run_id, "take_in")
    _queue(
        run, "running", at, progress={}, options={**run.options, "today": today.isoformat()}
    )  # fmt: skip


@transaction.atomic
def go_on(*, actor: Viewer, run_id: int, at: datetime) -> None:
    """Go on with a run that was stopped. NotFound("import.unknown_run")."""
    run = _own(actor, run_id, "go_on")
    run.progress.pop("starts", None)
    _queue(run, "running" if "phase" in run.progress else "uploaded", at, progress=run.progress)


@transaction.atomic
def stop(*, actor: Viewer, run_id: int) -> None:
    """Stop a run after the chunk under way; what was taken in stays. NotFound."""
    run = _own(actor, run_id, "stop")
    ImportRun.objects.filter(pk=run.pk).update(stop_asked=True)


@transaction.atomic
def revert(*, actor: Viewer, run_id: int, at: datetime) -> None:
    """Take a whole import back. NotFound("import.unknown_run"), "ledger.books_closed"."""
    run = _own(actor, run_id, "revert")
    check_books(run.correlation_id)
    _queue(run, "reverting", at, progress={"taken": run.progress})


def _own(actor: Viewer, run_id: int, step: str) -> ImportRun:
    if not actor.holds("import.run"):
        raise NotAllowed("import.run")
    runs = ImportRun.objects.select_for_update().filter(pk=run_id, status__in=_FROM[step])
    if not actor.is_operator:
        runs = runs.filter(actor_id=actor.person_id)
    run = runs.first()
    needs_files = step != "revert"
    if run is None or (needs_files and not (upload_folder(run_id) / "names.json").is_file()):
        raise NotFound("import.unknown_run")
    return run


def _queue(run: ImportRun, status: str, at: datetime, **columns: Any) -> None:
    ImportRun.objects.filter(pk=run.pk).update(
        status=status, started_at=at, held_until=None, worker="", stop_asked=False, **columns
    )
    enqueue("work_import", run.pk)
