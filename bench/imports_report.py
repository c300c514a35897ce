"""The import of a large file in docs/performance.md: kept apart, for it is measured by itself.

`python -m bench --imports` keeps its figures in docs/performance/imports.json, the last ones of
each engine and each way of being killed, and writes the section of the page anew; `make bench`
writes the whole page, this section from the same file.
"""

import json
from pathlib import Path
from typing import Any

from bench.report import section_text

TITLE = "Import of 100,000 opportunities"
_TEXT = (
    (
        "A GB18030 csv of 12 columns and 5,000 accounts, created and outcome each, from upload to"
        " report, with the worker beside `dakehu serve`, while somebody asks for the funnel (every"
        " 0.15 s) and somebody else enters opportunities (every 0.5 s). *CPU* is what the workers"
        " used, and behind the plus all of PostgreSQL's processes for that database, those of the"
        " pages too. Killed: `kill -9` at random moments. A load above 2 means that walls are"
        " those of a machine shared with others."
    ),
    "Targets: {seconds} s, {megabytes} MB, funnel p95 {funnel_p95_ms} ms, no 'database is locked'.",
)
_COLUMNS = [
    "database", "begun (UTC)", "load", "killed", "wall s", "of it check", "CPU s", "MB",
    "funnel median, p95 ms", "save median, p95 ms", "locked", "found afterwards", "",
]  # fmt: skip
Result = dict[str, Any]


def keep_result(page: Path, result: Result) -> None:
    """Keep the figures of a run in place of the last ones of its kind; write the page's section."""
    path = page.parent / "performance" / "imports.json"
    before = json.loads(path.read_text(encoding="utf8"))["runs"] if path.is_file() else []
    kept = {(r["engine"], r["killed"]): r for r in before}
    kept[result["engine"], result["killed"]] = result
    section = section_of([kept[key] for key in sorted(kept)])
    path.parent.mkdir(exist_ok=True)
    written = json.dumps(section, indent=1, ensure_ascii=False)
    path.write_text(written + "\n", encoding="utf8")
    if page.is_file():
        text = page.read_text(encoding="utf8")
        start, _heading, rest = text.partition(f"\n## {TITLE}\n")
        _old, mark, after = rest.partition("\n## ")
        page.write_text(f"{start}{section_text(section)}{mark}{after}", encoding="utf8")


def section_of(runs: list[Result]) -> dict[str, Any]:
    """Give the section of the page, with the runs that it says it of."""
    return {
        "title": TITLE,
        "text": [text.format(**runs[0]["targets"]) for text in _TEXT],
        "tables": [{"columns": _COLUMNS, "rows": [_row(run) for run in runs]}],
        "runs": runs,
    }


def _row(r: Result) -> list[str]:
    killed = f"{r['killed']}, {r['kills']} ×" if r["killed"] else "—"
    used = f"{r['worker_cpu_seconds']:.0f}"
    if r["postgresql_cpu_seconds"]:
        used += f" + {r['postgresql_cpu_seconds']:.0f}"
    failed = [*r["funnel_failed"], *r["save_failed"]]
    found = f"{r['right']}; failed: {'; '.join(failed)}" if failed else str(r["right"])
    return [
        str(r["version"]), str(r["on"]), f"{r['load'][0]} – {r['load'][1]}", killed,
        f"{r['seconds']:.0f}", f"{r['checked_seconds']:.0f}", used, str(r["megabytes"]),
        f"{r['funnel_median_ms']}, {r['funnel_p95_ms']}",
        f"{r['save_median_ms']}, {r['save_p95_ms']}", str(r["locked"]), found, _verdict(r),
    ]  # fmt: skip


def _verdict(r: Result) -> str:
    """Say which targets are missed; the wall is not held against a run that is killed."""
    names = {"megabytes": "MB", "funnel_p95_ms": "ms of funnel p95"}
    if not r["killed"]:
        names["seconds"] = "s"
    missed = [
        f"{r[key] - r['targets'][key]:.0f} {unit}"
        for key, unit in names.items()
        if r[key] > r["targets"][key]
    ]
    if r["locked"]:
        missed.append("'database is locked'")
    return f"missed by {', '.join(missed)}" if missed else "reached"
