"""Accounts as somebody may see them: the list, one account with its group, look-up by name."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Replace, Substr

from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound
from dakehu.core.ledger import Place
from dakehu.core.names import folded
from dakehu.models import (
    Account,
    AccountName,
    Contact,
    Grant,
    MethodStage,
    Opportunity,
)
from dakehu.models.visibility import AccountQuerySet
from dakehu.queries.audit import ChangeRow, changes
from dakehu.queries.contacts import ContactRow, contact_row
from dakehu.queries.paging import Cut, Page, page_of
from dakehu.queries.people import PersonName, person_name

#: How a list may be sorted; names have an index, days are sorted anew.
ORDERS: dict[str, tuple[tuple[str, ...], bool]] = {
    "name": (("sort_key", "id"), False),
    "-name": (("sort_key", "id"), True),
    "created": (("created_on", "id"), False),
    "-created": (("created_on", "id"), True),
}
#: The most members of a group that its page lists.
GROUP_SHOWN = 200
OPPORTUNITIES_SHOWN = 50
#: The most pairs of industry and manager that the filters are made from.
MOST_PAIRS = 5000
CONTACTS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """What a list is narrowed to; all of it stands in the URL."""

    text: str = ""
    industry: str = ""
    unit_ids: frozenset[int] | None = None
    manager_id: int | None = None
    root_id: int | None = None
    sort: str = "name"


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account as it stands in a list."""

    id: int
    code: str
    name: str
    name_en: str
    industry: str
    region: str
    unit_name: str
    manager: PersonName | None
    depth: int
    members: int
    open_count: int
    created_on: date


@dataclass(frozen=True, slots=True)
class AccountChoices:
    """What the filters of the list offer."""

    industries: tuple[str, ...]
    managers: tuple[PersonName, ...]


@dataclass(frozen=True, slots=True)
class GroupMember:
    """A place in the group tree; of a member out of sight only that it is there."""

    id: int | None
    name: str
    depth: int
    is_this: bool
    manager: PersonName | None = None


@dataclass(frozen=True, slots=True)
class AccountOpportunity:
    """An opportunity of the account that the viewer may see; amount in minor units."""

    id: int
    code: str
    name: str
    stage_name: str
    place: Place
    amount_minor: int
    currency: str
    digits: int
    close_on: date | None
    owner: PersonName


@dataclass(frozen=True)
class AccountPage:
    """One account with what hangs on it."""

    id: int
    version: int
    code: str
    name: str
    name_en: str
    aliases: tuple[str, ...]
    industry: str
    region: str
    address: str
    phone: str
    website: str
    tax_code: str
    employees: int | None
    founded: int | None
    note: str
    created_on: date
    unit_id: int | None
    unit_name: str
    manager: PersonName | None
    parent_id: int | None
    group: tuple[GroupMember, ...]
    group_is_cut: bool
    contacts: tuple[ContactRow, ...]
    opportunities: tuple[AccountOpportunity, ...]
    opportunities_are_cut: bool
    changes: tuple[ChangeRow, ...]
    may_edit: bool
    may_assign: bool
    may_edit_contacts: bool


def accounts(*, viewer: Viewer, where: AccountFilter, cut: Cut) -> Page[AccountRow]:
    """Give a page of the accounts that the viewer may see, ordered by `where.sort`."""
    order, descending = ORDERS.get(where.sort, ORDERS["name"])
    sets = [
        _narrowed(rows, viewer, where).select_related("unit", "manager")
        for rows in _all().pages_for(viewer)
    ]
    page = page_of(sets, order=order, descending=descending, cut=cut)
    return Page(_rows(viewer, page.rows), page.next, page.previous)


def account_count(*, viewer: Viewer, where: AccountFilter) -> int:
    """Give how many accounts the list has."""
    return _narrowed(_all().visible_to(viewer), viewer, where).count()


def every_account(*, viewer: Viewer, where: AccountFilter, limit: int) -> Iterator[AccountRow]:
    """Give the whole list in its order, for an export, at most `limit` rows."""
    order, descending = ORDERS.get(where.sort, ORDERS["name"])
    rows = (
        _narrowed(_all().visible_to(viewer), viewer, where)
        .select_related("unit", "manager")
        .order_by(*(f"-{c}" if descending else c for c in order))[:limit]
        .iterator(chunk_size=500)
    )
    while chunk := tuple(islice(rows, 500)):
        yield from _rows(viewer, chunk)


