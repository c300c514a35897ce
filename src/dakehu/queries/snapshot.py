"""A page of figures reads in one snapshot: inside `reading()` every query goes to `reader`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, TypeVar

from django.db import transaction

T = TypeVar("T")
_active: ContextVar[bool] = ContextVar("dakehu_reading", default=False)
_read: ContextVar[dict[object, Any] | None] = ContextVar("dakehu_read_once", default=None)


class ReaderRouter:
    """Send reads to the snapshot while one is open; all else goes where Django sends it."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return "reader" if _active.get() else None

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return "default"

    def allow_relation(self, first: Any, second: Any, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "default"


@contextmanager
def reading() -> Iterator[None]:
    """Open one read-only snapshot for what is asked inside."""
    active, read = _active.set(True), _read.set({})
    try:
        with transaction.atomic(using="reader"):
            yield
    finally:
        _active.reset(active)
        _read.reset(read)


def once_in_a_snapshot(read: Callable[[], T]) -> Callable[[], T]:
    """Let what the whole installation agrees on be read once in a snapshot: it cannot change there.

    Outside of one (actions, commands) it is read every time.
    """

    @wraps(read)
    def wrapper() -> T:
        kept = _read.get()
        if kept is None:
            return read()
        if read not in kept:
            kept[read] = read()
        return kept[read]  # type: ignore[no-any-return]

    return wrapper


def read_alias() -> str:
    """Give the alias that plain SQL should use here: the snapshot's, or the writer's."""
    return "reader" if _active.get() else "default"
