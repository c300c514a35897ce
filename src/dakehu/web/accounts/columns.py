"""The columns that a list of accounts can show, and the words of its filters."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from dakehu.core.filters import Field, Value
from dakehu.http import SignedRequest
from dakehu.queries.accounts import AccountRow, account_choices
from dakehu.queries.accounts.asked import PLACES
from dakehu.web.lists.columns import Column, Columns, Look, day, escape, text
from dakehu.web.lists.records import account_called, unit_called, unit_options, vocabulary_of
from dakehu.web.lists.words import Vocabulary

Row = AccountRow

LABELS = {
    "name": lazy("Name"),
    "code": lazy("Code"),
    "group": lazy("Group, with all below"),
    "industry": lazy("Industry"),
    "region": lazy("Region"),
    "unit": lazy("Unit"),
    "manager": lazy("Account manager"),
    "employees": lazy("Employees"),
    "contact": lazy("Last contact"),
    "created": lazy("Created on"),
}


def _name(row: Row, look: Look) -> str:
    name = escape(row.name)
    below = " · ".join(filter(None, (escape(row.industry), _manager(row, look))))
    beside = " · ".join(filter(None, (escape(row.code), _branches(row))))
    return (
        f'<a href="/accounts/{row.id}/" title="{name}">{name}</a>'
        f' <span class="sub x">{beside}</span><span class="sub on-phone">{below}</span>'
    )


def _branches(row: Row) -> str:
    if not row.members:
        return ""
    words = ngettext("%(n)s branch", "%(n)s branches", row.members)
    return escape(words % {"n": row.members})


def _manager(row: Row, look: Look) -> str:
    return escape(row.manager.shown(look.language)) if row.manager else ""


def _manager_or_nobody(row: Row, look: Look) -> str:
    return _manager(row, look) or f'<span class="muted">{escape(_("nobody yet"))}</span>'


COLUMNS: Columns[Row] = Columns(
    Column(
        "name", lazy("Name"), _name, lambda r: r.name, sort="name", css="clip", is_head=True
    ),
    Column(
        "code", lazy("Code"), lambda r, _k: escape(r.code), lambda r: r.code, css="nowrap",
    ),
    Column("name_en", lazy("Name in English"), lambda r, _k: text(r.name_en), lambda r: r.name_en),
    Column(
        "industry", lazy("Industry"), lambda r, _k: text(r.industry), lambda r: r.industry,
        is_usual=True,
    ),
    Column(
        "region", lazy("Region"), lambda r, _k: text(r.region), lambda r: r.region, is_usual=True
    ),
    Column(
        "unit", lazy("Unit"), lambda r, _k: text(r.unit_name), lambda r: r.unit_name,
        is_usual=True,
    ),
    Column(
        "manager", lazy("Account manager"), _manager_or_nobody,
        lambda r: r.manager.shown("zh-hans") if r.manager else "", is_usual=True,
    ),
    Column(
        "members", lazy("Branches"), lambda r, _k: str(r.members or ""), lambda r: r.members,
        css="end",
    ),
    Column(
        "open", lazy("Open opportunities"), lambda r, _k: f"{r.open_count:,}",
        lambda r: r.open_count, css="end on-card", is_usual=True,
    ),
    Column(
        "contact", lazy("Last contact"),
        lambda r, _k: day(r.last_contact_on, "opportunity.never_contacted"),
        lambda r: r.last_contact_on, css="nowrap", is_usual=True,
    ),
    Column(
        "created", lazy("Created on"), lambda r, _k: r.created_on.isoformat(),
        lambda r: r.created_on, sort="created", css="nowrap", is_usual=True,
    ),
)  # fmt: skip


def vocabulary(request: SignedRequest) -> Vocabulary:
    """Give the words of the filters for whoever asks."""
    return vocabulary_of(request, PLACES, LABELS, called=_called, options=_options)


def _called(request: SignedRequest, field: Field, value: Value) -> str:
    if field.key == "group":
        return account_called(request, value)
    if field.key == "unit":
        return unit_called(request, value)
    return dict(_options(request, field)).get(str(value), f"#{value}")


def _options(request: SignedRequest, field: Field) -> Sequence[tuple[str, str]]:
    if field.key == "unit":
        return unit_options(request)
    if field.key == "manager":
        managers = account_choices(viewer=request.viewer).managers
        return [(str(p.id), p.shown(request.viewer.language)) for p in managers]
    return ()
