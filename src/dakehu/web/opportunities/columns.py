"""The columns that a list of opportunities can show."""

from datetime import date

from django.utils.translation import gettext_lazy as lazy

from dakehu.core.ledger import Category, Place
from dakehu.queries.opportunities import OpportunityRow
from dakehu.templatetags.dakehu import amount_in_column, percent_of_bp
from dakehu.web.exports import Cell
from dakehu.web.lists.columns import Column, Columns, Look, day, escape, nothing, text
from dakehu.web.opportunities.wording import CATEGORIES, PLACES, SOURCES

Row = OpportunityRow


def _name(row: Row, look: Look) -> str:
    name, code = escape(row.name), escape(row.code)
    stood = _standing(row)
    below = " · ".join(filter(None, (stood, escape(row.account))))
    return (
        f'<a href="/opportunities/{row.id}/" title="{name} · {code}">{name}</a>'
        f'<span class="sub on-phone">{below}</span>'
    )


def _standing(row: Row) -> str:
    return escape(row.stage if row.place is Place.OPEN else str(PLACES[row.place]))


def _stage(row: Row, look: Look) -> str:
    if row.place is Place.OPEN:
        return escape(row.stage)
    return f'{escape(str(PLACES[row.place]))} <span class="sub">{escape(row.stage)}</span>'


def _closes(row: Row, look: Look) -> str:
    if row.close_on is None:
        return nothing("opportunity.no_close_on")
    return _late(row.close_on, look.overdue) if row.is_overdue else row.close_on.isoformat()


def _late(on: date, word: str) -> str:
    word = escape(word)
    return (
        f'<span class="act" title="{word}">{on.isoformat()}'
        f'<span class="visually-hidden"> {word}</span></span>'
    )


def _step_on(row: Row, look: Look) -> str:
    on = row.next_step_on
    if on is None or row.place is not Place.OPEN:
        return text(on.isoformat() if on else "")
    return _late(on, look.overdue) if on < look.today else on.isoformat()


def _base(row: Row, look: Look) -> str:
    if row.base_amount is None:
        return nothing("money.no_exchange_rate")
    return str(amount_in_column(row.base_amount, "", look.unit))


def _weighted(row: Row, look: Look) -> str:
    if row.weighted is None:
        is_open = row.place is Place.OPEN
        return nothing("opportunity.not_weighed" if is_open else "opportunity.decided")
    return str(amount_in_column(row.weighted, row.currency, look.unit))


def _count(value: int | None) -> str:
    return nothing("opportunity.decided") if value is None else str(value)


def _rate(row: Row, look: Look) -> str:
    return "" if row.own_rate_bp is None else escape(str(percent_of_bp(row.own_rate_bp)))


def _changed(row: Row, look: Look) -> str:
    return row.updated_at.astimezone(look.zone).date().isoformat()


def _share(row: Row) -> Cell:
    return None if row.own_rate_bp is None else str(percent_of_bp(row.own_rate_bp))


COLUMNS: Columns[Row] = Columns(
    Column(
        "name", lazy("Name"), _name, lambda r: r.name, sort="name", css="clip", is_head=True,
        field="name", typed=lambda r: r.name,
    ),
    Column("code", lazy("Code"), lambda r, _k: escape(r.code), lambda r: r.code, css="nowrap"),
    Column(
        "account", lazy("Account"), lambda r, _k: text(r.account), lambda r: r.account,
        css="clip", is_usual=True,
    ),
    Column("stage", lazy("Stage"), _stage, lambda r: r.stage, sort="stage", is_usual=True),
    Column(
        "state", lazy("State"), lambda r, _k: escape(str(PLACES[r.place])),
        lambda r: str(PLACES[r.place]),
    ),
    Column(
        "amount", lazy("Amount"),
        lambda r, look: str(amount_in_column(r.amount, r.currency, look.unit)),
        lambda r: r.amount, sort="amount", css="end", is_usual=True,
        field="amount", typed=lambda r: f"{r.amount:f}",
    ),
    Column("base", lazy("Amount in base currency"), _base, lambda r: r.base_amount, css="end"),
    Column("weighted", lazy("Weighted"), _weighted, lambda r: r.weighted, css="end"),
    Column(
        "own_rate", lazy("Own win rate"), _rate, _share, css="end",
        field="own_rate",
        typed=lambda r: "" if r.own_rate_bp is None else f"{r.own_rate_bp / 100:g}",
    ),
    Column(
        "closes", lazy("Closes"), _closes, lambda r: r.close_on, sort="close", css="nowrap",
        is_usual=True, field="close_on",
        typed=lambda r: r.close_on.isoformat() if r.close_on else "",
    ),
    Column(
        "category", lazy("Forecast category"),
        lambda r, _k: escape(str(CATEGORIES[Category(r.category)])),
        lambda r: str(CATEGORIES[Category(r.category)]),
        field="category", typed=lambda r: str(int(r.category)),
    ),
    Column(
        "owner", lazy("Owner"), lambda r, _k: text(r.owner), lambda r: r.owner, is_usual=True
    ),
    Column("unit", lazy("Unit"), lambda r, _k: text(r.unit), lambda r: r.unit),
    Column(
        "next_step", lazy("Next step"), lambda r, _k: text(r.next_step), lambda r: r.next_step,
        css="clip", is_usual=True, field="next_step", typed=lambda r: r.next_step,
    ),
    Column(
        "next_step_on", lazy("Day of the next step"), _step_on, lambda r: r.next_step_on,
        css="nowrap", field="next_step_on",
        typed=lambda r: r.next_step_on.isoformat() if r.next_step_on else "",
    ),
    Column(
        "contact", lazy("Last contact"),
        lambda r, _k: day(r.last_contact_on, "opportunity.never_contacted"),
        lambda r: r.last_contact_on, css="nowrap",
    ),
    Column(
        "source", lazy("Source"), lambda r, _k: text(SOURCES.get(r.source, r.source)),
        lambda r: str(SOURCES.get(r.source, r.source)),
        field="source", typed=lambda r: r.source,
    ),
    Column(
        "days_in_stage", lazy("Days in the stage"), lambda r, _k: _count(r.days_in_stage),
        lambda r: r.days_in_stage, css="end",
    ),
    Column(
        "missing", lazy("Evidence missing"), lambda r, _k: _count(r.missing),
        lambda r: r.missing, css="end",
    ),
    Column(
        "changed", lazy("Changed"), _changed, lambda r: r.updated_at, sort="updated",
        css="nowrap", is_usual=True,
    ),
    Column(
        "created", lazy("Created on"), lambda r, _k: r.created_on.isoformat(),
        lambda r: r.created_on, css="nowrap",
    ),
    Column(
        "decided", lazy("Decided on"),
        lambda r, _k: r.decided_on.isoformat() if r.decided_on else "", lambda r: r.decided_on,
        css="nowrap",
    ),
)  # fmt: skip
