"""Quotas of a person or a unit for a period, as recorded by a moment (FOR-4, FUN-6)."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from dakehu.core.access import Viewer
from dakehu.models import Quota


@dataclass(frozen=True, slots=True)
class QuotaFound:
    """The target in minor units of the base currency; None with the reason where none is set."""

    amount_minor: int | None
    reason: str | None = None
    #: exact: a row of that period; parts: the sum of its months or quarters, all of them set.
    made_of: str = "exact"


def quota_for(
    viewer: Viewer,
    *,
    person_id: int | None,
    unit_id: int | None,
    start: date,
    end: date,
    level: str = "target",
    known_at: datetime | None = None,
) -> QuotaFound:
    """Give the quota of one person or one unit for [start, end): its own row, else its parts'."""
    if not _in_sight(viewer, person_id, unit_id):
        return QuotaFound(None, "no_quota")
    subject = Q(person_id=person_id) if person_id is not None else Q(unit_id=unit_id)
    rows = Quota.objects.filter(
        subject,
        level=level,
        start_on__gte=start,
        end_on__lte=end,
    )
    if known_at is not None:
        rows = rows.filter(recorded_at__lte=known_at)
    latest: dict[tuple[date, date], int | None] = {}
    for start_on, end_on, amount in rows.order_by("recorded_at", "id").values_list(
        "start_on", "end_on", "amount_minor"
    ):
        latest[start_on, end_on] = amount
    return quota_of_rows(latest, start, end)


def quota_of_rows(
    latest: dict[tuple[date, date], int | None], start: date, end: date
) -> QuotaFound:
    """Give the quota of [start, end) from the rows in force: exact, else the sum of its parts.

    Parts add up only when they cover the period without a gap: not set is not zero (FOR-4).
    """
    exact = latest.get((start, end))
    if exact is not None:
        return QuotaFound(exact)
    here, total = start, 0
    while here < end:
        parts = [(e, a) for (s, e), a in latest.items() if s == here and a is not None and e <= end]
        if not parts:
            return QuotaFound(None, "no_quota")
        part_end, amount = max(parts)
        total += amount
        here = part_end
    return QuotaFound(total, made_of="parts")


def _in_sight(viewer: Viewer, person_id: int | None, unit_id: int | None) -> bool:
    if viewer.sees_all:
        return True
    if unit_id is not None:
        return unit_id in viewer.units
    if person_id == viewer.person_id:
        return True
    from dakehu.models import Appointment

    return Appointment.objects.filter(person_id=person_id or 0, unit_id__in=viewer.units).exists()
