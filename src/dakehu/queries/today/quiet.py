"""Accounts without contact for long (coverage, PRJ-7)."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q

from dakehu.core.access import Viewer
from dakehu.core.activities import OUT_OF_TOUCH_DAYS
from dakehu.core.ledger import Place
from dakehu.models import Account, Opportunity
from dakehu.queries.people import PersonName, person_name


def out_of_touch_count(*, viewer: Viewer, on: date) -> int:
    """Count the viewer's own accounts without contact for 30 days."""
    if not viewer.owners:
        return 0
    return int(_out_of_touch(viewer, on).count())


@dataclass(frozen=True, slots=True)
class Quiet:
    """An account without contact for long, and what hangs on it."""

    id: int
    name: str
    manager: PersonName | None
    last_contact_on: date | None
    open: int


def out_of_touch(
    *, viewer: Viewer, on: date, whole: bool = False, limit: int = 200
) -> tuple[Quiet, ...]:
    """Give accounts without contact for 30 days, those with open opportunities first.

    One's own, or with `whole` all in sight; at most `limit`.
    """
    deals = Opportunity.objects.visible_to(viewer).filter(place=Place.OPEN, voided=False)
    rows = (
        _out_of_touch(viewer, on, whole=whole)
        .select_related("manager")
        .annotate(has_open=Exists(deals.filter(account_id=OuterRef("pk"))))
        .order_by("-has_open", F("last_contact_on").asc(nulls_first=True), "sort_key", "id")
    )
    found = list(rows[:limit])
    counts = dict(
        deals.filter(account_id__in=[row.pk for row in found])
        .order_by()
        .values("account_id")
        .annotate(number=Count("id"))
        .values_list("account_id", "number")
    )
    return tuple(
        Quiet(
            row.pk,
            row.name,
            person_name(row.manager) if row.manager else None,
            row.last_contact_on,
            counts.get(row.pk, 0),
        )
        for row in found
    )


def _out_of_touch(viewer: Viewer, on: date, *, whole: bool = False) -> Any:
    before = on - timedelta(days=OUT_OF_TOUCH_DAYS)
    rows = Account.visible_to(viewer).filter(
        Q(last_contact_on__lt=before) | Q(last_contact_on=None), deleted_at=None
    )
    return rows if whole else rows.filter(manager_id__in=viewer.owners)
