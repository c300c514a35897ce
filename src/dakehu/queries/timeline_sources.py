"""What a timeline takes from tables of other subjects: activities, and deals of a customer."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import CharField, Exists, OuterRef, Value

from dakehu.core.access import Viewer
from dakehu.core.ledger import Kind
from dakehu.core.money import from_minor
from dakehu.models import (
    Account,
    Activity,
    ActivityContact,
    ActivityPerson,
    Entry,
    Movement,
    Opportunity,
    Stakeholder,
)
from dakehu.queries.people import PersonName, person_name
from dakehu.queries.rates import currency_digits
from dakehu.queries.records import Record, Until
from dakehu.queries.stages import stage_name

#: What of a deal is told on the pages of its account and of its people.
HEADLINES = (
    Kind.CREATED, Kind.ADVANCED, Kind.REGRESSED, Kind.WON, Kind.LOST, Kind.ABANDONED,
    Kind.REOPENED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """An activity with who took part; of the customer's people those in sight."""

    id: int
    at: datetime
    on: date
    kind: int
    state: int
    subject: str
    owner: PersonName
    people: tuple[PersonName, ...]
    contacts: tuple[tuple[int, str], ...]
    outcome: int
    result: str
    next_step: str
    next_step_on: date | None


@dataclass(frozen=True, slots=True)
class Headline:
    """What happened to a deal in sight, in short."""

    id: int
    at: datetime
    on: date
    kind: Kind
    opportunity_id: int
    name: str
    before: str
    after: str
    amount: Decimal | None
    currency: str
    who: str
    actor_id: int | None


def activities_before(
    viewer: Viewer, *, record: Record, until: Until | None, limit: int
) -> list[ActivityRow]:
    """Give activities of a record in sight; of an account's those of deals out of sight are not."""
    rows = Activity.objects.there()
    if record.kind == "contact":
        took_part = ActivityContact.objects.filter(contact_id=record.id)
        rows = rows.filter(pk__in=took_part.values("activity_id"))
    else:
        rows = rows.filter(**record.column)
    if record.kind != "opportunity":
        rows = rows.visible_on(viewer, account_id=record.account_id)
    if until is not None:
        rows = rows.filter(until.within("updated_at"))
    found = list(rows.select_related("owner").order_by("-updated_at", "-id")[:limit])
    if not found:
        return []
    contacts, people = _took_part(viewer, [row.pk for row in found])
    return [
        ActivityRow(
            id=row.pk,
            at=row.updated_at,
            on=row.on,
            kind=row.kind,
            state=row.state,
            subject=row.subject,
            owner=person_name(row.owner),
            people=tuple(people[row.pk]),
            contacts=tuple(contacts[row.pk]),
            outcome=row.outcome,
            result=row.result,
            next_step=row.next_step,
            next_step_on=row.next_step_on,
        )
        for row in found
    ]


def _took_part(
    viewer: Viewer, ids: list[int]
) -> tuple[dict[int, list[tuple[int, str]]], dict[int, list[PersonName]]]:
    """Give who took part on either side; of the customer's people those in sight."""
    empty = Value("", output_field=CharField())
    theirs = ActivityContact.objects.filter(
        activity_id__in=ids, contact__account__in=Account.visible_to(viewer)
    ).values_list("activity_id", "contact_id", empty, "contact__name", empty, Value(0))
    ours = ActivityPerson.objects.filter(activity_id__in=ids).values_list(
        "activity_id", "person_id", "person__login", "person__name", "person__name_en", Value(1)
    )
    contacts: dict[int, list[tuple[int, str]]] = defaultdict(list)
    people: dict[int, list[PersonName]] = defaultdict(list)
    for activity, number, login, name, name_en, is_ours in theirs.union(ours, all=True):
        if is_ours:
            people[activity].append(PersonName(number, login, name, name_en))
        else:
            contacts[activity].append((number, name))
    return contacts, people


def headlines_before(
    viewer: Viewer, *, record: Record, until: Until | None, limit: int
) -> list[Headline]:
    """Give what happened to the deals in sight of an account, or of a contact's part in them."""
    deals = Opportunity.objects.visible_to(viewer).filter(voided=False)
    if record.kind == "account":
        deals = deals.filter(account_id=record.id)
    else:
        part = Stakeholder.objects.filter(contact_id=record.id)
        deals = deals.filter(pk__in=part.values("opportunity_id"))
    rows = (
        Movement.objects.filter(
            opportunity__in=deals, kind__in=[int(kind) for kind in HEADLINES], reverses=None
        )
        .filter(~Exists(Movement.objects.filter(reverses_id=OuterRef("pk"))))
        .select_related("opportunity", "actor")
    )
    if until is not None:
        rows = rows.filter(until.within("recorded_at"))
    found = list(rows.order_by("-recorded_at", "-id")[:limit])
    sides: dict[int, dict[int, tuple[int, int, str]]] = defaultdict(dict)
    entries = Entry.objects.filter(movement_id__in=[row.pk for row in found]).exclude(count=0)
    for movement, count, stage, minor, currency in entries.values_list(
        "movement_id", "count", "stage_id", "amount_minor", "currency"
    ):
        sides[movement][count] = (stage, minor, currency)
    return [_headline(row, sides[row.pk], viewer.language) for row in found]


def _headline(row: Movement, sides: dict[int, tuple[int, int, str]], language: str) -> Headline:
    left, entered = sides.get(-1), sides.get(1)
    amount, currency = None, ""
    if entered is not None:
        amount = from_minor(entered[1], currency_digits().get(entered[2], 2))
        currency = entered[2]
    actor = person_name(row.actor).shown(language) if row.actor else ""
    return Headline(
        id=row.pk,
        at=row.recorded_at,
        on=row.on,
        kind=Kind(row.kind),
        opportunity_id=row.opportunity_id,
        name=row.opportunity.name,
        before=stage_name(left[0] if left else None, language),
        after=stage_name(entered[0] if entered else None, language),
        amount=amount,
        currency=currency,
        who=actor,
        actor_id=row.actor_id,
    )
