"""How fast this machine is now, beside the one on which peers and targets were measured.

The same plain statements over the same made-up 100,000 rows as on 2026-11-21 (2 cores, PostgreSQL
15.20, SQLite 3.40.1, Python 3.11): machines of one kind differ by more than a target leaves room
for, and so do hours on one machine.
"""

import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.db import connection

#: Opportunities in each stage of the peers' data set, and the probability of the stage.
STAGES = (
    (29_872, 10), (21_967, 30), (11_990, 50), (12_189, 60), (6_924, 80), (10_923, 100), (6_135, 0),
)  # fmt: skip
OWNERS, TIMES = 200, 9
CREATE = (
    "CREATE {} bench_floor (id integer PRIMARY KEY, owner integer, stage integer,"
    " cents bigint, probability integer, close_on date, name varchar(60))"
)
BY_STAGE = (
    "SELECT stage, COUNT(*), SUM(cents), SUM(cents * probability) FROM bench_floor GROUP BY 1"
)
BY_MONTH = "SELECT {}, owner, COUNT(*), SUM(cents) FROM bench_floor WHERE stage < 5 GROUP BY 1, 2"
#: The statements of each engine without an index, and their median milliseconds on that machine.
FLOORS = {
    "sqlite": {BY_STAGE: 28.0, BY_MONTH.format("substr(close_on, 1, 7)"): 76.0},
    "postgresql": {BY_STAGE: 15.0, BY_MONTH.format("date_trunc('month', close_on)"): 40.0},
}
Row = tuple[int, int, int, int, int, str, str]


def slowness() -> float:
    """Give how many times as long this machine takes now for the same plain SQL (geometric mean).

    SQLite's statements always, PostgreSQL's where the company that is measured lies there.
    """
    rows = _rows()
    ratios = _on_sqlite(rows)
    if connection.vendor == "postgresql":
        ratios += _on_postgresql(rows)
    return statistics.geometric_mean(ratios)


def _rows() -> list[Row]:
    rng = random.Random(42)
    middle = date(2026, 11, 15)
    rows = []
    for stage, (many, probability) in enumerate(STAGES):
        for _ in range(many):
            pk, cents = len(rows) + 1, int(rng.lognormvariate(9.5, 1) * 100)
            close_on = str(middle + timedelta(days=rng.randrange(-365, 365)))
            owner = rng.randrange(OWNERS)
            rows.append((pk, owner, stage, cents, probability, close_on, f"Opportunity {pk}"))
    rng.shuffle(rows)
    return rows


def _on_sqlite(rows: list[Row]) -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        database = sqlite3.connect(Path(folder) / "floor.sqlite3")
        try:
            database.execute("PRAGMA journal_mode = wal")
            database.execute(CREATE.format("TABLE"))
            marks = ", ".join("?" * len(rows[0]))
            database.executemany(f"INSERT INTO bench_floor VALUES ({marks})", rows)
            database.commit()
            return _ratios("sqlite", lambda sql: database.execute(sql).fetchall())
        finally:
            database.close()


def _on_postgresql(rows: list[Row]) -> list[float]:
    with connection.cursor() as cursor:

        def ask(sql: str) -> list[Any]:
            cursor.execute(sql)
            found: list[Any] = cursor.fetchall()
            return found

        cursor.execute("SHOW max_parallel_workers_per_gather")
        parallel = int(cursor.fetchone()[0])
        cursor.execute(CREATE.format("TEMPORARY TABLE"))
        try:
            with cursor.copy("COPY bench_floor FROM STDIN") as copying:
                for row in rows:
                    copying.write_row(row)
            cursor.execute("ANALYZE bench_floor")
            cursor.execute("SET max_parallel_workers_per_gather = 0")
            return _ratios("postgresql", ask)
        finally:
            cursor.execute(f"SET max_parallel_workers_per_gather = {parallel}")
            cursor.execute("DROP TABLE bench_floor")


def _ratios(engine: str, ask: Callable[[str], object]) -> list[float]:
    return [_taken(ask, sql) / there for sql, there in FLOORS[engine].items()]


def _taken(ask: Callable[[str], object], sql: str) -> float:
    taken = []
    for turn in range(TIMES + 3):
        begun = time.perf_counter()
        ask(sql)
        if turn >= 3:
            taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken)
