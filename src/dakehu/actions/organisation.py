"""Setting up an installation: its one organisation, the currencies, the built-in methods."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import uuid4
from zoneinfo import available_timezones

from django.db import transaction

from dakehu.actions.audit import record_changes
from dakehu.actions.methods import install_built_in_methods
from dakehu.core.access import Viewer
from dakehu.core.errors import Conflict, NotAllowed, RuleBroken
from dakehu.core.ledger import Way
from dakehu.models import Currency, Entry, Organisation, Person, Quota, SmallSale, WinRate
from dakehu.queries.organisation import Org, organisation

#: The methods' win rates are in force from here on: history that is imported has rates too.
RATES_FROM = date(2000, 1, 1)

#: Code, digits, and the names in both languages.
CURRENCIES = (
    ("CNY", 2, "人民币", "Chinese yuan"),  # han: names of currencies
    ("USD", 2, "美元", "US dollar"),  # han: names of currencies
    ("EUR", 2, "欧元", "Euro"),  # han: names of currencies
    ("JPY", 0, "日元", "Japanese yen"),  # han: names of currencies
    ("HKD", 2, "港元", "Hong Kong dollar"),  # han: names of currencies
    ("GBP", 2, "英镑", "Pound sterling"),  # han: names of currencies
    ("KRW", 0, "韩元", "South Korean won"),  # han: names of currencies
    ("KWD", 3, "科威特第纳尔", "Kuwaiti dinar"),  # han: names of currencies
)


@dataclass(frozen=True, slots=True)
class SetUp:
    """What was missing and has been made."""

    organisation: bool
    currencies: int
    methods: int
    #: Whether anybody is there already who could log in.
    has_people: bool


@transaction.atomic
def set_up_organisation(
    *,
    actor: Viewer,
    today: date,
    at: datetime,
    name_zh: str = "",
    name_en: str = "",
    base_currency: str = "CNY",
    is_demo: bool = False,
) -> SetUp:
    """Make what every installation needs and lacks; what is there stays as it is.

    Only the operator of the machine may: NotAllowed("organisation.set_up").
    """
    if not actor.is_operator:
        raise NotAllowed("organisation.set_up")
    present = set(Currency.objects.values_list("code", flat=True))
    missing = [row for row in CURRENCIES if row[0] not in present]
    Currency.objects.bulk_create(
        Currency(code=code, digits=digits, name_zh=zh, name_en=en)
        for code, digits, zh, en in missing
    )
    _row, made = Organisation.objects.get_or_create(
        pk=1,
        defaults={
            "name_zh": name_zh,
            "name_en": name_en,
            "base_currency_id": base_currency,
            "is_demo": is_demo,
        },
    )
    methods = install_built_in_methods(actor=actor, today=today, at=at, rates_from=RATES_FROM)
    return SetUp(made, len(missing), len(methods), Person.objects.exists())


#: A method's rate that counts for more decided cases would never be moved by any.
LARGEST_WEIGHT = 1000
SCOPES = ("in_period", "all_open")
#: FUN-9: the method's own rates, or those calibrated from what was won and lost.
RATE_KINDS = ("method", "calibrated")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the whole installation agrees on, as it is edited."""

    name_zh: str
    name_en: str
    base_currency: str
    time_zone: str
    fiscal_first_month: int
    amounts_with_vat: bool
    weighted_scope: str
    progress_literal: bool
    win_rate_kind: str
    calibration_weight: int


def settings_of(org: Org) -> Settings:
    """Give the settings in force."""
    return Settings(**{f.name: getattr(org, f.name) for f in fields(Settings)})


@transaction.atomic
def edit_settings(
    *, actor: Viewer, seen: Settings, wanted: Settings, at: datetime, way: Way = Way.FORM
) -> None:
    """Change the settings; `seen` is what the actor changed from.

    The base currency is fixed once an amount is booked in it. Raises NotAllowed
    ("settings.edit"), Conflict("settings.changed"), RuleBroken("settings.name_missing",
    "settings.base_fixed", "money.unknown_currency", "settings.unknown_zone",
    "period.first_month", "settings.unknown_scope", "settings.unknown_rate_kind",
    "settings.not_calibrated", "text.too_long").
    """
    if not actor.holds("settings.edit"):
        raise NotAllowed("settings.edit")
    row = Organisation.objects.select_for_update(of=("self",)).get()
    before = settings_of(organisation())
    pairs = {f.name: (getattr(before, f.name), getattr(wanted, f.name)) for f in fields(Settings)}
    changes = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    if before != seen:
        raise Conflict(
            "settings.changed",
            theirs={name: old for name, (old, _new) in changes.items()},
            yours={name: new for name, (_old, new) in changes.items()},
        )
    _check_settings(wanted, changes)
    columns = {
        "base_currency_id" if name == "base_currency" else name: new
        for name, (_old, new) in changes.items()
    }
    if columns:
        Organisation.objects.filter(pk=row.pk).update(**columns)
    record_changes(
        actor=actor,
        object_type="organisation",
        object_id=row.pk,
        changes=changes,
        correlation_id=uuid4(),
        way=way,
        at=at,
        for_person_id=actor.acts_for("settings.edit"),
    )


def _check_settings(wanted: Settings, changes: Mapping[str, tuple[Any, Any]]) -> None:
    if not (wanted.name_zh.strip() or wanted.name_en.strip()):
        raise RuleBroken("settings.name_missing", field="name_zh")
    for name in ("name_zh", "name_en"):
        if len(getattr(wanted, name)) > 120:
            raise RuleBroken("text.too_long", field=name, limit=120)
    if "base_currency" in changes:
        if Entry.objects.exists() or Quota.objects.exists() or SmallSale.objects.exists():
            raise RuleBroken("settings.base_fixed", field="base_currency")
        if not Currency.objects.filter(pk=wanted.base_currency, is_active=True).exists():
            raise RuleBroken(
                "money.unknown_currency", field="base_currency", currency=wanted.base_currency
            )
    if wanted.time_zone not in available_timezones():
        raise RuleBroken("settings.unknown_zone", field="time_zone", zone=wanted.time_zone)
    if not 1 <= wanted.fiscal_first_month <= 12:
        raise RuleBroken(
            "period.first_month", field="fiscal_first_month", month=wanted.fiscal_first_month
        )
    if wanted.weighted_scope not in SCOPES:
        raise RuleBroken("settings.unknown_scope", field="weighted_scope")
    if "win_rate_kind" in changes:
        _check_rate_kind(wanted.win_rate_kind)
    if not 0 <= wanted.calibration_weight <= LARGEST_WEIGHT:
        raise RuleBroken(
            "settings.weight_out_of_range", field="calibration_weight", limit=LARGEST_WEIGHT
        )


def _check_rate_kind(kind: str) -> None:
    if kind not in RATE_KINDS:
        raise RuleBroken("settings.unknown_rate_kind", field="win_rate_kind")
    # Without a single calibrated rate every weighted amount would be unknown from then on.
    if kind == "calibrated" and not WinRate.objects.filter(kind=kind).exists():
        raise RuleBroken("settings.not_calibrated", field="win_rate_kind")
