"""What forms about opportunities offer: methods, currencies, accounts, products, people."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connections
from django.db.models import Q, QuerySet

from dakehu.core.access import Viewer
from dakehu.core.names import folded
from dakehu.models import (
    Account,
    Appointment,
    Opportunity,
    Product,
)
from dakehu.models.visibility import visible_accounts_sql
from dakehu.queries.people import PersonName
from dakehu.queries.rates import exchange_book
from dakehu.queries.seats import seats, units_of_owner
from dakehu.queries.snapshot import read_alias
from dakehu.queries.stages import versions_in_force
from dakehu.queries.units import all_units

_MOST = 20


@dataclass(frozen=True, slots=True)
class StageChoice:
    """A stage that can be held open, of the current version of a method."""

    version_id: int
    method_id: int
    method_key: str
    method: str
    stage_id: int
    key: str
    name: str


@dataclass(frozen=True, slots=True)
class AccountChoice:
    """An account that can be named in a form."""

    id: int
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class ProductChoice:
    """A product with its list price."""

    id: int
    code: str
    name: str
    list_price: Decimal | None
    currency: str


@dataclass(frozen=True, slots=True)
class Choices:
    """Methods with their open stages, and active currencies with their digits."""

    stages: tuple[StageChoice, ...]
    currencies: tuple[tuple[str, int], ...]

    @property
    def methods(self) -> dict[int, str]:
        """Give the methods by the id of their current version."""
        return {stage.version_id: stage.method for stage in self.stages}


def choices(*, viewer: Viewer) -> Choices:
    """Give what an opportunity's form offers to everybody alike."""
    language = viewer.language
    stages = tuple(
        StageChoice(
            version.id, version.method_id, version.method_key, version.method_name(language),
            stage.id, stage.key, stage.name(language),
        )
        for version in versions_in_force().values()
        if version.is_current
        for stage in version.open_stages
    )  # fmt: skip
    known = exchange_book().currencies.values()
    return Choices(stages, tuple((row.code, row.digits) for row in known if row.is_active))


def account_choices(*, viewer: Viewer, text: str) -> tuple[AccountChoice, ...]:
    """Give at most 20 of the viewer's accounts whose name or code holds the text."""
    text = text.strip()[:120].replace("\x00", "")
    found = Account.visible_to(viewer)
    if text:
        named = Q(name__icontains=text) | Q(code__istartswith=text)
        if folded(text):
            named |= Q(folded__contains=folded(text))
        found = found.filter(named)
    rows = found.order_by("sort_key", "id").values_list("id", "code", "name")[:_MOST]
    return tuple(AccountChoice(*row) for row in rows)


def account_by_name(*, viewer: Viewer, text: str) -> tuple[AccountChoice, ...]:
    """Give the viewer's accounts that are called exactly so, or have this code; at most 5."""
    text = text.strip().replace("\x00", "")
    # Folding forgives what differs in writing, so it finds the exact name too.
    like = folded(text)[:200]
    with connections[read_alias()].cursor() as cursor:
        cursor.execute(
            "SELECT a.id, a.code, a.name FROM dakehu_account a WHERE (a.code = %s"
            f" {'OR a.folded = %s' if like else ''}) AND ({visible_accounts_sql(viewer, 'a')})"
            " ORDER BY a.sort_key, a.id LIMIT 5",
            [text, like] if like else [text],
        )
        return tuple(AccountChoice(*row) for row in cursor.fetchall())


def accounts_by_id(*, viewer: Viewer, ids: Collection[int]) -> dict[int, AccountChoice]:
    """Give those of these accounts that the viewer may see, at most 20."""
    rows = Account.visible_to(viewer).filter(pk__in=list(ids)[:_MOST])
    return {row[0]: AccountChoice(*row) for row in rows.values_list("id", "code", "name")}


def product_choices(*, viewer: Viewer) -> tuple[ProductChoice, ...]:
    """Give the products that are sold, at most 500."""
    english = viewer.language.startswith("en")
    rows = (
        Product.objects.filter(is_active=True)
        .order_by("sort_key", "id")
        .values_list("id", "code", "name_zh", "name_en", "list_price", "currency_id")[:500]
    )
    return tuple(
        ProductChoice(pk, code, _either(english, zh, en) or code, price, currency or "")
        for pk, code, zh, en, price, currency in rows
    )


def unit_choices(
    *, viewer: Viewer, owners: Mapping[int, str], today: date
) -> tuple[tuple[int, str], ...]:
    """Give the units between which owners (id → name) choose, with whose they are among several.

    Empty where each sells or heads in one alone: then there is nothing to ask. Of one owner the
    unit in which they sell stands first.
    """
    units = all_units()
    found: dict[int, list[str]] = {}
    for person, name in owners.items():
        held = units_of_owner(person, today)
        for unit in held if len(held) > 1 else ():
            found.setdefault(unit, []).append(name)
    alone = len(owners) < 2
    return tuple(
        (
            unit,
            units.names[unit].name(viewer.language) + ("" if alone else f" · {' / '.join(whose)}"),
        )
        for unit, whose in found.items()
    )


def owner_choices(
    *, viewer: Viewer, opportunity_id: int | None, today: date
) -> tuple[PersonName, ...]:
    """Give who could own it: at most 500 people who sell or head in the viewer's units.

    None: who could own any.
    """
    rows = _owners(viewer, today)
    if opportunity_id is not None:
        owner = Opportunity.objects.filter(pk=opportunity_id).values("owner_id")
        rows = rows.exclude(person_id__in=owner)
    people = (
        rows.order_by("person__sort_key", "person_id")
        .values_list("person_id", "person__login", "person__name", "person__name_en")
        .distinct()[:500]
    )
    return tuple(PersonName(*row) for row in people)


def may_be_owner(*, viewer: Viewer, person_id: int, today: date) -> bool:
    """Test if the viewer may give an opportunity to this person: of those that a form offers."""
    return any(
        seat.is_active
        and seat.for_person is None
        and seat.role in ("salesperson", "unit_head")
        and (viewer.sees_all or seat.unit_id in viewer.units)
        for seat in seats().of(person_id, today)
    )


def _owners(viewer: Viewer, today: date) -> QuerySet[Appointment]:
    rows = Appointment.objects.filter(
        Q(until_on__isnull=True) | Q(until_on__gt=today),
        role__in=("salesperson", "unit_head"),
        from_on__lte=today,
        # Who only stands in for somebody there owns nothing there.
        for_person=None,
        person__is_active=True,
    )
    return rows if viewer.sees_all else rows.filter(unit_id__in=viewer.units)


def _either(english: bool, zh: str, en: str) -> str:
    return (en or zh) if english else (zh or en)
