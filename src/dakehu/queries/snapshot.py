"""A page of figures reads in one snapshot: inside `reading()` every query goes to `reader`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, TypeVar

from django.db import connections, transaction

T = TypeVar("T")
_active: ContextVar[bool] = ContextVar("dakehu_reading", default=False)
_read: ContextVar[dict[object, Any] | None] = ContextVar("dakehu_read_once", default=None)
_writing: "ContextVar[_Agreed | None]" = ContextVar("dakehu_acting", default=None)


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


@contextmanager
def agreed() -> Iterator[None]:
    """Ask what the whole installation agrees on once inside: under locks that keep it as it is."""
    read = _read.set({})
    try:
        yield
    finally:
        _read.reset(read)


#: After these a request that writes may see what others committed, or not see its own any more.
_TURNS = ("SAVEPOINT", "ROLLBACK", "RELEASE", "BEGIN")


class _Agreed:
    """What a request that writes has asked already, for as long as it may be told the same again.

    A lock that was waited for, a transaction that began, ended or was rolled back: from then on
    it asks anew, so that an action that locks first and reads then reads what is in force.
    """

    def __init__(self, changing: Callable[[str], bool]) -> None:
        self._changing = changing
        self._kept: dict[object, Any] = {}
        self._depth: object = None

    def answers(self) -> dict[object, Any]:
        writer = connections["default"]
        depth = (writer.in_atomic_block, tuple(writer.savepoint_ids))
        if depth != self._depth:
            self._kept, self._depth = {}, depth
        return self._kept

    def watch(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        done = execute(sql, params, many, context)
        text = str(sql)
        locked = "FOR UPDATE" in text or "pg_advisory" in text or "advisory_xact" in text
        if locked or text.startswith(_TURNS) or self._changing(text):
            self._kept = {}
        return done


@contextmanager
def acting(changing: Callable[[str], bool]) -> Iterator[None]:
    """Ask what is agreed on once for a request that writes, until it may have changed.

    `changing` tests a statement: whether it changes something that is kept.
    """
    agreed = _Agreed(changing)
    writing = _writing.set(agreed)
    try:
        with connections["default"].execute_wrapper(agreed.watch):
            yield
    finally:
        _writing.reset(writing)


def once_in_a_snapshot(read: Callable[[], T]) -> Callable[[], T]:
    """Let what the whole installation agrees on be read once in a snapshot: it cannot change there.

    In a request that writes it is read again after every lock; in commands every time.
    """

    @wraps(read)
    def wrapper() -> T:
        kept = _read.get()
        if kept is None:
            agreed = _writing.get()
            if agreed is None:
                return read()
            kept = agreed.answers()
        if read not in kept:
            kept[read] = read()
        return kept[read]  # type: ignore[no-any-return]

    return wrapper


def is_reading() -> bool:
    """Test if a snapshot is open."""
    return _active.get()


def read_alias() -> str:
    """Give the alias that plain SQL should use here: the snapshot's, or the writer's."""
    return "reader" if _active.get() else "default"
