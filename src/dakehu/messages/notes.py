"""Refusals about notes, mentions and attached files."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "file.none": _("Choose a file."),
    "file.not_found": _("There is no such file, or it is not yours to see."),
    "file.too_many": _("At most %(limit)s files at once."),
    "note.changed": _(
        "You changed this note elsewhere meanwhile. Look at the present text, then save again."
    ),
    "note.empty": _("Write something first."),
    "note.mention_ambiguous": _(
        "Several colleagues are called %(name)s. Write one of their log-ins after the @:"
        " %(logins)s."
    ),
    "note.mention_out_of_sight": _(
        "%(names)s cannot see this record, so a mention would lead nowhere. Take the @ away, or let"
        " them in first."
    ),
    "note.mention_too_many": _("At most %(limit)s people can be mentioned in one note."),
    "note.no_mention": _("You are not mentioned there."),
    "note.not_found": _("There is no such note, or it is not yours to see."),
    "note.record_gone": _("This record was voided or deleted: nothing is added to it."),
    "note.too_late": _("What was deleted can be brought back for %(limit)s days only."),
    "note.who": _("Notes are written by a person. Log in as one."),
    "record.unknown_kind": _("There is no such record, or it is not yours to see."),
}
