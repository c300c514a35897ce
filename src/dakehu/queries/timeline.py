"""All that happened to a record, from every table that knows of it, newest first, page by page."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from dakehu.core.access import Viewer
from dakehu.core.errors import RuleBroken
from dakehu.core.ledger import Way
from dakehu.models import Account, Change, Contact
from dakehu.queries.contacts import hidden_fields
from dakehu.queries.files import FileRow, files_on
from dakehu.queries.notes import NoteRow, notes_before
from dakehu.queries.opportunities.history import Event, history_of
from dakehu.queries.paging import cursor_of, key_of
from dakehu.queries.past.history import parents_in_sight, told_change
from dakehu.queries.records import LARGEST_ID, Record, Until, reads_notes, record_in_sight
from dakehu.queries.superiors import is_superior
from dakehu.queries.timeline_sources import (
    ActivityRow,
    Headline,
    activities_before,
    headlines_before,
)

TABS = ("all", "changes", "activities", "notes", "files")
SIZE = 30
#: No record in earnest has more changes; of one that has, the newest are read.
_MOST_CHANGES = 1000

Body = Event | NoteRow | FileRow | ActivityRow | Headline


@dataclass(frozen=True, slots=True)
class Item:
    """Something that happened: when it was recorded, its business day, and what it was."""

    at: datetime
    on: date
    source: str
    id: int
    body: Body
    by_me: bool
    #: Since the viewer's last look, and not their own doing.
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page of what happened; `news` are those since the last look, at most a page of them."""

    record: Record
    tab: str
    items: tuple[Item, ...]
    next: str | None
    last_look: datetime | None
    news: int
    more_news: bool
    notes_hidden: bool
    may_note: bool
    may_correct: bool
    #: Names of contacts in sight that changes of stakeholders speak of.
    contacts: dict[int, str]


#: Of one moment the later source stands above; the numbers stand in cursors.
_RANKS = {"event": 1, "activity": 2, "file": 3, "note": 4, "headline": 5}  # fmt: skip
_TAB_OF = {
    "event": "changes", "headline": "changes", "activity": "activities", "file": "files",
    "note": "notes",
}  # fmt: skip


def timeline(
    viewer: Viewer,
    *,
    kind: str,
    record_id: int,
    tab: str = "all",
    after: str = "",
    since: datetime | None = None,
    today: date,
    size: int = SIZE,
) -> Timeline:
    """Give a page; news are since the moment named, else since the viewer's own last look.

    NotFound as `record_in_sight`, RuleBroken `list.bad_cursor`.
    """
    record = record_in_sight(viewer, kind=kind, record_id=record_id)
    if since is None and not after:
        since = record.last_look
    tab = tab if tab in TABS else "all"
    start = _start(after)
    found: list[Item] = []
    for source, read in _SOURCES.items():
        if tab not in ("all", _TAB_OF[source]):
            continue
        found += read(viewer, record, _until(start, source), size + 1)
    found.sort(key=lambda item: (item.at, _RANKS[item.source], item.id), reverse=True)
    shown = [_marked(item, since) for item in found[:size]]
    more = len(found) > size
    last = shown[-1] if more else None
    news = sum(item.is_new for item in shown)
    return Timeline(
        record=record,
        tab=tab,
        items=tuple(shown),
        next=_cursor(last) if last else None,
        last_look=since,
        news=news,
        more_news=more and bool(shown) and shown[-1].is_new,
        notes_hidden=not reads_notes(viewer, record),
        may_note=not record.is_gone
        and viewer.person_id is not None
        and viewer.holds("note.write")
        and reads_notes(viewer, record),
        may_correct=_may_correct(viewer, record, today),
        contacts=_contact_names(viewer, shown),
    )


def _may_correct(viewer: Viewer, record: Record, today: date) -> bool:
    owner, unit = record.owner_id, record.unit_id
    if record.kind != "opportunity" or record.is_gone or owner is None or unit is None:
        return False
    return is_superior(viewer, owner_id=owner, unit_id=unit, today=today) or (
        record.right(viewer, "ledger.correct") is not None
    )


def _marked(item: Item, since: datetime | None) -> Item:
    if since is None or item.by_me or item.at <= since:
        return item
    return Item(item.at, item.on, item.source, item.id, item.body, item.by_me, is_new=True)


def _cursor(item: Item) -> str:
    return cursor_of([item.at.isoformat(), _RANKS[item.source], item.id])


def _start(after: str) -> tuple[datetime, int, int] | None:
    if not after:
        return None
    at, rank, number = key_of(after, length=3)
    try:
        # What no calendar of UTC holds, no database is asked for.
        moment = datetime.fromisoformat(at).astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise RuleBroken("list.bad_cursor") from error
    if not isinstance(rank, int) or abs(number) > LARGEST_ID:
        raise RuleBroken("list.bad_cursor")
    return moment, rank, number


