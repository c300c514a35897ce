"""The currency of an import, and what its amounts are worth in the organisation's own."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from dakehu.core.currency import convert
from dakehu.core.errors import RuleBroken
from dakehu.models import (
    Change,
    Currency,
    Entry,
    ExchangeRate,
    Organisation,
    Quota,
    SalesUnit,
    SmallSale,
)


@dataclass(frozen=True)
class Booking:
    """Turns amounts of the import's currency into the base currency, by the day's rate."""

    currency: str
    digits: int
    base: str
    base_digits: int
    days: tuple[date, ...] = ()
    rates: tuple[Fraction, ...] = ()

    def base_minor(self, minor: int, on: date) -> int:
        """Give the base amount in minor units. RuleBroken `money.no_exchange_rate`."""
        if self.currency == self.base:
            return minor
        place = bisect_right(self.days, on)
        if place == 0:
            raise RuleBroken("import.no_exchange_rate", currency=self.currency, to=self.base, on=on)
        return convert(
            minor,
            from_digits=self.digits,
            rate=self.rates[place - 1],
            to_digits=self.base_digits,
        )


def currency_of(code: str) -> Currency:
    """Give the currency's row. RuleBroken `money.unknown_currency`."""
    row = Currency.objects.filter(pk=code).first()
    if row is not None:
        return row
    raise RuleBroken("money.unknown_currency", currency=code)


def booking_in(currency: Currency, *, first_on: date | None) -> tuple[Booking, bool]:
    """Give how the import books, and whether it set the organisation's base currency.

    The base currency becomes the import's while nothing has been counted in another and nobody
    has chosen one; else a rate must be in force on the first day of the data.
    Raises RuleBroken `import.no_exchange_rate`.
    """
    organisation = Organisation.objects.select_related("base_currency").get()
    base = organisation.base_currency
    moved = False
    if base != currency and first_on is not None and _base_is_free(organisation):
        organisation.base_currency = base = currency
        organisation.save(update_fields=["base_currency"])
        moved = True
    days: list[date] = []
    rates: list[Fraction] = []
    if base != currency:
        rows = ExchangeRate.objects.filter(currency=currency).order_by("on", "recorded_at", "id")
        for on, rate in rows.values_list("on", "rate"):
            if days and days[-1] == on:
                rates[-1] = Fraction(rate)
            else:
                days.append(on)
                rates.append(Fraction(rate))
    booking = Booking(currency.pk, currency.digits, base.pk, base.digits, tuple(days), tuple(rates))
    if first_on is not None:
        booking.base_minor(1, first_on)
    return booking, moved


def _base_is_free(organisation: Organisation) -> bool:
    """Test that nothing is counted in the base currency yet and that nobody chose it."""
    return not (
        organisation.is_demo
        or Entry.objects.exists()
        or SmallSale.objects.exists()
        or Quota.objects.exists()
        or ExchangeRate.objects.exists()
        or SalesUnit.objects.filter(small_sale_threshold_minor__gt=0).exists()
        or Change.objects.filter(object_type="organisation", field="base_currency").exists()
    )
