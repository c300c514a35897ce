"""A contact held for a change, the right to it, and its changes put on record."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db.models import Exists, OuterRef

from dakehu.actions.audit import record_changes
from dakehu.core.access import Right, Viewer
from dakehu.core.errors import NotAllowed, NotFound
from dakehu.core.ledger import Way
from dakehu.models import Account, Contact, Grant


def locked_contact(actor: Viewer, contact_id: int) -> Any:
    """Lock the row for writing. NotFound("contact.unknown") where its account is out of sight."""
    rows = Contact.objects.select_for_update(of=("self",))
    row = rows.filter(pk=contact_id, account__in=Account.visible_to(actor)).first()
    if row is None:
        raise NotFound("contact.unknown")
    return row


def account_held(
    actor: Viewer, account_id: int, permission: str = "contact.edit"
) -> tuple[Any, Right]:
    """Give the account of a contact, and the right to do this to its people."""
    work = Grant.objects.filter(
        person_id=actor.person_id or 0, account_id=OuterRef("pk"), right="work"
    )
    row = (
        Account.visible_to(actor).annotate(granted_work=Exists(work)).filter(pk=account_id).first()
    )
    if row is None:
        raise NotFound("account.unknown")
    granted = "work" if row.granted_work else None
    right = actor.right_to(
        permission, owner_id=row.manager_id, unit_id=row.unit_id, granted=granted
    )
    if right is None:
        raise NotAllowed(permission)
    return row, right


def record_contact(
    actor: Viewer,
    contact_id: int,
    changes: Mapping[str, tuple[Any, Any]],
    right: Right,
    way: Way,
    at: datetime,
) -> UUID:
    """Put changes of one save on record; give its correlation id."""
    correlation_id = uuid4()
    record_changes(
        actor=actor,
        object_type="contact",
        object_id=contact_id,
        changes=changes,
        correlation_id=correlation_id,
        way=way,
        at=at,
        for_person_id=right.for_person,
    )
    return correlation_id
