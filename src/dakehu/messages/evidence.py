"""Refusals about evidence and its files."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "evidence.bad_link": _("This is no link. Write one that begins with http:// or https://."),
    "evidence.file_lost": _(
        "The file “%(name)s” is not where it should be. Please tell your administrator."
    ),
    "evidence.file_not_as_named": _(
        "What is in this file is not what its ending “%(ending)s” says. Save it anew with the"
        " program that made it, and attach that."
    ),
    "evidence.file_program": _(
        "“%(name)s” is a program, whatever it is called. Attach a document or a picture instead."
    ),
    "evidence.file_refused": _(
        "Files that end in “%(ending)s” are not taken. Attach a document or a picture instead."
    ),
    "evidence.file_too_large": _(
        "The file is larger than %(limit)s MB. Attach a smaller one, or a link."
    ),
    "evidence.no_file": _("There is no such file, or it is not yours to see."),
    "evidence.not_ticked": _("This item is not ticked."),
    "evidence.proof_missing": _("Say what proves it: a note, a link or a file."),
    "evidence.ticked_already": _("This item is ticked: there is nothing left to plan."),
    "evidence.too_many_files": _(
        "An item holds at most %(limit)s files. Take one off, or attach them as one archive."
    ),
    "evidence.unknown_item": _("The method has no such evidence. Choose an item of its list."),
    "evidence.who": _("Evidence is ticked by a person. Log in as one."),
}
