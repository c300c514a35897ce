"""The day of the last contact: of an account, its people, and an opportunity."""

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import Max, OuterRef, QuerySet, Subquery

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
    """Make the last contact of every account and contact what the activities say (a demo).

    Grouped once instead of asked for each row: fresh tables have no statistics yet, and a plan
    made without them reads all activities for each of a hundred thousand contacts.
    """
    for table, groups in (
        ("dakehu_account", _done().filter(account_id__isnull=False).values_list("account_id")),
        ("dakehu_contact", _with().values_list("contact_id")),
    ):
        day = "on" if table == "dakehu_account" else "activity__on"
        sql, parameters = groups.annotate(latest=Max(day)).order_by().query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH found (id, latest) AS ({sql})"
                f" UPDATE {table} SET last_contact_on = found.latest"
                f" FROM found WHERE {table}.id = found.id",
                parameters,
            )


def _done() -> QuerySet[Activity]:
    return Activity.objects.filter(state=ActivityState.DONE, deleted_at=None, kind__in=_CONTACTS)


def _latest(column: str) -> QuerySet[Activity, Any]:
    rows = _done().filter(**{column: OuterRef("pk")})
    return rows.order_by("-on").values("on")[:1]


def _with() -> QuerySet[ActivityContact]:
    return ActivityContact.objects.filter(
        activity__state=ActivityState.DONE,
        activity__deleted_at=None,
        activity__kind__in=_CONTACTS,
    )


def _latest_with() -> QuerySet[ActivityContact, Any]:
    rows = _with().filter(contact_id=OuterRef("pk"))
    return rows.order_by("-activity__on").values("activity__on")[:1]
