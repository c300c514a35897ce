"""The small cast of every test: one who may, one who may by rank, one who may not.

company → business unit → two regions → teams. wen and bo sell in the east team under mei, lu in
the west team; the heads of the east and of the business unit stand above mei.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from dakehu.actions.methods import install_built_in_methods
from dakehu.actions.names import sort_key
from dakehu.actions.opportunities import NewOpportunity, Saved, create_opportunity
from dakehu.core.access import Viewer, operator
from dakehu.core.ledger import Way
from dakehu.core.names import folded
from dakehu.models import (
    Account,
    Appointment,
    Currency,
    ExchangeRate,
    Grant,
    MethodVersion,
    Opportunity,
    Organisation,
    Person,
    Product,
    SalesUnit,
    UnitPlace,
)
from dakehu.queries.people import viewer_by_login

START = date(2025, 1, 1)
TODAY = date(2026, 6, 30)
AT = datetime(2026, 6, 30, 4, tzinfo=UTC)
OPERATOR = operator()

CURRENCIES = (
    ("CNY", 2, True),
    ("JPY", 0, True),
    ("EUR", 2, True),
    ("KWD", 3, True),
    ("DEM", 2, False),
)

UNITS = {
    "company": (None, "company"),
    "machines": ("company", "business_unit"),
    "east": ("machines", "region"),
    "west": ("machines", "region"),
    "east_team": ("east", "team"),
    "west_team": ("west", "team"),
}
PEOPLE = {
    "wen": ("salesperson", "east_team", "文静"),
    "bo": ("salesperson", "east_team", "薄云"),
    "lu": ("salesperson", "west_team", "陆海"),
    "mei": ("unit_head", "east_team", "梅兰"),
    "rong": ("unit_head", "east", "容山"),
    "director": ("executive", "company", "戴总"),
    "fin": ("finance", "company", "费明"),
    "ops": ("sales_operations", "machines", "欧平"),
    "auditor": ("auditor", "company", "敖正"),
    "admin": ("administrator", "company", "关立"),
}


@dataclass
class Cast:
    """People and units in the database, by the names that tests use."""

    units: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    today: date = TODAY
    at: datetime = AT

    def viewer(self, login: str, language: str = "en", today: date | None = None) -> Viewer:
        """Give somebody of the cast as the one who asks or acts; 'operator' is the machine's."""
        if login == "operator":
            return operator(language)
        return viewer_by_login(login=login, today=today or self.today, language=language)

    def client(self, login: str, language: str = "en") -> Client:
        """Give somebody's browser, signed in and in their language."""
        person = Person.objects.get(pk=self.people[login])
        Person.objects.filter(pk=person.pk).update(language=language)
        client = Client()
        client.force_login(person)
        return client


@dataclass
class World(Cast):
    """A cast with accounts, products and methods."""

    accounts: dict[str, int] = field(default_factory=dict)
    products: dict[str, int] = field(default_factory=dict)
    methods: dict[str, int] = field(default_factory=dict)

    def how(self, on: date | None = None) -> dict[str, Any]:
        """Give what every action is told beside what it does."""
        return {
            "on": on or self.today, "today": self.today, "at": self.at, "way": Way.FORM,
        }  # fmt: skip

    def create(self, login: str = "wen", *, on: date | None = None, **facts: Any) -> Saved:
        """Create an opportunity of somebody's own, 1,200.00 CNY in the first stage unless told."""
        given: dict[str, Any] = {
            "name": "Stacker, 2 sets",
            "account_id": self.accounts["harbour"] if login == "wen" else None,
            "owner_id": self.people[login],
            "method_version_id": self.methods["industrial-6"],
            "currency": "CNY",
            "amount": Decimal(1200),
        }
        return create_opportunity(
            actor=self.viewer(login), new=NewOpportunity(**(given | facts)), **self.how(on)
        )

    def row(self, opportunity: Saved | int) -> Opportunity:
        """Read an opportunity's row anew."""
        key = opportunity if isinstance(opportunity, int) else opportunity.opportunity_id
        return Opportunity.objects.get(pk=key)

    def gate(self, method: str, mode: str) -> None:
        """Let a method's gate advise, require or validate."""
        MethodVersion.objects.filter(pk=self.methods[method]).update(gate=mode)

    def grant(self, login: str, opportunity: Saved | int, right: str = "work") -> None:
        """Grant somebody a right on one opportunity."""
        Grant.objects.create(
            person_id=self.people[login],
            opportunity_id=self.row(opportunity).pk,
            right=right,
            because="selling_team",
            granted_at=self.at,
        )

    def stand_in(
        self, login: str, whom: str, role: str, unit: str, *, until: date | None = None
    ) -> None:
        """Let somebody stand in for another from this month on, for two weeks from today unless
        told."""
        Appointment.objects.create(
            person_id=self.people[login],
            unit_id=self.units[unit],
            role=role,
            from_on=self.today.replace(day=1),
            until_on=until or self.today + timedelta(days=14),
            for_person_id=self.people[whom],
            recorded_at=self.at,
        )


