"""What a filtered list adds up to: count and sums of the whole selection, not of its page."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from dakehu.core.access import Viewer
from dakehu.core.money import from_minor, round_money
from dakehu.core.money import units as in_units
from dakehu.queries.opportunities.filters import OpportunityFilter, check_filter, narrowing
from dakehu.queries.opportunities.statements import sums
from dakehu.queries.organisation import organisation
from dakehu.queries.rates import exchange_book


@dataclass(frozen=True, slots=True)
class CurrencyTotal:
    """What stands in one currency, in its units; `is_known` tells if today has a rate for it."""

    currency: str
    count: int
    amount: Decimal
    is_known: bool


@dataclass(frozen=True, slots=True)
class Totals:
    """The whole selection: per currency, the largest count first, and together in base currency.

    `base` is at today's rates, and leaves out the currencies that have none.
    """

    count: int
    currencies: tuple[CurrencyTotal, ...]
    base: Decimal
    base_currency: str

    @property
    def needs_base(self) -> bool:
        """Test if the sum in base currency says more than the sums per currency."""
        return any(one.currency != self.base_currency for one in self.currencies)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Give the currencies that `base` leaves out."""
        return tuple(one.currency for one in self.currencies if not one.is_known)


def opportunity_totals(*, viewer: Viewer, asked: OpportunityFilter, today: date) -> Totals:
    """Add up exactly what the viewer may see of what the filter asks for, each once.

    RuleBroken as of the list.
    """
    check_filter(asked)
    org = organisation()
    where = narrowing(viewer, asked, today=today, base_digits=org.base_digits)
    counts: dict[str, int] = {}
    amounts: dict[str, int] = {}
    for currency, count, minor in sums(viewer, where):
        counts[currency] = counts.get(currency, 0) + count
        amounts[currency] = amounts.get(currency, 0) + minor
    book = exchange_book()
    base, rows = Fraction(0), []
    for currency in sorted(counts, key=lambda code: (-counts[code], code)):
        minor, digits = amounts[currency], book.currencies[currency].digits
        rate = Fraction(1) if currency == org.base_currency else book.rate(currency, today)
        # What is nothing is nothing at any rate.
        if rate is not None:
            base += in_units(minor, digits) * rate
        rows.append(
            CurrencyTotal(
                currency, counts[currency], from_minor(minor, digits), rate is not None or not minor
            )
        )
    return Totals(
        sum(counts.values()), tuple(rows), round_money(base, org.base_digits), org.base_currency
    )
