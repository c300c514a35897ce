"""The flow between stages: where each opportunity stood on one day and stands on another."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from dakehu.core.access import Viewer
from dakehu.core.currency import Exchange
from dakehu.core.funnel import ZERO, Figure, known
from dakehu.core.ledger import Place
from dakehu.models import FlowSum
from dakehu.queries.compare import (
    Moved,
    MovedRow,
    Span,
    checked_segments,
    known_by_then,
    page_of_moved,
)
from dakehu.queries.flow_pairs import (
    LONGEST,
    MOVES,
    PAIR,
    WEEKS,
    carried_sql,
    pairs_sql,
    week_of,
)
from dakehu.queries.funnel import FunnelQuestion, sight
from dakehu.queries.ledger import DayCells, Where, day_literal, fetch, is_company, open_cells
from dakehu.queries.organisation import organisation
from dakehu.queries.rates import exchange_on
from dakehu.queries.stays import carried_until
from dakehu.queries.units import all_units
from dakehu.queries.waterfall import stages_of

DAY = timedelta(days=1)
#: Where an opportunity stands that is not open in sight: an outcome, or outside of it.
OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Flow:
    """How many went from where they stood at the opening to where they stand at the close.

    A place is a stage's lineage, 'won', 'lost', 'abandoned', or 'outside': not there yet, voided,
    or with others. The amount is that of the close, of what left that of the opening.
    """

    was: int | str
    now: int | str
    count: int
    amount: Figure


def stage_flow(
    viewer: Viewer, *, question: FunnelQuestion, span: Span, today: date
) -> tuple[Flow, ...]:
    """Give the flow between stages of one method (or all) between two days, who stayed included.

    Each day is seen in its own tree: what a reorganisation brought came from outside.
    """
    checked_segments(viewer, question, span, today)
    units, stages = all_units(), stages_of(span.method_key)
    first, last = span.start - DAY, span.end - DAY
    was, now = (sight(viewer, question, units, day, today) for day in (first, last))
    if not was and not now:
        return ()
    org = organisation()
    exchange = exchange_on((last,), base=org.base_currency, known_at=question.known_at)[last]
    at = exchange.restated(question.currency or org.base_currency)
    sums: dict[tuple[int | str, int | str], _Money] = defaultdict(_Money)
    left: dict[int, int] = defaultdict(int)
    arrived: dict[int, _Money] = defaultdict(_Money)
    for row in fetch(*_flow_sql(question, first, last, was, now)):
        was_place, was_stage, was_code, now_place, now_stage, now_code, n, before, after = row
        key = (_named(was_place, was_stage), _named(now_place, now_stage))
        if now_place is None:
            sums[key].add(int(n), was_code, int(before))
        else:
            sums[key].add(int(n), now_code, int(after))
        if isinstance(key[0], int):
            left[key[0]] += int(n)
        if isinstance(key[1], int):
            arrived[key[1]].add(int(n), now_code, int(after))
    if was == now:
        days = open_cells(was, on=last, before=first, period=None, known_at=question.known_at)
        _add_stayed(sums, days, left, arrived)
    return tuple(
        Flow(*key, money.count, money.worth(at))
        for key, money in sums.items()
        if money.count
        and any(isinstance(one, int) and (stages is None or one in stages) for one in key)
    )


@dataclass
class _Money:
    """A count, and minor units per currency."""

    count: int = 0
    minor: dict[str, int] = field(default_factory=dict)

    def add(self, count: int, currency: str, minor: int) -> None:
        self.count += count
        self.minor[currency] = self.minor.get(currency, 0) + minor

    def worth(self, exchange: Exchange) -> Figure:
        total = known(0)
        for currency, minor in self.minor.items():
            value = exchange.value(minor, currency)
            total = total + Figure(value, None if value is not None else "no_exchange_rate")
        return total


def _add_stayed(
    sums: dict[tuple[int | str, int | str], _Money],
    days: DayCells,
    left: Mapping[int, int],
    arrived: Mapping[int, _Money],
) -> None:
    """Add who stayed at their stage: of the opening those who did not leave it.

    What they hold is what stands there at the close, less what came.
    """
    for cell in days.before:
        sums[cell.lineage_id, cell.lineage_id].count += cell.count
    for stage, count in left.items():
        sums[stage, stage].count -= count
    for cell in days.now:
        sums[cell.lineage_id, cell.lineage_id].add(0, cell.currency, cell.amount_minor)
    for stage, money in arrived.items():
        for currency, minor in money.minor.items():
            sums[stage, stage].add(0, currency, -minor)


def _flow_sql(
    question: FunnelQuestion,
    first: date,
    last: date,
    was: Sequence[Where],
    now: Sequence[Where],
) -> tuple[str, list[Any]]:
    """Give the SQL that counts the pairs; seen alike, only what moved between is looked at."""
    until = carried_until(was, question.known_at) if was == now else None
    if until is not None and first + DAY < until and last - first <= LONGEST:
        on, days = week_of(first, last, until)
        week = days in WEEKS and FlowSum.objects.filter(on=on, days=days).exists()
        return carried_sql(first, last, until, week=week), []
    pairs, params = _pairs_sql(question, first, last, was, now, only_moved=was == now)
    sql = (
        f"SELECT {PAIR}, COUNT(*),"
        f" SUM(was_minor), SUM(now_minor) FROM ({pairs}) AS pairs GROUP BY 1, 2, 3, 4, 5, 6"
    )
    return sql, params


def _pairs_sql(
    question: FunnelQuestion,
    first: date,
    last: date,
    was_where: Sequence[Where],
    now_where: Sequence[Where],
    *,
    only_moved: bool,
) -> tuple[str, list[Any]]:
    """Give the SQL that finds the place of each opportunity on both days.

    `only_moved`, where both days are seen alike: of those who stand elsewhere at the close, told
    by what they left and what they came to meanwhile.
    """
    if only_moved:
        return _changed_sql(question, first, last, was_where)
    known_by, moment = known_by_then(question)
    was = " OR ".join(f"({part.sql('e.')})" for part in was_where) or "1 = 0"
    now = " OR ".join(f"({part.sql('e.')})" for part in now_where) or "1 = 0"
    opening = day_literal(first)
    early, late = f'e."on" <= {opening} AND ({was})', f"({now})"

    def of(condition: str, column: str) -> str:
        return f"SUM(CASE WHEN {condition} THEN e.{column} ELSE 0 END)"

    positions = (
        "SELECT e.opportunity_id, e.place, e.stage_id, e.currency,"
        f" {of(early, 'count')} AS was_n, {of(late, 'count')} AS now_n,"
        f" {of(early, 'amount_minor')} AS was_minor, {of(late, 'amount_minor')} AS now_minor"
        f' FROM dakehu_entry e WHERE e."on" <= {day_literal(last)} AND e.place >= 1'
        f" AND (({was}) OR ({now}))"
        f"{known_by} GROUP BY 1, 2, 3, 4"
    )
    sql = (
        "SELECT opportunity_id, MAX(CASE WHEN was_n <> 0 THEN place END) AS was_place,"
        " MAX(CASE WHEN was_n <> 0 THEN stage_id END) AS was_stage,"
        " MAX(CASE WHEN was_n <> 0 THEN currency END) AS was_code,"
        " MAX(CASE WHEN now_n <> 0 THEN place END) AS now_place,"
        " MAX(CASE WHEN now_n <> 0 THEN stage_id END) AS now_stage,"
        " MAX(CASE WHEN now_n <> 0 THEN currency END) AS now_code,"
        " SUM(CASE WHEN was_n <> 0 THEN was_minor ELSE 0 END) AS was_minor,"
        " SUM(CASE WHEN now_n <> 0 THEN now_minor ELSE 0 END) AS now_minor"
        f" FROM ({positions}) AS positions WHERE was_n <> 0 OR now_n <> 0 GROUP BY 1"
    )
    return sql, moment


def _changed_sql(
    question: FunnelQuestion, first: date, last: date, where: Sequence[Where]
) -> tuple[str, list[Any]]:
    known_by, moment = known_by_then(question)
    if is_company(where):
        known_by += f" AND e.kind IN ({MOVES})"
    seen = " OR ".join(f"({part.sql('e.')})" for part in where) or "1 = 0"
    entries = (
        f'dakehu_entry e WHERE e."on" > {day_literal(first)} AND e."on" <= {day_literal(last)}'
        f" AND e.place >= 1 AND ({seen}){known_by}"
    )
    return pairs_sql(entries), moment


def flow_rows(
    viewer: Viewer,
    *,
    question: FunnelQuestion,
    span: Span,
    was: int | str,
    now: int | str,
    today: date,
    offset: int = 0,
    limit: int = 20,
) -> Moved:
    """Give the opportunities behind one flow, the largest first; places as `Flow` has them."""
    checked_segments(viewer, question, span, today)
    units, org = all_units(), organisation()
    shown = question.currency or org.base_currency
    first, last = span.start - DAY, span.end - DAY
    seen_was, seen_now = (sight(viewer, question, units, day, today) for day in (first, last))
    if not seen_was and not seen_now:
        return Moved(shown, (), 0, 0, known(0), None)
    pairs, params = _pairs_sql(
        question, first, last, seen_was, seen_now, only_moved=seen_was == seen_now and was != now
    )
    sql = (
        "SELECT opportunity_id, COALESCE(now_code, was_code),"
        " CASE WHEN now_code IS NULL THEN was_minor ELSE now_minor END"
        f" FROM ({pairs}) AS pairs WHERE {_at('was', was)} AND {_at('now', now)}"
    )
    exchange = exchange_on((last,), base=org.base_currency, known_at=question.known_at)[last]
    at = exchange.restated(shown)
    rows = []
    for pk, code, minor in fetch(sql, params):
        money = _Money(1, {str(code): int(minor)})
        rows.append(MovedRow(int(pk), "", "", "", (), 1, money.worth(at), ZERO, ZERO))
    return page_of_moved(viewer, shown, rows, offset=offset, limit=limit)


def _at(day: str, place: int | str) -> str:
    if place == OUTSIDE:
        return f"{day}_place IS NULL"
    if isinstance(place, int):
        return f"{day}_place = {int(Place.OPEN)} AND {day}_stage = {int(place)}"
    return f"{day}_place = {int(Place[place.upper()])}"


def _named(place: int | None, stage: int | None) -> int | str:
    if place is None:
        return OUTSIDE
    if place == Place.OPEN:
        return int(stage or 0)
    return Place(place).name.lower()
