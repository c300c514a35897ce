"""What every field of an opportunity must keep to, on whichever way in (FUN-2)."""

from collections.abc import Container
from datetime import date

from django.db import connection

from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound, RuleBroken
from dakehu.core.opportunities import SOURCES
from dakehu.models import Person
from dakehu.models.visibility import visible_accounts_sql
from dakehu.queries.seats import seats, units_of_owner

LONGEST = {"name": 200, "compelling_event": 240, "next_step": 240, "code": 40}
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2199, 12, 31)


def check_text(field: str, value: str) -> str:
    """Give the tidied text. RuleBroken `opportunity.text_too_long`, `opportunity.name_missing`."""
    tidy = " ".join(value.split()) if field in ("name", "code") else value.strip()
    if field == "name" and not tidy:
        raise RuleBroken("opportunity.name_missing", field="name")
    if len(tidy) > LONGEST[field]:
        raise RuleBroken("opportunity.text_too_long", field=field, limit=LONGEST[field])
    if "\x00" in tidy:
        raise RuleBroken("opportunity.text_unreadable", field=field)
    return tidy


def check_source(source: str) -> None:
    """Refuse a source that is not of the list; RuleBroken `opportunity.unknown_source`."""
    if source and source not in SOURCES:
        raise RuleBroken("opportunity.unknown_source", field="source", source=source)


def check_account(actor: Viewer, account_id: int | None) -> None:
    """Refuse an account that the actor can't see; NotFound `account.not_found`."""
    if account_id is None:
        return
    # Held against being deleted at the same moment.
    held = "FOR KEY SHARE OF a" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM dakehu_account a"
            f" WHERE a.id = %s AND ({visible_accounts_sql(actor, 'a')}) {held}",
            [account_id],
        )
        if cursor.fetchone() is None:
            raise NotFound("account.not_found", account_id=account_id)


def check_account_stands(account_id: int | None) -> None:
    """Refuse an open opportunity on an account that was deleted, in sight or not.

    RuleBroken `opportunity.account_deleted` (`name`), `opportunity.account_removed`.
    """
    if account_id is None:
        return
    # Held against being deleted at the same moment.
    held = "FOR KEY SHARE" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT name, deleted_at IS NULL FROM dakehu_account WHERE id = %s {held}",
            [account_id],
        )
        found = cursor.fetchone()
    if found is None:
        raise RuleBroken("opportunity.account_removed")
    if not found[1]:
        raise RuleBroken("opportunity.account_deleted", name=found[0])


def check_close_day(field: str, day: date | None) -> None:
    """Refuse a day beyond the calendar of business; RuleBroken `opportunity.day_out_of_range`."""
    if day is not None and not FIRST_DAY <= day <= LAST_DAY:
        raise RuleBroken(
            "opportunity.day_out_of_range", field=field, first=FIRST_DAY, last=LAST_DAY
        )


def unit_of_owner(
    owner_id: int, on: date, within: Container[int] | None = None, chosen: int | None = None
) -> int:
    """Give the unit of an owner on a day: of their appointment as salesperson, else of any.

    `chosen` is one of those in which they sell or head (`units_of_owner`), else RuleBroken
    `opportunity.unit_not_of_owner`.

    Of units `within` first, where they are appointed in one: a head who gives to somebody of
    theirs who works elsewhere too gives nothing out of reach. Whom somebody stands in for does
    not count: their own sales stay in their own unit. RuleBroken `opportunity.owner_unknown`,
    `opportunity.owner_without_unit`.
    """
    if chosen is not None:
        if chosen not in units_of_owner(owner_id, on):
            raise RuleBroken("opportunity.unit_not_of_owner", field="unit", on=on)
        return chosen
    held = [seat for seat in seats().of(owner_id, on) if seat.is_active and seat.for_person is None]
    near = [seat for seat in held if within is None or seat.unit_id in within]
    for seat in near or held:
        if seat.role == "salesperson":
            return seat.unit_id
    if not held:
        if not Person.objects.filter(pk=owner_id, is_active=True).exists():
            raise RuleBroken("opportunity.owner_unknown", field="owner")
        raise RuleBroken("opportunity.owner_without_unit", field="owner", on=on)
    return (near or held)[0].unit_id
