"""Importing in two steps: files are tried and kept, and taken in when somebody confirms."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path, PurePath

from django.conf import settings

from dakehu.actions.imports.reading import SourceFile, read_tables
from dakehu.actions.imports.run import ImportOptions, ImportReport, run_import
from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed, NotFound
from dakehu.core.imports.problems import Severity
from dakehu.models import ImportRun
from dakehu.queries.imports import upload_folder

#: Uploads and their rows are personal data: they go after so many days.
KEPT_FOR = timedelta(days=30)


def try_upload(
    *,
    actor: Viewer,
    files: Sequence[SourceFile],
    recipe: str | None,
    options: ImportOptions,
    today: date,
    at: datetime,
) -> ImportReport:
    """Try the files and keep them for `confirm_upload`; raises what `run_import` raises."""
    named = [replace(file, name=PurePath(file.name).name) for file in files]
    report = run_import(
        actor=actor,
        files=named,
        recipe=recipe,
        options=replace(options, dry_run=True),
        today=today,
        at=at,
    )
    _sweep(at)
    folder = _folder(report)
    folder.mkdir(parents=True)
    for number, file in enumerate(named):
        (folder / str(number)).write_bytes(file.read())
    _write_rows(report, named, options)
    # Written last: files without it are not offered for confirmation.
    (folder / "names.json").write_text(json.dumps([file.name for file in named]))
    return report


def confirm_upload(*, actor: Viewer, run_id: int, today: date, at: datetime) -> ImportReport:
    """Take in what was tried.

    Raises NotFound("import.unknown_run") for another's run or one whose files are gone, and what
    `run_import` raises.
    """
    if not actor.holds("import.run"):
        raise NotAllowed("import.run")
    run = ImportRun.objects.filter(pk=run_id, actor_id=actor.person_id, status="dry_run").first()
    tried = upload_folder(run_id)
    if run is None or not (tried / "names.json").is_file():
        raise NotFound("import.unknown_run")
    names = json.loads((tried / "names.json").read_text())
    files = [SourceFile(name, tried / str(number)) for number, name in enumerate(names)]
    said = run.options
    state_of = said.get("state_of")
    options = ImportOptions(
        dates=said.get("dates"),
        encoding=said.get("encoding"),
        state_of=date.fromisoformat(state_of) if state_of else None,
    )
    report = run_import(
        actor=actor, files=files, recipe=run.recipe, options=options, today=today, at=at
    )
    folder = _folder(report)
    folder.mkdir(parents=True)
    _write_rows(report, files, options)
    shutil.rmtree(tried)
    return report


def _folder(report: ImportReport) -> Path:
    assert report.run_id is not None
    return upload_folder(report.run_id)


def _write_rows(report: ImportReport, files: Sequence[SourceFile], options: ImportOptions) -> None:
    """Keep the rows as they were read, so that the refused ones can be corrected and sent again."""
    refused = {(p.file, p.row) for p in report.problems if p.severity is Severity.REFUSED and p.row}
    used = {file.name for file in report.files}
    with (_folder(report) / "rows.jsonl").open("w", encoding="utf-8") as out:
        for file in files:
            for table in read_tables(file, encoding=options.encoding):
                if table.file not in used:
                    continue
                head = {"file": table.file, "headers": table.headers}
                out.write(json.dumps(head, ensure_ascii=False) + "\n")
                for number, cells in sorted((*table.rows, *table.refused_rows)):
                    entry = {
                        "row": number,
                        "refused": (table.file, number) in refused,
                        "cells": cells,
                    }
                    out.write(json.dumps(entry, ensure_ascii=False) + "\n")


def _sweep(at: datetime) -> None:
    """Remove what is older than it may be kept."""
    root = Path(settings.FILES) / "imports"
    old = ImportRun.objects.filter(started_at__lt=at - KEPT_FOR).values_list("id", flat=True)
    there = {entry.name for entry in root.iterdir()} if root.is_dir() else set()
    for run_id in old:
        if str(run_id) in there:
            shutil.rmtree(upload_folder(run_id))
