"""Refusals about what people type: amounts, numbers, currencies, days, periods."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "day.ambiguous": _(
        "“%(text)s” can be read as two different days. Write the year first, like 2026-11-20."
    ),
    "day.malformed": _("“%(text)s” is not a day. Write it like 2026-11-20."),
    "day.missing": _("A day is missing. Write it like 2026-11-20."),
    "day.far_away": _(
        "The year of “%(text)s” cannot be meant. Write one from %(first)s to %(last)s."
    ),
    "day.not_in_calendar": _("“%(text)s” is no day of the calendar. Check day and month."),
    "email.malformed": _("“%(text)s” is not a mail address. Write it like name@example.com."),
    "indicators.across_methods": _(
        "Quotas are set across methods, so there are no indicators of one method alone. Leave the"
        " method out."
    ),
    "money.ambiguous": _(
        "“%(text)s” can be read as two different amounts. Write it like 1234567.50."
    ),
    "money.currency_not_active": _("%(currency)s is not in use here. Choose another currency."),
    "money.different_currencies": _(
        "Amounts in %(currency)s and %(other)s cannot be added. Convert one first."
    ),
    "money.exchange_rate_not_positive": _(
        "The exchange rate %(rate)s cannot be used. Write a number above 0, like 7.2398."
    ),
    "money.malformed": _("“%(text)s” is not an amount. Write it like 1234567.50."),
    "money.missing": _("An amount is missing. Write it like 1234567.50."),
    "money.negative": _("The amount %(text)s is below 0. Write 0 or more."),
    "money.no_exchange_rate": _(
        "No exchange rate from %(currency)s to %(to)s is known on this day. Ask finance to set it."
    ),
    "money.too_large": _("The amount is too large. It may be %(limit)s at most."),
    "money.too_many_digits": _(
        "%(amount)s has too many decimals for its currency, which has %(digits)s."
    ),
    "money.unknown_currency": _("There is no currency “%(currency)s”. Write a code like CNY."),
    "number.malformed": _("“%(text)s” is not a number."),
    "number.not_whole": _("“%(text)s” must be a whole number from 0 to %(limit)s."),
    "outcomes.base_currency_only": _(
        "Outcomes are booked in %(base)s and shown in it only. Leave the currency out."
    ),
    "period.first_month": _("The fiscal year starts in month 1 to 12, not in %(month)s."),
    "period.malformed": _("“%(text)s” is not a period. Write it like 2026, 2026Q4 or 2026-11."),
    "range.upside_down": _(
        "The range ends on %(end)s, not after its start %(start)s. Swap the two days."
    ),
}
