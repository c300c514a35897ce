"""The SQL of each part of a figure: one line for each row behind it, alike in their columns.

    part, grp, ref, shown, stage_id, own, currency, scope, phase, lines, n, amount, base, rank

`ref` is the opportunity or the sale, `shown` tells whether the reader may have its name, `lines`
is 0 where a line only carries an amount. SQL selects, groups and adds; Python weighs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from dakehu.core.access import Viewer
from dakehu.core.currency import Exchange
from dakehu.core.funnel import Rates, Scope
from dakehu.core.ledger import NO_MONTH, Place
from dakehu.core.periods import Period
from dakehu.models.visibility import visible_sql
from dakehu.queries.ledger import Where
from dakehu.queries.rows_behind.facts import Part

SCOPES: tuple[Scope, ...] = ("overdue", "in_period", "later", "undated")
_OPEN, _WON = int(Place.OPEN), int(Place.WON)


@dataclass(frozen=True, slots=True)
class Day:
    """A day that is asked about: whose positions, as known when, at which rates."""

    on: date
    where: Sequence[Where]
    known_at: datetime | None
    rates: Rates
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class Ask:
    """What every part is told: who asks, the day and the one a week before, the period."""

    viewer: Viewer
    today: date
    period: Period
    now: Day
    then: Day
    #: The place of each stage among all methods' stages: groups come in this order.
    order: Mapping[int, int]

    @property
    def same(self) -> bool:
        """Test if both days are asked with the same eyes: then a week is a range of days."""
        return (self.now.where, self.now.known_at) == (self.then.where, self.then.known_at)


Sql = tuple[str, list[Any]]


def lines_of(ask: Ask, number: int, part: Part) -> list[Sql]:
    """Give the lines of a part: one for each row that a page may show."""
    day = ask.then if part.week_ago else ask.now
    match part.what:
        case "open":
            return _open(ask, number, part, day)
        case "won":
            return _won(ask, number, [(*_so_far(ask, day), day, 1)])
        case "small":
            return _small(number, [(*_so_far(ask, day), day, 1)])
        case "won_change":
            return _won(ask, number, _of_the_week(ask))
        case "small_change":
            return _small(number, _of_the_week(ask))
        case "moved":
            return _moved(ask, number)


# --- open positions ----------------------------------------------------------------------------


def _open(ask: Ask, number: int, part: Part, day: Day) -> list[Sql]:
    """Give the positions held at the end of a day.

    What has not moved since stands as its row says; of the others those that were there on the day
    are added up from their entries (`ledger verify` proves the rows and their days). What was
    known at a moment is read from entries alone.
    """
    found = []
    for where in day.where:
        if day.known_at is None:
            found.append(standing(ask, number, part, day, where))
        if day.known_at is not None or day.on < ask.today:
            found.append(held_then(ask, number, part, day, where))
    return found


def standing(ask: Ask, number: int, part: Part, day: Day, where: Where) -> Sql:
    """Give what is open now and has not moved since the day, as its rows say."""
    condition, params = _narrowed(part, ask.period, "o.stage_id", "o.close_sort", date.max)
    scope, scope_params = _scope("o.close_sort", ask.period, date.max)
    sql = (
        f"SELECT {number} AS part, {_place(ask, 'o.stage_id')} AS grp, o.id AS ref,"
        f" {_shown(ask)} AS shown, o.stage_id AS stage_id, COALESCE(o.own_rate_bp, -1) AS own,"
        f" o.currency_id AS currency, {scope} AS scope, 1 AS phase, 1 AS lines, 1 AS n,"
        " o.amount_minor AS amount, 0 AS base, o.amount_minor AS rank"
        f" FROM dakehu_opportunity o WHERE o.place = {_OPEN} AND NOT o.voided"
        f" AND o.last_on <= %s AND {where.sql('o.', has_account=True)}{condition}"
    )
    return sql, [*scope_params, day.on, *params]


def held_then(
    ask: Ask,
    number: int,
    part: Part,
    day: Day,
    where: Where,
    *,
    only_voided: bool = False,
    least: int | None = None,
) -> Sql:
    """Give what was open on the day and has moved since, or of it what was deleted since.

    `least`: only of opportunities that held so much on any day.
    """
    condition, params = _narrowed(part, ask.period, "e.stage_id", "e.close_month", NO_MONTH)
    scope, scope_params = _scope("held.close_month", ask.period, NO_MONTH)
    if day.known_at is None:
        there, there_params = " AND d.last_on > %s AND d.created_on <= %s", [day.on, day.on]
    else:
        there, there_params = " AND e.recorded_at <= %s", [day.known_at]
    if only_voided:
        there += " AND d.voided"
    if least is not None:
        there += f" AND d.most_minor >= {int(least)}"
    columns = "e.stage_id, e.own_rate_bp, e.currency, e.close_month"
    row = "d.id, d.unit_id, d.owner_id, d.voided"
    sql = (
        f"SELECT {number}, {_place(ask, 'held.stage_id')}, held.id, {_shown(ask, 'held')},"
        f" held.stage_id, held.own_rate_bp, held.currency, {scope}, 1, 1, 1, held.amount, 0,"
        f" held.amount FROM (SELECT {row}, {columns}, SUM(e.amount_minor) AS amount"
        " FROM dakehu_opportunity d JOIN dakehu_entry e ON e.opportunity_id = d.id"
        f' WHERE e.place = {_OPEN} AND e."on" <= %s AND {where.sql("e.")}{there}{condition}'
        f" GROUP BY {row}, {columns} HAVING SUM(e.count) <> 0) AS held"
    )
    return sql, [*scope_params, day.on, *there_params, *params]


def _narrowed(part: Part, period: Period, stage: str, close: str, unknown: date) -> Sql:
    """Give the condition on stage and close date; periods start and end with months."""
    sql, params = "", list[Any]()
    if part.stages is not None:
        sql += f" AND {stage} IN ({_ids(part.stages)})"
    if part.scopes is not None:
        bounds = {
            "overdue": (f"{close} < %s", [period.start]),
            "in_period": (f"({close} >= %s AND {close} < %s)", [period.start, period.end]),
            "later": (f"({close} >= %s AND {close} < %s)", [period.end, unknown]),
            "undated": (f"{close} >= %s", [unknown]),
        }
        sql += f" AND ({' OR '.join(bounds[scope][0] for scope in part.scopes)})"
        params += [value for scope in part.scopes for value in bounds[scope][1]]
    return sql, params


def _scope(close: str, period: Period, unknown: date) -> Sql:
    sql = (
        f"CASE WHEN {close} >= %s THEN 3 WHEN {close} < %s THEN 0 WHEN {close} < %s THEN 1"
        " ELSE 2 END"
    )
    return sql, [unknown, period.start, period.end]


def _place(ask: Ask, column: str) -> str:
    cases = " ".join(f"WHEN {int(stage)} THEN {at}" for stage, at in ask.order.items())
    return f"CASE {column} {cases} ELSE {len(ask.order)} END" if cases else "0"


def _shown(ask: Ask, row: str = "o") -> str:
    return f"CASE WHEN NOT {row}.voided AND ({visible_sql(ask.viewer, row)}) THEN 1 ELSE 0 END"


def _ids(ids: Sequence[int]) -> str:
    return ", ".join(str(int(i)) for i in ids) or "0"


# --- wins and out-of-funnel sales ----------------------------------------------------------------

Span = tuple[date, date, Day, int]
"""First and last day, whose eyes, and 1, or -1 for what is taken off."""


def _so_far(ask: Ask, day: Day) -> tuple[date, date]:
    # What is won after the period is not of it, on whatever day it is asked.
    return ask.period.start, min(day.on, ask.period.last_day)


def _of_the_week(ask: Ask) -> list[Span]:
    first, last = _so_far(ask, ask.now)
    _first, before = _so_far(ask, ask.then)
    if ask.same:
        return [(max(first, min(before, last) + _DAY), last, ask.now, 1)]
    return [(first, last, ask.now, 1), (first, before, ask.then, -1)]


_DAY = date.resolution


def _flows(table: str, columns: str, condition: str, spans: Sequence[Span]) -> Sql:
    selects, params = [], list[Any]()
    has_account = table == "dakehu_smallsale"
    for first, last, day, sign in spans:
        known = "" if day.known_at is None else " AND recorded_at <= %s"
        for where in day.where if last >= first else ():
            selects.append(
                f"SELECT {columns.replace('+', '-' if sign < 0 else '')} FROM {table}"
                f' WHERE {condition} AND "on" >= %s AND "on" <= %s'
                f" AND {where.sql(has_account=has_account)}{known}"
            )
            params += [first, last, *([day.known_at] if day.known_at else [])]
    return " UNION ALL ".join(selects), params


def _won(ask: Ask, number: int, spans: Sequence[Span]) -> list[Sql]:
    flows, params = _flows(
        "dakehu_entry",
        "opportunity_id AS ref, currency, +count AS n, +amount_minor AS amount,"
        " +COALESCE(base_minor, 0) AS base",
        f"place = {_WON} AND place >= 2",
        spans,
    )
    if not flows:
        return []
    # A sale of an earlier period that was voided in this one is taken off its sum: less than 0.
    sql = (
        f"SELECT {number} AS part, 0 AS grp, o.id AS ref, {_shown(ask)} AS shown,"
        " 0 AS stage_id, -1 AS own, held.currency AS currency, 1 AS scope, 1 AS phase,"
        " 1 AS lines, held.n AS n, held.amount AS amount, held.base AS base,"
        " held.base AS rank FROM (SELECT ref, currency, SUM(n) AS n, SUM(amount) AS amount,"
        f" SUM(base) AS base FROM ({flows}) AS flows GROUP BY ref, currency"
        " HAVING SUM(n) <> 0 OR SUM(base) <> 0) AS held"
        " JOIN dakehu_opportunity o ON o.id = held.ref"
    )
    return [(sql, params)]


def _small(number: int, spans: Sequence[Span]) -> list[Sql]:
    flows, params = _flows(
        "dakehu_smallsale",
        "id AS ref, currency_id AS currency, +orders AS n, +amount_minor AS amount,"
        " +base_minor AS base",
        "1 = 1",
        spans,
    )
    if not flows:
        return []
    sql = (
        f"SELECT {number} AS part, 0 AS grp, ref, 1 AS shown, 0 AS stage_id, -1 AS own,"
        " currency, 1 AS scope, 1 AS phase, 1 AS lines, SUM(n) AS n, SUM(amount) AS amount,"
        f" SUM(base) AS base, SUM(base) AS rank FROM ({flows}) AS flows"
        " GROUP BY ref, currency HAVING SUM(n) <> 0 OR SUM(base) <> 0"
    )
    return [(sql, params)]


# --- what moved in the week ----------------------------------------------------------------------


def _moved(ask: Ask, number: int) -> list[Sql]:
    """Give what had a movement in the week up to the day, the largest first."""
    moved, params = _movers(ask)
    if not moved:
        return []
    sql = (
        f"SELECT {number} AS part, 0 AS grp, o.id AS ref, {_shown(ask)} AS shown,"
        " 0 AS stage_id, -1 AS own, o.currency_id AS currency, 1 AS scope, 1 AS phase,"
        " 1 AS lines, 1 AS n, 0 AS amount, 0 AS base, m.rank AS rank"
        f" FROM ({moved}) AS m JOIN dakehu_opportunity o ON o.id = m.ref"
    )
    return [(sql, params)]


def _movers(ask: Ask) -> Sql:
    selects, params = [], list[Any]()
    known = "" if ask.now.known_at is None else " AND recorded_at <= %s"
    for where in {*ask.now.where, *ask.then.where}:
        selects.append(
            "SELECT opportunity_id AS ref, ABS(amount_minor) AS size FROM dakehu_entry"
            f' WHERE "on" > %s AND "on" <= %s AND place = {_OPEN} AND {where.sql()}{known}'
        )
        params += [ask.then.on, ask.now.on, *([ask.now.known_at] if known else [])]
    if not selects:
        return "", []
    union = " UNION ALL ".join(selects)
    return f"SELECT ref, MAX(size) AS rank FROM ({union}) AS sizes GROUP BY ref", params


def cells_of_moved(ask: Ask, number: int, refs: Sequence[int] | None = None) -> list[Sql]:
    """Give what stood open before and after the week of all that moved in it, or of some.

    Phase 0 stood a week before the day, 1 on the day, 2 on both.
    """
    movers, mover_params = (_ids(refs), list[Any]()) if refs is not None else _movers(ask)
    if not movers:
        return []
    if refs is None:
        movers = f"SELECT ref FROM ({movers}) AS m"
    if ask.same:
        both = ('CASE WHEN e."on" <= %s THEN 2 ELSE 1 END', [ask.then.on], ask.now)
        phases: list[tuple[str, list[Any], Day]] = [both]
    else:
        phases = [("1", [], ask.now), ("0", [], ask.then)]
    scope, scope_params = _scope("e.close_month", ask.period, NO_MONTH)
    found = []
    for phase, phase_params, day in phases:
        known = "" if day.known_at is None else " AND e.recorded_at <= %s"
        last = [day.known_at] if day.known_at else []
        for where in day.where:
            sql = (
                f"SELECT {number}, 0, o.id, {_shown(ask)}, e.stage_id, e.own_rate_bp, e.currency,"
                f" {scope}, {phase}, 0, 0, e.amount_minor, 0, 0"
                " FROM dakehu_opportunity o JOIN dakehu_entry e ON e.opportunity_id = o.id"
                f' WHERE o.id IN ({movers}) AND e."on" <= %s AND e.place = {_OPEN}'
                f" AND {where.sql('e.')}{known}"
            )
            found.append((sql, [*scope_params, *phase_params, *mover_params, day.on, *last]))
    return found
