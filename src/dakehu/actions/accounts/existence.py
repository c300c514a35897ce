"""Deleting an account hides it with its contacts; for 30 days it can be brought back."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from dakehu.actions.accounts.rows import hold_account, lock_groups, record_account, write_account
from dakehu.actions.names import forget_accounts, index_accounts
from dakehu.actions.search import ACCOUNT, forget_name, index_name
from dakehu.core.access import Viewer, best_right
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Place, Way
from dakehu.core.past import KEPT
from dakehu.models import Account, ExternalId, Opportunity
from dakehu.models.visibility import AccountQuerySet


@transaction.atomic
def delete_account(
    *, actor: Viewer, account_id: int, seen_version: int, at: datetime, way: Way = Way.FORM
) -> UUID:
    """Hide an account and its contacts everywhere; what was won and lost with it stays on record.

    Raises NotFound("account.unknown"), NotAllowed("account.delete"), Conflict("account.changed"),
    RuleBroken("account.has_branches", "account.has_open_opportunities").
    """
    lock_groups()
    # A guest who may work on an account of others does not take it away from them.
    row, right = hold_account(actor, account_id, "account.delete", by_grant=False)
    if row.version != seen_version:
        raise Conflict("account.changed", version=row.version)
    below = (
        AccountQuerySet(Account).standing().filter(path__startswith=row.path, depth__gt=row.depth)
    )
    if below.exists():
        raise RuleBroken("account.has_branches", name=row.name)
    if Opportunity.objects.filter(account_id=row.pk, place=Place.OPEN, voided=False).exists():
        raise RuleBroken("account.has_open_opportunities", name=row.name)
    write_account(row, {"deleted_at": at, "deleted_by_id": actor.person_id})
    forget_accounts([row.pk])
    forget_name(ACCOUNT, row.pk)
    # An import that brings it again makes it anew, rather than filling what nobody sees.
    ExternalId.objects.filter(object_type="account", object_id=row.pk).delete()
    changes = {"deleted": (None, at.isoformat())}
    return record_account(actor, row.pk, changes, right, way, at)


@transaction.atomic
def restore_account(*, actor: Viewer, account_id: int, at: datetime, way: Way = Way.FORM) -> UUID:
    """Bring a deleted account back with its contacts.

    Who may delete it may, and who assigns the accounts of its unit. Raises
    NotFound("account.unknown"), NotAllowed("account.delete"),
    RuleBroken("account.parent_deleted", "past.kept_no_longer").
    """
    lock_groups()
    row = _gone(actor, account_id)
    right = best_right(
        *(
            actor.right_to(each, owner_id=row.manager_id, unit_id=row.unit_id)
            for each in ("account.delete", "account.assign")
        )
    )
    if right is None:
        raise NotAllowed("account.delete")
    if row.deleted_at < at - KEPT:
        raise RuleBroken("past.kept_no_longer", days=KEPT.days)
    above = [row.path[: Account.steplen * n] for n in range(1, row.depth)]
    if Account.objects.filter(path__in=above, deleted_at__isnull=False).exists():
        raise RuleBroken("account.parent_deleted", name=row.name)
    changes = {"deleted": (row.deleted_at.isoformat(), None)}
    write_account(row, {"deleted_at": None, "deleted_by_id": None})
    index_accounts([row.pk])
    index_name(ACCOUNT, row.pk)
    return record_account(actor, row.pk, changes, right, way, at)


def _gone(actor: Viewer, account_id: int) -> Any:
    row = (
        AccountQuerySet(Account)
        .visible_once_to(actor)
        .select_for_update(of=("self",))
        .filter(pk=account_id, deleted_at__isnull=False)
        .first()
    )
    if row is None:
        raise NotFound("account.unknown")
    return row
