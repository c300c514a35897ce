"""Editing an account's fields, and giving it to a manager and a unit (CUS-3)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from dakehu.actions.accounts.checks import check_assignee, checked_aliases, checked_values
from dakehu.actions.accounts.rows import (
    aliases_of,
    conflict_of,
    hold_account,
    person_told,
    record_account,
    unit_told,
    write_account,
    write_aliases,
)
from dakehu.actions.names import index_accounts, sort_key
from dakehu.actions.notices import tell
from dakehu.actions.search import ACCOUNT, index_name
from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed, RuleBroken
from dakehu.core.ledger import Way
from dakehu.core.names import folded
from dakehu.models import AccountName
from dakehu.queries.people import appointed_unit


@transaction.atomic
def edit_account(
    *,
    actor: Viewer,
    account_id: int,
    seen_version: int,
    values: Mapping[str, Any],
    today: date,
    at: datetime,
    aliases: Sequence[str] | None = None,
    way: Way = Way.FORM,
) -> UUID:
    """Change fields, and the aliases where they are given; give the save's correlation id.

    Raises NotFound("account.unknown"), NotAllowed("account.edit"), Conflict("account.changed")
    with both values, RuleBroken as `checked_values` says.
    """
    row, right = hold_account(actor, account_id, "account.edit")
    checked = checked_values(values, today)
    if "name" in checked and not checked["name"]:
        raise RuleBroken("account.name_missing", field="name")
    wanted = dict(checked)
    before = {name: getattr(row, name) for name in checked}
    if aliases is not None:
        wanted["aliases"], before["aliases"] = checked_aliases(aliases), aliases_of(row)
    if row.version != seen_version:
        raise conflict_of(row, before, wanted)
    set_fields(row, wanted)
    changes = {name: (before[name], value) for name, value in wanted.items()}
    return record_account(actor, row.pk, changes, right, way, at)


def set_fields(row: Any, wanted: Mapping[str, Any]) -> None:
    """Write checked fields, the aliases among them, and what follows from them."""
    columns = dict(wanted)
    aliases = columns.pop("aliases", None)
    if aliases is not None and aliases != aliases_of(row):
        AccountName.objects.filter(account=row).delete()
        write_aliases(row.pk, aliases)
    if "name" in columns:
        columns["folded"] = folded(columns["name"])[:200]
        columns["sort_key"] = sort_key(columns["name"], 240)
    write_account(row, columns)
    if aliases is not None or columns.keys() & {"name", "name_en", "tax_code"}:
        index_accounts([row.pk])
        index_name(ACCOUNT, row.pk)


@transaction.atomic
def assign_account(
    *,
    actor: Viewer,
    account_id: int,
    seen_version: int,
    manager_id: int | None,
    unit_id: int | None,
    today: date,
    at: datetime,
    way: Way = Way.FORM,
) -> UUID:
    """Give the account to a manager and a unit (CUS-3); open opportunities stay where they are.

    Without a unit it goes to its new manager's. Raises NotFound("account.unknown"),
    NotAllowed("account.assign"), Conflict("account.changed"), RuleBroken("account.no_unit",
    "person.unknown", "unit.unknown").
    """
    row, right = hold_account(actor, account_id, "account.assign")
    if unit_id is None and manager_id is not None:
        unit_id = appointed_unit(person_id=manager_id, on=today)
    if unit_id is None:
        raise RuleBroken("account.no_unit", field="manager_id")
    wanted = {"manager_id": manager_id, "unit_id": unit_id}
    before = {"manager_id": row.manager_id, "unit_id": row.unit_id}
    if row.version != seen_version:
        raise conflict_of(row, before, wanted)
    check_assignee(manager_id, unit_id, today)
    # Both ends of a transfer are within the assigner's reach: nobody gives away what they
    # may not take, nor hands over into a unit that is not theirs to fill.
    if not actor.may("account.assign", owner_id=None, unit_id=unit_id):
        raise NotAllowed("account.assign")
    write_account(row, wanted)
    saved = record_account(
        actor,
        row.pk,
        {
            "manager": (person_told(before["manager_id"]), person_told(manager_id)),
            "unit": (unit_told(before["unit_id"]), unit_told(unit_id)),
        },
        right,
        way,
        at,
    )
    if manager_id is not None and manager_id != before["manager_id"]:
        tell(
            kind="assigned", people=[manager_id], actor=actor, at=at, object_type="account",
            object_id=row.pk, correlation_id=saved,
        )  # fmt: skip
    return saved
