"""Refusals about units, appointments and the people in them."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "appointment.deputy_moves": _(
        "Somebody who stands in for another does not move to another unit. End it, and appoint them"
        " there."
    ),
    "appointment.deputy_without_end": _(
        "Standing in for somebody ends on a day. Enter the day after the last."
    ),
    "appointment.for_oneself": _("Nobody stands in for themselves. Enter another log-in."),
    "appointment.overlaps": _(
        "They hold this role in this unit at that time already. Choose other days."
    ),
    "appointment.same_unit": _("They work in this unit already. Choose another one."),
    "appointment.unit_closes": _(
        "This unit is closed from %(on)s on. Choose another unit, or let it end by that day."
    ),
    "appointment.unknown": _("There is no such appointment any more. Reload the page."),
    "person.changed": _(
        "Somebody changed this person while you were at it. Look at the present values, then save"
        " again."
    ),
    "person.last_administrator": _(
        "This is the last administrator. Appoint another one first, or nobody could."
    ),
    "person.not_oneself": _("You cannot lock yourself out. Ask another administrator."),
    "unit.already_there": _("The unit hangs there on %(on)s already. Choose another place."),
    "unit.changed": _(
        "Somebody changed this unit while you were at it. Look at the present values, then save"
        " again."
    ),
    "unit.circle": _(
        "On %(on)s the unit would hang under itself. Choose a unit that is not below it."
    ),
    "unit.code_missing": _("The unit needs a code of at most 60 characters."),
    "unit.code_taken": _("The code %(taken)s is another unit's. Choose another one."),
    "unit.has_opportunities": _(
        "Open opportunities stand in this unit: %(n)s. Move their owners or reassign them first."
    ),
    "unit.has_people": _("People are appointed in this unit: %(n)s. Move them first."),
    "unit.has_units": _("Units hang under this one: %(n)s. Hang them elsewhere first."),
    "unit.name_missing": _("The unit needs a name, in Chinese or in English."),
    "unit.unknown_kind": _("“%(kind)s” is no kind of unit. Choose one of the list."),
}
