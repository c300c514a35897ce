"""Creating an account, after a look for others of its name (CUS-1, CUS-2)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django.db import transaction

from dakehu.actions.accounts.checks import check_assignee, checked_aliases, checked_values
from dakehu.actions.accounts.rows import (
    lock_groups,
    parent_of_new,
    record_account,
    write_aliases,
)
from dakehu.actions.names import index_accounts, look_up_name, sort_key
from dakehu.actions.notices import tell
from dakehu.actions.search import ACCOUNT, index_name
from dakehu.core.access import Right, Viewer
from dakehu.core.errors import NotAllowed, RuleBroken
from dakehu.core.ledger import Way
from dakehu.core.names import folded
from dakehu.models import Account
from dakehu.queries.people import appointed_unit


def create_account(
    *,
    actor: Viewer,
    values: Mapping[str, Any],
    manager_id: int | None,
    unit_id: int | None,
    today: date,
    at: datetime,
    parent_id: int | None = None,
    aliases: Sequence[str] = (),
    code: str | None = None,
    same_name_is_fine: bool = False,
    way: Way = Way.FORM,
) -> int:
    """Create an account and assign it; without a unit it goes to its manager's. Gives its id.

    The manager is told, unless it is the actor. Looking for the same name is an act of its own,
    which stays on record when this one is refused. Raises NotAllowed("account.create"),
    NotFound("account.unknown_parent"), and RuleBroken: "account.same_name" and
    "account.look_ups_used_up" (unless `same_name_is_fine`), "account.no_unit",
    "account.code_taken", and what `checked_values` says of the values.
    """
    checked = checked_values(values, today)
    if not checked.get("name"):
        raise RuleBroken("account.name_missing", field="name")
    if unit_id is None and manager_id is not None:
        unit_id = appointed_unit(person_id=manager_id, on=today)
    right = actor.right_to("account.create", owner_id=manager_id, unit_id=unit_id)
    if right is None:
        raise NotAllowed("account.create")
    if unit_id is None:
        raise RuleBroken("account.no_unit", field="manager_id")
    check_assignee(manager_id, unit_id, today)
    looked = look_up_name(actor=actor, name=checked["name"], at=at)
    if not same_name_is_fine:
        if looked.found:
            raise RuleBroken("account.same_name", field="name", name=checked["name"])
        if looked.used_up:
            raise RuleBroken("account.look_ups_used_up", field="name", limit=looked.limit)
    columns = {
        **checked,
        "manager_id": manager_id,
        "unit_id": unit_id,
        "created_on": today,
    }
    same = bool(looked.found) or None
    changes = {"same_name": (None, same)}
    return _write_new(actor, columns, parent_id, aliases, code, changes, right, way, at)


@transaction.atomic
def _write_new(
    actor: Viewer,
    columns: dict[str, Any],
    parent_id: int | None,
    aliases: Sequence[str],
    code: str | None,
    changes: dict[str, tuple[Any, Any]],
    right: Right,
    way: Way,
    at: datetime,
) -> int:
    code = (code or "").strip()
    if code and Account.objects.filter(code=code).exists():
        raise RuleBroken("account.code_taken", field="code", taken=code)
    columns |= {
        "code": code or uuid4().hex,
        "folded": folded(columns["name"])[:200],
        "sort_key": sort_key(columns["name"], 240),
    }
    lock_groups()
    if parent_id is None:
        row = Account.objects.add_root(columns)
    else:
        row = Account.objects.add_child(parent_of_new(actor, parent_id), columns)
    if not code:
        row.code = _free_code(row.pk)
        row.save(update_fields=["code"])
    write_aliases(row.pk, checked_aliases(aliases))
    index_accounts([row.pk])
    index_name(ACCOUNT, row.pk, is_new=True)
    created = {"created": (None, row.code), **changes}
    saved = record_account(actor, row.pk, created, right, way, at)
    if row.manager_id is not None:
        tell(
            kind="assigned", people=[row.manager_id], actor=actor, at=at, object_type="account",
            object_id=row.pk, correlation_id=saved,
        )  # fmt: skip
    return int(row.pk)


def _free_code(account_id: int) -> str:
    code = f"A-{account_id:05d}"
    while Account.objects.filter(code=code).exists():
        code += "0"
    return code
