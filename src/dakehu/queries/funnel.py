"""The funnel page's figures: stage tables and the three indicators of any unit on any day."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef

from dakehu.core.access import Viewer
from dakehu.core.currency import Exchange
from dakehu.core.errors import NotFound, RuleBroken
from dakehu.core.funnel import (
    Cell,
    Figure,
    FunnelSum,
    Indicator,
    StageTable,
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
from dakehu.core.periods import Period
from dakehu.models import Appointment, MethodStage, Person
from dakehu.queries.ledger import (
    Closing,
    DayCells,
    OutcomeSum,
    Where,
    closing,
    open_cells,
    outcome_sums,
    positions_of,
)
from dakehu.queries.organisation import Org, organisation
from dakehu.queries.people import PersonName
from dakehu.queries.quotas import quota_for
from dakehu.queries.rates import exchange_on, win_rates
from dakehu.queries.stamps import kept_while
from dakehu.queries.units import Units, all_units

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class FunnelQuestion:
    """What is asked: whose funnel, on which day, for which period, as known when."""

    on: date
    period: Period
    unit_id: int | None = None
    person_id: int | None = None
    known_at: datetime | None = None
    #: Show the past in today's organisation instead of that of the day.
    as_organised_today: bool = False
    currency: str | None = None
    #: Compare with the week before as it was known then, not as now known.
    week_as_known_then: bool = False
    #: Only opportunities of these accounts: those of a group (queries/groups.py).
    accounts: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class StageLabel:
    """A stage as the table names it; `after_win` only where every version has it so."""

    lineage_id: int
    key: str
    name_zh: str
    name_en: str
    order: int
    after_win: bool


@dataclass(frozen=True, slots=True)
class MethodLabel:
    """A method with its stages in order."""

    id: int
    key: str
    name_zh: str
    name_en: str
    stages: tuple[StageLabel, ...]

    @property
    def open_stages(self) -> tuple[StageLabel, ...]:
        """Stages that can hold open opportunities."""
        return tuple(stage for stage in self.stages if not stage.after_win)


@dataclass(frozen=True, slots=True)
class MethodFunnel:
    """The stage table of one method."""

    method: MethodLabel
    table: StageTable


@dataclass(frozen=True, slots=True)
class Closed:
    """Completed sales of the period so far, split where methods differ in what winning means."""

    amount: Figure
    count: int
    by_method: Mapping[str, Figure]


@dataclass(frozen=True)
class FunnelOnDay:
    """Everything the funnel page and the commands show of one day."""

    question: FunnelQuestion
    currency: str
    digits: int
    methods: tuple[MethodFunnel, ...]
    total: FunnelSum
    overdue: FunnelSum
    in_period: FunnelSum
    closed: Closed
    closed_before: Figure
    weighted: Figure
    weighted_before: Figure
    small: Figure
    small_before: Figure
    small_count: int
    small_in_use: bool
    small_expected: Figure
    quota: Figure
    #: Currencies that the day has a rate for, the base first: the figures can be shown in them.
    currencies: tuple[str, ...]
    forecast: Indicator
    progress: Indicator
    closing: Closing | None
    digits_of: Mapping[str, int]
    #: Whose funnel this is, when it is one person's.
    person: PersonName | None


@kept_while("methods")
def method_labels() -> tuple[MethodLabel, ...]:
    """Read every method with the stages of its newest version, and older ones still named.

    Opportunities keep their version (FUN-1): where one version has a stage before the win, open
    ones may stand in it whatever a newer version says.
    """
    rows = MethodStage.objects.order_by(
        "version__method__order", "version__method_id", "-version__number", "order"
    ).values_list(
        "version__method_id", "version__method__key", "version__method__name_zh",
        "version__method__name_en", "stage_id", "stage__key", "name_zh", "name_en", "order",
        "after_win",
    )  # fmt: skip
    methods: dict[int, tuple[str, str, str]] = {}
    stages: dict[int, dict[int, StageLabel]] = {}
    for (
        method_id,
        key,
        zh,
        en,
        stage_id,
        stage_key,
        name_zh,
        name_en,
        order,
        after,
    ) in rows:
        methods[method_id] = (key, zh, en)
        of_method = stages.setdefault(method_id, {})
        newest = of_method.setdefault(
            stage_id, StageLabel(stage_id, stage_key, name_zh, name_en, order, after)
        )
        if newest.after_win and not after:
            of_method[stage_id] = replace(newest, after_win=False)
    return tuple(
        MethodLabel(
            mid,
            *methods[mid],
            tuple(sorted(stages[mid].values(), key=lambda s: s.order)),
        )
        for mid in methods
    )


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
    before = question.on - WEEK
    where_now = sight(viewer, question, units, question.on, today)
    where_then = sight(viewer, question, units, before, today)
    labels = method_labels()
    rates = win_rates(org.win_rate_kind)
    known_then = week_known_at(question, before, org.time_zone)
    days = exchange_on((before, question.on), base=org.base_currency, known_at=question.known_at)
    days_then = days
    if known_then != question.known_at:
        days_then = exchange_on((before,), base=org.base_currency, known_at=known_then)
    cells = _cells(question, where_now, where_then, before, known_then)
    now = _restated(days[question.on], question.currency)
    then = _restated(days_then[before], question.currency)
    rates_now = rates.on(question.on, question.known_at)
    tables = _tables(labels, cells.now, rates_now, now)
    won = _closed_by(question, where_now, question.on, before, question.known_at)
    won_then = [row for row in won if row.until_before]
    if (where_then, known_then) != (where_now, question.known_at):
        won_then = _closed_by(question, where_then, before, before, known_then)
    to_shown = shown_for_base(org, now)
    closed_now = _won(won, to_shown)
    closed_before = _won(won_then, to_shown)
    small_now, small_count = _small(won, to_shown)
    small_before, _count_before = _small(won_then, to_shown)
    in_use = threshold_in_use(viewer, question, units)
    scope: WeightedScope = "all_open" if org.weighted_scope == "all_open" else "in_period"
    weighted_now = weighted_for_period(cells.now, rates_now, now, scope)
    weighted_then = weighted_for_period(cells.before, rates.on(before, known_then), then, scope)
    expected = small_expected(
        small_now,
        elapsed_days=question.period.elapsed_days(question.on),
        days_left=question.period.days_left(question.on),
    )
    quota = quota_asked(viewer, question, units, to_shown, today)
    nothing = known(0)
    return FunnelOnDay(
        question=question,
        currency=now.to,
        digits=now.digits.get(now.to, 2),
        methods=tables,
        total=sum_cells(cells.now, rates_now, now),
        overdue=sum_cells([c for c in cells.now if c.scope == "overdue"], rates_now, now),
        in_period=sum_cells([c for c in cells.now if c.scope == "in_period"], rates_now, now),
        closed=_closed(won, closed_now, labels, to_shown),
        closed_before=closed_before,
        weighted=weighted_now,
        weighted_before=weighted_then,
        small=small_now,
        small_before=small_before,
        small_count=small_count,
        small_in_use=in_use,
        small_expected=expected if in_use else nothing,
        quota=quota,
        currencies=(org.base_currency, *sorted(set(days[question.on].rates) - {org.base_currency})),
        forecast=forecast_index(
            closed=closed_now,
            weighted=weighted_now,
            quota=quota.value,
            small=small_now if in_use else nothing,
            small_expected=expected if in_use else nothing,
        ),
        progress=progress_index(
            weighted_now=weighted_now,
            weighted_before=weighted_then,
            closed_now=closed_now,
            closed_before=closed_before,
            quota=quota.value,
            small_now=small_now if in_use else nothing,
            small_before=small_before if in_use else nothing,
            literal=org.progress_literal,
        ),
        closing=(
            closing(where_now, known_at=question.known_at)
            if org.closed_until is not None or question.known_at is not None
            else None
        ),
        digits_of=now.digits,
        person=person,
    )


def sight(
    viewer: Viewer, question: FunnelQuestion, units: Units, day: date, today: date
) -> list[Where]:
    """Give the positions asked about that the viewer may add up, in the tree of the day."""
    wanted: frozenset[int] | None = None
    if question.unit_id is not None:
        if question.unit_id not in units.names:
            raise NotFound("unit.unknown", unit=question.unit_id)
        wanted_on = today if question.as_organised_today else day
        tree = units.tree(wanted_on, question.known_at, with_closed=True)
        wanted = tree.subtree(question.unit_id)
        if tree.roots() == (question.unit_id,) and question.person_id is None:
            # The only root holds every unit: no need to name them all to the database.
            wanted = None
    return positions_of(
        viewer, units=wanted, owner_id=question.person_id, accounts=question.accounts
    )


def week_known_at(question: FunnelQuestion, before: date, time_zone: str) -> datetime | None:
    """Give the moment up to which the week before is known: now, or the end of its own day."""
    if not question.week_as_known_then:
        return question.known_at
    limit = datetime.combine(before + timedelta(days=1), time.min, tzinfo=ZoneInfo(time_zone))
    return min(limit, question.known_at) if question.known_at else limit


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
    rates: dict[int, int | None],
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
    rows = [row for row in rows if row.place is Place.WON]
    for row in rows:
        key = method_of.get(row.stage_id, "")
        split[key] = split.get(key, Fraction(0)) + row.base_minor * to_shown
    return Closed(
        amount,
        sum(row.count for row in rows),
        {key: known(value) for key, value in split.items()},
    )


def _small(rows: list[OutcomeSum], to_shown: Fraction) -> tuple[Figure, int]:
    small = [row for row in rows if row.place is Place.NOWHERE]
    return known(sum(row.base_minor for row in small) * to_shown), sum(r.count for r in small)


def threshold_in_use(viewer: Viewer, question: FunnelQuestion, units: Units) -> bool:
    """Test if some unit asked about keeps small orders out of the funnel (FUN-4)."""
    tree = units.tree(question.on)
    if question.unit_id is not None:
        asked = tree.subtree(question.unit_id)
    elif viewer.sees_all:
        asked = frozenset(tree.parents)
    else:
        asked = viewer.units | {reach.unit_id for reach in viewer.reaches}
    return any(units.names[u].small_sale_threshold_minor > 0 for u in asked if u in units.names)


def quota_subject(
    viewer: Viewer, question: FunnelQuestion, units: Units
) -> tuple[int | None, int | None] | None:
    """Give the person or else the unit whose quota the figures are held against, if any is."""
    if question.accounts is not None:
        # Quotas are of units and people, never of a part of what they sell.
        return None
    person_id, unit_id = question.person_id, question.unit_id
    if person_id is None and unit_id is None:
        roots = units.tree(question.on).roots()
        if viewer.sees_all and len(roots) == 1:
            unit_id = roots[0]
        elif len(viewer.owners) == 1 and not viewer.units:
            person_id = viewer.owns
        else:
            return None
    elif unit_id is not None and not viewer.sees_all and unit_id not in viewer.units:
        if viewer.units & units.tree(question.on).subtree(unit_id):
            # Of a unit above the reader's own they add up a part: no quota is that part's.
            return None
        if person_id is None and len(viewer.owners) > 1:
            # Beside their own they add up whom they stand in for: no quota is both's.
            return None
        person_id = person_id or viewer.owns
    return person_id, None if person_id is not None else unit_id


def quota_asked(
    viewer: Viewer, question: FunnelQuestion, units: Units, to_shown: Fraction, today: date
) -> Figure:
    """Give the quota of the unit or person asked about, in units of the shown currency."""
    subject = quota_subject(viewer, question, units)
    if subject is None:
        return Figure(None, "no_quota")
    found = quota_for(
        viewer,
        person_id=subject[0],
        unit_id=subject[1],
        start=question.period.start,
        end=question.period.end,
        today=today,
        known_at=question.known_at,
    )
    if found.amount_minor is None:
        return Figure(None, "no_quota")
    return known(found.amount_minor * to_shown)


def person_in_sight(viewer: Viewer, *, person_id: int) -> PersonName:
    """Give the person whose funnel is asked for. Raises NotFound("person.unknown")."""
    rows = Person.objects.filter(pk=person_id)
    if not viewer.sees_all and person_id not in {viewer.person_id, *viewer.owners}:
        rows = rows.filter(
            Exists(Appointment.objects.filter(person=OuterRef("pk"), unit_id__in=viewer.units))
        )
    found = rows.values_list("pk", "login", "name", "name_en").first()
    if found is None:
        raise NotFound("person.unknown", person=person_id)
    return PersonName(*found)
