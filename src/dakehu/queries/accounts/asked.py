"""What a list of accounts can be filtered by, and where it stands."""

from datetime import date
from functools import reduce
from operator import or_

from django.db.models import Q

from dakehu.core.access import Viewer
from dakehu.core.filters import Condition, Expression, Field, Kind
from dakehu.models import Account
from dakehu.queries.conditions import Asking, Place, asked_for, units_meet
from dakehu.queries.organisation import organisation


def accounts_asked_for(viewer: Viewer, asked: Expression, *, today: date) -> Q:
    """Give the condition of a filter. RuleBroken `filter.unknown_field`."""
    return asked_for(viewer, asked, PLACES, today=today, org=organisation())


def _group(asking: Asking, condition: Condition) -> Q:
    """Ask for accounts with all below them; of one out of sight nothing below is told."""
    ids = [int(value) for value in condition.values]
    own = Q(pk__in=ids)
    if condition.operator == "only":
        return own
    seen = Account.visible_to(asking.viewer).filter(pk__in=ids).values_list("path", flat=True)
    found = reduce(or_, (Q(path__startswith=path) for path in seen), own)
    return ~found if condition.operator == "not" else found


PLACES: dict[str, Place] = {
    place.field.key: place
    for place in (
        Place(Field("name", Kind.TEXT, optional=False), "name"),
        Place(Field("code", Kind.TEXT, optional=False), "code"),
        Place(Field("group", Kind.TREE, optional=False), "path", meets=_group),
        Place(Field("industry", Kind.TEXT), "industry", is_text=True),
        Place(Field("region", Kind.TEXT), "region", is_text=True),
        Place(Field("unit", Kind.TREE), "unit_id", meets=units_meet("unit_id")),
        Place(Field("manager", Kind.RECORD), "manager_id"),
        Place(Field("employees", Kind.NUMBER), "employees"),
        Place(Field("contact", Kind.DAY, never_is_old=True), "last_contact_on"),
        Place(Field("created", Kind.DAY, optional=False), "created_on"),
    )
}
