"""Activities (PRJ-4, PRJ-7): kinds, states, outcomes, and a line of words read as one."""

from dakehu.core.activities.line import Line, read_line
from dakehu.core.activities.names import NamePart, name_parts, words_without
from dakehu.core.activities.rules import (
    CONTINUATIONS,
    OUT_OF_TOUCH_DAYS,
    RESTORED_WITHIN_DAYS,
    ActivityKind,
    ActivityState,
    CallOutcome,
    check_done_on,
    is_contact,
    is_not_moving,
    is_out_of_touch,
    is_success,
    takes_outcome,
)

__all__ = [
    "CONTINUATIONS",
    "OUT_OF_TOUCH_DAYS",
    "RESTORED_WITHIN_DAYS",
    "ActivityKind",
    "ActivityState",
    "CallOutcome",
    "Line",
    "NamePart",
    "check_done_on",
    "is_contact",
    "is_not_moving",
    "is_out_of_touch",
    "is_success",
    "name_parts",
    "read_line",
    "takes_outcome",
    "words_without",
]
