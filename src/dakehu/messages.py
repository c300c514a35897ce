"""Words for codes: the sentence of every refusal and every reason, in the reader's language.

A code is `subject.problem`. A sentence says what is the matter and what to do; its placeholders
are the facts that the error carries (`%(on)s`). Days, amounts and lists are worded here.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

from dakehu.core.errors import DakehuError

#: Why something is refused.
SENTENCES: dict[str, str | Promise] = {
    "ledger.before_last": _(
        "The day %(on)s lies before the last change of this opportunity, %(last_on)s."
        " Choose that day or a later one."
    ),
    "ledger.books_closed": _(
        "The books are closed up to %(closed_until)s, so nothing can be posted on %(on)s."
        " Choose a later day, or ask finance."
    ),
    "ledger.future": _(
        "The day %(on)s lies in the future. Choose today, %(today)s, or an earlier day."
    ),
    "ledger.changed_since": _(
        "Something was changed on %(on)s after what you want to take back. Take that back first."
    ),
    "ledger.nothing_to_undo": _("There is nothing to take back."),
    "ledger.no_movement": _("This change is not in the ledger any more. Reload the page."),
    "ledger.chain_order": _(
        "The day %(on)s does not lie between the changes before and after it"
        " (%(before_on)s – %(after_on)s). Choose a day between them."
    ),
    "ledger.drop_creation": _("The creation cannot be left out. Delete the opportunity instead."),
    "ledger.no_amount_here": _("This change has no amount of its own to correct."),
    "range.upside_down": _(
        "The range ends on %(end)s, not after its start %(start)s. Swap the two days."
    ),
    "funnel.future": _("The day %(on)s lies in the future. Choose today, %(today)s, or earlier."),
    "unit.unknown": _("There is no such unit among those that you may see."),
    "person.unknown": _("There is no such person among those that you may see."),
    "method.unknown": _("There is no method “%(method)s”."),
    "stage.unknown": _("The method has no stage “%(stage)s”."),
    "number.unknown": _("There is no number with the address “%(address)s”."),
    "url.not_a_number": _("“%(text)s” in the address is not a number."),
    "url.not_a_moment": _(
        "“%(text)s” in the address is not a moment. Write it like 2026-11-20T14:00:00+08:00."
    ),
    "ledger.nothing_changed": _("Nothing was changed, so there is nothing to save."),
    "ledger.unbalanced": _(
        "This change does not balance in the ledger, so it was not posted. Nothing was changed;"
        " please report it to your administrator."
    ),
    "organisation.missing": _(
        "There is no organisation in this database yet. Run “dakehu init” first."
    ),
    "person.unknown_login": _("Nobody has the log-in “%(login)s”. Check its spelling."),
    "person.unknown_language": _("“%(language)s” is not a language of Dakehu. Choose one listed."),
    "person.unknown_theme": _("“%(theme)s” is not a theme. Choose light, dark or automatic."),
    "person.unknown_amount_unit": _(
        "“%(amount_unit)s” is not a way to show amounts. Choose one listed."
    ),
    "database.unreachable": _(
        "The database does not answer: %(problem)s. Check DAKEHU_DATABASE_URL."
    ),
    "organisation.set_up": _("Only the operator of this machine may set up an installation."),
    "demo.build": _("Only the operator of this machine may make the demo company."),
    "demo.not_empty": _(
        "This database holds data already, so the demo company is not put into it."
        " Name another one in DAKEHU_DATABASE_URL."
    ),
    "ledger.verify": _("Verifying the ledger is for auditors and the operator of this machine."),
    "ledger.rebuild": _("Only the operator of this machine may make the carried months anew."),
    "outcomes.base_currency_only": _(
        "Outcomes are shown as booked, in %(base)s. Leave the currency out."
    ),
    "person.edit": _("Only administrators and the operator of this machine may add people."),
    "person.bad_login": _(
        "“%(login)s” can't be a log-in: it needs 1 to 80 characters and no spaces."
    ),
    "person.login_taken": _("Somebody has the log-in “%(login)s” already. Choose another one."),
    "person.name_missing": _("The name is missing."),
    "person.unknown_role": _("There is no role “%(role)s”."),
    "person.weak_password": _("This password is too weak: %(problems)s"),
    "money.unknown_currency": _("There is no currency “%(currency)s” here."),
    "money.no_exchange_rate": _("No exchange rate from %(to)s to %(currency)s is known here."),
    "day.missing": _("The day is missing. Write it like 2026-11-20."),
    "day.malformed": _("“%(text)s” is not a day. Write it like 2026-11-20."),
    "day.ambiguous": _("Which number of “%(text)s” is the month? Write the day like 2026-11-20."),
    "day.not_in_calendar": _("There is no day “%(text)s” in the calendar."),
    "period.malformed": _("“%(text)s” is not a period. Write it like 2026Q4, 2026-11 or 2026."),
    "login.demo_refused": _(
        "Demo log-ins are open on the demo company's own machine only. Sign in with a password."
    ),
}

#: Why a figure is not known: what stands behind a dash.
REASONS: dict[str, str | Promise] = {
    "unknown": _("Not known"),
    "funnel.no_quota": _("No quota is set for this period."),
    "funnel.no_rate": _("No win rate is in force for this stage on this day."),
    "funnel.zero_quota": _("The quota of this period is 0, so there is no ratio."),
    "funnel.across_methods": _("Quotas are set across all methods."),
    "funnel.no_norm": _("There is no history yet to compare with."),
    "money.no_exchange_rate": _("No exchange rate is known for this day."),
    "opportunity.no_close_on": _("No expected close date is set."),
    "opportunity.no_amount": _("No amount is set."),
    "opportunity.start_unknown": _("The start is not known: imported without a start date."),
}


def sentence(error: DakehuError | str, facts: Mapping[str, object] | None = None) -> str:
    """Word a refusal, given as the error or as its code with facts."""
    code = error if isinstance(error, str) else error.code
    known = (facts or {}) if isinstance(error, str) else error.facts
    # A code without words is a defect that a test finds; a reader still gets an answer.
    words = SENTENCES.get(code)
    if words is None:
        return now_("This is refused (%(code)s).") % {"code": code}
    return str(words) % {name: worded(value) for name, value in known.items()}


def reason(code: str) -> str:
    """Word why a figure is not known."""
    return str(REASONS.get(code) or SENTENCES.get(code) or REASONS["unknown"])


def worded(value: object) -> object:
    """Word a fact: days as 2026-11-20, moments in the reader's zone, amounts with separators."""
    match value:
        case datetime():
            return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value:,f}"
        case str() | int() | float() | None:
            return value
        case Iterable():
            return now_(", ").join(str(worded(v)) for v in value)
        case _:
            return str(value)
