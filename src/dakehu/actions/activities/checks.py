"""What an activity must be like: its texts, days, people and the records it stands on."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from dakehu.core.access import Right, Viewer
from dakehu.core.activities import (
    ActivityKind,
    ActivityState,
    CallOutcome,
    check_done_on,
    takes_outcome,
)
from dakehu.core.errors import NotAllowed, NotFound, RuleBroken
from dakehu.models import Account, Contact, Opportunity, Person
from dakehu.queries.seats import seats, units_of_owner

LIMITS = {
    "subject": 200, "location": 240, "result": 20_000, "next_step": 240,
}  # fmt: skip
#: The most minutes of one activity, and how far from today its day may lie.
MOST_MINUTES, YEARS_AWAY = 24 * 60, 5
MOST_TAKING_PART = 50


def right_to_log(actor: Viewer) -> tuple[int, Right]:
    """Give who logs, and by which right. NotAllowed `activity.log`: the machine visits nobody."""
    right = actor.right_held("activity.log")
    if right is None or actor.person_id is None:
        raise NotAllowed("activity.log")
    return actor.person_id, right


def check_text(name: str, text: str) -> str:
    """Give the text as it is kept. RuleBroken `text.too_long`, `text.unreadable`."""
    text = (text or "").strip()
    if len(text) > LIMITS[name]:
        raise RuleBroken("text.too_long", field=name, limit=LIMITS[name])
    if "\x00" in text:
        raise RuleBroken("text.unreadable", field=name)
    return text


def check_day(on: date, *, state: ActivityState, today: date) -> None:
    """Refuse a day that nobody means. RuleBroken `activity.day_far_off`, `…done_in_future`."""
    if abs(on.year - today.year) > YEARS_AWAY:
        raise RuleBroken("activity.day_far_off", field="on", on=on, years=YEARS_AWAY)
    if state is ActivityState.DONE:
        check_done_on(on, today=today)


def check_minutes(minutes: int | None) -> None:
    """Refuse a length that no day has. RuleBroken `activity.minutes`."""
    if minutes is not None and not 0 < minutes <= MOST_MINUTES:
        raise RuleBroken("activity.minutes", field="minutes", limit=MOST_MINUTES)


def check_outcome(kind: ActivityKind, state: ActivityState, outcome: CallOutcome) -> None:
    """Refuse an outcome of what is no call, or is not done. RuleBroken `activity.no_outcome`."""
    if outcome is not CallOutcome.NONE and (
        not takes_outcome(kind) or state is not ActivityState.DONE
    ):
        raise RuleBroken("activity.no_outcome", field="outcome")


def opportunity_in_sight(actor: Viewer, opportunity_id: int) -> Any:
    """Give the opportunity. NotFound `opportunity.not_found`."""
    row = (
        Opportunity.objects.visible_to(actor)
        .filter(pk=opportunity_id, voided=False)
        .only("id", "account_id", "owner_id", "unit_id", "place")
        .first()
    )
    if row is None:
        raise NotFound("opportunity.not_found", opportunity_id=opportunity_id)
    return row


def account_in_sight(actor: Viewer, account_id: int) -> None:
    """Refuse an account out of sight. NotFound `account.unknown`."""
    if not Account.visible_to(actor).filter(pk=account_id, deleted_at=None).exists():
        raise NotFound("account.unknown")


def contacts_in_sight(
    actor: Viewer, contact_ids: Sequence[int], account_id: int | None
) -> tuple[tuple[int, ...], int | None]:
    """Give who took part on their side, and the account: theirs, where none was named.

    NotFound `contact.unknown`, RuleBroken `activity.contact_elsewhere`, `activity.too_many`.
    """
    wanted = tuple(dict.fromkeys(contact_ids))
    if not wanted:
        return (), account_id
    _few(wanted, "contacts")
    rows = Contact.objects.filter(
        pk__in=wanted, deleted_at=None, account__in=Account.visible_to(actor)
    )
    found = dict(rows.values_list("pk", "account_id"))
    if set(found) != set(wanted):
        raise NotFound("contact.unknown")
    account = found[wanted[0]] if account_id is None else account_id
    if any(theirs != account for theirs in found.values()):
        raise RuleBroken("activity.contact_elsewhere", field="contacts")
    return wanted, account


def colleagues(person_ids: Sequence[int], owner_id: int) -> tuple[int, ...]:
    """Give who takes part on our side beside the owner. RuleBroken `activity.person_unknown`."""
    wanted = tuple(one for one in dict.fromkeys(person_ids) if one != owner_id)
    if not wanted:
        return ()
    _few(wanted, "people")
    there = set(Person.objects.filter(pk__in=wanted, is_active=True).values_list("pk", flat=True))
    if there != set(wanted):
        raise RuleBroken("activity.person_unknown", field="people")
    return wanted


def unit_of(person_id: int, on: date, *, preferred: int | None) -> int:
    """Give the unit in which somebody does it. NotAllowed `activity.log` without any seat.

    The opportunity's where they sell there, else where they sell, else where they sit.
    """
    selling = units_of_owner(person_id, on)
    if preferred in selling and preferred is not None:
        return preferred
    if selling:
        return selling[0]
    held = [seat.unit_id for seat in seats().of(person_id, on)]
    if not held:
        raise NotAllowed("activity.log")
    return held[0]


def _few(wanted: Sequence[int], field: str) -> None:
    if len(wanted) > MOST_TAKING_PART:
        raise RuleBroken("activity.too_many", field=field, limit=MOST_TAKING_PART)
