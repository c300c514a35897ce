"""What the demo's deals are made in: sellers, customers, methods, prices, rates of exchange."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from random import Random


@dataclass(frozen=True, slots=True)
class Seat:
    """Selling in a unit from a day on, until the next seat or for good."""

    unit_id: int
    from_on: date


@dataclass(frozen=True, slots=True)
class Seller:
    """Somebody who owns deals. `successor` is the seller's number that takes over what is open."""

    person_id: int
    seats: tuple[Seat, ...]
    left_on: date | None
    successor: int | None
    business: str
    weight: float
    accounts: tuple[int, ...]
    abroad: bool


@dataclass(frozen=True, slots=True)
class MethodFacts:
    """A method as installed: its open stages in order with rates, evidence, and pace."""

    key: str
    version_id: int
    stages: tuple[int, ...]
    rates_bp: tuple[int, ...]
    evidence: tuple[tuple[str, ...], ...]
    days: tuple[int, ...]
    onward: tuple[float, ...]

    @property
    def order(self) -> dict[int, int]:
        """Give the place of each stage."""
        return {stage: place for place, stage in enumerate(self.stages)}


#: Median days in each open stage, and the share that leaves it forward.
PACE = {
    "industrial-6": ((21, 30, 28, 24, 26, 45), (0.72, 0.74, 0.76, 0.68, 0.80, 0.95)),
    "solution-7": ((18, 24, 32, 34, 30, 26), (0.68, 0.72, 0.76, 0.74, 0.78, 0.86)),
    "tender-8": (
        (20, 26, 30, 26, 40, 24, 28), (0.74, 0.78, 0.80, 0.82, 0.56, 0.84, 0.93),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """A product as it is sold."""

    product_id: int
    label: str
    price: Decimal


@dataclass(frozen=True, slots=True)
class RateOn:
    """Units of the base currency for one unit of the currency, from a day on."""

    currency: str
    on: date
    rate: Decimal


#: Where rates begin, in CNY, and how far a month may take them.
FIRST_RATES = {
    "USD": "7.18", "EUR": "7.74", "JPY": "0.0482", "HKD": "0.918", "GBP": "9.12",
    "KRW": "0.00521", "KWD": "23.35",
}  # fmt: skip


def exchange_rates(start: date, last: date, rng: Random) -> list[RateOn]:
    """Make up monthly rates to CNY, from the month before `start` on."""
    found = []
    now = {currency: float(rate) for currency, rate in FIRST_RATES.items()}
    month = date(start.year - (start.month == 1), (start.month - 2) % 12 + 1, 1)
    while month <= last:
        for currency, rate in now.items():
            places = Decimal(1).scaleb(-6 if rate < 1 else -4)
            found.append(RateOn(currency, month, Decimal(rate).quantize(places)))
            now[currency] = rate * (1 + rng.uniform(-0.012, 0.012))
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return found


class Rates:
    """The rate in force on a day."""

    def __init__(self, rows: list[RateOn]) -> None:
        self._rows: dict[str, tuple[list[date], list[Fraction]]] = {}
        for row in rows:
            days, rates = self._rows.setdefault(row.currency, ([], []))
            days.append(row.on)
            rates.append(Fraction(row.rate))

    def on(self, currency: str, day: date) -> Fraction:
        """Give units of the base currency for one of `currency`; 1 for the base itself."""
        if currency not in self._rows:
            return Fraction(1)
        days, rates = self._rows[currency]
        return rates[bisect_right(days, day) - 1]


@dataclass(frozen=True)
class World:
    """Everything that a deal may refer to, by the ids of its rows."""

    start: date
    last: date
    seed: int
    sellers: tuple[Seller, ...]
    methods: Mapping[str, MethodFacts]
    method_of: Mapping[str, str]
    items: Mapping[str, tuple[Item, ...]]
    rates: Rates
    heads: Mapping[int, int]
    threshold: Mapping[str, int]

    def seat_of(self, seller: int, day: date) -> tuple[int, int]:
        """Give the seller who holds on a day what was this one's, and the unit they sell in."""
        here = self.sellers[seller]
        if here.left_on is not None and here.left_on <= day and here.successor is not None:
            return self.seat_of(here.successor, day)
        unit = here.seats[0].unit_id
        for seat in here.seats:
            if seat.from_on <= day:
                unit = seat.unit_id
        return seller, unit

    def changes_of(self, seller: int) -> list[date]:
        """Give the days on which what this seller holds changes hands or units."""
        here = self.sellers[seller]
        days = [seat.from_on for seat in here.seats[1:]]
        if here.left_on is not None:
            days.append(here.left_on)
            if here.successor is not None:
                days += [d for d in self.changes_of(here.successor) if d > here.left_on]
        return sorted(days)
