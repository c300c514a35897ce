"""The head of a unit looks at the funnel: any unit, any past day, and what stands behind it."""

import csv
import io
import re
from datetime import date, timedelta

from playwright.sync_api import Page, expect

from tests.journeys.steps import dialog_of, sign_in


def figure(page: Page, address: str) -> str:
    return page.locator(f"[data-number='{address}'] data").last.get_attribute("value") or ""


def count(page: Page) -> int:
    text = page.locator("tr.total [data-number='funnel.count']").inner_text()
    return int(text.replace(",", ""))


def test_the_funnel_answers_for_any_unit_day_and_method(page: Page) -> None:
    sign_in(page, "demo-head")
    page.goto("/funnel/")
    whole = count(page)
    assert whole > 0

    # A number explains itself: formula, inputs, and its rows, which open.
    number = page.locator("tbody [data-number='funnel.count']").first
    shown = int(number.inner_text().replace(",", ""))
    number.click()
    dialog = dialog_of(page)
    expect(dialog.locator(".formula")).to_be_visible()
    expect(dialog.locator("h3")).to_contain_text(str(shown))
    row = dialog.locator("tbody a").first
    name = row.inner_text()
    row.click()
    page.wait_for_url(re.compile(r"/opportunities/\d+/$"))
    expect(page.locator("h1")).to_contain_text(name)
    page.go_back()

    # Another unit: found by typing, chosen by a click; it has less than the whole.
    page.locator(".picker summary").click()
    units = page.locator(".picker li:visible")
    expect(units.first).to_be_visible()
    everywhere = units.count()
    last = page.locator(".picker li a").last.inner_text()
    page.locator(".picker [data-narrow]").fill(last)
    assert 0 < units.count() < everywhere
    page.locator(".picker li:visible a").last.click()
    page.wait_for_url(re.compile("unit="))
    expect(page.locator(".picker summary b")).to_have_text(last)
    assert count(page) < whole

    # Another method: its stages, not the first one's.
    page.goto("/funnel/")
    first_stage = page.locator("table.funnel tbody th").first.inner_text()
    page.locator("nav.methods a").nth(1).click()
    page.wait_for_url(re.compile("method="))
    assert page.locator("table.funnel tbody th").first.inner_text() != first_stage

    # Another day, by typing and by the slider.
    page.goto("/funnel/")
    today = date.fromisoformat(page.locator("#on").input_value())
    year_ago = today - timedelta(days=365)
    page.locator("#on").fill(year_ago.isoformat())
    page.locator("#on").press("Enter")
    page.wait_for_url(re.compile(f"on={year_ago}"))
    expect(page.locator(".stamp time")).to_have_attribute("datetime", year_ago.isoformat())
    then = figure(page, "funnel.amount")
    slider = page.locator("input[data-days]")
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile(f"on={year_ago + timedelta(days=1)}"))
    page.goto(f"/funnel/?on={year_ago}")
    assert figure(page, "funnel.amount") == then

    # The file holds what the page shows.
    with page.expect_download() as waiting:
        page.locator("details:has(a[href*='/funnel/export.']) summary").click()
        page.locator("a[href*='/funnel/export.xlsx']").click()
    assert waiting.value.suggested_filename.endswith(".xlsx")
    answer = page.request.get(f"/funnel/export.csv?on={year_ago}")
    rows = list(csv.reader(io.StringIO(answer.text().lstrip("\ufeff"))))
    assert any(then.split(".")[0] in cell for row in rows for cell in row) or len(rows) > 1


def test_the_whole_funnel_is_used_on_a_phone(page: Page) -> None:
    sign_in(page, "demo-head")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/funnel/")
    for heading in page.locator("table.funnel thead th:visible").all():
        box = heading.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 390
    page.locator("tr.total [data-number='funnel.weighted']").click()
    dialog = dialog_of(page)
    amount = dialog.locator("tbody tr").first.locator("data").last
    box = amount.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 390, "the figure is never what a narrow screen loses"
    page.keyboard.press("Escape")
    for place in ("/opportunities/", "/accounts/", "/contacts/", "/small-sales/", "/products/"):
        page.goto(place)
        for cell in page.locator("tbody tr").first.locator("th:visible, td:visible").all():
            box = cell.bounding_box()
            assert box is not None
            assert box["x"] + box["width"] <= 390, place
