"""Words of records and their past: kinds, ways in, and what a save changed."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from dakehu.queries.past import FieldChange
from dakehu.web.accounts.words import WORDS as ACCOUNTS
from dakehu.web.contacts.words import WORDS as CONTACTS
from dakehu.web.history import value_shown
from dakehu.web.people import WORDS as PEOPLE
from dakehu.web.products import WORDS as PRODUCTS
from dakehu.web.roles import appointment_shown
from dakehu.web.units.words import KINDS as UNIT_KINDS
from dakehu.web.units.words import WORDS as UNITS

Words = Mapping[str, str | Promise]

KINDS: Words = {
    "opportunity": lazy("Opportunity"),
    "account": lazy("Account"),
    "contact": lazy("Contact"),
    "product": lazy("Product"),
    "unit": lazy("Unit"),
    "person": lazy("Person"),
    "activity": lazy("Activity"),
    "note": pgettext_lazy("timeline", "Note"),
    "file": lazy("File"),
    "stakeholder": lazy("On a decision map"),
    "member": lazy("On a selling team"),
    "view": lazy("View"),
}
FIELDS: Mapping[str, Words] = {
    "account": ACCOUNTS,
    "contact": CONTACTS,
    "product": PRODUCTS,
    "unit": UNITS,
    "person": PEOPLE,
}
#: Fields that say that something happened rather than what it holds.
_HAPPENED = {"created", "deleted", "erased"}


def change_shown(kind: str, change: FieldChange, language: str) -> tuple[str, str, str]:
    """Give a change in words: the field, from, to; only the field of what just happened."""
    field = str(FIELDS[kind].get(change.field, change.field))
    if change.field in _HAPPENED:
        if change.field == "deleted" and change.new is None:
            return _("Restored"), "", ""
        made = change.new if change.field == "created" else None
        return field, "", "" if made is None else value_shown(made, language)
    old, new = (_value(kind, change, value, language) for value in (change.old, change.new))
    return field, old, new


def kept_shown(change: FieldChange, value: object, language: str) -> str:
    """Give a value that a change keeps as text; of what the viewer may not know, that it is so."""
    if change.masked and value == "hidden":
        return _("not yours to see")
    return value_shown(value, language)


def _value(kind: str, change: FieldChange, value: object, language: str) -> str:
    if kind == "unit" and change.field == "kind" and isinstance(value, str):
        return str(UNIT_KINDS.get(value, value))
    if kind == "person" and change.field == "appointed":
        value = appointment_shown(value)
    return kept_shown(change, value, language)
