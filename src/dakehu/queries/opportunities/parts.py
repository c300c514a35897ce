"""What hangs on one opportunity: its product lines and the competitors met on it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from dakehu.core.money import from_minor
from dakehu.models import Competitor, ProductLine
from dakehu.queries.opportunities.path import in_tongue
from dakehu.queries.written import written_once


@dataclass(frozen=True, slots=True)
class LineShown:
    """A product line in units of the opportunity's currency."""

    product_id: int
    code: str
    name: str
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    delivery_month: date | None


@dataclass(frozen=True, slots=True)
class RivalShown:
    """A competitor met on the deal, and what is known of them."""

    id: int
    name: str
    note: str


def rivals_of(opportunity_id: int) -> tuple[RivalShown, ...]:
    """Give the competitors of a deal in sight, in the order in which they were met.

    Ordered here: asked for the first by number, a planner may walk the whole table by its key.
    """
    rows = Competitor.objects.filter(opportunity_id=opportunity_id)
    found = (RivalShown(*row) for row in rows.values_list("id", "name", "note")[:50])
    return tuple(sorted(found, key=lambda rival: rival.id))


def lines_of(opportunity_id: int, digits: int, language: str) -> tuple[LineShown, ...]:
    """Give the product lines in force of a deal in sight, in the order in which they stand."""
    return tuple(
        LineShown(
            product,
            code,
            in_tongue(language, zh, en) or code,
            quantity.normalize(),
            price.normalize(),
            from_minor(amount, digits),
            month,
        )
        for product, code, zh, en, quantity, price, amount, month in _lines(opportunity_id)
    )


@written_once
def _lines(opportunity_id: int) -> QuerySet[ProductLine, tuple[Any, ...]]:
    return (
        ProductLine.objects.filter(
            line_set__opportunity_id=opportunity_id, line_set__is_current=True
        )
        .order_by("id")
        .values_list(
            "product_id", "product__code", "product__name_zh", "product__name_en", "quantity",
            "unit_price", "amount_minor", "delivery_month",
        )[:200]
    )  # fmt: skip
