"""Refusals about quotas."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "quota.changed": _(
        "Somebody set this quota while you were at it. Look at the present value, then save again."
    ),
    "quota.not_a_period": _(
        "From %(start)s to %(end)s is no fiscal month, quarter or year. Choose a period."
    ),
    "quota.of_one": _("A quota is of a person or of a unit. Choose one of them."),
    "quota.unknown_level": _("There is no level “%(level)s” of quotas. Choose one of the list."),
}
