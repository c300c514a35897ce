"""The terms of a number's formula with their values, each leading to its own number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from dakehu.core.funnel import Figure
from dakehu.queries.funnel import FunnelOnDay, MethodFunnel
from dakehu.web.numbers.registry import INPUT_ADDRESSES, INPUTS


@dataclass(frozen=True, slots=True)
class InputShown:
    """A term of the formula: its word and value, and the number that it is itself."""

    word: str
    figure: Figure
    kind: str  # amount, count, rate
    address: str = ""


def inputs_of(
    address: str, answer: FunnelOnDay, shown: MethodFunnel | None, stage: int | None
) -> list[InputShown]:
    """Give the terms of a number of the funnel page."""
    known = _known(answer)
    named: Mapping[str, Sequence[str]] = {
        "funnel.closed": ("closed_count", "closed"),
        "funnel.closed_before": ("closed_before",),
        "funnel.closed_change": ("closed_now", "closed_before"),
        "funnel.weighted_period": ("weighted",),
        "funnel.weighted_before": ("weighted_before",),
        "funnel.weighted_change": ("weighted_now", "weighted_before"),
        "funnel.small_sales": ("small_count", "small"),
        "funnel.small_before": ("small_before",),
        "funnel.small_change": ("small_now", "small_before"),
        "funnel.small_expected": ("small", "days_elapsed", "days_left", "small_expected"),
        "funnel.quota": ("quota",),
        "funnel.gap": ("quota", "forecast"),
    }
    if address in named:
        return [_input(name, known[name], address) for name in named[address]]
    indicator = {
        "funnel.forecast_index": answer.forecast,
        "funnel.progress_index": answer.progress,
    }.get(address)
    if indicator is None:
        return _cell_inputs(address, shown, stage)
    return [
        _input(name, figure, address)
        for name, figure in indicator.inputs.items()
        if answer.small_in_use or not name.startswith("small")
    ]


_COUNTS = {"closed_count", "small_count", "days_elapsed", "days_left"}


def _known(answer: FunnelOnDay) -> dict[str, Figure]:
    period, on = answer.question.period, answer.question.on
    return {
        "closed": answer.closed.amount,
        "closed_now": answer.closed.amount,
        "closed_before": answer.closed_before,
        "closed_count": _whole(answer.closed.count),
        "weighted": answer.weighted,
        "weighted_now": answer.weighted,
        "weighted_before": answer.weighted_before,
        "small": answer.small,
        "small_now": answer.small,
        "small_before": answer.small_before,
        "small_count": _whole(answer.small_count),
        "small_expected": answer.small_expected,
        "days_elapsed": _whole(period.elapsed_days(on)),
        "days_left": _whole(period.days_left(on)),
        "quota": answer.quota,
        "forecast": answer.forecast.numerator,
    }


def _input(name: str, figure: Figure, asked: str) -> InputShown:
    word = INPUTS["count" if name.endswith("_count") else name]
    leads = INPUT_ADDRESSES.get(name, "")
    kind = "count" if name in _COUNTS else "amount"
    return InputShown(str(word), figure, kind, "" if leads == asked else leads)


def _cell_inputs(address: str, shown: MethodFunnel | None, stage: int | None) -> list[InputShown]:
    if shown is None:
        return []
    table = shown.table
    total = {
        "funnel.overdue": table.overdue,
        "funnel.in_period": table.in_period,
        "funnel.later": table.later,
        "funnel.undated": table.undated,
    }.get(address, table.total)
    rows = [row for row in table.rows if row.lineage_id == stage]
    part = rows[0].all if rows else total
    inputs = [
        InputShown(str(INPUTS["count"]), _whole(part.count), "count"),
        InputShown(str(INPUTS["amount"]), part.amount, "amount"),
    ]
    if rows:
        rate = rows[0].rate
        inputs.append(
            InputShown(str(INPUTS["rate"]), Figure(rate, None if rate else "no_rate"), "rate")
        )
    return [*inputs, InputShown(str(INPUTS["weighted"]), part.weighted, "amount")]


def _whole(count: int) -> Figure:
    return Figure(Fraction(count))
