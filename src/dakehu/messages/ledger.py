"""Refusals of the ledger, of figures and of their addresses."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "database.busy": _(
        "Somebody saved the same at this moment, so nothing was saved. Please save again."
    ),
    "funnel.future": _("The day %(on)s lies in the future. Choose today, %(today)s, or earlier."),
    "ledger.busy": _("A new month is being opened at this moment. Please save again."),
    "ledger.before_last": _(
        "The day %(on)s lies before the last change of this opportunity, %(last_on)s."
        " Choose that day or a later one."
    ),
    "ledger.books_closed": _(
        "The books are closed up to %(closed_until)s, so nothing can be posted on %(on)s."
        " Choose a later day, or ask finance."
    ),
    "ledger.chain_order": _(
        "The day %(on)s does not lie between the changes before and after it"
        " (%(before_on)s – %(after_on)s). Choose a day between them."
    ),
    "ledger.changed_since": _(
        "Something was changed on %(on)s after what you want to take back. Take that back first."
    ),
    "ledger.currency_changed_since": _(
        "The currency was changed on %(on)s, and an amount in the old one cannot be corrected"
        " below that. Take the change of currency back first."
    ),
    "ledger.drop_creation": _("The creation cannot be left out. Void the opportunity instead."),
    "ledger.future": _(
        "The day %(on)s lies in the future. Choose today, %(today)s, or an earlier day."
    ),
    "ledger.method_not_dropped": _(
        "A change of method cannot be left out of the history. Move the opportunity back to its old"
        " method instead."
    ),
    "ledger.no_amount_here": _("This change has no amount of its own to correct."),
    "ledger.no_movement": _("This change is not in the ledger any more. Reload the page."),
    "ledger.nothing_changed": _("Nothing was changed, so there is nothing to save."),
    "ledger.nothing_to_undo": _("There is nothing to take back."),
    "ledger.stands_on_it": _(
        "What was changed on %(on)s stands on this change. Take that back first, or leave it out."
    ),
    "ledger.unbalanced": _(
        "This change does not balance in the ledger, so it was not posted. Nothing was changed;"
        " please report it to your administrator."
    ),
    "number.unknown": _("There is no number with the address “%(address)s”."),
    "moment.malformed": _("“%(text)s” is not a moment. Write it like 2026-11-20T14:00:00+08:00."),
    "url.not_a_moment": _(
        "“%(text)s” in the address is not a moment. Write it like 2026-11-20T14:00:00+08:00."
    ),
    "url.not_a_number": _("“%(text)s” in the address is not a number."),
}
