"""Accounts: the list, one account with its group, its figures rolled up, and the rows behind."""

from dakehu.queries.accounts.behind import AccountBehind, AccountBehindRow, account_behind
from dakehu.queries.accounts.consequences import AccountConsequences, account_consequences
from dakehu.queries.accounts.list import (
    ORDERS,
    AccountChoices,
    AccountFilter,
    AccountRow,
    account_choices,
    account_count,
    accounts,
    every_account,
    unit_name,
)
from dakehu.queries.accounts.moves import GroupMove, group_move
from dakehu.queries.accounts.page import (
    CONTACTS_SHOWN,
    DECIDED_SHOWN,
    OPPORTUNITIES_SHOWN,
    AccountOpportunity,
    AccountPage,
    AccountPerson,
    GroupMember,
    account,
    account_opportunities,
    account_people,
)
from dakehu.queries.accounts.rollup import Figures, MemberFigures, RollUp, roll_up

__all__ = [
    "CONTACTS_SHOWN",
    "DECIDED_SHOWN",
    "OPPORTUNITIES_SHOWN",
    "ORDERS",
    "AccountBehind",
    "AccountBehindRow",
    "AccountChoices",
    "AccountConsequences",
    "AccountFilter",
    "AccountOpportunity",
    "AccountPage",
    "AccountPerson",
    "AccountRow",
    "Figures",
    "GroupMember",
    "GroupMove",
    "MemberFigures",
    "RollUp",
    "account",
    "account_behind",
    "account_choices",
    "account_consequences",
    "account_count",
    "account_opportunities",
    "account_people",
    "accounts",
    "every_account",
    "group_move",
    "roll_up",
    "unit_name",
]
