"""Notes on opportunities, accounts and contacts, with people mentioned in them by @name."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction

from dakehu.actions.audit import record_changes
from dakehu.actions.notices import tell
from dakehu.actions.teams import add_member
from dakehu.core.access import Viewer
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Way
from dakehu.core.notes import LONGEST, MOST_MENTIONS, names_said, possible_names
from dakehu.models import Mention, Note
from dakehu.queries.people import PersonName, people_named
from dakehu.queries.records import LARGEST_ID, Record, reads_notes, record_in_sight, who_sees

#: So long what was deleted can be brought back.
KEPT_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class _Writing:
    """Who writes on which record, and when."""

    actor: Viewer
    record: Record
    today: date
    at: datetime
    way: Way
    correlation_id: UUID


@transaction.atomic
def write_note(
    *,
    actor: Viewer,
    kind: str,
    record_id: int,
    text: str,
    add_to_team: bool = False,
    today: date,
    at: datetime,
    way: Way = Way.FORM,
) -> int:
    """Write a note on a record, and tell whom it mentions; gives its id.

    `add_to_team` lets those whom it mentions and who do not see the opportunity in as readers.
    NotFound, NotAllowed `note.write`, RuleBroken `note.who`, `note.empty`, `text.too_long`,
    `text.unreadable`, `note.record_gone`, `note.mention_out_of_sight`, `note.mention_ambiguous`,
    `note.mention_too_many`; of adding to the team what `add_member` refuses.
    """
    record = record_in_sight(actor, kind=kind, record_id=record_id)
    writing = _Writing(actor, record, today, at, way, uuid4())
    author_id = _require(writing)
    text = _checked(text)
    mentioned = _mentioned(writing, text, add_to_team=add_to_team)
    note = Note.objects.create(
        text=text,
        author_id=author_id,
        for_person_id=actor.acts_for("note.write"),
        written_at=at,
        **record.column,
    )
    _mention(writing, note, mentioned)
    return note.pk


@transaction.atomic
def edit_note(
    *,
    actor: Viewer,
    note_id: int,
    text: str,
    seen_version: int | None,
    add_to_team: bool = False,
    today: date,
    at: datetime,
    way: Way = Way.FORM,
) -> None:
    """Change one's own note; what it said stays on record. Who is newly mentioned is told.

    As `write_note`, and NotFound `note.not_found`, NotAllowed `note.edit`, Conflict `note.changed`.
    """
    note, record = _own_note(actor, note_id)
    writing = _Writing(actor, record, today, at, way, uuid4())
    _require(writing)
    text = _checked(text)
    if seen_version is not None and seen_version != note.version:
        raise Conflict(
            "note.changed",
            version=note.version,
            theirs={"text": note.text},
            yours={"text": text},
        )
    if text == note.text:
        return
    mentioned = _mentioned(writing, text, add_to_team=add_to_team)
    record_changes(
        actor=actor,
        object_type="note",
        object_id=note.pk,
        changes={"text": (note.text, text)},
        correlation_id=writing.correlation_id,
        way=way,
        at=at,
    )
    note.text, note.edited_at, note.version = text, at, note.version + 1
    note.save(update_fields=["text", "edited_at", "version"])
    Mention.objects.filter(note=note, done_at__isnull=True).exclude(
        person_id__in=[person.id for person in mentioned]
    ).delete()
    _mention(writing, note, mentioned)


@transaction.atomic
def delete_note(*, actor: Viewer, note_id: int, at: datetime, way: Way = Way.FORM) -> None:
    """Delete one's own note; it can be restored for 30 days. NotFound, NotAllowed `note.edit`."""
    note, _record = _own_note(actor, note_id)
    note.deleted_at, note.deleted_by_id = at, actor.person_id
    note.save(update_fields=["deleted_at", "deleted_by"])
    _record_gone(actor, note, (None, at), way, at)


@transaction.atomic
def restore_note(*, actor: Viewer, note_id: int, at: datetime, way: Way = Way.FORM) -> None:
    """Bring back one's own note within 30 days.

    NotFound `note.not_found`, NotAllowed `note.edit`, RuleBroken `note.too_late`.
    """
    note, _record = _own_note(actor, note_id, deleted=True)
    gone = note.deleted_at
    if gone is None or at - gone > KEPT_FOR:
        raise RuleBroken("note.too_late", limit=KEPT_FOR.days)
    note.deleted_at = note.deleted_by_id = None
    note.save(update_fields=["deleted_at", "deleted_by"])
    _record_gone(actor, note, (gone, None), way, at)


@transaction.atomic
def finish_mention(*, actor: Viewer, note_id: int, at: datetime) -> None:
    """Say that one's mention in a note is dealt with. NotFound `note.no_mention`."""
    row = (
        Mention.objects.select_for_update(of=("self",))
        .filter(note_id=min(note_id, LARGEST_ID), person_id=actor.person_id or 0)
        .select_related("note")
        .first()
    )
    if row is None or row.note.deleted_at is not None:
        raise NotFound("note.no_mention")
    _record_of(actor, row.note)
    if row.done_at is None:
        row.done_at = at
        row.save(update_fields=["done_at"])


