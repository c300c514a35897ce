"""Running an import: read, recognise, plan, write, report; all of it or nothing (FUN-5, FUN-3)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from dakehu.actions.background import enqueue
from dakehu.actions.imports.course import Course, know, plan_course, read_files, set_up
from dakehu.actions.imports.options import ImportOptions
from dakehu.actions.imports.reading import SourceFile
from dakehu.actions.ledger import carry_forward, open_months
from dakehu.actions.names import LookUps, record_look_ups
from dakehu.core.access import Viewer
from dakehu.core.errors import DakehuError, NotAllowed
from dakehu.core.imports.problems import Problem, plain
from dakehu.models import ImportedObject, ImportProblem, ImportRun

#: More findings than this are counted, not kept.
KEPT_PROBLEMS = 10_000
_BATCH = 2000


@dataclass(frozen=True, slots=True)
class FileRead:
    """A file as it was read."""

    name: str
    encoding: str
    rows: int


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What came of an import: read = accepted + unchanged + changed + refused, in rows."""

    run_id: int | None
    status: str
    recipe: str
    dry_run: bool
    files: tuple[FileRead, ...]
    read: int
    accepted: int
    unchanged: int
    changed: int
    refused: int
    created: dict[str, int]
    problems: tuple[Problem, ...]
    problem_count: int
    state_of: date | None
    currency: str
    base_currency: str
    base_currency_set: bool = False
    correlation_id: UUID | None = field(default=None)

    def as_json(self) -> dict[str, Any]:
        """Give the report as the command line's contract has it."""
        return {
            "run_id": self.run_id,
            "status": self.status,
            "recipe": self.recipe,
            "dry_run": self.dry_run,
            "files": [asdict(file) for file in self.files],
            "read": self.read,
            "accepted": self.accepted,
            "created": dict(sorted(self.created.items())),
            "unchanged": self.unchanged,
            "changed": self.changed,
            "refused": self.refused,
            "problem_count": self.problem_count,
            "problems": [{**asdict(p), "severity": p.severity.value} for p in self.problems],
            "state_of": self.state_of.isoformat() if self.state_of else None,
            "currency": self.currency,
            "base_currency": self.base_currency,
            "base_currency_set": self.base_currency_set,
        }


def run_import(
    *,
    actor: Viewer,
    files: Sequence[SourceFile],
    recipe: str | None = None,
    options: ImportOptions | None = None,
    today: date,
    at: datetime,
) -> ImportReport:
    """Import files by a recipe, the named one or the one that their headers show.

    A row that can't go in is refused with its reason, the others go in; a file that can't be
    read refuses the run. With `dry_run` all is done and taken back, only the report stays.
    Raises NotAllowed("import.run", "import.history"), RuleBroken("import.…").
    """
    if not actor.holds("import.run"):
        raise NotAllowed("import.run")
    options = options or ImportOptions()
    correlation_id, look_ups = uuid4(), LookUps(actor, at)
    try:
        with transaction.atomic():
            report, made = _import(
                actor, files, recipe, options, today, at, correlation_id, look_ups
            )
            if options.dry_run:
                transaction.set_rollback(True)
            else:
                report = _keep(report, actor, options, at, correlation_id, made)
                record_look_ups(look_ups)
                enqueue("index_names", 0)
    except DakehuError as error:
        record_look_ups(look_ups)
        _keep_refusal(error, actor, files, recipe, options, at, correlation_id)
        raise
    if options.dry_run:
        with transaction.atomic():
            report = _keep(report, actor, options, at, correlation_id)
            record_look_ups(look_ups)
    return report


def _import(
    actor: Viewer,
    files: Sequence[SourceFile],
    recipe: str | None,
    options: ImportOptions,
    today: date,
    at: datetime,
    correlation_id: UUID,
    look_ups: LookUps,
) -> tuple[ImportReport, list[tuple[str, int]]]:
    course = plan_course(
        actor=actor, tables=read_files(files, options), recipe=recipe, options=options,
        correlation_id=correlation_id, today=today, at=at, look_ups=look_ups,
    )  # fmt: skip
    work, plan = course.work, course.plan
    work.problems.extend(plan.problems)
    set_up(course)
    know(course)
    if plan.deals and plan.first_on is not None:
        open_months(since=plan.first_on, upto=today, at=at)
    for phase in course.phases:
        for place in range(0, len(phase.items), _BATCH):
            phase.write(phase.find(phase.items[place : place + _BATCH]))
    course.end()
    if plan.deals:
        carry_forward(upto=today, at=at)
    return _report(course, options), work.made


def _report(course: Course, options: ImportOptions) -> ImportReport:
    work, bound, plan = course.work, course.bound, course.plan
    files = tuple(FileRead(f.table.file, f.table.encoding, f.table.row_count) for f in bound.files)
    read = sum(file.rows for file in files)
    refused = work.refused_rows()
    outcomes = [o for at, o in work.rows.items() if at not in refused]
    unchanged, changed = outcomes.count("unchanged"), outcomes.count("changed")
    problems = sorted(work.problems, key=lambda p: (p.severity.value, p.file, p.row or 0, p.column))
    return ImportReport(
        run_id=None,
        status="dry_run" if options.dry_run else "done",
        recipe=work.recipe.key,
        dry_run=options.dry_run,
        files=files,
        read=read,
        accepted=read - len(refused) - unchanged - changed,
        unchanged=unchanged,
        changed=changed,
        refused=len(refused),
        created=dict(work.created),
        problems=tuple(problems),
        problem_count=len(problems),
        state_of=plan.state_of,
        currency=work.currency,
        base_currency=course.base,
        base_currency_set=course.base_set,
        correlation_id=work.correlation_id,
    )


def _keep(
    report: ImportReport,
    actor: Viewer,
    options: ImportOptions,
    at: datetime,
    correlation_id: UUID,
    made: Sequence[tuple[str, int]] = (),
) -> ImportReport:
    kept = report.as_json()
    kept.pop("problems")
    run = ImportRun.objects.create(
        correlation_id=correlation_id,
        recipe=report.recipe,
        files=kept["files"],
        options=plain(asdict(options)),
        status=report.status,
        report=kept,
        actor_id=actor.person_id,
        started_at=at,
        finished_at=at,
    )
    ImportProblem.objects.bulk_create(
        [
            ImportProblem(
                run=run, file=p.file[:200], row=p.row, column=p.column[:120],
                severity=p.severity.value, code=p.code, facts=p.facts,
            )
            for p in report.problems[:KEPT_PROBLEMS]
        ],
        500,
    )  # fmt: skip
    ImportedObject.objects.bulk_create(
        [ImportedObject(run=run, object_type=kind, object_id=pk) for kind, pk in made], 500
    )
    return replace(report, run_id=run.pk)


def _keep_refusal(
    error: DakehuError,
    actor: Viewer,
    files: Sequence[SourceFile],
    recipe: str | None,
    options: ImportOptions,
    at: datetime,
    correlation_id: UUID,
) -> None:
    ImportRun.objects.create(
        correlation_id=correlation_id,
        recipe=recipe or "",
        files=[{"name": file.name} for file in files],
        options=plain(asdict(options)),
        status="refused",
        report={"code": error.code, "facts": plain(error.facts)},
        actor_id=actor.person_id,
        started_at=at,
        finished_at=at,
    )
