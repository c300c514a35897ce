"""`make bench SIZE=1000000`: any day and any two days of a large company, beside a tenth of it.

Both sizes are built on PostgreSQL (--engine asks for another) and measured in turns, and the
figures kept in docs/performance/million.json, which docs/performance.md includes.
"""

import json
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from bench.report import slower, speeds

MILLION, TENTH = 1_000_000, 100_000
#: Milliseconds on PostgreSQL, of the worst day or pair of days; seconds to build; how much
#: slower ten times the data may be.
FUNNEL_MS, TEAM_MS, WATERFALL_MS, BUILD_SECONDS, RATIO = 200, 60, 400, 1_800, 3
TARGETS = {
    "funnel as of any day, director": FUNNEL_MS,
    "funnel as of any day, head of a team": TEAM_MS,
    "waterfall of any two days, director": WATERFALL_MS,
}
DAY = timedelta(days=1)
Timed = Callable[[Callable[[], object], int], Any]


def measure_any_day(today: date, times: int, timed: Timed) -> list[dict[str, Any]]:
    """Time the funnel of several days and the waterfall of several pairs, by who asks."""
    from bench.questions import get, of_a_team, signed_in, who

    people = who(today)
    asking = {"director": people["director"], "head of a team": of_a_team(today)}
    lines = []
    for name, person in asking.items():
        client = signed_in(person)
        for on in days_of(today):
            asked = timed(lambda c=client, d=on: get(c, f"/funnel/?on={d}"), times)  # type: ignore[misc]
            lines.append(_line(f"funnel as of any day, {name}", str(on), asked))
        for start, end in pairs_of(today):
            address = f"/funnel/compare/?since={start}&on={end}&measure=all"
            asked = timed(lambda c=client, a=address: get(c, a), times)  # type: ignore[misc]
            lines.append(_line(f"waterfall of any two days, {name}", f"{start} – {end}", asked))
    return lines


def _line(question: str, of: str, asked: Any) -> dict[str, Any]:
    return {"question": question, "of": of, **asked._asdict()}


def days_of(today: date) -> list[date]:
    """Choose days: today, ends and middles of months, long ago, and some by lot."""
    rng = Random(11)
    last_month = today.replace(day=1) - DAY
    lots = [today - timedelta(days=rng.randrange(30, 1000)) for _ in range(3)]
    return [today, last_month, last_month.replace(day=15), last_month - timedelta(days=400), *lots]


def pairs_of(today: date) -> list[tuple[date, date]]:
    """Choose pairs of days: a week, a month, a broken quarter, a year, nearly everything."""
    last_month = today.replace(day=1) - DAY
    middle = last_month.replace(day=15)
    long_ago = today - timedelta(days=1000)
    return [
        (today - timedelta(days=7), today),
        (last_month.replace(day=1) - DAY, last_month),
        (middle - timedelta(days=92), middle),
        (today - timedelta(days=365), today),
        (long_ago, today),
        (long_ago, long_ago + timedelta(days=45)),
    ]


def main(size: int, people: int, times: int) -> None:
    """Build one company, measure it, and print what was found as one line of JSON."""
    from bench.measure import measured

    print(json.dumps(measured(size, people, times, extra=measure_any_day)))


