"""The hygiene list in the browser's terms: budget, filters in the URL, files of what is seen."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.world import TODAY, World


@pytest.mark.parametrize("login", ["wen", "mei", "director"])
def test_the_page_asks_at_most_twelve_times(world: World, login: str) -> None:
    for number in range(3):
        world.create("wen", name=f"crane {number}")
    world.grant("mei", world.create("lu"))
    client = world.client(login)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(f"/hygiene/?unit={world.units['east']}").status_code == 200
    plain = [q for q in asked if "SAVEPOINT" not in q["sql"]]
    assert len(plain) <= 12, [q["sql"][:90] for q in plain]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("finding=no_amount", 200), ("finding=ugly", 422), ("unit=east", 422), ("method=x", 422),
        ("person=" + "9" * 400, 422), ("after=x", 422), ("method=tender-8", 200),
    ],
)  # fmt: skip
def test_a_filter_narrows_or_is_refused(world: World, query: str, status: int) -> None:
    assert world.client("mei").get(f"/hygiene/?{query}").status_code == status


def test_the_list_is_worded_in_the_reader_s_language(world: World) -> None:
    world.create("wen", name="Quay crane", amount=Decimal(0))
    assert "No amount" in world.client("mei").get("/hygiene/").content.decode()
    chinese = world.client("mei", "zh-hans").get("/hygiene/").content.decode()
    assert "商机体检" in chinese
    assert "无金额" in chinese
    assert "No amount" not in chinese


def test_a_step_that_was_due_is_told_from_none(world: World) -> None:
    day = TODAY - timedelta(days=3)
    made = world.create("wen", name="Late", next_step="Send the offer", next_step_on=day)
    page = world.client("wen").get("/hygiene/").content.decode()
    assert "Next step overdue" in page
    assert f'href="/opportunities/{made.opportunity_id}/"' in page
    world.create("wen", name="None")
    page = world.client("wen").get("/hygiene/?finding=no_next_step").content.decode()
    assert page.count("Next step overdue") == 1


def test_the_file_holds_the_filtered_rows_and_says_currency_vat_and_day(world: World) -> None:
    world.create("wen", name="=1+1", amount=Decimal(0))
    world.create("wen", name="priced", close_on=TODAY)
    world.create("lu", name="west")
    answer = world.client("mei").get("/hygiene/export.csv?finding=no_amount")
    lines = answer.getvalue().decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "'=1+1" in lines[1]
    assert "CNY" in lines[1]
    assert "Amount (with VAT)" in lines[0]
    assert "As of 20" in lines[0]
    assert world.client("mei").get("/hygiene/export.xlsx").status_code == 200
    assert world.client("mei").get("/hygiene/export.pdf").status_code == 404


def test_the_funnel_leads_to_the_hygiene_of_the_same_unit(world: World) -> None:
    page = world.client("mei").get("/funnel/").content.decode()
    assert f"/hygiene/?unit={world.units['east_team']}" in page
