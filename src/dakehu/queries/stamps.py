"""What changes rarely is kept by each process for as long as its stamp stands (models/stamps.py).

The stamp is read in the snapshot or transaction of the question, so what is kept is never older
or newer than the rest of the page.
"""

from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import Any, TypeVar

from django.db import connections

from dakehu.models.stamps import FAMILIES
from dakehu.queries.snapshot import is_reading, once_in_a_snapshot, read_alias

T = TypeVar("T")

_TABLES = tuple(table for tables in FAMILIES.values() for table in tables)
#: How many states of each question a process keeps: the one before is still asked for a while.
KEPT = 3
_lock = Lock()


@once_in_a_snapshot
def stamps() -> dict[str, str]:
    """Give the mark of every family as it stands here."""
    return _marks()


def _marks() -> dict[str, str]:
    with connections[read_alias()].cursor() as cursor:
        cursor.execute("SELECT family, stamp FROM dakehu_stamp")
        return dict(cursor.fetchall())


def marks_change(sql: str) -> bool:
    """Test if a statement changes rows that a stamp stands for."""
    return not sql.startswith("SELECT") and any(table in sql for table in _TABLES)


def kept_while(*families: str) -> Callable[[Callable[[], T]], Callable[[], T]]:
    """Let a question without arguments be asked once per state of the families it reads.

    What it gives is shared between requests: it must not be changed.
    """

    def decorate(read: Callable[[], T]) -> Callable[[], T]:
        known: dict[tuple[str, ...], Any] = {}

        @once_in_a_snapshot
        @wraps(read)
        def wrapper() -> T:
            state = _state(families, stamps())
            if state is None:
                return read()
            found = known.get(state)
            if found is None:
                found = read()
                # Outside of a snapshot somebody may have changed it between the two questions.
                if is_reading() or _state(families, _marks()) == state:
                    _keep(known, state, found)
            return found

        return wrapper

    return decorate


def _state(families: tuple[str, ...], marks: dict[str, str]) -> tuple[str, ...] | None:
    if any(family not in marks for family in families):
        return None
    return tuple(marks[family] for family in families)


def _keep(known: dict[tuple[str, ...], Any], state: tuple[str, ...], found: object) -> None:
    with _lock:
        while len(known) >= KEPT:
            known.pop(next(iter(known)))
        known[state] = found
