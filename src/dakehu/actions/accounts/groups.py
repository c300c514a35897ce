"""Where an account hangs in its group tree (CUS-2)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from dakehu.actions.accounts.rows import (
    account_told,
    conflict_of,
    hold_account,
    lock_groups,
    parent_of_new,
    record_account,
    write_account,
)
from dakehu.core.access import Viewer
from dakehu.core.errors import RuleBroken
from dakehu.core.ledger import Way
from dakehu.models import Account


@transaction.atomic
def move_account(
    *,
    actor: Viewer,
    account_id: int,
    seen_version: int,
    parent_id: int | None,
    at: datetime,
    way: Way = Way.FORM,
) -> UUID | None:
    """Hang the account, with all below it, under another one of the group, or under none.

    Gives the save's correlation id, None where it hangs there already.

    Raises NotFound("account.unknown", "account.unknown_parent"), NotAllowed("account.edit"),
    Conflict("account.changed"), RuleBroken("account.group_cycle").
    """
    lock_groups()
    row, right = hold_account(actor, account_id, "account.edit")
    before = Account.objects.get_parent(row)
    held = None if before is None else before.pk
    if row.version != seen_version:
        raise conflict_of(row, {"parent": held}, {"parent": parent_id})
    if held == parent_id:
        return None
    now = hang(actor, row, parent_id)
    write_account(row, {})
    changes = {"parent": (account_told(before), account_told(now))}
    return record_account(actor, row.pk, changes, right, way, at)


def hang(actor: Viewer, row: Any, parent_id: int | None) -> Any:
    """Move the row and all below it; give its new parent, None where it stands alone.

    Raises NotFound("account.unknown_parent"), RuleBroken("account.group_cycle").
    """
    if parent_id is None:
        last = Account.objects.get_last_root_node()
        Account.objects.move(row, last, pos="last-sibling")
        return None
    parent = parent_of_new(actor, parent_id)
    if parent.pk == row.pk or parent.is_descendant_of(row):
        raise RuleBroken("account.group_cycle", field="parent_id", name=parent.name)
    Account.objects.move(row, parent, pos="last-child")
    return parent
