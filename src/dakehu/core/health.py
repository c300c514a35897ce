"""Health of the funnel (FUN-7): what stands open at a stage against its norm.

Norm = mean of the same stage on the same day of the last four quarters, from the ledger; until
there is a year of history, a norm that the unit's head entered. A norm of 0 is no norm.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import ceil
from typing import Literal

from dakehu.core.funnel import Figure
from dakehu.core.periods import containing, same_day_of

QUARTERS = 4
EXCELLENT = Fraction(1)
GOOD = Fraction(7, 10)
NO_HISTORY = "no_norm"

Verdict = Literal["excellent", "good", "warning"]
Source = Literal["ledger", "entered"]


@dataclass(frozen=True, slots=True)
class Norm:
    """What is usual at a stage on this day of a quarter; None where it is not known."""

    count: Fraction | None = None
    amount: Figure = field(default_factory=lambda: Figure(None, NO_HISTORY))
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """One side of the health of a stage: by count or by amount.

    `ratio` is None with `reason` where the norm or the current figure is not known; `to_good` and
    `to_excellent` are what is missing, 0 where nothing is.
    """

    current: Fraction | None
    norm: Fraction | None
    ratio: Fraction | None
    reason: str | None
    verdict: Verdict | None
    to_good: Fraction | None
    to_excellent: Fraction | None


@dataclass(frozen=True, slots=True)
class StageHealth:
    """The health of a stage; `worse` is the side that heads the row, None: no history yet."""

    lineage_id: int
    source: Source | None
    count: Measure
    amount: Measure

    @property
    def worse(self) -> Measure | None:
        """Give the side with the lower ratio, the count where they are equal."""
        known = [side for side in (self.count, self.amount) if side.ratio is not None]
        return min(known, key=lambda side: side.ratio or 0) if known else None

    @property
    def verdict(self) -> Verdict | None:
        """Give the verdict of the worse side."""
        return None if self.worse is None else self.worse.verdict


def norm_days(day: date, first_month: int = 1) -> tuple[date, ...]:
    """Give the days of the last four quarters that a day is measured by, the newest first.

    Each is as many days after its quarter's first day as `day` is, at most the quarter's last.
    """
    own = containing(day, "quarter", first_month)
    days = []
    quarter = own
    for _number in range(QUARTERS):
        quarter = quarter.previous()
        days.append(same_day_of(own, day, quarter))
    return tuple(days)


def norm_of(counts: Sequence[int], amounts: Sequence[Figure]) -> Norm:
    """Give the mean of what stood at a stage on each of the norm's days, from the ledger.

    An amount that one of the days can't tell (no exchange rate) leaves the norm of amounts unknown.
    """
    total = Figure(Fraction(0))
    for one in amounts:
        total = total + one
    mean = total if total.value is None else Figure(total.value / len(amounts))
    return Norm(Fraction(sum(counts), len(counts)), mean, "ledger")


def verdict_of(ratio: Fraction) -> Verdict:
    """Give the verdict of current ÷ norm: 100% is excellent, 70% is good, less is a warning."""
    if ratio >= EXCELLENT:
        return "excellent"
    return "good" if ratio >= GOOD else "warning"


def measured(current: Figure, norm: Figure, *, whole: bool = False) -> Measure:
    """Measure one side. `whole`: only whole ones can be added, as of opportunities."""
    if not norm.value or norm.value < 0:
        reason = norm.reason if norm.value is None and norm.reason else NO_HISTORY
        return Measure(current.value, None, None, reason, None, None, None)
    if current.value is None:
        return Measure(None, norm.value, None, current.reason, None, None, None)
    ratio = current.value / norm.value

    def missing(share: Fraction) -> Fraction:
        gap = max(Fraction(0), share * (norm.value or 0) - (current.value or 0))
        return Fraction(ceil(gap)) if whole else gap

    return Measure(
        current.value, norm.value, ratio, None, verdict_of(ratio), missing(GOOD), missing(EXCELLENT)
    )


def stage_health(lineage_id: int, count: int, amount: Figure, norm: Norm) -> StageHealth:
    """Compare what stands open at a stage with its norm, by count and by amount."""
    return StageHealth(
        lineage_id,
        norm.source,
        measured(Figure(Fraction(count)), Figure(norm.count, NO_HISTORY), whole=True),
        measured(amount, norm.amount),
    )
