"""The three indicators week by week (FUN-6): weekly days that end with the day asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from dakehu.core.access import Viewer
from dakehu.core.currency import Exchange
from dakehu.core.errors import RuleBroken
from dakehu.core.funnel import (
    ZERO,
    Cell,
    Figure,
    Indicator,
    WeightedScope,
    forecast_index,
    known,
    progress_index,
    small_expected,
    weighted_for_period,
)
from dakehu.core.ledger import Place
from dakehu.queries.days import open_by_steps, same_sight
from dakehu.queries.funnel import (
    WEEK,
    FunnelQuestion,
    person_in_sight,
    quota_asked,
    shown_for_base,
    sight,
    threshold_in_use,
)
from dakehu.queries.ledger import Where, fetch
from dakehu.queries.opportunities.history import day_of
from dakehu.queries.organisation import organisation
from dakehu.queries.rates import exchange_on, win_rates
from dakehu.queries.units import all_units

WEEKS = 12


@dataclass(frozen=True, slots=True)
class Week:
    """The indicators on one day, for the same period and quota on all days."""

    on: date
    forecast: Indicator
    progress: Indicator
    closed: Figure
    weighted: Figure
    small: Figure


@dataclass(frozen=True, slots=True)
class _Sold:
    """Won amount and small sales of the period up to a day."""

    closed: Figure
    small: Figure


def weekly_indicators(
    viewer: Viewer, *, question: FunnelQuestion, today: date, weeks: int = WEEKS
) -> tuple[Week, ...]:
    """Give the indicators of the last weeks, the oldest first; each is what its own page shows.

    All are of the period asked for: before it nothing was closed. Raises what `funnel_on` raises.
    """
    if question.on > today:
        raise RuleBroken("funnel.future", on=question.on, today=today)
    if question.person_id is not None:
        person_in_sight(viewer, person_id=question.person_id)
    org, units = organisation(), all_units()
    days = [question.on - WEEK * n for n in range(weeks, -1, -1)]
    groups = same_sight({day: sight(viewer, question, units, day, today) for day in days})
    cells: dict[date, tuple[Cell, ...]] = {}
    sold: dict[date, list[tuple[int, date, int]]] = {}
    for where, same in groups:
        cells |= open_by_steps(where, days=same, period=question.period, known_at=question.known_at)
        rows = _sales(where, question, same[-1])
        sold |= dict.fromkeys(same, rows)
    shown = question.currency or org.base_currency
    exchange = exchange_on(tuple(days), base=org.base_currency, known_at=question.known_at)
    rates = win_rates(org.win_rate_kind)
    scope: WeightedScope = "all_open" if org.weighted_scope == "all_open" else "in_period"
    in_use = threshold_in_use(viewer, question, units)
    rate = shown_for_base(org, exchange[question.on].restated(shown))
    quota = quota_asked(viewer, question, units, rate, today)
    weighted = {
        day: weighted_for_period(
            cells[day], rates.on(day, question.known_at), _restated(exchange[day], shown), scope
        )
        for day in days
    }
    sums = {day: _up_to(sold[day], day, rate) for day in days}
    return tuple(
        _week(question, day, weighted, sums, quota, in_use=in_use, literal=org.progress_literal)
        for day in days[1:]
    )


def _week(
    question: FunnelQuestion,
    day: date,
    weighted: Mapping[date, Figure],
    sums: Mapping[date, _Sold],
    quota: Figure,
    *,
    in_use: bool,
    literal: bool,
) -> Week:
    before = day - WEEK
    small = sums[day].small if in_use else ZERO
    expected = small_expected(
        small,
        elapsed_days=question.period.elapsed_days(day),
        days_left=question.period.days_left(day),
    )
    return Week(
        on=day,
        forecast=forecast_index(
            closed=sums[day].closed,
            weighted=weighted[day],
            quota=quota.value,
            small=small,
            small_expected=expected,
        ),
        progress=progress_index(
            weighted_now=weighted[day],
            weighted_before=weighted[before],
            closed_now=sums[day].closed,
            closed_before=sums[before].closed,
            quota=quota.value,
            small_now=small,
            small_before=sums[before].small if in_use else ZERO,
            literal=literal,
        ),
        closed=sums[day].closed,
        weighted=weighted[day],
        small=sums[day].small,
    )


def _sales(
    where: Sequence[Where], question: FunnelQuestion, last: date
) -> list[tuple[int, date, int]]:
    """Sum what was won, and sold outside the funnel, on each day of the period up to `last`."""
    end = min(last, question.period.last_day)
    if not where or end < question.period.start:
        return []
    known_by = "" if question.known_at is None else " AND recorded_at <= %s"
    selects, params = [], []
    for part in where:
        selects.append(
            'SELECT 0 AS what, "on", COALESCE(base_minor, 0) AS base FROM dakehu_entry'
            f' WHERE place = {int(Place.WON)} AND place >= 2 AND "on" >= %s AND "on" <= %s'
            f" AND {part.sql()}{known_by}"
        )
        selects.append(
            'SELECT 1 AS what, "on", base_minor AS base FROM dakehu_smallsale'
            f' WHERE "on" >= %s AND "on" <= %s AND {part.sql(has_account=True)}{known_by}'
        )
        last_param = [question.known_at] if question.known_at else []
        params += [question.period.start, end, *last_param] * 2
    rows = fetch(
        f'SELECT what, "on", SUM(base) FROM ({" UNION ALL ".join(selects)}) AS sales GROUP BY 1, 2',
        params,
    )
    return [(what, day_of(on), int(minor)) for what, on, minor in rows]


def _up_to(rows: Sequence[tuple[int, date, int]], day: date, rate: Fraction) -> _Sold:
    closed = sum(minor for what, on, minor in rows if what == 0 and on <= day)
    small = sum(minor for what, on, minor in rows if what == 1 and on <= day)
    return _Sold(known(closed * rate), known(small * rate))


def _restated(exchange: Exchange, currency: str) -> Exchange:
    """Restate where the day knows the currency; else its amounts stay unknown."""
    try:
        return exchange.restated(currency)
    except RuleBroken:
        return Exchange(to=currency, digits=exchange.digits, rates={})
