"""Bulk edits: what can be asked of many rows at once, and what that moves in sum."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, fields
from datetime import date, timedelta
from enum import IntEnum
from typing import Any

from dakehu.core.errors import RuleBroken

#: So many rows are changed in one go; more is narrowed by filters first.
MOST = 5000
#: A paste is looked at cell by cell: no more rows than that, and columns as a sheet has them.
MOST_PASTED, MOST_COLUMNS = 1000, 50
#: Days by which close dates may be shifted: ten years either way.
MOST_DAYS = 3660

VERBS = (
    "reassign", "close_on", "shift", "category", "next_step", "source", "own_rate", "advance",
    "lose", "abandon", "void", "restore",
)  # fmt: skip
#: What a cell of a list, or a column of a paste, can change.
CELLS = (
    "name", "amount", "close_on", "category", "next_step", "next_step_on", "own_rate", "source",
)  # fmt: skip


class RowState(IntEnum):
    """What became of a row of a bulk edit."""

    DONE = 1
    REFUSED = 2
    TAKEN_BACK = 3
    #: Changed since by somebody, and left as it is.
    LEFT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One verb for all rows, with what that verb needs; the rest stays empty."""

    verb: str
    close_on: date | None = None
    days: int = 0
    category: int | None = None
    next_step: str = ""
    next_step_on: date | None = None
    source: str = ""
    own_rate_bp: int | None = None
    owner_id: int | None = None
    #: None: each row's next stage.
    stage_id: int | None = None
    reason: str = ""
    competitor: str = ""
    text: str = ""

    def plain(self) -> dict[str, Any]:
        """Give what was asked as JSON holds it, without what is empty."""
        pairs = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in pairs
            if value not in (None, "", 0) or (name == "category" and value == 0)
        }


def check_ask(ask: Ask) -> None:
    """Refuse what no row could follow. RuleBroken `bulk.…`."""
    if ask.verb not in VERBS:
        raise RuleBroken("bulk.unknown_verb", verb=ask.verb[:40])
    if ask.verb == "reassign" and ask.owner_id is None:
        raise RuleBroken("bulk.no_owner", field="owner")
    if ask.verb == "category" and ask.category is None:
        raise RuleBroken("bulk.no_category", field="category")
    if ask.verb == "shift" and not 0 < abs(ask.days) <= MOST_DAYS:
        raise RuleBroken("bulk.days_out_of_range", field="days", limit=MOST_DAYS)


def check_count(count: int) -> None:
    """Refuse a selection of none, or of more than is changed at once."""
    if count == 0:
        raise RuleBroken("bulk.nothing_picked")
    if count > MOST:
        raise RuleBroken("bulk.too_many", limit=MOST)


def shifted(close_on: date | None, days: int) -> date:
    """Give a close date some days later (or earlier). RuleBroken `bulk.no_close_date`."""
    if close_on is None:
        raise RuleBroken("bulk.no_close_date")
    try:
        return close_on + timedelta(days=days)
    except OverflowError as error:
        raise RuleBroken("bulk.days_out_of_range", field="days", limit=MOST_DAYS) from error


@dataclass(slots=True)
class Sum:
    """How many there are and what they are worth in minor units of the base currency.

    `unknown` are among them without a known worth: no exchange rate.
    """

    count: int = 0
    minor: int = 0
    unknown: int = 0

    def add(self, minor: int | None) -> None:
        """Count one more."""
        self.count += 1
        self.minor += minor or 0
        self.unknown += minor is None


@dataclass(frozen=True, slots=True)
class Moved:
    """What lies under a key (a stage, an owner, a month) before and after."""

    key: Hashable
    before: Sum
    after: Sum


Held = tuple[Hashable, int | None]


def moved_sums(rows: Iterable[tuple[Held | None, Held | None]]) -> tuple[Moved, ...]:
    """Sum up rows by where each was and where it goes; None is out of the funnel."""
    found: dict[Hashable, tuple[Sum, Sum]] = {}
    for sides in rows:
        for place, side in enumerate(sides):
            if side is not None:
                key, minor = side
                found.setdefault(key, (Sum(), Sum()))[place].add(minor)
    return tuple(Moved(key, before, after) for key, (before, after) in found.items())
