"""Refusals about marks on evidence, requests for a move, and reviews of one opportunity."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "deal_review.next_in_past": _("The next check lies in the past. Choose today or a later day."),
    "deal_review.nothing_agreed": _("Write what was agreed."),
    "deal_review.not_found": _("There is no such review, or it is not yours to see."),
    "evidence.changed": _(
        "The proof was changed while you looked at it. Look at it again before you go on."
    ),
    "evidence.plan_changed": _(
        "The plan was changed while you looked at it. Look at it again before you go on."
    ),
    "gate.validation_needed": _(
        "The evidence is there, but the superior has not confirmed it yet: %(items)s. Ask for the"
        " validation; the move is made on the day of approval."
    ),
    "request.answer_missing": _("Say what is to be done: a request is sent back with an answer."),
    "request.changed": _("Somebody answered or changed this request meanwhile. Look at it again."),
    "request.decided": _("This request has been answered already."),
    "request.no_superior": _(
        "Nobody stands above the owner who could validate. Let an administrator appoint a head of"
        " the unit above."
    ),
    "request.not_all_confirmed": _(
        "Not confirmed yet: %(items)s. Mark each item as true, precise and provable, or send the"
        " request back."
    ),
    "request.not_found": _("There is no such request, or it is not yours to see."),
    "request.not_needed": _("Nothing waits for a validation here: make the move itself."),
    "request.overtaken": _(
        "The opportunity has moved otherwise since this was asked for. Nothing is left to approve."
    ),
    "request.unknown_verb": _("This needs no validation: do it itself."),
    "request.waits_already": _(
        "A move waits for validation since %(on)s. Withdraw it before you ask for another."
    ),
    "request.who": _("A validation is asked for by a person. Log in as one."),
}
