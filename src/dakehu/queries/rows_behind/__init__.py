"""The rows behind a figure of the funnel: every part of it, and what of it stays nameless."""

from dakehu.queries.rows_behind.facts import Behind, BehindRow, Elsewhere, Group, Part, What
from dakehu.queries.rows_behind.read import rows_behind

__all__ = ["Behind", "BehindRow", "Elsewhere", "Group", "Part", "What", "rows_behind"]
