"""Refusals about norms and comparisons of the funnel."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "bar.unknown": _("There is no bar “%(bar)s”. Choose one of the comparison."),
    "leak.unknown": _("There is no leak “%(kind)s” told apart so. Choose one of the table."),
    "norm.changed": _(
        "Somebody set these norms while you were at it. Look at the present values, then save"
        " again."
    ),
    "norm.count_out_of_range": _("A norm is from 0 to %(limit)s opportunities."),
    "norm.in_future": _("A norm holds from today or an earlier day on, not from %(on)s."),
}
