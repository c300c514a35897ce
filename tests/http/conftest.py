"""A small organisation with one person of each part that the frame must tell apart."""

from datetime import UTC, date, datetime

import pytest

from dakehu.models import Appointment, Currency, Organisation, Person, SalesUnit, UnitPlace

LONG_AGO = date(2020, 1, 1)


@pytest.fixture
def people(db: None) -> dict[str, Person]:
    now = datetime.now(UTC)
    currency, _ = Currency.objects.get_or_create(
        code="CNY", defaults={"digits": 2, "name_zh": "人民币", "name_en": "Renminbi"}
    )
    Organisation.objects.create(
        id=1, name_zh="试验公司", name_en="Trial Company", base_currency=currency
    )
    unit = SalesUnit.objects.create(code="T", name_zh="总部", name_en="Headquarters")
    UnitPlace.objects.create(unit=unit, on=LONG_AGO, recorded_at=now)
    made = {}
    for login, role in (
        ("demo-sales", "salesperson"),
        ("demo-director", "executive"),
        ("demo-admin", "administrator"),
    ):
        person = Person.objects.create_user(login, "look-around-2026", name="王敏", name_en="Wang")
        Appointment.objects.create(
            person=person, unit=unit, role=role, from_on=LONG_AGO, recorded_at=now
        )
        made[login] = person
    return made
