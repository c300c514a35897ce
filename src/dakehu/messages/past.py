"""Refusals about the history of records, taking back, and the bin."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "past.changed_since": _(
        "This was not taken back: something changed since. Look at it, and change it by hand."
    ),
    "past.erased": _("All that was known of this contact is erased. It cannot be brought back."),
    "past.kept_no_longer": _(
        "This was deleted more than %(days)s days ago and cannot be brought back any more."
    ),
    "past.not_undoable": _("This change cannot be taken back. Change the record by hand."),
    "past.nothing_to_undo": _("There is no such change of this record."),
    "past.unknown_kind": _("There is no history of such a record."),
}
