"""The history of one record, save by save: who, when, by which way, from what to what."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed, NotFound
from dakehu.core.ledger import Way
from dakehu.models import Account, Change
from dakehu.queries.appointments import staff_member
from dakehu.queries.opportunities.history import FieldChange
from dakehu.queries.past.held import (
    HeldRecord,
    held_record,
    is_held,
    is_undoable,
    kept_id,
    undo_right,
    values_now,
)
from dakehu.queries.people import PersonName, person_name
from dakehu.queries.units import all_units

#: So many fields are read at a time; a save is never cut.
READ = 300


@dataclass(frozen=True, slots=True)
class SaveRow:
    """One save: all that changed under one correlation id."""

    correlation_id: UUID
    at: datetime
    actor: PersonName | None
    #: Whom a deputy stood in for.
    for_person: PersonName | None
    way: Way
    changes: tuple[FieldChange, ...]
    may_undo: bool


@dataclass(frozen=True, slots=True)
class RecordHistory:
    """A page of a record's saves, the newest first; `older` leads on, 0 where it ends."""

    kind: str
    id: int
    name: str
    saves: tuple[SaveRow, ...]
    older: int


def record_history(
    *, viewer: Viewer, kind: str, object_id: int, today: date, before: int = 0
) -> RecordHistory:
    """Give the history of an account, contact, product, unit or person that the viewer may see.

    NotFound of the record, NotAllowed("person.edit") for people, "unit.edit" for units.
    """
    held: HeldRecord | None = None
    hidden: frozenset[str] = frozenset()
    if kind == "person":
        name = staff_member(viewer=viewer, person_id=object_id).person.name
    elif kind == "unit":
        name = _unit(viewer, object_id)
    else:
        held = held_record(viewer=viewer, kind=kind, object_id=object_id)
        name, hidden = held.name, held.hidden
    rows, older = _rows(kind, object_id, before)
    saves: dict[UUID, list[Change]] = defaultdict(list)
    for row in rows:
        saves[row.correlation_id].append(row)
    known = parents_in_sight(viewer, rows) if kind == "account" else None
    now = values_now(held, {row.field for row in rows}) if held else {}
    shown = [
        _save(viewer, held, found, hidden, known, now, today)
        for found in saves.values()
        if any(row.field not in hidden for row in found)
    ]
    return RecordHistory(kind, object_id, name, tuple(shown), older)


def _rows(kind: str, object_id: int, before: int) -> tuple[Sequence[Change], int]:
    """Give the changes of whole saves, newest first, and before which id the next page begins."""
    found = Change.objects.filter(object_type=kind, object_id=object_id)
    if before:
        found = found.filter(pk__lt=before)
    rows = list(found.select_related("actor", "for_person").order_by("-id")[: READ + 1])
    if len(rows) <= READ:
        return rows, 0
    last = rows[READ].correlation_id
    whole = [row for row in rows[:READ] if row.correlation_id != last] or rows[:READ]
    return whole, whole[-1].pk


def _save(
    viewer: Viewer,
    held: HeldRecord | None,
    rows: Sequence[Change],
    hidden: frozenset[str],
    known: frozenset[int] | None,
    now: dict[str, Any],
    today: date,
) -> SaveRow:
    first = rows[0]
    told = [told_change(row, known) for row in reversed(rows) if row.field not in hidden]
    return SaveRow(
        correlation_id=first.correlation_id,
        at=first.at,
        actor=person_name(first.actor) if first.actor else None,
        for_person=person_name(first.for_person) if first.for_person else None,
        way=Way(first.way),
        changes=tuple(told),
        may_undo=held is not None and _may_undo(viewer, held, rows, now, today),
    )


def _may_undo(
    viewer: Viewer, held: HeldRecord, rows: Sequence[Change], now: dict[str, Any], today: date
) -> bool:
    pairs = {row.field: (row.old, row.new) for row in rows}
    if not is_undoable(held.kind, pairs):
        return False
    if not all(is_held(field, now[field], new) for field, (_old, new) in pairs.items()):
        return False
    own = viewer.person_id in (rows[0].actor_id, rows[0].for_person_id)
    return undo_right(viewer, held, pairs, own=own, today=today) is not None


def told_change(row: Change, known: frozenset[int] | None) -> FieldChange:
    """Tell a change; of a parent that the viewer can't see not even the name."""
    if row.field != "parent" or known is None:
        return FieldChange(row.field, row.old, row.new)
    old, new = (_parent(value, known) for value in (row.old, row.new))
    return FieldChange(row.field, old, new, masked="hidden" in (old, new))


def _parent(value: Any, known: frozenset[int]) -> Any:
    # What was kept before ids were is a bare name: whose it is can't be asked.
    if value is None or kept_id(value) in known:
        return value
    return "hidden"


def parents_in_sight(viewer: Viewer, rows: Iterable[Change]) -> frozenset[int] | None:
    """Give which parents that an account's changes speak of are in sight; None: all are."""
    if viewer.sees_all:
        return None
    ids = {
        kept_id(value)
        for row in rows
        if row.field == "parent"
        for value in (row.old, row.new)
        if isinstance(value, dict)
    }
    seen = Account.visible_to(viewer).filter(pk__in=ids - {None})
    return frozenset(seen.values_list("pk", flat=True)) if ids else frozenset()


def _unit(viewer: Viewer, unit_id: int) -> str:
    names = all_units().names
    if not (viewer.holds("unit.edit") or viewer.holds("audit.read")):
        raise NotAllowed("unit.edit")
    if unit_id not in names:
        raise NotFound("unit.unknown")
    return names[unit_id].name(viewer.language)
