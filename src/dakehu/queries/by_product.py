"""The funnel by product: lines as of the day; what has no lines is 'no product' (FUN-5).

Of the indicators (FUN-6) a product has the two terms: what was won in the period, and what weighs
of the period. There is no index, because a quota is of a unit or a person.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import groupby
from typing import Any

from dakehu.core.access import Viewer
from dakehu.core.errors import RuleBroken
from dakehu.core.funnel import (
    ZERO,
    Cell,
    Figure,
    FunnelSum,
    Scope,
    WeightedScope,
    amount,
    known,
    sum_cells,
    weighted,
    weighted_for_period,
)
from dakehu.core.ledger import NO_MONTH, Place
from dakehu.core.money import split_minor
from dakehu.models import Product
from dakehu.queries.compare import Moved, MovedRow, page_of_moved
from dakehu.queries.funnel import FunnelQuestion, person_in_sight, shown_for_base, sight
from dakehu.queries.ledger import Where, fetch
from dakehu.queries.organisation import organisation
from dakehu.queries.rates import exchange_on, win_rates
from dakehu.queries.units import all_units

_SCOPES: tuple[Scope, ...] = ("overdue", "in_period", "later", "undated")


@dataclass(frozen=True, slots=True)
class ProductFunnel:
    """What stands open of one product; `id` is None for what has no lines.

    `total` and `stages` are of one method; the terms of the indicators add across all methods.
    """

    id: int | None
    name: str
    total: FunnelSum
    stages: dict[int, FunnelSum]
    closed: Figure
    weighted_in_period: Figure


@dataclass(frozen=True, slots=True)
class FunnelByProduct:
    """The products, the largest amount first. An opportunity of two stands in two rows."""

    currency: str
    products: tuple[ProductFunnel, ...]


def funnel_by_product(
    viewer: Viewer, *, question: FunnelQuestion, today: date, stages: Sequence[int]
) -> FunnelByProduct:
    """Sum the product lines in force on the day of what stood open at some stages.

    A line weighs at the rate of its opportunity. Raises what `funnel_on` raises.
    """
    where = _where(viewer, question, today)
    cells: dict[int | None, list[Cell]] = defaultdict(list)
    for part in where:
        held, params = _held(part, question)
        rows = fetch(
            "SELECT product_id, stage_id, own_rate_bp, currency, scope, COUNT(DISTINCT"
            f" opportunity_id), SUM(minor) FROM ({held}) AS lines GROUP BY 1, 2, 3, 4, 5",
            params,
        )
        for product, *facts in rows:
            cells[product].append(_cell(*facts))
    shown, rates, exchange = _values(question)
    closed: dict[int | None, Fraction] = defaultdict(Fraction)
    for won in _won(where, question):
        closed[won.product_id] += won.base_minor * shown_for_base(organisation(), exchange)
    names = _names([key for key in {*cells, *closed} if key is not None], viewer.language)
    products = []
    for key in {*cells, *closed}:
        own = [cell for cell in cells[key] if cell.lineage_id in stages]
        products.append(
            ProductFunnel(
                key,
                "" if key is None else names.get(key, ""),
                sum_cells(own, rates, exchange),
                {
                    stage: sum_cells([c for c in own if c.lineage_id == stage], rates, exchange)
                    for stage in stages
                },
                known(closed[key]),
                weighted_for_period(cells[key], rates, exchange, weighted_scope()),
            )
        )
    products.sort(key=lambda one: (one.id is None, -(one.total.amount.value or 0), one.name))
    return FunnelByProduct(shown, tuple(products))


def product_rows(
    viewer: Viewer,
    *,
    question: FunnelQuestion,
    today: date,
    product_id: int | None,
    stages: Sequence[int] | None,
    offset: int = 0,
    limit: int = 20,
) -> Moved:
    """Give the opportunities with lines of a product (None: without lines), and what these hold.

    Without stages those of every method that weigh in the period.
    """
    shown, rates, exchange = _values(question)
    chosen = "product_id IS NULL" if product_id is None else f"product_id = {int(product_id)}"
    rows = []
    for part in _where(viewer, question, today):
        held, params = _held(part, question)
        found = fetch(
            "SELECT opportunity_id, stage_id, own_rate_bp, currency, scope, 1, SUM(minor)"
            f" FROM ({held}) AS lines WHERE {chosen} GROUP BY 1, 2, 3, 4, 5",
            params,
        )
        for pk, *facts in found:
            own = [_cell(*facts)]
            if stages is None:
                own = [c for c in own if weighted_scope() == "all_open" or c.scope == "in_period"]
            else:
                own = [c for c in own if c.lineage_id in stages]
            if not own:
                continue
            worth, weighs = amount(own, exchange), weighted(own, rates, exchange)
            rows.append(MovedRow(int(pk), "", "", "", (), 1, worth, weighs, ZERO))
    return page_of_moved(viewer, shown, rows, offset=offset, limit=limit)


def _where(viewer: Viewer, question: FunnelQuestion, today: date) -> list[Where]:
    if question.on > today:
        raise RuleBroken("funnel.future", on=question.on, today=today)
    if question.person_id is not None:
        person_in_sight(viewer, person_id=question.person_id)
    return sight(viewer, question, all_units(), question.on, today)


def _held(part: Where, question: FunnelQuestion) -> tuple[str, list[Any]]:
    """Give the SQL of the lines of what stood open: one row a line, or one without a product."""
    recorded = "" if question.known_at is None else " AND e.recorded_at <= %s"
    last = [question.known_at] if question.known_at else []
    columns = "e.opportunity_id, e.stage_id, e.own_rate_bp, e.currency, e.close_month"
    held = (
        f"SELECT {columns}, SUM(e.amount_minor) AS minor FROM dakehu_entry e"
        f' WHERE e."on" <= %s AND e.place = {int(Place.OPEN)}'
        f" AND {part.sql('e.')}{recorded} GROUP BY {columns} HAVING SUM(e.count) <> 0"
    )
    sql = (
        "SELECT held.opportunity_id, held.stage_id, held.own_rate_bp, held.currency,"
        " CASE WHEN held.close_month = %s THEN 3 WHEN held.close_month < %s THEN 0"
        " WHEN held.close_month < %s THEN 1 ELSE 2 END AS scope, l.product_id,"
        " CASE WHEN l.id IS NULL THEN held.minor ELSE l.amount_minor END AS minor"
        f" FROM ({held}) AS held {joined_lines('held', '%s', with_known_at=bool(last))}"
    )
    period = question.period
    scoped = [NO_MONTH, period.start.replace(day=1), period.end]
    return sql, [*scoped, question.on, *last, question.on, *last]


def joined_lines(row: str, day: str, *, with_known_at: bool) -> str:
    """Give the SQL that joins the product lines `l` in force on a day to rows of opportunities.

    Its parameters: the day where it is asked as one, then the moment known at.
    """
    known_at = " AND x.recorded_at <= %s" if with_known_at else ""
    return (
        "LEFT JOIN dakehu_lineset s ON s.id = (SELECT x.id FROM dakehu_lineset x"
        f' WHERE x.opportunity_id = {row}.opportunity_id AND x."on" <= {day}{known_at}'
        ' ORDER BY x."on" DESC, x.id DESC LIMIT 1)'
        " LEFT JOIN dakehu_productline l ON l.line_set_id = s.id"
    )


@dataclass(frozen=True, slots=True)
class _Won:
    """What of an opportunity's win falls to a product, in minor units of the base currency."""

    opportunity_id: int
    product_id: int | None
    base_minor: int


