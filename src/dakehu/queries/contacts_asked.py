"""What a list of contacts can be filtered by, and where it stands."""

from datetime import date

from django.db.models import Q

from dakehu.core.access import Viewer
from dakehu.core.filters import Expression, Field, Kind
from dakehu.queries.conditions import Place, accounts_meet, asked_for
from dakehu.queries.organisation import organisation


def contacts_asked_for(viewer: Viewer, asked: Expression, *, today: date) -> Q:
    """Give the condition of a filter. RuleBroken `filter.unknown_field`."""
    return asked_for(viewer, asked, PLACES, today=today, org=organisation())


PLACES: dict[str, Place] = {
    place.field.key: place
    for place in (
        Place(Field("name", Kind.TEXT, optional=False), "name"),
        Place(Field("account", Kind.TREE, optional=False), "", meets=accounts_meet("account")),
        Place(Field("title", Kind.TEXT), "title", is_text=True),
        Place(Field("department", Kind.TEXT), "department", is_text=True),
        Place(Field("email", Kind.TEXT), "email", is_text=True),
        # Who may not read phones finds nobody by them (docs/decisions/0008).
        Place(Field("phone", Kind.TEXT, reads="contact.phone"), "phone", is_text=True),
        Place(Field("contact", Kind.DAY, never_is_old=True), "last_contact_on"),
        Place(Field("created", Kind.DAY, optional=False), "created_on"),
    )
}
