"""Deleting a contact hides it, for 30 days it comes back; erasing takes the person out for good."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from dakehu.actions.contacts.edit import set_fields
from dakehu.actions.contacts.rows import account_held, locked_contact, record_contact
from dakehu.actions.files import forget_history, remove_attachments
from dakehu.actions.search import CONTACT, forget_name, index_name
from dakehu.core.access import Right, Viewer, best_right
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Way
from dakehu.core.past import CONTACT_FIELDS, KEPT, PART_NOTE
from dakehu.models import (
    Account,
    Activity,
    ActivityContact,
    Attachment,
    Change,
    Contact,
    ExternalId,
    Note,
    Stakeholder,
)


@transaction.atomic
def delete_contact(
    *, actor: Viewer, contact_id: int, seen_version: int, at: datetime, way: Way = Way.FORM
) -> UUID:
    """Hide a contact everywhere; what it took part in stays.

    Raises NotFound("contact.unknown"), NotAllowed("contact.delete"), Conflict("contact.changed").
    """
    row = locked_contact(actor, contact_id)
    _account, right = account_held(actor, row.account_id, "contact.delete")
    if row.version != seen_version:
        raise Conflict("contact.changed", version=row.version)
    _mark(row, deleted_at=at, deleted_by_id=actor.person_id)
    ExternalId.objects.filter(object_type="contact", object_id=row.pk).delete()
    forget_name(CONTACT, row.pk)
    changes = {"deleted": (None, at.isoformat())}
    return record_contact(actor, row.pk, changes, right, way, at)


@transaction.atomic
def restore_contact(*, actor: Viewer, contact_id: int, at: datetime, way: Way = Way.FORM) -> UUID:
    """Bring a deleted contact back.

    Who may delete it may, and who assigns the accounts of its unit. Raises
    NotFound("contact.unknown"), NotAllowed("contact.delete"), RuleBroken("past.erased",
    "past.kept_no_longer").
    """
    row, right = _gone(actor, contact_id)
    if not row.name:
        raise RuleBroken("past.erased")
    if row.deleted_at < at - KEPT:
        raise RuleBroken("past.kept_no_longer", days=KEPT.days)
    changes = {"deleted": (row.deleted_at.isoformat(), None)}
    _mark(row, deleted_at=None, deleted_by_id=None)
    index_name(CONTACT, row.pk)
    return record_contact(actor, row.pk, changes, right, way, at)


@transaction.atomic
def erase_contact(*, actor: Viewer, contact_id: int, at: datetime, way: Way = Way.FORM) -> UUID:
    """Take all that is known of a deleted contact out, from its history too (CUS-12).

    What they took part in stays, nameless; figures stay. Raises NotFound("contact.unknown"),
    NotAllowed("contact.delete").
    """
    row, right = _gone(actor, contact_id)
    blank(row)
    return record_contact(actor, row.pk, {"erased": (None, at.isoformat())}, right, way, at)


def blank(row: Any) -> None:
    """Empty the row, what was written about it, and its history; the caller's transaction."""
    _blank_activities(row)
    set_fields(row, dict.fromkeys(CONTACT_FIELDS, ""))
    notes = Note._base_manager.filter(contact_id=row.pk)
    forget_history("note", list(notes.values_list("pk", flat=True)))
    notes.delete()
    attached = Attachment._base_manager.filter(contact_id=row.pk)
    remove_attachments(list(attached.values_list("pk", flat=True)))
    parts = Stakeholder.objects.filter(contact_id=row.pk)
    forget_history("stakeholder", list(parts.values_list("pk", flat=True)))
    parts.update(note="")
    forget_history(PART_NOTE, [row.pk])
    forget_name(CONTACT, row.pk)
    forget_history("contact_file", [row.pk])
    changes = Change.objects.filter(object_type="contact", object_id=row.pk)
    changes.filter(field__in=[*CONTACT_FIELDS, "created"]).update(old=None, new=None)


def _blank_activities(row: Any) -> None:
    """Take the names out that activities once kept of whom they were with."""
    with_them = set(
        ActivityContact.objects.filter(contact_id=row.pk).values_list("activity_id", flat=True)
    )
    near = Activity._base_manager.filter(account_id=row.account_id).values_list("pk", flat=True)
    told = Change.objects.filter(
        object_type="activity", object_id__among=sorted(with_them | set(near)), field="contacts"
    )
    gone = [
        change.pk
        for change in told.iterator()
        for names in ([*(change.old or ()), *(change.new or ())],)
        if row.name in names
        or (change.object_id in with_them and any(isinstance(name, str) for name in names))
    ]
    Change.objects.filter(pk__in=gone).update(old=None, new=None)


def _mark(row: Any, **columns: Any) -> None:
    Contact.with_deleted.filter(pk=row.pk).update(**columns, version=row.version + 1)


def _gone(actor: Viewer, contact_id: int) -> tuple[Any, Right]:
    row = (
        Contact.with_deleted.select_for_update(of=("self",))
        .filter(pk=contact_id, deleted_at__isnull=False, account__in=Account.visible_to(actor))
        .first()
    )
    if row is None:
        raise NotFound("contact.unknown")
    return row, _right_to_bring_back(actor, row.account_id)


def _right_to_bring_back(actor: Viewer, account_id: int) -> Right:
    rights: list[Right | None] = []
    for permission in ("contact.delete", "account.assign"):
        try:
            rights.append(account_held(actor, account_id, permission)[1])
        except NotAllowed:
            rights.append(None)
    right = best_right(*rights)
    if right is None:
        raise NotAllowed("contact.delete")
    return right
