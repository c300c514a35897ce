"""The funnel page's figures: stage tables and the three indicators of any unit on any day."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from dakehu.core.access import Viewer
from dakehu.core.currency import Exchange
from dakehu.core.errors import RuleBroken
from dakehu.core.funnel import (
    ZERO,
    Cell,
    Figure,
    Indicator,
    Rates,
    WeightedScope,
    forecast_index,
    known,
    progress_index,
    small_expected,
    stage_table,
    sum_cells,
    weighted_for_period,
)
from dakehu.core.ledger import Place
from dakehu.core.money import units as in_units
from dakehu.queries.funnel.facts import (
    Closed,
    FunnelOnDay,
    FunnelQuestion,
    MethodFunnel,
    MethodLabel,
    method_labels,
)
from dakehu.queries.funnel.whose import (
    person_in_sight,
    quota_asked,
    sight,
    threshold_in_use,
    week_known_at,
)
from dakehu.queries.ledger import (
    Closing,
    DayCells,
    OutcomeSum,
    Where,
    closing,
    open_cells,
    outcome_sums,
)
from dakehu.queries.organisation import Org, organisation
from dakehu.queries.rates import exchange_on, win_rates
from dakehu.queries.units import Units, all_units

WEEK = timedelta(days=7)


def funnel_on(viewer: Viewer, *, question: FunnelQuestion, today: date) -> FunnelOnDay:
    """Answer the question with every method's stage table and the three indicators (FUN-6).

    Raises NotFound("unit.unknown"/"person.unknown") for what is out of sight, and
    RuleBroken("funnel.future") for a day to come.
    """
    if question.on > today:
        raise RuleBroken("funnel.future", on=question.on, today=today)
    person = None
    if question.person_id is not None:
        person = person_in_sight(viewer, person_id=question.person_id)
    org, units = organisation(), all_units()
    labels = method_labels()
    now, then, currencies, closed_to = _two_days(viewer, question, org, units, today)
    to_shown = shown_for_base(org, now.exchange)
    quota = quota_asked(viewer, question, units, to_shown, today)
    in_use = threshold_in_use(viewer, question, units)
    terms = _terms(question, org, now, then, to_shown)
    cells, rates, exchange = now.cells, now.rates, now.exchange
    return FunnelOnDay(
        question=question,
        currency=exchange.to,
        digits=exchange.digits.get(exchange.to, 2),
        methods=_tables(labels, cells, rates, exchange),
        total=sum_cells(cells, rates, exchange),
        overdue=sum_cells([c for c in cells if c.scope == "overdue"], rates, exchange),
        in_period=sum_cells([c for c in cells if c.scope == "in_period"], rates, exchange),
        closed=_closed(now.outcomes, terms.closed, labels, to_shown),
        closed_before=terms.closed_before,
        weighted=terms.weighted,
        weighted_before=terms.weighted_before,
        small=terms.small,
        small_before=terms.small_before,
        small_count=sum(row.count for row in now.outcomes if row.place is Place.NOWHERE),
        small_in_use=in_use,
        small_expected=terms.small_expected if in_use else ZERO,
        quota=quota,
        currencies=currencies,
        forecast=_forecast(terms, quota.value, in_use),
        progress=_progress(terms, quota.value, in_use, org),
        closing=closed_to,
        digits_of=exchange.digits,
        person=person,
    )


@dataclass(frozen=True)
class _Day:
    """What one of the two days is made of: open cells, rates, what the period decided so far."""

    cells: tuple[Cell, ...]
    rates: Rates
    exchange: Exchange
    outcomes: list[OutcomeSum]


@dataclass(frozen=True, slots=True)
class _Terms:
    """The terms of the indicators, of the day and of the day a week before."""

    closed: Figure
    closed_before: Figure
    weighted: Figure
    weighted_before: Figure
    small: Figure
    small_before: Figure
    small_expected: Figure


def _two_days(
    viewer: Viewer, question: FunnelQuestion, org: Org, units: Units, today: date
) -> tuple[_Day, _Day, tuple[str, ...], Closing | None]:
    """Read the day and the day a week before, the currencies with a rate, the books' closing."""
    before = question.on - WEEK
    where_now = sight(viewer, question, units, question.on, today)
    where_then = sight(viewer, question, units, before, today)
    rates = win_rates(org.win_rate_kind)
    known_then = week_known_at(question, before, org.time_zone)
    days = exchange_on((before, question.on), base=org.base_currency, known_at=question.known_at)
    days_then = days
    if known_then != question.known_at:
        days_then = exchange_on((before,), base=org.base_currency, known_at=known_then)
    cells = _cells(question, where_now, where_then, before, known_then)
    won = _closed_by(question, where_now, question.on, before, question.known_at)
    won_then = [row for row in won if row.until_before]
    if (where_then, known_then) != (where_now, question.known_at):
        won_then = _closed_by(question, where_then, before, before, known_then)
    changed = org.closed_until is not None or question.known_at is not None
    exchange = _restated(days[question.on], question.currency)
    exchange_then = _restated(days_then[before], question.currency)
    return (
        _Day(cells.now, rates.on(question.on, question.known_at), exchange, won),
        _Day(cells.before, rates.on(before, known_then), exchange_then, won_then),
        (org.base_currency, *sorted(set(days[question.on].rates) - {org.base_currency})),
        closing(where_now, known_at=question.known_at) if changed else None,
    )


