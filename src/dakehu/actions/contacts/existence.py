"""Deleting a contact hides it, for 30 days it comes back; erasing takes the person out for good."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from dakehu.actions.contacts.edit import set_fields
from dakehu.actions.contacts.rows import account_held, locked_contact, record_contact
from dakehu.actions.search import CONTACT, forget_name, index_name
from dakehu.core.access import Right, Viewer, best_right
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Way
from dakehu.core.past import CONTACT_FIELDS, KEPT
from dakehu.models import (
    Account,
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
    set_fields(row, dict.fromkeys(CONTACT_FIELDS, ""))
    Note.objects.filter(contact_id=row.pk).delete()
    Attachment.objects.filter(contact_id=row.pk).delete()
    Stakeholder.objects.filter(contact_id=row.pk).update(note="")
    forget_name(CONTACT, row.pk)
    changes = Change.objects.filter(object_type="contact", object_id=row.pk)
    changes.filter(field__in=[*CONTACT_FIELDS, "created"]).update(old=None, new=None)


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
