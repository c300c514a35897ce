"""docs/performance.md, written whole by the run that measured it: tables, verdicts and why.

Nothing in that file is written by hand, so that every `make bench` may overwrite it.
"""

import json
import os
import platform
import re
from pathlib import Path
from statistics import median
from typing import Any

from bench.peers import beside_peers

HEAD = """# Performance

Written by `make bench`, all of it: change `bench/report.py`, not this page. Server time of the
whole request (middleware, permission, SQL, page), one warm worker, sequential. *Floor* is the plain
SQL of the same question in the same run; *in SQL* is what the request's own statements took (on
SQLite to their first row).
Targets are those of the funnel: funnel ≤ 50 ms or 4 × its floor + 10 ms; list and opportunity
page ≤ 25 ms; create and move ≤ 15 ms to the redirect; and of the daily workplace: board ≤ 30 ms,
palette ≤ 10 ms, a cell ≤ 12 ms, undo of a thousand rows ≤ 2 s. They are set for 100,000
opportunities on PostgreSQL, the worst of director, head of 100 and salesperson, and shown beside
the other runs for orientation. Compare within a table: machines and their neighbours differ.

*Slower* is how many times as long this machine took, again and again during the run, for plain SQL
without an index (`bench/machine.py`) as the machine on which peers and targets were measured: the
least, the median and the most. The median, if above 1, is what a target is multiplied by where it
says *here*.
"""
#: The run that the targets are about.
TARGET_RUN = ("postgresql", 100_000)
Result = dict[str, Any]


def write_report(path: Path, results: list[Result]) -> None:
    """Write the page from the runs, in the order in which they ran."""
    judged = next((r for r in results if (r["engine"], r["size"]) == TARGET_RUN), None)
    parts = [HEAD, runs(results), "\n## Against the targets\n\n"]
    if judged is None:
        parts.append("The run that the targets are about (100,000 on PostgreSQL) was not made.\n")
    else:
        small = next((r for r in results if r["engine"] == judged["engine"] and r != judged), None)
        parts += [against_targets(judged, small), beside_peers(worst_by_question(judged))]
    parts += [section_text(section) for section in kept_sections(path.parent / "performance")]
    parts += [table(result) for result in results]
    path.write_text("".join(parts), encoding="utf8")


def kept_sections(folder: Path) -> list[dict[str, Any]]:
    """Read what runs of their own left beside the report, in the order of their files' names.

    A section: `title`, `text` (paragraphs), `tables` (each with `columns` and `rows` of text).
    """
    return [json.loads(file.read_text(encoding="utf8")) for file in sorted(folder.glob("*.json"))]


