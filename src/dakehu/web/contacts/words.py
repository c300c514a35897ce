"""Words of contacts: their fields, and the parts they have in a purchase."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

WORDS = {
    "name": pgettext_lazy("person", "Name"),
    "name_en": lazy("Name in English"),
    "title": lazy("Title"),
    "department": lazy("Department"),
    "phone": lazy("Phone"),
    "email": lazy("Email"),
    "note": lazy("Note"),
    "created": lazy("Created"),
    "deleted": lazy("Deleted"),
    "erased": lazy("Erased"),
}
#: By the keys of core.teams.BUYING_ROLES.
ROLES = {
    "purchaser": lazy("Purchaser"),
    "user": pgettext_lazy("buying role", "User"),
    "technical": lazy("Technical gatekeeper"),
    "financial": lazy("Financial gatekeeper"),
    "decision_maker": lazy("Decision maker"),
    "initiator": lazy("Initiator"),
    "designer": lazy("Designer"),
    "sponsor": lazy("Sponsor"),
}
ATTITUDES = {
    -2: pgettext_lazy("attitude", "against"),
    -1: lazy("leaning against"),
    0: lazy("neutral"),
    1: lazy("leaning to us"),
    2: lazy("supports us"),
}


def roles_shown(roles: Iterable[str]) -> str:
    """Give the parts of somebody in a purchase, in words."""
    return _(", ").join(str(ROLES.get(role, role)) for role in roles)


def attitude_shown(attitude: int | None) -> str:
    """Give how somebody stands to us, empty where it is not known."""
    return "" if attitude is None else str(ATTITUDES.get(attitude, attitude))
