"""The list of accounts as somebody may see them: narrowed, ordered, page by page."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from django.db.models import Count, F, Q, Value
from django.db.models.functions import Replace, Substr

from dakehu.core.access import Viewer
from dakehu.core.filters import Expression
from dakehu.core.ledger import Place
from dakehu.core.names import folded
from dakehu.models import Account, AccountName, Opportunity
from dakehu.models.visibility import AccountQuerySet
from dakehu.queries.accounts.asked import accounts_asked_for
from dakehu.queries.paging import Cut, Page, page_of
from dakehu.queries.people import PersonName, person_name

#: How a list may be sorted; names have an index, days are sorted anew.
ORDERS: dict[str, tuple[tuple[str, ...], bool]] = {
    "name": (("sort_key", "id"), False),
    "-name": (("sort_key", "id"), True),
    "created": (("created_on", "id"), False),
    "-created": (("created_on", "id"), True),
}
#: The most pairs of industry and manager that the filters are made from.
MOST_PAIRS = 5000


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """What a list is narrowed to; all of it stands in the URL."""

    text: str = ""
    industry: str = ""
    unit_ids: frozenset[int] | None = None
    manager_id: int | None = None
    root_id: int | None = None
    sort: str = "name"
    #: Conditions of the filter language, and the day that they are asked on.
    asked: Expression | None = None
    today: date | None = None


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
    last_contact_on: date | None
    created_on: date


@dataclass(frozen=True, slots=True)
class AccountChoices:
    """What the filters of the list offer."""

    industries: tuple[str, ...]
    managers: tuple[PersonName, ...]


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
    if where.asked is not None and where.today is not None:
        rows = rows.filter(accounts_asked_for(viewer, where.asked, today=where.today))
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
            last_contact_on=row.last_contact_on,
            created_on=row.created_on,
        )
        for row in found
    )


def _branches(viewer: Viewer, found: tuple[Any, ...]) -> dict[str, int]:
    """Give by path how many accounts in sight hang right under each; of others not even that."""
    parents = [row.path for row in found if row.numchild]
    if not parents:
        return {}
    above = Substr("path", 1, (F("depth") - 1) * Account.steplen)
    rows = Account.visible_to(viewer).filter(depth__gt=1).annotate(above=above).order_by()
    return dict(rows.filter(above__in=parents).values_list("above").annotate(n=Count("id")))
