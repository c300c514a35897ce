"""What hangs on an account: said before it is deleted."""

from dataclasses import dataclass

from django.db.models import Q

from dakehu.core.access import Viewer
from dakehu.core.ledger import Place
from dakehu.models import Account, Activity, Attachment, Contact, Note, Opportunity
from dakehu.models.visibility import AccountQuerySet
from dakehu.queries.accounts.page import AccountPage, path_end


@dataclass(frozen=True, slots=True)
class AccountConsequences:
    """How much of what hangs on it, as far as the viewer may see; and what forbids deleting it."""

    contacts: int
    open: int
    decided: int
    activities: int
    notes: int
    files: int
    branches: int
    #: Some that hold it back are out of the viewer's sight: not told how many.
    hidden_open: bool
    hidden_branches: bool

    @property
    def is_held(self) -> bool:
        """Test if it can't be deleted as it stands."""
        return bool(self.open or self.branches or self.hidden_open or self.hidden_branches)


def account_consequences(*, viewer: Viewer, account: AccountPage) -> AccountConsequences:
    """Count what hangs on an account that the viewer may delete."""
    every = Opportunity.objects.filter(account_id=account.id, voided=False)
    seen = every.visible_to(viewer)
    below = (
        AccountQuerySet(Account)
        .standing()
        .filter(path__gt=account.path, path__lt=path_end(account.path))
    )
    branches = below.filter(pk__in=Account.visible_to(viewer).values("pk")).count()
    is_open = Q(place=Place.OPEN)
    opened = seen.filter(is_open).count()
    return AccountConsequences(
        contacts=Contact.objects.filter(account_id=account.id).count(),
        open=opened,
        decided=seen.exclude(is_open).count(),
        activities=Activity._base_manager.filter(
            account_id=account.id, deleted_at__isnull=True
        ).count(),
        notes=Note.objects.filter(account_id=account.id, deleted_at__isnull=True).count(),
        files=Attachment.objects.filter(account_id=account.id, deleted_at__isnull=True).count(),
        branches=branches,
        hidden_open=not opened and every.filter(is_open).exists(),
        hidden_branches=not branches and below.exists(),
    )
