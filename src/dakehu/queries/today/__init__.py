"""Today: what somebody does next, what waits for them, and who of theirs needs help."""

from dakehu.queries.today.day import (
    DealRow,
    Some,
    Today,
    today,
)
from dakehu.queries.today.marks import Marked, marked
from dakehu.queries.today.quiet import Quiet, out_of_touch, out_of_touch_count
from dakehu.queries.today.team import Helped, who_needs_help
from dakehu.queries.today.tomorrow import Suggested, Tomorrow, tomorrow

__all__ = [
    "DealRow",
    "Helped",
    "Marked",
    "Quiet",
    "Some",
    "Suggested",
    "Today",
    "Tomorrow",
    "marked",
    "out_of_touch",
    "out_of_touch_count",
    "today",
    "tomorrow",
    "who_needs_help",
]
