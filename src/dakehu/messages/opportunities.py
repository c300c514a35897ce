"""Refusals about opportunities, their gate, lines and outcomes."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "gate.evidence_missing": _(
        "The stage is not completed: there is no evidence of %(missing)s. Tick it with a file, a"
        " link or a note, or ask a superior to overrule."
    ),
    "line.bad_price": _(
        "The price “%(price)s” cannot be used. Write a number from 0 to %(limit)s."
    ),
    "line.bad_quantity": _(
        "The quantity “%(quantity)s” cannot be used. Write a number above 0, up to %(limit)s."
    ),
    "line.too_many": _("An opportunity has at most %(limit)s product lines. Join some."),
    "hygiene.unknown_finding": _(
        "The list knows no finding “%(finding)s”. Choose one of those above it."
    ),
    "line.unknown_product": _("There is no such product. Choose one of the list."),
    "list.bad_cursor": _("This link to a page of the list is worn out. Start from its first page."),
    "list.unknown_export": _("There is no export of the kind “%(kind)s”. Choose xlsx or CSV."),
    "list.unknown_sort": _("The list cannot be sorted by “%(sort)s”. Choose a column."),
    "list.unknown_state": _("There is no state “%(state)s”. Choose one of the list."),
    "list.upside_down": _(
        "Nothing lies from %(low)s on and before %(high)s. Write a larger end, or swap the two."
    ),
    "opportunity.account_deleted": _(
        "The account “%(name)s” was deleted. Restore it from the bin first: an open opportunity"
        " needs an account that stands."
    ),
    "opportunity.account_removed": _(
        "The account it had was deleted and is kept no longer, so this cannot be taken back."
    ),
    "opportunity.already_open": _("The opportunity is open already."),
    "opportunity.at_first_stage": _("The opportunity stands at the first stage already."),
    "opportunity.at_last_stage": _(
        "The opportunity stands at the last open stage. Close it as won, lost or abandoned."
    ),
    "opportunity.changed": _(
        "Somebody changed this opportunity while you were at it. Look at the present values, then"
        " save again."
    ),
    "opportunity.closed_by_winning": _(
        "The category “closed” is given by winning. Choose another one, or close the opportunity."
    ),
    "opportunity.code_taken": _("The number %(taken)s is in use already. Choose another one."),
    "opportunity.day_out_of_range": _(
        "This day cannot be used. Choose one from %(first)s to %(last)s."
    ),
    "opportunity.name_missing": _("The opportunity needs a name."),
    "opportunity.not_back": _("This stage does not lie before the present one. Choose another."),
    "opportunity.not_forward": _("This stage does not lie after the present one. Choose another."),
    "opportunity.not_found": _("There is no such opportunity, or it is not yours to see."),
    "opportunity.not_open": _(
        "The opportunity is closed, so this cannot be done with it. Reopen it first."
    ),
    "opportunity.only_today": _(
        "Deleting and restoring happen today, %(today)s, not on %(on)s. Leave the day out."
    ),
    "opportunity.void_won": _(
        "A won opportunity is not voided: its sale stands in the figures of its day."
        " Take the win back or correct it first."
    ),
    "opportunity.not_voided": _("The opportunity is not voided, so it cannot be restored."),
    "opportunity.unknown_verb": _("There is no such thing to do with an opportunity."),
    "opportunity.owner_out_of_reach": _(
        "This person does not sell in your units. Choose one of the list."
    ),
    "opportunity.owner_unknown": _("There is no such person who could own it. Choose another."),
    "opportunity.owner_without_unit": _(
        "On %(on)s this person was in no sales unit. Choose another person or another day."
    ),
    "opportunity.unit_closed": _(
        "Its unit is closed, and on %(on)s its owner was in no unit. Let an administrator appoint"
        " the owner to a unit first."
    ),
    "opportunity.unit_not_of_owner": _(
        "On %(on)s the owner neither sold in this unit nor headed it. Choose another unit or day."
    ),
    "opportunity.rate_out_of_range": _(
        "A win rate of %(percent)s%% cannot be. Write one from 0 to 100."
    ),
    "opportunity.reason_missing": _("Say why: choose a reason."),
    "opportunity.same_method": _("The opportunity follows this method already. Choose another."),
    "opportunity.same_owner": _("The opportunity is this person's already. Choose another."),
    "opportunity.stage_of_other_method": _(
        "This stage belongs to another method. Choose a stage of the opportunity's own method."
    ),
    "opportunity.text_too_long": _(
        "This text is too long. Shorten it to %(limit)s characters at most."
    ),
    "opportunity.text_unreadable": _(
        "This text holds characters that cannot be shown. Type it anew."
    ),
    "opportunity.unknown_reason": _("There is no reason “%(reason)s”. Choose one of the list."),
    "opportunity.unknown_source": _("There is no source “%(source)s”. Choose one of the list."),
    "opportunity.why_missing": _("Say why: this change needs a reason in words."),
    "opportunity.win_instead": _(
        "This stage is entered by winning. Close the opportunity as won instead."
    ),
    "opportunity.won_not_reopened": _(
        "A won opportunity is not reopened. Take the win back, or correct it in the history."
    ),
}
