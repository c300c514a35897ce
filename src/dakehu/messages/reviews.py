"""Refusals about reviews of the funnel."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "mail.off": _(
        "Mail is switched off. Set DAKEHU_MAIL to smtp (or console, to look) and start again."
    ),
    "review.action_not_found": _("There is no such agreed action, or it is not yours to see."),
    "review.action_missing": _("Write what was agreed."),
    "review.changed": _("Somebody else has changed this meanwhile. Compare, and save again."),
    "review.not_found": _("There is no such review, or it is not yours to see."),
    "review.not_in_unit": _("This person does not sell in the unit of the review. Choose another."),
    "review.of_a_unit": _(
        "A review is of a unit. Choose a unit instead of a person or a group of accounts."
    ),
    "review.partly_in_sight": _(
        "On that day the unit held units that you do not see. Choose a later day, or the funnel as"
        " organised today."
    ),
}
