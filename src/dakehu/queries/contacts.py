"""Contacts: seen by those who see the account; phone and note by those who may read them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Replace

from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound
from dakehu.core.filters import Expression
from dakehu.core.ledger import Place
from dakehu.core.money import from_minor
from dakehu.models import (
    ActivityContact,
    Attachment,
    Contact,
    Grant,
    Note,
    Opportunity,
    Stakeholder,
)
from dakehu.queries.contacts_asked import contacts_asked_for
from dakehu.queries.opportunities.list import stage_names
from dakehu.queries.paging import Cut, Page, page_of
from dakehu.queries.people import PersonName, person_name

#: The most opportunities of a contact that their page lists.
DEALS_SHOWN = 50
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
    #: Conditions of the filter language, and the day that they are asked on.
    asked: Expression | None = None
    today: date | None = None


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
    last_contact_on: date | None


@dataclass(frozen=True, slots=True)
class ContactDeal:
    """An opportunity in sight in which the contact has a part; amount in its own currency."""

    id: int
    code: str
    name: str
    stage_name: str
    place: Place
    amount: Decimal
    currency: str
    close_on: date | None
    owner: PersonName
    roles: tuple[str, ...]
    influence: int
    attitude: int | None


@dataclass(frozen=True, slots=True)
class ContactPage:
    """One contact with the opportunities in which they have a part."""

    contact: ContactRow
    deals: tuple[ContactDeal, ...]
    deals_are_cut: bool
    may_edit: bool
    may_delete: bool


@dataclass(frozen=True, slots=True)
class ContactConsequences:
    """What a contact took part in, as far as the viewer may see: said before deleting."""

    opportunities: int
    activities: int
    notes: int
    files: int


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

    def may(permission: str) -> bool:
        return viewer.may(
            permission,
            owner_id=row.account.manager_id,
            unit_id=row.account.unit_id,
            granted="work" if row.granted_work else None,
        )

    deals = _deals(viewer, contact_id)
    return ContactPage(
        contact=contact_row(row, row.account, viewer=viewer),
        deals=deals[:DEALS_SHOWN],
        deals_are_cut=len(deals) > DEALS_SHOWN,
        may_edit=may("contact.edit"),
        may_delete=may("contact.delete"),
    )


def contact_consequences(*, viewer: Viewer, contact_id: int) -> ContactConsequences:
    """Count what a contact in sight took part in."""
    seen = Opportunity.objects.filter(voided=False).visible_to(viewer).values("pk")
    return ContactConsequences(
        opportunities=Stakeholder.objects.filter(
            contact_id=contact_id, opportunity__in=seen
        ).count(),
        activities=ActivityContact.objects.filter(
            contact_id=contact_id, activity__deleted_at__isnull=True
        ).count(),
        notes=Note.objects.filter(contact_id=contact_id, deleted_at__isnull=True).count(),
        files=Attachment.objects.filter(contact_id=contact_id, deleted_at__isnull=True).count(),
    )


def _deals(viewer: Viewer, contact_id: int) -> tuple[ContactDeal, ...]:
    """Give the opportunities in sight in which a contact has a part, the open ones first."""
    seen = Opportunity.objects.filter(voided=False).visible_to(viewer).values("pk")
    rows = (
        Stakeholder.objects.filter(contact_id=contact_id, opportunity__in=seen)
        .select_related("opportunity__owner", "opportunity__currency")
        .order_by("opportunity__place", "opportunity__close_sort", "opportunity_id")
    )
    stages = stage_names(viewer.language)
    return tuple(
        ContactDeal(
            id=deal.pk,
            code=deal.code,
            name=deal.name,
            stage_name=stages.get((deal.method_version_id, deal.stage_id), ""),
            place=Place(deal.place),
            amount=from_minor(deal.amount_minor, deal.currency.digits),
            currency=deal.currency_id,
            close_on=deal.close_on,
            owner=person_name(deal.owner),
            roles=tuple(row.roles),
            influence=row.influence,
            attitude=row.attitude,
        )
        for row in rows[: DEALS_SHOWN + 1]
        for deal in (row.opportunity,)
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
        last_contact_on=row.last_contact_on,
    )


def _seen(viewer: Viewer) -> Any:
    return Contact.objects.visible_to(viewer)


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
    if where.asked is not None and where.today is not None:
        rows = rows.filter(contacts_asked_for(viewer, where.asked, today=where.today))
    return rows
