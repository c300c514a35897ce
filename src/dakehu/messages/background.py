"""Why unattended work failed, or is refused."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "background.broke": _(
        "A defect (%(kind)s). The log of the worker tells more; please report it."
    ),
    "background.killed": _(
        "The worker was stopped each time before it had finished. Look at its log and its memory."
    ),
    "clean_up.run": _("Only the operator of this installation cleans up."),
    "mail.some_refused": _(
        "The mail server took %(sent)s mails and refused %(failed)s. Those are tried again; look at"
        " its log if it stays so."
    ),
}
