"""The list of activities: narrowed, in order of day, with the names that the viewer may read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

from django.db.models import BooleanField, Exists, OuterRef, Q, Value

from dakehu.core.access import Viewer
from dakehu.core.activities import ActivityKind, ActivityState, CallOutcome, takes_outcome
from dakehu.models import Account, Activity, ActivityContact, ActivityPerson, Opportunity
from dakehu.models.visibility import ActivityQuerySet
from dakehu.queries.activities.asked import taken_part_in
from dakehu.queries.activities.rights import right_to_change
from dakehu.queries.contacts import contact_row
from dakehu.queries.paging import Cut, Page, page_of
from dakehu.queries.people import PersonName, person_name
from dakehu.queries.units import all_units

ORDERS: dict[str, tuple[tuple[str, ...], bool]] = {
    "-on": (("on", "id"), True),
    "on": (("on", "id"), False),
}
_TIED = ("owner", "account", "opportunity")
_CHUNK = 500
#: Of one activity at most so many people of either side are read.
MOST_PEOPLE = 50


@dataclass(frozen=True, slots=True)
class ActivityFilter:
    """What a list is narrowed to; all of it stands in the URL. Days: [since, until)."""

    kind: ActivityKind | None = None
    state: ActivityState | None = None
    person_id: int | None = None
    unit_ids: frozenset[int] | None = None
    since: date | None = None
    until: date | None = None
    account_id: int | None = None
    opportunity_id: int | None = None
    without_result: bool = False
    sort: str = "-on"
    #: What conditions ask for, of whoever looks at the list: `activities_asked_for`.
    asked: Q | None = None


@dataclass(frozen=True, slots=True)
class ContactName:
    """Somebody of the customer who took part; the phone as the viewer may read it."""

    id: int
    name: str
    title: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """An activity as shown.

    The account's name always stands with it, as with an opportunity; its people and the
    opportunity only where the viewer may see these.
    """

    id: int
    version: int
    kind: ActivityKind
    state: ActivityState
    subject: str
    on: date
    starts_at: datetime | None
    minutes: int | None
    location: str
    outcome: CallOutcome
    result: str
    next_step: str
    next_step_on: date | None
    owner: PersonName
    unit_id: int
    unit: str
    account_id: int | None
    account: str
    may_open_account: bool
    #: Where the account is and how its front desk is rung; empty where it may not be opened.
    address: str
    phone: str
    last_contact_on: date | None
    opportunity_id: int | None
    opportunity: str
    contacts: tuple[ContactName, ...]
    people: tuple[PersonName, ...]
    is_own: bool
    may_change: bool

    @property
    def lacks_result(self) -> bool:
        """Test if it is done and nobody said what came of it."""
        told = self.result or self.outcome is not CallOutcome.NONE
        return self.state is ActivityState.DONE and takes_outcome(self.kind) and not told


def activities(*, viewer: Viewer, where: ActivityFilter, cut: Cut) -> Page[ActivityRow]:
    """Give a page of the activities in sight. RuleBroken `list.bad_cursor`."""
    order, descending = ORDERS.get(where.sort, ORDERS["-on"])
    there = Activity.objects.there()
    sets = [tied(viewer, narrowed(rows, where)) for rows in there.pages_for(viewer)]
    page = page_of(sets, order=order, descending=descending, cut=cut)
    return Page(activity_rows(viewer, page.rows), page.next, page.previous)


def activity_count(*, viewer: Viewer, where: ActivityFilter) -> int:
    """Give how many activities the list has."""
    return narrowed(Activity.objects.there().visible_to(viewer), where).count()


def every_activity(*, viewer: Viewer, where: ActivityFilter, limit: int) -> Iterator[ActivityRow]:
    """Give the whole list in its order, for an export, at most `limit` rows."""
    order, descending = ORDERS.get(where.sort, ORDERS["-on"])
    rows = (
        tied(viewer, narrowed(Activity.objects.there().visible_to(viewer), where))
        .order_by(*(f"-{c}" if descending else c for c in order))[:limit]
        .iterator(chunk_size=_CHUNK)
    )
    while chunk := tuple(islice(rows, _CHUNK)):
        yield from activity_rows(viewer, chunk)


def narrowed(rows: ActivityQuerySet, where: ActivityFilter) -> ActivityQuerySet:
    """Keep what the filter asks for; a person's are those done and those taken part in."""
    if where.kind is not None:
        rows = rows.filter(kind=where.kind)
    if where.state is not None:
        rows = rows.filter(state=where.state)
    if where.person_id is not None:
        rows = rows.filter(taken_part_in([where.person_id]))
    if where.unit_ids is not None:
        rows = rows.filter(unit_id__in=where.unit_ids)
    if where.since is not None:
        rows = rows.filter(on__gte=where.since)
    if where.until is not None:
        rows = rows.filter(on__lt=where.until)
    if where.account_id is not None:
        rows = rows.filter(account_id=where.account_id)
    if where.opportunity_id is not None:
        rows = rows.filter(opportunity_id=where.opportunity_id)
    if where.without_result:
        calls = [kind for kind in ActivityKind if takes_outcome(kind)]
        rows = rows.filter(state=ActivityState.DONE, outcome=0, result="", kind__in=calls)
    return rows if where.asked is None else rows.filter(where.asked)


