"""The funnel's double-entry ledger (FUN-5): positions, movements, and the entries they make.

A standing is where an opportunity is and what it is worth there. A change leads from one standing
to the next; `entries_for` is the only place that knows which entries a change makes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import IntEnum
from itertools import pairwise
from typing import Any

from dakehu.core.errors import RuleBroken

#: Stored instead of "no close date": positions have no NULL (see models.ledger.Entry).
NO_MONTH = date(9999, 12, 1)


class Place(IntEnum):
    """Where an opportunity is: open in the funnel, at an outcome, or nowhere."""

    NOWHERE = 0
    OPEN = 1
    WON = 2
    LOST = 3
    ABANDONED = 4


class Kind(IntEnum):
    """What kind of change a movement records, in the order in which one save posts them."""

    CREATED = 1
    METHOD_MOVED = 2
    REASSIGNED = 3
    UNIT_MOVED = 4
    CATEGORY_CHANGED = 5
    SLIPPED = 6
    PULLED_IN = 7
    AMOUNT_CHANGED = 8
    OWN_RATE_SET = 9
    ADVANCED = 10
    REGRESSED = 11
    WON = 12
    LOST = 13
    ABANDONED = 14
    REOPENED = 15
    ACCOUNT_MERGED = 16
    VOIDED = 17
    RESTORED = 18
    REVERSED = 19


class Category(IntEnum):
    """Forecast category (FUN-2)."""

    OMITTED = 0
    PIPELINE = 1
    BEST_CASE = 2
    COMMIT = 3
    CLOSED = 4


class Way(IntEnum):
    """The way in by which a change came."""

    FORM = 1
    BOARD = 2
    GRID = 3
    BULK = 4
    IMPORT = 5
    API = 6
    COMMAND = 7
    JOB = 8
    UNDO = 9
    DEMO = 10


OUTCOMES = {Place.WON: Kind.WON, Place.LOST: Kind.LOST, Place.ABANDONED: Kind.ABANDONED}


@dataclass(frozen=True, slots=True)
class Position:
    """A cell of the funnel that holds an opportunity or not."""

    place: Place
    owner_id: int
    unit_id: int
    stage_id: int
    category: Category
    close_month: date
    currency: str
    own_rate_bp: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A position and the amount held there, in minor units of the position's currency."""

    position: Position
    amount_minor: int


@dataclass(frozen=True, slots=True)
class NewEntry:
    """One side of a movement before it has a row."""

    position: Position
    count: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Step:
    """One movement to post: its kind, and the standing before and after."""

    kind: Kind
    before: Standing | None
    after: Standing | None


def nowhere(currency: str) -> Position:
    """Give the position that opportunities come from and voided ones go to."""
    return Position(Place.NOWHERE, 0, 0, 0, Category.OMITTED, NO_MONTH, currency)


def month_of(day: date | None) -> date:
    """Give the close month of a position: the first of the month, or NO_MONTH when unknown."""
    return NO_MONTH if day is None else day.replace(day=1)


def entries_for(step: Step) -> tuple[NewEntry, ...]:
    """Give the entries of a movement; they sum to zero in count and in amount (FUN-5).

    Raises RuleBroken("ledger.unbalanced") for a step that is no single movement.
    """
    before, after = step.before, step.after
    if before is None:
        if after is None:
            raise RuleBroken("ledger.unbalanced", kind=step.kind.name)
        origin = nowhere(after.position.currency)
        return (
            NewEntry(origin, -1, -after.amount_minor),
            NewEntry(after.position, 1, after.amount_minor),
        )
    if after is None:
        target = nowhere(before.position.currency)
        return (
            NewEntry(before.position, -1, -before.amount_minor),
            NewEntry(target, 1, before.amount_minor),
        )
    if before.position == after.position:
        grown = after.amount_minor - before.amount_minor
        if grown == 0:
            raise RuleBroken("ledger.nothing_changed", kind=step.kind.name)
        return (
            NewEntry(nowhere(before.position.currency), 0, -grown),
            NewEntry(after.position, 0, grown),
        )
    if before.amount_minor != after.amount_minor or (
        before.position.currency != after.position.currency and before.amount_minor != 0
    ):
        raise RuleBroken("ledger.unbalanced", kind=step.kind.name)
    return (
        NewEntry(before.position, -1, -before.amount_minor),
        NewEntry(after.position, 1, after.amount_minor),
    )


