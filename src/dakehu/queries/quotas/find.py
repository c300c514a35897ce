"""Quotas of a person or a unit for a period, as recorded by a moment (FOR-4, FUN-6)."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, Q, QuerySet

from dakehu.core.access import Viewer
from dakehu.models import Appointment, Person, Quota, SalesUnit


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
    today: date,
    level: str = "target",
    known_at: datetime | None = None,
) -> QuotaFound:
    """Give the quota of one person or one unit for [start, end): its own row, else its parts'.

    A person's is told to those in whose units they stand today, not to those they have left.
    """
    rows = _subject_rows(
        viewer, person_id=person_id, unit_id=unit_id, start=start, end=end, today=today,
        level=level, known_at=known_at,
    )  # fmt: skip
    latest: dict[tuple[date, date], int | None] = {}
    for start_on, end_on, amount in rows.order_by("recorded_at", "id").values_list(
        "start_on", "end_on", "amount_minor"
    ):
        latest[start_on, end_on] = amount
    return quota_of_rows(latest, start, end)


@dataclass(frozen=True, slots=True)
class QuotaRow:
    """A row that a quota is made of: the period's own, or one of its parts."""

    start: date
    end: date
    amount_minor: int
    name: str
    recorded_at: datetime
    actor: str


def quota_rows(
    viewer: Viewer,
    *,
    person_id: int | None,
    unit_id: int | None,
    start: date,
    end: date,
    today: date,
    known_at: datetime | None = None,
) -> tuple[QuotaRow, ...]:
    """Give the rows that `quota_for` adds up, told to the same people; none where none is set."""
    rows = _subject_rows(
        viewer, person_id=person_id, unit_id=unit_id, start=start, end=end, today=today,
        level="target", known_at=known_at,
    )  # fmt: skip
    latest: dict[tuple[date, date], Quota] = {}
    for row in rows.select_related("unit", "person", "actor").order_by("recorded_at", "id"):
        latest[row.start_on, row.end_on] = row
    made_of = _made_of({key: row.amount_minor for key, row in latest.items()}, start, end)
    english = viewer.language.startswith("en")
    found = []
    for key in made_of or ():
        row = latest[key]
        whose = row.person or row.unit
        found.append(
            QuotaRow(
                *key, row.amount_minor or 0, _name(whose, english), row.recorded_at,
                _name(row.actor, english),
            )
        )  # fmt: skip
    return tuple(found)


def _name(whose: Person | SalesUnit | None, english: bool) -> str:
    if whose is None:
        return ""
    zh = whose.name_zh if isinstance(whose, SalesUnit) else whose.name
    return (whose.name_en or zh) if english else (zh or whose.name_en)


def _subject_rows(
    viewer: Viewer,
    *,
    person_id: int | None,
    unit_id: int | None,
    start: date,
    end: date,
    today: date,
    level: str,
    known_at: datetime | None,
) -> QuerySet[Quota]:
    subject = Q(person_id=person_id) if person_id is not None else Q(unit_id=unit_id)
    rows = Quota.objects.filter(
        subject,
        _told(viewer, person_id, unit_id, today),
        level=level,
        start_on__gte=start,
        end_on__lte=end,
    )
    return rows if known_at is None else rows.filter(recorded_at__lte=known_at)


def quota_of_rows(
    latest: dict[tuple[date, date], int | None], start: date, end: date
) -> QuotaFound:
    """Give the quota of [start, end) from the rows in force: exact, else the sum of its parts.

    Parts add up only when they cover the period without a gap: not set is not zero (FOR-4).
    """
    made_of = _made_of(latest, start, end)
    if made_of is None:
        return QuotaFound(None, "no_quota")
    amount = sum(latest[key] or 0 for key in made_of)
    return QuotaFound(amount, made_of="exact" if made_of == [(start, end)] else "parts")


def _made_of(
    latest: dict[tuple[date, date], int | None], start: date, end: date
) -> list[tuple[date, date]] | None:
    if latest.get((start, end)) is not None:
        return [(start, end)]
    here, found = start, []
    while here < end:
        ends = [e for (s, e), a in latest.items() if s == here and a is not None and e <= end]
        if not ends:
            return None
        found.append((here, max(ends)))
        here = max(ends)
    return found


def _told(viewer: Viewer, person_id: int | None, unit_id: int | None, today: date) -> Q:
    """Give the condition that the viewer may know the quota of the subject."""
    if viewer.sees_all or person_id in {viewer.person_id, *viewer.owners} - {None}:
        return Q()
    if person_id is None:
        return Q() if unit_id in viewer.units else Q(pk__in=[])
    seats = Appointment.objects.filter(
        person_id=person_id,
        unit_id__in=viewer.units,
        from_on__lte=today,
        for_person__isnull=True,
    )
    return Q(Exists(seats.filter(Q(until_on__isnull=True) | Q(until_on__gt=today))))
