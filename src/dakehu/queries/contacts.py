"""Contacts: seen by those who see the account; phone and note by those who may read them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Replace

from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound
from dakehu.models import Account, Contact, Grant
from dakehu.queries.audit import ChangeRow, changes
from dakehu.queries.paging import Cut, Page, page_of

ORDERS: dict[str, tuple[tuple[str, ...], bool]] = {
    "name": (("sort_key", "id"), False),
    "-name": (("sort_key", "id"), True),
}


@dataclass(frozen=True, slots=True)
class ContactFilter:
    """What the list is narrowed to."""

    text: str = ""
    account_id: int | None = None
    sort: str = "name"


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact as shown; `…_hidden` where there is something that the viewer may not read."""

    id: int
    version: int
    account_id: int
    account_name: str
    name: str
    name_en: str
    title: str
    department: str
    phone: str
    phone_hidden: bool
    email: str
    note: str
    note_hidden: bool
    created_on: date


@dataclass(frozen=True, slots=True)
class ContactPage:
    """One contact with its history."""

    contact: ContactRow
    changes: tuple[ChangeRow, ...]
    may_edit: bool


def contacts(*, viewer: Viewer, where: ContactFilter, cut: Cut) -> Page[ContactRow]:
    """Give a page of the contacts of accounts that the viewer may see."""
    order, descending = ORDERS.get(where.sort, ORDERS["name"])
    page = page_of(
        [_narrowed(viewer, where).select_related("account")],
        order=order,
        descending=descending,
        cut=cut,
    )
    rows = tuple(contact_row(c, c.account, viewer=viewer) for c in page.rows)
    return Page(rows, page.next, page.previous)


def contact_count(*, viewer: Viewer, where: ContactFilter) -> int:
    """Give how many contacts the list has."""
    return int(_narrowed(viewer, where).count())


def every_contact(*, viewer: Viewer, where: ContactFilter, limit: int) -> Iterator[ContactRow]:
    """Give the whole list in its order, for an export, at most `limit` rows."""
    order, descending = ORDERS.get(where.sort, ORDERS["name"])
    rows = (
        _narrowed(viewer, where)
        .select_related("account")
        .order_by(*(f"-{c}" if descending else c for c in order))[:limit]
        .iterator(chunk_size=500)
    )
    return (contact_row(c, c.account, viewer=viewer) for c in rows)


def contact(*, viewer: Viewer, contact_id: int) -> ContactPage:
    """Give one contact. Raises NotFound("contact.unknown") where its account is out of sight."""
    work = Grant.objects.filter(
        person_id=viewer.person_id or 0, account_id=OuterRef("account_id"), right="work"
    )
    row = (
        _seen(viewer)
        .select_related("account")
        .annotate(granted_work=Exists(work))
        .filter(pk=contact_id)
        .first()
    )
    if row is None:
        raise NotFound("contact.unknown")
    return ContactPage(
        contact=contact_row(row, row.account, viewer=viewer),
        changes=changes(
            viewer=viewer,
            object_type="contact",
            object_id=row.pk,
            hidden=hidden_fields(viewer, row.account),
        ),
        may_edit=viewer.may(
            "contact.edit",
            owner_id=row.account.manager_id,
            unit_id=row.account.unit_id,
            granted="work" if row.granted_work else None,
        ),
    )


def hidden_fields(viewer: Viewer, account: Any) -> frozenset[str]:
    """Give what the viewer may not read of an account's people; its manager reads all of them."""
    if viewer.person_id is not None and account.manager_id == viewer.person_id:
        return frozenset()
    return frozenset(f for f in ("phone", "note") if not viewer.reads_field(f"contact.{f}"))


def contact_row(row: Any, account: Any, *, viewer: Viewer) -> ContactRow:
    """Give a contact as the viewer may read it: the one place where phone and note are masked."""
    hidden = hidden_fields(viewer, account)
    return ContactRow(
        id=row.pk,
        version=row.version,
        account_id=account.pk,
        account_name=account.name,
        name=row.name,
        name_en=row.name_en,
        title=row.title,
        department=row.department,
        phone="" if "phone" in hidden else row.phone,
        phone_hidden=bool(row.phone) and "phone" in hidden,
        email=row.email,
        note="" if "note" in hidden else row.note,
        note_hidden=bool(row.note) and "note" in hidden,
        created_on=row.created_on,
    )


def _seen(viewer: Viewer) -> Any:
    if viewer.sees_all:
        return Contact.objects.all()
    return Contact.objects.filter(account__in=Account.visible_to(viewer))


def _narrowed(viewer: Viewer, where: ContactFilter) -> Any:
    rows = _seen(viewer)
    text = where.text.strip()
    if text:
        # The phone is no key to search by: it is not everybody's to read.
        spelt = "".join(c for c in text.casefold() if c.isascii() and c.isalnum())
        rows = rows.annotate(spelt=Replace("sort_key", Value(" "), Value(""))).filter(
            Q(name__icontains=text)
            | Q(name_en__icontains=text)
            | Q(title__icontains=text)
            | Q(account__name__icontains=text)
            | (Q(spelt__contains=spelt) if spelt else Q(pk__in=[]))
        )
    if where.account_id is not None:
        rows = rows.filter(account_id=where.account_id)
    return rows
