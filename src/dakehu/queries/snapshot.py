"""A page of figures reads in one snapshot: inside `reading()` every query goes to `reader`."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import transaction

_active: ContextVar[bool] = ContextVar("dakehu_reading", default=False)


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
    token = _active.set(True)
    try:
        with transaction.atomic(using="reader"):
            yield
    finally:
        _active.reset(token)


def read_alias() -> str:
    """Give the alias that plain SQL should use here: the snapshot's, or the writer's."""
    return "reader" if _active.get() else "default"
