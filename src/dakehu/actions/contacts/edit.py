"""Creating and editing contacts: by those who may edit the contacts of their account."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from dakehu.actions.audit import last_change
from dakehu.actions.contacts.rows import account_held, locked_contact, record_contact
from dakehu.actions.names import person_key
from dakehu.actions.search import CONTACT, index_name
from dakehu.core.access import Viewer
from dakehu.core.errors import Conflict, NotAllowed, RuleBroken
from dakehu.core.ledger import Way
from dakehu.core.past import CONTACT_FIELDS
from dakehu.models import Contact
from dakehu.queries.contacts import hidden_fields


@transaction.atomic
def create_contact(
    *,
    actor: Viewer,
    account_id: int,
    values: Mapping[str, str],
    today: date,
    at: datetime,
    way: Way = Way.FORM,
) -> int:
    """Create a contact of an account in sight; gives its id.

    Raises NotFound("account.unknown"), NotAllowed("contact.edit"), RuleBroken
    ("contact.name_missing", "contact.bad_email", "text.too_long", "text.unreadable").
    """
    account, right = account_held(actor, account_id)
    checked = _checked(values)
    if not checked.get("name"):
        raise RuleBroken("contact.name_missing", field="name")
    row = Contact.objects.create(
        account_id=account.pk,
        sort_key=person_key(checked["name"]),
        created_on=today,
        **checked,
    )
    index_name(CONTACT, row.pk, is_new=True)
    record_contact(actor, row.pk, {"created": (None, checked["name"])}, right, way, at)
    return int(row.pk)


@transaction.atomic
def edit_contact(
    *,
    actor: Viewer,
    contact_id: int,
    seen_version: int,
    values: Mapping[str, str],
    at: datetime,
    way: Way = Way.FORM,
) -> UUID:
    """Change fields of a contact; what the actor may not read of it, they may not change.

    Raises NotFound("contact.unknown"), NotAllowed("contact.edit", "contact.phone",
    "contact.note"), Conflict("contact.changed"), RuleBroken as in `create_contact`.
    """
    row = locked_contact(actor, contact_id)
    account, right = account_held(actor, row.account_id)
    checked = _checked(values)
    if "name" in checked and not checked["name"]:
        raise RuleBroken("contact.name_missing", field="name")
    for name in sorted(hidden_fields(actor, account) & set(checked)):
        raise NotAllowed(f"contact.{name}")
    before = {name: getattr(row, name) for name in checked}
    if row.version != seen_version:
        differing = [n for n in checked if before[n] != checked[n]]
        raise Conflict(
            "contact.changed",
            version=row.version,
            theirs={n: before[n] for n in differing},
            yours={n: checked[n] for n in differing},
            **last_change("contact", row.pk),
        )
    set_fields(row, checked)
    return record_contact(
        actor, row.pk, {n: (before[n], checked[n]) for n in checked}, right, way, at
    )


def set_fields(row: Contact, wanted: Mapping[str, str]) -> None:
    """Write checked fields and what follows from them, as the next version of the row."""
    columns: dict[str, Any] = dict(wanted)
    if "name" in columns:
        columns["sort_key"] = person_key(columns["name"])
    Contact.with_deleted.filter(pk=row.pk).update(**columns, version=row.version + 1)
    if columns.keys() & {"name", "name_en"}:
        index_name(CONTACT, row.pk)


def _checked(values: Mapping[str, str]) -> dict[str, str]:
    checked: dict[str, str] = {}
    for name, value in values.items():
        if name not in CONTACT_FIELDS:
            raise RuleBroken("contact.unknown_field", field=name)
        text = (value or "").strip()
        if len(text) > CONTACT_FIELDS[name]:
            raise RuleBroken("text.too_long", field=name, limit=CONTACT_FIELDS[name])
        if "\x00" in text:
            raise RuleBroken("text.unreadable", field=name)
        checked[name] = text
    if checked.get("email"):
        try:
            validate_email(checked["email"])
        except ValidationError as error:
            raise RuleBroken("contact.bad_email", field="email") from error
    return checked
