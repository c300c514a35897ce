"""The hygiene list (商机体检): open opportunities in sight that lack what a forecast stands on."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any, Literal, get_args

from django.db.models import Count, Q

from dakehu.core.access import Viewer
from dakehu.core.errors import RuleBroken
from dakehu.core.money import from_minor
from dakehu.core.speed import is_slow, slow_since
from dakehu.models import Grant, Opportunity
from dakehu.models.visibility import OpportunityQuerySet, in_scope
from dakehu.queries.opportunities.filters import OpportunityFilter, narrowed
from dakehu.queries.opportunities.list import stage_names
from dakehu.queries.paging import Cut, Page, page_of
from dakehu.queries.speed import stage_medians

Finding = Literal["close_passed", "no_next_step", "no_amount", "stuck"]
FINDINGS: tuple[Finding, ...] = get_args(Finding)
Medians = Mapping[int, int]
ORDER = ("close_sort", "id")
_TIED = ("account", "owner", "unit", "currency")


@dataclass(frozen=True, slots=True)
class HygieneFilter:
    """Which open opportunities are looked at, and for what; None: for everything."""

    unit_id: int | None = None
    owner_id: int | None = None
    method_id: int | None = None
    finding: Finding | None = None


@dataclass(frozen=True, slots=True)
class HygieneRow:
    """An opportunity that lacks something, and what; the amount is in units of its currency."""

    id: int
    code: str
    name: str
    account: str
    owner: str
    unit: str
    stage: str
    amount: Decimal
    currency: str
    close_on: date | None
    next_step: str
    next_step_on: date | None
    last_on: date
    #: Whole days without a movement, and the median stay of its stage where it is known.
    still_days: int
    median_days: int | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class HygieneCounts:
    """How many open opportunities were looked at, how many lack something, and what."""

    looked_at: int
    untidy: int
    by_finding: Mapping[Finding, int]


def finding_of(text: str) -> Finding | None:
    """Read what the URL asks for. RuleBroken `hygiene.unknown_finding`."""
    for finding in FINDINGS:
        if finding == text:
            return finding
    if text:
        raise RuleBroken("hygiene.unknown_finding", finding=text[:40])
    return None


@dataclass(frozen=True, slots=True)
class Hygiene:
    """A page of the list, by close date, and the counts of all of it."""

    page: Page[HygieneRow]
    counts: HygieneCounts


def hygiene(viewer: Viewer, *, asked: HygieneFilter, today: date, cut: Cut) -> Hygiene:
    """Give a page of what lacks something, and the counts. RuleBroken `list.bad_cursor`."""
    medians = stage_medians(viewer, today=today)
    return Hygiene(
        _page(viewer, asked, today, cut, medians), _counts(viewer, asked, today, medians)
    )


def hygiene_counts(
    viewer: Viewer, *, asked: HygieneFilter, today: date, medians: Medians | None = None
) -> HygieneCounts:
    """Count what lacks what, whatever single finding the list shows.

    Who asks for many people hands over the medians of `stage_medians`: they are everybody's.
    """
    known = stage_medians(viewer, today=today) if medians is None else medians
    return _counts(viewer, asked, today, known)


def every_untidy(
    viewer: Viewer, *, asked: HygieneFilter, today: date, chunk: int = 2000
) -> Iterator[HygieneRow]:
    """Give all rows of the filtered list in its order, read chunk by chunk (for exports)."""
    return _every(viewer, asked, today, chunk)


def every_untidy_of(
    viewer: Viewer, *, of: Q, findings: Collection[Finding], today: date, chunk: int
) -> Iterator[HygieneRow]:
    """Give what lacks one of these among the opportunities of a condition, in the list's order."""
    return _every(viewer, HygieneFilter(), today, chunk, of, findings)


def _every(
    viewer: Viewer,
    asked: HygieneFilter,
    today: date,
    chunk: int,
    of: Q | None = None,
    findings: Collection[Finding] = FINDINGS,
) -> Iterator[HygieneRow]:
    medians = stage_medians(viewer, today=today)
    cut = Cut(size=chunk)
    while True:
        page = _page(viewer, asked, today, cut, medians, of, findings)
        yield from page.rows
        if page.next is None:
            return
        cut = Cut(after=page.next, size=chunk)


