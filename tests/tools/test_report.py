"""The performance page says of each target whether it is reached, by how much not, and why."""

import json
from pathlib import Path
from typing import Any

from bench.report import write_report


def line(name: str, median: float, target: float | None, sql: float = 2.0) -> dict[str, Any]:
    return {
        "name": name, "median": median, "p95": median * 2, "queries": 7, "sql": sql,
        "floor": None, "target": target, "note": "",
    }  # fmt: skip


def run(
    size: int,
    *lines: dict[str, Any],
    engine: str = "postgresql",
    slowness: tuple[float, ...] = (1.0, 1.0),
) -> dict[str, Any]:
    return {
        "engine": engine, "size": size, "people": 2000, "times": 40, "built_seconds": 90,
        "entries": 1_000_000, "on": "2026-11-21 09:00", "load": [0.2, 1.1],
        "slowness": list(slowness),
        "version": "PostgreSQL 15.20", "with": "Django 5.2.19", "lines": list(lines),
    }  # fmt: skip


def page(tmp_path: Path, *results: dict[str, Any]) -> str:
    path = tmp_path / "performance.md"
    write_report(path, list(results))
    return path.read_text(encoding="utf8")


def test_the_worst_of_those_who_ask_is_held_against_the_target(tmp_path: Path) -> None:
    said = page(
        tmp_path,
        run(1000, line("list, director", 11.0, 25.0)),
        run(
            100_000,
            line("list, director", 20.0, 25.0),
            line("list, head of 100", 40.0, 25.0, sql=9.0),
            line("funnel as of 2025-10-18, director", 30.0, 50.0),
            line("move a stage", 15.0, 15.0),
        ),
    )
    assert "2 of 3 are reached" in said
    assert "| list | head of 100 | 40.0 | 25.0 | 25.0 | missed by 15.0 ms, 1.60 × | 9.0 |" in said
    assert "| funnel as of a past day | director | 30.0 | 50.0 | 50.0 | reached |" in said
    assert "| move a stage | salesperson | 15.0 | 15.0 | 15.0 | reached |" in said
    assert "its 7 statements take 9.0 ms" in said
    assert "rules, the page) 31.0 ms; at 1,000 opportunities it takes 11.0 ms." in said
    assert "| list, first page | list | 40.0 | 94 | 24 | 1152 |" in said


def test_on_a_slower_machine_targets_are_held_at_its_speed_and_both_are_told(
    tmp_path: Path,
) -> None:
    lines = (
        line("list, director", 20.0, 25.0),
        line("board, director", 55.0, 30.0),
        line("palette, code, director", 26.0, 10.0),
    )
    said = page(tmp_path, run(100_000, *lines, slowness=(2.4, 1.1, 2.0)))
    assert "2 of 3 are reached at 100,000 on PostgreSQL on a machine 2.00 × slower; 1" in said
    assert "| list | director | 20.0 | 25.0 | 50.0 | reached |" in said
    assert "| board | director | 55.0 | 30.0 | 60.0 | reached here (1.83 × by the clock) |" in said
    assert "| 26.0 | 10.0 | 20.0 | missed by 6.0 ms, 1.30 × |" in said
    assert "misses by 6.0 ms (1.30 × the target here)" in said


def test_on_a_quicker_machine_targets_stay_as_they_are(tmp_path: Path) -> None:
    said = page(tmp_path, run(100_000, line("list, director", 26.0, 25.0), slowness=(0.5, 0.6)))
    assert "| list | director | 26.0 | 25.0 | 25.0 | missed by 1.0 ms, 1.04 × |" in said


def test_where_all_is_reached_nothing_is_explained(tmp_path: Path) -> None:
    said = page(tmp_path, run(100_000, line("list, director", 20.0, 25.0)))
    assert "1 of 1 are reached" in said
    assert "misses" not in said


def test_without_the_run_of_the_targets_there_is_no_verdict_on_them(tmp_path: Path) -> None:
    said = page(tmp_path, run(100_000, line("list, director", 20.0, 25.0), engine="sqlite"))
    assert "was not made" in said
    assert "are reached" not in said


def test_the_page_says_when_and_with_what_it_was_measured(tmp_path: Path) -> None:
    said = page(tmp_path, run(100_000, line("list, director", 20.0, 25.0)))
    assert "PostgreSQL 15.20 | 2026-11-21 09:00 | 40 | 0.2 – 1.1 | 1.00 – 1.00 – 1.00 |" in said
    assert "Django 5.2.19" in said


def test_what_runs_of_their_own_left_stays_in_the_report(tmp_path: Path) -> None:
    folder = tmp_path / "performance"
    folder.mkdir()
    kept = {
        "title": "1,000,000 opportunities", "text": ["Built in 900 s."],
        "tables": [{"columns": ["question", "ms"], "rows": [["funnel", "120.0"]]}],
    }  # fmt: skip
    (folder / "million.json").write_text(json.dumps(kept), encoding="utf8")
    said = page(tmp_path, run(100_000, line("list, director", 20.0, 25.0)))
    assert "\n## 1,000,000 opportunities\n\nBuilt in 900 s.\n\n| question | ms |\n" in said
    assert "| funnel | 120.0 |\n\n## 100,000 opportunities" in said
