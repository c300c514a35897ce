"""Health of the funnel of a unit or person on a day, against its norm (FUN-7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from dakehu.core.access import Viewer
from dakehu.core.currency import Exchange
from dakehu.core.errors import NotFound, RuleBroken
from dakehu.core.funnel import Figure, known
from dakehu.core.health import Norm, StageHealth, norm_days, norm_of, stage_health
from dakehu.core.money import units as in_units
from dakehu.models import Norm as NormRow
from dakehu.queries.days import StageSum, any_entry_by, open_on_days
from dakehu.queries.funnel import FunnelQuestion, MethodLabel, method_labels, person_in_sight, sight
from dakehu.queries.ledger import Where
from dakehu.queries.organisation import Org, organisation
from dakehu.queries.rates import exchange_on
from dakehu.queries.units import Units, all_units


@dataclass(frozen=True, slots=True)
class NormDay:
    """What stood at a stage on one of the days that make the norm."""

    on: date
    count: int
    amount: Figure


@dataclass(frozen=True)
class FunnelHealth:
    """The health of every stage of one method, and the days that its norms come from."""

    question: FunnelQuestion
    method: MethodLabel
    currency: str
    stages: tuple[StageHealth, ...]
    #: Per stage what stood there on each day; empty until there is a year of history.
    history: Mapping[int, tuple[NormDay, ...]]
    days: tuple[date, ...]
    has_history: bool
    may_set: bool


def funnel_health(
    viewer: Viewer,
    *,
    question: FunnelQuestion,
    today: date,
    method_key: str | None = None,
) -> FunnelHealth | None:
    """Compare each stage with the mean of the same day of the last four quarters.

    Each day is seen in its own tree and at its own exchange rates, as its own page shows it.
    None where there is no method. Raises what `funnel_on` raises.
    """
    if question.on > today:
        raise RuleBroken("funnel.future", on=question.on, today=today)
    if question.person_id is not None:
        person_in_sight(viewer, person_id=question.person_id)
    org, units, labels = organisation(), all_units(), method_labels()
    days = norm_days(question.on, org.fiscal_first_month)
    every = (question.on, *days)
    where_on = {day: sight(viewer, question, units, day, today) for day in every}
    stages = [stage.lineage_id for label in labels for stage in label.open_stages]
    sums = open_on_days(where_on, stages=stages, known_at=question.known_at)
    method = method_asked(labels, units, question, method_key, sums[question.on])
    if method is None:
        return None
    shown = question.currency or org.base_currency
    exchange = {
        day: _restated(found, shown)
        for day, found in exchange_on(
            every, base=org.base_currency, known_at=question.known_at
        ).items()
    }
    lineages = [stage.lineage_id for stage in method.open_stages]
    held = {day: _by_stage(sums[day], lineages, exchange[day]) for day in every}
    past = _has_history(question, where_on[days[-1]], held[days[-1]], days[-1], lineages)
    history = {stage: tuple(NormDay(day, *held[day][stage]) for day in days) for stage in lineages}
    norms = (
        {
            stage: norm_of([one.count for one in rows], [one.amount for one in rows])
            for stage, rows in history.items()
        }
        if past
        else _entered(viewer, question, org, lineages, exchange[question.on])
    )
    return FunnelHealth(
        question=question,
        method=method,
        currency=shown,
        stages=tuple(
            stage_health(stage, *held[question.on][stage], norms.get(stage, Norm()))
            for stage in lineages
        ),
        history=history if past else {},
        days=days,
        has_history=past,
        may_set=_may_set(viewer, question),
    )


def method_asked(
    labels: Sequence[MethodLabel],
    units: Units,
    question: FunnelQuestion,
    method_key: str | None,
    sums: Sequence[StageSum],
) -> MethodLabel | None:
    """Give the method of the URL, else the unit's, else the one with most open opportunities."""
    if method_key is not None:
        named = [label for label in labels if label.key == method_key]
        if not named:
            raise RuleBroken("method.unknown", method=method_key)
        return named[0]
    unit = units.names.get(question.unit_id or 0)
    of_unit = [label for label in labels if unit is not None and label.id == unit.method_id]
    if of_unit:
        return of_unit[0]

    def held(label: MethodLabel) -> int:
        own = {stage.lineage_id for stage in label.stages}
        return sum(row.count for row in sums if row.stage_id in own)

    return max(labels, key=held, default=None)


