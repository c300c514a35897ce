"""Opportunities (FUN-2): closed lists that people choose from, and what an amount of lines is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from dakehu.core.errors import RuleBroken
from dakehu.core.money import limit_in_units, round_to_minor

SOURCES = (
    "campaign",
    "channel",
    "web",
    "service_call",
    "purchased_data",
    "referral",
    "own",
)

#: Why an opportunity ended as it did; the key is stored, messages.py has the words.
WIN_REASONS = (
    "value",
    "relationship",
    "price",
    "product",
    "service",
    "delivery",
    "other",
)
LOSS_REASONS = (
    "price",
    "product",
    "relationship",
    "service",
    "delivery",
    "too_late",
    "other",
)
ABANDON_REASONS = (
    "no_budget",
    "no_decision",
    "not_worth_it",
    "no_fit",
    "duplicate",
    "other",
)

MAX_QUANTITY = Decimal(10) ** 9
MAX_PRICE = Decimal(10) ** 13
FULL_RATE_BP = 10_000


@dataclass(frozen=True, slots=True)
class Line:
    """A product with quantity and price in the opportunity's currency, and its delivery month."""

    product_id: int
    quantity: Decimal
    unit_price: Decimal
    delivery_month: date | None = None


def line_amount(line: Line, digits: int) -> int:
    """Minor units of a line, rounded half to even.

    RuleBroken `line.bad_quantity`, `line.bad_price`, `money.too_large`.
    """
    if not line.quantity.is_finite() or not 0 < line.quantity <= MAX_QUANTITY:
        raise RuleBroken("line.bad_quantity", quantity=line.quantity, limit=MAX_QUANTITY)
    if not line.unit_price.is_finite() or not 0 <= line.unit_price <= MAX_PRICE:
        raise RuleBroken("line.bad_price", price=line.unit_price, limit=MAX_PRICE)
    value = Fraction(line.quantity) * Fraction(line.unit_price)
    limit = limit_in_units(digits)
    if value > limit:
        raise RuleBroken("money.too_large", limit=limit)
    return round_to_minor(value, digits)


def lines_amount(lines: Iterable[Line], digits: int) -> int:
    """Minor units of all lines together; RuleBroken `money.too_large`."""
    total = sum(line_amount(line, digits) for line in lines)
    limit = limit_in_units(digits)
    if total > limit * 10**digits:
        raise RuleBroken("money.too_large", limit=limit)
    return total


def is_overdue(close_on: date | None, today: date) -> bool:
    """Test if an open opportunity's close month lies before today's (FUN-2, decision 4).

    Without a period that is asked about; a report's own is the `scope` of its cells.
    """
    return close_on is not None and close_on < today.replace(day=1)


def check_rate(rate_bp: int | None) -> None:
    """Refuse a win rate that is no share; RuleBroken `opportunity.rate_out_of_range`."""
    if rate_bp is not None and not 0 <= rate_bp <= FULL_RATE_BP:
        raise RuleBroken("opportunity.rate_out_of_range", percent=Decimal(rate_bp) / 100)


def check_reason(reason: str, known: tuple[str, ...]) -> None:
    """Refuse an outcome without a reason of the list.

    RuleBroken `opportunity.reason_missing`, `opportunity.unknown_reason`.
    """
    if not reason:
        raise RuleBroken("opportunity.reason_missing")
    if reason not in known:
        raise RuleBroken("opportunity.unknown_reason", reason=reason)
