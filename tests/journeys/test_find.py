"""Journeys: a customer found by initials with the keyboard alone; a followed deal moves."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from dakehu.queries.spelling import initials_of
from tests.journeys.conftest import OpenPage
from tests.journeys.steps import english_left, sign_in

LANGUAGES = [("zh-CN", "zh-hans"), ("en-US", "en")]


def palette(page: Page, text: str = "") -> None:
    """Open the palette by its chord and type; return when the answer stands."""
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    if text:
        with page.expect_response(lambda answer: "/search/?q=" in answer.url):
            page.keyboard.type(text)
    expect(page.locator("#palette [role=option]").first).to_be_visible()


def step_to(page: Page, option: Locator) -> None:
    """Press the arrow until this option of the palette is chosen."""
    expect(option).to_be_visible()
    for _turn in range(20):
        if option.get_attribute("aria-selected") == "true":
            break
        page.keyboard.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")


@pytest.mark.parametrize(("locale", "language"), LANGUAGES)
def test_a_customer_is_found_by_initials_with_the_keyboard_alone(
    open_page: OpenPage, locale: str, language: str, axe: Callable[[Page], list[str]]
) -> None:
    page = open_page(locale=locale)
    sign_in(page, "demo-sales", language=language)
    page.goto("/accounts/")
    link = page.locator("main tbody th a").first
    name, address = link.inner_text(), link.get_attribute("href") or ""
    found = page.evaluate(
        "async (q) => (await (await fetch('/search/?kind=account&q=' + q)).text())", name
    )
    assert address in found  # by its whole name, without scripts
    typed = initials_of(name)[:6]
    palette(page, typed)
    option = page.locator(f'#palette [role=option][href="{address}"]')
    expect(option).to_be_visible()
    assert axe(page) == []
    step_to(page, option)
    active = page.locator("#palette-input").get_attribute("aria-activedescendant")
    assert active == option.get_attribute("id")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#palette .palette-group").first).to_have_text(name)
    if language != "en":
        words = page.locator("#palette .option-name").all_inner_texts()
        assert english_left([word for word in words if word != name]) == []
    log = page.locator('#palette [role=option][href^="/activities/log/?account="]')
    expect(log).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#palette-input")).to_have_value(typed)
    expect(log).to_have_count(0)
    step_to(page, option)
    page.keyboard.press("ArrowRight")
    expect(page.locator("#palette .palette-group").first).to_have_text(name)
    step_to(page, log)
    page.keyboard.press("Enter")
    expect(page.locator("#dialog")).to_be_visible()
    expect(page.locator("#palette")).to_be_hidden()


def test_the_first_result_is_one_key_away_and_enter_waits_for_it(page: Page) -> None:
    sign_in(page, "demo-sales")
    page.goto("/opportunities/")
    link = page.locator("main tbody th a").first
    address = link.get_attribute("href") or ""
    page.goto(address)
    code = page.locator("h1 .muted").inner_text()
    page.goto("/opportunities/")
    page.keyboard.press("Control+k")
    page.keyboard.type(code)
    page.keyboard.press("Enter")  # before the answer has come
    page.wait_for_url(f"**{address}")
    # What was looked at stands there when nothing is typed, and the record's verbs before it.
    page.wait_for_timeout(2500)
    page.goto("/funnel/")
    palette(page)
    expect(page.locator(f'#palette [role=option][href="{address}"]')).to_be_visible()


def test_an_action_is_found_and_opens_its_dialog(page: Page) -> None:
    sign_in(page, "demo-sales")
    page.goto("/opportunities/")
    page.locator("main tbody th a").first.click()
    page.wait_for_url("**/opportunities/*/")
    palette(page)
    dialogs = page.locator("#palette [role=option][data-dialog]")
    if dialogs.count():
        for _turn in range(8):
            chosen = page.locator("#palette [role=option][aria-selected=true]")
            if chosen.get_attribute("data-dialog") is not None:
                break
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.locator("#dialog")).to_be_visible()
        expect(page.locator("#palette")).to_be_hidden()


@pytest.mark.parametrize(("locale", "language"), LANGUAGES)
def test_who_follows_a_deal_is_told_when_it_moves(
    open_page: OpenPage, locale: str, language: str
) -> None:
    seller = open_page(locale=locale)
    sign_in(seller, "demo-sales", language=language)
    seller.goto("/opportunities/")
    links = seller.locator("main tbody th a")
    name = links.nth(3).inner_text()
    address = links.nth(3).get_attribute("href") or ""

    head = open_page(locale=locale)
    sign_in(head, "demo-head", language=language)
    head.goto(address)
    follow = head.locator("[data-follow]")
    expect(follow).to_have_attribute("aria-pressed", "false")
    head.keyboard.press("f")
    expect(follow).to_have_attribute("aria-pressed", "true")

    seller.goto(f"{address}abandon/")
    seller.locator("main select[name=reason]").select_option(index=1)
    seller.locator("main form .buttons button").first.click()
    seller.wait_for_url(f"**{address}")

    head.goto("/notices/")
    expect(head.locator(".bell-count")).to_be_visible()
    # The day's own notices come meanwhile, when the server thinks of them.
    told = head.locator(".notices .unread .notice-words").filter(has_text=name)
    told = told.filter(has_text="was abandoned" if language == "en" else "已放弃")
    expect(told).to_be_visible()
    told.click()
    head.wait_for_url(f"**{address}")


def test_on_the_phone_the_palette_fills_the_screen(open_page: OpenPage) -> None:
    page = open_page(width=390, height=844)
    sign_in(page, "demo-sales")
    page.goto("/funnel/")
    page.locator(".search").click()
    expect(page.locator("#palette")).to_be_visible()
    with page.expect_response(lambda answer: "/search/?q=" in answer.url):
        page.keyboard.type("xm")
    box = page.locator("#palette").bounding_box()
    assert box
    assert box["width"] == 390
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.locator("[data-palette-close]").click()
    expect(page.locator("#palette")).to_be_hidden()


def test_every_key_is_listed(page: Page) -> None:
    sign_in(page, "demo-sales")
    page.goto("/funnel/")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_contain_text("搜索与操作")
    expect(page.locator("#keys kbd", has_text="Ctrl").first).to_be_visible()
