"""Working on a run of the wizard: checked, then taken in chunk by chunk, resumed where it was.

Each chunk is one short transaction: its rows, its findings, what it counted, and the place
reached. Whoever lost the lease writes nothing, so nothing is done twice and nothing by half.
"""

import gc
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db import transaction

from dakehu.actions.background import Clock, enqueue
from dakehu.actions.bulk import insert_rows
from dakehu.actions.imports.actors import actor_of
from dakehu.actions.imports.course import (
    Counted,
    Course,
    emptied,
    know,
    plan_course,
    read_files,
    set_up,
)
from dakehu.actions.imports.files import files_of, write_rows, write_tables
from dakehu.actions.imports.lease import LEASE, MOST_STARTS, LeaseLostError, renewed, take
from dakehu.actions.imports.many import commit_lightly, count_anew, suited_to_many
from dakehu.actions.imports.matching import asks
from dakehu.actions.imports.options import ImportOptions
from dakehu.actions.ledger import carry_forward, open_months
from dakehu.actions.names import record_look_ups
from dakehu.actions.notices import tell
from dakehu.core.access import operator
from dakehu.core.errors import DakehuError, RuleBroken
from dakehu.core.imports.problems import Problem, plain
from dakehu.core.imports.tables import Table
from dakehu.models import ImportedObject, ImportProblem, ImportRun

#: How long a chunk may hold the writer, in seconds, and how long others get it in between.
CHUNK_SECONDS, PAUSE_SECONDS = 0.25, 0.002
_LEAST, _MOST = 5, 2_000
_FINDINGS = 2_000
#: After so many opportunities, and each time there are so many times more, statistics are renewed.
_FIRST_COUNT, _GROWN = 1_000, 4
#: What somebody can answer by saying what the columns mean.
_ASKED = {"import.not_recognised", "import.several_recipes", "import.missing_column"}


def work_import(*, run_id: int, clock: Clock) -> None:
    """Do what a run waits for, unless somebody else is at it."""
    from dakehu.actions.imports.revert import revert_run

    mark = take(run_id, clock)
    if mark is None:
        return
    run = ImportRun.objects.select_related("actor").get(pk=run_id)
    suited_to_many()
    try:
        _count_start(run, mark, clock())
        if run.status == "uploaded":
            _check(run, mark, clock)
        elif run.status == "running":
            _take_in(run, mark, clock)
        else:
            revert_run(run, mark, clock)
    except LeaseLostError:
        return
    except DakehuError as error:
        asked = run.status == "uploaded" and error.code in _ASKED
        report = {"code": error.code, "facts": plain(error.facts)}
        _end(run_id, mark, clock(), "asking" if asked else "refused", report)
    except Exception:
        _end(run_id, mark, clock(), "failed", {"code": "import.failed", "facts": {}})
        raise
    finally:
        gc.unfreeze()


def _count_start(run: ImportRun, mark: str, at: datetime) -> None:
    """Count starts at the same place: what fails there each time is given up.

    Raises RuleBroken("import.given_up").
    """
    here = [run.status, run.progress.get("phase"), run.progress.get("at")]
    starts = run.progress.get("starts", 0) + 1 if run.progress.get("started_at") == here else 1
    run.progress |= {"started_at": here, "starts": starts}
    with transaction.atomic():
        renewed(run.pk, mark, at)
        ImportRun.objects.filter(pk=run.pk).update(progress=run.progress)
    if starts > MOST_STARTS:
        raise RuleBroken("import.given_up", starts=MOST_STARTS)


