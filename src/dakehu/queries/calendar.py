"""Days as a calendar: one's own, a team's, and what an iCalendar feed tells."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from dakehu.core.access import Viewer
from dakehu.core.activities import ActivityState
from dakehu.core.errors import NotAllowed
from dakehu.core.ledger import Place
from dakehu.models import Activity, CalendarFeed, Opportunity
from dakehu.models.visibility import ActivityQuerySet
from dakehu.queries.activities.list import ActivityRow, activity_rows, own_activities, tied
from dakehu.queries.people import PersonName, people_in_sight

#: What a calendar holds at most: a month of a busy person, a week of a large team.
MOST_SHOWN, MOST_STEPS, MOST_PEOPLE = 400, 200, 40
#: How far a feed looks back and ahead.
FEED_BACK, FEED_AHEAD = timedelta(days=30), timedelta(days=180)


@dataclass(frozen=True, slots=True)
class StepDue:
    """The next step of an own open opportunity, on its day."""

    opportunity_id: int
    opportunity: str
    account: str
    step: str
    on: date


@dataclass(frozen=True, slots=True)
class Days:
    """Activities and next steps of some days; `is_cut` where there are more than are shown."""

    activities: tuple[ActivityRow, ...]
    steps: tuple[StepDue, ...]
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class TeamDays:
    """The people of a team and what they have on in some days."""

    people: tuple[PersonName, ...]
    activities: tuple[ActivityRow, ...]
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class FeedOwner:
    """Whose feed an address is."""

    person_id: int
    login: str
    language: str


def own_days(*, viewer: Viewer, since: date, until: date) -> Days:
    """Give what the viewer does or takes part in within [since, until), and next steps due."""
    rows = _ordered(tied(viewer, own_activities(viewer).filter(on__gte=since, on__lt=until)))
    found = list(rows[: MOST_SHOWN + 1])
    return Days(
        activity_rows(viewer, found[:MOST_SHOWN]),
        steps_due(viewer=viewer, since=since, until=until),
        len(found) > MOST_SHOWN,
    )


def steps_due(*, viewer: Viewer, since: date, until: date) -> tuple[StepDue, ...]:
    """Give the next steps of the viewer's own open opportunities due within [since, until)."""
    if not viewer.owners:
        return ()
    rows = Opportunity.objects.filter(
        owner_id__in=viewer.owners, place=Place.OPEN, voided=False,
        next_step_on__gte=since, next_step_on__lt=until,
    ).exclude(next_step="")  # fmt: skip
    return tuple(
        StepDue(pk, name, account or "", step, on)
        for pk, name, account, step, on in rows.order_by("next_step_on", "id").values_list(
            "id", "name", "account__name", "next_step", "next_step_on"
        )[:MOST_STEPS]
    )


def team_days(
    *, viewer: Viewer, units: frozenset[int] | None, since: date, until: date, today: date
) -> TeamDays:
    """Give what the people of units in sight have on within [since, until).

    NotAllowed `calendar.team` to who heads nobody.
    """
    if not (viewer.units or viewer.sees_all):
        raise NotAllowed("calendar.team")
    found_people = people_in_sight(viewer, units=units, today=today, limit=MOST_PEOPLE + 1)
    people = found_people[:MOST_PEOPLE]
    rows = Activity.objects.there().filter(
        owner_id__in=[one.id for one in people], on__gte=since, on__lt=until
    )
    if not viewer.sees_all:
        rows = rows.filter(Q(unit_id__in=viewer.units) | Q(owner_id__in=viewer.owners))
    found = list(
        _ordered(tied(viewer, rows.exclude(state=ActivityState.CANCELLED)))[: MOST_SHOWN + 1]
    )
    return TeamDays(
        tuple(people),
        activity_rows(viewer, found[:MOST_SHOWN]),
        len(found) > MOST_SHOWN or len(found_people) > MOST_PEOPLE,
    )


def feed_days(*, viewer: Viewer, today: date) -> Days:
    """Give what a feed of the viewer tells: own activities and own next steps, nothing else.

    Where there are more than it holds, what is to come stands before what was.
    """
    since, until = today - FEED_BACK, today + FEED_AHEAD
    own = own_activities(viewer)
    ahead = list(_ordered(tied(viewer, own.filter(on__gte=today, on__lt=until)))[: MOST_SHOWN + 1])
    past = tied(viewer, own.filter(on__gte=since, on__lt=today)).order_by("-on", "-id")
    room = max(MOST_SHOWN - len(ahead), 0)
    before = list(past[: room + 1])
    steps = [
        *steps_due(viewer=viewer, since=since, until=today),
        *steps_due(viewer=viewer, since=today, until=until),
    ]
    return Days(
        activity_rows(viewer, [*reversed(before[:room]), *ahead[:MOST_SHOWN]]),
        tuple(steps),
        len(before) > room,
    )


def feed_owner(*, token_hash: str) -> FeedOwner | None:
    """Give whose feed has this secret, None where there is none or they have left."""
    row = (
        CalendarFeed.objects.filter(token_hash=token_hash, person__is_active=True)
        .values_list("person_id", "person__login", "person__language")
        .first()
    )
    return FeedOwner(*row) if row else None


def feed_made_at(*, viewer: Viewer) -> datetime | None:
    """Give when the viewer opened their feed, None where it is closed."""
    rows = CalendarFeed.objects.filter(person_id=viewer.person_id or 0)
    return rows.values_list("made_at", flat=True).first()


def _ordered(rows: ActivityQuerySet) -> ActivityQuerySet:
    return rows.order_by("on", "starts_at", "id")
