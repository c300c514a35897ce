"""What forms about opportunities offer: methods, currencies, accounts, products, people."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q

from dakehu.core.access import Viewer
from dakehu.core.names import folded
from dakehu.models import (
    Account,
    Appointment,
    Currency,
    MethodStage,
    Opportunity,
    Product,
)
from dakehu.queries.people import PersonName

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
    english = viewer.language.startswith("en")
    rows = (
        MethodStage.objects.filter(version__is_current=True, after_win=False)
        .order_by("version__method__order", "version__method_id", "order")
        .values_list(
            "version_id", "version__method_id", "version__method__key",
            "version__method__name_zh", "version__method__name_en", "stage_id",
            "stage__key", "name_zh", "name_en",
        )
    )  # fmt: skip
    stages = tuple(
        StageChoice(
            version, method, key, _either(english, zh, en), stage, stage_key,
            _either(english, stage_zh, stage_en),
        )
        for version, method, key, zh, en, stage, stage_key, stage_zh, stage_en in rows
    )  # fmt: skip
    currencies = Currency.objects.filter(is_active=True).order_by("code")
    return Choices(stages, tuple(currencies.values_list("code", "digits")))


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
    named = Q(code=text)
    if folded(text):
        named |= Q(folded=folded(text)) | Q(name=text)
    rows = Account.visible_to(viewer).filter(named).order_by("sort_key", "id")
    return tuple(AccountChoice(*r) for r in rows.values_list("id", "code", "name")[:5])


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


def owner_choices(*, viewer: Viewer, opportunity_id: int, today: date) -> tuple[PersonName, ...]:
    """Give who could own it: at most 500 people who sell or head in the viewer's units."""
    rows = (
        Appointment.objects.filter(
            role__in=("salesperson", "unit_head"), from_on__lte=today, person__is_active=True
        )
        .filter(Q(until_on__isnull=True) | Q(until_on__gt=today))
        .exclude(person_id__in=Opportunity.objects.filter(pk=opportunity_id).values("owner_id"))
    )
    if not viewer.sees_all:
        rows = rows.filter(unit_id__in=viewer.units)
    people = (
        rows.order_by("person__sort_key", "person_id")
        .values_list("person_id", "person__login", "person__name", "person__name_en")
        .distinct()[:500]
    )
    return tuple(PersonName(*row) for row in people)


def _either(english: bool, zh: str, en: str) -> str:
    return (en or zh) if english else (zh or en)
