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
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import django

django.setup()

from django.conf import settings  # noqa: E402  Django must stand before its models
from django.core.management import call_command  # noqa: E402
from django.db import connection, connections  # noqa: E402

from bench import bulk  # noqa: E402
from bench.company import build_company  # noqa: E402
from bench.machine import slowness  # noqa: E402
from bench.questions import actions, floors, pages  # noqa: E402
from bench.turns import takes_turns, turn  # noqa: E402
from dakehu.models import Entry, Opportunity  # noqa: E402
from dakehu.queries.organisation import organisation  # noqa: E402

#: A worker is warm when its statements have plans: psycopg prepares one when it has come five
#: times, and PostgreSQL plans it five times more before it keeps a plan.
WARM = 12
#: So many calls in a row where two measure in turns.
ROUND = 3
#: After so many questions the machine's speed is looked at again: it changes within minutes.
ASKED_BETWEEN = 20


@dataclass
class Measured:
    """One line of the report: milliseconds, queries of one call, and what was asked."""

    name: str
    median: float
    p95: float
    queries: int
    sql: float
    cpu: float
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


class Timing(NamedTuple):
    """Milliseconds over several calls, warm; queries of one, and the milliseconds in them.

    `cpu`: what processors worked for a call, ours and the database server's where it runs on
    this machine, without helpers of its own: what would be left if nobody else used them.
    """

    median: float
    p95: float
    queries: int
    sql: float
    cpu: float


def timed(
    ask: Callable[[], object],
    times: int,
    *,
    before: Callable[[], object] = lambda: None,
    warm: int = WARM,
) -> Timing:
    """Time so many calls, when it is one's turn; `before` each stands what is not timed.

    Where two take turns it is done in small rounds: a moment in which the machine is slow meets
    both. The first call of a round finds what the other left in the caches, and is not counted.
    """
    counters: list[Counter] = []
    taken: list[float] = []
    worked = 0.0
    with turn():
        for number in range(1 + warm):
            before()
            if number:
                counters.append(counted(ask))
            else:
                ask()
    skipped, many = (1, ROUND) if takes_turns() else (0, times)
    while len(taken) < times:
        with turn():
            for number in range(skipped + many):
                before()
                begun = time.perf_counter()
                busy = processors()
                ask()
                if number >= skipped:
                    taken.append((time.perf_counter() - begun) * 1000)
                    worked += processors() - busy
    cpu = worked * 1000 / len(taken)
    taken.sort()
    p95 = taken[max(0, round(0.95 * len(taken)) - 1)]
    in_sql = statistics.median(counter.taken for counter in counters)
    return Timing(statistics.median(taken), p95, counters[0].count, in_sql, cpu)


def processors() -> float:
    """Give the seconds that processors have worked for this process and its connections."""
    worked = time.process_time()
    for alias in connections:
        info = getattr(connections[alias].connection, "info", None)
        stat = Path(f"/proc/{info.backend_pid}/stat") if info else None
        if stat is not None and stat.exists():
            fields = stat.read_text().rpartition(")")[2].split()
            worked += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return worked


def counted(ask: Callable[[], object]) -> Counter:
    """Ask once and give what was asked of the database meanwhile."""
    counter = Counter()
    with ExitStack() as stack:
        for alias in connections:
            stack.enter_context(connections[alias].execute_wrapper(counter))
        ask()
    return counter


def prepare(size: int, people: int) -> dict[str, float]:
    """Build the company unless it stands; give the seconds that took, and the load meanwhile."""
    begun, note = time.monotonic(), Path(os.environ["DAKEHU_HOME"]) / "built.json"
    built = {"seconds": 0.0, "load": os.getloadavg()[0]}
    call_command("migrate", verbosity=0)
    if Opportunity.objects.count() < size:
        build_company(size, people, datetime.now(UTC), say)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
        built["seconds"] = time.monotonic() - begun
        built["load"] = (built["load"] + os.getloadavg()[2]) / 2
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(json.dumps(built))
        say(f"built in {built['seconds']:.0f} s")
    elif note.exists():
        # It was kept from another run: told is what building it took then.
        built = json.loads(note.read_text())
    else:
        # Its deals stand, but nothing says that their days were carried.
        raise SystemExit("This company was never built to its end: drop its database.")
    return built


def database_version() -> str:
    """Name the database and its version."""
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute("SELECT sqlite_version()" if sqlite else "SHOW server_version")
        version = cursor.fetchone()[0].split()[0]
    return f"{'SQLite' if sqlite else 'PostgreSQL'} {version}"


#: More to measure on a day, so many times each.
Extra = Callable[[date, int, Any], list[dict[str, Any]]]


def measured(size: int, people: int, times: int, *, extra: Extra | None = None) -> dict[str, Any]:
    """Measure everything: a result with its lines, as bench/report.py reads them."""
    built = prepare(size, people)
    begun, load = datetime.now(UTC), os.getloadavg()[0]
    # Measured as it is served, in one warm worker.
    importlib.import_module("dakehu.wsgi")
    settings.ALLOWED_HOSTS = ["testserver"]
    today = organisation().today(datetime.now(UTC))
    with turn():
        slow = [slowness()]
    say(f"plain SQL takes {slow[0]:.2f} × what it took where targets were set")
    lines: list[Measured] = []
    for name, floor in floors(today).items():
        took = timed(floor, times)
        lines.append(Measured(f"plain SQL: {name}", *took))
        say(f"{name}: {took.median:.1f} ms")
    floor_of = {line.name.removeprefix("plain SQL: "): line.median for line in lines}
    # Reads before writes: those leave pages to be cleaned and caches to be filled.
    any_day = extra(today, times, timed) if extra else []
    with turn():
        questions = [*pages(today), *actions(today)]
    for number, asked in enumerate(questions, 1):
        if number % ASKED_BETWEEN == 0:
            with turn():
                slow.append(slowness())
        took = timed(asked.ask, times)
        beside = floor_of.get(asked.floor)
        target = asked.target
        if beside is not None and asked.floor_factor:
            target = max(target or 0, asked.floor_factor * beside + 10)
        lines.append(Measured(asked.name, *took, beside, target, asked.note))
        say(f"{asked.name}: {took.median:.1f} ms, {took.queries} queries")
    with turn():
        name, prepared, take_back = bulk.undo(today)
    took = timed(take_back, min(times, bulk.TIMES), before=prepared, warm=1)
    lines.append(Measured(name, *took, None, bulk.TARGET))
    say(f"{name}: {took.median:.1f} ms, {took.queries} queries")
    with turn():
        slow.append(slowness())
        entries = Entry.objects.count()
    told = ", ".join(f"{one:.2f}" for one in slow)
    say(f"plain SQL took {told} × what it took where targets were set")
    return {
        "people": people,
        "on": f"{begun:%Y-%m-%d %H:%M}",
        "load": [load, os.getloadavg()[0]],
        "slowness": slow,
        "version": database_version(),
        "with": f"Django {django.get_version()}",
        "times": times,
        "built_seconds": round(built["seconds"]),
        "built_load": built["load"],
        "entries": entries,
        "lines": [asdict(line) for line in lines],
        "any_day": any_day,
    }


def main(size: int, people: int, times: int) -> None:
    """Measure everything and print it; with no times at all only build."""
    print(json.dumps(measured(size, people, times) if times else prepare(size, people)))


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:4]))