def _won(where: Sequence[Where], question: FunnelQuestion) -> Iterator[_Won]:
    """Split what was won in the period so far over the lines as of the day, by their amounts."""
    period, last = question.period, [question.known_at] if question.known_at else []
    recorded = " AND e.recorded_at <= %s" if last else ""
    until = min(question.on, period.last_day)
    for part in where:
        won = (
            "SELECT e.opportunity_id, SUM(COALESCE(e.base_minor, 0)) AS base FROM dakehu_entry e"
            f' WHERE e.place = {int(Place.WON)} AND e."on" >= %s AND e."on" <= %s'
            f" AND {part.sql('e.')}{recorded} GROUP BY 1"
            " HAVING SUM(COALESCE(e.base_minor, 0)) <> 0"
        )
        rows = fetch(
            "SELECT won.opportunity_id, won.base, l.product_id, SUM(l.amount_minor)"
            f" FROM ({won}) AS won {joined_lines('won', '%s', with_known_at=bool(last))}"
            " GROUP BY 1, 2, 3 ORDER BY 1, 3",
            [period.start, until, *last, question.on, *last],
        )
        for pk, held in groupby(rows, key=lambda row: row[0]):
            lines = list(held)
            parts = split_minor(int(lines[0][1]), [int(minor or 0) for *_facts, minor in lines])
            for (_pk, _base, product, _minor), part_minor in zip(lines, parts, strict=True):
                yield _Won(int(pk), product, part_minor)


def product_closed_rows(
    viewer: Viewer,
    *,
    question: FunnelQuestion,
    today: date,
    product_id: int | None,
    offset: int = 0,
    limit: int = 20,
) -> Moved:
    """Give the opportunities won in the period with lines of a product, and its part of each."""
    shown, _rates, exchange = _values(question)
    factor = shown_for_base(organisation(), exchange)
    rows = [
        MovedRow(won.opportunity_id, "", "", "", (), 1, worth, ZERO, worth)
        for won in _won(_where(viewer, question, today), question)
        if won.product_id == product_id
        for worth in [known(won.base_minor * factor)]
    ]
    return page_of_moved(viewer, shown, rows, offset=offset, limit=limit)


def weighted_scope() -> WeightedScope:
    """Give which open opportunities the indicators weigh: a setting (FUN-6)."""
    return "all_open" if organisation().weighted_scope == "all_open" else "in_period"


def _cell(stage: int, own: int, currency: str, scope: int, n: int, minor: int) -> Cell:
    return Cell(stage, None if own < 0 else own, currency, _SCOPES[scope], int(n), int(minor))


def _values(question: FunnelQuestion) -> tuple[str, Any, Any]:
    org = organisation()
    shown = question.currency or org.base_currency
    found = exchange_on((question.on,), base=org.base_currency, known_at=question.known_at)
    rates = win_rates(org.win_rate_kind).on(question.on, question.known_at)
    return shown, rates, found[question.on].restated(shown)


def _names(ids: Sequence[int], language: str) -> dict[int, str]:
    rows = Product.objects.filter(pk__in=ids).values_list("pk", "name_zh", "name_en", "code")
    return {
        pk: ((en or zh) if language == "en" else (zh or en)) or code for pk, zh, en, code in rows
    }
