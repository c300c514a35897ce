"""A salesperson's day in a real browser: in a hurry, by keyboard, and making every mistake."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

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
    row = page.locator("#evidence .proof-form")
    row.locator("[name=note]").fill("设计院已发函")
    row.locator("[name=file]").set_input_files(
        {"name": "来函.txt", "mimeType": "text/plain", "buffer": "请报价".encode()}
    )
    send(row.locator("form.form").first)
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


def an_early_deal(page: Page) -> Locator:
    """Give the link of a deal that still has a stage to advance to."""
    page.goto("/opportunities/?sort=stage")
    return page.locator("tbody tr th a").first


def tab_to(page: Page, selector: str, *, most: int = 80) -> None:
    """Press Tab until the wanted element has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"Tab never reaches {selector}")


def test_a_deal_is_found_and_moved_by_keyboard_alone(page: Page) -> None:
    sign_in(page, "demo-sales")
    wanted = an_early_deal(page).inner_text()
    page.keyboard.press("g")
    page.keyboard.press("o")
    page.wait_for_url(re.compile("/opportunities/$"))

    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()

    page.keyboard.press("/")
    expect(page.locator("[data-filter]")).to_be_focused()
    page.keyboard.type(wanted)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("q="))
    expect(page.locator("tbody tr")).to_have_count(1)
    page.keyboard.press("j")  # the first row
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/opportunities/\d+/$"))
    stage = page.locator("ol.stages li.now b").inner_text()

    tab_to(page, ".sheet-actions a[href$='/advance/']")
    page.keyboard.press("Enter")
    dialog = dialog_of(page)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator(".sheet-actions a[href$='/advance/']")).to_be_focused()
    page.keyboard.press("Enter")
    dialog_of(page)
    tab_to(page, "#dialog .buttons button")
    page.keyboard.press("Enter")
    expect(page.locator("ol.stages li.now b")).not_to_have_text(stage)
    expect(page.locator(".toast-line")).to_be_visible()


#: Amounts that are no amounts, or could be two.
BAD_AMOUNTS = ("很多", "-5", "1,23", "99999999999999999999", "1e9")


def test_what_cannot_be_saved_says_why_and_stays_typed(page: Page) -> None:
    sign_in(page, "demo-sales")
    page.goto("/opportunities/create/")
    form = page.locator("main form.form")
    send(form)
    expect(form.locator(".field.wrong #id_name")).to_have_count(1)
    page.locator("#id_name").fill("写了一半的商机")
    page.locator("#id_competitors").fill("长风泵业\n远景阀门")
    for amount in BAD_AMOUNTS:
        page.locator("#id_amount").fill(amount)
        send(form)
        wrong = form.locator(".field.wrong", has=page.locator("#id_amount")).locator(".error")
        assert HAN.search(wrong.inner_text()), amount
        expect(page.locator("#id_amount")).to_have_value(amount)
        expect(page.locator("#id_name")).to_have_value("写了一半的商机")
        expect(page.locator("#id_competitors")).to_have_value(re.compile("远景阀门"))
    page.locator("#id_amount").fill("38.4万")

    # What the browser's own fields would not let through, sent all the same.
    page.locator("#id_close_on").evaluate("input => { input.type = 'text' }")
    page.locator("#id_close_on").fill("2026-02-30")
    page.locator("#id_stage").evaluate(
        "select => { select.options[0].value = '1:no-such-stage'; select.selectedIndex = 0 }"
    )
    page.locator("#id_account").fill("没有这家公司")
    send(form)
    for field in ("#id_close_on", "#id_stage", "#id_account"):
        wrong = form.locator(".field.wrong", has=page.locator(field)).locator(".error")
        assert HAN.search(wrong.inner_text()), field
    expect(page.locator("#id_amount")).to_have_value("38.4万")
    expect(page.locator("#id_account")).to_have_value("没有这家公司")
    page.goto("/opportunities/?state=all&q=写了一半的商机")
    expect(page.locator("tbody tr")).to_have_count(0)


def test_a_move_to_a_stage_of_another_method_is_refused(page: Page) -> None:
    sign_in(page, "demo-sales")
    an_early_deal(page).click()
    stage = page.locator("ol.stages li.now b").inner_text()
    page.locator(".sheet-actions a[href$='/advance/']").click()
    dialog = dialog_of(page)
    dialog.locator("[name=stage]").evaluate(
        "select => { select.options[0].value = 'short-list'; select.selectedIndex = 0 }"
    )
    send(dialog.locator("form.form"))
    assert HAN.search(dialog.locator(".error").inner_text())
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator("ol.stages li.now b")).to_have_text(stage)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_nonsense_in_an_address_is_answered_in_words(page: Page, language: str) -> None:
    sign_in(page, "demo-sales", language=language)
    for address in (
        "/opportunities/?close_from=2026-12-31&close_to=2026-01-01",
        "/opportunities/?amount_from=9&amount_to=1",
        "/opportunities/?amount_from=viel",
        "/opportunities/?close_from=2026-13-45",
        "/opportunities/?unit=99999999",
        "/opportunities/?method=x",
        "/opportunities/?state=asleep",
        "/opportunities/?sort=owner.password",
        "/opportunities/?after=%00",
        "/opportunities/999999999/",
        "/funnel/?unit=99999999",
        "/funnel/?unit=all",
        "/funnel/?method=astrology",
        "/funnel/?on=2026-13-45",
        "/funnel/?on=9999-12-31",
        "/funnel/?period=2026Q9",
        "/funnel/?currency=XXX",
        "/number/funnel.nothing/",
        "/accounts/?unit=1e3",
    ):
        answer = page.goto(address)
        assert answer is not None
        assert answer.status < 500, address
        words = page.locator("main").inner_text()
        assert bool(HAN.search(words)) or language == "en", address
        if answer.status >= 400:
            assert page.locator("h1").count() == 1, address
            assert page.locator("main a, main button").count() > 0, f"no way on from {address}"
            if language == "en":
                assert not HAN.search(words), address


def test_two_tabs_on_one_deal_lose_nothing(open_page: OpenPage) -> None:
    first, second = open_page(), open_page()
    sign_in(first, "demo-sales")
    sign_in(second, "demo-sales")
    address = new_opportunity(first, "两人同改")
    first.goto(f"{address}edit/")
    second.goto(f"{address}edit/")
    first.locator("#id_next_step").fill("请采购部来访")
    send(first.locator("main form.form"))
    first.wait_for_url(address)

    second.locator("#id_next_step").fill("寄样机说明书")
    second.locator("#id_competitors").fill("远景阀门")
    send(second.locator("main form.form"))
    clash = second.locator(".notice.watch")
    expect(clash).to_contain_text("请采购部来访")
    expect(clash).to_contain_text("寄样机说明书")
    expect(second.locator("#id_next_step")).to_have_value("寄样机说明书")
    expect(second.locator("#id_competitors")).to_have_value("远景阀门")
    send(second.locator("main form.form"))
    second.wait_for_url(address)
    expect(second.locator("main")).to_contain_text("寄样机说明书")
    expect(second.locator("main")).to_contain_text("远景阀门")
    expect(second.locator(".history")).to_contain_text("请采购部来访")