def _page(
    viewer: Viewer,
    asked: HygieneFilter,
    today: date,
    cut: Cut,
    medians: Medians,
    of: Q | None = None,
    findings: Collection[Finding] = FINDINGS,
) -> Page[HygieneRow]:
    known = _conditions(today, medians)
    lacking = _lacking(asked, {finding: known[finding] for finding in findings})
    if of is not None:
        lacking &= of
    found = _narrowed(viewer, asked, today).pages_for(viewer)
    sets = [rows.select_related(*_TIED).filter(lacking) for rows in found]
    page = page_of(sets, order=ORDER, cut=cut)
    return Page(_shown(viewer, page.rows, today, medians), page.next, page.previous)


def _counts(viewer: Viewer, asked: HygieneFilter, today: date, medians: Medians) -> HygieneCounts:
    conditions = _conditions(today, medians)
    sums = dict.fromkeys(("looked_at", "untidy", *FINDINGS), 0)
    for rows in _apart(viewer, _narrowed(viewer, asked, today)):
        counts = rows.aggregate(
            looked_at=Count("id"),
            untidy=Count("id", filter=_lacking(HygieneFilter(), conditions)),
            **{finding: Count("id", filter=conditions[finding]) for finding in FINDINGS},
        )
        for name, count in counts.items():
            sums[name] += count
    return HygieneCounts(
        sums["looked_at"], sums["untidy"], {finding: sums[finding] for finding in FINDINGS}
    )


def _narrowed(viewer: Viewer, asked: HygieneFilter, today: date) -> OpportunityQuerySet:
    where = OpportunityFilter(
        unit_id=asked.unit_id, owner_id=asked.owner_id, method_id=asked.method_id
    )
    return narrowed(Opportunity.objects.all(), where, viewer=viewer, today=today, base_digits=2)


def _apart(viewer: Viewer, rows: OpportunityQuerySet) -> list[OpportunityQuerySet]:
    """Split what is in sight into sets that share no row, so that their counts add up."""
    if viewer.sees_all:
        return [rows]
    scope = in_scope(viewer)
    granted = Grant.objects.filter(person_id=viewer.person_id or 0, opportunity__isnull=False)
    return [rows.filter(scope), rows.filter(~scope, pk__in=granted.values("opportunity_id"))]


def _conditions(today: date, medians: Medians) -> dict[Finding, Q]:
    stuck = Q(pk__in=[])
    for stage_id, median in medians.items():
        stuck |= Q(stage_id=stage_id, last_on__lte=slow_since(today, median))
    return {
        "close_passed": Q(close_sort__lt=today),
        "no_next_step": Q(next_step="") | Q(next_step_on__lt=today),
        "no_amount": Q(amount_minor=0),
        "stuck": stuck,
    }


def _lacking(asked: HygieneFilter, conditions: Mapping[Finding, Q]) -> Q:
    if asked.finding is not None:
        return conditions[asked.finding]
    return reduce(or_, conditions.values())


def _shown(
    viewer: Viewer, rows: tuple[Any, ...], today: date, medians: Medians
) -> tuple[HygieneRow, ...]:
    names = stage_names(viewer.language)
    english = viewer.language.startswith("en")

    def either(zh: str, en: str) -> str:
        return (en or zh) if english else (zh or en)

    return tuple(
        HygieneRow(
            id=row.pk,
            code=row.code,
            name=row.name,
            account=row.account.name if row.account else "",
            owner=either(row.owner.name, row.owner.name_en),
            unit=either(row.unit.name_zh, row.unit.name_en) or row.unit.code,
            stage=names.get((row.method_version_id, row.stage_id), ""),
            amount=from_minor(row.amount_minor, row.currency.digits),
            currency=row.currency_id,
            close_on=row.close_on,
            next_step=row.next_step,
            next_step_on=row.next_step_on,
            last_on=row.last_on,
            still_days=(today - row.last_on).days,
            median_days=medians.get(row.stage_id),
            findings=tuple(_found(row, today, medians.get(row.stage_id))),
        )
        for row in rows
    )


def _found(row: Any, today: date, median: int | None) -> Iterator[Finding]:
    if row.close_sort < today:
        yield "close_passed"
    if not row.next_step or (row.next_step_on is not None and row.next_step_on < today):
        yield "no_next_step"
    if row.amount_minor == 0:
        yield "no_amount"
    if is_slow((today - row.last_on).days, median):
        yield "stuck"
