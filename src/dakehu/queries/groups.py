"""An account and all that hangs under it, as far as the funnel may be narrowed to it."""

from dataclasses import dataclass

from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound
from dakehu.models import Account, Opportunity


@dataclass(frozen=True, slots=True)
class AccountGroup:
    """The account at the head, and every account of its group that the viewer may know of."""

    id: int
    code: str
    name: str
    accounts: frozenset[int]


def account_group(viewer: Viewer, *, account_id: int) -> AccountGroup:
    """Give the group under an account. Raises NotFound("account.unknown") out of sight.

    In it are the accounts that the viewer sees, and those of opportunities that they see: whose
    account it is may be read with an opportunity, so figures narrowed to others would tell more.
    """
    root = (
        Account.visible_to(viewer).filter(pk=account_id).values_list("path", "code", "name").first()
    )
    if root is None:
        raise NotFound("account.unknown")
    path, code, name = root
    under = Account.objects.filter(path__startswith=path)
    if viewer.sees_all:
        return AccountGroup(account_id, code, name, frozenset(under.values_list("pk", flat=True)))
    seen = Account.visible_to(viewer).filter(path__startswith=path)
    told = Opportunity.objects.visible_to(viewer).filter(
        account__path__startswith=path, voided=False
    )
    return AccountGroup(
        account_id,
        code,
        name,
        frozenset(seen.values_list("pk", flat=True))
        | frozenset(told.order_by().values_list("account_id", flat=True).distinct()),
    )
