"""Rates in force on a day, as recorded by a moment: win rates and exchange rates (FUN-5)."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from django.db.models import Exists, OuterRef, Subquery

from dakehu.core.access import Viewer
from dakehu.core.currency import Exchange, convert
from dakehu.models import (
    BooksClosing,
    Currency,
    Entry,
    ExchangeRate,
    Opportunity,
    Organisation,
    Person,
    SmallSale,
    WinRate,
)
from dakehu.queries.people import PersonName
from dakehu.queries.stamps import kept_while


@dataclass(frozen=True, slots=True)
class DatedRate:
    """A stage's win rate from a day on."""

    stage_id: int
    kind: str
    rate_bp: int
    on: date
    recorded_at: datetime
    #: Of a calibrated rate: over how many decided opportunities it was found.
    decided: int | None = None


@dataclass(frozen=True)
class WinRates:
    """Every win rate ever set, newest last; the ones of any day come from here."""

    rows: tuple[DatedRate, ...]

    def on(self, day: date, known_at: datetime | None = None) -> dict[int, int | None]:
        """Give the basis points in force per stage; a stage never given a rate is absent."""
        found: dict[int, int | None] = {}
        for row in self.rows:
            if row.on <= day and (known_at is None or row.recorded_at <= known_at):
                found[row.stage_id] = row.rate_bp
        return found


def win_rates(kind: str = "method") -> WinRates:
    """Read the win rates of a kind; where no calibrated one is in force the method's rules."""
    method_rates, both = _every_win_rate()
    return method_rates if kind == "method" else both


def calibrated_on(day: date) -> dict[int, DatedRate]:
    """Give the calibrated rates in force on a day per stage."""
    _method, both = _every_win_rate()
    return {row.stage_id: row for row in both.rows if row.kind == "calibrated" and row.on <= day}


@kept_while("methods")
def _every_win_rate() -> tuple[WinRates, WinRates]:
    """Give the method's rates, and the same with the calibrated ones after them."""
    rows = WinRate.objects.filter(kind__in=["method", "calibrated"])
    # Method rates first, so that a calibrated one of any day overrules them.
    ordered = rows.order_by("-kind", "on", "recorded_at", "id").values_list(
        "stage_id", "kind", "rate_bp", "on", "recorded_at", "decided"
    )
    every = tuple(DatedRate(*row) for row in ordered)
    return WinRates(tuple(row for row in every if row.kind == "method")), WinRates(every)


@dataclass(frozen=True, slots=True)
class CurrencyInUse:
    """What a currency is to amounts: its digits, and whether new ones may be entered in it."""

    code: str
    digits: int
    is_active: bool


@dataclass(frozen=True, slots=True)
class DatedExchange:
    """What one unit of a currency is worth in base currency from a day on."""

    on: date
    recorded_at: datetime
    rate: Fraction


@dataclass(frozen=True)
class ExchangeBook:
    """Every currency, and every exchange rate ever set: per currency, the newest first."""

    currencies: dict[str, CurrencyInUse]
    rates: dict[str, tuple[DatedExchange, ...]]

    def rate(self, currency: str, on: date, known_at: datetime | None = None) -> Fraction | None:
        """Give the rate in force on a day, as known now or at a moment."""
        for row in self.rates.get(currency, ()):
            if row.on <= on and (known_at is None or row.recorded_at <= known_at):
                return row.rate
        return None

    def once_in_force(self, currency: str, on: date) -> tuple[Fraction, ...]:
        """Give the rates in force on a day as known at some moment, the newest known last.

        A rate set anew for a day leaves what was booked before as it was (FUN-5): a booking is
        right at any of them.
        """
        newest, found = date.min, []
        in_order = sorted(self.rates.get(currency, ()), key=lambda row: (row.recorded_at, row.on))
        for row in in_order:
            if newest <= row.on <= on:
                newest = row.on
                found.append(row.rate)
        return tuple(found)

    def booked(self, minor: int, currency: str, rate: Fraction, base_digits: int) -> int:
        """Give an amount of a currency in minor units of the base currency, rounded once."""
        digits = self.currencies[currency].digits
        return convert(minor, from_digits=digits, rate=rate, to_digits=base_digits)


