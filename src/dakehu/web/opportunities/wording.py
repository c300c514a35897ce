"""Words for what opportunities are made of: states, categories, reasons, and their history."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from dakehu.core.ledger import Category, Kind, Place
from dakehu.core.validations import RequestState
from dakehu.messages import worded
from dakehu.messages.teams import ATTITUDES, BUYING_ROLES, INFLUENCES, TEAM_RIGHTS, TEAM_ROLES
from dakehu.queries.opportunities import Event, FieldChange
from dakehu.queries.opportunities.path import evidence_name
from dakehu.web.history import who_for

Words = str | Promise

STATES: Mapping[str, Words] = {
    "open": lazy("Open"),
    "won": lazy("Won"),
    "lost": lazy("Lost"),
    "abandoned": lazy("Abandoned"),
    "all": lazy("All"),
    "voided": lazy("Voided"),
}
PLACES: Mapping[Place, Words] = {
    Place.OPEN: lazy("Open"),
    Place.WON: lazy("Won"),
    Place.LOST: lazy("Lost"),
    Place.ABANDONED: lazy("Abandoned"),
}
CATEGORIES: Mapping[Category, Words] = {
    Category.OMITTED: lazy("Omitted"),
    Category.PIPELINE: lazy("Pipeline"),
    Category.BEST_CASE: lazy("Best case"),
    Category.COMMIT: lazy("Commit"),
    Category.CLOSED: lazy("Closed"),
}
SOURCES: Mapping[str, Words] = {
    "campaign": lazy("Campaign"),
    "channel": lazy("Channel"),
    "web": lazy("Web"),
    "service_call": lazy("Service call"),
    "purchased_data": lazy("Purchased data"),
    "referral": lazy("Referral"),
    "own": lazy("Own"),
}
REASONS: Mapping[str, Words] = {
    "value": lazy("Our value"),
    "relationship": lazy("Relationship"),
    "price": lazy("Price"),
    "product": lazy("Product"),
    "service": lazy("Service"),
    "delivery": lazy("Delivery time"),
    "too_late": lazy("We were too late"),
    "no_budget": lazy("No budget"),
    "no_decision": lazy("The customer does not decide"),
    "not_worth_it": lazy("Not worth the effort"),
    "no_fit": lazy("We do not fit"),
    "duplicate": lazy("Entered twice"),
    "other": lazy("Other"),
    "gate_overruled": lazy("Gate overruled"),
}
KINDS: Mapping[Kind, Words] = {
    Kind.CREATED: lazy("Created"),
    Kind.METHOD_MOVED: lazy("Method moved"),
    Kind.REASSIGNED: lazy("Reassigned"),
    Kind.UNIT_MOVED: lazy("Unit moved"),
    Kind.CATEGORY_CHANGED: lazy("Category"),
    Kind.SLIPPED: lazy("Slipped"),
    Kind.PULLED_IN: lazy("Pulled in"),
    Kind.AMOUNT_CHANGED: lazy("Amount"),
    Kind.OWN_RATE_SET: lazy("Own win rate"),
    Kind.ADVANCED: lazy("Advanced"),
    Kind.REGRESSED: lazy("Moved back"),
    Kind.WON: lazy("Won"),
    Kind.LOST: lazy("Lost"),
    Kind.ABANDONED: lazy("Abandoned"),
    Kind.REOPENED: lazy("Reopened"),
    Kind.ACCOUNT_MERGED: lazy("Account merged"),
    Kind.VOIDED: lazy("Voided"),
    Kind.RESTORED: lazy("Restored"),
    Kind.REVERSED: lazy("Taken back"),
}
FIELDS: Mapping[str, Words] = {
    "name": lazy("Name"),
    "account_id": lazy("Account"),
    "amount": lazy("Amount"),
    "currency": lazy("Currency"),
    "category": lazy("Forecast category"),
    "own_rate_bp": lazy("Own win rate"),
    "close_on": lazy("Expected close date"),
    "source": lazy("Source"),
    "compelling_event": lazy("Compelling event"),
    "next_step": lazy("Next step"),
    "next_step_on": lazy("Day of the next step"),
    "competitors": lazy("Competitors"),
    "lines": lazy("Product lines"),
    "method_version_id": lazy("Method"),
    "gate_overruled": lazy("Gate overruled"),
    "corrected": lazy("Corrected"),
    "evidence": lazy("Evidence"),
    "evidence_plan": lazy("Plan for evidence"),
    "evidence_mark": lazy("Evidence marked"),
    "move_request": lazy("Validation"),
    "deal_review": lazy("Review"),
    "next_step_done": lazy("Next step done"),
    "competitor_note": lazy("About a competitor"),
    "team": lazy("Selling team"),
    "stakeholder": lazy("Decision map"),
    "file": lazy("File"),
}
#: Changes that are told under their own name, not as an edit.
_NAMED = (
    "next_step_done", "evidence", "evidence_plan", "evidence_mark", "move_request", "deal_review",
    "team", "stakeholder", "file",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """An event in words, as the page shows it."""

    id: int | None
    on: date
    at: datetime
    title: str
    words: str
    who: str
    note: str
    struck: bool
    correlation_id: UUID
    correctable: bool


@dataclass(frozen=True, slots=True)
class Names:
    """What history keeps by number, named for the reader; who is out of sight has no name."""

    accounts: Mapping[int, str] = field(default_factory=dict)
    contacts: Mapping[int, str] = field(default_factory=dict)
    language: str = "en"


def told(event: Event, *, names: Names | None = None) -> Told:
    """Put an event of the history into words."""
    names = names or Names()
    changes = [_change(change, names) for change in event.changes]
    if event.kind is None:
        named = [c for c in event.changes if c.field in _NAMED]
        title = str(FIELDS[named[0].field]) if named else _("Edited")
        words = _("; ").join(
            _named(change, names) if change in named[:1] else text
            for change, text in zip(event.changes, changes, strict=True)
        )
        changes = []
    else:
        title, words = str(KINDS[event.kind]), _movement(event)
    notes = [
        str(REASONS.get(event.reason, event.reason)) if event.reason else "",
        event.competitor and _("Competitor: %(name)s") % {"name": event.competitor},
        event.text,
        *changes,
    ]
    who = who_for(event.who, event.whom)
    return Told(
        id=event.id,
        on=event.on,
        at=event.at,
        title=title,
        words=words,
        who=who,
        note=" · ".join(note for note in notes if note),
        struck=event.reversed,
        correlation_id=event.correlation_id,
        correctable=event.id is not None and not event.reversed,
    )


def _movement(event: Event) -> str:
    before, after = event.before, event.after
    money = f"{worded(event.amount)} {event.currency}".strip()
    match event.kind:
        case Kind.CREATED if after:
            return f"{after.stage} · {money}"
        case Kind.ADVANCED | Kind.REGRESSED | Kind.METHOD_MOVED if before and after:
            return f"{before.stage} → {after.stage}"
        case Kind.REASSIGNED if before and after:
            return f"{before.owner} → {after.owner}"
        case Kind.UNIT_MOVED if before and after:
            return f"{before.unit} → {after.unit}"
        case Kind.CATEGORY_CHANGED if before and after:
            return f"{CATEGORIES[before.category]} → {CATEGORIES[after.category]}"
        case Kind.SLIPPED | Kind.PULLED_IN if before and after:
            return f"{_month(before.close_month)} → {_month(after.close_month)}"
        case Kind.AMOUNT_CHANGED if before and after:
            if before.currency != after.currency:
                return f"{before.currency} → {after.currency}"
            sign = "+" if (event.amount or 0) > 0 else ""
            return f"{sign}{money}".replace("-", "−")
        case Kind.OWN_RATE_SET if before and after:
            return f"{rate_words(before.own_rate_bp)} → {rate_words(after.own_rate_bp)}"
        case Kind.WON | Kind.LOST | Kind.ABANDONED:
            return money
        case Kind.REVERSED:
            return ngettext("%(n)s change", "%(n)s changes", event.taken_back) % {
                "n": event.taken_back
            }
    return ""


def _month(month: date | None) -> str:
    return _("no date") if month is None else f"{month:%Y-%m}"


def rate_words(rate_bp: int | None) -> str:
    """Give basis points in words; none set is a dash."""
    return "—" if rate_bp is None else f"{(Decimal(rate_bp) / 100).normalize():f}%"


def _change(change: FieldChange, names: Names) -> str:
    word = FIELDS.get(change.field, change.field)
    if change.field in ("gate_overruled", "corrected", "lines", "method_version_id"):
        return str(word)
    if change.field in _NAMED:
        return f"{word}: {_named(change, names)}"
    old = shown_value(change.field, change.old, names.accounts)
    new = shown_value(change.field, change.new, names.accounts)
    return f"{word}: {old} → {new}"


def _named(change: FieldChange, names: Names) -> str:
    """Word what is told under its own name: what it is about, and what became of it."""
    old, new = change.old, change.new
    known = new or old
    match change.field:
        case "next_step_done":
            what = _(" — ").join(filter(None, (known.get("step"), known.get("result"))))
        case field if field in _KEPT:
            item = ""
            if "key" in known:
                item = evidence_name(known.get("stage") or 0, known["key"], names.language)
            return " · ".join(filter(None, (item, _KEPT[field](change))))
        case "team":
            what = _member(old, new, names.language)
        case "stakeholder":
            what = _part(old, new, names)
        case _:
            what = str(known)
    if new is None:
        return _("%(what)s: gone") % {"what": what}
    return what


def _member(old: Any, new: Any, language: str) -> str:
    known = new or old
    name = known["en" if language.startswith("en") else "zh"]
    said = [str(TEAM_ROLES.get(known["role"], known["role"])) if known["role"] else ""]
    if new is not None:
        said.append(str(TEAM_RIGHTS.get(new["right"], new["right"])))
    said = [word for word in said if word]
    return f"{name} ({_(', ').join(said)})" if said else str(name)


def _part(old: Any, new: Any, names: Names) -> str:
    """Word somebody's part; of a contact out of sight only that it changed."""
    known = new or old
    name = names.contacts.get(known["contact"])
    if name is None:
        return _("somebody you may not see")
    if new is None:
        return name
    said = [str(BUYING_ROLES.get(role, role)) for role in new["roles"]]
    if new["influence"]:
        said.append(str(INFLUENCES.get(new["influence"], "")))
    if new["attitude"] is not None:
        said.append(str(ATTITUDES.get(new["attitude"], "")))
    return f"{name} ({_(', ').join(said)})" if said else name


