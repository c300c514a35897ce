"""The medians that cards are measured by (FUN-9): those of the day, asked for once a day."""

from datetime import date
from threading import Lock

from dakehu.core.access import Viewer
from dakehu.queries.speed import stage_medians
from dakehu.queries.stamps import stamps

_State = tuple[str, date]
_kept: dict[_State, dict[int, int]] = {}
_lock = Lock()


def medians_of_the_day(viewer: Viewer, *, today: date) -> dict[int, int]:
    """Give the median days of each stage as a process first read them on this day.

    A median moves in months; walking a year of entries for each look at a board would cost more
    than the board. Where methods change they are read anew (queries/stamps.py).
    """
    mark = stamps().get("methods")
    if mark is None:
        return stage_medians(viewer, today=today)
    state = (mark, today)
    found = _kept.get(state)
    if found is None:
        found = stage_medians(viewer, today=today)
        with _lock:
            _kept.clear()
            _kept[state] = found
    return found
