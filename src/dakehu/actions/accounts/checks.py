"""What the fields of an account must keep to, on whichever way in."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from dakehu.core.errors import RuleBroken
from dakehu.core.past import ACCOUNT_FIELDS
from dakehu.models import Person, UnitPlace

MOST_ALIASES = 50


def checked_values(values: Mapping[str, Any], today: date) -> dict[str, Any]:
    """Give the values trimmed.

    Raises RuleBroken: "account.unknown_field", "text.too_long", "text.unreadable",
    "account.bad_website", "account.bad_employees", "account.bad_founded".
    """
    checked: dict[str, Any] = {}
    for name, value in values.items():
        if name not in ACCOUNT_FIELDS:
            raise RuleBroken("account.unknown_field", field=name)
        limit = ACCOUNT_FIELDS[name]
        if limit is None:
            checked[name] = value
            continue
        text = str(value or "").strip()
        if len(text) > limit:
            raise RuleBroken("text.too_long", field=name, limit=limit)
        if "\x00" in text:
            raise RuleBroken("text.unreadable", field=name)
        checked[name] = text
    website = checked.get("website")
    if website and "://" not in website:
        website = checked["website"] = f"https://{website}"
    # The address becomes a link on the page: nothing but the web may stand there.
    if website and not website.lower().startswith(("http://", "https://")):
        raise RuleBroken("account.bad_website", field="website")
    employees = checked.get("employees")
    if employees is not None and not 0 <= employees <= 10_000_000:
        raise RuleBroken("account.bad_employees", field="employees")
    founded = checked.get("founded")
    if founded is not None and not 1000 <= founded <= today.year:
        raise RuleBroken("account.bad_founded", field="founded", year=today.year)
    return checked


def checked_aliases(aliases: Sequence[str]) -> list[str]:
    wanted: list[str] = []
    for alias in aliases:
        text = alias.strip()
        if len(text) > 200:
            raise RuleBroken("text.too_long", field="aliases", limit=200)
        if text and text not in wanted:
            wanted.append(text)
    if len(wanted) > MOST_ALIASES:
        raise RuleBroken("account.too_many_aliases", field="aliases", limit=MOST_ALIASES)
    return wanted


def check_assignee(manager_id: int | None, unit_id: int, today: date) -> None:
    places = UnitPlace.objects.filter(unit_id=unit_id, on__lte=today)
    place = places.order_by("-on", "-recorded_at", "-id").first()
    if place is None or place.closed:
        raise RuleBroken("unit.unknown", field="unit_id")
    active = Person.objects.filter(pk=manager_id or 0, is_active=True)
    if manager_id is not None and not active.exists():
        raise RuleBroken("person.unknown", field="manager_id")