@contextmanager
def _planning() -> Iterator[None]:
    """Plan without the collector: it would walk all rows again and again, and find them needed."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _course(run: ImportRun, at: datetime) -> tuple[Course, list[Table]]:
    options = ImportOptions.kept(run.options)
    today = date.fromisoformat(run.options["today"])
    tables = read_files(files_of(run.pk), options)
    if run.status == "uploaded":
        write_tables(run.pk, tables)
    course = plan_course(
        actor=actor_of(run, today), tables=tables, recipe=run.options.get("recipe"),
        options=options, correlation_id=run.correlation_id, today=today, at=at,
    )  # fmt: skip
    return course, tables


# --- checking ----------------------------------------------------------------------------------


def _check(run: ImportRun, mark: str, clock: Clock) -> None:
    """Say what would come of it: all is looked up, nothing but the findings is written."""
    _forget_findings(run, mark, clock)
    with _planning():
        course, tables = _course(run, clock())
    write_rows(run.pk, [t for t in tables if t.file not in course.bound.left_over])
    del tables
    with transaction.atomic():
        renewed(run.pk, mark, clock())
        set_up(course)
        know(course)
        transaction.set_rollback(True)
    total = _Total({})
    total.add(emptied(course.work))
    for phase in course.phases:
        for place in range(0, len(phase.items), _MOST):
            with transaction.atomic():
                renewed(run.pk, mark, clock())
            try:
                phase.try_out(phase.items[place : place + _MOST])
            finally:
                record_look_ups(course.work.look_ups)
            total.add(emptied(course.work))
    course.end()
    total.add(Counted(Counter(), Counter(), _refused_rows(course.plan.problems),
                      [*course.plan.problems, *course.work.problems], []))  # fmt: skip
    assert course.known is not None
    report = {**_report(course, total), "asks": asks(course.work, course.known, total.problems)}
    for place in range(0, len(total.problems), _FINDINGS):
        with transaction.atomic():
            renewed(run.pk, mark, clock())
            _keep_problems(run.pk, total.problems[place : place + _FINDINGS], checked=True)
    _end(run.pk, mark, clock(), "checked", report, course=course)


def _forget_findings(run: ImportRun, mark: str, clock: Clock) -> None:
    """Remove what an earlier check found, some at a time."""
    while True:
        ids = list(ImportProblem.objects.filter(run=run).values_list("id", flat=True)[:_FINDINGS])
        if not ids:
            return
        with transaction.atomic():
            renewed(run.pk, mark, clock())
            ImportProblem.objects.filter(pk__in=ids).delete()


def _refused_rows(problems: Sequence[Problem]) -> int:
    refused = {(p.file, p.row) for p in problems if p.severity == "refused" and p.row is not None}
    return len(refused)


class _Total:
    """What all chunks up to here came to."""

    def __init__(self, progress: dict[str, Any]) -> None:
        self.created = Counter(progress.get("created", {}))
        self.rows = Counter(progress.get("rows", {}))
        self.refused: int = progress.get("refused", 0)
        self.found: int = progress.get("found", 0)
        self.problems: list[Problem] = []

    def add(self, counted: Counted) -> None:
        """Add a chunk."""
        self.created.update(counted.created)
        self.rows.update(counted.rows)
        self.refused += counted.refused
        self.found += len(counted.problems)
        self.problems += counted.problems

    def as_progress(self) -> dict[str, Any]:
        """Give what a run keeps."""
        return {
            "created": dict(self.created), "rows": dict(self.rows), "refused": self.refused,
            "found": self.found,
        }  # fmt: skip


def _report(course: Course, total: _Total) -> dict[str, Any]:
    unchanged, changed = total.rows["unchanged"], total.rows["changed"]
    state_of = course.plan.state_of
    return {
        "read": course.read,
        "accepted": course.read - total.refused - unchanged - changed,
        "unchanged": unchanged,
        "changed": changed,
        "refused": total.refused,
        "created": dict(sorted(total.created.items())),
        "problem_count": total.found,
        "state_of": state_of.isoformat() if state_of else None,
        "currency": course.work.currency,
        "base_currency": course.base,
        "base_currency_set": course.base_set,
    }


# --- taking in ---------------------------------------------------------------------------------


def _take_in(run: ImportRun, mark: str, clock: Clock) -> None:
    with _planning():
        course = _course(run, clock())[0]
    work = course.work
    total = _Total(run.progress)
    begun = "phase" in run.progress
    with transaction.atomic():
        renewed(run.pk, mark, clock())
        set_up(course)
        counted = emptied(work)
        if not begun:
            total.add(counted)
            total.refused += _refused_rows(course.plan.problems)
            _keep_problems(run.pk, counted.problems, checked=False)
            _keep_made(run.pk, counted)
            _save(run.pk, total, "findings", 0, course)
    know(course)
    if course.plan.deals and course.plan.first_on is not None:
        open_months(since=course.plan.first_on, upto=work.today, at=clock())
    at_phase = run.progress.get("phase", "findings")
    reached = run.progress.get("at", 0)
    names = ["findings", *[phase.name for phase in course.phases], "end"]
    for name in names[names.index(at_phase) :]:
        start = reached if name == at_phase else 0
        if not _phase(run.pk, mark, clock, course, name, start, total):
            return
    _finish(run, mark, clock, course, total, reached if at_phase == "end" else 0)


def _phase(
    run_id: int, mark: str, clock: Clock, course: Course, name: str, start: int, total: _Total
) -> bool:
    """Work through a phase from a place on; tell if nobody asked to stop."""
    phase = next((phase for phase in course.phases if phase.name == name), None)
    items: Sequence[Any] = phase.items if phase else course.plan.problems
    if name == "end":
        return True
    size, place = min(phase.chunk if phase else _FINDINGS, _MOST), start
    counted_at = _FIRST_COUNT
    while counted_at <= start:
        counted_at *= _GROWN
    while place < len(items):
        chunk = items[place : place + size]
        course.work.at = clock()
        found = phase.find(chunk) if phase else chunk
        with transaction.atomic():
            run = renewed(run_id, mark, course.work.at, LEASE)
            if run.stop_asked:
                ImportRun.objects.filter(pk=run_id).update(
                    status="stopped", stop_asked=False, held_until=None
                )
                return False
            begun = time.perf_counter()
            commit_lightly()
            if phase:
                phase.write(found)
            else:
                course.work.problems.extend(chunk)
            record_look_ups(course.work.look_ups)
            counted = emptied(course.work)
            if phase is None:
                counted = replace(counted, refused=0)
            _keep_problems(run_id, counted.problems, checked=False)
            _keep_made(run_id, counted)
            total.add(counted)
            total.problems.clear()
            place += len(chunk)
            _save(run_id, total, name, place, course)
            taken = time.perf_counter() - begun
        if name == "opportunities" and place // counted_at:
            counted_at *= _GROWN
            count_anew()
        size = _sized(len(chunk), taken)
        time.sleep(PAUSE_SECONDS)
    return True


def _sized(last: int, taken: float) -> int:
    """Give the size of the next chunk: as many as fit the time, and never twice as many."""
    fitting = int(last * CHUNK_SECONDS / max(taken, 0.001))
    return max(_LEAST, min(fitting, last * 2, _MOST))


def _save(run_id: int, total: _Total, phase: str, at: int, course: Course) -> None:
    left = {p.name: len(p.items) for p in course.phases if p.items}
    progress = {**total.as_progress(), "phase": phase, "at": at, "sizes": left}
    ImportRun.objects.filter(pk=run_id).update(progress=progress)


def _finish(
    run: ImportRun, mark: str, clock: Clock, course: Course, total: _Total, start: int
) -> None:
    """Carry what is left to carry, and write the report; `start`: so many findings are written."""
    with transaction.atomic():
        renewed(run.pk, mark, clock())
    course.end()
    if course.plan.deals:
        carry_forward(upto=course.work.today, at=clock())
    findings = course.work.problems
    for place in range(start, len(findings), _FINDINGS):
        chunk = findings[place : place + _FINDINGS]
        with transaction.atomic():
            renewed(run.pk, mark, clock())
            _keep_problems(run.pk, chunk, checked=False)
            total.found += len(chunk)
            _save(run.pk, total, "end", place + len(chunk), course)
    enqueue("index_names", 0)
    _end(run.pk, mark, clock(), "done", _report(course, total), course=course)


def _end(
    run_id: int,
    mark: str,
    at: datetime,
    status: str,
    report: dict[str, Any],
    course: Course | None = None,
) -> None:
    said: dict[str, Any] = {}
    if course is not None:
        said["recipe"] = course.bound.recipe.key
        said["files"] = [
            {"name": f.table.file, "encoding": f.table.encoding, "rows": f.table.row_count}
            for f in course.bound.files
        ]
    with transaction.atomic():
        run = ImportRun.objects.filter(pk=run_id, worker=mark)
        importer = run.values_list("actor_id", flat=True).first()
        ended = run.update(
            status=status, report=report, finished_at=at, held_until=None, worker="",
            stop_asked=False, **said,
        )  # fmt: skip
        if ended and status == "done" and importer is not None:
            # It is their own deed, done while they were elsewhere: told as the machine's.
            facts = {"taken": report["accepted"], "refused": report["refused"]}
            tell(
                kind="import_done", people=[importer], actor=operator(), at=at,
                object_type="import", object_id=run_id, facts=facts,
            )  # fmt: skip


def _keep_problems(run_id: int, problems: Sequence[Problem], *, checked: bool) -> None:
    ImportProblem.objects.bulk_create(
        [
            ImportProblem(
                run_id=run_id, file=p.file[:200], row=p.row, column=p.column[:120],
                severity=p.severity.value, code=p.code, facts=p.facts, checked=checked,
            )
            for p in problems
        ],
        500,
    )  # fmt: skip


def _keep_made(run_id: int, counted: Counted) -> None:
    insert_rows(
        ImportedObject,
        ("run_id", "object_type", "object_id", "before", "version"),
        ((run_id, kind, pk, None, 1) for kind, pk in counted.made),
    )