def _require(writing: _Writing) -> int:
    actor, record = writing.actor, writing.record
    if not actor.holds("note.write") or not reads_notes(actor, record):
        raise NotAllowed("note.write")
    if actor.person_id is None:
        raise RuleBroken("note.who")
    if record.is_gone:
        raise RuleBroken("note.record_gone")
    return actor.person_id


def _own_note(actor: Viewer, note_id: int, *, deleted: bool = False) -> tuple[Note, Record]:
    note = (
        Note.objects.select_for_update(of=("self",))
        .filter(pk=min(note_id, LARGEST_ID), deleted_at__isnull=not deleted)
        .first()
    )
    if note is None:
        raise NotFound("note.not_found")
    record = _record_of(actor, note)
    if actor.person_id is None or note.author_id != actor.person_id:
        # What somebody else has deleted is not there; what is there is not others' to change.
        raise NotFound("note.not_found") if deleted else NotAllowed("note.edit")
    return note, record


def _record_of(actor: Viewer, note: Note) -> Record:
    for kind in ("opportunity", "account", "contact"):
        record_id = getattr(note, f"{kind}_id")
        if record_id is not None:
            try:
                record = record_in_sight(actor, kind=kind, record_id=record_id)
            except NotFound as error:
                raise NotFound("note.not_found") from error
            if not reads_notes(actor, record):
                raise NotFound("note.not_found")
            return record
    raise NotFound("note.not_found")


def _checked(text: str) -> str:
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise RuleBroken("note.empty", field="text")
    if len(text) > LONGEST:
        raise RuleBroken("text.too_long", field="text", limit=LONGEST)
    if "\x00" in text:
        raise RuleBroken("text.unreadable", field="text")
    return text


def _mentioned(writing: _Writing, text: str, *, add_to_team: bool) -> list[PersonName]:
    """Give whom the text mentions; all of them see the record, or are let in now."""
    found = people_named(writing.actor, names=possible_names(text), today=writing.today)
    seeing = who_sees(writing.actor, record=writing.record, people=found, today=writing.today)
    mentioned = _meant(text, found, seeing)
    if len(mentioned) > MOST_MENTIONS:
        raise RuleBroken("note.mention_too_many", field="text", limit=MOST_MENTIONS)
    outside = [person for person in mentioned if person.id not in seeing]
    if outside and add_to_team and writing.record.kind == "opportunity":
        for person in outside:
            add_member(
                actor=writing.actor,
                opportunity_id=writing.record.id,
                person_id=person.id,
                role="",
                right="read",
                today=writing.today,
                at=writing.at,
                way=writing.way,
            )
    elif outside:
        language = writing.actor.language
        names = [person.shown(language) for person in outside]
        raise RuleBroken("note.mention_out_of_sight", field="text", names=names)
    return mentioned


def _meant(text: str, found: list[PersonName], seeing: frozenset[int]) -> list[PersonName]:
    """Give who is meant by each @name: of several with one name, the one who sees the record."""
    named: dict[str, list[PersonName]] = defaultdict(list)
    for person in found:
        for name in {person.name, person.name_en, person.login} - {""}:
            named[name].append(person)
    meant: dict[int, PersonName] = {}
    for name in names_said(text, named):
        people = named[name]
        if len(people) > 1:
            people = [p for p in people if p.id in seeing] or people
        if len(people) > 1:
            logins = [person.login for person in people[:5]]
            raise RuleBroken("note.mention_ambiguous", field="text", name=name, logins=logins)
        meant[people[0].id] = people[0]
    return list(meant.values())


def _mention(writing: _Writing, note: Note, people: Iterable[PersonName]) -> None:
    """Note who is mentioned and tell those who were not before."""
    known = set(Mention.objects.filter(note=note).values_list("person_id", flat=True))
    new = [person.id for person in people if person.id not in known]
    Mention.objects.bulk_create([Mention(note=note, person_id=person) for person in new])
    tell(
        kind="mentioned",
        people=new,
        actor=writing.actor,
        at=writing.at,
        object_type=writing.record.kind,
        object_id=writing.record.id,
        facts={"note": note.pk},
        correlation_id=writing.correlation_id,
    )


def _record_gone(
    actor: Viewer,
    note: Note,
    change: tuple[datetime | None, datetime | None],
    way: Way,
    at: datetime,
) -> None:
    record_changes(
        actor=actor,
        object_type="note",
        object_id=note.pk,
        changes={"deleted": tuple(moment and moment.isoformat() for moment in change)},  # type: ignore[dict-item]
        correlation_id=uuid4(),
        way=way,
        at=at,
    )
