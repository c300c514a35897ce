"""Quotas of people and units: the one of a period, the rows it is made of, the year's grid."""

from dakehu.queries.quotas.find import QuotaFound, QuotaRow, quota_for, quota_of_rows, quota_rows
from dakehu.queries.quotas.grid import (
    MOST_ROWS,
    Cell,
    GridRow,
    QuotaGrid,
    Seated,
    may_set_quota,
    people_seated,
    quota_grid,
)

__all__ = [
    "MOST_ROWS", "Cell", "GridRow", "QuotaFound", "QuotaGrid", "QuotaRow", "Seated",
    "may_set_quota", "people_seated", "quota_for", "quota_grid", "quota_of_rows", "quota_rows",
]  # fmt: skip
