"""Setting up an installation: its one organisation, the currencies, the built-in methods."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from dakehu.actions.methods import install_built_in_methods
from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed
from dakehu.models import Currency, Organisation, Person

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
