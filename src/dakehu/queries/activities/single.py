"""One activity, and where a new one starts from: the record that one looks at."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from dakehu.core.access import Viewer
from dakehu.core.activities import CONTINUATIONS, ActivityState, is_not_moving
from dakehu.core.errors import NotFound
from dakehu.core.ledger import Place
from dakehu.models import Account, Activity, Appointment, Contact, Opportunity, Person
from dakehu.queries.activities.list import ActivityRow, ContactName, activity_rows, tied
from dakehu.queries.activities.rights import LOG
from dakehu.queries.audit import ChangeRow, changes
from dakehu.queries.people import PersonName, named_like

#: SQLite's driver refuses a greater number instead of finding nothing.
LARGEST_ID = 2**63 - 1
#: Of an account at most so many people are offered.
MOST_CONTACTS = 60
MOST_COLLEAGUES = 300


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """One activity, and what was changed of it."""

    row: ActivityRow
    changes: tuple[ChangeRow, ...]
    #: Deleted ones are shown to who may bring them back.
    deleted_on: date | None = None


@dataclass(frozen=True, slots=True)
class LogContext:
    """The record that something is logged on; `contacts` are the account's people."""

    opportunity_id: int | None = None
    opportunity: str = ""
    next_step: str = ""
    next_step_on: date | None = None
    may_take_next_step: bool = False
    account_id: int | None = None
    account: str = ""
    address: str = ""
    contacts: tuple[ContactName, ...] = ()
    chosen: frozenset[int] = frozenset()


def activity(*, viewer: Viewer, activity_id: int, deleted: bool = False) -> ActivityPage:
    """Give one activity. NotFound `activity.not_found` where it is not theirs to see.

    With `deleted` also one that was deleted, for who may change it.
    """
    row = None
    if activity_id <= LARGEST_ID:
        rows = tied(viewer, Activity.objects.visible_to(viewer))
        row = (rows if deleted else rows.there()).filter(pk=activity_id).first()
    if row is None:
        raise NotFound("activity.not_found", activity_id=activity_id)
    shown = activity_rows(viewer, [row])[0]
    if row.deleted_at is not None and not shown.may_change:
        raise NotFound("activity.not_found", activity_id=activity_id)
    return ActivityPage(
        row=shown,
        changes=_named(viewer, row.pk, sees_account=shown.may_open_account),
        deleted_on=row.deleted_at.date() if row.deleted_at else None,
    )


def _named(viewer: Viewer, activity_id: int, *, sees_account: bool) -> tuple[ChangeRow, ...]:
    """Give what was changed, the customer's people by name as far as they are in sight.

    What was kept before they were kept by number holds names: for who sees the account alone.
    """
    rows = changes(viewer=viewer, object_type="activity", object_id=activity_id)
    kept = {
        one
        for row in rows
        if row.field == "contacts"
        for one in (*(row.old or ()), *(row.new or ()))
    }
    if not kept:
        return rows
    ids = [one for one in kept if isinstance(one, int)]
    seen = Contact.objects.filter(pk__in=ids, account__in=Account.visible_to(viewer))
    names: dict[Any, str] = dict(seen.values_list("pk", "name"))
    if sees_account:
        names |= {one: one for one in kept if isinstance(one, str)}

    def worded(value: Any) -> Any:
        return [names[one] for one in value or () if one in names]

    return tuple(
        replace(row, old=worded(row.old), new=worded(row.new)) if row.field == "contacts" else row
        for row in rows
    )


def is_deal_not_moving(*, viewer: Viewer, opportunity_id: int) -> bool:
    """Test for three continuations in a row on an opportunity in sight (PRJ-4)."""
    if not Opportunity.objects.visible_to(viewer).filter(pk=opportunity_id).exists():
        return False
    rows = Activity.objects.there().filter(
        opportunity_id=opportunity_id, state=ActivityState.DONE, outcome__gt=0
    )
    latest = rows.order_by("-on", "-id").values_list("outcome", flat=True)[:CONTINUATIONS]
    return is_not_moving(latest)