@kept_while("house")
def exchange_book() -> ExchangeBook:
    """Read every currency and exchange rate."""
    rates: dict[str, list[DatedExchange]] = {}
    rows = ExchangeRate.objects.order_by("-on", "-recorded_at", "-id")
    for code, on, at, rate in rows.values_list("currency_id", "on", "recorded_at", "rate"):
        rates.setdefault(code, []).append(DatedExchange(on, at, Fraction(rate)))
    known = Currency.objects.order_by("code").values_list("code", "digits", "is_active")
    return ExchangeBook(
        {code: CurrencyInUse(code, digits, active) for code, digits, active in known},
        {code: tuple(found) for code, found in rates.items()},
    )


def currency_digits() -> dict[str, int]:
    """Give the digits of every currency."""
    return {code: row.digits for code, row in exchange_book().currencies.items()}


def exchange_on(
    days: tuple[date, ...], *, base: str, known_at: datetime | None = None
) -> dict[date, Exchange]:
    """Give the exchange to the base currency for each day: per currency the latest rate by then."""
    book = exchange_book()
    digits = {code: row.digits for code, row in book.currencies.items()}
    found: dict[date, Exchange] = {}
    for day in set(days):
        rates = {code: book.rate(code, day, known_at) for code in book.rates}
        known = {code: rate for code, rate in rates.items() if rate is not None}
        found[day] = Exchange(base, digits, known)
    return found


@dataclass(frozen=True, slots=True)
class CurrencyRow:
    """A currency with the rate in force; `rate` is None where none is known."""

    code: str
    name_zh: str
    name_en: str
    digits: int
    is_active: bool
    is_base: bool
    is_used: bool
    rate: Decimal | None
    since: date | None

    def name(self, language: str) -> str:
        """Give the name in the reader's language."""
        first, second = (
            (self.name_en, self.name_zh)
            if language.startswith("en")
            else (self.name_zh, self.name_en)
        )
        return first or second


@dataclass(frozen=True, slots=True)
class RateRow:
    """A rate as it was set."""

    currency: str
    rate: Decimal
    on: date
    recorded_at: datetime
    actor: PersonName | None


@dataclass(frozen=True, slots=True)
class ClosingRow:
    """A closing of the books, or their opening up to an earlier day."""

    until_on: date
    recorded_at: datetime
    actor: PersonName | None


def is_used(code: str) -> bool:
    """Test if some amount stands in the currency: then its digits are frozen."""
    return code in used_currencies()


def used_currencies() -> frozenset[str]:
    """Give the currencies in which some amount stands."""
    return frozenset(
        Currency.objects.filter(
            Exists(Opportunity.objects.filter(currency_id=OuterRef("pk")))
            | Exists(Entry.objects.filter(currency=OuterRef("pk")))
            | Exists(SmallSale.objects.filter(currency_id=OuterRef("pk")))
            | Exists(Organisation.objects.filter(base_currency_id=OuterRef("pk")))
        ).values_list("code", flat=True)
    )


def currencies(*, viewer: Viewer, on: date, base: str) -> tuple[CurrencyRow, ...]:
    """Give every currency with its rate in force on a day, the base first."""
    del viewer
    latest = (
        ExchangeRate.objects.filter(currency_id=OuterRef("pk"), on__lte=on)
        .order_by("-on", "-recorded_at", "-id")
        .values("rate")
    )
    used = used_currencies()
    rows = Currency.objects.annotate(
        rate=Subquery(latest[:1]), since=Subquery(latest.values("on")[:1])
    )
    found = [
        CurrencyRow(
            code=row.code,
            name_zh=row.name_zh,
            name_en=row.name_en,
            digits=row.digits,
            is_active=row.is_active,
            is_base=row.code == base,
            is_used=row.code in used,
            rate=row.rate,
            since=row.since,
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda row: (not row.is_base, not row.is_active, row.code)))


def rates_set(*, viewer: Viewer, limit: int = 16) -> tuple[RateRow, ...]:
    """Give the rates set last, the newest first."""
    del viewer
    rows = ExchangeRate.objects.select_related("actor").order_by("-recorded_at", "-id")
    return tuple(
        RateRow(row.currency_id, row.rate, row.on, row.recorded_at, _named(row.actor))
        for row in rows[:limit]
    )


def closings(*, viewer: Viewer, limit: int = 24) -> tuple[ClosingRow, ...]:
    """Give how the books were closed, the ruling row first."""
    del viewer
    rows = BooksClosing.objects.select_related("actor").order_by("-recorded_at", "-id")
    return tuple(
        ClosingRow(row.until_on, row.recorded_at, _named(row.actor)) for row in rows[:limit]
    )


def _named(person: Person | None) -> PersonName | None:
    if person is None:
        return None
    return PersonName(person.pk, person.login, person.name, person.name_en)
