"""Open positions at the end of several days, in one question to the database (FUN-5).

`open_on_days` reads each day from its own carried month: days far apart. `open_by_steps` reads
one balance and the entries since, split at each day: days close together.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from dakehu.core.funnel import Cell
from dakehu.core.ledger import NO_MONTH, Place
from dakehu.core.periods import Period
from dakehu.queries.ledger import SCOPES, Where, carried_before, fetch, open_sources

_OPEN = f"place = {int(Place.OPEN)}"


@dataclass(frozen=True, slots=True)
class StageSum:
    """What stood open at a stage at the end of a day, in one currency."""

    stage_id: int
    currency: str
    count: int
    amount_minor: int


def _month(where: Sequence[Where], day: date, known_at: datetime | None) -> date | None:
    """Give the carried month to start from; None where entries alone can answer."""
    if known_at is not None or any(part.accounts is not None for part in where):
        return None
    return carried_before(day)


def open_on_days(
    where_on: Mapping[date, Sequence[Where]],
    *,
    stages: Sequence[int],
    known_at: datetime | None = None,
) -> dict[date, tuple[StageSum, ...]]:
    """Sum the open positions of some stages at the end of each day, each seen through its own."""
    listed = ", ".join(str(int(stage)) for stage in sorted(stages))
    if not listed:
        return dict.fromkeys(where_on, ())
    days = sorted(where_on)
    selects: list[str] = []
    params: list[Any] = []
    for number, day in enumerate(days):
        month = _month(where_on[day], day, known_at)
        for part in where_on[day]:
            for source in open_sources(part, month, day, known_at):
                selects.append(
                    f"SELECT {number} AS day, stage_id, currency, SUM(count) AS n,"
                    f" SUM(amount_minor) AS minor FROM {source.sql} AND stage_id IN ({listed})"
                    " GROUP BY 2, 3"
                )
                params += source.params
    found: dict[date, list[StageSum]] = {day: [] for day in days}
    if selects:
        sql = (
            "SELECT day, stage_id, currency, SUM(n), SUM(minor) FROM"
            f" ({' UNION ALL '.join(selects)}) AS days GROUP BY 1, 2, 3"
        )
        for number, stage, currency, n, minor in fetch(sql, params):
            found[days[number]].append(StageSum(stage, currency, int(n), int(minor)))
    return {day: tuple(rows) for day, rows in found.items()}


def open_by_steps(
    where: Sequence[Where],
    *,
    days: Sequence[date],
    period: Period,
    known_at: datetime | None = None,
) -> dict[date, tuple[Cell, ...]]:
    """Sum the open positions at the end of each day, in one pass over the entries between them."""
    days = sorted(set(days))
    if not where or not days:
        return dict.fromkeys(days, ())
    month = _month(where, days[0], known_at)
    steps = "".join(f" WHEN \"on\" <= '{day.isoformat()}' THEN {n}" for n, day in enumerate(days))
    scope = (
        "CASE WHEN close_month = %s THEN 3 WHEN close_month < %s THEN 0"
        " WHEN close_month < %s THEN 1 ELSE 2 END"
    )
    scoped = [NO_MONTH, period.start.replace(day=1), period.end]
    selects: list[str] = []
    params: list[Any] = []
    for part in where:
        for source in open_sources(part, month, days[-1], known_at):
            step = f"CASE{steps} END" if source.day else "0"
            selects.append(
                f"SELECT {step} AS step, stage_id, own_rate_bp, currency, {scope} AS scope,"
                f" SUM(count) AS n, SUM(amount_minor) AS minor FROM {source.sql}"
                " GROUP BY 1, 2, 3, 4, 5"
            )
            params += [*scoped, *source.params]
    rows = fetch(
        "SELECT step, stage_id, own_rate_bp, currency, scope, SUM(n), SUM(minor) FROM"
        f" ({' UNION ALL '.join(selects)}) AS steps GROUP BY 1, 2, 3, 4, 5",
        params,
    )
    return _running(rows, days)


def _running(rows: Sequence[Sequence[Any]], days: Sequence[date]) -> dict[date, tuple[Cell, ...]]:
    by_step: dict[int, list[Sequence[Any]]] = defaultdict(list)
    for row in rows:
        by_step[row[0]].append(row)
    held: dict[tuple[Any, ...], list[int]] = {}
    found: dict[date, tuple[Cell, ...]] = {}
    for step, day in enumerate(days):
        for _step, stage, own, currency, scope, n, minor in by_step[step]:
            sums = held.setdefault((stage, own, currency, scope), [0, 0])
            sums[0] += int(n)
            sums[1] += int(minor)
        found[day] = tuple(
            Cell(stage, None if own < 0 else own, currency, SCOPES[scope], n, minor)
            for (stage, own, currency, scope), (n, minor) in sorted(held.items())
            if n or minor
        )
    return found


def same_sight(
    where_on: Mapping[date, Sequence[Where]],
) -> list[tuple[Sequence[Where], list[date]]]:
    """Group days in order by what is seen on them: one pass serves days of one tree."""
    days = sorted(where_on)
    groups: list[tuple[Sequence[Where], list[date]]] = []
    if days:
        groups.append((where_on[days[0]], [days[0]]))
    for before, day in pairwise(days):
        if where_on[day] == where_on[before]:
            groups[-1][1].append(day)
        else:
            groups.append((where_on[day], [day]))
    return groups


def any_entry_by(
    where: Sequence[Where],
    *,
    day: date,
    stages: Sequence[int],
    known_at: datetime | None = None,
) -> bool:
    """Test if something had ever stood at one of the stages by the end of a day."""
    listed = ", ".join(str(int(stage)) for stage in sorted(stages)) or "-1"
    known = "" if known_at is None else " AND recorded_at <= %s"
    for part in where:
        rows = fetch(
            f'SELECT 1 FROM dakehu_entry WHERE "on" <= %s AND {_OPEN}'
            f" AND stage_id IN ({listed}) AND {part.sql()}{known} LIMIT 1",
            [day, *([known_at] if known_at else [])],
        )
        if rows:
            return True
    return False