def _terms(question: FunnelQuestion, org: Org, now: _Day, then: _Day, to_shown: Fraction) -> _Terms:
    scope: WeightedScope = "all_open" if org.weighted_scope == "all_open" else "in_period"
    small = _small(now.outcomes, to_shown)
    return _Terms(
        closed=_won(now.outcomes, to_shown),
        closed_before=_won(then.outcomes, to_shown),
        weighted=weighted_for_period(now.cells, now.rates, now.exchange, scope),
        weighted_before=weighted_for_period(then.cells, then.rates, then.exchange, scope),
        small=small,
        small_before=_small(then.outcomes, to_shown),
        small_expected=small_expected(
            small,
            elapsed_days=question.period.elapsed_days(question.on),
            days_left=question.period.days_left(question.on),
        ),
    )


def _forecast(terms: _Terms, quota: Fraction | None, in_use: bool) -> Indicator:
    return forecast_index(
        closed=terms.closed,
        weighted=terms.weighted,
        quota=quota,
        small=terms.small if in_use else ZERO,
        small_expected=terms.small_expected if in_use else ZERO,
    )


def _progress(terms: _Terms, quota: Fraction | None, in_use: bool, org: Org) -> Indicator:
    return progress_index(
        weighted_now=terms.weighted,
        weighted_before=terms.weighted_before,
        closed_now=terms.closed,
        closed_before=terms.closed_before,
        quota=quota,
        small_now=terms.small if in_use else ZERO,
        small_before=terms.small_before if in_use else ZERO,
        literal=org.progress_literal,
    )


def _closed_by(
    question: FunnelQuestion,
    where: list[Where],
    on: date,
    before: date,
    known_at: datetime | None,
) -> list[OutcomeSum]:
    """Sum the sales of the period up to a day: what is sold after the period is not of it."""
    return outcome_sums(
        where,
        start=question.period.start,
        on=min(on, question.period.last_day),
        before=before,
        known_at=known_at,
    )


def _cells(
    question: FunnelQuestion,
    now: list[Where],
    then: list[Where],
    before: date,
    then_known: datetime | None,
) -> DayCells:
    if now == then and then_known == question.known_at:
        return open_cells(
            now,
            on=question.on,
            before=before,
            period=question.period,
            known_at=question.known_at,
        )
    late = open_cells(
        now, on=question.on, before=question.on, period=question.period,
        known_at=question.known_at,
    )  # fmt: skip
    early = open_cells(then, on=before, before=before, period=question.period, known_at=then_known)
    return DayCells(early.now, late.now)


def _restated(exchange: Exchange, currency: str | None) -> Exchange:
    return exchange if currency is None else exchange.restated(currency)


def shown_for_base(org: Org, exchange: Exchange) -> Fraction:
    """Give units of the shown currency for one minor unit of the base currency."""
    rate = exchange.rate(org.base_currency) or Fraction(1)
    return rate * in_units(1, org.base_digits)


def _tables(
    labels: tuple[MethodLabel, ...],
    cells: tuple[Cell, ...],
    rates: Rates,
    exchange: Exchange,
) -> tuple[MethodFunnel, ...]:
    found = []
    for label in labels:
        own = {stage.lineage_id for stage in label.stages}
        mine = [cell for cell in cells if cell.lineage_id in own]
        held = {cell.lineage_id for cell in mine}
        stages = [s.lineage_id for s in label.stages if not s.after_win or s.lineage_id in held]
        found.append(MethodFunnel(label, stage_table(stages, mine, rates, exchange)))
    return tuple(found)


def _won(rows: list[OutcomeSum], to_shown: Fraction) -> Figure:
    return known(sum(row.base_minor for row in rows if row.place is Place.WON) * to_shown)


def _closed(
    rows: list[OutcomeSum],
    amount: Figure,
    labels: tuple[MethodLabel, ...],
    to_shown: Fraction,
) -> Closed:
    method_of = {stage.lineage_id: label.key for label in labels for stage in label.stages}
    split: dict[str, Fraction] = {}
    counts: Counter[str] = Counter()
    rows = [row for row in rows if row.place is Place.WON]
    for row in rows:
        key = method_of.get(row.stage_id, "")
        split[key] = split.get(key, Fraction(0)) + row.base_minor * to_shown
        counts[key] += row.count
    return Closed(
        amount,
        sum(row.count for row in rows),
        # What was taken back leaves nothing, not a method with zeros.
        {key: known(value) for key, value in split.items() if value or counts[key]},
    )


def _small(rows: list[OutcomeSum], to_shown: Fraction) -> Figure:
    return known(sum(row.base_minor for row in rows if row.place is Place.NOWHERE) * to_shown)
