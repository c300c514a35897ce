"""docs/performance.md, written by the run that measured it."""

import platform
from pathlib import Path
from typing import Any

HEAD = """# Performance

Written by `make bench`; figures of one run on one machine ({machine}), so compare within a table.
Server time of the whole request (middleware, permission, SQL, page), one warm worker, sequential,
{times}. *Floor* is the plain SQL of the same question in the same run. Targets are those of the
funnel's issue: funnel ≤ 50 ms or 4 × its floor + 10 ms; list and opportunity page ≤ 25 ms; create
and move ≤ 15 ms to the redirect; they are set for 100,000 opportunities on PostgreSQL and shown
beside the other runs for orientation.
"""


def write_report(path: Path, results: list[dict[str, Any]]) -> None:
    """Write the tables, one per engine and size."""
    parts = [HEAD.format(machine=machine(), times=f"median and p95 of {results[0]['times']} calls")]
    for result in results:
        parts.append(
            f"\n## {result['size']:,} opportunities, {result['people']:,} people,"
            f" {result['engine']}\n\n{result['entries']:,} entries; built in"
            f" {result['built_seconds']} s.\n\n"
            "| what | median ms | p95 ms | queries | floor ms | target ms | |\n"
            "| --- | --- | --- | --- | --- | --- | --- |\n"
        )
        parts += [row(line) for line in result["lines"]]
    path.write_text("".join(parts), encoding="utf8")


def row(line: dict[str, Any]) -> str:
    """Give one line of a table; a missed target says by how much."""
    target = line["target"]
    verdict = ""
    if target is not None:
        over = line["median"] / target
        verdict = "within" if over <= 1 else f"{over:.1f} × the target"
    return (
        f"| {line['name']} | {line['median']:.1f} | {line['p95']:.1f} | {line['queries']}"
        f" | {figure(line['floor'])} | {figure(target)} | {verdict} |\n"
    )


def figure(value: float | None) -> str:
    """Give one decimal, or a dash for what was not asked."""
    return "—" if value is None else f"{value:.1f}"


def machine() -> str:
    """Name the kind of machine, not the machine."""
    return f"{platform.machine()}, Python {platform.python_version()}"
