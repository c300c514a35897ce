"""Rates in force on a day, as recorded by a moment: win rates and exchange rates (FUN-5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from django.db.models import Exists, OuterRef, Subquery

from dakehu.core.access import Viewer
from dakehu.core.currency import Exchange
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
from dakehu.queries.snapshot import once_in_a_snapshot


@dataclass(frozen=True, slots=True)
class DatedRate:
    """A stage's win rate from a day on."""

    stage_id: int
    kind: str
    rate_bp: int
    on: date
    recorded_at: datetime


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
    kinds = ["method"] if kind == "method" else ["method", "calibrated"]
    rows = WinRate.objects.filter(kind__in=kinds)
    # Method rates first, so that a calibrated one of any day overrules them.
    ordered = rows.order_by("-kind", "on", "recorded_at", "id").values_list(
        "stage_id", "kind", "rate_bp", "on", "recorded_at"
    )
    return WinRates(tuple(DatedRate(*row) for row in ordered))


@once_in_a_snapshot
def currency_digits() -> dict[str, int]:
    """Give the digits of every currency."""
    return dict(Currency.objects.values_list("code", "digits"))


def exchange_on(
    days: Iterable[date], *, base: str, known_at: datetime | None = None
) -> dict[date, Exchange]:
    """Give the exchange to the base currency for each day: per currency the latest rate by then."""
    wanted = sorted(set(days))
    rates = ExchangeRate.objects.all()
    if known_at is not None:
        rates = rates.filter(recorded_at__lte=known_at)
    newest = rates.filter(currency=OuterRef("code")).order_by("-on", "-recorded_at", "-id")
    columns = {
        f"rate_{place}": Subquery(newest.filter(on__lte=day).values("rate")[:1])
        for place, day in enumerate(wanted)
    }
    digits: dict[str, int] = {}
    found: dict[date, dict[str, Fraction]] = {day: {} for day in wanted}
    rows = Currency.objects.annotate(**columns).values_list("code", "digits", *columns)
    for code, places, *values in rows:
        digits[code] = places
        for day, rate in zip(wanted, values, strict=True):
            if rate is not None:
                found[day][code] = Fraction(rate)
    return {day: Exchange(base, digits, known) for day, known in found.items()}


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
