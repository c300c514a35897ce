"""What is planned for the next day, and what could be."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Case, Exists, F, OuterRef, When

from dakehu.core.access import Viewer
from dakehu.core.activities import ActivityState
from dakehu.core.ledger import Place
from dakehu.models import Activity, Opportunity
from dakehu.queries.activities.list import ActivityRow, activity_rows, own_activities, tied

MOST_ACTIVITIES, MOST_SUGGESTED = 80, 12


@dataclass(frozen=True, slots=True)
class Suggested:
    """An opportunity that a visit or a call tomorrow would move, and why."""

    id: int
    name: str
    account: str
    next_step: str
    next_step_on: date | None
    last_contact_on: date | None


@dataclass(frozen=True, slots=True)
class Tomorrow:
    """What is planned for a day, and what could be."""

    on: date
    planned: tuple[ActivityRow, ...]
    suggested: tuple[Suggested, ...]


def tomorrow(*, viewer: Viewer, today: date, on: date) -> Tomorrow:
    """Give what the viewer planned for a day, and opportunities that it could move.

    Those whose next step is due by then, then those longest without contact; none that has
    something planned from today on.
    """
    rows = tied(viewer, own_activities(viewer).filter(on=on))
    planned = list(
        rows.exclude(state=ActivityState.CANCELLED).order_by("starts_at", "id")[:MOST_ACTIVITIES]
    )
    planned.sort(key=lambda r: (r.starts_at is not None, r.starts_at or r.created_at, r.pk))
    return Tomorrow(on, activity_rows(viewer, planned), _suggested(viewer, today, on))


def _suggested(viewer: Viewer, today: date, on: date) -> tuple[Suggested, ...]:
    if not viewer.owners:
        return ()
    ahead = Activity.objects.there().filter(
        opportunity_id=OuterRef("pk"), state=ActivityState.PLANNED, on__gte=today
    )
    rows = (
        Opportunity.objects.filter(owner_id__in=viewer.owners, place=Place.OPEN, voided=False)
        .exclude(account=None)
        .filter(~Exists(ahead))
        .annotate(is_due=Case(When(next_step_on__lte=on, then=1), default=0))
        .order_by("-is_due", "next_step_on", F("last_contact_on").asc(nulls_first=True), "id")
        .values_list("id", "name", "account__name", "next_step", "next_step_on", "last_contact_on")[
            :MOST_SUGGESTED
        ]
    )
    return tuple(Suggested(*row) for row in rows)
