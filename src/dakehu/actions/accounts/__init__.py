"""Creating, editing, assigning, grouping, deleting and taking back changes of accounts."""

from dakehu.actions.accounts.create import create_account
from dakehu.actions.accounts.edit import assign_account, edit_account
from dakehu.actions.accounts.existence import delete_account, restore_account
from dakehu.actions.accounts.groups import move_account
from dakehu.actions.accounts.rows import lock_groups
from dakehu.core.past import ACCOUNT_FIELDS as FIELDS

__all__ = [
    "FIELDS",
    "assign_account",
    "create_account",
    "delete_account",
    "edit_account",
    "lock_groups",
    "move_account",
    "restore_account",
]