def account_choices(*, viewer: Viewer) -> AccountChoices:
    """Give the industries and account managers among the accounts that the viewer may see."""
    # One question for both: there are few pairs of industry and manager beside the accounts.
    pairs = (
        _all()
        .visible_to(viewer)
        .order_by()
        .values_list(
            "industry",
            "manager__sort_key",
            "manager_id",
            "manager__login",
            "manager__name",
            "manager__name_en",
        )
        .distinct()[:MOST_PAIRS]
    )
    industries: set[str] = set()
    managers: dict[tuple[str, int], PersonName] = {}
    for industry, key, pk, login, name, name_en in pairs:
        if industry:
            industries.add(industry)
        if pk is not None:
            managers[key, pk] = PersonName(pk, login, name, name_en)
    return AccountChoices(
        industries=tuple(sorted(industries)),
        managers=tuple(managers[key] for key in sorted(managers)),
    )


def account(*, viewer: Viewer, account_id: int) -> AccountPage:
    """Give one account. Raises NotFound("account.unknown") where it is out of sight."""
    work = Grant.objects.filter(
        person_id=viewer.person_id or 0, account_id=OuterRef("pk"), right="work"
    )
    row = (
        Account.visible_to(viewer)
        .select_related("unit", "manager")
        .annotate(granted_work=Exists(work))
        .filter(pk=account_id)
        .first()
    )
    if row is None:
        raise NotFound("account.unknown")
    group, parent_id, group_is_cut = _group(viewer, row)
    found = _opportunities(viewer, row)
    granted = "work" if row.granted_work else None

    def may(permission: str) -> bool:
        return viewer.may(permission, owner_id=row.manager_id, unit_id=row.unit_id, granted=granted)

    names = AccountName.objects.filter(account_id=row.pk).order_by("id")
    contacts = Contact.objects.filter(account_id=row.pk).order_by("sort_key", "id")
    return AccountPage(
        id=row.pk,
        version=row.version,
        code=row.code,
        name=row.name,
        name_en=row.name_en,
        aliases=tuple(names.values_list("name", flat=True)),
        industry=row.industry,
        region=row.region,
        address=row.address,
        phone=row.phone,
        website=row.website,
        tax_code=row.tax_code,
        employees=row.employees,
        founded=row.founded,
        note=row.note,
        created_on=row.created_on,
        unit_id=row.unit_id,
        unit_name=unit_name(row.unit, viewer),
        manager=person_name(row.manager) if row.manager else None,
        parent_id=parent_id,
        group=group,
        group_is_cut=group_is_cut,
        contacts=tuple(contact_row(c, row, viewer=viewer) for c in contacts[:CONTACTS_SHOWN]),
        opportunities=found[:OPPORTUNITIES_SHOWN],
        opportunities_are_cut=len(found) > OPPORTUNITIES_SHOWN,
        changes=changes(viewer=viewer, object_type="account", object_id=row.pk),
        may_edit=may("account.edit"),
        may_assign=may("account.assign"),
        may_edit_contacts=may("contact.edit"),
    )


def unit_name(unit: Any, viewer: Viewer) -> str:
    """Give a unit's name in the viewer's language; empty for none."""
    if unit is None:
        return ""
    english = viewer.language.startswith("en")
    first, second = (unit.name_en, unit.name_zh) if english else (unit.name_zh, unit.name_en)
    return str(first or second or unit.code)


def _all() -> AccountQuerySet:
    return AccountQuerySet(Account)


def _narrowed(rows: AccountQuerySet, viewer: Viewer, where: AccountFilter) -> AccountQuerySet:
    if where.text.strip():
        rows = rows.annotate(spelt=Replace("sort_key", Value(" "), Value(""))).filter(
            _named(where.text)
        )
    if where.industry:
        rows = rows.filter(industry=where.industry)
    if where.unit_ids is not None:
        rows = rows.filter(unit_id__in=where.unit_ids)
    if where.manager_id is not None:
        rows = rows.filter(manager_id=where.manager_id)
    if where.root_id is not None:
        # A group is an indexed range of paths; one out of sight narrows to nothing.
        root = Account.visible_to(viewer).filter(pk=where.root_id).first()
        rows = rows.filter(path__startswith=root.path) if root else rows.none()
    return rows


