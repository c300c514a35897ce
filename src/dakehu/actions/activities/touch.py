"""The day of the last contact: of an account, its people, and an opportunity."""

from collections.abc import Iterable
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from dakehu.core.activities import ActivityKind, ActivityState, is_contact
from dakehu.models import Account, Activity, ActivityContact, Contact, Opportunity

_CONTACTS = [kind for kind in ActivityKind if is_contact(kind)]


def touch(
    *,
    accounts: Iterable[int | None] = (),
    opportunities: Iterable[int | None] = (),
    contacts: Iterable[int] = (),
) -> None:
    """Make the last contact of these records what the activities say, whatever it was before.

    The rows are locked first: whoever logs at the same moment counts each other's.
    """
    for rows, ids, latest in (
        (Opportunity.objects.all(), opportunities, _latest("opportunity_id")),
        (Account.objects.all(), accounts, _latest("account_id")),
        (Contact.objects.all(), contacts, _latest_with()),
    ):
        wanted = sorted({one for one in ids if one is not None})
        if wanted:
            found = rows.filter(pk__in=wanted)
            list(found.order_by("pk").select_for_update().values_list("pk", flat=True))
            found.update(last_contact_on=Subquery(latest))


def touch_all() -> None:
    """Make the last contact of every account and contact what the activities say (a demo)."""
    for rows, latest in (
        (Account.objects.all(), _latest("account_id")),
        (Contact.objects.all(), _latest_with()),
    ):
        rows.update(last_contact_on=Subquery(latest))


def _done() -> QuerySet[Activity]:
    return Activity.objects.filter(state=ActivityState.DONE, deleted_at=None, kind__in=_CONTACTS)


def _latest(column: str) -> QuerySet[Activity, Any]:
    rows = _done().filter(**{column: OuterRef("pk")})
    return rows.order_by("-on").values("on")[:1]


def _latest_with() -> QuerySet[ActivityContact, Any]:
    rows = ActivityContact.objects.filter(
        contact_id=OuterRef("pk"),
        activity__state=ActivityState.DONE,
        activity__deleted_at=None,
        activity__kind__in=_CONTACTS,
    )
    return rows.order_by("-activity__on").values("activity__on")[:1]
