"""One run: build a company, then time pages, actions and the plain SQL of the same questions.

Prints progress on stderr and one line of JSON at the end on stdout.
"""

import importlib
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402  Django must stand before its models
from django.core.management import call_command  # noqa: E402
from django.db import connection, connections  # noqa: E402

from bench.questions import actions, floors, pages  # noqa: E402
from dakehu.actions.demo import build  # noqa: E402
from dakehu.core.access import operator  # noqa: E402
from dakehu.models import Entry, Opportunity  # noqa: E402
from dakehu.queries.organisation import organisation  # noqa: E402

WARM = 5


@dataclass
class Measured:
    """One line of the report: milliseconds, queries of one call, and what was asked."""

    name: str
    median: float
    p95: float
    queries: int
    sql: float
    floor: float | None = None
    target: float | None = None
    note: str = ""


class Counter:
    """Counts the queries on every alias, and the milliseconds that they take."""

    def __init__(self) -> None:
        self.count = 0
        self.taken = 0.0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.count += 1
        begun = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.taken += (time.perf_counter() - begun) * 1000


def say(text: str) -> None:
    """Tell how far the run is."""
    print(f"{datetime.now(UTC):%H:%M:%S} {text}", file=sys.stderr, flush=True)


def timed(ask: Callable[[], object], times: int) -> tuple[float, float, int, float]:
    """Give median and p95 in milliseconds over `times` calls, warm; queries of one, and in them."""
    ask()
    counters = [counted(ask) for _ in range(WARM)]
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - begun) * 1000)
    taken.sort()
    p95 = taken[max(0, round(0.95 * len(taken)) - 1)]
    in_sql = statistics.median(counter.taken for counter in counters)
    return statistics.median(taken), p95, counters[0].count, in_sql


def counted(ask: Callable[[], object]) -> Counter:
    """Ask once and give what was asked of the database meanwhile."""
    counter = Counter()
    with ExitStack() as stack:
        for alias in connections:
            stack.enter_context(connections[alias].execute_wrapper(counter))
        ask()
    return counter


def prepare(size: int, people: int) -> float:
    """Build the company unless it stands; give the seconds that took."""
    begun = time.monotonic()
    call_command("migrate", verbosity=0)
    if Opportunity.objects.count() < size:
        now = datetime.now(UTC)
        build(
            actor=operator(), today=now.date(), at=now, size=size, people=people,
            years=3 if size >= 10_000 else 2, say=lambda done: say(f"{done} opportunities"),
        )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    return time.monotonic() - begun


def database_version() -> str:
    """Name the database and its version."""
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute("SELECT sqlite_version()" if sqlite else "SHOW server_version")
        version = cursor.fetchone()[0].split()[0]
    return f"{'SQLite' if sqlite else 'PostgreSQL'} {version}"


def main(size: int, people: int, times: int) -> None:
    """Measure everything and print it."""
    begun, load = datetime.now(UTC), os.getloadavg()[0]
    built = prepare(size, people)
    # Measured as it is served, in one warm worker.
    importlib.import_module("dakehu.wsgi")
    settings.ALLOWED_HOSTS = ["testserver"]
    today = organisation().today(datetime.now(UTC))
    lines: list[Measured] = []
    for name, floor in floors(today).items():
        median, p95, queries, sql = timed(floor, times)
        lines.append(Measured(f"plain SQL: {name}", median, p95, queries, sql))
        say(f"{name}: {median:.1f} ms")
    floor_of = {line.name.removeprefix("plain SQL: "): line.median for line in lines}
    for asked in [*pages(today), *actions(today)]:
        median, p95, queries, sql = timed(asked.ask, times)
        floor = floor_of.get(asked.floor)
        target = asked.target
        if floor is not None and asked.floor_factor:
            target = max(target or 0, asked.floor_factor * floor + 10)
        lines.append(Measured(asked.name, median, p95, queries, sql, floor, target, asked.note))
        say(f"{asked.name}: {median:.1f} ms, {queries} queries")
    result = {
        "people": people,
        "on": f"{begun:%Y-%m-%d %H:%M}",
        "load": [load, os.getloadavg()[0]],
        "version": database_version(),
        "with": f"Django {django.get_version()}",
        "times": times,
        "built_seconds": round(built),
        "entries": Entry.objects.count(),
        "lines": [asdict(line) for line in lines],
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:4]))
