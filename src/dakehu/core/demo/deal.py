"""What is told of a deal of the demo: its saves, its evidence, and where it stands."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from dakehu.core.demo.world import MethodFacts
from dakehu.core.ledger import Standing, Step

DIGITS = 2
BASE = "CNY"


@dataclass(frozen=True, slots=True)
class SoldLine:
    """A product line: what `core.opportunities.Line` holds, with its amount."""

    product_id: int
    quantity: Decimal
    unit_price: Decimal
    amount_minor: int
    delivery_month: date | None


@dataclass(frozen=True, slots=True)
class Save:
    """One save: its day and moment, the movements it posts, and what was written beside."""

    on: date
    at: datetime
    actor_id: int
    correlation_id: UUID
    steps: tuple[Step, ...]
    base_minor: int | None = None
    reason: str = ""
    competitor: str = ""
    text: str = ""
    lines: tuple[SoldLine, ...] | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """An evidence item ticked."""

    stage_id: int
    key: str
    on: date
    person_id: int
    note: str


@dataclass(slots=True)
class Deal:
    """A deal with its whole history; `standing` is where it stands, None once voided."""

    number: int
    label: str
    account_id: int
    method: MethodFacts
    seller: int
    day: date
    standing: Standing | None
    close_on: date | None
    created_on: date
    stage_since: date
    #: What the row keeps when the deal is voided.
    last: Standing
    source: str
    event: str
    saves: list[Save] = field(default_factory=list)
    ticks: list[Tick] = field(default_factory=list)
    competitors: tuple[str, ...] = ()
    lines: tuple[SoldLine, ...] = ()
    decided_on: date | None = None
    booked_minor: int | None = None
    next_step: str = ""
    next_step_on: date | None = None

    @property
    def stage(self) -> int:
        """Give the place of the stage held, from 0."""
        return self.method.stages.index(self.last.position.stage_id)
