"""Rates in force on a day, as recorded by a moment: win rates and exchange rates (FUN-5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from django.db.models import F, Q

from dakehu.core.currency import Exchange
from dakehu.models import Currency, ExchangeRate, WinRate


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


def currency_digits() -> dict[str, int]:
    """Give the digits of every currency."""
    return dict(Currency.objects.values_list("code", "digits"))


def exchange_on(
    days: Iterable[date],
    *,
    base: str,
    digits: dict[str, int],
    known_at: datetime | None = None,
) -> dict[date, Exchange]:
    """Give the exchange to the base currency for each day: per currency the latest rate by then."""
    wanted = sorted(set(days))
    rows = ExchangeRate.objects.filter(on__lte=wanted[-1])
    if known_at is not None:
        rows = rows.filter(recorded_at__lte=known_at)
    found: dict[date, dict[str, Fraction]] = {day: {} for day in wanted}
    for currency, on, rate in rows.order_by("on", "recorded_at", "id").values_list(
        "currency_id", "on", "rate"
    ):
        for day in wanted:
            if on <= day:
                found[day][currency] = Fraction(rate)
    return {day: Exchange(base, digits, rates) for day, rates in found.items()}


def currencies_in_use() -> list[str]:
    """Give the currencies in which figures can be shown: those with a rate, the base first."""
    rated = ExchangeRate.objects.values_list("currency_id", flat=True)
    return list(
        Currency.objects.filter(is_active=True)
        .filter(Q(organisation__isnull=False) | Q(pk__in=rated))
        .order_by(F("organisation").asc(nulls_last=True), "code")
        .values_list("code", flat=True)
        .distinct()
    )
