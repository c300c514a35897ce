"""Refusals about out-of-funnel sales."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "small_sale.already_reversed": _("This sale has been taken back already."),
    "small_sale.counted_already": _(
        "Sales of this owner from %(start)s to %(last)s are recorded already. Record either the"
        " orders or their total, or take the other back first."
    ),
    "small_sale.no_threshold": _(
        "%(unit)s has no threshold for out-of-funnel sales, so every order is an opportunity."
        " Enter it as an opportunity."
    ),
    "small_sale.not_found": _("There is no such sale, or it is not yours to see."),
    "small_sale.not_positive": _("Write an amount above 0."),
    "small_sale.orders": _("Write how many orders it was, from 1 to %(limit)s."),
    "small_sale.over_months": _(
        "A total lies within one month, so that every period holds all of it or nothing."
        " Record it month by month."
    ),
    "small_sale.too_large": _(
        "From %(threshold)s %(currency)s on an order is an opportunity, not an out-of-funnel sale."
        " Enter it as an opportunity."
    ),
    "small_sale.upside_down": _("The period ends before it begins. Swap the two days."),
}
