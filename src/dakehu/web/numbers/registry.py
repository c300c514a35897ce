"""Every number has an address: what it is called, its formula, the rule, the function."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dakehu.web.analysis import ADDRESSES


@dataclass(frozen=True, slots=True)
class Number:
    """An address: the words, the rule of the spec, and the function that computes it."""

    title: str | Promise
    formula: str | Promise
    rule: str
    computed_by: str


#: Of an account alone, or with all below it in its group: opportunities that the reader may see.
ACCOUNT_NUMBERS: dict[str, Number] = {
    "account.open_count": Number(
        _("Open opportunities"),
        _("Number of open opportunities of the account, or of it and all below it in its group."),
        "CUS-2",
        "dakehu.queries.accounts.rollup.roll_up",
    ),
    "account.open": Number(
        _("Open amount"),
        _("Sum of the amounts of the open opportunities, each currency at today's rate."),
        "CUS-2",
        "dakehu.core.funnel.amount",
    ),
    "account.weighted": Number(
        _("Weighted amount"),
        _("Sum of amount × win rate, at today's rates. What is overdue weighs nothing."),
        "FUN-2",
        "dakehu.core.funnel.weighted",
    ),
    "account.won": Number(
        _("Won this fiscal year"),
        _("Amounts won in the fiscal year so far, booked at the rate of the day each was won."),
        "CUS-2",
        "dakehu.queries.accounts.rollup.roll_up",
    ),
    "account.won_last": Number(
        _("Won in the fiscal year before"),
        _("Amounts won in the last fiscal year, booked at the rate of the day each was won."),
        "CUS-2",
        "dakehu.queries.accounts.rollup.roll_up",
    ),
}

NUMBERS: dict[str, Number] = {
    "funnel.count": Number(
        _("Opportunities"),
        _("Number of open opportunities that stood at the stage at the end of the day."),
        "FUN-5",
        "dakehu.core.funnel.sum_cells",
    ),
    "funnel.amount": Number(
        _("Amount"),
        _("Sum of the amounts of the open opportunities, each currency at the day's rate."),
        "FUN-5",
        "dakehu.core.funnel.amount",
    ),
    "funnel.rate": Number(
        _("Win rate"),
        _("The stage's win rate in force on the day; an owner's own rate goes before it."),
        "FUN-2",
        "dakehu.core.funnel.rate_of",
    ),
    "funnel.weighted": Number(
        _("Weighted amount"),
        _(
            "Sum of amount × win rate, the owner's own where there is one."
            " What is overdue weighs nothing."
        ),
        "FUN-2",
        "dakehu.core.funnel.weighted",
    ),
    "funnel.overdue": Number(
        _("Overdue"),
        _("Open opportunities whose expected close month lies before the period; weigh nothing."),
        "FUN-2",
        "dakehu.core.funnel.sum_cells",
    ),
    "funnel.in_period": Number(
        _("Expected to close within the period"),
        _("Open opportunities whose expected close month lies within the period."),
        "FUN-6",
        "dakehu.core.funnel.sum_cells",
    ),
    "funnel.later": Number(
        _("Expected after the period"),
        _("Open opportunities whose expected close month lies after the period."),
        "FUN-6",
        "dakehu.core.funnel.sum_cells",
    ),
    "funnel.undated": Number(
        _("No expected close date"),
        _("Open opportunities without an expected close date; not in the indexes."),
        "FUN-2",
        "dakehu.core.funnel.sum_cells",
    ),
    "funnel.closed": Number(
        _("Completed sales"),
        _("Amounts won in the period so far, booked at the rate of the day each was won."),
        "FUN-6",
        "dakehu.queries.ledger.outcome_sums",
    ),
    "funnel.forecast_index": Number(
        _("Forecast index"),
        _("(closed + weighted) ÷ quota. Are there enough opportunities?"),
        "FUN-6",
        "dakehu.core.funnel.forecast_index",
    ),
    "funnel.progress_index": Number(
        _("Progress index"),
        _(
            "((weighted now − weighted a week ago) + (closed now − closed a week ago)) ÷ quota."
            " How fast do opportunities move?"
        ),
        "FUN-6",
        "dakehu.core.funnel.progress_index",
    ),
    "funnel.small_sales": Number(
        _("Out-of-funnel sales"),
        _("Orders under the threshold, of the period so far."),
        "FUN-6",
        "dakehu.queries.funnel.funnel_on",
    ),
    "funnel.quota": Number(
        _("Quota"),
        _("The target of the unit or person for the period; months add up to quarters and years."),
        "FOR-4",
        "dakehu.queries.quotas.quota_for",
    ),
    "funnel.weighted_period": Number(
        _("Weighted amount of the period"),
        _("Sum of amount × win rate, of those expected to close within the period."),
        "FUN-6",
        "dakehu.core.funnel.weighted_for_period",
    ),
    "funnel.weighted_before": Number(
        _("Weighted amount of the period, a week ago"),
        _("The weighted amount of the same period at the end of the day a week before."),
        "FUN-6",
        "dakehu.core.funnel.weighted_for_period",
    ),
    "funnel.weighted_change": Number(
        _("Change of the weighted amount in a week"),
        _("Weighted now − weighted a week ago, of the same period."),
        "FUN-6",
        "dakehu.core.funnel.weighted_for_period",
    ),
    "funnel.closed_before": Number(
        _("Completed sales, a week ago"),
        _("Amounts won in the period up to the day a week before."),
        "FUN-6",
        "dakehu.queries.ledger.outcome_sums",
    ),
    "funnel.closed_change": Number(
        _("Completed sales of a week"),
        _("Closed now − closed a week ago, of the same period."),
        "FUN-6",
        "dakehu.queries.ledger.outcome_sums",
    ),
    "funnel.small_before": Number(
        _("Out-of-funnel sales, a week ago"),
        _("Orders under the threshold, of the period up to the day a week before."),
        "FUN-6",
        "dakehu.queries.funnel.funnel_on",
    ),
    "funnel.small_change": Number(
        _("Out-of-funnel sales of a week"),
        _("Out-of-funnel sales now − those a week ago, of the same period."),
        "FUN-6",
        "dakehu.queries.funnel.funnel_on",
    ),
    "funnel.small_expected": Number(
        _("Out-of-funnel sales expected"),
        _("Out-of-funnel sales so far ÷ days elapsed × days left of the period."),
        "FUN-6",
        "dakehu.core.funnel.small_expected",
    ),
    "funnel.gap": Number(
        _("Gap"),
        _("Quota − forecast amount: what is missing from the quota."),
        "FUN-6",
        "dakehu.core.funnel.forecast_index",
    ),
    "opportunity.amount": Number(
        _("Amount"),
        _("What the opportunity is worth, in its own currency, as last entered or won."),
        "FUN-2",
        "dakehu.queries.opportunities.single.opportunity",
    ),
    "opportunity.weighted": Number(
        _("Weighted amount"),
        _("Amount × win rate: the owner's own, else the stage's. Nothing once overdue or closed."),
        "FUN-2",
        "dakehu.queries.opportunities.single.opportunity",
    ),
    **ACCOUNT_NUMBERS,
    **{address: Number(*words) for address, words in ADDRESSES.items()},
}

INPUTS: Mapping[str, str | Promise] = {
    "closed": _("Closed"),
    "closed_now": _("Closed now"),
    "closed_before": _("Closed a week ago"),
    "weighted": _("Weighted"),
    "weighted_now": _("Weighted now"),
    "weighted_before": _("Weighted a week ago"),
    "small": _("Out-of-funnel sales"),
    "small_now": _("Out-of-funnel sales now"),
    "small_before": _("Out-of-funnel sales a week ago"),
    "small_expected": _("Out-of-funnel sales expected in the rest of the period"),
    "quota": _("Quota"),
    "forecast": _("Forecast amount"),
    "count": _("Count"),
    "amount": _("Amount"),
    "rate": _("Win rate"),
    "days_elapsed": _("Days elapsed"),
    "days_left": _("Days left"),
}
#: Where a term of a formula stands as a number of its own.
INPUT_ADDRESSES: Mapping[str, str] = {
    "closed": "funnel.closed",
    "closed_now": "funnel.closed",
    "closed_before": "funnel.closed_before",
    "weighted": "funnel.weighted_period",
    "weighted_now": "funnel.weighted_period",
    "weighted_before": "funnel.weighted_before",
    "small": "funnel.small_sales",
    "small_now": "funnel.small_sales",
    "small_before": "funnel.small_before",
    "small_expected": "funnel.small_expected",
    "quota": "funnel.quota",
}
