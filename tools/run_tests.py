"""Run the tests on SQLite, then on PostgreSQL where one is reachable; count all in one last line.

What is marked `once` is left to SQLite, and counted. --quick leaves out browser and PostgreSQL;
--deep takes the property tests, and the permission proof on the whole demo company, at full size.
Other arguments go to pytest. Fails on a failed test, a crash, or when nothing ran.

A few journeys that failed are walked once more, each named and counted in the last line: beside
another browser on two cores a wait can be too short. What fails twice has failed.
"""

import argparse
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

import psycopg

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "test-results"
POSTGRES = "postgres://postgres@127.0.0.1:5432/postgres"
# What never asks a database: one run is enough.
ONCE = ("tests/core", "tests/tools", "tests/journeys")
#: More journeys than these don't fail by chance.
WALKED_AGAIN = 3
INTERRUPTED = 2
NOTHING_COLLECTED = 5


@dataclass
class Tally:
    """What came of the tests on one engine."""

    engine: str
    passed: int = 0
    failed: int = 0
    seconds: float = 0
    skips: list[str] = field(default_factory=list)
    #: Left to the other engine (marked `once`).
    left: int = 0
    #: Failed and then passed.
    second: list[str] = field(default_factory=list)
    good: set[str] = field(default_factory=set)
    bad: set[str] = field(default_factory=set)

    def read(self, report: Path) -> None:
        """Add up a JUnit report."""
        for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314 (our own file)
            skip = case.find("skipped")
            name = f"{case.get('classname', '')}.{case.get('name', '')}"
            if case.find("failure") is not None or case.find("error") is not None:
                self.failed += 1
                self.bad.add(name)
            elif skip is not None:
                self.skips.append(f"{name}: {skip.get('message') or skip.text}")
            else:
                self.passed += 1
                self.good.add(name)


def walk_again(first: Tally, profile: str) -> Tally:
    """Walk the journeys that failed once more, and give what came of all of them."""
    if not 0 < len(first.bad) == first.failed <= WALKED_AGAIN:
        return first
    lost = ["tests/journeys", "--last-failed", "--last-failed-no-failures=none"]
    again = run("browser again", profile, lost, None)
    # What is skipped now, or can't be found again, has failed all the same.
    mended = sorted(first.bad & again.good - again.bad)
    return Tally(
        first.engine,
        passed=first.passed + len(mended),
        failed=first.failed - len(mended),
        seconds=first.seconds + again.seconds,
        skips=first.skips,
        second=mended,
    )


def run(engine: str, profile: str, arguments: list[str], url: str | None) -> Tally:
    """Run pytest once on one engine."""
    named = engine.replace(" ", "-")
    report, left = RESULTS / f"{named}.xml", RESULTS / f"{named}.left"
    report.unlink(missing_ok=True)
    left.unlink(missing_ok=True)
    ours = {k: v for k, v in os.environ.items() if not k.startswith("DAKEHU_")}
    kept = {k: v for k, v in os.environ.items() if k.startswith("DAKEHU_TEST_")}
    environment = {
        **ours,
        **kept,
        "PYTHONPATH": str(ROOT / "src"),
        "HYPOTHESIS_PROFILE": profile,
        "DAKEHU_HOME": str(RESULTS / "home"),
        **({"TEST_LEFT": str(left)} if url else {}),
        **({"DAKEHU_DATABASE_URL": url} if url else {}),
    }
    tally = Tally(engine)
    print(f"── {engine}", flush=True)
    begun = time.monotonic()
    done = subprocess.run(
        [
            *[sys.executable, "-m", "pytest", "-n", "2", "--dist", "worksteal", "-q"],
            *[f"--junitxml={report}", *arguments],
        ],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    tally.seconds = time.monotonic() - begun
    if report.exists():
        tally.read(report)
    if left.exists():
        tally.left = int(left.read_text())
    # Interrupted, internal error, wrong usage: nothing in the report says so.
    crashed = done.returncode >= INTERRUPTED and done.returncode != NOTHING_COLLECTED
    if not report.exists() or (crashed and not tally.failed):
        print(f"! pytest ended with {done.returncode} on {engine}")
        tally.failed += 1
    return tally


def reach(url: str) -> str:
    """Give an empty string where PostgreSQL answers, else why it doesn't."""
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError as problem:
        return str(problem).strip().splitlines()[0]
    return ""


def main() -> int:
    """Run what was asked and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--deep", action="store_true")
    chosen, arguments = parser.parse_known_args()
    profile = "quick" if chosen.quick else "deep" if chosen.deep else "default"
    RESULTS.mkdir(exist_ok=True)
    tallies: list[Tally] = []
    if chosen.quick:
        arguments += ["--ignore=tests/journeys", "-m", "not slow"]
    if chosen.deep:
        # Hypothesis marks its tests itself.
        arguments += ["--ignore=tests/journeys", "-m", "hypothesis or deep"]
    whole = not (chosen.quick or chosen.deep or arguments)
    # Playwright leaves an event loop running in its process, and Django keeps other connections
    # under one: browser tests run by themselves.
    apart = ["--ignore=tests/journeys"] if whole else []
    tallies.append(run("sqlite", profile, [*arguments, *apart], None))
    if whole:
        tallies.append(walk_again(run("browser", profile, ["tests/journeys"], None), profile))
    if not chosen.quick:
        url = os.environ.get("DAKEHU_TEST_POSTGRES_URL") or POSTGRES
        problem = reach(url)
        if problem:
            tallies.append(Tally("postgresql", skips=[f"all tests: {problem}"]))
        else:
            once = [f"--ignore={folder}" for folder in ONCE]
            marked = ["-m", "not once"] if whole else []
            tallies.append(run("postgresql", profile, [*arguments, *once, *marked], url))
    for tally in tallies:
        for skip in tally.skips:
            print(f"skipped on {tally.engine}: {skip}")
        for name in tally.second:
            print(f"passed at the second try only: {name}")
    for tally in tallies:
        left = f", {tally.left} left to SQLite" if tally.left else ""
        print(
            f"{tally.engine}: {tally.passed} passed, {tally.failed} failed,"
            f" {len(tally.skips)} skipped{left} in {tally.seconds:.0f} s"
        )
    passed = sum(tally.passed for tally in tallies)
    failed = sum(tally.failed for tally in tallies)
    skipped = sum(len(tally.skips) for tally in tallies)
    left = sum(tally.left for tally in tallies)
    told = f", {left} left to SQLite" if left else ""
    second = sum(len(tally.second) for tally in tallies)
    told += f", {second} of the passed at the second try" if second else ""
    print(f"tests: {passed} passed, {failed} failed, {skipped} skipped{told}")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
