"""Stakeholders of an opportunity (CUS-11): which of the customer's people decide, and for whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from dakehu.actions.audit import record_changes
from dakehu.actions.contacts import create_contact
from dakehu.actions.files import forget_history
from dakehu.actions.opportunities.held import hold
from dakehu.actions.teams import OBJECT_TYPE, check_last_removal, removal_held, removal_of
from dakehu.core.access import Right, Viewer
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Way
from dakehu.core.past import PART_NOTE
from dakehu.core.teams import ATTITUDES, BUYING_ROLES, INFLUENCES
from dakehu.models import Account, Change, Contact, Opportunity, Stakeholder
from dakehu.queries.contacts import hidden_fields
from dakehu.queries.records import LARGEST_ID

_LONGEST_NOTE = 240


@dataclass(frozen=True, slots=True)
class Part:
    """The part somebody has in the purchase; `note` None leaves the one there."""

    roles: tuple[str, ...] = ()
    influence: int = 0
    attitude: int | None = None
    note: str | None = None


@transaction.atomic
def add_stakeholder(
    *,
    actor: Viewer,
    opportunity_id: int,
    contact_id: int,
    part: Part,
    today: date,
    at: datetime,
    way: Way = Way.FORM,
) -> int:
    """Make a contact of the deal's account or its group a stakeholder; gives its id.

    NotFound `opportunity.not_found`, `contact.unknown` (out of sight), NotAllowed
    `stakeholder.edit`, `contact.note`, RuleBroken `stakeholder.no_account`,
    `stakeholder.other_account`, `stakeholder.already_there`, `stakeholder.unknown_…`,
    `text.too_long`.
    """
    del today
    row, by = _held(actor, opportunity_id)
    _check(part)
    contact = _contact(actor, contact_id)
    _check_group(row, contact)
    _check_note(actor, contact, part)
    if Stakeholder.objects.filter(opportunity=row, contact=contact).exists():
        raise RuleBroken("stakeholder.already_there", field="contact")
    kept = Stakeholder.objects.create(
        opportunity=row,
        contact=contact,
        roles=list(part.roles),
        influence=part.influence,
        attitude=part.attitude,
        note=part.note or "",
        added_at=at,
    )
    changes = {"stakeholder": (None, _plain(kept))}
    _note(actor, row.pk, changes, by, way, at)
    if kept.note:
        _note(actor, kept.pk, {"note": ("", kept.note)}, by, way, at, object_type="stakeholder")
    return kept.pk


@transaction.atomic
def add_new_stakeholder(
    *,
    actor: Viewer,
    opportunity_id: int,
    values: Mapping[str, str],
    part: Part,
    today: date,
    at: datetime,
    way: Way = Way.FORM,
) -> int:
    """Create a contact of the deal's account and make them a stakeholder, both or neither.

    As `create_contact` and `add_stakeholder`.
    """
    row, _by = _held(actor, opportunity_id)
    if row.account_id is None:
        raise RuleBroken("stakeholder.no_account", field="name")
    contact_id = create_contact(
        actor=actor, account_id=row.account_id, values=values, today=today, at=at, way=way
    )
    return add_stakeholder(
        actor=actor, opportunity_id=opportunity_id, contact_id=contact_id, part=part, today=today,
        at=at, way=way,
    )  # fmt: skip


@transaction.atomic
def edit_stakeholder(
    *,
    actor: Viewer,
    opportunity_id: int,
    stakeholder_id: int,
    part: Part,
    seen_version: int | None,
    at: datetime,
    way: Way = Way.FORM,
) -> None:
    """Change somebody's part. NotFound `stakeholder.not_found`, Conflict `stakeholder.changed`."""
    row, by = _held(actor, opportunity_id)
    _check(part)
    kept = _kept(actor, row, stakeholder_id)
    _check_note(actor, kept.contact, part)
    before, note_before = _plain(kept), kept.note
    wanted = {"roles": list(part.roles), "influence": part.influence, "attitude": part.attitude}
    if part.note is not None:
        wanted["note"] = part.note
    if seen_version is not None and seen_version != kept.version:
        theirs = {name: getattr(kept, name) for name in wanted}
        differing = [name for name in wanted if theirs[name] != wanted[name]]
        raise Conflict(
            "stakeholder.changed",
            version=kept.version,
            theirs={name: theirs[name] for name in differing},
            yours={name: wanted[name] for name in differing},
        )
    for name, value in wanted.items():
        setattr(kept, name, value)
    if (before, note_before) == (_plain(kept), kept.note):
        return
    kept.version += 1
    kept.save()
    _note(actor, row.pk, {"stakeholder": (before, _plain(kept))}, by, way, at)
    note = {"note": (note_before, kept.note)}
    _note(actor, kept.pk, note, by, way, at, object_type="stakeholder")


@transaction.atomic
def remove_stakeholder(
    *,
    actor: Viewer,
    opportunity_id: int,
    stakeholder_id: int,
    at: datetime,
    way: Way = Way.FORM,
) -> int:
    """Take somebody off the deal's map; the contact stays. NotFound `stakeholder.not_found`.

    Gives the number of the removal, by which `restore_stakeholder` takes it back.
    """
    row, by = _held(actor, opportunity_id)
    kept = _kept(actor, row, stakeholder_id)
    before = _plain(kept) | {"added_at": kept.added_at.isoformat()}
    # What was written about a person is kept by the person's number: found again to be erased.
    forget_history("stakeholder", [kept.pk])
    kept.delete()
    saved = _note(actor, row.pk, {"stakeholder": (before, None)}, by, way, at)
    if kept.note:
        _note(
            actor, kept.contact_id, {"note": (kept.note, None)}, by, way, at,
            object_type=PART_NOTE, saved=saved,
        )  # fmt: skip
    return removal_of(row.pk, saved)


