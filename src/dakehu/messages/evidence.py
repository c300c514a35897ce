"""Refusals about evidence and its files."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "evidence.bad_link": _("This is not a link. Write it like https://example.com/offer."),
    "evidence.file_lost": _(
        "The file %(name)s is on record, but not in the store any more. Tell your administrator."
    ),
    "evidence.file_refused": _(
        "Files of the kind “%(ending)s” are not taken. Attach a document, a table or a picture."
    ),
    "evidence.file_too_large": _("The file is too large: %(limit)s MB at most. Attach a link."),
    "evidence.no_file": _("This evidence has no file."),
    "evidence.not_ticked": _("This item is not ticked, so there is nothing to take back."),
    "evidence.proof_missing": _("Attach a file, a link or a note: a tick alone proves nothing."),
    "evidence.unknown_item": _("There is no such evidence in the opportunity's method."),
    "evidence.who": _("Evidence is ticked by a person. Sign in as one."),
}