def section(results: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """Make the part of docs/performance.md that tells both runs."""
    large, small = results[MILLION], results[TENTH]
    return {
        "title": "1,000,000 opportunities, 10,000 people",
        "text": _told(large, small),
        "tables": [_targets(large, small), _growth(large, small), _each_day(large, small)],
    }


def _told(large: dict[str, Any], small: dict[str, Any]) -> list[str]:
    built = large["built_seconds"]
    loads = [f"{before:.1f} – {after:.1f}" for before, after in (small["load"], large["load"])]
    return [
        "`make bench SIZE=1000000`, {}, begun {} (UTC); {:,} entries, {:,} in the set of 100,000"
        " beside it, asked in turns. Load before – after: {} at 100,000, {} at 1,000,000; {} calls"
        " of each.".format(
            large["version"], large["on"], large["entries"], small["entries"], *loads,
            large["times"],
        ),
        (f"Plain SQL without an index took {speeds(large)} × (least, median, most) at the million,"
        f" and {speeds(small)} × at the tenth, what it took where targets were set; *here* is a"
        " target times the median."),
        (f"Built in {built:,} s at a load of {large['built_load']:.1f} (target"
        f" {BUILD_SECONDS:,}, here {BUILD_SECONDS * slower(large):,.0f}:"
        f" {_verdict(built, BUILD_SECONDS, slower(large))}); the set of 100,000 in"
        f" {small['built_seconds']:,} s."),
    ]  # fmt: skip


def _targets(large: dict[str, Any], small: dict[str, Any]) -> dict[str, Any]:
    rows, factor = [], slower(large)
    for question, target in TARGETS.items():
        worst, before = _worst(large, question), _worst(small, question)
        rows.append([
            question, worst["of"], f"{worst['median']:.1f}", f"{target}",
            f"{target * factor:.0f}", _verdict(worst["median"], target, factor),
            f"{worst['cpu']:.1f}", f"{worst['sql']:.1f}", f"{worst['queries']}",
            f"{before['median']:.1f}",
        ])  # fmt: skip
    return {
        "columns": [
            "question", "worst of", "median ms", "target ms", "here ms", "", "processors ms",
            "in SQL ms", "queries", "at 100,000 ms",
        ],
        "rows": rows,
    }  # fmt: skip


def _growth(large: dict[str, Any], small: dict[str, Any]) -> dict[str, Any]:
    """Tell of every read what ten times the data cost."""
    before = {line["name"]: line for line in small["lines"]}
    rows = []
    for line in large["lines"]:
        was = before.get(line["name"])
        if was is None:
            continue
        grown = line["median"] / was["median"]
        is_read = not line["name"].startswith("plain SQL")
        rows.append([
            line["name"], f"{was['median']:.1f}", f"{line['median']:.1f}", f"{grown:.2f}",
            _verdict(grown, RATIO) if is_read else "", f"{was['cpu']:.1f}", f"{line['cpu']:.1f}",
            f"{line['sql']:.1f}",
        ])  # fmt: skip
    return {
        "columns": [
            "what",
            "100,000 ms",
            "1,000,000 ms",
            "×",
            f"≤ {RATIO} ×",
            "processors, 100,000 ms",
            "1,000,000 ms",
            "in SQL ms",
        ],
        "rows": rows,
    }


def _each_day(large: dict[str, Any], small: dict[str, Any]) -> dict[str, Any]:
    before = {(line["question"], line["of"]): line for line in small["any_day"]}
    rows = []
    for line in large["any_day"]:
        was = before[line["question"], line["of"]]
        rows.append([
            line["question"], line["of"], f"{was['median']:.1f}", f"{line['median']:.1f}",
            f"{line['p95']:.1f}", f"{line['median'] / was['median']:.2f}", f"{was['cpu']:.1f}",
            f"{line['cpu']:.1f}", f"{line['sql']:.1f}",
        ])  # fmt: skip
    return {
        "columns": [
            "question",
            "of",
            "100,000 ms",
            "1,000,000 ms",
            "p95 ms",
            "×",
            "processors, 100,000 ms",
            "1,000,000 ms",
            "in SQL ms",
        ],
        "rows": rows,
    }


def _worst(result: dict[str, Any], question: str) -> dict[str, Any]:
    asked = [line for line in result["any_day"] if line["question"] == question]
    worst: dict[str, Any] = max(asked, key=lambda line: line["median"])
    return worst


def _verdict(value: float, target: float, factor: float = 1.0) -> str:
    if value <= target:
        return "reached"
    if value <= target * factor:
        return f"reached here ({value / target:.2f} × by the clock)"
    return f"missed, {value / target / factor:.2f} ×"


def write_section(folder: Path, results: dict[int, dict[str, Any]]) -> Path:
    """Keep the section where the next report finds it; give its file."""
    folder.mkdir(exist_ok=True)
    path = folder / "million.json"
    written = json.dumps(section(results), indent=1, ensure_ascii=False)
    path.write_text(written + "\n", encoding="utf8")
    return path


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:4]))
