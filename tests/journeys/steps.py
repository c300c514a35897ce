"""Steps that many journeys take: sign in, choose a language, look at what a page is like."""

import re

from playwright.sync_api import Locator, Page, expect

HAN = re.compile(r"[\u3400-\u9fff]")
#: Latin that stands in Chinese text as it is: our name, formats, currencies, codes, quarters.
SAME_IN_CHINESE = re.compile(
    r"Dakehu|Esc|Enter|Space|Excel|CSV|xlsx|Ctrl|English|n=\d+|[A-Z]{3}\b|[A-Z0-9]+(?:[-_][A-Z0-9]+)*\b"
)


def sign_in(page: Page, login: str, *, language: str = "zh-hans") -> None:
    """Be somebody, and speak the language from here on, by the requests that buttons send.

    test_first_day presses the buttons; here three pages fewer are drawn for each who comes in.
    """
    ask = page.context.request
    shown = ask.get("/login/")
    field = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', shown.text())
    assert field is not None
    form = {"csrfmiddlewaretoken": field[1], "login": login}
    here = shown.url
    answer = ask.post("/login/demo/", form=form, headers={"Referer": here}, max_redirects=0)
    assert answer.status == 303, answer.text()
    token = next(c for c in page.context.cookies() if "csrf" in c.get("name", ""))
    form = {"csrfmiddlewaretoken": token.get("value", ""), "language": language}
    answer = ask.post(
        "/settings/me/language/", form=form, headers={"Referer": here}, max_redirects=0
    )
    assert answer.status in {302, 303}, answer.text()


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
