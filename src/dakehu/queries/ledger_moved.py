"""What movements between two days did to the open positions, by kind (FUN-5).

The whole company is read from its turnover: whole months, and the days at both ends. Other parts
of it, and what is not carried yet, are read entry by entry.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from dakehu.core.funnel import Cell
from dakehu.core.ledger import NO_MONTH, Kind, Place
from dakehu.core.periods import Period, whole_months
from dakehu.models import Turnover
from dakehu.queries.ledger import SCOPES, Where, carried_until, fetch, is_company


def shrunk_sql(kind_of_movement: str) -> str:
    """Give the flag that `core.ledger.shrank` gives: of an amount that changed, if it shrank.

    A mirror, told by the kind of its movement, belongs to the bar that it takes back. The entry
    is `e`.
    """
    mirror = f"({kind_of_movement}) = {int(Kind.REVERSED)}"
    return (
        f"CASE WHEN e.kind <> {int(Kind.AMOUNT_CHANGED)} OR e.amount_minor = 0 THEN 0"
        f" WHEN {mirror} THEN CASE WHEN e.amount_minor > 0 THEN 1 ELSE 0 END"
        " WHEN e.amount_minor < 0 THEN 1 ELSE 0 END"
    )


@dataclass(frozen=True, slots=True)
class MovedCell:
    """What movements of a kind did to open positions that are alike; amount changes by sign."""

    kind: Kind
    shrunk: bool
    cell: Cell


def moved_cells(
    where: Sequence[Where],
    *,
    start: date,
    end: date,
    period: Period,
    known_at: datetime | None = None,
) -> list[MovedCell]:
    """Sum the movements of the days start … end (end left out) by kind, stage and currency.

    Amount changes are split by sign here, entry by entry: a sum would hide what shrank. What was
    taken back is netted where it was counted: a mirrored growth is no shrinking.
    """
    if not where or end <= start:
        return []
    selects: list[str] = []
    params: list[Any] = []
    for part in where:
        since = start
        if is_company([part]) and known_at is None:
            for span, begin, finish in _carried_spans(start, end):
                selects.append(
                    "SELECT kind, shrunk, stage_id, own_rate_bp, currency, close_month, count,"
                    f" amount_minor FROM dakehu_turnover WHERE span = {int(span)}"
                    f' AND "on" >= %s AND "on" < %s AND place = {int(Place.OPEN)}'
                )
                params += [begin, finish]
            since = max(start, carried_until())
        if since < end:
            for sql, needed in _moved_by_entries(part, since, end, known_at):
                selects.append(sql)
                params += needed
    rows = fetch(
        "SELECT kind, shrunk, stage_id, own_rate_bp, currency,"
        " CASE WHEN close_month = %s THEN 3 WHEN close_month < %s THEN 0"
        " WHEN close_month < %s THEN 1 ELSE 2 END AS scope, SUM(count), SUM(amount_minor)"
        f" FROM ({' UNION ALL '.join(selects)}) AS moved"
        " GROUP BY 1, 2, 3, 4, 5, 6 HAVING SUM(count) <> 0 OR SUM(amount_minor) <> 0"
        " ORDER BY 1, 2, 3, 4, 5, 6",
        [NO_MONTH, period.start.replace(day=1), period.end, *params],
    )
    return [
        MovedCell(
            Kind(kind),
            bool(less),
            Cell(
                stage,
                None if own < 0 else own,
                currency,
                SCOPES[scope],
                int(n),
                int(amount),
            ),
        )
        for kind, less, stage, own, currency, scope, n, amount in rows
    ]


def _carried_spans(start: date, end: date) -> list[tuple[Turnover.Span, date, date]]:
    """Cut the carried days of [start, end) into whole months and the days before and after."""
    end = min(end, carried_until())
    first, after = whole_months(start, end)
    cuts = [
        (Turnover.Span.DAY, start, min(first, end)),
        (Turnover.Span.MONTH, first, after),
        (Turnover.Span.DAY, max(after, start), end),
    ]
    return [(span, begin, finish) for span, begin, finish in cuts if begin < finish]


def _moved_by_entries(
    part: Where, start: date, end: date, known_at: datetime | None
) -> list[tuple[str, list[Any]]]:
    """Give the statements, with what they need, that add up movements entry by entry."""
    known = "" if known_at is None else " AND e.recorded_at <= %s"
    columns = "e.stage_id, e.own_rate_bp, e.currency, e.close_month"
    changed = int(Kind.AMOUNT_CHANGED)
    sign = f"CASE WHEN e.kind = {changed} AND e.amount_minor < 0 THEN 1 ELSE 0 END"
    of_days = (
        f'e."on" >= %s AND e."on" < %s AND e.place = {int(Place.OPEN)} AND {part.sql("e.")}{known}'
    )
    entries = f" FROM dakehu_entry e WHERE {of_days}"
    mirrors = (
        " FROM dakehu_movement m JOIN dakehu_entry e ON e.movement_id = m.id"
        f' WHERE m.kind = {int(Kind.REVERSED)} AND m."on" >= %s AND m."on" < %s'
        f" AND e.kind = {changed} AND e.amount_minor <> 0 AND {of_days}"
    )
    days, last = [start, end], ([known_at] if known_at else [])
    return [
        (
            f"SELECT e.kind, {sign} AS shrunk, {columns}, e.count, e.amount_minor{entries}",
            [*days, *last],
        ),
        # Rare, and kept apart so that the sum above stays within its index: a mirror leaves
        # the bar of its own sign and joins that of what it takes back.
        (
            f"SELECT e.kind, {sign}, {columns}, -e.count, -e.amount_minor{mirrors}",
            [*days, *days, *last],
        ),
        (
            f"SELECT e.kind, 1 - {sign}, {columns}, e.count, e.amount_minor{mirrors}",
            [*days, *days, *last],
        ),
    ]
