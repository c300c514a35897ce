"""Refusals about quotas."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "quota.changed": _(
        "Somebody set the quota of %(start)s – %(end)s while you were at it. Reload the page and"
        " look at the present figures."
    ),
    "quota.not_a_period": _(
        "%(start)s – %(end)s is no fiscal month, quarter or year. Choose one of them."
    ),
    "quota.of_one": _("A quota belongs to one unit or to one person."),
    "quota.unknown_level": _("“%(level)s” is no level of quotas. Choose one of the list."),
}
