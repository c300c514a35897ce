"""Counts and sums of whole columns, of all that somebody may see: SQL adds, the core weighs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from dakehu.core.access import Viewer
from dakehu.core.funnel import Cell, Figure, Rates, sum_cells
from dakehu.core.money import from_minor
from dakehu.queries.board.asking import Sql, asked_sql
from dakehu.queries.board.columns import BoardQuestion, Column
from dakehu.queries.board.sight import SCOPE, scopes_of
from dakehu.queries.ledger import day_literal, fetch
from dakehu.queries.organisation import Org
from dakehu.queries.rates import exchange_on, win_rates


@dataclass(frozen=True, slots=True)
class ColumnSum:
    """What a column holds in all: count, amount and weighted amount in the base currency.

    `amounts` say the same per currency; `rate_bp` is the rate of a stage's column.
    """

    count: int
    amount: Figure
    weighted: Figure
    amounts: tuple[tuple[Decimal, str], ...]
    rate_bp: int | None = None


def rows_sql(
    viewer: Viewer,
    question: BoardQuestion,
    columns: tuple[str, ...],
    *,
    helps: bool,
    today: date,
    org: Org,
) -> Sql | None:
    """Give the SQL of columns of all rows that the filter asks for, each once; None: of none."""
    asking = asked_sql(viewer, question.asked, columns, today=today, org=org)
    scopes = scopes_of(viewer, helps=helps, apart=True)
    if asking is None or not scopes:
        return None
    text, params = asking
    parts = [text.replace(SCOPE, scope) for scope in scopes]
    return " UNION ALL ".join(parts), [*params] * len(parts)


class Tally(NamedTuple):
    """How many are alike, and what they add up to; `column` is the number of their column.

    By stage every tally is of one stage, of whichever method, and `column` says nothing.
    """

    column: int
    cell: Cell


def tallies(
    viewer: Viewer,
    question: BoardQuestion,
    columns: Sequence[Column],
    *,
    helps: bool,
    today: date,
    org: Org,
) -> list[Tally]:
    """Count and add what is alike in column, stage, own rate, currency, and in being overdue.

    By stage and category in the order of an index (`opp_company_tallies`), and what is overdue
    beside the rest: a hash of more keys would take twice as long in a large company.
    """
    which, numbers = _which(question, columns)
    wanted = ["stage_id", "own_rate_bp", "currency_id", "close_sort", "amount_minor"]
    wanted += {"owner": ["owner_id"], "category": ["category"]}.get(question.by, [])
    asked = rows_sql(viewer, question, tuple(wanted), helps=helps, today=today, org=org)
    if asked is None:
        return []
    held, params = asked
    among = ""
    if question.by == "owner":
        # Of two thousand owners a board shows a few.
        listed = ", ".join(str(column.owner_id) for column in columns) or "-1"
        among = f" WHERE owner_id IN ({listed})"
    late = f"FILTER (WHERE close_sort < {day_literal(today.replace(day=1))})"
    keys = ["stage_id", "currency_id", "own_rate_bp", *([which] if which else [])]
    rows = fetch(
        f"SELECT {which or '-1'} AS which, stage_id, own_rate_bp, currency_id, COUNT(*),"
        f" SUM(amount_minor), COUNT(*) {late}, SUM(amount_minor) {late}"
        f" FROM ({held}) AS held{among} GROUP BY {', '.join(keys)}",
        params,
    )
    found = []
    for key, stage, own, currency, count, minor, late_count, late_minor in rows:
        column = key if numbers is None else numbers.get(key, -1)
        overdue, of_overdue = int(late_count), int(late_minor or 0)
        if count > overdue:
            timely = Cell(
                stage, own, currency, "in_period", count - overdue, int(minor) - of_overdue
            )
            found.append(Tally(column, timely))
        if overdue:
            # An open one whose close month is over weighs nothing (FUN-2, decision 4).
            found.append(Tally(column, Cell(stage, own, currency, "overdue", overdue, of_overdue)))
    return found


def _which(question: BoardQuestion, columns: Sequence[Column]) -> tuple[str, dict[int, int] | None]:
    """Give the SQL that tells rows apart by column, and the column's number of what it gives.

    None where that is the number itself. Empty by stage, by which rows are told apart anyway.
    """
    match question.by:
        case "month":
            # The first whose end lies behind it: columns of months follow each other.
            told = [
                f"WHEN close_sort < {day_literal(column.end)} THEN {number}"
                for number, column in enumerate(columns)
                if column.end is not None
            ]
            return f"CASE {' '.join(told)} ELSE {len(told)} END", None
        case "owner":
            return "owner_id", {int(column.owner_id or 0): n for n, column in enumerate(columns)}
        case "category":
            return "category", {int(column.category or 0): n for n, column in enumerate(columns)}
    return "", None


def summed(
    found: Sequence[Tally], columns: Sequence[Column], today: date, org: Org
) -> dict[str, ColumnSum]:
    """Weigh what was added up: each by its owner's rate, else by its stage's (FUN-2)."""
    exchange = exchange_on((today,), base=org.base_currency)[today]
    rates: Rates = win_rates(org.win_rate_kind).on(today)
    by_column: dict[int, list[Cell]] = {}
    by_stage: dict[int, list[Cell]] = {}
    for tally in found:
        by_column.setdefault(tally.column, []).append(tally.cell)
        by_stage.setdefault(tally.cell.lineage_id, []).append(tally.cell)
    answer = {}
    for number, column in enumerate(columns):
        stage = column.stage_id
        cells = by_column.get(number, []) if stage is None else by_stage.get(stage, [])
        total = sum_cells(cells, rates, exchange)
        amounts = tuple(
            (from_minor(minor, exchange.digits[code]), code)
            for code, minor in total.amounts_minor.items()
        )
        rate = None if stage is None else rates.get(stage)
        answer[column.token] = ColumnSum(total.count, total.amount, total.weighted, amounts, rate)
    return answer


def count_by_stage(found: Sequence[Tally]) -> dict[int, int]:
    """Count what stands at each stage, of whichever method."""
    counts: dict[int, int] = {}
    for tally in found:
        stage = tally.cell.lineage_id
        counts[stage] = counts.get(stage, 0) + tally.cell.count
    return counts
