"""Why a figure is not known: what stands behind a dash."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: Why a figure is not known: what stands behind a dash.
REASONS: dict[str, str | Promise] = {
    "unknown": _("Not known"),
    "funnel.no_quota": _("No quota is set for this period."),
    "funnel.across_methods": _("Quotas are set across all methods."),
    "funnel.no_rate": _("No win rate is in force for this stage on this day."),
    "funnel.zero_quota": _("The quota of this period is 0, so there is no ratio."),
    "funnel.no_norm": _("There is no history yet to compare with."),
    "money.no_exchange_rate": _("No exchange rate is known for this day."),
    "opportunity.no_close_on": _("No expected close date is set."),
    "opportunity.no_amount": _("No amount is set."),
    "opportunity.start_unknown": _("The start is not known: imported without a start date."),
}