def _named(text: str) -> Q:
    """Match a name, an alias or a code by what it contains, or a name by its pinyin."""
    key = folded(text)
    if not key:
        return Q(pk__in=[])
    aliased = AccountName.objects.filter(folded__contains=key).values("account_id")
    condition = Q(folded__contains=key) | Q(pk__in=aliased) | Q(code__iexact=text.strip())
    plain = unicodedata.normalize("NFKD", key)
    if plain.isascii():
        condition |= Q(spelt__contains=plain)
    return condition


def _rows(viewer: Viewer, found: tuple[Any, ...]) -> tuple[AccountRow, ...]:
    open_counts: dict[int, int] = {}
    if found:
        open_counts = dict(
            Opportunity.objects.visible_to(viewer)
            .filter(account_id__in=[row.pk for row in found], place=Place.OPEN, voided=False)
            .order_by()
            .values_list("account_id")
            .annotate(n=Count("id"))
        )
    branches = _branches(viewer, found)
    return tuple(
        AccountRow(
            id=row.pk,
            code=row.code,
            name=row.name,
            name_en=row.name_en,
            industry=row.industry,
            region=row.region,
            unit_name=unit_name(row.unit, viewer),
            manager=person_name(row.manager) if row.manager else None,
            depth=row.depth,
            members=branches.get(row.path, 0),
            open_count=open_counts.get(row.pk, 0),
            created_on=row.created_on,
        )
        for row in found
    )


def _branches(viewer: Viewer, found: tuple[Any, ...]) -> dict[str, int]:
    """Give by path how many accounts in sight hang right under each; of others not even that."""
    parents = {row.path: row.numchild for row in found if row.numchild}
    if viewer.sees_all or not parents:
        return parents
    above = Substr("path", 1, (F("depth") - 1) * Account.steplen)
    rows = Account.visible_to(viewer).filter(depth__gt=1).annotate(above=above).order_by()
    return dict(rows.filter(above__in=list(parents)).values_list("above").annotate(n=Count("id")))


def _group(viewer: Viewer, row: Any) -> tuple[tuple[GroupMember, ...], int | None, bool]:
    """Give the group tree around an account, its parent, and whether the tree was cut."""
    if row.depth == 1 and row.numchild == 0:
        return (), None, False
    root = row.path[: Account.steplen]
    seen = Account.visible_to(viewer).filter(pk=OuterRef("pk"))
    members: QuerySet[Any] = (
        _all()
        .filter(path__startswith=root)
        .annotate(in_sight=Exists(seen))
        .select_related("manager")
        .order_by("path")
    )
    found = list(members[: GROUP_SHOWN + 1])
    above = {row.path[: Account.steplen * n] for n in range(1, row.depth)}
    shown = tuple(
        GroupMember(
            id=member.pk if member.in_sight else None,
            name=member.name if member.in_sight else "",
            depth=member.depth - 1,
            is_this=member.pk == row.pk,
            manager=person_name(member.manager) if member.in_sight and member.manager else None,
        )
        for member in found[:GROUP_SHOWN]
        if member.in_sight or member.path in above
    )
    parent_path = row.path[: -Account.steplen]
    parent = next((m.pk for m in found if m.path == parent_path and m.in_sight), None)
    return shown, parent, len(found) > GROUP_SHOWN


def _opportunities(viewer: Viewer, row: Any) -> tuple[AccountOpportunity, ...]:
    worded = MethodStage.objects.filter(
        version_id=OuterRef("method_version_id"), stage_id=OuterRef("stage_id")
    )
    rows = (
        Opportunity.objects.visible_to(viewer)
        .filter(account_id=row.pk, voided=False)
        .select_related("owner", "currency")
        .annotate(
            stage_zh=Subquery(worded.values("name_zh")[:1]),
            stage_en=Subquery(worded.values("name_en")[:1]),
        )
        .order_by("place", "close_sort", "id")[: OPPORTUNITIES_SHOWN + 1]
    )
    english = viewer.language.startswith("en")
    return tuple(
        AccountOpportunity(
            id=found.pk,
            code=found.code,
            name=found.name,
            stage_name=(
                (found.stage_en or found.stage_zh)
                if english
                else (found.stage_zh or found.stage_en)
            )
            or "",
            place=Place(found.place),
            amount_minor=found.amount_minor,
            currency=found.currency_id,
            digits=found.currency.digits,
            close_on=found.close_on,
            owner=person_name(found.owner),
        )
        for found in rows
    )
