"""Many saves written as one: what the single actions would write row by row is gathered here.

Inside `together()` the actions run as ever, one row after the other and with every check of
theirs; so many rows obey no other rules than one. What they would read of each row lies here,
read at once and locked, and what they write (movements, field history, rows, notices) waits for
whoever opened it: it is written together in the end, or not at all where it was a trial.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar
from uuid import UUID

from django.db import connection, transaction

from dakehu.models import Change, Movement, Opportunity
from dakehu.queries.snapshot import agreed

if TYPE_CHECKING:
    from dakehu.actions.ledger.hold import LedgerHold
    from dakehu.actions.ledger.post import Drafted
    from dakehu.actions.ledger.reverse import Lived

P = ParamSpec("P")
T = TypeVar("T")
_open: ContextVar["Together | None"] = ContextVar("dakehu_together", default=None)


class _Guard:
    """A savepoint for what an action of one row writes by itself, set before its first write.

    Most write nothing before the end, and two statements for each of a thousand rows would take
    as long as all the rest.
    """

    _ASKING = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "PRAGMA")

    def __init__(self) -> None:
        self._savepoint: str | None = None

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        if self._savepoint is None and not str(sql).lstrip().startswith(self._ASKING):
            self._savepoint = transaction.savepoint()
        return execute(sql, params, many, context)

    def keep(self) -> None:
        if self._savepoint is not None:
            transaction.savepoint_commit(self._savepoint)

    def back(self) -> None:
        if self._savepoint is not None:
            transaction.savepoint_rollback(self._savepoint)


@dataclass(frozen=True, slots=True)
class Told:
    """What one person is to be told of one row."""

    kind: str
    person_id: int
    object_type: str
    object_id: int | None
    facts: dict[str, Any]


@dataclass(slots=True)
class Together:
    """What was read of the rows before, and what is to be written of them."""

    correlation_id: UUID
    hold: "LedgerHold"
    #: Rows in the actor's sight, locked, as they stood before any of it.
    rows: dict[int, Opportunity]
    #: The right of the actor's own grant, by opportunity.
    granted: dict[int, str]
    #: Standing chains, where what is done follows them.
    chains: "dict[int, list[Lived]]" = field(default_factory=dict)
    #: What the save that is taken back had written, by opportunity.
    saves: dict[int, tuple[list[Movement], list[Change]]] = field(default_factory=dict)
    posted: "dict[int, list[Drafted]]" = field(default_factory=dict)
    changes: dict[tuple[str, int], list[Change]] = field(default_factory=dict)
    stored: dict[int, Opportunity] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    #: Who follows which of the rows; None where nobody has asked yet.
    followers: dict[int, list[tuple[int, str]]] | None = None
    #: Whose requests for a move are overtaken, and when.
    overtaken: dict[int, datetime] = field(default_factory=dict)

    def row(self, opportunity_id: int, *, voided: bool | None) -> Opportunity | None:
        """Give a row to be changed; a copy, so that what is refused leaves no trace."""
        found = self.rows.get(opportunity_id)
        if found is None or (voided is not None and found.voided != voided):
            return None
        return copy(found)

    def post(self, drafts: "Iterable[Drafted]") -> None:
        """Keep movements for later."""
        for draft in drafts:
            self.posted.setdefault(draft.opportunity_id, []).append(draft)

    def note(self, changes: Iterable[Change]) -> None:
        """Keep field history for later."""
        for change in changes:
            self.changes.setdefault((change.object_type, change.object_id), []).append(change)

    def tell(
        self,
        kind: str,
        people: Iterable[int],
        object_type: str,
        object_id: int | None,
        facts: Mapping[str, Any] | None,
    ) -> None:
        """Keep for later what people are to be told."""
        about = (object_type, object_id, dict(facts or {}))
        self.told += [Told(kind, person, *about) for person in people]

    @contextmanager
    def one(self, opportunity_id: int) -> Iterator[None]:
        """Do something with one row: where it is refused, nothing of it is kept."""
        told = len(self.told)
        guard = _Guard()
        try:
            with connection.execute_wrapper(guard):
                yield
        except BaseException:
            guard.back()
            self.posted.pop(opportunity_id, None)
            self.changes.pop(("opportunity", opportunity_id), None)
            self.stored.pop(opportunity_id, None)
            self.overtaken.pop(opportunity_id, None)
            del self.told[told:]
            raise
        guard.keep()

    @property
    def drafts(self) -> "Sequence[Drafted]":
        """Give all movements, those of one row in their order."""
        return [draft for drafts in self.posted.values() for draft in drafts]


def within(action: Callable[P, T]) -> Callable[P, T]:
    """Give an action without a transaction of its own: for one that runs within `Together.one`."""
    unwrapped: Callable[P, T] = inspect.unwrap(action)
    return unwrapped


def gathering() -> Together | None:
    """Give what gathers here, None where each save writes for itself."""
    return _open.get()


@contextmanager
def apart() -> Iterator[None]:
    """Write at once inside: what was gathered is being written."""
    opened = _open.set(None)
    try:
        yield
    finally:
        _open.reset(opened)


@contextmanager
def together(gathered: Together) -> Iterator[Together]:
    """Gather what is saved inside; the caller holds rows and ledger, and writes in the end.

    Under these locks what the whole house agrees on stands still: it is asked once.
    """
    opened = _open.set(gathered)
    try:
        with agreed():
            yield gathered
    finally:
        _open.reset(opened)
