"""Where opportunities stood before and after some days: from entries, and what is carried.

A pair is where one stood and where it stands. Pairs of two days don't add up to pairs of both: who
went from A to B and on to C went from A to C. So what is carried are the pairs of each day, which
hold for all that moved on one day alone; who moved on several is told apart and read from entries.
"""

from datetime import date, timedelta

from dakehu.core.ledger import Kind
from dakehu.core.speed import TURNS
from dakehu.queries.ledger import day_literal

DAY = timedelta(days=1)
#: Of the whole company no other kinds move anything from place to place, or change what it holds.
MOVES = ", ".join(str(int(kind)) for kind in (*TURNS, Kind.AMOUNT_CHANGED))
_MOVEMENTS = f"{MOVES}, {int(Kind.REVERSED)}"
PAIR = "was_place, was_stage, was_code, now_place, now_stage, now_code"
#: What stands where there was no place.
_NOTHING = {column: "''" if column.endswith("code") else "0" for column in PAIR.split(", ")}
#: In longer spans most move on several days: reading all entries is quicker.
LONGEST = timedelta(days=45)


def pairs_sql(entries: str, *, by_day: bool = False) -> str:
    """Give the SQL of the pairs of entries `e` (FROM … WHERE …), of all days or of each."""
    day, of_day = ('e."on" AS day, ', "day, ") if by_day else ("", "")
    changes = (
        f"SELECT {day}e.opportunity_id, e.place, e.stage_id, e.currency, SUM(e.count) AS n,"
        f" SUM(e.amount_minor) AS minor FROM {entries}"
        f" GROUP BY {of_day}e.opportunity_id, e.place, e.stage_id, e.currency"
        " HAVING SUM(e.count) <> 0"
    )

    def of(condition: str, column: str) -> str:
        return f"MAX(CASE WHEN {condition} THEN {column} END)"

    return (
        f"SELECT {of_day}opportunity_id, {of('n < 0', 'place')} AS was_place,"
        f" {of('n < 0', 'stage_id')} AS was_stage, {of('n < 0', 'currency')} AS was_code,"
        f" {of('n > 0', 'place')} AS now_place, {of('n > 0', 'stage_id')} AS now_stage,"
        f" {of('n > 0', 'currency')} AS now_code,"
        " SUM(CASE WHEN n < 0 THEN -minor ELSE 0 END) AS was_minor,"
        " SUM(CASE WHEN n > 0 THEN minor ELSE 0 END) AS now_minor"
        f" FROM ({changes}) AS changes GROUP BY {of_day}opportunity_id"
    )


def days_sql(start: date, end: date) -> str:
    """Give the SQL of the pairs of each day of [start, end) of the whole company, counted.

    Columns as `FlowSum` has them; 0 and '' where there was no place.
    """
    entries = (
        f'dakehu_entry e WHERE e."on" >= {day_literal(start)} AND e."on" < {day_literal(end)}'
        f" AND e.place >= 1 AND e.kind IN ({MOVES})"
    )
    named = ", ".join(
        f"COALESCE({column}, {nothing}) AS {column}" for column, nothing in _NOTHING.items()
    )
    return (
        f'SELECT day AS "on", {named}, COUNT(*) AS count, SUM(was_minor) AS was_minor,'
        f" SUM(now_minor) AS now_minor FROM ({pairs_sql(entries, by_day=True)}) AS pairs"
        " GROUP BY 1, 2, 3, 4, 5, 6, 7"
    )


def carried_sql(first: date, last: date, until: date) -> str:
    """Give the SQL that counts the whole company's pairs of the days after `first` … `last`.

    `until` is the first day that is not carried. Who moved on several days, or on one that is not
    carried, is taken off the pairs of days and added as the one pair of all of them. Of these all
    kinds are read: an index holds what the others cancel out to.
    """
    after, on, carried = map(day_literal, (first, last, until))
    within = f'"on" > {after} AND "on" <= {on}'
    of_days = ", ".join(f"NULLIF({column}, {nothing})" for column, nothing in _NOTHING.items())
    all_days = pairs_sql("moved e WHERE 1 = 1")
    each_day = pairs_sql(f'moved e WHERE e."on" < {carried}', by_day=True)
    return (
        "WITH apart AS MATERIALIZED (SELECT opportunity_id FROM dakehu_movement"
        f" WHERE {within} AND kind IN ({_MOVEMENTS}) GROUP BY opportunity_id"
        f' HAVING MIN("on") < MAX("on") OR MAX("on") >= {carried}),'
        ' moved AS MATERIALIZED (SELECT e.opportunity_id, e."on", e.place, e.stage_id, e.currency,'
        " e.count, e.amount_minor FROM dakehu_entry e"
        " WHERE e.opportunity_id IN (SELECT opportunity_id FROM apart)"
        f' AND e."on" > {after} AND e."on" <= {on} AND e.place >= 1)'
        f" SELECT {PAIR}, SUM(n), SUM(was_minor), SUM(now_minor) FROM ("
        f"SELECT {PAIR}, 1 AS n, was_minor, now_minor FROM ({all_days}) AS whole"
        f" UNION ALL SELECT {PAIR}, -1, -was_minor, -now_minor FROM ({each_day}) AS days"
        f" UNION ALL SELECT {of_days}, count, was_minor, now_minor FROM dakehu_flowsum"
        f' WHERE {within} AND "on" < {carried}) AS pairs GROUP BY 1, 2, 3, 4, 5, 6'
        " HAVING SUM(n) <> 0 OR SUM(was_minor) <> 0 OR SUM(now_minor) <> 0"
    )
