"""Steps that many journeys take: sign in, choose a language, look at what a page is like."""

import re

from playwright.sync_api import Locator, Page, expect

HAN = re.compile(r"[\u3400-\u9fff]")
#: Latin that stands in Chinese text as it is: our name, formats, currencies, codes, quarters.
SAME_IN_CHINESE = re.compile(
    r"Dakehu|Esc|Enter|Space|Excel|CSV|xlsx|Ctrl|English|n=\d+|[A-Z]{3}\b|[A-Z0-9]+(?:[-_][A-Z0-9]+)*\b"
)


def sign_in(page: Page, login: str, *, language: str = "zh-hans") -> None:
    """Sign in by one click, and speak the language from here on."""
    page.goto("/login/")
    page.locator(f"button[value={login}]").click()
    page.wait_for_load_state()
    page.goto("/settings/me/")
    other = page.locator(f".top-end form[action*=language] button[value={language}]")
    if other.count():
        other.click()
        page.wait_for_load_state()
    expect(page.locator("html")).to_have_attribute("lang", "en" if language == "en" else "zh-Hans")


def overhang(page: Page) -> int:
    """Give by how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def english_left(words: list[str]) -> list[str]:
    """Give the words of a Chinese page that nobody has translated."""
    return [word for word in words if re.search(r"[A-Za-z]{2}", SAME_IN_CHINESE.sub("", word))]


def dialog_of(page: Page) -> Locator:
    """Give the dialog, once it is open."""
    dialog = page.locator("#dialog")
    expect(dialog).to_be_visible()
    return dialog


def send(form: Locator) -> None:
    """Press the first button of a form and wait for what follows."""
    form.locator(".buttons button").first.click()
    form.page.wait_for_load_state()
