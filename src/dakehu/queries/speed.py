"""How fast the funnel moves: conversion and median days of each stage, from the ledger (FUN-9).

Turns are the movements by which an opportunity comes to a stage or leaves it; what was taken
back, and what took it back, are left out.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connections

from dakehu.core.access import Viewer
from dakehu.core.errors import RuleBroken
from dakehu.core.ledger import Kind, Place
from dakehu.core.speed import TURNS, Decided, StageSpeed, Stays, stage_speed, window_start
from dakehu.queries.funnel import FunnelQuestion, person_in_sight, sight
from dakehu.queries.ledger import Where, day_literal, fetch
from dakehu.queries.snapshot import read_alias
from dakehu.queries.stays import (
    FORWARD,
    carried_stays,
    days_between_sql,
    not_taken_back,
    stays_sql,
)
from dakehu.queries.units import all_units

#: The company's medians are read of so many opportunities at most: evenly picked, they say the
#: same of a stage as all, and a list's page need not walk a million of them.
SAMPLE = 20_000
#: A median of fewer stays that ended says nothing, and might say whose they were.
FEWEST = 5
#: By any other turn an opportunity goes on, and comes to no stage a second time.
RETURNS = (Kind.METHOD_MOVED, Kind.REGRESSED, Kind.REOPENED, Kind.RESTORED)


@dataclass(frozen=True)
class FunnelSpeed:
    """Speed of every stage lineage in a window of days, both ends of it counted."""

    start: date
    end: date
    stages: Mapping[int, StageSpeed]


def funnel_speed(
    viewer: Viewer, *, question: FunnelQuestion, today: date, start: date | None = None
) -> FunnelSpeed:
    """Give conversion and median days of the stays that began in the window.

    The window is the twelve months that end with the day asked for. A stay belongs to the unit
    and owner that held the opportunity when it began, wherever it went. Raises what `funnel_on`
    raises.
    """
    if question.on > today:
        raise RuleBroken("funnel.future", on=question.on, today=today)
    if question.person_id is not None:
        person_in_sight(viewer, person_id=question.person_id)
    begin = start or window_start(question.on)
    where = sight(viewer, question, all_units(), question.on, today)
    return FunnelSpeed(
        begin, question.on, stage_speeds(where, begin, question.on, question.known_at)
    )


def stage_medians(viewer: Viewer, *, today: date) -> dict[int, int]:
    """Give the median days of each stage of the whole organisation, whoever asks (decision 14).

    Days of at least FEWEST stays that ended: no amount and no name.
    """
    del viewer
    found = stage_speeds([Where()], window_start(today), today, sample=SAMPLE)
    return {
        stage: speed.median_days
        for stage, speed in found.items()
        if speed.median_days is not None and speed.stays - speed.still_open >= FEWEST
    }


def stage_speeds(
    where: Sequence[Where],
    start: date,
    end: date,
    known_at: datetime | None = None,
    *,
    sample: int | None = None,
) -> dict[int, StageSpeed]:
    """Count entries, forward leavings and stays by length for each stage, in one question.

    Of the whole company from what is carried. Else with `sample` of about so many opportunities,
    every n-th of those there are.
    """
    if not where:
        return {}
    until = carried_stays(where, end, known_at)
    if until is not None:
        sql, params = stays_sql(start, end, until)
    else:
        sql, params = _walked_sql(where, (start, end), known_at, sample=sample)
    entered: dict[int, int] = defaultdict(int)
    went: dict[int, int] = defaultdict(int)
    stays_of: dict[int, list[Stays]] = defaultdict(list)
    for row in fetch(sql, params):
        what, stage, days, ended, forward, number = map(int, row)
        if what == 0:
            entered[stage] += number
            went[stage] += number * forward
            stays_of[stage].append(Stays(days, bool(ended), number))
        elif what == 1:
            entered[stage] -= number
        else:
            went[stage] -= number
    return {
        stage: stage_speed(entered[stage], went[stage], tuple(stays_of[stage])) for stage in entered
    }


def _walked_sql(
    where: Sequence[Where],
    window: tuple[date, date],
    known_at: datetime | None,
    *,
    sample: int | None,
) -> tuple[str, list[Any]]:
    """Give the SQL that walks the chains, with the columns of `stays.stays_sql`.

    An opportunity comes to a stage once, unless it went back, or left the funnel, in between: what
    came more often is counted apart, among the few that did.
    """
    stays, params = _stays_sql(where, window, known_at, sample=sample)
    again, more = _stays_sql(where, window, known_at, sample=sample, only_returned=True)
    sql = (
        "WITH often AS (SELECT stage_id, SUM(forward) AS forward, COUNT(*) AS number"
        f" FROM ({again}) AS stays GROUP BY stage_id, opportunity_id HAVING COUNT(*) > 1)"
        " SELECT 0 AS what, stage_id, days, ended, forward, COUNT(*) AS number"
        f" FROM ({stays}) AS stays GROUP BY 2, 3, 4, 5"
        " UNION ALL SELECT 1, stage_id, 0, 0, 0, SUM(number - 1) FROM often GROUP BY 2"
        " UNION ALL SELECT 2, stage_id, 0, 0, 0,"
        " SUM(forward - CASE WHEN forward > 0 THEN 1 ELSE 0 END) FROM often GROUP BY 2"
    )
    return sql, [*more, *params]


def _stays_sql(
    where: Sequence[Where],
    window: tuple[date, date],
    known_at: datetime | None,
    *,
    sample: int | None,
    only_returned: bool = False,
) -> tuple[str, list[Any]]:
    """Give the SQL of the stays begun in `where`: opportunity, stage, days, ended, left forward."""
    held = " OR ".join(f"({part.sql()})" for part in where)
    turns, params = _turns_sql(
        where, window, known_at=known_at, sample=sample, only_returned=only_returned
    )
    last = f"COALESCE(left_on, {day_literal(window[1])})"
    sql = (
        f"SELECT opportunity_id, stage_id, {days_between_sql(last, 'came_on')} AS days,"
        " CASE WHEN left_on IS NULL THEN 0 ELSE 1 END AS ended,"
        f" CASE WHEN left_by IN ({_listed(FORWARD)}) THEN 1 ELSE 0 END AS forward"
        f" FROM ({turns}) AS turns WHERE place = {int(Place.OPEN)} AND ({held})"
    )
    return sql, params


def _turns_sql(
    where: Sequence[Where],
    window: tuple[date, date],
    *,
    known_at: datetime | None,
    sample: int | None,
    only_returned: bool,
) -> tuple[str, list[Any]]:
    """Give the SQL of the window's turns of all opportunities that came in `where` then.

    Each row: where it came, and on which day and by which kind it left again (NULL: not yet). The
    index `entry_turn` holds all of it in the order of the window.
    """
    known = "" if known_at is None else " AND {0}.recorded_at <= %s"
    last: list[Any] = [known_at] if known_at else []
    first, final = map(day_literal, window)
    days = f'{{0}}."on" >= {first} AND {{0}}."on" <= {final}'
    seen, params = "", []
    if not any(part == Where() for part in where):
        among = " OR ".join(f"({part.sql('s.')})" for part in where)
        seen = (
            " AND e.opportunity_id IN (SELECT s.opportunity_id FROM dakehu_entry s"
            f" WHERE {days.format('s')} AND s.place = {int(Place.OPEN)}"
            f" AND s.count = 1 AND ({among}){known.format('s')})"
        )
        params = last
    if sample is not None:
        seen += (
            " AND e.opportunity_id IN (SELECT id FROM dakehu_opportunity WHERE id %% (1 +"
            f" (SELECT MAX(id) - MIN(id) FROM dakehu_opportunity) / {int(sample)}) = 0)"
        )
    if only_returned:
        seen += (
            " AND e.opportunity_id IN (SELECT b.opportunity_id FROM dakehu_movement b"
            f" WHERE {days.format('b')} AND b.kind IN ({_listed(RETURNS)}))"
        )
    # SQLite would rather look the days up and sort; a sign before the column says not to.
    of_chain = "e" if connections[read_alias()].vendor == "postgresql" else "+e"
    standing, more = not_taken_back("e", known_at)
    sql = (
        "SELECT e.opportunity_id, e.place, e.stage_id, e.unit_id, e.owner_id,"
        ' e."on" AS came_on, LEAD(e."on") OVER w AS left_on, LEAD(e.kind) OVER w AS left_by'
        f" FROM dakehu_entry e WHERE e.count = 1 AND e.kind IN ({_listed(TURNS)})"
        f" AND {days.format(of_chain)}{known.format('e')}{seen}{standing}"
        ' WINDOW w AS (PARTITION BY e.opportunity_id ORDER BY e."on", e.movement_id)'
    )
    return sql, [*last, *params, *more]


def _listed(kinds: Sequence[Kind]) -> str:
    return ", ".join(str(int(kind)) for kind in kinds)


def decided_by_stage(viewer: Viewer) -> dict[int, Decided]:
    """Count for each stage the opportunities in all units that were ever there and are decided.

    Each counts once, by its latest outcome; voided ones do not (FUN-9). Only those who keep the
    methods find the rates of the whole organisation; to others nothing is counted.
    """
    if not viewer.is_operator and not viewer.holds("method.edit"):
        return {}
    standing, _params = not_taken_back("e", None)
    rows = fetch(
        "SELECT s.stage_id, COUNT(*), SUM(CASE WHEN o.place = 2 THEN 1 ELSE 0 END) FROM ("
        " SELECT DISTINCT e.stage_id, e.opportunity_id FROM dakehu_entry e"
        f" WHERE e.count = 1 AND e.kind IN ({_listed(TURNS)})"
        f" AND e.place = {int(Place.OPEN)}{standing}) AS s"
        " JOIN dakehu_opportunity o ON o.id = s.opportunity_id"
        " WHERE o.place >= 2 AND o.voided = %s GROUP BY 1",
        [False],
    )
    return {stage: Decided(int(n), int(wins)) for stage, n, wins in rows}
