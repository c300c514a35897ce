"""The SQL of what a board's filter asks for, with holes for the set and for the column.

The ORM takes longer to write a question than the database to answer it: what a filter asks by
itself it writes once.
"""

from datetime import date
from functools import lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import Q

from dakehu.core.access import Viewer
from dakehu.models import Opportunity
from dakehu.queries.board.sight import SCOPE
from dakehu.queries.opportunities.filters import OpportunityFilter, asked_by_itself, narrowing
from dakehu.queries.organisation import Org

Sql = tuple[str, list[Any]]
#: Stands in the statement where the condition of a column goes.
HERE = "2 = 2 /* column */"


def asked_sql(
    viewer: Viewer,
    asked: OpportunityFilter,
    columns: tuple[str, ...],
    *,
    first: int = 0,
    today: date,
    org: Org,
) -> Sql | None:
    """Give the SQL of columns of all that the filter asks for, or of the `first` to close.

    It holds SCOPE, and with `first` HERE. None: nothing can fit.
    """
    if asked.stands_alone:
        me = viewer.person_id if asked.own else None
        written = _kept(asked, me, org.base_digits, columns, first)
    else:
        where = narrowing(viewer, asked, today=today, base_digits=org.base_digits)
        written = _written(where, columns, first)
    return None if written is None else (written[0], list(written[1]))


@lru_cache(maxsize=512)
def _kept(
    asked: OpportunityFilter, me: int | None, digits: int, columns: tuple[str, ...], first: int
) -> tuple[str, tuple[Any, ...]] | None:
    return _written(asked_by_itself(asked, me=me, base_digits=digits), columns, first)


def _written(where: Q, columns: tuple[str, ...], first: int) -> tuple[str, tuple[Any, ...]] | None:
    holes = [SCOPE, HERE] if first else [SCOPE]
    rows = Opportunity.objects.filter(where).extra(where=holes)  # noqa: S610  constants of ours
    rows = rows.order_by("close_sort", "id") if first else rows.order_by()
    asking = rows.values_list(*columns)
    try:
        text, params = (asking[:first] if first else asking).query.sql_with_params()
    except EmptyResultSet:
        return None
    return text, tuple(params)
