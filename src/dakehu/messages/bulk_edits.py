"""Refusals about changing many rows at once, and about cells of a list."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "bulk.days_out_of_range": _("Shift by at least one day, and by at most %(limit)s."),
    "bulk.is_voided": _("It is voided. Restore it first."),
    "bulk.no_category": _("Choose a forecast category."),
    "bulk.no_close_date": _("It has no close date that could be shifted."),
    "bulk.no_owner": _("Choose the new owner."),
    "bulk.nothing_done": _("None of the chosen rows changes, so nothing was done."),
    "bulk.nothing_picked": _("Nothing is chosen. Tick some rows of the list first."),
    "bulk.nothing_to_undo": _("There is nothing left to take back."),
    "bulk.too_many": _("At most %(limit)s rows are changed at once. Narrow the list by filters."),
    "bulk.unknown": _("There is no such bulk edit, or it is not yours to see."),
    "bulk.unknown_verb": _("Rows cannot be changed by “%(verb)s”. Choose one of those offered."),
    "cell.unknown_choice": _("“%(text)s” is not one of the choices: %(choices)s."),
    "cell.unknown_field": _("The column “%(field)s” cannot be changed here."),
    "cell.bad_percent": _("Write a percentage from 0 to 100 with at most two decimals."),
    "paste.empty": _("There is nothing to paste. Copy cells from a spreadsheet first."),
    "paste.no_code": _(
        "The first row names the columns, and one of them must be the code of the opportunity."
    ),
    "paste.no_column": _("No column has a name that can be changed: %(columns)s."),
    "paste.too_many_columns": _("At most %(limit)s columns are pasted at once."),
    "paste.too_many_rows": _("At most %(limit)s rows are pasted at once. Paste it in parts."),
    "paste.unreadable": _(
        "The block cannot be read: a quotation mark may be open. Copy the cells once more."
    ),
    "paste.twice": _("This opportunity stands in the block more than once."),
    "paste.unknown_code": _("No opportunity that you see has the code “%(text)s”."),
    "paste.below_the_list": _("The block is longer than the list: this line has no row."),
    "paste.right_of_the_list": _("The block is wider than the list: this cell has no column."),
    "paste.not_changeable": _("This column cannot be changed in the list."),
}
