"""Refusals about products."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "product.changed": _(
        "Somebody changed this product while you were at it. Look at the present values, then save"
        " again."
    ),
    "product.code_missing": _("The product needs a code of at most 60 characters."),
    "product.code_taken": _("The code %(taken)s is another product's. Choose another one."),
    "product.name_missing": _("The product needs a name, in Chinese or in English."),
    "product.price_without_currency": _("Choose the currency of the list price."),
    "product.unknown": _("There is no such product."),
}
