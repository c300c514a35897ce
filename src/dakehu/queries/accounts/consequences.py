"""What hangs on an account: said before it is deleted."""

from dataclasses import dataclass

from django.db import connections

from dakehu.core.access import Viewer
from dakehu.models.visibility import visible_accounts_sql, visible_sql
from dakehu.queries.accounts.page import AccountPage, path_end
from dakehu.queries.snapshot import read_alias


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


_COUNTS = """
SELECT
  (SELECT COUNT(*) FROM dakehu_contact c WHERE c.account_id = %s AND c.deleted_at IS NULL),
  (SELECT COUNT(*) FROM dakehu_opportunity o WHERE {of} AND o.place = 1 AND ({seen})),
  (SELECT COUNT(*) FROM dakehu_opportunity o WHERE {of} AND o.place <> 1 AND ({seen})),
  (SELECT COUNT(*) FROM dakehu_opportunity o WHERE {of} AND o.place = 1),
  (SELECT COUNT(*) FROM dakehu_activity t WHERE t.account_id = %s AND t.deleted_at IS NULL),
  (SELECT COUNT(*) FROM dakehu_note n WHERE n.account_id = %s AND n.deleted_at IS NULL),
  (SELECT COUNT(*) FROM dakehu_attachment f WHERE f.account_id = %s AND f.deleted_at IS NULL),
  (SELECT COUNT(*) FROM dakehu_account a WHERE a.path > %s AND a.path < %s AND ({there})),
  (SELECT COUNT(*) FROM dakehu_account a WHERE a.path > %s AND a.path < %s
    AND a.deleted_at IS NULL)
"""


def account_consequences(*, viewer: Viewer, account: AccountPage) -> AccountConsequences:
    """Count what hangs on an account that the viewer may delete: one question."""
    sql = _COUNTS.format(
        of="o.account_id = %s AND NOT o.voided",
        seen=visible_sql(viewer, "o"),
        there=visible_accounts_sql(viewer, "a"),
    )
    below = [account.path, path_end(account.path)]
    with connections[read_alias()].cursor() as cursor:
        cursor.execute(sql, [*[account.id] * 7, *below, *below])
        contacts, opened, decided, every, activities, notes, files, branches, all_below = (
            cursor.fetchone()
        )
    return AccountConsequences(
        contacts=contacts,
        open=opened,
        decided=decided,
        activities=activities,
        notes=notes,
        files=files,
        branches=branches,
        hidden_open=every > opened and not opened,
        hidden_branches=all_below > branches and not branches,
    )
