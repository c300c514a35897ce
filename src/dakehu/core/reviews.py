"""A review's frozen figures: how they are kept to the digit, and what changed since the last one.

A fraction is kept as text ("73/2"), so that a figure read again is the figure that was saved.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from dakehu.core.funnel import Figure

#: The indicators of FUN-6 with their terms, in the order in which a review tells them.
INDICATORS = ("forecast", "progress", "small", "closed", "weighted", "quota")
#: Those that are a share of the quota, not an amount.
RATIOS = frozenset({"forecast", "progress"})
#: The lines below the stages.
SUMS = ("total", "in_period", "overdue")
VERSION = 1


@dataclass(frozen=True, slots=True)
class FrozenSum:
    """Count, amount and weighted amount as they were."""

    count: int
    amount: Figure
    weighted: Figure


@dataclass(frozen=True, slots=True)
class FrozenStage:
    """A stage as it was named, with the win rate that weighed."""

    key: str
    name_zh: str
    name_en: str
    rate: Fraction | None
    all: FrozenSum


@dataclass(frozen=True, slots=True)
class Frozen:
    """The figures of one view of the funnel, as they were saved."""

    currency: str
    digits: int
    with_vat: bool
    stages: tuple[FrozenStage, ...]
    sums: Mapping[str, FrozenSum]
    indicators: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a sum did since the last review; None where one of the two is not known."""

    count: int | None
    amount: Fraction | None
    weighted: Fraction | None


NOT_COMPARED = Difference(None, None, None)


def kept(frozen: Frozen) -> dict[str, Any]:
    """Give the figures as JSON keeps them."""
    return {
        "version": VERSION,
        "currency": frozen.currency,
        "digits": frozen.digits,
        "with_vat": frozen.with_vat,
        "stages": [
            {
                "key": stage.key,
                "zh": stage.name_zh,
                "en": stage.name_en,
                "rate": _text(stage.rate),
                **_sum_kept(stage.all),
            }
            for stage in frozen.stages
        ],
        "sums": {name: _sum_kept(one) for name, one in frozen.sums.items()},
        "indicators": {name: _figure_kept(one) for name, one in frozen.indicators.items()},
    }


def read(raw: Mapping[str, Any]) -> Frozen:
    """Read what `kept` gave."""
    return Frozen(
        currency=raw["currency"],
        digits=raw["digits"],
        with_vat=raw["with_vat"],
        stages=tuple(
            FrozenStage(one["key"], one["zh"], one["en"], _value(one["rate"]), _sum_read(one))
            for one in raw["stages"]
        ),
        sums={name: _sum_read(one) for name, one in raw["sums"].items()},
        indicators={name: _figure_read(one) for name, one in raw["indicators"].items()},
    )


def stage_differences(now: Frozen, before: Frozen | None) -> dict[str, Difference]:
    """Give by stage key what changed; a stage that the last review did not have is not compared."""
    then = {stage.key: stage.all for stage in before.stages} if before else {}
    return {stage.key: difference(stage.all, then.get(stage.key)) for stage in now.stages}


def sum_differences(now: Frozen, before: Frozen | None) -> dict[str, Difference]:
    """Give by line below the stages what changed."""
    then = before.sums if before else {}
    return {name: difference(one, then.get(name)) for name, one in now.sums.items()}


def indicator_differences(now: Frozen, before: Frozen | None) -> dict[str, Fraction | None]:
    """Give by indicator what changed."""
    then = before.indicators if before else {}
    return {
        name: (one - then[name]).value if name in then else None
        for name, one in now.indicators.items()
    }


def difference(now: FrozenSum, before: FrozenSum | None) -> Difference:
    """Give now − before; what is unknown on one side is unknown."""
    if before is None:
        return NOT_COMPARED
    return Difference(
        now.count - before.count,
        (now.amount - before.amount).value,
        (now.weighted - before.weighted).value,
    )


def _sum_kept(one: FrozenSum) -> dict[str, Any]:
    return {
        "count": one.count,
        "amount": _figure_kept(one.amount),
        "weighted": _figure_kept(one.weighted),
    }


def _sum_read(raw: Mapping[str, Any]) -> FrozenSum:
    return FrozenSum(raw["count"], _figure_read(raw["amount"]), _figure_read(raw["weighted"]))


def _figure_kept(one: Figure) -> list[str | None]:
    return [_text(one.value), one.reason]


def _figure_read(raw: list[str | None]) -> Figure:
    return Figure(_value(raw[0]), raw[1])


def _text(value: Fraction | None) -> str | None:
    return None if value is None else str(value)


def _value(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)