def section_text(section: dict[str, Any]) -> str:
    """Write a kept section."""
    parts = [f"\n## {section['title']}\n", *(f"\n{text}\n" for text in section["text"])]
    for kept in section["tables"]:
        lines = [kept["columns"], ["---"] * len(kept["columns"]), *kept["rows"]]
        parts.append("\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines))
    return "".join(parts)


def runs(results: list[Result]) -> str:
    """Say on what, when and with what the runs were made."""
    rows = [
        f"| {r['size']:,} | {r['version']} | {r['on']} | {r['times']} | {r['load'][0]:.1f} –"
        f" {r['load'][1]:.1f} | {speeds(r)} |\n"
        for r in results
    ]
    return (
        f"\nMachine: {machine()}. Python {platform.python_version()},"
        f" {', '.join(sorted({r['with'] for r in results}))}.\n\n"
        "| opportunities | database | begun (UTC) | calls of each | load before – after"
        " | slower, × |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
        f"{''.join(rows)}\n"
        "A load above 1 before a run means that others used the processors too: the figures are\n"
        "then too high, most of all the p95.\n"
    )


def question(name: str) -> str:
    """Give the question of a line: without who asks, and without which past day."""
    return re.sub(r"as of \d{4}-\d\d-\d\d", "as of a past day", name.rsplit(", ", 1)[0])


def slower(result: Result) -> float:
    """Give what targets are multiplied by on the machine of a run: never less than 1."""
    return max(1.0, median(result["slowness"]))


def speeds(result: Result) -> str:
    """Tell how slow the machine was at least, mostly, and at most."""
    found = result["slowness"]
    return f"{min(found):.2f} – {median(found):.2f} – {max(found):.2f}"


def worst_by_question(result: Result) -> dict[str, dict[str, Any]]:
    """Give the worst line of each question against its target, in the order of the table."""
    worst: dict[str, dict[str, Any]] = {}
    for line in result["lines"]:
        if line["target"] is None:
            continue
        before = worst.setdefault(question(line["name"]), line)
        if over(line) > over(before):
            worst[question(line["name"])] = line
    return worst


def over(line: dict[str, Any]) -> float:
    """Give how many times its target a line takes."""
    return float(line["median"] / line["target"])


def against_targets(judged: Result, small: Result | None) -> str:
    """Give a verdict for each question: reached or missed, by how much, and where the time goes."""
    worst, factor = worst_by_question(judged), slower(judged)
    missed = {asked: line for asked, line in worst.items() if over(line) > factor}
    plainly = sum(over(line) <= 1 for line in worst.values())
    rows = [
        f"| {asked} | {who(line)} | {line['median']:.1f} | {line['target']:.1f}"
        f" | {line['target'] * factor:.1f} | {verdict(line, factor)}"
        f" | {line['sql']:.1f} | {line['queries']} |\n"
        for asked, line in worst.items()
    ]
    return (
        f"{len(worst) - len(missed)} of {len(worst)} are reached at 100,000 on PostgreSQL on a"
        f" machine {factor:.2f} × slower; {plainly} of them as the clock stands.\n\n"
        "| question | worst of | median ms | target ms | here ms | | in SQL ms | queries |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- |\n"
        f"{''.join(rows)}" + (why(missed, small, factor) if missed else "")
    )


def why(missed: dict[str, dict[str, Any]], small: Result | None, factor: float) -> str:
    """Say of what falls short how much is the database, and whether the size matters."""
    before = worst_by_question(small) if small else {}
    sentences = []
    for asked, line in missed.items():
        short = line["median"] - line["target"] * factor
        rest = max(line["median"] - line["sql"], 0)
        text = (
            f"- **{asked}** ({who(line)}) misses by {short:.1f} ms ({over(line) / factor:.2f} × the"
            f" target here): its {line['queries']} statements take {line['sql']:.1f} ms, Python"
            f" (building queries, rules, the page) {rest:.1f} ms"
        )
        if small and asked in before:
            text += (
                f"; at {small['size']:,} opportunities it takes {before[asked]['median']:.1f} ms"
            )
        sentences.append(text + ".\n")
    return f"\n{''.join(sentences)}"


def who(line: dict[str, Any]) -> str:
    """Give who asked the question of a line."""
    parts = line["name"].rsplit(", ", 1)
    if len(parts) == 2:
        return parts[1]
    return "operator" if line["name"].startswith("undo") else "salesperson"


def verdict(line: dict[str, Any], factor: float) -> str:
    """Say whether a line reaches its target, by the clock or at the machine's speed, or how not."""
    if line["target"] is None:
        return ""
    if over(line) <= 1:
        return "reached"
    if over(line) <= factor:
        return f"reached here ({over(line):.2f} × by the clock)"
    return (
        f"missed by {line['median'] - line['target'] * factor:.1f} ms, {over(line) / factor:.2f} ×"
    )


def table(result: Result) -> str:
    """Give all lines of a run."""
    return (
        f"\n## {result['size']:,} opportunities, {result['people']:,} people,"
        f" {result['engine']}\n\n{result['entries']:,} entries; built in"
        f" {result['built_seconds']} s.\n\n"
        "| what | median ms | p95 ms | queries | in SQL ms | floor ms | target ms | |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- |\n"
    ) + "".join(row(line, slower(result)) for line in result["lines"])


def row(line: dict[str, Any], factor: float) -> str:
    """Give one line of a table."""
    return (
        f"| {line['name']} | {line['median']:.1f} | {line['p95']:.1f} | {line['queries']}"
        f" | {line['sql']:.1f} | {figure(line['floor'])} | {figure(line['target'])}"
        f" | {verdict(line, factor)} |\n"
    )


def figure(value: float | None) -> str:
    """Give one decimal, or a dash for what was not asked."""
    return "—" if value is None else f"{value:.1f}"


def machine() -> str:
    """Name the kind of machine, not the machine."""
    found = []
    for file, pattern in (
        ("cpuinfo", r"^model name\s*: (.+)$"),
        ("meminfo", r"^MemTotal:\s*(\d+)"),
    ):
        path = Path("/proc") / file
        text = path.read_text(encoding="utf8") if path.exists() else ""
        match = re.search(pattern, text, re.MULTILINE)
        found.append(match[1] if match else "")
    model, memory = found
    size = f", {int(memory) / 1024**2:.0f} GiB" if memory else ""
    return f"{os.cpu_count()} × {model or platform.machine()}{size}, {platform.system()}"
