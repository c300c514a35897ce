"""Speed of the funnel and calibrated win rates (FUN-9), from stays in stages.

A stay is the time from entering a stage to leaving it. Conversion counts opportunities, median
days count stays; one that is still open is censored on the day asked for (Kaplan–Meier).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import groupby
from math import ceil

from dakehu.core.ledger import Kind

#: Movements by which an opportunity comes to a stage or leaves it.
TURNS = (
    Kind.CREATED, Kind.METHOD_MOVED, Kind.ADVANCED, Kind.REGRESSED, Kind.WON, Kind.LOST,
    Kind.ABANDONED, Kind.REOPENED, Kind.VOIDED, Kind.RESTORED,
)  # fmt: skip
#: Movements by which value may leak; of changed amounts those that shrank.
LEAKING = (Kind.SLIPPED, Kind.AMOUNT_CHANGED, Kind.REGRESSED, Kind.LOST)
WINDOW_MONTHS = 12
SLOW = Fraction(3, 2)
WHOLE_BP = 10_000


@dataclass(frozen=True, slots=True)
class Stays:
    """Stays of one stage that lasted equally long; `ended` is false of those still open."""

    days: int
    ended: bool
    number: int


@dataclass(frozen=True, slots=True)
class StageSpeed:
    """Conversion and median days of a stage; None where nothing entered it, or too few left."""

    entered: int
    forward: int
    stays: int
    still_open: int
    median_days: int | None

    @property
    def conversion(self) -> Fraction | None:
        """Give the share of those that entered in the window which left forward."""
        return Fraction(self.forward, self.entered) if self.entered else None

    @property
    def still_in(self) -> Fraction | None:
        """Give the share of the stays that are still open."""
        return Fraction(self.still_open, self.stays) if self.stays else None


def window_start(day: date, months: int = WINDOW_MONTHS) -> date:
    """Give the first day of the window of whole months that ends with `day`."""
    following = day + timedelta(days=1)
    count = following.year * 12 + following.month - 1 - months
    year, month = count // 12, count % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month, min(following.day, last))


def kaplan_meier_median(stays: Iterable[Stays]) -> int | None:
    """Give the least number of days by which half have left; None while more than half stay.

    At each length the share that stays is multiplied by 1 − left ÷ at risk; a stay still open is
    at risk as long as it has lasted, that day included.
    """
    ordered = sorted(stays, key=lambda one: one.days)
    at_risk = sum(one.number for one in ordered)
    staying = Fraction(1)
    days: int
    for days, alike in groupby(ordered, key=lambda one: one.days):
        group = list(alike)
        left = sum(one.number for one in group if one.ended)
        if left:
            staying *= 1 - Fraction(left, at_risk)
            if staying <= Fraction(1, 2):
                return days
        at_risk -= sum(one.number for one in group)
    return None


def stage_speed(entered: int, forward: int, stays: Sequence[Stays]) -> StageSpeed:
    """Put conversion and median of a stage together."""
    return StageSpeed(
        entered,
        forward,
        sum(one.number for one in stays),
        sum(one.number for one in stays if not one.ended),
        kaplan_meier_median(stays),
    )


def slowness(age_days: int, median_days: int | None) -> Fraction | None:
    """Give an opportunity's age at its stage ÷ the stage's median; None without a median."""
    if median_days is None:
        return None
    # Where half leave on the day they come, a day is already the measure.
    return Fraction(age_days, max(median_days, 1))


def is_slow(age_days: int, median_days: int | None) -> bool:
    """Test if an opportunity has stood at its stage for 1.5 × the median or longer."""
    ratio = slowness(age_days, median_days)
    return ratio is not None and ratio >= SLOW


def slow_since(day: date, median_days: int) -> date:
    """Give the latest day of entering a stage that makes an opportunity slow on `day`."""
    return day - timedelta(days=ceil(SLOW * max(median_days, 1)))


@dataclass(frozen=True, slots=True)
class Decided:
    """Of those that were ever at a stage: how many are decided now, and how many of them won."""

    decided: int
    wins: int


def calibrated_bp(method_bp: int, found: Decided, weight: int) -> int:
    """(method's rate × m + wins) ÷ (m + decided), in basis points, rounded half to even.

    With a weight of 0 and nothing decided the method's rate stays.
    """
    if weight + found.decided == 0:
        return method_bp
    wins = Fraction(method_bp, WHOLE_BP) * weight + found.wins
    return round(wins / (weight + found.decided) * WHOLE_BP)


def calibrated(
    method_bp: Mapping[int, int], found: Mapping[int, Decided], weight: int
) -> dict[int, tuple[int, int]]:
    """Give each stage's calibrated rate in basis points and how many decided it rests on."""
    nothing = Decided(0, 0)
    return {
        stage: (
            calibrated_bp(rate, found.get(stage, nothing), weight),
            found.get(stage, nothing).decided,
        )
        for stage, rate in method_bp.items()
    }