def own_activities(viewer: Viewer) -> ActivityQuerySet:
    """Give what the viewer does or takes part in, as far as it is in sight.

    It is theirs to see while they have to do with customers; whoever left that sees no more of
    it than of anything else (docs/decisions/0024).
    """
    rows = Activity.objects.there().filter(taken_part_in([viewer.person_id or 0]))
    return rows if viewer.holds("activity.log") else rows.visible_to(viewer)


def tied(viewer: Viewer, rows: ActivityQuerySet) -> ActivityQuerySet:
    """Read with them what they stand on, and whether the viewer may see that."""
    account_seen: Any = Value(value=True, output_field=BooleanField())
    deal_seen = account_seen
    if not viewer.sees_all:
        accounts = Account.visible_to(viewer).filter(pk=OuterRef("account_id"))
        deals = Opportunity.objects.visible_to(viewer).filter(pk=OuterRef("opportunity_id"))
        account_seen, deal_seen = Exists(accounts), Exists(deals)
    found: ActivityQuerySet = rows.select_related(*_TIED).annotate(
        account_seen=account_seen, deal_seen=deal_seen
    )
    return found


def activity_rows(viewer: Viewer, rows: Sequence[Any]) -> tuple[ActivityRow, ...]:
    """Shape activities that are in sight, read by `tied`."""
    if not rows:
        return ()
    ids = [row.pk for row in rows]
    contacts = _contacts(viewer, ids, {r.account_id for r in rows if r.account_seen})
    people = _people(ids)
    units = all_units().names
    return tuple(
        _row(viewer, row, units[row.unit_id].name(viewer.language), contacts, people)
        for row in rows
    )


def _row(
    viewer: Viewer,
    row: Any,
    unit: str,
    contacts: dict[int, list[ContactName]],
    people: dict[int, list[PersonName]],
) -> ActivityRow:
    seen = row.account if row.account is not None and row.account_seen else None
    right = right_to_change(viewer, owner_id=row.owner_id, unit_id=row.unit_id)
    return ActivityRow(
        id=row.pk,
        version=row.version,
        kind=ActivityKind(row.kind),
        state=ActivityState(row.state),
        subject=row.subject,
        on=row.on,
        starts_at=row.starts_at,
        minutes=row.minutes,
        location=row.location,
        outcome=CallOutcome(row.outcome),
        result=row.result,
        next_step=row.next_step,
        next_step_on=row.next_step_on,
        owner=person_name(row.owner),
        unit_id=row.unit_id,
        unit=unit,
        account_id=row.account_id,
        account=row.account.name if row.account else "",
        may_open_account=seen is not None,
        address=seen.address if seen else "",
        phone=seen.phone if seen else "",
        last_contact_on=seen.last_contact_on if seen else None,
        opportunity_id=row.opportunity_id if row.opportunity and row.deal_seen else None,
        opportunity=row.opportunity.name if row.opportunity and row.deal_seen else "",
        contacts=tuple(contacts.get(row.pk, ())),
        people=tuple(people.get(row.pk, ())),
        is_own=row.owner_id == viewer.person_id,
        may_change=right is not None,
    )


def _contacts(
    viewer: Viewer, ids: Sequence[int], accounts: set[int]
) -> dict[int, list[ContactName]]:
    found: dict[int, list[ContactName]] = {}
    if not accounts:
        return found
    # Whoever sees the account sees its people: also of another account only where that is seen.
    rows = (
        ActivityContact.objects.filter(activity_id__in=ids, contact__account_id__in=accounts)
        .select_related("contact__account")
        .order_by("id")
    )
    for row in rows[: MOST_PEOPLE * len(ids)]:
        who = contact_row(row.contact, row.contact.account, viewer=viewer)
        found.setdefault(row.activity_id, []).append(
            ContactName(who.id, who.name, who.title, who.phone, who.email)
        )
    return found


def _people(ids: Sequence[int]) -> dict[int, list[PersonName]]:
    found: dict[int, list[PersonName]] = {}
    rows = ActivityPerson.objects.filter(activity_id__in=ids).order_by("id")
    for activity, person, login, name, name_en in rows.values_list(
        "activity_id", "person_id", "person__login", "person__name", "person__name_en"
    )[: MOST_PEOPLE * len(ids)]:
        found.setdefault(activity, []).append(PersonName(person, login, name, name_en))
    return found
