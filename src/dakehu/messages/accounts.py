"""Refusals about accounts, contacts, units."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "account.bad_employees": _("The number of employees must be a whole number, 0 or more."),
    "account.bad_founded": _("The year of foundation cannot be %(year)s. Write it like 1998."),
    "account.bad_website": _(
        "This is not the address of a web site. Write it like https://example.com."
    ),
    "account.changed": _(
        "Somebody changed this account while you were at it. Look at the present values, then save"
        " again."
    ),
    "account.code_taken": _("The code %(taken)s is another account's. Choose another one."),
    "account.has_branches": _(
        "Other accounts hang below %(name)s. Hang them elsewhere in the group, or delete them"
        " first."
    ),
    "account.has_open_opportunities": _(
        "Opportunities of %(name)s are open. Decide them, void them or give them another account"
        " first."
    ),
    "account.parent_deleted": _(
        "The account above %(name)s in the group is in the bin. Restore that one first."
    ),
    "account.group_cycle": _(
        "%(name)s stands below this account already, so it cannot be its parent. Choose another."
    ),
    "account.name_missing": _("The account needs a name."),
    "account.look_ups_used_up": _(
        "You have looked up %(limit)s names within a day, so it was not checked whether others have"
        " an account of this name. Tick that it is another company to save it all the same, or try"
        " again tomorrow."
    ),
    "account.no_unit": _("Choose the unit that the account belongs to."),
    "account.not_found": _("There is no such account, or it is not yours to see."),
    "account.same_name": _(
        "There is an account named %(name)s already. Open that one, or tell them apart by name."
    ),
    "account.too_many_aliases": _("An account has at most %(limit)s other names. Remove some."),
    "account.unknown": _("There is no such account, or it is not yours to see."),
    "account.unknown_code": _("There is no account with the code or name “%(text)s”."),
    "account.unknown_field": _("There is no field “%(field)s” of an account."),
    "account.unknown_parent": _("There is no such parent account. Choose one of the list."),
    "contact.bad_email": _("This is not a mail address. Write it like name@example.com."),
    "contact.changed": _(
        "Somebody changed this contact while you were at it. Look at the present values, then save"
        " again."
    ),
    "contact.name_missing": _("The contact needs a name."),
    "contact.note": _("You may not see or change personal notes here."),
    "contact.phone": _("You may not see or change phone numbers here."),
    "contact.unknown_field": _("There is no field “%(field)s” of a contact."),
    "contact.unknown": _("There is no such contact, or it is not yours to see."),
    "text.too_long": _("This text is too long. Shorten it to %(limit)s characters at most."),
    "text.unreadable": _("This text holds characters that cannot be shown. Type it anew."),
    "unit.unknown": _("There is no such unit among those that you may see."),
}