def _until(start: tuple[datetime, int, int] | None, source: str) -> Until | None:
    if start is None:
        return None
    at, rank, number = start
    own = _RANKS[source]
    return Until(at, number if own == rank else (LARGEST_ID if own < rank else 0))


def _within(items: Iterable[Item], until: Until | None, limit: int) -> list[Item]:
    kept = [i for i in items if until is None or (i.at, i.id) < (until.at, until.id)]
    kept.sort(key=lambda item: (item.at, item.id), reverse=True)
    return kept[:limit]


# -- the sources ------------------------------------------------------------------------


def _events(viewer: Viewer, record: Record, until: Until | None, limit: int) -> list[Item]:
    """Give the record's own changes: of an opportunity its movements, team and people too."""
    if record.kind == "opportunity":
        types = ("opportunity", "deal_people", "opportunity_file")
        events = history_of(opportunity_id=record.id, language=viewer.language, types=types).events
    else:
        hidden = hidden_fields(viewer, record) if record.kind == "contact" else frozenset()
        events = _saves(viewer, record, (record.kind, f"{record.kind}_file"), hidden=hidden)
    return _within(_numbered(viewer, events), until, limit)


def _activities(viewer: Viewer, record: Record, until: Until | None, limit: int) -> list[Item]:
    return [
        Item(row.at, row.on, "activity", row.id, row, row.owner.id == viewer.person_id)
        for row in activities_before(viewer, record=record, until=until, limit=limit)
    ]


def _files(viewer: Viewer, record: Record, until: Until | None, limit: int) -> list[Item]:
    return [
        Item(
            row.added_at, _day(row.added_at), "file", row.id, row,
            row.added_by is not None and row.added_by.id == viewer.person_id,
        )
        for row in files_on(viewer, record=record, until=until, limit=limit)
    ]  # fmt: skip


def _notes(viewer: Viewer, record: Record, until: Until | None, limit: int) -> list[Item]:
    return [
        Item(row.written_at, _day(row.written_at), "note", row.id, row, row.is_own)
        for row in notes_before(viewer, record=record, until=until, limit=limit)
    ]


def _headlines(viewer: Viewer, record: Record, until: Until | None, limit: int) -> list[Item]:
    if record.kind == "opportunity":
        return []
    return [
        Item(row.at, row.on, "headline", row.id, row, row.actor_id == viewer.person_id)
        for row in headlines_before(viewer, record=record, until=until, limit=limit)
    ]


_SOURCES: dict[str, Callable[[Viewer, Record, Until | None, int], list[Item]]] = {
    "event": _events,
    "activity": _activities,
    "file": _files,
    "note": _notes,
    "headline": _headlines,
}


def _numbered(viewer: Viewer, events: Iterable[Event]) -> list[Item]:
    """Number events from the oldest: what comes later does not change a number."""
    ordered = sorted(events, key=lambda e: (e.at, e.id or 0))
    return [
        Item(e.at, e.on, "event", number, e, viewer.person_id in (e.actor_id, e.for_id))
        for number, e in enumerate(ordered, start=1)
    ]


def _saves(
    viewer: Viewer, record: Record, types: Iterable[str], *, hidden: frozenset[str]
) -> tuple[Event, ...]:
    """Give the field changes of an object, those of one save together, masked as its history."""
    rows = (
        Change.objects.filter(object_type__in=list(types), object_id=record.id)
        .exclude(field__in=hidden)
        .select_related("actor", "for_person")
        # Not by number alone: a planner may walk the whole table by its key.
        .order_by("-object_type", "-id")[:_MOST_CHANGES]
    )
    known = parents_in_sight(viewer, rows) if record.kind == "account" else None
    english = viewer.language.startswith("en")

    def named(person: Any) -> str:
        if person is None:
            return ""
        return str((person.name_en or person.name) if english else (person.name or person.name_en))

    saves: dict[UUID, list[Change]] = {}
    for row in rows:
        saves.setdefault(row.correlation_id, []).append(row)
    return tuple(
        Event(
            id=None,
            kind=None,
            on=_day(first.at),
            at=first.at,
            who=named(first.actor),
            actor_id=first.actor_id,
            way=Way(first.way),
            correlation_id=correlation,
            for_id=first.for_person_id,
            whom=named(first.for_person),
            changes=tuple(told_change(c, known) for c in reversed(changes)),
        )
        for correlation, changes in saves.items()
        for first in (changes[0],)
    )


def _contact_names(viewer: Viewer, items: Iterable[Item]) -> dict[int, str]:
    """Name the contacts that changes of stakeholders speak of, where they are in sight."""
    wanted = {
        value["contact"]
        for item in items
        if isinstance(item.body, Event)
        for change in item.body.changes
        if change.field == "stakeholder"
        for value in (change.old, change.new)
        if isinstance(value, dict) and "contact" in value
    }
    if not wanted:
        return {}
    rows = Contact.objects.filter(pk__in=wanted, account__in=Account.visible_to(viewer))
    return dict(rows.values_list("id", "name"))


def _day(moment: datetime) -> date:
    return timezone.localtime(moment).date()