def shrank(kind: int, amount_minor: int, *, mirrors: bool) -> bool:
    """Test if an entry on an open position belongs to what shrank: its kind is the bar's.

    Of a mirror the sign is turned: it takes back a growth, it shrinks nothing.
    """
    return kind == Kind.AMOUNT_CHANGED and (amount_minor > 0 if mirrors else amount_minor < 0)


def mirrored(entries: Iterable[NewEntry]) -> tuple[NewEntry, ...]:
    """Give the entries that take back `entries`."""
    return tuple(NewEntry(e.position, -e.count, -e.amount_minor) for e in entries)


def steps_between(
    before: Standing,
    after: Standing,
    *,
    order_of_stage: dict[int, int],
    method_moved: bool = False,
) -> tuple[Step, ...]:
    """Split a change into one movement per kind, in the order of FUN-5.

    `order_of_stage` tells forward from back within one method; with `method_moved` the stage
    changes by the stage map and counts as neither.
    """
    steps: list[Step] = []
    now = before

    def go(kind: Kind, amount_minor: int | None = None, **fields: Any) -> None:
        """Go one movement on; nothing is made where nothing changes: most of a save's kinds."""
        nonlocal now
        held = now.position
        changed = {name: value for name, value in fields.items() if getattr(held, name) != value}
        amount = now.amount_minor if amount_minor is None else amount_minor
        if changed or amount != now.amount_minor:
            then = Standing(replace(held, **changed) if changed else held, amount)
            steps.append(Step(kind, now, then))
            now = then

    want = after.position
    if method_moved:
        go(Kind.METHOD_MOVED, stage_id=want.stage_id)
    if before.position.place is not Place.OPEN and want.place is Place.OPEN:
        go(Kind.REOPENED, place=Place.OPEN, category=want.category)
    go(Kind.REASSIGNED, owner_id=want.owner_id)
    go(Kind.UNIT_MOVED, unit_id=want.unit_id)
    if want.place not in OUTCOMES:
        go(Kind.CATEGORY_CHANGED, category=want.category)
    later = want.close_month > now.position.close_month
    go(Kind.SLIPPED if later else Kind.PULLED_IN, close_month=want.close_month)
    if want.currency != now.position.currency:
        # Two currencies never stand in one sum: down to nothing, over, and up again.
        go(Kind.AMOUNT_CHANGED, 0)
        go(Kind.AMOUNT_CHANGED, currency=want.currency)
    go(Kind.AMOUNT_CHANGED, after.amount_minor)
    go(Kind.OWN_RATE_SET, own_rate_bp=want.own_rate_bp)
    if want.stage_id != now.position.stage_id:
        forward = order_of_stage[want.stage_id] > order_of_stage[now.position.stage_id]
        go(Kind.ADVANCED if forward else Kind.REGRESSED, stage_id=want.stage_id)
    if want.place in OUTCOMES:
        go(OUTCOMES[want.place], place=want.place, category=want.category)
    if now != after:
        raise RuleBroken("ledger.unbalanced", kind="steps")
    return tuple(steps)


def decided(position: Position, outcome: Place) -> Position:
    """Give the position at an outcome that an open one goes to; a win closes the category."""
    category = Category.CLOSED if outcome is Place.WON else position.category
    return replace(position, place=outcome, category=category)


def replayed(chain: Sequence[Standing | None], start: Standing | None) -> list[Standing | None]:
    """Replay what a chain of standings changed, field by field, on another start.

    `chain[0]` is where the old chain began; the answer begins with `start`. A correction mirrors
    the old chain and posts this one anew (FUN-5).
    """
    result: list[Standing | None] = [start]
    for old, new in pairwise(chain):
        now = result[-1]
        if new is None or old is None or now is None:
            result.append(new)
            continue
        changed = {
            name: getattr(new.position, name)
            for name in Position.__slots__
            if getattr(new.position, name) != getattr(old.position, name)
        }
        amount = now.amount_minor if new.amount_minor == old.amount_minor else new.amount_minor
        result.append(Standing(replace(now.position, **changed), amount))
    return result


def check_day(*, on: date, last_on: date | None, today: date, closed_until: date | None) -> None:
    """Refuse a business day in the future, before the last movement, or in closed books.

    Raises RuleBroken `ledger.future`, `ledger.before_last`, `ledger.books_closed` (the caller
    lets those with the right and a reason pass `closed_until=None`).
    """
    if on > today:
        raise RuleBroken("ledger.future", on=on, today=today)
    if last_on is not None and on < last_on:
        raise RuleBroken("ledger.before_last", on=on, last_on=last_on)
    if closed_until is not None and on <= closed_until:
        raise RuleBroken("ledger.books_closed", on=on, closed_until=closed_until)
