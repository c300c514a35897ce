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
from dakehu.core.imports.mapping import Mapped, digest_of, suggested
from dakehu.core.imports.tables import Table
from dakehu.models import ImportMapping, ImportProblem, ImportRun
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
class Step:
    """How far a phase of a run is: so many of so many."""

    name: str
    done: int
    of: int


@dataclass(frozen=True, slots=True)
class Likely:
    """What a name may mean, with score (0 to 100) and the code of the reason."""

    id: int
    name: str
    score: int
    reason: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A name that rows give and nobody has."""

    kind: str
    name: str
    rows: int
    likely: tuple[Likely, ...]


@dataclass(frozen=True, slots=True)
class RunPage:
    """One run with its report; the flags say what its reader may do now."""

    row: RunRow
    unchanged: int | None
    changed: int | None
    created: dict[str, int]
    files: tuple[dict[str, Any], ...]
    options: dict[str, Any]
    problem_count: int
    refused_problems: int
    state_of: date | None
    currency: str
    base_currency: str
    base_currency_set: bool
    asks: tuple[Ask, ...]
    steps: tuple[Step, ...]
    working: bool
    stopping: bool
    may_check: bool
    may_map: bool
    may_take_in: bool
    may_go_on: bool
    may_stop: bool
    may_revert: bool
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
    own = viewer.is_operator or (run.actor_id is not None and run.actor_id == viewer.person_id)
    kept = (folder / "names.json").is_file()
    begun = "phase" in run.progress

    def may(*states: str, files: bool = True) -> bool:
        return own and run.status in states and (kept or not files)

    return RunPage(
        row=_row(run),
        unchanged=report.get("unchanged"),
        changed=report.get("changed"),
        created=report.get("created", {}),
        files=tuple(run.files),
        options=run.options,
        problem_count=report.get("problem_count", 0),
        refused_problems=_problems(run).filter(severity="refused").count(),
        state_of=date.fromisoformat(state_of) if state_of else None,
        currency=report.get("currency", ""),
        base_currency=report.get("base_currency", ""),
        base_currency_set=report.get("base_currency_set", False),
        asks=tuple(
            Ask(a["kind"], a["name"], a["rows"], tuple(Likely(*one) for one in a["likely"]))
            for a in (report.get("asks", []) if run.status == "checked" and own else [])
        ),
        steps=_steps(run),
        working=run.status in WORKING,
        stopping=run.stop_asked,
        may_check=may("asking", "checked", "refused") or (not begun and may("failed")),
        may_map=may("asking", "checked", "refused") and (folder / "tables.json").is_file(),
        may_take_in=may("checked"),
        may_go_on=begun and may("stopped", "failed"),
        may_stop=may("running") and not run.stop_asked,
        may_revert=may("done", "stopped", files=False) or (begun and may("failed", files=False)),
        has_rows=(folder / "rows.jsonl").is_file(),
        code=report.get("code", ""),
        facts=report.get("facts", {}),
    )


#: States in which a worker does something, so that the page looks again by itself.
WORKING = ("uploaded", "running", "reverting")


def _steps(run: ImportRun) -> tuple[Step, ...]:
    progress = run.progress
    sizes, now = progress.get("sizes", {}), progress.get("phase", "")
    steps, passed = [], now in sizes
    for name, size in sizes.items():
        if name == now:
            steps.append(Step(name, min(progress.get("at", 0), size), size))
            passed = False
        else:
            steps.append(Step(name, size if passed or now == "end" else 0, size))
    return tuple(steps)


def _problems(run: ImportRun) -> QuerySet[ImportProblem]:
    """Give what was found when it was taken in, before that when it was checked."""
    taken = "phase" in run.progress or "phase" in run.progress.get("taken", {})
    return ImportProblem.objects.filter(run=run, checked=not taken and "today" in run.options)


@dataclass(frozen=True, slots=True)
class FileShown:
    """A file of a run with its headings, its first rows, and what they are taken for."""

    file: str
    encoding: str
    separator: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    mapped: Mapped


def kept_tables(run_id: int) -> list[dict[str, Any]]:
    """Give headings and first rows of the files of a run; none where they are not kept."""
    path = upload_folder(run_id) / "tables.json"
    return list(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else []


def import_files(*, viewer: Viewer, run_id: int) -> tuple[FileShown, ...]:
    """Give the files of a run as they are to be mapped. NotFound("import.unknown_run")."""
    run = _run(viewer, run_id)
    said = run.options.get("mapping") or {}
    shown = []
    for kept in kept_tables(run.pk):
        rows = tuple((n, tuple(cells)) for n, cells in enumerate(kept["rows"]))
        table = Table(kept["file"], kept["encoding"], tuple(kept["headers"]), rows)
        one = said.get(table.file)
        mapped = Mapped(one["subject"], one["columns"]) if one else _mapped(table)
        shown.append(
            FileShown(
                table.file, table.encoding, kept["separator"], table.headers,
                tuple(cells for _n, cells in rows), mapped,
            )
        )  # fmt: skip
    return tuple(shown)


def _mapped(table: Table) -> Mapped:
    """Give what somebody said of such headings before, else what they suggest."""
    row = ImportMapping.objects.filter(headers=digest_of(table.headers)).first()
    return Mapped(row.subject, row.columns) if row is not None else suggested(table)


def import_problems(
    *, viewer: Viewer, run_id: int, cut: Cut, severity: str = ""
) -> Page[ProblemRow]:
    """Give a page of a run's problems, the refused rows first. NotFound("import.unknown_run")."""
    rows = _problems(_run(viewer, run_id))
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


def left_by_revert(*, viewer: Viewer, run_id: int, limit: int = 1000) -> tuple[ProblemRow, ...]:
    """Give what stayed when a run was taken back, and why. NotFound("import.unknown_run")."""
    rows = ImportProblem.objects.filter(
        run=_run(viewer, run_id), code__in=("import.changed_since", "import.kept_in_use")
    )
    return tuple(
        ProblemRow(p.pk, p.file, p.row, p.column, p.severity, p.code, p.facts)
        for p in rows.order_by("id")[:limit]
    )


def import_rows(*, viewer: Viewer, run_id: int, refused: bool) -> Iterator[KeptRow]:
    """Give the rows that were refused, or the others. NotFound("import.unknown_run")."""
    run = _run(viewer, run_id)
    path = upload_folder(run.pk) / "rows.jsonl"
    if not path.is_file():
        raise NotFound("import.rows_not_kept")
    left_out = set(
        _problems(run)
        .filter(severity="refused", row__isnull=False)
        .values_list("file", "row")
        .distinct()
    )
    return _read_rows(path, left_out, refused=refused)


def problems_by_row(*, viewer: Viewer, run_id: int) -> dict[tuple[str, int], list[ProblemRow]]:
    """Give what is wrong with each refused row. NotFound("import.unknown_run")."""
    found: dict[tuple[str, int], list[ProblemRow]] = {}
    rows = _problems(_run(viewer, run_id)).filter(severity="refused", row__isnull=False)
    for p in rows.order_by("id"):
        row = ProblemRow(p.pk, p.file, p.row, p.column, p.severity, p.code, p.facts)
        found.setdefault((p.file, p.row or 0), []).append(row)
    return found


def _read_rows(
    path: Path, left_out: set[tuple[str, int | None]], *, refused: bool
) -> Iterator[KeptRow]:
    name, headers = "", ()
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            if isinstance(entry, dict):
                name, headers = entry["file"], tuple(entry["headers"])
            elif ((name[:200], entry[0]) in left_out) == refused:
                yield KeptRow(name, headers, entry[0], tuple(entry[1]))


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
