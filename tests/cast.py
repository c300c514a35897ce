"""A small company to test records with: units, people in every role, two currencies.

company ─ east ─ team-1 (amy, ann)
        │      └ team-2 (bob)
        └ west ─ team-3 (cat)
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from django.test import Client

from dakehu.core.access import Viewer, operator
from dakehu.models import (
    Appointment,
    Currency,
    Organisation,
    Person,
    SalesUnit,
    UnitPlace,
)
from dakehu.queries.people import viewer_of

TODAY = date(2026, 6, 30)
AT = datetime(2026, 6, 30, 2, tzinfo=UTC)
START = date(2024, 1, 1)
OPERATOR = operator()

UNITS = {
    "company": None, "east": "company", "west": "company", "team-1": "east",
    "team-2": "east", "team-3": "west",
}  # fmt: skip
PEOPLE = {
    "amy": ("salesperson", "team-1"),
    "ann": ("salesperson", "team-1"),
    "bob": ("salesperson", "team-2"),
    "cat": ("salesperson", "team-3"),
    "head-1": ("unit_head", "team-1"),
    "head-east": ("unit_head", "east"),
    "head-west": ("unit_head", "west"),
    "boss": ("unit_head", "company"),
    "ops": ("sales_operations", "company"),
    "exec": ("executive", "company"),
    "finance": ("finance", "company"),
    "auditor": ("auditor", "company"),
    "support": ("support", "company"),
    "admin": ("administrator", "company"),
}


@dataclass
class Cast:
    """The company: ids by code and by log-in."""

    units: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)

    def viewer(self, login: str, language: str = "en", today: date = TODAY) -> Viewer:
        return viewer_of(person_id=self.people[login], login=login, today=today, language=language)

    def client(self, login: str, language: str = "en") -> Client:
        person = Person.objects.get(pk=self.people[login])
        Person.objects.filter(pk=person.pk).update(language=language)
        client = Client()
        client.force_login(person)
        return client


def make_cast() -> Cast:
    """Write the company into the database."""
    cast = Cast()
    for code, digits in (("CNY", 2), ("USD", 2), ("JPY", 0)):
        Currency.objects.get_or_create(
            code=code, defaults={"digits": digits, "name_zh": code, "name_en": code}
        )
    Organisation.objects.create(id=1, name_zh="海岳重工", name_en="Haiyue", base_currency_id="CNY")
    for code, parent in UNITS.items():
        unit = SalesUnit.objects.create(
            code=code, name_zh=f"{code} 部", name_en=code.title(), sort_key=code
        )
        cast.units[code] = unit.pk
        UnitPlace.objects.create(
            unit=unit,
            parent_id=cast.units[parent] if parent else None,
            on=START,
            recorded_at=AT,
        )
    for login, (role, unit) in PEOPLE.items():
        person = Person.objects.create(
            login=login, name=login, name_en=login.title(), sort_key=login
        )
        cast.people[login] = person.pk
        Appointment.objects.create(
            person=person,
            unit_id=cast.units[unit],
            role=role,
            from_on=START,
            recorded_at=AT,
        )
    return cast
