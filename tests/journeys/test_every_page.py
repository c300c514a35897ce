"""Every page of every demo log-in: whole, wide enough, open to all, in one language.

The theme and the width change on the page that is open, so each page is loaded once a language.
"""

import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.steps import (
    HAN,
    LANGUAGES,
    dialog_of,
    english_left,
    new_deal,
    overhang,
    send,
    sign_in,
)

OpenPage = Callable[..., Page]
Axe = Callable[[Page], list[str]]

#: Chinese words that stand in English pages as they are: languages and units by their own name.
SAME_IN_ENGLISH = re.compile("简体中文|万|亿")

#: Those who see and may most come first.
LOG_INS = ("demo-head", "demo-sales", "demo-ops", "demo-admin", "demo-finance", "demo-director")
#: Pages behind a list: the list, and the links that lead on.
INNER = {
    "demo-sales": (
        ("/opportunities/", "tbody th a"),
        ("/opportunities/?state=won", "tbody th a"),
        ("/opportunities/", "a[data-new]"),
        ("/accounts/", "tbody th a"),
        ("/contacts/", "tbody th a"),
        ("/methods/", "main h2 a"),
        ("/accounts/", "tbody th a", "main a[href^='/history/account/']"),
    ),
    "demo-admin": (
        ("/people/", "tbody th a"),
        ("/people/", "a[data-new]"),
        ("/units/", ".tree-rows a[href$='edit/']"),
    ),
    "demo-ops": (("/methods/", "main h2 a"), ("/accounts/", "a[data-new]")),
    "demo-finance": (("/small-sales/", "a[data-new]"),),
}

#: Pages that everybody has of their own: looked at for each log-in.
OWN = ("/today/", "/funnel/", "/settings/me/")

#: Pages that no place of the side leads to: from the bell, from the palette.
APART = {"demo-sales": ("/notices/", "/settings/notices/", f"/search/?q={quote('泵')}")}

#: Dialogs of a list, by what opens them: the filter, the columns, a view to be saved.
DIALOGS = (
    "a[href*='/opportunities/filter/']",
    "a[href*='/views/opportunities/columns/']",
    "a[href*='/views/opportunities/create/']",
)

#: Parts of the funnel page that are pages of their own, too.
PARTS = {
    "demo-head": tuple(
        f"/funnel/{part}/"
        for part in ("compare", "flow", "health", "speed", "leaks", "ageing", "trend", "products")
    ),
}


def places(page: Page, login: str) -> list[str]:
    """Give the addresses of the side, and of the pages behind them."""
    page.goto("/settings/me/")
    found = [
        link.get_attribute("href") or ""
        for link in page.locator(".side li a:not(.side-pins a)").all()
    ]
    assert found, "somebody without a place"
    found += ["/settings/me/", *PARTS.get(login, ()), *APART.get(login, ())]
    for start, *links in INNER.get(login, ()):
        behind = start
        for link in links:
            page.goto(behind)
            behind = page.locator(link).first.get_attribute("href") or ""
            assert behind, (start, link)
        found.append(behind)
    return found


def look(page: Page, path: str, language: str) -> list[str]:
    """Give what is wrong with the open page, wide and narrow."""
    wrong = []
    if page.locator("html").get_attribute("lang") != ("en" if language == "en" else "zh-Hans"):
        wrong.append(f"{path}: the wrong language is said")
    if page.locator("h1").count() != 1:
        wrong.append(f"{path}: not one h1")
    told = ".side li a, .side .grp, h2, thead th, .btn, dl:not(.keys) dt, legend, label"
    said = page.locator(told)
    words = [text.strip() for text in said.all_inner_texts() if text.strip()]
    if language != "en":
        wrong += [f"{path}: English: {word}" for word in english_left(words)]
    else:
        named = page.locator(
            ".side li a:not(.side-pins a), .side .grp, thead th, dt, legend, label"
        )
        texts = [SAME_IN_ENGLISH.sub("", text) for text in named.all_inner_texts()]
        wrong += [f"{path}: Chinese: {text}" for text in texts if HAN.search(text)]
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        if overhang(page) > 0:
            wrong.append(f"{path}: {overhang(page)} px too wide at {width}")
    return wrong


def kept_out(page: Page, axe: Axe, path: str) -> list[str]:
    """Give what axe finds on the open page, light and wide, dark and narrow."""
    wrong = [f"{path} light: {found}" for found in axe(page)]
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.set_viewport_size({"width": 390, "height": 844})
    wrong += [f"{path} dark, narrow: {found}" for found in axe(page)]
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    return wrong


@pytest.fixture(scope="module")
def examined() -> set[str]:
    """Pages that were looked at: others get the same page, at most with fewer buttons."""
    return set()


@pytest.mark.parametrize("login", LOG_INS)
def test_every_page_is_whole(open_page: OpenPage, axe: Axe, examined: set[str], login: str) -> None:
    page = open_page()
    page.emulate_media(reduced_motion="reduce")
    sign_in(page, login)
    wrong: list[str] = []
    for path in places(page, login):
        if path in examined:
            # It is there for them too; the funnel is another page for whoever sees another unit.
            assert page.request.get(path).status == 200, path
            if path not in OWN:
                continue
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        wrong += look(page, path, "zh-hans")
        if path not in examined:
            wrong += kept_out(page, axe, path)
            examined.add(path)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("login", ["demo-sales", "demo-admin"])
def test_every_page_speaks_english(open_page: OpenPage, axe: Axe, login: str) -> None:
    page = open_page(locale="en-US", dark=True)
    sign_in(page, login, language="en")
    wrong: list[str] = []
    for path in places(page, login):
        page.goto(path)
        assert page.locator("html").get_attribute("data-bs-theme") == "dark", path
        wrong += look(page, path, "en")
        wrong += [f"{path} dark, in English: {found}" for found in axe(page)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("locale", "language"), LANGUAGES)
def test_the_dialogs_of_lists_and_of_the_gate_keep_nobody_out(
    open_page: OpenPage, axe: Axe, locale: str, language: str
) -> None:
    page = open_page(locale=locale)
    page.emulate_media(reduced_motion="reduce")
    sign_in(page, "demo-sales", language=language)
    wrong: list[str] = []
    for opens in DIALOGS:
        page.goto("/opportunities/?state=all&where=amount+%3E%3D+3000")
        page.locator(opens).locator("visible=true").first.click()
        dialog_of(page)
        wrong += kept_out(page, axe, opens)
    # The last one keeps the view; then that is changed in a dialog of its own.
    dialog = dialog_of(page)
    dialog.locator("[name=name]").fill(f"大单 {language}")
    send(dialog.locator("form[method=post]"))
    page.wait_for_url(re.compile(r"view=\d+"))
    page.locator(".views a[data-dialog]:not([href*='/create/'])").click()
    dialog_of(page)
    wrong += kept_out(page, axe, "a view's own dialog")
    # Through the gate: with evidence missing, and for a later stage.
    new_deal(page, f"Gate {language}")
    page.locator("#advance").click()
    dialog = dialog_of(page)
    expect(dialog.locator(".gates .notice").locator("visible=true")).to_have_count(1)
    wrong += kept_out(page, axe, "the gate")
    dialog.locator("[name=stage]").select_option(index=1)
    wrong += kept_out(page, axe, "the gate of a later stage")
    assert not wrong, "\n".join(wrong)
