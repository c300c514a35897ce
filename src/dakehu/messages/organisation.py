"""Refusals about settings, currencies, exchange rates and the books."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "books.already": _("The books are closed up to %(until_on)s already. Choose another day."),
    "books.in_future": _("Books are closed up to a day before today, %(today)s. Choose one."),
    "currency.bad_digits": _("A currency has 0 to 4 decimals."),
    "currency.base_stays": _("%(currency)s is the base currency, so it stays in use."),
    "currency.digits_frozen": _(
        "Amounts in %(currency)s stand on record already, so its decimals are fixed."
    ),
    "currency.name_missing": _("The currency needs a name, in Chinese or in English."),
    "rate.of_base": _("%(currency)s is the base currency: its rate is always 1."),
    "rate.too_large": _("The rate is larger than %(limit)s. Write the right one."),
    "settings.base_fixed": _("Amounts are booked already, so the base currency is fixed."),
    "settings.changed": _(
        "Somebody changed the settings while you were at it. Reload the page and look at the"
        " present ones."
    ),
    "settings.name_missing": _("The organisation needs a name, in Chinese or in English."),
    "settings.not_calibrated": _(
        "No calibrated win rate is on record yet, so every weighted amount would be unknown. Keep"
        " the method's rates for now."
    ),
    "settings.unknown_rate_kind": _("Choose which win rates weigh the funnel."),
    "settings.unknown_scope": _("Choose which opportunities the weighted amount counts."),
    "settings.weight_out_of_range": _("The method's rate counts for 0 to %(limit)s cases."),
    "settings.unknown_zone": _("There is no time zone “%(zone)s”. Write one like Asia/Shanghai."),
}
