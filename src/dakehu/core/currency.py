"""Exchange: what an amount of one currency is worth in another, on one day.

A rate is the number of units of the base currency for one unit of the currency; the base's own
is 1. Rates between two others go through the base. Nothing is rounded here but what is booked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from dakehu.core.errors import RuleBroken
from dakehu.core.money import round_to_minor, units


@dataclass(frozen=True)
class Exchange:
    """The rates in force on a day, to one currency; `digits` per currency (JPY 0, KWD 3)."""

    to: str
    digits: Mapping[str, int]
    rates: Mapping[str, Fraction] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for currency, rate in self.rates.items():
            _positive(rate, currency)

    def rate(self, currency: str) -> Fraction | None:
        """Units of `to` for one unit of `currency`; None where no rate is known."""
        return Fraction(1) if currency == self.to else self.rates.get(currency)

    def units(self, minor: int, currency: str) -> Fraction:
        """The amount in units of its own currency."""
        return units(minor, self.digits[currency])

    def value(self, minor: int, currency: str) -> Fraction | None:
        """The amount in units of `to`, unrounded; None where no rate is known.

        Nothing is worth nothing at any rate, so 0 needs none.
        """
        if minor == 0:
            return Fraction(0)
        rate = self.rate(currency)
        return None if rate is None else self.units(minor, currency) * rate

    def restated(self, currency: str) -> "Exchange":
        """The same day's rates to another currency; RuleBroken `money.no_exchange_rate`."""
        if currency == self.to:
            return self
        target = self.rate(currency)
        if target is None:
            raise RuleBroken("money.no_exchange_rate", currency=currency, to=self.to)
        known = {**self.rates, self.to: Fraction(1)}
        return Exchange(
            to=currency,
            digits=self.digits,
            rates={code: cross_rate(rate, target) for code, rate in known.items()},
        )


def cross_rate(rate: Fraction, target_rate: Fraction) -> Fraction:
    """Units of the target for one unit of a currency, both rates being to the same base."""
    _positive(rate, None)
    _positive(target_rate, None)
    return rate / target_rate


def convert(amount_minor: int, *, from_digits: int, rate: Fraction, to_digits: int) -> int:
    """Minor units of the target currency, half to even: the amount that an outcome books."""
    _positive(rate, None)
    return round_to_minor(units(amount_minor, from_digits) * rate, to_digits)


def _positive(rate: Fraction, currency: str | None) -> None:
    if rate <= 0:
        raise RuleBroken("money.exchange_rate_not_positive", currency=currency, rate=rate)
