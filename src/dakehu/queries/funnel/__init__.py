"""The funnel of any day: stage tables, the indicators, and whose they are (FUN-2, FUN-5, FUN-6)."""

from dakehu.queries.funnel.day import WEEK, funnel_on, shown_for_base
from dakehu.queries.funnel.facts import (
    Closed,
    FunnelOnDay,
    FunnelQuestion,
    MethodFunnel,
    MethodLabel,
    StageLabel,
    method_labels,
)
from dakehu.queries.funnel.whose import (
    person_in_sight,
    quota_asked,
    quota_subject,
    sight,
    threshold_in_use,
    week_known_at,
)

__all__ = [
    "WEEK", "Closed", "FunnelOnDay", "FunnelQuestion", "MethodFunnel", "MethodLabel",
    "StageLabel", "funnel_on", "method_labels", "person_in_sight", "quota_asked", "quota_subject",
    "shown_for_base", "sight", "threshold_in_use", "week_known_at",
]  # fmt: skip
