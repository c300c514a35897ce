"""What kinds of activities there are, and what the outcome of a call means (PRJ-4, PRJ-7)."""

from collections.abc import Iterable
from datetime import date, timedelta
from enum import IntEnum
from itertools import islice

from dakehu.core.errors import RuleBroken

#: So many continuations in a row say that an opportunity is not moving (PRJ-4).
CONTINUATIONS = 3
#: Without contact for longer than this an account is out of touch.
OUT_OF_TOUCH_DAYS = 30
#: What was deleted can be brought back for so many days.
RESTORED_WITHIN_DAYS = 30


class ActivityKind(IntEnum):
    """What somebody does with a customer, or for one."""

    CALL = 1
    VISIT = 2
    MEETING = 3
    WORKSHOP = 4
    TASK = 5
    EMAIL = 6
    SAMPLE = 7


class ActivityState(IntEnum):
    """Whether it is still to come."""

    PLANNED = 1
    DONE = 2
    CANCELLED = 3


class CallOutcome(IntEnum):
    """What came of a call (PRJ-4); NONE: nobody said."""

    NONE = 0
    ORDER = 1
    ADVANCE = 2
    CONTINUATION = 3
    NO_SALE = 4


_CALLS = frozenset(
    {ActivityKind.CALL, ActivityKind.VISIT, ActivityKind.MEETING, ActivityKind.WORKSHOP}
)


def takes_outcome(kind: ActivityKind) -> bool:
    """Test if the kind is a call in PRJ-4's sense, in which somebody can agree to something."""
    return kind in _CALLS


def is_contact(kind: ActivityKind) -> bool:
    """Test if the kind reaches the customer: a task is done among ourselves."""
    return kind is not ActivityKind.TASK


def is_success(outcome: CallOutcome) -> bool:
    """Test for success: an order, or an advance. A continuation is none (PRJ-4)."""
    return outcome in (CallOutcome.ORDER, CallOutcome.ADVANCE)


def is_not_moving(outcomes: Iterable[CallOutcome | int]) -> bool:
    """Test for three continuations in a row, the latest first; what nobody told breaks no row."""
    told = (outcome for outcome in outcomes if outcome != CallOutcome.NONE)
    latest = list(islice(told, CONTINUATIONS))
    return latest == [CallOutcome.CONTINUATION] * CONTINUATIONS


def is_out_of_touch(
    last_contact_on: date | None, today: date, *, days: int = OUT_OF_TOUCH_DAYS
) -> bool:
    """Test if there was no contact for longer than so many days, or none that is known of."""
    return last_contact_on is None or last_contact_on < today - timedelta(days=days)


def check_done_on(on: date, *, today: date) -> None:
    """Refuse what is said to be done on a day to come. RuleBroken `activity.done_in_future`."""
    if on > today:
        raise RuleBroken("activity.done_in_future", on=on, field="on")