@transaction.atomic
def restore_stakeholder(
    *, actor: Viewer, removal_id: int, at: datetime, way: Way = Way.UNDO
) -> int:
    """Put somebody back on the map as they stood, within 30 days; gives the opportunity's id.

    As `add_stakeholder`; NotFound `past.nothing_to_undo`, RuleBroken `note.too_late`.
    """
    gone = removal_held(actor, "stakeholder", removal_id, at)
    row, by = _held(actor, gone.object_id)
    old: Any = gone.old
    contact = _contact(actor, old["contact"])
    _check_group(row, contact)
    if Stakeholder.objects.filter(opportunity=row, contact=contact).exists():
        raise RuleBroken("stakeholder.already_there")
    check_last_removal(gone, "contact")
    written = Change.objects.filter(
        object_type=PART_NOTE, object_id=contact.pk, correlation_id=gone.correlation_id
    )
    # What stood there is put back, also by who may not read what was written.
    note = written.values_list("old", flat=True).first() or ""
    written.delete()
    kept = Stakeholder.objects.create(
        opportunity=row,
        contact=contact,
        roles=old["roles"],
        influence=old["influence"],
        attitude=old["attitude"],
        note=note,
        added_at=datetime.fromisoformat(old["added_at"]) if "added_at" in old else gone.at,
    )
    # Not with the note: whoever puts it back did not write it.
    _note(actor, row.pk, {"stakeholder": (None, _plain(kept))}, by, way, at)
    return row.pk


def _held(actor: Viewer, opportunity_id: int) -> tuple[Opportunity, Right]:
    held = hold(actor=actor, opportunity_id=min(opportunity_id, LARGEST_ID), seen_version=None)
    return held.row, held.require(actor, "stakeholder.edit")


def _check(part: Part) -> None:
    if set(part.roles) - set(BUYING_ROLES):
        raise RuleBroken("stakeholder.unknown_role", field="roles")
    if part.influence not in INFLUENCES:
        raise RuleBroken("stakeholder.unknown_influence", field="influence")
    if part.attitude is not None and part.attitude not in ATTITUDES:
        raise RuleBroken("stakeholder.unknown_attitude", field="attitude")
    if part.note is not None:
        if len(part.note) > _LONGEST_NOTE:
            raise RuleBroken("text.too_long", field="note", limit=_LONGEST_NOTE)
        if "\x00" in part.note:
            raise RuleBroken("text.unreadable", field="note")


def _contact(actor: Viewer, contact_id: int) -> Contact:
    contact: Contact | None = (
        Contact.objects.select_related("account")
        .filter(
            pk=min(contact_id, LARGEST_ID),
            deleted_at__isnull=True,
            account__in=Account.visible_to(actor),
        )
        .first()
    )
    if contact is None:
        raise NotFound("contact.unknown")
    return contact


def _check_group(row: Opportunity, contact: Contact) -> None:
    """Refuse who works neither at the deal's account nor in its group."""
    if row.account_id is None:
        raise RuleBroken("stakeholder.no_account", field="contact")
    path = Account.objects.values_list("path", flat=True).get(pk=row.account_id)
    if contact.account.path[: Account.steplen] != path[: Account.steplen]:
        raise RuleBroken("stakeholder.other_account", field="contact")


def _check_note(actor: Viewer, contact: Contact, part: Part) -> None:
    """Refuse to write what one may not read: a note about a person is personal."""
    if part.note and "note" in hidden_fields(actor, contact.account):
        raise NotAllowed("contact.note")


def _kept(actor: Viewer, row: Opportunity, stakeholder_id: int) -> Stakeholder:
    kept = (
        Stakeholder.objects.select_for_update(of=("self",))
        .select_related("contact__account")
        .filter(
            pk=min(stakeholder_id, LARGEST_ID),
            opportunity=row,
            contact__account__in=Account.visible_to(actor),
        )
        .first()
    )
    if kept is None:
        raise NotFound("stakeholder.not_found")
    return kept


def _plain(kept: Stakeholder) -> dict[str, Any]:
    """Write a part as the history keeps it: by the contact's number, named on reading."""
    return {
        "contact": kept.contact_id, "roles": list(kept.roles), "influence": kept.influence,
        "attitude": kept.attitude,
    }  # fmt: skip


def _note(
    actor: Viewer,
    object_id: int,
    changes: Mapping[str, tuple[Any, Any]],
    by: Right,
    way: Way,
    at: datetime,
    *,
    object_type: str = OBJECT_TYPE,
    saved: UUID | None = None,
) -> UUID:
    saved = saved or uuid4()
    record_changes(
        actor=actor,
        object_type=object_type,
        object_id=object_id,
        changes=changes,
        correlation_id=saved,
        way=way,
        at=at,
        for_person_id=by.for_person,
    )
    return saved
