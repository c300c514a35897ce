"""Why a figure is not known: what stands behind a dash."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: Why a figure is not known: what stands behind a dash.
REASONS: dict[str, str | Promise] = {
    "unknown": _("Not known"),
    "account.no_contact_yet": _("No contact is on record yet."),
    "review.not_compared": _("Not known in one of the two reviews."),
    "funnel.no_quota": _("No quota is set for this period."),
    "funnel.of_no_product": _(
        "Quotas, norms and small orders are of a unit or a person, not of a product."
    ),
    "funnel.across_methods": _("Quotas are set across all methods."),
    "funnel.other_currency": _("Its currency changed in the week: no amount in one of them."),
    "funnel.no_rate": _("No win rate is in force for this stage on this day."),
    "funnel.zero_quota": _("The quota of this period is 0, so there is no ratio."),
    "funnel.no_norm": _("There is no history yet to compare with."),
    "funnel.none_entered": _("Nothing entered this stage in the last twelve months."),
    "funnel.too_few_left": _("Less than half of those that entered have left this stage so far."),
    "funnel.not_calibrated": _("No calibrated rate has been found for this stage yet."),
    "money.no_exchange_rate": _("No exchange rate is known for this day."),
    "evidence.no_plan_day": _("The plan has no day yet."),
    "activity.no_contact": _("No contact is on record."),
    "opportunity.no_close_on": _("No expected close date is set."),
    "opportunity.no_amount": _("No amount is set."),
    "opportunity.decided": _("Only what is open has it: this one is decided."),
    "opportunity.never_contacted": _("Nobody has logged a contact yet."),
    "opportunity.not_weighed": _("No win rate is in force for its stage, so it cannot be weighed."),
    "opportunity.start_unknown": _("The start is not known: imported without a start date."),
}
