"""What is asked of the funnel, and what its pages and commands show of one day."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from dakehu.core.funnel import (
    Figure,
    FunnelSum,
    Indicator,
    StageTable,
)
from dakehu.core.periods import Period
from dakehu.models import MethodStage
from dakehu.queries.ledger import (
    Closing,
)
from dakehu.queries.people import PersonName
from dakehu.queries.stamps import kept_while


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