def found(
    cast: Cast,
    *,
    name: str,
    currencies: Iterable[tuple[str, int, bool]],
    units: Mapping[str, tuple[str | None, str]],
    people: Mapping[str, tuple[str, str, str]],
) -> None:
    """Put an organisation, its currencies, tree and people into the database."""
    for code, digits, active in currencies:
        Currency.objects.create(
            code=code, digits=digits, name_zh=code, name_en=code, is_active=active
        )
    Organisation.objects.create(id=1, name_zh=name, name_en=name, base_currency_id="CNY")
    for code, (parent, kind) in units.items():
        unit = SalesUnit.objects.create(
            code=code, name_zh=f"{code} 部", name_en=code.title(), kind=kind, sort_key=code
        )
        cast.units[code] = unit.pk
        UnitPlace.objects.create(
            unit=unit, parent_id=cast.units.get(parent or ""), on=START, recorded_at=AT
        )
    for login, (role, unit_code, full_name) in people.items():
        person = Person.objects.create_user(
            login, name=full_name, name_en=login.title(), sort_key=sort_key(full_name),
            language="en",
        )  # fmt: skip
        cast.people[login] = person.pk
        Appointment.objects.create(
            person=person,
            unit_id=cast.units[unit_code],
            role=role,
            from_on=START,
            recorded_at=AT,
        )


def make_world() -> World:
    """Put the cast into the database."""
    world = World()
    found(world, name="World", currencies=CURRENCIES, units=UNITS, people=PEOPLE)
    for code, rate in (("JPY", "0.05"), ("EUR", "7.8")):
        ExchangeRate.objects.create(currency_id=code, on=START, rate=Decimal(rate), recorded_at=AT)
    _accounts(world)
    install_built_in_methods(actor=operator(), today=TODAY, at=AT, rates_from=START)
    world.methods = dict(
        MethodVersion.objects.filter(is_current=True).values_list("method__key", "id")
    )
    for code, price in (("crane", "500.50"), ("belt", "12.345678")):
        world.products[code] = Product.objects.create(
            code=code, name_zh=code, name_en=code.title(), sort_key=code,
            list_price=Decimal(price), currency_id="CNY",
        ).pk  # fmt: skip
    return world


def _accounts(world: World) -> None:
    for code, name, manager, unit in (
        ("harbour", "Harbour Group", "wen", "east_team"),
        ("mill", "Mill Company", "lu", "west_team"),
    ):
        account = Account(
            code=code, name=name, folded=folded(name), sort_key=sort_key(name),
            manager_id=world.people[manager], unit_id=world.units[unit], created_on=START,
        )  # fmt: skip
        Account.objects.add_root(instance=account)
        world.accounts[code] = account.pk


@pytest.fixture
def world(db: None) -> World:
    """Give the cast, in the database."""
    return make_world()
