"""The columns that a list of activities can show."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from dakehu.templatetags.dakehu import icon
from dakehu.web.activities.wording import Shown
from dakehu.web.lists.columns import Column, Columns, Look, escape, text

_LONG = 80


def _subject(one: Shown, look: Look) -> str:
    below = " · ".join(filter(None, (escape(one.row.account), escape(one.owner))))
    return (
        f'<a href="/activities/{one.row.id}/" data-dialog>{icon(one.icon, one.kind)}'
        f' {escape(one.title)}</a><span class="sub on-phone">{below}</span>'
    )


def _day(one: Shown, look: Look) -> str:
    time = f' <span class="sub">{one.time}</span>' if one.time else ""
    return f"{one.row.on.isoformat()}{time}"


def _account(one: Shown, look: Look) -> str:
    row = one.row
    if not row.may_open_account:
        return text(row.account)
    return f'<a href="/accounts/{row.account_id}/">{escape(row.account)}</a>'


def _opportunity(one: Shown, look: Look) -> str:
    row = one.row
    if not row.opportunity:
        return ""
    return f'<a href="/opportunities/{row.opportunity_id}/">{escape(row.opportunity)}</a>'


def _state(one: Shown, look: Look) -> str:
    if one.outcome:
        return f'<span class="badge-state {one.tone}">{escape(one.outcome)}</span>'
    return f'<span class="muted">{escape(one.state)}</span>'


def _long(words: str) -> str:
    if len(words) <= _LONG:
        return text(words)
    return f'<span title="{escape(words[:300])}">{escape(words[: _LONG - 1])}…</span>'


def _with(one: Shown) -> str:
    return _(", ").join(contact.name for contact in one.row.contacts)


COLUMNS: Columns[Shown] = Columns(
    Column(
        "subject", lazy("Subject"), _subject, lambda one: one.title, css="clip", is_head=True
    ),
    Column(
        "on", lazy("Day"), _day, lambda one: one.row.on, sort="on", css="nowrap on-card",
        is_usual=True,
    ),
    Column("time", lazy("Time"), lambda one, _look: one.time, lambda one: one.time),
    Column(
        "minutes", lazy("Minutes"), lambda one, _look: text(one.row.minutes),
        lambda one: one.row.minutes, css="end",
    ),
    Column("kind", lazy("Kind"), lambda one, _look: escape(one.kind), lambda one: one.kind),
    Column(
        "account", lazy("Account"), _account, lambda one: one.row.account, css="clip",
        is_usual=True,
    ),
    Column(
        "with", lazy("With"), lambda one, _look: escape(_with(one)), _with, css="clip",
        is_usual=True,
    ),
    Column(
        "opportunity", lazy("Opportunity"), _opportunity, lambda one: one.row.opportunity,
        css="clip",
    ),
    Column(
        "owner", lazy("Whose"), lambda one, _look: escape(one.owner), lambda one: one.owner,
        is_usual=True,
    ),
    Column(
        "people", lazy("Colleagues"), lambda one, _look: escape(_(", ").join(one.people)),
        lambda one: _(", ").join(one.people), css="clip",
    ),
    Column("unit", lazy("Unit"), lambda one, _look: text(one.row.unit), lambda one: one.row.unit),
    Column(
        "state", lazy("State"), _state, lambda one: one.outcome or one.state, is_usual=True,
    ),
    Column(
        "result", lazy("Result"), lambda one, _look: _long(one.row.result),
        lambda one: one.row.result, css="clip", is_usual=True,
    ),
    Column(
        "next_step", lazy("Next step"), lambda one, _look: _long(one.row.next_step),
        lambda one: one.row.next_step, css="clip",
    ),
    Column(
        "next_step_on", lazy("Day of the next step"),
        lambda one, _look: text(one.row.next_step_on), lambda one: one.row.next_step_on,
        css="nowrap",
    ),
)  # fmt: skip
