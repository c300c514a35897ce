"""Creating and editing contacts: by those who may edit the contacts of their account."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Exists, OuterRef

from dakehu.actions.audit import record_changes
from dakehu.actions.names import sort_key
from dakehu.core.access import Right, Viewer
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Way
from dakehu.models import Account, Contact, Grant
from dakehu.queries.contacts import hidden_fields

FIELDS = {
    "name": 80, "name_en": 80, "title": 120, "department": 120, "phone": 60, "email": 254,
    "note": 20_000,
}  # fmt: skip


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
    account, right = _account(actor, account_id)
    checked = _checked(values)
    if not checked.get("name"):
        raise RuleBroken("contact.name_missing", field="name")
    row = Contact.objects.create(
        account_id=account.pk,
        sort_key=sort_key(checked["name"]),
        created_on=today,
        **checked,
    )
    _record(actor, row.pk, {"created": (None, checked["name"])}, right, way, at)
    return row.pk


@transaction.atomic
def edit_contact(
    *,
    actor: Viewer,
    contact_id: int,
    seen_version: int,
    values: Mapping[str, str],
    at: datetime,
    way: Way = Way.FORM,
) -> None:
    """Change fields of a contact; what the actor may not read of it, they may not change.

    Raises NotFound("contact.unknown"), NotAllowed("contact.edit", "contact.phone",
    "contact.note"), Conflict("contact.changed"), RuleBroken as in `create_contact`.
    """
    row = (
        Contact.objects.select_for_update(of=("self",))
        .filter(pk=contact_id, account__in=Account.visible_to(actor))
        .first()
    )
    if row is None:
        raise NotFound("contact.unknown")
    account, right = _account(actor, row.account_id)
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
        )
    columns: dict[str, Any] = dict(checked)
    if "name" in checked:
        columns["sort_key"] = sort_key(checked["name"])
    Contact.objects.filter(pk=row.pk).update(**columns, version=row.version + 1)
    _record(actor, row.pk, {n: (before[n], checked[n]) for n in checked}, right, way, at)


def _account(actor: Viewer, account_id: int) -> tuple[Any, Right]:
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
        "contact.edit", owner_id=row.manager_id, unit_id=row.unit_id, granted=granted
    )
    if right is None:
        raise NotAllowed("contact.edit")
    return row, right


def _checked(values: Mapping[str, str]) -> dict[str, str]:
    checked: dict[str, str] = {}
    for name, value in values.items():
        if name not in FIELDS:
            raise RuleBroken("contact.unknown_field", field=name)
        text = (value or "").strip()
        if len(text) > FIELDS[name]:
            raise RuleBroken("text.too_long", field=name, limit=FIELDS[name])
        if "\x00" in text:
            raise RuleBroken("text.unreadable", field=name)
        checked[name] = text
    if checked.get("email"):
        try:
            validate_email(checked["email"])
        except ValidationError as error:
            raise RuleBroken("contact.bad_email", field="email") from error
    return checked


def _record(
    actor: Viewer,
    contact_id: int,
    changes: Mapping[str, tuple[Any, Any]],
    right: Right,
    way: Way,
    at: datetime,
) -> None:
    record_changes(
        actor=actor,
        object_type="contact",
        object_id=contact_id,
        changes=changes,
        correlation_id=uuid4(),
        way=way,
        at=at,
        for_person_id=right.for_person,
    )
