"""The first day of an organisation: nothing is there, then its old system's files are taken in."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import ROOT, Served, command, serving
from tests.journeys.steps import HAN, english_left, overhang, send

OpenPage = Callable[..., Page]
Axe = Callable[[Page], list[str]]
PASSWORD = "Wasser-Berg-77"
DATA = (
    Path(os.environ.get("DAKEHU_TEST_DATA") or ROOT.parent / "shared" / "data")
    / "crm_sales_opportunities"
)
FILES = ("accounts.csv", "products.csv", "sales_pipeline.csv", "sales_teams.csv")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a new organisation of two people, who have nothing yet."""
    home = tmp_path_factory.mktemp("first-day")
    command(home, "init", demo=False)
    for login, name, role in (("ops", "运营", "sales_operations"), ("li", "李明", "salesperson")):
        person = ("person", "add", login, "--name", name, "--role", role)
        command(home, *person, typed=f"{PASSWORD}\n", demo=False)
    with serving(home, demo=False) as result:
        yield result


def log_in(page: Page, login: str) -> None:
    page.goto("/login/")
    page.locator("[name=login]").fill(login)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button.btn-primary").click()
    page.wait_for_load_state()


def test_where_nothing_is_the_page_says_what_to_do(page: Page, axe: Axe) -> None:
    log_in(page, "li")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    for place in (
        "/funnel/",
        "/opportunities/",
        "/opportunities/?q=x",
        "/accounts/",
        "/contacts/",
        "/small-sales/",
        "/quotas/",
        "/products/",
        "/units/",
        "/methods/",
    ):
        answer = page.goto(place)
        assert answer is not None
        assert answer.status == 200, place
        words = page.locator("main").inner_text()
        assert HAN.search(words), place
        titles = page.locator(".empty-state .title").all_inner_texts()
        assert english_left(titles) == [], place
        if place not in {"/units/", "/methods/", "/quotas/"}:
            assert titles, f"{place} is empty and does not say so"
        assert "NaN" not in words, place
        assert "None" not in words, place
        assert axe(page) == [], place
        page.set_viewport_size({"width": 390, "height": 844})
        assert overhang(page) <= 0, place
        page.set_viewport_size({"width": 1440, "height": 900})


def test_a_figure_that_is_not_known_is_a_dash_with_its_reason(page: Page) -> None:
    log_in(page, "li")
    page.goto("/funnel/")
    dash = page.locator("[data-number='funnel.forecast_index'] .dash")
    assert HAN.search(dash.get_attribute("title") or "")


def test_a_file_that_is_no_table_is_refused_in_words(page: Page) -> None:
    log_in(page, "ops")
    page.goto("/imports/")
    form = page.locator("main form.form")
    send(form)
    assert HAN.search(form.locator(".field.wrong .error").first.inner_text())
    for name, content in (
        ("图片.png", b"\x89PNG\r\n\x1a\n"),
        ("空.csv", b""),
        ("重名.csv", "名称,名称\n甲,乙\n".encode()),
    ):
        page.goto("/imports/")
        page.locator("[name=uploads]").set_input_files(
            {"name": name, "mimeType": "text/csv", "buffer": content}
        )
        send(form)
        refused = page.locator("main").locator(".notice.act, .error").first
        assert HAN.search(refused.inner_text()), name


def test_four_files_of_another_system_become_a_funnel(page: Page) -> None:
    missing = [name for name in FILES if not (DATA / name).is_file()]
    if missing:
        pytest.skip(f"no test data here: {', '.join(missing)}")
    log_in(page, "ops")
    page.goto("/imports/")
    page.locator("[name=uploads]").set_input_files([str(DATA / name) for name in FILES])
    page.set_default_timeout(90_000)  # 8,800 rows are tried, then taken in
    send(page.locator("main form.form"))
    page.wait_for_url(re.compile(r"/imports/\d+/$"))
    # The worker beside the server tries the rows; the page follows by itself.
    expect(page.locator(".kpis")).to_contain_text("8,927", timeout=120_000)
    expect(page.locator("main")).to_contain_text("GTX Pro")
    page.goto("/opportunities/?state=all")
    expect(page.locator(".empty-state, tbody tr").first).to_be_visible()
    assert page.locator("tbody tr").count() == 0, "a trial keeps nothing"
    page.go_back()

    page.locator("form[action$='take-in/'] .btn-primary").click()
    expect(page.locator(".sheet-actions a[href*='/funnel/']")).to_be_visible(timeout=180_000)
    page.goto("/funnel/?on=2017-06-30")
    expect(page.locator("tr.total [data-number='funnel.count']")).to_have_text("1,686")
    expect(page.locator("tr.total [data-number='funnel.amount'] data")).to_have_attribute(
        "value", "4216807.00"
    )
    page.goto("/opportunities/")
    assert page.locator("tbody tr").count() > 0
    page.goto("/imports/")
    expect(page.locator("tbody tr").first).to_contain_text("8,927")
