"""Lists in a real browser: rows picked by key and range, columns, a filter built and kept."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import OpenPage
from tests.journeys.steps import dialog_of, overhang, send, sign_in

pytestmark = pytest.mark.slow


def test_rows_are_picked_by_keys_and_by_range(page: Page) -> None:
    sign_in(page, "demo-head")
    page.goto("/opportunities/")
    bar = page.locator("[data-picked]")
    expect(bar).to_be_hidden()
    for key in ("j", "x", "j", "j", "x"):
        page.keyboard.press(key)
    expect(bar.locator("[data-count]")).to_have_text("2")
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    boxes = page.locator("input.pick")
    boxes.nth(1).click()
    boxes.nth(5).click(modifiers=["Shift"])
    expect(bar.locator("[data-count]")).to_have_text("5")
    bar.locator("[data-every]").click()
    every = bar.locator("[data-every]").get_attribute("data-every")
    expect(bar.locator("[data-count]")).to_have_text(str(every))
    bar.locator("[data-none]").click()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/opportunities/\d+/"))


def test_a_filter_is_built_shown_as_chips_and_kept_as_a_view(page: Page) -> None:
    sign_in(page, "demo-head")
    page.goto("/opportunities/")
    page.locator("a[href*='/opportunities/filter/']").click()
    dialog = dialog_of(page)
    dialog.locator("[name=c0_field]").select_option("amount")
    dialog.locator("[name=c0_v]").fill("100万")
    dialog.locator("[name=c1_field]").select_option("contact")
    dialog.locator("[name=c1_op]").select_option("older")
    dialog.locator("input[type=number][name=c1_v]").fill("30")
    # Another line has come after the last one.
    expect(dialog.locator("[name=c2_field]")).to_be_visible()
    send(dialog.locator("form[action]"))
    page.wait_for_url(re.compile("where="))
    expect(page.locator(".chip.set")).to_have_count(2)
    expect(page.locator(".filters")).to_contain_text("超过 30 天前")
    page.locator("a[href*='/views/opportunities/create/']").click()
    dialog = dialog_of(page)
    dialog.locator("[name=name]").fill("久未联系的大单")
    send(dialog.locator("form[method=post]"))
    page.wait_for_url(re.compile(r"view=\d+"))
    tab = page.locator(".views a[aria-current]")
    expect(tab).to_have_text("久未联系的大单")
    page.locator(".chip-x").first.click()
    expect(page.locator(".views .changed")).to_be_visible()


def test_columns_are_moved_by_keyboard_and_kept(page: Page) -> None:
    sign_in(page, "demo-head")
    page.goto("/opportunities/?base=0")
    page.locator("a[href*='/views/opportunities/columns/']").click()
    dialog = dialog_of(page)
    row = dialog.locator("li[data-key=code]")
    row.locator("input[name=column]").check()
    for _step in range(dialog.locator("li[data-key]").count()):
        row.locator("[data-move='-1']").press("Enter")
    form = dialog.locator("form[method=post]")
    form.locator(".buttons button").first.click()
    expect(page.locator("thead th").nth(1)).to_have_class(re.compile("c-code"))


def test_on_the_phone_a_row_is_a_card_of_two_lines(open_page: OpenPage) -> None:
    page = open_page(width=390)
    sign_in(page, "demo-sales")
    page.goto("/opportunities/")
    assert overhang(page) <= 0
    row = page.locator("tbody tr").first
    box = row.bounding_box()
    assert box is not None
    assert 40 < box["height"] < 90
    expect(row.locator("th a")).to_be_visible()
    expect(row.locator(".c-amount")).to_be_visible()
