"""Running an import: read, recognise, plan, write, report; all of it or nothing (FUN-5, FUN-3)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from dakehu.actions.imports.accounts import write_accounts, write_contacts
from dakehu.actions.imports.currency import booking_in, currency_of
from dakehu.actions.imports.opportunities import write_deals
from dakehu.actions.imports.organisation import write_people, write_units
from dakehu.actions.imports.products import write_products
from dakehu.actions.imports.quotas import write_quotas
from dakehu.actions.imports.reading import SourceFile, read_tables
from dakehu.actions.imports.stages import install_recipe_method, stages
from dakehu.actions.imports.work import Work
from dakehu.actions.ledger import rebuild
from dakehu.core.access import Viewer
from dakehu.core.errors import DakehuError, NotAllowed, RuleBroken
from dakehu.core.imports.plan import Plan
from dakehu.core.imports.planning import plan_import
from dakehu.core.imports.problems import Problem, plain
from dakehu.core.imports.recipes import Bound, recognise
from dakehu.core.imports.records import Reading
from dakehu.core.imports.tables import Table
from dakehu.core.periods import DateOrder
from dakehu.models import ImportProblem, ImportRun, Organisation

#: More findings than this are counted, not kept.
KEPT_PROBLEMS = 10_000


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the user says about the files; None leaves it to the recipe and the files."""

    dates: DateOrder | None = None
    encoding: str | None = None
    state_of: date | None = None
    dry_run: bool = False


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
    correlation_id = uuid4()
    try:
        with transaction.atomic():
            report = _import(actor, files, recipe, options, today, at, correlation_id)
            if options.dry_run:
                transaction.set_rollback(True)
            else:
                report = _keep(report, actor, options, at, correlation_id)
    except DakehuError as error:
        _keep_refusal(error, actor, files, recipe, options, at, correlation_id)
        raise
    if options.dry_run:
        with transaction.atomic():
            report = _keep(report, actor, options, at, correlation_id)
    return report


def _import(
    actor: Viewer,
    files: Sequence[SourceFile],
    recipe: str | None,
    options: ImportOptions,
    today: date,
    at: datetime,
    correlation_id: UUID,
) -> ImportReport:
    tables = _read(files, options)
    bound = recognise(tables, recipe)
    organisation = Organisation.objects.select_related("base_currency").first()
    if organisation is None:
        raise RuleBroken("organisation.missing")
    currency = currency_of(bound.recipe.currency or organisation.base_currency_id)
    reading = Reading(
        currency.pk, currency.digits, options.dates or bound.recipe.dates,
        organisation.fiscal_first_month,
    )  # fmt: skip
    plan = plan_import(bound, reading, today=today, state_of=options.state_of)
    if plan.state_of is not None and plan.state_of > today:
        raise RuleBroken("import.state_in_future", on=plan.state_of, today=today)
    counted = plan.first_on if plan.deals else None
    booking, base_set = booking_in(currency, first_on=counted)
    work = Work(
        actor, bound.recipe, correlation_id, today, at, currency.pk, currency.digits,
        first_on=min(plan.first_on or today, today).replace(day=1),
    )  # fmt: skip
    work.problems.extend(plan.problems)
    _write(work, plan, booking)
    return _report(work, bound, plan, options, booking.base, base_set)


def _read(files: Sequence[SourceFile], options: ImportOptions) -> list[Table]:
    if not files:
        raise RuleBroken("import.no_files")
    tables: list[Table] = []
    for file in files:
        tables += read_tables(file, encoding=options.encoding)
    names = [table.file for table in tables]
    for name in names:
        if names.count(name) > 1:
            raise RuleBroken("import.same_file_twice", file=name)
    return tables


def _write(work: Work, plan: Plan, booking: Any) -> None:
    method_id, method_new = None, False
    if plan.deals:
        history = any(d.start_on < work.today or d.outcome for d in plan.deals)
        if history:
            work.require("import.history")
        method_id, method_new = install_recipe_method(work.recipe, actor=work.actor, at=work.at)
    write_units(work, plan, method_id)
    write_people(work, plan)
    write_products(work, plan.products)
    write_accounts(work, plan.accounts, work.root)
    write_contacts(work, plan.contacts)
    write_quotas(work, plan.quotas)
    first = write_deals(work, plan.deals, stages(work.recipe.method), booking)
    if method_new:
        work.created["methods"] += 1
    if first is not None:
        rebuild(since=first, upto=work.today, at=work.at)


def _report(
    work: Work, bound: Bound, plan: Plan, options: ImportOptions, base: str, base_set: bool
) -> ImportReport:
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
        base_currency=base,
        base_currency_set=base_set,
        correlation_id=work.correlation_id,
    )


def _keep(
    report: ImportReport,
    actor: Viewer,
    options: ImportOptions,
    at: datetime,
    correlation_id: UUID,
) -> ImportReport:
    from dataclasses import replace

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
