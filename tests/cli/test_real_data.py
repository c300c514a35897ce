"""The real pipeline by command: imported, and its published figures answered to the unit."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from dakehu.actions.organisation import set_up_organisation
from dakehu.core.access import operator
from tests.cli.conftest import Terminal

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("DAKEHU_TEST_DATA") or ROOT.parent / "shared" / "data")
FOLDER = DATA / "crm_sales_opportunities"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db,
    pytest.mark.skipif(
        not FOLDER.is_dir(), reason="the real pipeline is not here (DAKEHU_TEST_DATA)"
    ),
]
ALL_TIME = ("--from", "2016-01-01", "--to", "2018-01-01")


@pytest.fixture(scope="module")
def imported(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, Any]]:
    now = datetime.now(UTC)
    with django_db_blocker.unblock(), transaction.atomic():
        set_up_organisation(actor=operator(), today=now.date(), at=now)
        yield Terminal().json("import", str(FOLDER), "--recipe", "crm-sales-opportunities")
        transaction.set_rollback(True)


def _won(terminal: Terminal, by: str, *words: str) -> dict[str, Decimal]:
    rows = terminal.json("outcomes", *(words or ALL_TIME), "--by", by)["rows"]
    return {row["key"]: Decimal(row["won_amount"]) for row in rows}


def test_all_rows_come_in(imported: dict[str, Any]) -> None:
    assert imported["refused"] == 0
    assert imported["created"]["opportunities"] == 8800


def test_won_and_lost(imported: dict[str, Any], terminal: Terminal) -> None:
    total = terminal.json("outcomes", *ALL_TIME, "--by", "owner")["total"]
    assert (total["won_count"], total["lost_count"]) == (4238, 2473)
    assert Decimal(total["won_amount"]) == 10_005_534


def test_won_by_region_and_manager(imported: dict[str, Any], terminal: Terminal) -> None:
    won = _won(terminal, "unit")
    wanted = {
        "West": 3_568_647, "Central": 3_346_293, "East": 3_090_594,
        "Melvin Marxen": 2_251_930, "Summer Sewald": 1_964_750, "Rocco Neubert": 1_960_545,
        "Celia Rouche": 1_603_897, "Cara Losch": 1_130_049, "Dustin Brinkmann": 1_094_363,
    }  # fmt: skip
    assert {key: won[key] for key in wanted} == wanted


def test_won_by_quarter(imported: dict[str, Any], terminal: Terminal) -> None:
    assert _won(terminal, "quarter", "--from", "2017-01-01", "--to", "2018-01-01") == {
        "2017Q1": 1_134_672, "2017Q2": 3_086_111, "2017Q3": 2_982_255, "2017Q4": 2_802_496,
    }  # fmt: skip


def test_open_on_the_last_of_june_and_at_the_end(
    imported: dict[str, Any], terminal: Terminal
) -> None:
    assert terminal.json("funnel", "--on", "2017-06-30")["total"]["count"] == 1686
    answer = terminal.json("funnel", "--on", "2017-12-31")
    stages = {stage["key"]: stage["count"] for stage in answer["stages"] if stage["count"]}
    assert stages == {"engaging": 1589, "prospecting": 500}
    assert Decimal(answer["total"]["amount"]) == 4_966_215


def test_the_ledger_of_it_is_right(imported: dict[str, Any], terminal: Terminal) -> None:
    assert terminal.json("ledger", "verify")["right"] is True


def test_a_second_import_of_the_same_changes_nothing(
    imported: dict[str, Any], terminal: Terminal
) -> None:
    again = terminal.json("import", str(FOLDER), "--recipe", "crm-sales-opportunities")
    assert (again["accepted"], again["changed"], again["refused"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("nowhere.csv",), "import.file_missing"),
        ((str(FOLDER), "--state-of", "soon"), "day.malformed"),
        ((str(FOLDER), "--as", "nobody"), "person.unknown_login"),
    ],
)
def test_what_can_not_be_imported_is_refused(
    imported: dict[str, Any], terminal: Terminal, words: tuple[str, ...], code: str
) -> None:
    assert terminal.refused("import", *words)["code"] == code
