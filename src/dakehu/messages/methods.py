"""Refusals about sales methods, their stages and win rates."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    "method.bad_key": _(
        "The key “%(key)s” in %(where)s cannot be used. Write small letters, digits and hyphens."
    ),
    "method.built_in": _(
        "The method is built in and stays as it is. Copy it, and change the copy."
    ),
    "method.changed": _(
        "Somebody changed this method while you were at it. Reload it, then make your change."
    ),
    "method.duplicate_choice": _("“%(key)s” stands twice among the choices. Leave one out."),
    "method.duplicate_evidence": _("The evidence “%(key)s” stands twice. Give one another key."),
    "method.duplicate_stage": _("The stage “%(key)s” stands twice. Give one another key."),
    "method.empty_words": _("Words are missing in %(where)s. Write them in Chinese or English."),
    "method.key_malformed": _(
        "The key “%(key)s” cannot be used. Write small letters, digits and hyphens."
    ),
    "method.key_taken": _("There is a method with the key “%(key)s” already. Choose another."),
    "method.malformed": _("The method cannot be read: %(problem)s"),
    "method.missing_field": _("“%(field)s” is missing in %(where)s. Add it."),
    "method.name_missing": _("Write the name in Chinese or English."),
    "method.no_stages": _("The method has no stages. Give it one at least."),
    "method.not_current": _("This is not the version of the method in use. Choose another."),
    "method.nothing_changed": _("Nothing was changed, so there is no new version."),
    "method.rate_out_of_range": _(
        "The win rate %(rate)s in %(where)s cannot be. Write one from 0 to 100."
    ),
    "method.reserved_key": _("The key “%(key)s” is taken by the product. Choose another."),
    "method.signed_after_won": _(
        "The contract is signed on leaving “%(signing)s”, after the win on leaving “%(winning)s”."
        " Change their order."
    ),
    "method.too_many_stages": _("A method has at most %(limit)s stages. Remove some."),
    "method.too_much_evidence": _(
        "Stage %(stage)s asks for more than %(limit)s items of evidence. Remove some."
    ),
    "method.unknown": _("There is no such sales method. Choose one that is listed."),
    "method.unknown_buyer_step": _("The stage “%(stage)s” has no buyer's step “%(step)s”."),
    "method.unknown_field": _("There is no field “%(field)s” in %(where)s. Leave it out."),
    "method.unknown_outcome": _("There is no outcome “%(outcome)s” (%(where)s)."),
    "method.unknown_stage": _("The method has no stage “%(stage)s”. Choose one of its own."),
    "method.unknown_version": _("There is no such version of the method."),
    "method.wrong_type": _("“%(field)s” in %(where)s is of the wrong kind. Write: %(wanted)s."),
    "stage.not_of_method": _("The method has no stage “%(stage)s”. Choose one of its own."),
    "stage.unknown": _("The method has no stage “%(stage)s”."),
    "win_rate.in_future": _(
        "The day %(on)s lies in the future. Choose today, %(today)s, or an earlier day."
    ),
    "win_rate.out_of_range": _("A win rate lies between 0 and 100%%. Write one that does."),
}
