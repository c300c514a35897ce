"""The open funnel by product: lines as of the day; what has no lines is 'no product' (FUN-5)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dakehu.core.access import Viewer
from dakehu.core.errors import RuleBroken
from dakehu.core.funnel import ZERO, Cell, FunnelSum, Scope, amount, sum_cells, weighted
from dakehu.core.ledger import NO_MONTH, Place
from dakehu.models import Product
from dakehu.queries.compare import Moved, MovedRow, page_of_moved
from dakehu.queries.funnel import FunnelQuestion, person_in_sight, sight
from dakehu.queries.ledger import Where, fetch
from dakehu.queries.organisation import organisation
from dakehu.queries.rates import exchange_on, win_rates
from dakehu.queries.units import all_units

_SCOPES: tuple[Scope, ...] = ("overdue", "in_period", "later", "undated")


@dataclass(frozen=True, slots=True)
class ProductFunnel:
    """What stands open of one product; `id` is None for what has no lines."""

    id: int | None
    name: str
    total: FunnelSum
    stages: dict[int, FunnelSum]


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
        held, params = _held(part, question, stages)
        rows = fetch(
            "SELECT product_id, stage_id, own_rate_bp, currency, scope, COUNT(DISTINCT"
            f" opportunity_id), SUM(minor) FROM ({held}) AS lines GROUP BY 1, 2, 3, 4, 5",
            params,
        )
        for product, *facts in rows:
            cells[product].append(_cell(*facts))
    shown, rates, exchange = _values(question)
    names = _names([key for key in cells if key is not None], viewer.language)
    products = [
        ProductFunnel(
            key,
            "" if key is None else names.get(key, ""),
            sum_cells(own, rates, exchange),
            {
                stage: sum_cells([c for c in own if c.lineage_id == stage], rates, exchange)
                for stage in stages
            },
        )
        for key, own in cells.items()
    ]
    products.sort(key=lambda one: (one.id is None, -(one.total.amount.value or 0), one.name))
    return FunnelByProduct(shown, tuple(products))


def product_rows(
    viewer: Viewer,
    *,
    question: FunnelQuestion,
    today: date,
    product_id: int | None,
    stages: Sequence[int],
    offset: int = 0,
    limit: int = 20,
) -> Moved:
    """Give the opportunities with lines of a product (None: without lines), and what these hold."""
    shown, rates, exchange = _values(question)
    chosen = "product_id IS NULL" if product_id is None else f"product_id = {int(product_id)}"
    rows = []
    for part in _where(viewer, question, today):
        held, params = _held(part, question, stages)
        found = fetch(
            "SELECT opportunity_id, stage_id, own_rate_bp, currency, scope, 1, SUM(minor)"
            f" FROM ({held}) AS lines WHERE {chosen} GROUP BY 1, 2, 3, 4, 5",
            params,
        )
        for pk, *facts in found:
            own = [_cell(*facts)]
            worth, weighs = amount(own, exchange), weighted(own, rates, exchange)
            rows.append(MovedRow(int(pk), "", "", "", (), 1, worth, weighs, ZERO))
    return page_of_moved(viewer, shown, rows, offset=offset, limit=limit)


def _where(viewer: Viewer, question: FunnelQuestion, today: date) -> list[Where]:
    if question.on > today:
        raise RuleBroken("funnel.future", on=question.on, today=today)
    if question.person_id is not None:
        person_in_sight(viewer, person_id=question.person_id)
    return sight(viewer, question, all_units(), question.on, today)


def _held(part: Where, question: FunnelQuestion, stages: Sequence[int]) -> tuple[str, list[Any]]:
    """Give the SQL of the lines of what stood open: one row a line, or one without a product."""
    known = "" if question.known_at is None else " AND {0}.recorded_at <= %s"
    last = [question.known_at] if question.known_at else []
    listed = ", ".join(str(int(stage)) for stage in stages) or "-1"
    columns = "e.opportunity_id, e.stage_id, e.own_rate_bp, e.currency, e.close_month"
    held = (
        f"SELECT {columns}, SUM(e.amount_minor) AS minor FROM dakehu_entry e"
        f' WHERE e."on" <= %s AND e.place = {int(Place.OPEN)} AND e.stage_id IN ({listed})'
        f" AND {part.sql('e.')}{known.format('e')} GROUP BY {columns} HAVING SUM(e.count) <> 0"
    )
    sql = (
        "SELECT held.opportunity_id, held.stage_id, held.own_rate_bp, held.currency,"
        " CASE WHEN held.close_month = %s THEN 3 WHEN held.close_month < %s THEN 0"
        " WHEN held.close_month < %s THEN 1 ELSE 2 END AS scope, l.product_id,"
        " CASE WHEN l.id IS NULL THEN held.minor ELSE l.amount_minor END AS minor"
        f" FROM ({held}) AS held LEFT JOIN dakehu_lineset s ON s.id = (SELECT x.id"
        ' FROM dakehu_lineset x WHERE x.opportunity_id = held.opportunity_id AND x."on" <= %s'
        f'{known.format("x")} ORDER BY x."on" DESC, x.id DESC LIMIT 1)'
        " LEFT JOIN dakehu_productline l ON l.line_set_id = s.id"
    )
    period = question.period
    scoped = [NO_MONTH, period.start.replace(day=1), period.end]
    return sql, [*scoped, question.on, *last, question.on, *last]


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
