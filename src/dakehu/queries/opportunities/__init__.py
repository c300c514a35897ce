"""Reading opportunities: the list, one of them, and what a form offers to choose from."""

from dakehu.queries.opportunities.choices import (
    AccountChoice,
    Choices,
    account_by_name,
    account_choices,
    accounts_by_id,
    choices,
    may_be_owner,
    owner_choices,
    product_choices,
    unit_choices,
)
from dakehu.queries.opportunities.consequences import (
    OpportunityConsequences,
    opportunity_consequences,
)
from dakehu.queries.opportunities.filters import (
    STATES,
    OpportunityFilter,
)
from dakehu.queries.opportunities.history import Event, FieldChange
from dakehu.queries.opportunities.list import (
    MOST_COUNTED,
    OpportunityPageOfList,
    OpportunityRow,
    every_opportunity,
    opportunities,
)
from dakehu.queries.opportunities.next_step import DealInPlace, deal_in_place
from dakehu.queries.opportunities.parts import RivalShown
from dakehu.queries.opportunities.similar import SimilarDeal, similar_won
from dakehu.queries.opportunities.single import OpportunityShown, opportunity
from dakehu.queries.opportunities.totals import Totals, opportunity_totals

__all__ = [
    "MOST_COUNTED",
    "STATES",
    "AccountChoice",
    "Choices",
    "DealInPlace",
    "Event",
    "FieldChange",
    "OpportunityConsequences",
    "OpportunityFilter",
    "OpportunityPageOfList",
    "OpportunityRow",
    "OpportunityShown",
    "RivalShown",
    "SimilarDeal",
    "Totals",
    "account_by_name",
    "account_choices",
    "accounts_by_id",
    "choices",
    "deal_in_place",
    "every_opportunity",
    "may_be_owner",
    "opportunities",
    "opportunity",
    "opportunity_consequences",
    "opportunity_totals",
    "owner_choices",
    "product_choices",
    "similar_won",
    "unit_choices",
]
