"""The frozen figures of a review as its page and file show them, and where each is explained."""

from dataclasses import dataclass
from fractions import Fraction

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from dakehu.core.funnel import Figure
from dakehu.core.reviews import (
    INDICATORS,
    RATIOS,
    SUMS,
    Difference,
    FrozenSum,
    indicator_differences,
    stage_differences,
    sum_differences,
)
from dakehu.queries.reviews import ReviewShown

WORDS: dict[str, str | Promise] = {
    "forecast": lazy("Forecast index"),
    "progress": lazy("Progress index"),
    "small": lazy("Out-of-funnel sales"),
    "closed": lazy("Closed"),
    "weighted": lazy("Weighted"),
    "quota": lazy("Quota"),
    "total": lazy("Total"),
    "in_period": lazy("of which expected within the period"),
    "overdue": lazy("of which overdue"),
    "created": lazy("Saved"),
    "note": lazy("Notes"),
    "agreed": lazy("Agreed"),
    "done": lazy("Done"),
    "undone": lazy("Not done after all"),
}
#: Where a frozen figure is explained: at the number of the funnel that it was.
INDICATORS_AT = {
    "forecast": "funnel.forecast_index",
    "progress": "funnel.progress_index",
    "small": "funnel.small_sales",
    "closed": "funnel.closed",
    "weighted": "funnel.weighted_period",
    "quota": "funnel.quota",
}
TABLE_AT = ("funnel.count", "funnel.amount", "funnel.weighted")
SUMS_AT = {
    "total": TABLE_AT,
    "in_period": ("funnel.in_period",) * 3,
    "overdue": ("funnel.overdue",) * 3,
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table of figures: as it was, and what it did since the last review."""

    name: str
    sum: FrozenSum
    change: Difference
    #: Where count, amount and weighted amount are explained.
    count_at: str
    amount_at: str
    weighted_at: str
    stage: str | None = None


@dataclass(frozen=True, slots=True)
class IndicatorLine:
    """An indicator as it was, in the last review, and the change."""

    name: str
    address: str
    is_ratio: bool
    now: Figure
    before: Figure | None
    change: Fraction | None


def indicator_lines(shown: ReviewShown) -> list[IndicatorLine]:
    changes = indicator_differences(shown.figures, shown.before)
    before = shown.before.indicators if shown.before else {}
    return [
        IndicatorLine(
            str(WORDS[name]),
            INDICATORS_AT[name],
            name in RATIOS,
            shown.figures.indicators[name],
            before.get(name),
            changes[name],
        )
        for name in INDICATORS
        if name in shown.figures.indicators
    ]


def stage_lines(shown: ReviewShown, language: str) -> list[Line]:
    changes = stage_differences(shown.figures, shown.before)
    return [
        Line(
            (stage.name_en or stage.name_zh) if language == "en" else stage.name_zh,
            stage.all,
            changes[stage.key],
            *TABLE_AT,
            stage=stage.key,
        )
        for stage in shown.figures.stages
    ]


def sum_lines(shown: ReviewShown) -> list[Line]:
    changes = sum_differences(shown.figures, shown.before)
    return [
        Line(str(WORDS[name]), shown.figures.sums[name], changes[name], *SUMS_AT[name])
        for name in SUMS
    ]


def view_of(shown: ReviewShown) -> dict[str, object]:
    """Give the filters of the same view of the funnel, as known when the review was saved."""
    row, known = shown.row, timezone.localtime(shown.known_at)
    return {
        "unit": row.unit_id, "on": row.on.isoformat(), "period": row.period_key,
        "method": row.method_key, "currency": row.currency, "known_at": known.isoformat(),
        **({"organised": "today"} if shown.as_organised_today else {}),
    }  # fmt: skip
