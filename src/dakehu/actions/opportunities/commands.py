"""What a person asks for when they create or edit an opportunity: frozen commands."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

from dakehu.core.ledger import Category
from dakehu.core.opportunities import Line


class Keep(Enum):
    """What is not asked for stays as it is."""

    KEEP = "keep"


KEEP = Keep.KEEP


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOpportunity:
    """A new opportunity; `amount` in units of `currency`, `stage_key` None is the first stage."""

    name: str
    account_id: int | None
    owner_id: int
    #: One of the owner's units; None takes that in which they sell.
    unit_id: int | None = None
    method_version_id: int
    currency: str
    amount: Decimal = Decimal(0)
    stage_key: str | None = None
    close_on: date | None = None
    category: Category = Category.PIPELINE
    own_rate_bp: int | None = None
    source: str = ""
    compelling_event: str = ""
    next_step: str = ""
    next_step_on: date | None = None
    competitors: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    amount_follows_lines: bool = False
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditOpportunity:
    """What shall change; KEEP leaves a field as it is."""

    name: str | Keep = KEEP
    account_id: int | None | Keep = KEEP
    amount: Decimal | Keep = KEEP
    currency: str | Keep = KEEP
    close_on: date | None | Keep = KEEP
    category: Category | Keep = KEEP
    own_rate_bp: int | None | Keep = KEEP
    source: str | Keep = KEEP
    compelling_event: str | Keep = KEEP
    next_step: str | Keep = KEEP
    next_step_on: date | None | Keep = KEEP
    competitors: tuple[str, ...] | Keep = KEEP
    lines: tuple[Line, ...] | Keep = KEEP
    amount_follows_lines: bool = False


@dataclass(frozen=True, slots=True)
class Saved:
    """What a save did: the opportunity, its version now, and evidence that is only advised."""

    opportunity_id: int
    version: int
    correlation_id: str
    #: Names of the evidence that is missing, in the actor's language (FUN-3, *advise*).
    warnings: tuple[str, ...] = ()
