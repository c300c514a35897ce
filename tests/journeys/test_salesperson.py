"""A salesperson's day in a real browser: in a hurry, by keyboard, and making every mistake."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.steps import HAN, dialog_of, send, sign_in

OpenPage = Callable[..., Page]


def an_account(page: Page) -> str:
    page.goto("/accounts/")
    return page.locator("tbody tr th a").first.inner_text()


def new_opportunity(page: Page, name: str) -> str:
    """Create an opportunity by the form; give its address."""
    account = an_account(page)
    page.goto("/opportunities/")
    page.locator("a[data-new]:visible").first.click()
    page.locator("#id_name").fill(name)
    page.locator("#id_account").fill(account)
    page.locator("#id_amount").fill("38.4万")
    page.locator("#id_close_on").fill("2099-06-30")
    page.locator("#id_next_step").fill("约总工看样机")
    send(page.locator("main form.form"))
    page.wait_for_url(re.compile(r"/opportunities/\d+/$"))
    return page.url


@pytest.mark.parametrize(
    ("language", "moved", "lost"), [("zh-hans", "推进", "输单"), ("en", "Advance", "Lost")]
)
def test_an_opportunity_lives_and_dies(page: Page, language: str, moved: str, lost: str) -> None:
    sign_in(page, "demo-sales", language=language)
    address = new_opportunity(page, f"样机采购 {language}")
    expect(page.locator("h1")).to_contain_text("样机采购")
    expect(page.locator(".toast-line.good")).to_be_visible()
    expect(page.locator(".facts data[value^='384000']").first).to_be_visible()

    stages = page.locator("ol.stages li")
    first, second = stages.nth(0), stages.nth(1)
    expect(first).to_have_class("now")
    names = [stages.nth(i).locator("b").inner_text().split(" · ")[0] for i in (0, 1)]

    # Evidence with a note and a file.
    page.locator("#evidence a.chip").first.click()
    dialog = dialog_of(page)
    dialog.locator("[name=note]").fill("设计院已发函")
    dialog.locator("[name=file]").set_input_files(
        {"name": "来函.txt", "mimeType": "text/plain", "buffer": "请报价".encode()}
    )
    send(dialog.locator("form.form"))
    expect(page.locator("#evidence .tick.on")).to_have_count(1)
    expect(page.locator("#evidence")).to_contain_text("设计院已发函")
    with page.expect_download() as waiting:
        page.locator("#evidence a[href*=file]").click()
    assert waiting.value.path().read_text(encoding="utf-8") == "请报价"
    assert waiting.value.suggested_filename == "来函.txt"

    # Advance; the history says so in words.
    page.locator(".sheet-actions a[href$='/advance/']").click()
    send(dialog_of(page).locator("form.form"))
    expect(second).to_have_class(re.compile("now"))
    expect(page.locator(".history li").first).to_contain_text(moved)
    expect(page.locator(".history li").first).to_contain_text(f"{names[0]} → {names[1]}")

    # Take it back: the move stays on record, struck out.
    page.locator("form[action$='/undo/'] button").click()
    expect(first).to_have_class(re.compile("now"))
    expect(page.locator(".history del").first).to_contain_text(names[1])

    # Lost needs a reason.
    page.locator(".sheet-actions details summary").click()
    page.locator("a[href$='/lose/']").click()
    send(dialog_of(page).locator("form.form"))
    dialog = dialog_of(page)
    expect(dialog.locator(".field.wrong [name=reason]")).to_be_focused()
    assert bool(HAN.search(dialog.locator(".error").inner_text())) == (language != "en")
    dialog.locator("[name=reason]").select_option(index=1)
    dialog.locator("[name=competitor]").fill("长风泵业")
    dialog.locator("[name=text]").fill("价格高出一成")
    send(dialog.locator("form.form"))
    expect(page.locator("main .notice").first).to_contain_text(lost)
    expect(page.locator(".history li").first).to_contain_text("价格高出一成")
    assert page.url == address
    page.goto("/opportunities/?state=lost&q=样机采购")
    expect(page.locator("tbody tr th a").first).to_contain_text("样机采购")
