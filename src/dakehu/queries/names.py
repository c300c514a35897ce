"""Accounts looked up by name or code, before anything is saved (first part of CUS-2)."""

from dataclasses import dataclass

from django.db.models import Q

from dakehu.core.access import Viewer
from dakehu.core.errors import RuleBroken
from dakehu.core.names import folded
from dakehu.models import Account, AccountName
from dakehu.models.visibility import AccountQuerySet
from dakehu.queries.accounts import unit_name


@dataclass(frozen=True, slots=True)
class SameName:
    """An account of the same name; masked, with its unit only, where it is out of sight."""

    id: int | None
    name: str
    unit_name: str


def account_by_code(*, viewer: Viewer, code: str) -> int:
    """Give the account of a code, or the only one of that name.

    Raises RuleBroken("account.unknown_code") out of sight too, and where several have the name.
    """
    seen = Account.visible_to(viewer)
    found = list(seen.filter(code=code).values_list("pk", flat=True)[:1])
    if not found and folded(code):
        found = list(seen.filter(folded=folded(code)[:200]).values_list("pk", flat=True)[:2])
    if len(found) != 1:
        raise RuleBroken("account.unknown_code", field="parent_id", text=code)
    return int(found[0])


def account_code(*, viewer: Viewer, account_id: int | None) -> str:
    """Give the code of an account in sight; empty for none."""
    if account_id is None:
        return ""
    rows = Account.visible_to(viewer).filter(pk=account_id)
    return str(rows.values_list("code", flat=True).first() or "")


def same_name(*, viewer: Viewer, name: str, beyond_sight: bool) -> tuple[SameName, ...]:
    """Give accounts whose name or alias is exactly this one, folded (first part of CUS-2).

    Of one out of sight only the masked name and its unit are given, and never more than three in
    all: the answer is of use to somebody who knows the name, and to nobody who guesses. Whoever
    asks beyond their sight goes through `actions.names.look_up_name`, which counts and records it.
    """
    key = folded(name)
    if not key:
        return ()
    aliased = AccountName.objects.filter(folded=key).values("account_id")
    every = AccountQuerySet(Account)
    rows = (
        (every.standing() if beyond_sight else every.visible_to(viewer))
        .filter(Q(folded=key) | Q(pk__in=aliased))
        .select_related("unit")
        .order_by("id")[:3]
    )
    found = list(rows)
    visible = set(
        Account.visible_to(viewer)
        .filter(pk__in=[row.pk for row in found])
        .values_list("pk", flat=True)
    )
    return tuple(
        SameName(
            id=row.pk if row.pk in visible else None,
            name=row.name if row.pk in visible else masked(row.name),
            unit_name=unit_name(row.unit, viewer),
        )
        for row in found
    )


def masked(name: str) -> str:
    """Give what may be shown of a name out of sight: its first and its last character."""
    return f"{name[:1]}***{name[-1:]}" if len(name) > 2 else f"{name[:1]}***"
