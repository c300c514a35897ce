"""Who of theirs needs help: for heads, and who sees all."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Max, Q

from dakehu.core.access import Viewer
from dakehu.core.activities import ActivityState
from dakehu.core.ledger import Place
from dakehu.models import Activity, Opportunity
from dakehu.queries.people import PersonName
from dakehu.queries.speed import stage_medians
from dakehu.queries.today.day import stuck_since

#: Of somebody without an activity for so long the head should know.
QUIET_DAYS = 14
#: How far back the last activity is looked for.
LOOKED_BACK = timedelta(days=90)
MOST_HELPED = 12


@dataclass(frozen=True, slots=True)
class Helped:
    """Somebody who needs help, and why: counts of their open opportunities."""

    person: PersonName
    open: int
    overdue: int
    stalled: int
    close_passed: int
    last_activity_on: date | None
    is_quiet: bool


def who_needs_help(*, viewer: Viewer, on: date) -> tuple[Helped, ...]:
    """Give the people in the viewer's units who need help most, whoever heads them."""
    if not (viewer.units or viewer.sees_all):
        return ()
    medians = stage_medians(viewer, today=on)
    rows = Opportunity.objects.filter(place=Place.OPEN, voided=False)
    if not viewer.sees_all:
        rows = rows.filter(unit_id__in=viewer.units)
    counted = (
        rows.exclude(owner_id=viewer.person_id)
        .values("owner_id", "owner__login", "owner__name", "owner__name_en")
        .annotate(
            deals=Count("id"),
            overdue=Count("id", filter=Q(next_step_on__lt=on)),
            passed=Count("id", filter=Q(close_sort__lt=on)),
            stalled=Count("id", filter=stuck_since(on, medians)),
        )
        .order_by("owner_id")[:2000]
    )
    latest = _latest_activity(viewer, on)
    people = [
        Helped(
            PersonName(row["owner_id"], row["owner__login"], row["owner__name"],
                       row["owner__name_en"]),
            row["deals"], row["overdue"], row["stalled"], row["passed"],
            latest.get(row["owner_id"]),
            latest.get(row["owner_id"], date.min) < on - timedelta(days=QUIET_DAYS),
        )
        for row in counted
    ]  # fmt: skip
    needing = [p for p in people if p.overdue or p.stalled or p.close_passed or p.is_quiet]
    needing.sort(
        key=lambda p: (-(p.overdue + p.stalled + p.close_passed), not p.is_quiet, p.person.id)
    )
    return tuple(needing[:MOST_HELPED])


def _latest_activity(viewer: Viewer, on: date) -> dict[int, date]:
    """Give of each person the last day on which they did something, of the last months."""
    rows = Activity.objects.there().filter(
        state=ActivityState.DONE, on__gt=on - LOOKED_BACK, on__lte=on
    )
    if not viewer.sees_all:
        rows = rows.filter(unit_id__in=viewer.units)
    return dict(
        rows.order_by().values("owner_id").annotate(last=Max("on")).values_list("owner_id", "last")
    )
