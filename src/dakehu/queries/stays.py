"""Stays in stages of the whole company, from what is carried of them and from entries (FUN-9).

Carried are stays that are alike: those that ended by month and by day, those that began, and
those that stood open at the start of a month. What is not carried yet is told by the chains of
what turned meanwhile.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connections

from dakehu.core.ledger import Kind, Place
from dakehu.core.periods import next_month
from dakehu.core.speed import TURNS
from dakehu.models import StaySum
from dakehu.queries.ledger import Where, day_literal, is_company
from dakehu.queries.organisation import organisation
from dakehu.queries.snapshot import read_alias

FORWARD = (Kind.ADVANCED, Kind.WON)
DAY = timedelta(days=1)
Span = StaySum.Span
#: What a row of sums tells, in this order.
COLUMNS = 'span, "on", came, stage_id, days, forward, number'

Sql = tuple[str, list[Any]]


def carried_until(where: Sequence[Where], known_at: datetime | None) -> date | None:
    """Give the first day whose stays and leaks are not carried, None where sums can't answer.

    They hold the whole company, as known now.
    """
    if known_at is not None or not is_company(where):
        return None
    return organisation().stays_until


def carried_stays(where: Sequence[Where], on: date, known_at: datetime | None) -> date | None:
    """Give the first day whose stays are not carried, None where a day is read from all chains.

    What is missing is walked as the chains that turned since: worth it for two months or so.
    """
    until = carried_until(where, known_at)
    if until is None or on.replace(day=1) > next_month(next_month(until.replace(day=1))):
        return None
    return until


def stays_sql(begin: date, on: date, until: date) -> Sql:
    """Give the SQL of the stays begun on the days begin … on: what, stage, days, ended, forward, n.

    `what` is 0 of stays; 1 and 2 count those to take off, because the opportunity had come to the
    stage, or had left it forward, within the window before. `until` is the first day whose stays
    are not carried. Whole months end with that of `until` or `on`; days are read from there on.
    """
    first = min(on, until).replace(day=1)
    whole = begin if begin.day == 1 else next_month(begin)
    b, w, f, last = map(day_literal, (begin, whole, first, on))
    still = days_between_sql(last, "came")
    lately, params = turned_sql(until, on + DAY) if until <= on else ("", [])

    def months(span: Span, told: str, condition: str) -> list[str]:
        named = f"SELECT 0 AS what, stage_id, {told}, number FROM dakehu_staysum"
        return [f"{named} WHERE span = {int(span)} AND {condition}"]

    def days(span: Span, told: str, since: str, *, what: int = 0, sign: str = "") -> list[str]:
        """Give the days since `since`: those carried, and those that are not yet."""
        where = f'span = {int(span)} AND "on" >= {since} AND "on" <= {last} AND came >= {b}'
        carried = f'dakehu_staysum WHERE {where} AND "on" < {day_literal(until)}'
        sources = [carried, *([f"lately WHERE {where}"] if lately else [])]
        return [f"SELECT {what}, stage_id, {told}, {sign}number FROM {one}" for one in sources]

    ended, open_still, none = "days, 1 AS ended, forward", f"{still}, 0, 0", "0, 0, 0"
    selects = [
        *months(Span.ENDED_MONTH, ended, f'"on" >= {w} AND "on" < {f} AND came >= {w}'),
        *days(Span.ENDED_DAY, ended, f),
        *months(Span.OPEN_MONTH, open_still, f'"on" = {f} AND came >= {b}'),
        *days(Span.CAME_DAY, open_still, f),
        *days(Span.ENDED_DAY, open_still, f, sign="-"),
        *days(Span.AGAIN_DAY, none, b, what=1),
        *days(Span.FORWARD_AGAIN_DAY, none, b, what=2),
    ]
    if begin < whole:
        selects += months(Span.ENDED_DAY, ended, f'came >= {b} AND came < {w} AND "on" < {f}')
    sums = (
        "SELECT what, stage_id, days, ended, forward, SUM(number) AS number"
        f" FROM ({' UNION ALL '.join(selects)}) AS stays GROUP BY 1, 2, 3, 4, 5"
        " HAVING SUM(number) <> 0"
    )
    return (f"WITH lately AS ({lately}) {sums}" if lately else sums), params


def turned_sql(start: date, end: date) -> Sql:
    """Give the SQL that counts, as sums of days have it, what came and went on [start, end).

    Only the chains of what turned in these days are walked.
    """
    first, final = day_literal(start), day_literal(end)
    turns = ", ".join(str(int(kind)) for kind in TURNS)
    forward = ", ".join(str(int(kind)) for kind in FORWARD)
    standing, params = not_taken_back("e", None)
    chains = (
        "SELECT e.opportunity_id, e.place, e.stage_id, e.movement_id,"
        ' e."on" AS came_on, LEAD(e."on") OVER w AS left_on, LEAD(e.kind) OVER w AS left_by'
        " FROM dakehu_entry e WHERE e.opportunity_id IN (SELECT m.opportunity_id"
        f' FROM dakehu_movement m WHERE m."on" >= {first} AND m."on" < {final}'
        f" AND m.kind IN ({turns})) AND e.count = 1 AND e.kind IN ({turns})"
        f' AND {_chain("e")}."on" < {final}{standing}'
        ' WINDOW w AS (PARTITION BY e.opportunity_id ORDER BY e."on", e.movement_id)'
    )
    stays = (
        "SELECT opportunity_id, stage_id, movement_id, came_on, left_on,"
        f" CASE WHEN left_by IN ({forward}) THEN 1 ELSE 0 END AS forward,"
        " LAG(came_on) OVER s AS before,"
        f" LAG(came_on) OVER (PARTITION BY opportunity_id, stage_id,"
        f" CASE WHEN left_by IN ({forward}) THEN 1 ELSE 0 END ORDER BY came_on, movement_id)"
        f" AS alike_before FROM ({chains}) AS chains WHERE place = {int(Place.OPEN)}"
        " WINDOW s AS (PARTITION BY opportunity_id, stage_id ORDER BY came_on, movement_id)"
    )
    # A sum of whole numbers is quicker than one of long ones, which would be a decimal.
    length, number = days_between_sql("left_on", "came_on"), "CAST(COUNT(*) AS integer)"
    sums = [
        (
            f'SELECT {int(Span.ENDED_DAY)} AS span, left_on AS "on", came_on AS came, stage_id,'
            f" {length} AS days, forward, {number} AS number FROM stays"
            f" WHERE left_on >= {first} GROUP BY 2, 3, 4, 5, 6"
        ),
        (
            f"SELECT {int(Span.CAME_DAY)}, came_on, came_on, stage_id, 0, 0, {number} FROM stays"
            f" WHERE came_on >= {first} GROUP BY 2, 3, 4"
        ),
        (
            f"SELECT {int(Span.AGAIN_DAY)}, came_on, before, stage_id, 0, 0, {number} FROM stays"
            f" WHERE came_on >= {first} AND before IS NOT NULL GROUP BY 2, 3, 4"
        ),
        (
            f"SELECT {int(Span.FORWARD_AGAIN_DAY)}, left_on, alike_before, stage_id, 0, 0, {number}"
            f" FROM stays WHERE forward = 1 AND left_on >= {first} AND alike_before IS NOT NULL"
            " GROUP BY 2, 3, 4"
        ),
    ]
    return f"WITH stays AS ({stays}) {' UNION ALL '.join(sums)}", params


def not_taken_back(entry: str, known_at: datetime | None) -> Sql:
    """Give the condition that an entry's movement is no mirror and was not mirrored (FUN-5).

    One list of both: few were taken back, or many after an import was, and either way it is
    looked up once and not for each entry. PostgreSQL joins it and SQLite keeps it; the other's
    way is slow in each.
    """
    known = "" if known_at is None else " AND r.recorded_at <= %s"
    back = (
        "SELECT r.reverses_id AS id FROM dakehu_movement r"
        f" WHERE r.reverses_id IS NOT NULL{known} UNION ALL SELECT r.id FROM dakehu_movement r"
        " WHERE r.reverses_id IS NOT NULL"
    )
    if not is_sqlite():
        sql = (
            f" AND NOT EXISTS (SELECT 1 FROM ({back}) AS back WHERE back.id = {entry}.movement_id)"
        )
    else:
        sql = f" AND {entry}.movement_id NOT IN ({back})"
    return sql, [known_at] if known_at else []


def days_between_sql(later: str, earlier: str) -> str:
    """Give the SQL of whole days between two days."""
    if not is_sqlite():
        return f"(CAST({later} AS date) - {earlier})"
    return f"CAST(ROUND(julianday({later}) - julianday({earlier})) AS INTEGER)"


def month_of(column: str) -> str:
    """Give the SQL of the first day of a day's month."""
    if is_sqlite():
        return f"STRFTIME('%%Y-%%m-01', {column})"
    return f"CAST(DATE_TRUNC('month', {column}) AS DATE)"


def _chain(entry: str) -> str:
    """Give an entry's alias for its day: SQLite would rather look days up and sort (a sign)."""
    return f"+{entry}" if is_sqlite() else entry


def is_sqlite() -> bool:
    """Test which engine reads."""
    return connections[read_alias()].vendor == "sqlite"
