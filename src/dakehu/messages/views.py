"""Refusals about saved views, and about the filters that they hold."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "filter.and_or_expected": _(
        "The filter cannot be read at place %(at)s: before “%(near)s” an “and” or “or” is missing."
    ),
    "filter.bad_value": _(
        "The filter cannot be read at place %(at)s: “%(text)s” is no value for “%(field)s”."
    ),
    "filter.close_expected": _(
        "The filter cannot be read at place %(at)s: a closing bracket is missing before “%(near)s”."
    ),
    "filter.ends_early": _(
        "The filter breaks off at place %(at)s. Write field, operator and value of every condition,"
        " and close every bracket."
    ),
    "filter.field_expected": _(
        "The filter cannot be read at place %(at)s: where “%(near)s” stands, a field is expected."
    ),
    "filter.operator_expected": _(
        "The filter cannot be read at place %(at)s: where “%(near)s” stands, an operator is"
        " expected, like “is” or “>=”."
    ),
    "filter.too_deep": _(
        "The filter has brackets more than %(limit)s deep at place %(at)s. Write it more simply."
    ),
    "filter.too_long": _("The filter is longer than %(limit)s characters. Write it more simply."),
    "filter.too_many": _(
        "A filter has at most %(limit)s conditions or values. Leave some out, or narrow by a unit"
        " or a group instead."
    ),
    "filter.unknown_days": _(
        "“%(text)s” are no days. Write a day like 2026-11-20, a period like 2026Q4, or one like"
        " this_quarter, last_7_days."
    ),
    "filter.unknown_field": _(
        "The list has no field “%(text)s” to filter by (place %(at)s). Choose one of the form."
    ),
    "filter.unknown_operator": _(
        "“%(text)s” cannot be asked of this field (place %(at)s). Use one of: %(known)s."
    ),
    "filter.unreadable": _(
        "The filter cannot be read at place %(at)s: “%(near)s” fits nowhere. Put texts with signs"
        " into quotation marks."
    ),
    "filter.upside_down": _(
        "Nothing lies between %(low)s and %(high)s. Swap the two, or write a larger end."
    ),
    "filter.value_expected": _(
        "The filter cannot be read at place %(at)s: where “%(near)s” stands, a value is expected."
    ),
    "view.changed": _("Somebody changed this view meanwhile. Look at it, then save again."),
    "view.edit": _("You may not change this view: it is somebody else's. Save it as your own."),
    "view.name_missing": _("The view needs a name."),
    "view.name_taken": _("You have a view “%(name)s” already. Choose another name."),
    "view.save": _("Only people with a log-in keep views."),
    "view.share": _("You may not share views with this unit. Ask its head, or sales operations."),
    "view.too_many": _("You have %(limit)s views of this list already. Delete some first."),
    "view.unknown": _("There is no such view, or it is not shared with you."),
    "view.unknown_column": _("The list has no column “%(column)s”. Choose some of those it has."),
    "view.unknown_layout": _("There is no layout “%(layout)s”. Choose list or board."),
    "view.unknown_page": _("There are no views of such a list."),
}