def _restated(exchange: Exchange, currency: str) -> Exchange:
    """Restate where the day knows the currency; else its foreign amounts stay unknown."""
    try:
        return exchange.restated(currency)
    except RuleBroken:
        return Exchange(to=currency, digits=exchange.digits, rates={})


def _by_stage(
    sums: Sequence[StageSum], lineages: Sequence[int], exchange: Exchange
) -> dict[int, tuple[int, Figure]]:
    found: dict[int, tuple[int, Figure]] = {stage: (0, known(0)) for stage in lineages}
    for row in sums:
        if row.stage_id not in found:
            continue
        count, amount = found[row.stage_id]
        value = exchange.value(row.amount_minor, row.currency)
        more = Figure(value, None if value is not None else "no_exchange_rate")
        found[row.stage_id] = count + row.count, amount + more
    return found


def _has_history(
    question: FunnelQuestion,
    where: Sequence[Where],
    held: Mapping[int, tuple[int, Figure]],
    first: date,
    lineages: Sequence[int],
) -> bool:
    """Test if the method was in use here by the first of the norm's days: a year of history."""
    if any(count for count, _amount in held.values()):
        return True
    return any_entry_by(where, day=first, stages=lineages, known_at=question.known_at)


def _entered(
    viewer: Viewer,
    question: FunnelQuestion,
    org: Org,
    lineages: Sequence[int],
    exchange: Exchange,
) -> dict[int, Norm]:
    """Give the norms that the unit's head entered, for a unit whose funnel is seen whole."""
    unit_id = question.unit_id
    if unit_id is None or question.person_id is not None or question.accounts is not None:
        return {}
    if not viewer.sees_all and unit_id not in viewer.units:
        return {}
    rate = exchange.rate(org.base_currency) or Fraction(1)
    found = {}
    for row in norms_in_force(
        viewer, unit_id=unit_id, stages=lineages, on=question.on, known_at=question.known_at
    ).values():
        minor = row.amount_minor
        worth = Figure(None, "no_norm")
        if minor is not None:
            worth = known(in_units(minor, org.base_digits) * rate)
        count = None if row.count is None else Fraction(row.count)
        found[row.stage_id] = Norm(count, worth, "entered")
    return found


@dataclass(frozen=True, slots=True)
class EnteredNorm:
    """A norm of a unit's stage as its head entered it; None: not set, or taken back."""

    id: int
    stage_id: int
    count: int | None
    amount_minor: int | None
    on: date


def norms_in_force(
    viewer: Viewer,
    *,
    unit_id: int,
    stages: Sequence[int],
    on: date,
    known_at: datetime | None = None,
) -> dict[int, EnteredNorm]:
    """Give the entered norms in force on a day per stage: the latest by day, then as recorded.

    Raises NotFound("unit.unknown") for a unit that the viewer does not see whole.
    """
    if not viewer.sees_all and unit_id not in viewer.units:
        raise NotFound("unit.unknown", unit=unit_id)
    rows = NormRow.objects.filter(unit_id=unit_id, stage_id__in=stages, on__lte=on)
    if known_at is not None:
        rows = rows.filter(recorded_at__lte=known_at)
    return {
        row.stage_id: EnteredNorm(row.pk, row.stage_id, row.count, row.amount_minor, row.on)
        for row in rows.order_by("on", "recorded_at", "id")
    }


def _may_set(viewer: Viewer, question: FunnelQuestion) -> bool:
    if question.unit_id is None or question.person_id is not None:
        return False
    if question.accounts is not None:
        return False
    return viewer.may("norm.set", owner_id=None, unit_id=question.unit_id)
