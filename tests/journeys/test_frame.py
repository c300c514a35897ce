"""The frame in a real browser: by mouse, by keyboard, in both languages, light and dark, small."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Served

OpenPage = Callable[..., Page]


def sign_in(page: Page, login: str = "demo-head") -> None:
    page.goto("/login/")
    page.locator(f"button[value={login}]").click()
    page.wait_for_load_state()


def overhang(page: Page) -> int:
    """Give by how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1440, 390])
def test_pages_fit_their_window(
    open_page: OpenPage,
    locale: str,
    dark: bool,
    width: int,
) -> None:
    page = open_page(locale=locale, dark=dark, width=width)
    page.goto("/login/")
    assert page.locator("html").get_attribute("data-bs-theme") == ("dark" if dark else "light")
    assert overhang(page) <= 0
    sign_in(page)
    for path in ("/settings/me/", "/funnel/", "/login/password/change/", "/no/such/page/"):
        page.goto(path)
        assert overhang(page) <= 0, path
        assert page.locator("h1").count() == 1, path


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1440, 390])
def test_nobody_is_kept_out(
    open_page: OpenPage, axe: Callable[[Page], list[str]], dark: bool, width: int
) -> None:
    page = open_page(dark=dark, width=width)
    page.goto("/login/")
    assert axe(page) == []
    sign_in(page)
    for path in ("/settings/me/", "/login/2fa/", "/login/password/change/", "/no/such/page/"):
        page.goto(path)
        assert axe(page) == [], path
    page.goto("/settings/me/")
    page.locator("summary:visible").first.click()
    assert axe(page) == []


def test_a_number_explains_itself_and_escape_closes(page: Page) -> None:
    sign_in(page)
    page.goto("/funnel/")
    page.locator("[data-number='funnel.forecast_index']").first.click()
    dialog = page.locator("#dialog")
    expect(dialog).to_be_visible()
    expect(dialog.locator(".formula")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_cancel_closes_a_dialog_and_it_opens_again_as_it_was(page: Page) -> None:
    sign_in(page, "demo-sales")
    page.goto("/opportunities/?sort=stage")
    page.locator("tbody tr th a").first.click()
    page.wait_for_url(re.compile(r"/opportunities/\d+/$"))
    there = page.url
    dialog = page.locator("#dialog")
    openers = [
        page.locator("a[data-dialog][href$='/lose/']").first,
        page.locator("a[data-dialog][href*='/activities/log/']").first,
    ]
    for opener in [*openers, *openers]:
        if not opener.is_visible():
            page.locator("details:has(a[href$='/lose/']) > summary").first.click()
        opener.click()
        expect(dialog).to_be_visible()
        expect(dialog.locator("form[action]")).not_to_have_count(0)
        action = dialog.locator("form[action]").first.get_attribute("action") or ""
        there_by = opener.get_attribute("href") or ""
        assert action.split("?")[0] == there_by.split("?")[0]
        dialog.locator("a[data-close]").click()
        expect(dialog).to_be_hidden()
        expect(page.locator("#dialog-content > *")).to_have_count(0)
    assert page.url == there


def test_places_are_reached_by_two_keys(page: Page) -> None:
    sign_in(page)
    page.goto("/settings/me/")
    page.keyboard.press("g")
    page.keyboard.press("f")
    page.wait_for_url(re.compile("/funnel/"))


def test_the_keys_are_listed_under_the_question_mark(page: Page) -> None:
    sign_in(page)
    page.goto("/settings/me/")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()


def test_one_moves_through_the_frame_by_tab_from_the_skip_link_on(page: Page) -> None:
    sign_in(page)
    page.goto("/settings/me/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_language_and_theme_change_where_one_stands(page: Page) -> None:
    sign_in(page, "demo-finance")
    page.goto("/settings/me/")
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    page.locator(".top-end form[action*=language] button").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.url.endswith("/settings/me/")
    page.locator("details.menu > summary").first.click()
    page.locator("button[name=theme][value=dark]").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_a_menu_closes_by_escape_and_by_a_click_beside_it(page: Page) -> None:
    sign_in(page)
    page.goto("/settings/me/")
    menu = page.locator(".top-end details.menu")
    menu.locator("summary").click()
    expect(menu.locator(".menu-panel")).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu.locator(".menu-panel")).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()
    menu.locator("summary").click()
    page.locator("h1").click()
    expect(menu.locator(".menu-panel")).to_be_hidden()


def test_saving_says_so_and_the_word_can_be_sent_away(page: Page) -> None:
    sign_in(page, "demo-director")
    page.goto("/settings/me/")
    page.locator("main form button").click()
    toast = page.locator(".toast-line.good")
    expect(toast).to_be_visible()
    toast.locator("[data-dismiss]").click()
    expect(toast).to_have_count(0)


def test_without_a_connection_the_page_says_so(browser: Browser, served: Served) -> None:
    page = browser.new_page(base_url=served.url)  # its console tells of the failure, as it should
    sign_in(page)
    page.goto("/funnel/")
    page.context.set_offline(True)
    page.locator("[data-number='funnel.count']").first.click()
    expect(page.locator(".toast-line.watch")).to_be_visible()
    page.close()


def test_the_phone_has_its_places_below(open_page: OpenPage) -> None:
    page = open_page(width=390, height=844)
    sign_in(page)
    page.goto("/funnel/")
    expect(page.locator(".side")).to_be_hidden()
    tabs = page.locator("nav.tabs")
    expect(tabs).to_be_visible()
    tabs.locator("summary").click()
    expect(tabs.locator(".menu-panel")).to_be_visible()


def test_paper_shows_the_page_alone(page: Page) -> None:
    sign_in(page)
    page.goto("/funnel/")
    page.emulate_media(media="print")
    for gone in (".side", ".top", ".tabs"):
        expect(page.locator(gone)).to_be_hidden()
    expect(page.locator("h1")).to_be_visible()


def test_a_visit_is_light(page: Page) -> None:
    """After the first visit a page brings at most 150 kB with it (DESIGN: budgets)."""
    sign_in(page)
    page.goto("/funnel/")
    page.goto("/settings/me/")
    page.wait_for_load_state("networkidle")
    carried = page.evaluate(
        "[...performance.getEntriesByType('resource'),"
        " ...performance.getEntriesByType('navigation')]"
        ".reduce((sum, one) => sum + one.transferSize, 0)"
    )
    assert 0 < carried <= 150_000