def _evidence(change: FieldChange) -> str:
    """Word a tick, or a plan for one: what proves it, or that it was taken away."""
    now = change.new
    if not now:
        return _("taken away")
    if "action" in now:
        return " · ".join(filter(None, (now["action"], now["due_on"])))
    proofs = [now["note"], now["link"]]
    files = (1 if now["file"] else 0) + len(now.get("more", ()))
    if files:
        proofs.append(ngettext("%(n)s file", "%(n)s files", files) % {"n": files})
    return " · ".join(proof for proof in proofs if proof)


def _marked(change: FieldChange) -> str:
    now = change.new or {}
    said = [now.get("true"), now.get("precise"), now.get("provable")]
    if all(said):
        return _("confirmed")
    words = (_("true"), _("precise"), _("provable"))
    told = [word for word, is_so in zip(words, said, strict=True) if is_so]
    denied = [
        _("not %(what)s") % {"what": w} for w, s in zip(words, said, strict=True) if s is False
    ]
    return _(", ").join([*told, *denied]) or "—"


def _requested(change: FieldChange) -> str:
    now = change.new or {}
    words = {
        RequestState.WAITING: _("asked"),
        RequestState.APPROVED: _("approved, asked on %(on)s"),
        RequestState.SENT_BACK: _("sent back"),
        RequestState.WITHDRAWN: _("withdrawn"),
        RequestState.OVERTAKEN: _("overtaken"),
    }[RequestState(now["state"])]
    return " · ".join(filter(None, (words % {"on": now["asked_on"]}, now["note"])))


def _reviewed(change: FieldChange) -> str:
    day = (change.new or {}).get("next_check_on")
    return _("next check %(on)s") % {"on": day} if day else _("kept")


#: Changes that keep a record of their own, worded whole.
_KEPT: Mapping[str, Callable[[FieldChange], str]] = {
    "evidence": _evidence,
    "evidence_plan": _evidence,
    "evidence_mark": _marked,
    "move_request": _requested,
    "deal_review": _reviewed,
}


def shown_value(field: str, value: Any, account_names: Mapping[int, str]) -> str:
    """Give the value of a field in words; nothing is a dash."""
    if value is None or value in ("", []):
        return "—"
    match field:
        case "account_id":
            return account_names.get(value, _("another account"))
        case "source":
            return str(SOURCES.get(value, value))
        case "category":
            return str(CATEGORIES[value])
        case "own_rate_bp":
            return rate_words(value)
        case "competitor_note":
            return f"{value['name']}: {value['note']}"
    return str(worded(value))
