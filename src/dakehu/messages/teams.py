"""Words and refusals of a deal's people: our selling team and the customer's stakeholders."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Words = str | Promise

TEAM_ROLES: Mapping[str, Words] = {
    "": _("Selling team"),
    "presales": _("Pre-sales"),
    "technical": _("Technical expert"),
    "delivery": _("Delivery"),
    "service": pgettext_lazy("team", "Service"),
    "finance": pgettext_lazy("team", "Finance"),
    "legal": _("Legal"),
    "executive_sponsor": _("Executive sponsor"),
    "sales_support": _("Sales support"),
    "sales": pgettext_lazy("team", "Sales"),
}
TEAM_RIGHTS: Mapping[str, Words] = {
    "read": _("may read"),
    "work": _("may work on it"),
}
BUYING_ROLES: Mapping[str, Words] = {
    "purchaser": _("Purchaser"),
    "user": pgettext_lazy("buying", "User"),
    "technical": _("Technical gatekeeper"),
    "financial": _("Financial gatekeeper"),
    "decision_maker": _("Decision maker"),
    "initiator": _("Initiator"),
    "designer": _("Designer"),
    "sponsor": _("Sponsor"),
}
INFLUENCES: Mapping[int, Words] = {
    0: _("influence not known"),
    1: _("low influence"),
    2: _("medium influence"),
    3: _("high influence"),
}
ATTITUDES: Mapping[int | None, Words] = {
    None: _("not known"),
    2: pgettext_lazy("attitude", "Supports us"),
    1: pgettext_lazy("attitude", "Leans to us"),
    0: pgettext_lazy("attitude", "Neutral"),
    -1: pgettext_lazy("attitude", "Doubts"),
    -2: pgettext_lazy("attitude", "Against us"),
}
LIGHTS: Mapping[str, Words] = {
    "good": _("A decider supports us"),
    "watch": _("A key player supports us, no decider yet"),
    "act": _("No key player supports us"),
}

SENTENCES: dict[str, Words] = {
    "competitor.already_there": _("This competitor is on the list already."),
    "competitor.changed": _(
        "Somebody wrote something else about this competitor meanwhile: %(now)s"
    ),
    "competitor.name_missing": _("Write the competitor's name."),
    "competitor.not_found": _("This competitor is not on the list any more."),
    "competitor.too_many": _("An opportunity has at most %(limit)s competitors."),
    "next_step.changed": _(
        "Somebody changed the next step meanwhile. Look at theirs, then save again."
    ),
    "next_step.nothing_to_do": _("There is no next step that could be done."),
    "stakeholder.already_there": _("This contact is on the map already."),
    "stakeholder.changed": _(
        "Somebody changed this person's part meanwhile. Look at the present values, then save"
        " again."
    ),
    "stakeholder.no_account": _("Name the opportunity's account first."),
    "stakeholder.not_found": _("There is nobody of this kind on the map, or not for you to see."),
    "stakeholder.other_account": _(
        "This contact works neither at the account nor in its group. Choose another."
    ),
    "stakeholder.unknown_attitude": _("Choose an attitude of the list."),
    "stakeholder.unknown_influence": _("Choose an influence of the list."),
    "stakeholder.unknown_role": _("Choose roles of the list."),
    "team.already_there": _("This colleague is on the team already."),
    "team.changed": _("Somebody changed this member meanwhile. Look again, then save."),
    "team.is_owner": _("The primary owner needs no place on the team."),
    "team.no_member": _("This colleague is not on the team any more."),
    "team.no_such_person": _(
        "Nobody of this name works here. Choose somebody of the list that opens while you type."
    ),
    "team.unknown_right": _("Choose what the colleague may do."),
    "team.unknown_role": _("Choose a role of the list."),
}
