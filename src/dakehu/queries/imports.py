"""Imports that ran: the list, one with its report, its problems by row, its rows as they were."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed, NotFound
from dakehu.models import ImportProblem, ImportRun
from dakehu.queries.paging import Cut, Page, page_of


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as a row of the list; counts are None where the files could not be read."""

    id: int
    recipe: str
    status: str
    started_at: datetime
    actor: str
    files: tuple[str, ...]
    read: int | None
    accepted: int | None
    refused: int | None


@dataclass(frozen=True, slots=True)
class RunPage:
    """One run with its report; `may_confirm` on the reader's own dry run whose files are kept."""

    row: RunRow
    unchanged: int | None
    changed: int | None
    created: dict[str, int]
    files: tuple[dict[str, Any], ...]
    problem_count: int
    refused_problems: int
    state_of: date | None
    currency: str
    base_currency: str
    base_currency_set: bool
    dry_run: bool
    may_confirm: bool
    has_rows: bool
    code: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """A finding: a code with facts, worded by the page."""

    id: int
    file: str
    row: int | None
    column: str
    severity: str
    code: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A row of a file as it was read, and whether it was refused."""

    file: str
    headers: tuple[str, ...]
    row: int
    cells: tuple[str, ...]


def upload_folder(run_id: int) -> Path:
    """Give where the files of a run lie while it can be confirmed and its rows be asked for."""
    return Path(settings.FILES) / "imports" / str(run_id)


def import_runs(*, viewer: Viewer, cut: Cut) -> Page[RunRow]:
    """Give a page of runs, the newest first. Raises NotAllowed("import.run")."""
    page = page_of([_visible(viewer)], order=("id",), descending=True, cut=cut)
    return Page(tuple(_row(run) for run in page.rows), page.next, page.previous)


def import_run(*, viewer: Viewer, run_id: int) -> RunPage:
    """Give one run. Raises NotAllowed("import.run"), NotFound("import.unknown_run")."""
    run = _run(viewer, run_id)
    report = run.report
    folder = upload_folder(run.pk)
    state_of = report.get("state_of")
    refused = run.problems.filter(severity="refused").count()
    own = run.actor_id is not None and run.actor_id == viewer.person_id
    return RunPage(
        row=_row(run),
        unchanged=report.get("unchanged"),
        changed=report.get("changed"),
        created=report.get("created", {}),
        files=tuple(run.files),
        problem_count=report.get("problem_count", 0),
        refused_problems=refused,
        state_of=date.fromisoformat(state_of) if state_of else None,
        currency=report.get("currency", ""),
        base_currency=report.get("base_currency", ""),
        base_currency_set=report.get("base_currency_set", False),
        dry_run=run.status == "dry_run",
        may_confirm=own and run.status == "dry_run" and (folder / "names.json").is_file(),
        has_rows=(folder / "rows.jsonl").is_file(),
        code=report.get("code", ""),
        facts=report.get("facts", {}),
    )


def import_problems(
    *, viewer: Viewer, run_id: int, cut: Cut, severity: str = ""
) -> Page[ProblemRow]:
    """Give a page of a run's problems, the refused rows first. NotFound("import.unknown_run")."""
    rows = ImportProblem.objects.filter(run=_run(viewer, run_id))
    if severity:
        rows = rows.filter(severity=severity)
    page = page_of([rows], order=("id",), cut=cut)
    return Page(
        tuple(
            ProblemRow(p.pk, p.file, p.row, p.column, p.severity, p.code, p.facts)
            for p in page.rows
        ),
        page.next,
        page.previous,
    )


def import_rows(*, viewer: Viewer, run_id: int, refused: bool) -> Iterator[KeptRow]:
    """Give the rows that were refused, or the others. NotFound("import.unknown_run")."""
    run = _run(viewer, run_id)
    path = upload_folder(run.pk) / "rows.jsonl"
    if not path.is_file():
        raise NotFound("import.rows_not_kept")
    return _read_rows(path, refused)


def problems_by_row(*, viewer: Viewer, run_id: int) -> dict[tuple[str, int], list[ProblemRow]]:
    """Give what is wrong with each refused row. NotFound("import.unknown_run")."""
    found: dict[tuple[str, int], list[ProblemRow]] = {}
    rows = ImportProblem.objects.filter(
        run=_run(viewer, run_id), severity="refused", row__isnull=False
    )
    for p in rows.order_by("id"):
        row = ProblemRow(p.pk, p.file, p.row, p.column, p.severity, p.code, p.facts)
        found.setdefault((p.file, p.row or 0), []).append(row)
    return found


def _read_rows(path: Path, refused: bool) -> Iterator[KeptRow]:
    name, headers = "", ()
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            if "headers" in entry:
                name, headers = entry["file"], tuple(entry["headers"])
            elif entry["refused"] == refused:
                yield KeptRow(name, headers, entry["row"], tuple(entry["cells"]))


def _visible(viewer: Viewer) -> QuerySet[ImportRun]:
    """Own runs: what others brought in, refused rows too, may be beyond the viewer's reach."""
    if not viewer.holds("import.run"):
        raise NotAllowed("import.run")
    runs = ImportRun.objects.select_related("actor")
    if viewer.is_operator:
        return runs
    return runs.filter(actor_id=viewer.person_id)


def _run(viewer: Viewer, run_id: int) -> ImportRun:
    run = _visible(viewer).filter(pk=run_id).first()
    if run is None:
        raise NotFound("import.unknown_run")
    return run


def _row(run: ImportRun) -> RunRow:
    report = run.report
    return RunRow(
        id=run.pk,
        recipe=run.recipe,
        status=run.status,
        started_at=run.started_at,
        actor=run.actor.name if run.actor else "",
        files=tuple(file["name"] for file in run.files),
        read=report.get("read"),
        accepted=report.get("accepted"),
        refused=report.get("refused"),
    )
