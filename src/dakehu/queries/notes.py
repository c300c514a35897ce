"""Notes on records, for those who see the record; whom they mention, and what waits for whom."""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed, NotFound
from dakehu.core.notes import Piece, pieces_of
from dakehu.models import Account, Contact, Mention, Note, Opportunity
from dakehu.queries.audit import ChangeRow, changes
from dakehu.queries.people import PersonName, colleagues, person_name
from dakehu.queries.records import (
    KINDS,
    LARGEST_ID,
    Record,
    Until,
    reads_notes,
    record_in_sight,
    who_sees,
)


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A note with its text cut into plain stretches, mentions and links."""

    id: int
    version: int
    author: PersonName
    for_person: PersonName | None
    written_at: datetime
    edited_at: datetime | None
    text: str
    pieces: tuple[Piece, ...]
    is_own: bool
    #: Whether it mentions the viewer, who has not said that it is dealt with.
    waits_for_me: bool
    #: How many of those whom it mentions have not said that it is dealt with.
    waiting: int


@dataclass(frozen=True, slots=True)
class MentionRow:
    """A mention that waits for the viewer: in which note, on which record."""

    id: int
    note_id: int
    kind: str
    record_id: int
    name: str
    author: PersonName
    written_at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Mentionable:
    """A colleague who can be named in a note; `sees` says if they see the record."""

    person: PersonName
    #: What is written after the @: the name, or the log-in where several have that name.
    said: str
    sees: bool


def notes_before(
    viewer: Viewer, *, record: Record, until: Until | None, limit: int
) -> list[NoteRow]:
    """Give the newest notes on a record in sight, up to a moment; none where they are masked."""
    if not reads_notes(viewer, record):
        return []
    page = Note.objects.filter(deleted_at__isnull=True, **record.column)
    if until is not None:
        page = page.filter(until.within("written_at"))
    page = page.order_by("-written_at", "-id")[:limit]
    return _rows(viewer, Note.objects.filter(pk__in=page.values("pk")))


def note_of(viewer: Viewer, *, note_id: int) -> tuple[NoteRow, Record]:
    """Give one's own note with its record. NotFound `note.not_found`, NotAllowed `note.edit`."""
    record = record_of_note(viewer, note_id=note_id)
    found = _rows(viewer, Note.objects.filter(pk=note_id, deleted_at__isnull=True))
    if not found or not reads_notes(viewer, record):
        raise NotFound("note.not_found")
    if not found[0].is_own:
        raise NotAllowed("note.edit")
    return found[0], record


def note_history(viewer: Viewer, *, note_id: int) -> tuple[Record, tuple[ChangeRow, ...]]:
    """Give what a note on a record in sight said before, the latest change first.

    NotFound `note.not_found`, also of a note that was deleted: what it said is its author's.
    """
    record = record_of_note(viewer, note_id=note_id)
    stands = Note.objects.filter(pk=note_id, deleted_at__isnull=True).exists()
    if not stands or not reads_notes(viewer, record):
        raise NotFound("note.not_found")
    return record, changes(viewer=viewer, object_type="note", object_id=note_id)


def record_of_note(viewer: Viewer, *, note_id: int) -> Record:
    """Give the record in sight that a note, deleted or not, hangs on. NotFound."""
    found = (
        Note.objects.filter(pk=min(note_id, LARGEST_ID))
        .values_list("opportunity_id", "account_id", "contact_id")
        .first()
    )
    for kind, record_id in zip(KINDS, found or (), strict=False):
        if record_id is not None:
            try:
                return record_in_sight(viewer, kind=kind, record_id=record_id)
            except NotFound as error:
                raise NotFound("note.not_found") from error
    raise NotFound("note.not_found")


def mentions_waiting(viewer: Viewer, *, limit: int = 50) -> tuple[MentionRow, ...]:
    """Give the mentions of the viewer that wait, the newest first, of records in sight still."""
    if viewer.person_id is None:
        return ()
    rows = (
        Mention.objects.filter(
            person_id=viewer.person_id, done_at__isnull=True, note__deleted_at__isnull=True
        )
        .filter(_in_sight(viewer))
        .select_related("note__author", "note__opportunity", "note__account", "note__contact")
        .order_by("-note__written_at", "-id")[:limit]
    )
    found = []
    for row in rows:
        kind = next(kind for kind in KINDS if getattr(row.note, f"{kind}_id") is not None)
        found.append(
            MentionRow(
                id=row.pk,
                note_id=row.note_id,
                kind=kind,
                record_id=getattr(row.note, f"{kind}_id"),
                name=getattr(row.note, kind).name,
                author=person_name(row.note.author),
                written_at=row.note.written_at,
                text=row.note.text,
            )
        )
    return tuple(found)


def mentionable(
    viewer: Viewer, *, record: Record, text: str, today: date, limit: int = 8
) -> list[Mentionable]:
    """Find colleagues to mention, those who see the record first."""
    found = colleagues(viewer, text=text, today=today, limit=3 * limit)
    seeing = who_sees(viewer, record=record, people=found, today=today)
    names = [person.shown(viewer.language) for person in found]
    rows = [
        Mentionable(
            person,
            person.login if names.count(name) > 1 else name,
            person.id in seeing,
        )
        for person, name in zip(found, names, strict=True)
        if person.id != viewer.person_id
    ]
    return sorted(rows, key=lambda row: not row.sees)[:limit]


def _rows(viewer: Viewer, rows: QuerySet[Note]) -> list[NoteRow]:
    """Read notes with their people in one statement, the newest first: a line per mention."""
    lines = rows.order_by("-written_at", "-id", "mentions__id").values_list(
        "id", "version", "written_at", "edited_at", "text",
        "author_id", "author__login", "author__name", "author__name_en",
        "for_person_id", "for_person__login", "for_person__name", "for_person__name_en",
        "mentions__person_id", "mentions__person__name", "mentions__person__name_en",
        "mentions__person__login", "mentions__done_at",
    )  # fmt: skip
    found: list[NoteRow] = []
    for _note, group in groupby(lines, key=itemgetter(0)):
        mentions = list(group)
        first: tuple[Any, ...] = mentions[0]
        pk, version, written_at, edited_at, text, *people = first
        names = [str(name) for line in mentions for name in line[14:17] if name]
        mine = [line for line in mentions if line[13] == viewer.person_id and line[17] is None]
        found.append(
            NoteRow(
                id=pk,
                version=version,
                author=PersonName(*people[:4]),
                for_person=PersonName(*people[4:8]) if people[4] else None,
                written_at=written_at,
                edited_at=edited_at,
                text=text,
                pieces=pieces_of(text, names),
                is_own=people[0] == viewer.person_id,
                waits_for_me=viewer.person_id is not None and bool(mine),
                waiting=len([line for line in mentions if line[13] and line[17] is None]),
            )
        )
    return found


def _in_sight(viewer: Viewer) -> Q:
    accounts = Account.visible_to(viewer).filter(deleted_at__isnull=True)
    contacts = Contact.objects.filter(deleted_at__isnull=True, account__in=accounts)
    if not viewer.reads_field("contact.note"):
        contacts = contacts.filter(account__manager_id=viewer.person_id or 0)
    deals = Opportunity.objects.visible_to(viewer).filter(voided=False)
    # Of few mentions each is looked up: the sets in sight may be large.
    return (
        Q(Exists(deals.filter(pk=OuterRef("note__opportunity_id"))))
        | Q(Exists(accounts.filter(pk=OuterRef("note__account_id"))))
        | Q(Exists(contacts.filter(pk=OuterRef("note__contact_id"))))
    )
