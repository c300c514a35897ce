"""The funnel as its page shows it: rows with bars, tabs of methods, periods, the gap."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from dakehu.core.errors import RuleBroken
from dakehu.core.funnel import Figure, StageRow
from dakehu.core.periods import containing
from dakehu.queries.funnel import (
    FunnelOnDay,
    FunnelQuestion,
    MethodFunnel,
)
from dakehu.web.funnel.asked import KINDS, Asked


@dataclass(frozen=True, slots=True)
class RowShown:
    """One line of the stage table, with the widths of its bar in thousandths."""

    key: str
    name: str
    seller: str
    row: StageRow
    share: int
    weighted_share: int


@dataclass(frozen=True, slots=True)
class Tab:
    """A method to choose, with how many open opportunities it holds."""

    key: str
    name: str
    count: int
    is_shown: bool


def method_shown(answer: FunnelOnDay, asked: Asked) -> MethodFunnel | None:
    """Give the method of the URL, else the unit's, else the one with most open opportunities."""
    by_key = {one.method.key: one for one in answer.methods}
    if asked.method_key is not None:
        if asked.method_key not in by_key:
            raise RuleBroken("method.unknown", method=asked.method_key)
        return by_key[asked.method_key]
    unit = asked.units.names.get(asked.question.unit_id or 0)
    of_unit = [m for m in answer.methods if unit is not None and m.method.id == unit.method_id]
    ranked = sorted(answer.methods, key=lambda m: -m.table.total.count)
    found = of_unit or ranked
    return found[0] if found else None


def rows_shown(shown: MethodFunnel, language: str) -> list[RowShown]:
    """Give the lines of the table; bars are drawn to the largest amount of a stage."""
    labels = {stage.lineage_id: stage for stage in shown.method.stages}
    largest = max((_value(row.all.amount) for row in shown.table.rows), default=Fraction(0))
    rows = []
    for row in shown.table.rows:
        label = labels[row.lineage_id]
        first, second = (label.name_en, label.name_zh)
        if language != "en":
            first, second = second, first
        amount = _value(row.all.amount)
        rows.append(
            RowShown(
                label.key,
                first or second,
                "",
                row,
                _thousandths(amount, largest),
                _thousandths(_value(row.all.weighted), amount),
            )
        )
    return rows


def _value(figure: Figure) -> Fraction:
    return figure.value or Fraction(0)


def _thousandths(part: Fraction, whole: Fraction) -> int:
    return 0 if whole <= 0 else min(1000, round(1000 * part / whole))


def tabs_of(answer: FunnelOnDay, shown: MethodFunnel | None, language: str) -> list[Tab]:
    tabs = []
    for one in answer.methods:
        name = one.method.name_en if language == "en" else one.method.name_zh
        is_shown = shown is not None and one.method.key == shown.method.key
        if one.table.total.count or is_shown:
            tabs.append(Tab(one.method.key, name, one.table.total.count, is_shown))
    return tabs


def periods_of(question: FunnelQuestion, first_month: int) -> dict[str, object]:
    return {
        "previous": question.period.previous(),
        "next": question.period.next(),
        "kinds": [
            (kind, containing(_anchor(question), kind, first_month), kind == question.period.kind)
            for kind in KINDS
        ],
    }


def _anchor(question: FunnelQuestion) -> date:
    return question.on if question.on in question.period else question.period.start


def stack_of(answer: FunnelOnDay) -> dict[str, int] | None:
    """Give the bar of the forecast index in thousandths of the quota, cut at one and a half."""
    quota, forecast = answer.quota.value, answer.forecast.numerator.value
    if not quota or forecast is None:
        return None
    whole = max(quota, forecast)
    closed = _value(answer.closed.amount) + (
        _value(answer.small) if answer.small_in_use else Fraction(0)
    )
    return {
        "closed": _thousandths(closed, whole),
        "weighted": _thousandths(_value(answer.weighted), whole),
        "expected": _thousandths(_value(answer.small_expected), whole),
        "quota": _thousandths(quota, whole),
    }


def gap_of(answer: FunnelOnDay) -> Fraction | None:
    quota, forecast = answer.quota.value, answer.forecast.numerator.value
    return None if quota is None or forecast is None else quota - forecast