def log_context(
    *,
    viewer: Viewer,
    opportunity_id: int | None = None,
    account_id: int | None = None,
    contact_id: int | None = None,
    contact_ids: Collection[int] = (),
) -> LogContext:
    """Give where a new activity starts from; a record out of sight is not found.

    `contact_ids` are offered whatever place they have among the account's people.
    """
    chosen: frozenset[int] = frozenset()
    if contact_id is not None:
        contact = _contact(viewer, contact_id)
        account_id, chosen = contact.account_id, frozenset({contact.pk})
    deal = _deal(viewer, opportunity_id) if opportunity_id is not None else None
    if deal is not None and deal.account_id is not None:
        account_id = deal.account_id
    account = None
    if account_id is not None and account_id <= LARGEST_ID:
        account = Account.visible_to(viewer).filter(pk=account_id, deleted_at=None).first()
    if account_id is not None and account is None and deal is None:
        raise NotFound("account.unknown")
    return LogContext(
        opportunity_id=deal.pk if deal else None,
        opportunity=deal.name if deal else "",
        next_step=deal.next_step if deal else "",
        next_step_on=deal.next_step_on if deal else None,
        may_take_next_step=deal is not None and deal.place == Place.OPEN and not deal.voided,
        account_id=account.pk if account else None,
        account=account.name if account else (deal.account.name if deal and deal.account else ""),
        address=account.address if account else "",
        contacts=_contacts_of(viewer, account_id, account, {*contact_ids, *chosen}),
        chosen=chosen,
    )


def _deal(viewer: Viewer, opportunity_id: int) -> Any:
    row = None
    if opportunity_id <= LARGEST_ID:
        rows = Opportunity.objects.visible_to(viewer).select_related("account")
        row = rows.filter(pk=opportunity_id).first()
    if row is None:
        raise NotFound("opportunity.not_found", opportunity_id=opportunity_id)
    return row


def _contact(viewer: Viewer, contact_id: int) -> Any:
    row = None
    if contact_id <= LARGEST_ID:
        rows = Contact.objects.filter(account__in=Account.visible_to(viewer), deleted_at=None)
        row = rows.filter(pk=contact_id).first()
    if row is None:
        raise NotFound("contact.unknown")
    return row


def _contacts_of(
    viewer: Viewer, account_id: int | None, account: Any, chosen: set[int]
) -> tuple[ContactName, ...]:
    """Give the first of the account's people, and of those who are chosen who is in sight."""
    there = Contact.objects.filter(deleted_at=None).order_by("sort_key", "id")
    columns = ("id", "name", "title")
    found: list[Any] = []
    if account is not None:
        found = list(there.filter(account_id=account.pk).values_list(*columns)[:MOST_CONTACTS])
    missing = {one for one in chosen if one <= LARGEST_ID} - {row[0] for row in found}
    if missing:
        more = there.filter(pk__in=missing, account__in=Account.visible_to(viewer))
        if account_id is not None:
            more = more.filter(account_id=account_id)
        found += more.values_list(*columns)[:MOST_CONTACTS]
    return tuple(ContactName(*row) for row in found)


def people_to_take_along(
    *,
    viewer: Viewer,
    today: date,
    text: str = "",
    chosen: Collection[int] = (),
    limit: int = MOST_COLLEAGUES,
) -> tuple[PersonName, ...]:
    """Give the colleagues who may be named beside oneself: who is `chosen` already, then some.

    Of those whose name, log-in, pinyin or initials fit the text, the first by name. Who works
    where is no secret inside.
    """
    if not viewer.holds(LOG):
        return ()
    held = (
        Appointment.objects.filter(from_on__lte=today)
        .exclude(until_on__lte=today)
        .exclude(role="administrator")
    )
    there = Person.objects.filter(is_active=True, pk__in=held.values("person_id")).exclude(
        pk=viewer.person_id or 0
    )
    columns = ("id", "login", "name", "name_en")
    known = [one for one in chosen if one <= LARGEST_ID][:MOST_COLLEAGUES]
    rows = list(there.filter(pk__in=known).order_by("sort_key", "id").values_list(*columns))
    fitting = named_like(there.exclude(pk__in=known), text).order_by("sort_key", "id")
    rows += fitting.values_list(*columns)[:limit]
    return tuple(PersonName(*row) for row in rows)
