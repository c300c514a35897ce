"""The course of an import: what its files ask for, the same at every start, in phases."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from dakehu.actions.imports.accounts import Accounts, take_contacts
from dakehu.actions.imports.currency import Booking, booking_in, currency_of
from dakehu.actions.imports.finding import Lookups, lookups
from dakehu.actions.imports.matching import apply_matches, to_be_made
from dakehu.actions.imports.opportunities import Deals
from dakehu.actions.imports.options import ImportOptions
from dakehu.actions.imports.organisation import write_people, write_units
from dakehu.actions.imports.products import write_products
from dakehu.actions.imports.quotas import write_quotas
from dakehu.actions.imports.reading import SourceFile, read_tables
from dakehu.actions.imports.stages import install_recipe_method, stages
from dakehu.actions.imports.work import Work
from dakehu.actions.names import LookUps
from dakehu.actions.unit_tree import lock_unit_tree
from dakehu.core.access import Viewer
from dakehu.core.errors import RuleBroken
from dakehu.core.imports.mapping import Mapped, bind_mapped, digest_of, fits, suggested
from dakehu.core.imports.plan import Plan, PlannedAccount, PlannedDeal
from dakehu.core.imports.planning import plan_import
from dakehu.core.imports.recipes import Bound, recognise
from dakehu.core.imports.records import Reading
from dakehu.core.imports.tables import Table
from dakehu.core.names import folded
from dakehu.models import ImportMapping, Organisation


@dataclass(frozen=True, slots=True)
class Phase:
    """A kind of things that is taken in, some at a time: `find` reads, `write` writes."""

    name: str
    items: Sequence[Any]
    find: Callable[[Sequence[Any]], Any]
    write: Callable[[Any], None]
    #: Only to say what would come of it.
    try_out: Callable[[Sequence[Any]], None]
    chunk: int


@dataclass
class Course:
    """What an import works through."""

    bound: Bound
    plan: Plan
    work: Work
    accounts: Accounts
    booking: Booking | None = None
    matches: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    known: Lookups | None = None
    updating: bool = False
    base: str = ""
    base_set: bool = False
    phases: list[Phase] = field(default_factory=list)
    end: Callable[[], None] = lambda: None

    @property
    def read(self) -> int:
        """Give how many rows the files hold."""
        return sum(file.table.row_count for file in self.bound.files)


def read_files(files: Sequence[SourceFile], options: ImportOptions) -> list[Table]:
    """Read all files. RuleBroken `import.no_files`, `import.same_file_twice`, and of reading."""
    if not files:
        raise RuleBroken("import.no_files")
    tables: list[Table] = []
    for file in files:
        tables += read_tables(file, encoding=options.encoding, separator=options.separator)
    names = [table.file for table in tables]
    for name in names:
        if names.count(name) > 1:
            raise RuleBroken("import.same_file_twice", file=name)
    return tables


def plan_course(
    *,
    actor: Viewer,
    tables: Sequence[Table],
    recipe: str | None,
    options: ImportOptions,
    correlation_id: UUID,
    today: date,
    at: datetime,
    look_ups: LookUps | None = None,
) -> Course:
    """Plan what tables ask for; reads only. Raises RuleBroken("import.…")."""
    bound = bound_to(tables, recipe, options)
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
    made = to_be_made(options.matches or {})
    if options.make_accounts or made:
        only = None if options.make_accounts else made
        plan.accounts += _implied_accounts(plan.deals, only)
        # An account that would be made is not unknown.
        plan.refused_deals = [
            replace(deal, account="") if only is None or folded(deal.account) in only else deal
            for deal in plan.refused_deals
        ]
    work = Work(
        actor, bound.recipe, correlation_id, today, at, currency.pk, currency.digits,
        first_on=min(plan.first_on or today, today).replace(day=1),
        look_ups=look_ups or LookUps(actor, at),
    )  # fmt: skip
    files = tuple(replace(file, table=file.table.without_rows()) for file in bound.files)
    bound = replace(bound, files=files)
    return Course(
        bound, plan, work, Accounts(work), matches=options.matches or {}, updating=options.update
    )


def bound_to(tables: Sequence[Table], recipe: str | None, options: ImportOptions) -> Bound:
    """Bind files as somebody mapped them, by the recipe named, or as their headings show.

    Raises what `recognise` and `bind_mapped` raise.
    """
    if options.mapping:
        said = {file: Mapped(m["subject"], m["columns"]) for file, m in options.mapping.items()}
        return bind_mapped(tables, said)
    if recipe is not None:
        return recognise(tables, recipe)
    kept = {table.file: found for table in tables if (found := _kept(table)) is not None}
    if len(kept) == len(tables):
        return bind_mapped(tables, kept)
    several = {table.file: kept.get(table.file) or suggested(table) for table in tables}
    whole = all(m.subject and fits(t, m) for t, m in zip(tables, several.values(), strict=True))
    try:
        bound = recognise(tables)
    except RuleBroken:
        if whole and len(tables) > 1:
            return bind_mapped(tables, several)
        raise
    return bind_mapped(tables, several) if whole and bound.left_over else bound


def _kept(table: Table) -> Mapped | None:
    """Give what somebody said before of files with these headings."""
    row = ImportMapping.objects.filter(headers=digest_of(table.headers)).first()
    found = Mapped(row.subject, row.columns) if row is not None else None
    return found if found is not None and fits(table, found) else None


def _implied_accounts(deals: Sequence[PlannedDeal], only: set[str] | None) -> list[PlannedAccount]:
    """Give an account for each name that opportunities give, with the first one's owner.

    With `only`, of those folded names.
    """
    once: dict[str, PlannedAccount] = {}
    for deal in deals:
        fold = folded(deal.account)
        if fold and fold not in once and (only is None or fold in only):
            once[fold] = PlannedAccount(
                deal.at, deal.account, manager=deal.owner, implied=True
            )  # fmt: skip
    return list(once.values())


def set_up(course: Course) -> None:
    """Write what all else stands on, inside the caller's transaction: units, people, products.

    Doing it again finds what is there.
    """
    work, plan = course.work, course.plan
    currency = currency_of(work.currency)
    booking, course.base_set = booking_in(
        currency, first_on=plan.first_on if plan.deals else None
    )  # fmt: skip
    course.base = booking.base
    method_id, method_new = None, False
    if plan.deals:
        if any(d.start_on < work.today or d.outcome for d in plan.deals):
            work.require("import.history")
        method_id, method_new = install_recipe_method(work.recipe, actor=work.actor, at=work.at)
    if method_new:
        work.created["methods"] += 1
    if plan.units or plan.appointments:
        lock_unit_tree()
    write_units(work, plan, method_id)
    write_people(work, plan)
    write_products(work, plan.products)
    course.booking = booking


def know(course: Course) -> None:
    """Read what rows may name, after `set_up`; then the phases are known."""
    work, plan, accounts, booking = course.work, course.plan, course.accounts, course.booking
    assert booking is not None
    known = lookups(work, products=any(deal.product for deal in (*plan.deals, *plan.refused_deals)))
    apply_matches(work, accounts, known, course.matches)
    course.known = known
    deals = Deals(
        work, stages(work.recipe.method), booking, known, accounts.found, updating=course.updating
    )

    def end() -> None:
        deals.end(plan.refused_deals)

    course.end = end

    def same(chunk: Sequence[Any]) -> Sequence[Any]:
        return chunk

    course.phases = [
        Phase(
            "accounts", accounts.order(plan.accounts), same, accounts.take,
            lambda chunk: accounts.take(chunk, trying=True), 200,
        ),
        Phase(
            "contacts", plan.contacts, same,
            lambda chunk: take_contacts(work, chunk, accounts.found),
            lambda chunk: take_contacts(work, chunk, accounts.found, trying=True), 300,
        ),
        Phase(
            "quotas", plan.quotas, same, lambda chunk: write_quotas(work, chunk),
            lambda chunk: write_quotas(work, chunk, trying=True), 300,
        ),
        Phase(
            "opportunities", _owner_by_owner(plan.deals), deals.find,
            lambda ready: deals.write(ready, carry=True), lambda chunk: _tried(deals, chunk),
            20 if course.updating else 300,
        ),
    ]  # fmt: skip


def _owner_by_owner(planned: Sequence[PlannedDeal]) -> list[PlannedDeal]:
    """Give opportunities in the order in which they are taken in: the same at every start.

    Those of an owner meet in a chunk: what is carried of them is added up before it is written,
    and their rows lie side by side in the indexes.
    """
    return sorted(planned, key=lambda deal: (folded(deal.owner), deal.start_on))


def _tried(deals: Deals, chunk: Sequence[PlannedDeal]) -> None:
    for found in deals.find(chunk):
        deals.count(found)
    deals.count_updates()


def emptied(work: Work) -> "Counted":
    """Take out of a work what it counted since the last time."""
    refused = work.refused_rows()
    rows = Counter(outcome for at, outcome in work.rows.items() if at not in refused)
    counted = Counted(
        Counter(work.created), rows, len(refused), list(work.problems), list(work.made)
    )
    work.created.clear()
    work.rows.clear()
    work.problems.clear()
    work.made.clear()
    return counted


@dataclass(frozen=True, slots=True)
class Counted:
    """What a chunk came to."""

    created: Counter[str]
    rows: Counter[str]
    refused: int
    problems: list[Any]
    made: list[tuple[str, int]]
