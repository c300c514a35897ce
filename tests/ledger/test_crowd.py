"""Many at once: late postings and those of today lose nothing and never lock each other out."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.databases import NewDatabase

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture
def url(new_database: NewDatabase) -> str:
    """Give an empty database of this test's own, on the engine that is under test."""
    return new_database("crowd")


def crowd(url: str, home: Path, *words: str, program: str = "tests.ledger.crowd") -> dict[str, Any]:
    """Run the program and read its answer; a deadlock or a lock that timed out fails here."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("DAKEHU_")}
    done = subprocess.run(
        [sys.executable, "-m", program, *words],
        env={
            **clean,
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
            "DJANGO_SETTINGS_MODULE": "dakehu.settings",
            "DAKEHU_HOME": str(home),
            "DAKEHU_DATABASE_URL": url,
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_a_posting_of_today_waits_for_a_late_one_and_neither_is_lost(
    url: str, tmp_path: Path
) -> None:
    answer = crowd(url, tmp_path, "two")
    assert answer == {"order": ["late", "today"], "right": True, "same_when_rebuilt": True}


def test_books_close_after_the_postings_under_way_and_before_those_to_come(
    url: str, tmp_path: Path
) -> None:
    answer = crowd(url, tmp_path, "books")
    assert answer["order"] == ["posted", "closed", "ledger.books_closed"]
    assert answer["right"]


def test_a_unit_is_closed_after_what_is_under_way_in_it_and_sees_it(
    url: str, tmp_path: Path
) -> None:
    answer = crowd(url, tmp_path, "closing")
    assert answer["order"] == [
        "reopened", "unit.has_opportunities", "appointed", "unit.has_people",
    ]  # fmt: skip
    assert answer["right"]


def test_settings_saved_from_the_same_form_are_a_conflict(url: str, tmp_path: Path) -> None:
    answer = crowd(url, tmp_path, "settings")
    assert answer == {"refused": "settings.changed", "name": "Theirs"}


def test_many_people_post_late_and_today_and_the_ledger_stays_right(
    url: str, tmp_path: Path
) -> None:
    answer = crowd(url, tmp_path, "many", "1")
    assert (answer["right"], answer["same_when_rebuilt"]) == (True, True)
    assert answer["late"] > 20
    assert answer["today"] > 20


def test_many_people_post_of_yesterday_while_days_are_carried(url: str, tmp_path: Path) -> None:
    answer = crowd(url, tmp_path, "days", "1")
    assert (answer["right"], answer["same_when_rebuilt"]) == (True, True)
    assert answer["finished"] > 60
    assert answer["lines"] > 2
    assert answer["until"] == 0
    assert answer["carried"] == 13
