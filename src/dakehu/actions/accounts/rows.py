"""An account held for a change: locked, permitted; and its change written and put on record."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import Exists, OuterRef

from dakehu.actions.audit import last_change, record_changes
from dakehu.core.access import Right, Viewer
from dakehu.core.errors import Conflict, NotAllowed, NotFound
from dakehu.core.ledger import Way
from dakehu.core.names import folded
from dakehu.models import Account, AccountName, Grant, Person, SalesUnit

#: One lock for all that changes group trees; the number only has to be ours.
_LOCK = 7042020


def lock_groups() -> None:
    """Let group trees be changed one at a time: two new siblings would take the same path."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def locked_account(actor: Viewer, account_id: int) -> Any:
    """Lock the row for writing. NotFound("account.unknown") where it is out of sight."""
    work = Grant.objects.filter(
        person_id=actor.person_id or 0, account_id=OuterRef("pk"), right="work"
    )
    row = (
        Account.visible_to(actor)
        .select_for_update(of=("self",))
        .annotate(granted_work=Exists(work))
        .filter(pk=account_id)
        .first()
    )
    if row is None:
        raise NotFound("account.unknown")
    return row


def hold_account(
    actor: Viewer, account_id: int, permission: str, *, by_grant: bool = True
) -> tuple[Any, Right]:
    """Lock the row for writing, if the actor may do this to it; `by_grant`: also as a guest."""
    row = locked_account(actor, account_id)
    granted = "work" if by_grant and row.granted_work else None
    right = actor.right_to(
        permission, owner_id=row.manager_id, unit_id=row.unit_id, granted=granted
    )
    if right is None:
        raise NotAllowed(permission)
    return row, right


def parent_of_new(actor: Viewer, parent_id: int) -> Any:
    """Give the account under which another is to hang. NotFound("account.unknown_parent")."""
    row = Account.visible_to(actor).filter(pk=parent_id).first()
    if row is None:
        raise NotFound("account.unknown_parent")
    return row


def write_aliases(account_id: int, aliases: Sequence[str]) -> None:
    """Write other names of an account that has none."""
    AccountName.objects.bulk_create(
        AccountName(account_id=account_id, name=name, folded=folded(name)) for name in aliases
    )


def aliases_of(row: Any) -> list[str]:
    """Give the other names of an account in their order."""
    names = AccountName.objects.filter(account=row).order_by("id")
    return list(names.values_list("name", flat=True))


def conflict_of(row: Any, now: Mapping[str, Any], wanted: Mapping[str, Any]) -> Conflict:
    """Say what somebody saved meanwhile, where it differs from what is wanted."""
    differing = [name for name, value in wanted.items() if now[name] != value]
    return Conflict(
        "account.changed",
        version=row.version,
        theirs={name: now[name] for name in differing},
        yours={name: wanted[name] for name in differing},
        **last_change("account", row.pk),
    )


def write_account(row: Any, columns: Mapping[str, Any]) -> None:
    """Write columns as the next version of the row."""
    Account.objects.filter(pk=row.pk).update(**columns, version=row.version + 1)


def record_account(
    actor: Viewer,
    account_id: int,
    changes: Mapping[str, tuple[Any, Any]],
    right: Right,
    way: Way,
    at: datetime,
) -> UUID:
    """Put changes of one save on record; give its correlation id."""
    correlation_id = uuid4()
    record_changes(
        actor=actor,
        object_type="account",
        object_id=account_id,
        changes=changes,
        correlation_id=correlation_id,
        way=way,
        at=at,
        for_person_id=right.for_person,
    )
    return correlation_id


#: A reference as the history keeps it: the id to take it back by, the names to be read.
Told = dict[str, Any] | None


def person_told(person_id: int | None) -> Told:
    """Give a manager as the history keeps one."""
    row = Person.objects.filter(pk=person_id or 0).first()
    if row is None:
        return None
    return {"id": row.pk, "zh": row.name or row.name_en, "en": row.name_en or row.name}


def unit_told(unit_id: int | None) -> Told:
    """Give a unit as the history keeps one."""
    row = SalesUnit.objects.filter(pk=unit_id or 0).first()
    if row is None:
        return None
    return {"id": row.pk, "zh": row.name_zh or row.code, "en": row.name_en or row.code}


def account_told(row: Any) -> Told:
    """Give a parent account as the history keeps one."""
    return None if row is None else {"id": row.pk, "zh": row.name, "en": row.name_en or row.name}
