"""Activities as somebody may see them: lists, one of them, names in a line of words."""

from dakehu.queries.activities.asked import activities_asked_for
from dakehu.queries.activities.list import (
    ActivityFilter,
    ActivityRow,
    ContactName,
    activities,
    activity_count,
    activity_rows,
    every_activity,
)
from dakehu.queries.activities.named import Named, NamedAccount, NamedContact, named_in
from dakehu.queries.activities.rights import right_to_change
from dakehu.queries.activities.single import (
    MOST_COLLEAGUES,
    ActivityPage,
    LogContext,
    activity,
    is_deal_not_moving,
    log_context,
    people_to_take_along,
)

__all__ = [
    "MOST_COLLEAGUES",
    "ActivityFilter",
    "ActivityPage",
    "ActivityRow",
    "ContactName",
    "LogContext",
    "Named",
    "NamedAccount",
    "NamedContact",
    "activities",
    "activities_asked_for",
    "activity",
    "activity_count",
    "activity_rows",
    "every_activity",
    "is_deal_not_moving",
    "log_context",
    "named_in",
    "people_to_take_along",
    "right_to_change",
]
