"""The columns that a list of accounts can show, and the words of its filters."""

from collections.abc import Sequence
from functools import partial

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from dakehu.core.errors import RuleBroken
from dakehu.core.filters import Field, Value
from dakehu.http import SignedRequest
from dakehu.queries.accounts import AccountRow, account_choices
from dakehu.queries.accounts.asked import PLACES
from dakehu.queries.conditions import fields_of
from dakehu.queries.opportunities import account_by_name, accounts_by_id
from dakehu.queries.units import all_units, units_in_sight
from dakehu.web.forms import unit_choices
from dakehu.web.lists.columns import Column, Columns, Look, day, escape, text
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
    return Vocabulary(
        fields=fields_of(request.viewer, PLACES),
        labels=LABELS,
        name=partial(_called, request),
        language=request.viewer.language,
        options=partial(_options, request),
        typed=partial(account_typed, request),
        meant=partial(account_meant, request),
    )


def _called(request: SignedRequest, field: Field, value: Value) -> str:
    if field.key == "group":
        return account_called(request, value)
    if field.key == "unit":
        unit = all_units().names.get(int(value))
        return unit.name(request.viewer.language) if unit else f"#{value}"
    return dict(_options(request, field)).get(str(value), f"#{value}")


def _options(request: SignedRequest, field: Field) -> Sequence[tuple[str, str]]:
    if field.key == "unit":
        units = all_units()
        tree = units_in_sight(request.viewer, units=units, today=request.today)
        return unit_choices(units, tree, request.viewer.language)
    if field.key == "manager":
        managers = account_choices(viewer=request.viewer).managers
        return [(str(p.id), p.shown(request.viewer.language)) for p in managers]
    return ()


def account_called(request: SignedRequest, value: Value) -> str:
    """Name an account in sight; of another only the number that was asked for."""
    found = accounts_by_id(viewer=request.viewer, ids=[int(value)]).get(int(value))
    return found.name if found else f"#{value}"


def account_typed(request: SignedRequest, field: Field, value: Value) -> str:
    """Write an account as one types it: by its code; one out of sight by its number."""
    del field
    found = accounts_by_id(viewer=request.viewer, ids=[int(value)]).get(int(value))
    return found.code if found else f"#{value}"


def account_meant(request: SignedRequest, field: Field, typed: str) -> str:
    """Find the account that is typed by code or name. RuleBroken `filter.bad_value`."""
    if field.key not in ("account", "group"):
        return typed
    if typed.startswith("#"):
        return typed[1:]
    named = account_by_name(viewer=request.viewer, text=typed)
    if len(named) != 1:
        raise RuleBroken("filter.bad_value", field=field.key, text=typed[:40], at=1)
    return str(named[0].id)
