"""`make bench`: build a company of each size on each engine, measure, write docs/performance.md.

SIZE=100000 or --size picks the sizes (opportunities), --engine one engine; then the figures are
printed, and written as a page where --report says. --keep leaves the databases for a second look.
Every engine runs in a process of its own: settings are read once.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from bench import million
from bench.imports_report import keep_result
from bench.report import section_text, write_report
from bench.turns import pipes

ROOT = Path(__file__).resolve().parent.parent
SIZES = {1_000: 200, 100_000: 2_000}
ENGINES = ("sqlite", "postgresql")


def main() -> int:
    """Run the sizes and engines asked for; the report is written when all sizes were run."""
    parser = argparse.ArgumentParser(description=__doc__)
    given = os.environ.get("SIZE")
    parser.add_argument("--size", type=int, action="append", default=[int(given)] if given else [])
    parser.add_argument("--engine", choices=ENGINES, action="append")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--browser", action="store_true", help="only what a browser waits for")
    parser.add_argument("--imports", action="store_true", help="only the import of a large file")
    parser.add_argument(
        "--kill", choices=("worker", "web"), help="the import, with one of them killed meanwhile"
    )
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument(
        "--report", type=Path, help="write the report of chosen sizes or engines here"
    )
    asked = parser.parse_args()
    if asked.imports:
        return run_imports(asked)
    if asked.browser:
        return run_browser(asked)
    if asked.size == [million.MILLION]:
        return run_million(asked)
    results = []
    for size in asked.size or SIZES:
        for engine in asked.engine or ENGINES:
            url = database_url(engine, size)
            if url is None:
                print(f"{engine}: not reachable, left out", flush=True)
                continue
            results.append(run(engine, size, url, asked.times, keep=asked.keep))
    whole = not asked.size and not asked.engine
    if asked.report or whole:
        write_report(asked.report or ROOT / "docs" / "performance.md", results)
    else:
        print(json.dumps(results, indent=1))
    return 0


def run_imports(asked: argparse.Namespace) -> int:
    """Measure the import of a file of each size on each engine, in databases of its own."""
    for size in asked.size or [100_000]:
        for engine in asked.engine or ENGINES:
            url = database_url(engine, size, "import")
            if url is None:
                print(f"{engine}: not reachable, left out", flush=True)
                continue
            drop(engine, url)
            url = database_url(engine, size, "import") or url
            kill = [asked.kill] if asked.kill else []
            home = ROOT / "build" / "bench" / f"home-import-{engine}"
            line = in_its_own(url, home, ["bench.imports", str(size), *kill])
            print(engine, line, flush=True)
            if size == 100_000:
                keep_result(
                    ROOT / "docs" / "performance.md", {"engine": engine, **json.loads(line)}
                )
            if not asked.keep:
                drop(engine, url)
    return 0


def run_browser(asked: argparse.Namespace) -> int:
    """Measure what a browser waits for on a built company; keep the figures for the report."""
    from bench import browser

    size, engine = (asked.size or [100_000])[0], (asked.engine or ["postgresql"])[0]
    url = database_url(engine, size)
    if url is None:
        print(f"{engine}: not reachable", flush=True)
        return 1
    home = ROOT / "build" / "bench" / f"home-{engine}-{size}"
    people = SIZES.get(size, size // 100)
    in_its_own(url, home, ["bench.measure", str(size), str(people), "0"])
    result = json.loads(in_its_own(url, home, ["bench.browser", str(min(asked.times, 5))]))
    told = browser.section(result, size, engine)
    print(section_text(told))
    if (size, engine) == (100_000, "postgresql"):
        browser.keep(ROOT / "docs" / "performance", told)
    if not asked.keep:
        drop(engine, url)
    return 0


def run_million(asked: argparse.Namespace) -> int:
    """Measure a million and a tenth of it, in turns; keep the figures for the report."""
    engine = (asked.engine or ["postgresql"])[0]
    sets = []
    for size, people in ((million.TENTH, 2_000), (million.MILLION, 10_000)):
        url = database_url(engine, size, "million")
        if url is None:
            print(f"{engine}: not reachable", flush=True)
            return 1
        home = ROOT / "build" / "bench" / f"home-million-{engine}-{size}"
        in_its_own(url, home, ["bench.measure", str(size), str(people), "0"])
        sets.append((size, url, home, ["bench.million", str(size), str(people), str(asked.times)]))
    lines = in_turns([(url, home, module) for _size, url, home, module in sets])
    results = {one[0]: json.loads(line) for one, line in zip(sets, lines, strict=True)}
    for size, url, home, _module in sets:
        # A tenth is measured like any company: a report can be written of it, too.
        home.with_suffix(".json").write_text(json.dumps({"engine": engine, **results[size]}))
        if not asked.keep:
            drop(engine, url)
    print(section_text(million.section(results)))
    if engine == "postgresql":
        print(million.write_section(ROOT / "docs" / "performance", results))
    return 0


def database_url(engine: str, size: int, what: str = "bench") -> str | None:
    """Give the database of a run: a file under build/, or a database of its own on the server."""
    if engine == "sqlite":
        (ROOT / "build" / "bench").mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{ROOT / 'build' / 'bench' / f'{what}-{size}.sqlite3'}"
    import psycopg

    server = os.environ.get(
        "DAKEHU_TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres"
    )
    try:
        with psycopg.connect(server, autocommit=True, connect_timeout=5) as connection:
            name = f"dakehu_{what}_{size}"
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if found.fetchone() is None:
                connection.execute(f'CREATE DATABASE "{name}"')
    except psycopg.OperationalError:
        return None
    return f"{server.rsplit('/', 1)[0]}/{name}"


def run(engine: str, size: int, url: str, times: int, *, keep: bool) -> dict[str, object]:
    """Build (unless it stands) and measure in a process of its own; give what it measured."""
    home = ROOT / "build" / "bench" / f"home-{engine}-{size}"
    line = in_its_own(
        url, home, ["bench.measure", str(size), str(SIZES.get(size, size // 100)), str(times)]
    )
    if not keep:
        drop(engine, url)
    return {"engine": engine, "size": size, **json.loads(line)}


def in_its_own(url: str, home: Path, module: list[str]) -> str:
    """Run a module of the bench in a process of its own; give the last line that it printed."""
    done = subprocess.run(
        [sys.executable, "-m", *module],
        env=_environment(url, home),
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout.splitlines()[-1]


def in_turns(runs: list[tuple[str, Path, list[str]]]) -> list[str]:
    """Run two at once, question by question in turns; give the last line of each."""
    started = []
    for ends, (url, home, module) in zip(pipes(), runs, strict=True):
        out = home.with_suffix(".out").open("w+")
        process = subprocess.Popen(
            [sys.executable, "-m", *module],
            env={**_environment(url, home), "BENCH_TURNS": f"{ends[0]},{ends[1]}"},
            cwd=ROOT,
            stdout=out,
            pass_fds=ends,
        )
        for end in ends:
            os.close(end)
        started.append((process, out))
    lines = []
    try:
        for process, out in started:
            if process.wait():
                raise subprocess.CalledProcessError(process.returncode, process.args)
            with out:
                out.seek(0)
                lines.append(out.read().splitlines()[-1])
    finally:
        for process, _out in started:
            process.terminate()
    return lines


def _environment(url: str, home: Path) -> dict[str, str]:
    ours = {k: v for k, v in os.environ.items() if not k.startswith("DAKEHU_")}
    return {
        **ours,
        "DAKEHU_DATABASE_URL": url,
        "DAKEHU_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "dakehu.settings",
    }


def drop(engine: str, url: str) -> None:
    """Remove the database of a run."""
    if engine == "sqlite":
        path = Path(url.removeprefix("sqlite:///"))
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        return
    import psycopg

    server, name = url.rsplit("/", 1)
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


if __name__ == "__main__":
    sys.exit(main())
