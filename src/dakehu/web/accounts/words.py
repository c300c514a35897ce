"""Words of accounts: fields as forms, pages and the history call them, and outcomes."""

from django.utils.translation import gettext_lazy as lazy

from dakehu.core.access import Viewer
from dakehu.core.ledger import Place
from dakehu.queries.people import PersonName

#: Fields of an account as they are called on forms, pages and in the history.
WORDS = {
    "name": lazy("Name"),
    "name_en": lazy("Name in English"),
    "aliases": lazy("Other names"),
    "industry": lazy("Industry"),
    "region": lazy("Region"),
    "address": lazy("Address"),
    "phone": lazy("Phone"),
    "website": lazy("Website"),
    "tax_code": lazy("Unified social credit code or tax number"),
    "employees": lazy("Employees"),
    "founded": lazy("Founded in"),
    "note": lazy("Note"),
    "manager": lazy("Account manager"),
    "unit": lazy("Unit"),
    "parent": lazy("Parent account"),
    "created": lazy("Created"),
    "same_name": lazy("Same name accepted"),
    "deleted": lazy("Deleted"),
}
PLACES = {
    Place.OPEN: lazy("open"),
    Place.WON: lazy("won"),
    Place.LOST: lazy("lost"),
    Place.ABANDONED: lazy("abandoned"),
}


def person_shown(person: PersonName | None, viewer: Viewer) -> str:
    """Give somebody's name in the reader's language; nobody is empty."""
    return person.shown(viewer.language) if person else ""
