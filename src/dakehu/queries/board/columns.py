"""What the columns of a board are: stages of a method, owners, forecast categories, close months.

A column is a condition on the rows of the list: the board narrows as the list does, and each
column once more.
"""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal, get_args

from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound, RuleBroken
from dakehu.core.ledger import Category
from dakehu.queries.funnel.facts import MethodLabel, method_labels
from dakehu.queries.ledger import day_literal
from dakehu.queries.opportunities.filters import OpportunityFilter
from dakehu.queries.units import all_units

By = Literal["stage", "owner", "category", "month"]
WAYS: tuple[By, ...] = get_args(By)
#: The months that a board by close month names one by one, from the present one on.
MONTHS = 6
#: Where no close date is known `close_sort` is the last day there is.
_UNDATED = date.max
_TABLE = "dakehu_opportunity"


@dataclass(frozen=True, slots=True)
class BoardQuestion:
    """What a board is asked for: the filter of the list, and what its columns are."""

    asked: OpportunityFilter
    by: By = "stage"

    @property
    def open_only(self) -> "BoardQuestion":
        """Give the same of open opportunities: nothing else stands on a board."""
        return replace(self, asked=replace(self.asked, state="open"))


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name in the URL and the page, what it holds, and whether cards go there.

    `name` is that of a stage or a person; the others are worded by the page. `start` and `end`
    bound the close dates, [start, end).
    """

    token: str
    name: str = ""
    stage_id: int | None = None
    stage_key: str = ""
    owner_id: int | None = None
    category: Category | None = None
    start: date | None = None
    end: date | None = None
    #: Whether a card may be dropped there at all.
    takes: bool = True

    def sql(self) -> str:
        """Give the condition; ids and days are ours, so they stand in the text."""
        if self.stage_id is not None:
            return f"{_TABLE}.stage_id = {int(self.stage_id)}"
        if self.owner_id is not None:
            return f"{_TABLE}.owner_id = {int(self.owner_id)}"
        if self.category is not None:
            return f"{_TABLE}.category = {int(self.category)}"
        bounds = [(">=", self.start), ("<", self.end)]
        told = [f"{_TABLE}.close_sort {sign} {day_literal(day)}" for sign, day in bounds if day]
        return " AND ".join(told) or "1 = 1"


#: What a column's row of VALUES is compared with, where all columns are asked for at once.
LATERAL: dict[By, str] = {
    "stage": f"{_TABLE}.stage_id = col.what",
    "owner": f"{_TABLE}.owner_id = col.what",
    "category": f"{_TABLE}.category = col.what",
    "month": f"{_TABLE}.close_sort BETWEEN col.since AND col.until",
}


def values_sql(columns: Sequence[Column], by: By) -> str:
    """Give the columns as a table `col` of PostgreSQL: their number, and what they hold."""
    rows = []
    for number, column in enumerate(columns):
        if by == "month":
            since = day_literal(column.start or date.min)
            until = day_literal(column.end - timedelta(days=1) if column.end else date.max)
            rows.append(f"({number}, DATE {since}, DATE {until})")
        else:
            held = {"stage": column.stage_id, "owner": column.owner_id, "category": column.category}
            rows.append(f"({number}, {int(held[by] or 0)})")
    names = "number, since, until" if by == "month" else "number, what"
    return f"(VALUES {', '.join(rows)}) AS col ({names})"


def by_of(text: str) -> By:
    """Read what the columns are. RuleBroken `board.unknown_columns`."""
    for way in WAYS:
        if way == text:
            return way
    if text:
        raise RuleBroken("board.unknown_columns", by=text[:40])
    return "stage"


def stage_columns(method: MethodLabel, language: str, only: int | None) -> tuple[Column, ...]:
    """Give a column per open stage of a method; of one stage where the filter asks for it."""
    english = language.startswith("en")
    return tuple(
        Column(
            f"stage-{stage.key}",
            (stage.name_en or stage.name_zh) if english else (stage.name_zh or stage.name_en),
            stage_id=stage.lineage_id,
            stage_key=stage.key,
        )
        for stage in method.open_stages
        if only in (None, stage.lineage_id)
    )


def category_columns(only: int | None) -> tuple[Column, ...]:
    """Give a column per forecast category that an open opportunity can have."""
    return tuple(
        Column(f"category-{int(category)}", category=category)
        for category in (Category.OMITTED, Category.PIPELINE, Category.BEST_CASE, Category.COMMIT)
        if only in (None, int(category))
    )


def month_columns(today: date) -> tuple[Column, ...]:
    """Give what is overdue, this month and the next five, what closes later, and without a date."""
    first = today.replace(day=1)
    months = [month_after(first, n) for n in range(MONTHS + 1)]
    named = [
        Column(f"month-{start:%Y-%m}", start=start, end=end) for start, end in pairwise(months)
    ]
    return (
        Column("month-overdue", end=first, takes=False),
        *named,
        Column("month-later", start=months[-1], end=_UNDATED, takes=False),
        Column("month-none", start=_UNDATED, takes=False),
    )


def month_after(month: date, months: int) -> date:
    """Give the first day of the month so many months later."""
    turn = month.year * 12 + month.month - 1 + months
    return date(turn // 12, turn % 12 + 1, 1)


def same_day_in(month: date, day: date | None) -> date:
    """Give the day of another month: the same of its days, or its last where there is none."""
    last = monthrange(month.year, month.month)[1]
    return month.replace(day=last if day is None else min(day.day, last))


def method_of(viewer: Viewer, asked: OpportunityFilter, today: date) -> MethodLabel | None:
    """Give the method asked for, or that of the filter's stage, or the unit's; None: none says.

    The unit is the one of the filter, else the viewer's own; where it names no method, the
    nearest above that does. NotFound `method.unknown`, `stage.unknown`.
    """
    labels = method_labels()
    if asked.stage_id is not None:
        for label in labels:
            if any(stage.lineage_id == asked.stage_id for stage in label.stages):
                return label
        raise NotFound("stage.unknown", stage=asked.stage_id)
    if asked.method_id is not None:
        return _method(labels, asked.method_id)
    units = all_units()
    tree = units.tree(today, with_closed=True)
    own = [asked.unit_id] if asked.unit_id is not None else [r.unit_id for r in viewer.reaches]
    for unit in own:
        for above in reversed(tree.path(unit) if unit in tree else ()):
            wanted = units.names[above].method_id
            if wanted is not None:
                return _method(labels, wanted)
    return None


def _method(labels: Iterable[MethodLabel], method_id: int) -> MethodLabel:
    for label in labels:
        if label.id == method_id:
            return label
    raise NotFound("method.unknown", method=method_id)
