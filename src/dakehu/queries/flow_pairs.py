"""Where opportunities stood before and after some days: from entries, and what is carried.

A pair is where one stood and where it stands. Pairs of two days don't add up to pairs of both: who
went from A to B and on to C went from A to C. So what is carried are the pairs of each day, which
hold for all that moved on one day alone; who moved on several is told apart and read from entries.
Of the last days' weeks, which most ask for, the pairs of the week are carried, too.
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
#: A week that ends on a carried day; the one of today, of which six days can be carried; and the
#: same where yesterday is not yet carried, or was posted into since.
WEEKS = (5, 6, 7)
#: So many of the last carried days end weeks that are carried.
ENDS = 14


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

    Columns: "on", and as `week_sql` has them.
    """
    return _counted_sql('day AS "on", ', pairs_sql(_moves_of(start, end), by_day=True))


def week_sql(on: date, days: int) -> str:
    """Give the SQL of the pairs of the `days` up to and with `on` of the whole company, counted.

    Columns: `PAIR`, count, was_minor, now_minor; 0 and '' where there was no place.
    """
    end = on + DAY
    return _counted_sql("", pairs_sql(_moves_of(end - timedelta(days=days), end)))


def _moves_of(start: date, end: date) -> str:
    return (
        f'dakehu_entry e WHERE e."on" >= {day_literal(start)} AND e."on" < {day_literal(end)}'
        f" AND e.place >= 1 AND e.kind IN ({MOVES})"
    )


def _counted_sql(day: str, pairs: str) -> str:
    named = ", ".join(
        f"COALESCE({column}, {nothing}) AS {column}" for column, nothing in _NOTHING.items()
    )
    return (
        f"SELECT {day}{named}, COUNT(*) AS count, SUM(was_minor) AS was_minor,"
        f" SUM(now_minor) AS now_minor FROM ({pairs}) AS pairs"
        f" GROUP BY 1, 2, 3, 4, 5, 6{', 7' if day else ''}"
    )


def week_of(first: date, last: date, until: date) -> tuple[date, int]:
    """Give what is carried of the days after `first` … `last` as a week's end and length."""
    on = min(last, until - DAY)
    return on, (on - first).days


def carried_sql(first: date, last: date, until: date, *, week: bool) -> str:
    """Give the SQL that counts the whole company's pairs of the days after `first` … `last`.

    `until` is the first day that is not carried; `week` says that the days before it are carried
    as one. Who moved in several carried parts, or on a day that is not carried, is taken off the
    pairs of the parts and added as the one pair of all days. Of these all kinds are read: an index
    holds what the others cancel out to.
    """
    after, on, carried = map(day_literal, (first, last, until))
    within = f'"on" > {after} AND "on" <= {on}'
    of_parts = ", ".join(f"NULLIF({column}, {nothing})" for column, nothing in _NOTHING.items())
    if week:
        end, days = week_of(first, last, until)
        parts = f'"on" = {day_literal(end)} AND days = {days}'
        apart = f'"on" >= {carried} AND "on" <= {on} AND kind IN ({_MOVEMENTS})'
    else:
        parts = f'{within} AND "on" < {carried} AND days = 1'
        apart = (
            f"{within} AND kind IN ({_MOVEMENTS}) GROUP BY opportunity_id"
            f' HAVING MIN("on") < MAX("on") OR MAX("on") >= {carried}'
        )
    all_days = pairs_sql("moved e WHERE 1 = 1")
    each_part = pairs_sql(f'moved e WHERE e."on" < {carried}', by_day=not week)
    return (
        "WITH apart AS MATERIALIZED (SELECT opportunity_id FROM dakehu_movement"
        f" WHERE {apart}),"
        ' moved AS MATERIALIZED (SELECT e.opportunity_id, e."on", e.place, e.stage_id, e.currency,'
        " e.count, e.amount_minor FROM dakehu_entry e"
        " WHERE e.opportunity_id IN (SELECT opportunity_id FROM apart)"
        f' AND e."on" > {after} AND e."on" <= {on} AND e.place >= 1)'
        f" SELECT {PAIR}, SUM(n), SUM(was_minor), SUM(now_minor) FROM ("
        f"SELECT {PAIR}, 1 AS n, was_minor, now_minor FROM ({all_days}) AS whole"
        f" UNION ALL SELECT {PAIR}, -1, -was_minor, -now_minor FROM ({each_part}) AS part"
        f" UNION ALL SELECT {of_parts}, count, was_minor, now_minor FROM dakehu_flowsum"
        f" WHERE {parts}) AS pairs GROUP BY 1, 2, 3, 4, 5, 6"
        " HAVING SUM(n) <> 0 OR SUM(was_minor) <> 0 OR SUM(now_minor) <> 0"
    )
