"""The page of a deal as the place to work: mouse, keyboard, phone, two people at once."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import PATIENCE, Served
from tests.journeys.steps import dialog_of, overhang, send, sign_in

OpenPage = Callable[..., Page]
Axe = Callable[[Page], list[str]]

PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)


def a_deal(page: Page, place: int = 0) -> str:
    """Open an early deal; give its path."""
    page.goto("/opportunities/?sort=stage")
    page.locator("tbody tr th a").nth(place).click()
    page.wait_for_url(re.compile(r"/opportunities/\d+/$"))
    expect(page.locator("#timeline .timeline li").first).to_be_visible()
    return re.sub(r"^https?://[^/]+", "", page.url)


def test_a_part_that_does_not_come_says_so_and_is_asked_for_again(
    browser: Browser, served: Served, axe: Axe
) -> None:
    # A context of its own: without a connection the browser complains of each part.
    context = browser.new_context(
        base_url=served.url, locale="zh-CN", viewport={"width": 1440, "height": 300},
    )  # fmt: skip
    page = context.new_page()
    page.set_default_timeout(PATIENCE * 500)
    sign_in(page, "demo-sales")
    a_deal(page)
    similar = page.locator("#similar")
    context.set_offline(True)
    similar.scroll_into_view_if_needed()
    expect(similar.get_by_text("这一部分没能加载")).to_be_visible()
    expect(similar).not_to_have_attribute("aria-busy", "true")
    expect(similar.get_by_text("正在加载")).to_be_hidden()
    assert axe(page) == []
    context.set_offline(False)
    similar.get_by_role("button", name="再试一次").press("Enter")
    expect(similar.get_by_text("这一部分没能加载")).to_have_count(0)
    expect(similar).not_to_have_class(re.compile("waiting"))
    context.close()


@pytest.mark.parametrize(("language", "said"), [("zh-hans", "下一步已保存"), ("en", "saved")])
def test_the_next_step_is_logged_in_four_actions(page: Page, language: str, said: str) -> None:
    sign_in(page, "demo-sales", language=language)
    a_deal(page)
    card = page.locator("#next-step")
    step = f"约陈工确认接口参数 {language}"
    # Open the form, say what, say when, save.
    card.locator("summary").last.click()
    form = card.locator("details[open] form")
    form.locator("[name=next_step]").fill(step)
    form.locator("[name=next_step_on]").fill("2099-01-15")
    form.locator(".buttons button").first.click()
    expect(card.locator(".step")).to_contain_text(step)
    expect(card.locator(".step")).to_contain_text("2099-01-15")
    toast = page.locator("#toasts [data-toast]").last
    expect(toast).to_contain_text(said)
    # It is done, with what came of it; then that is taken back.
    card.locator("summary").first.click()
    done = card.locator("details[open] form")
    done.locator("[name=result]").fill("参数已确认")
    done.locator("[name=next_step]").fill("送样机方案")
    done.locator(".buttons button").first.click()
    expect(card.locator(".step")).to_contain_text("送样机方案")
    page.locator("#toasts form button").last.click()
    expect(page.locator("#next-step .step")).to_contain_text(step)
    expect(page.locator("#timeline")).to_contain_text("参数已确认")


def test_a_pin_is_one_clear_switch_and_what_comes_later_says_so(open_page: OpenPage) -> None:
    page = open_page(height=300)
    sign_in(page, "demo-sales")
    a_deal(page)
    # Far below the window: it waits until it is scrolled to, and says so from the first.
    similar = page.locator("#similar")
    expect(similar).to_have_attribute("aria-busy", "true")
    expect(similar).to_contain_text("正在加载")
    similar.scroll_into_view_if_needed()
    expect(similar).not_to_have_attribute("aria-busy", "true")
    expect(similar).not_to_contain_text("正在加载")

    pin = page.locator("[data-pin]")
    on = pin.get_attribute("aria-pressed") == "true"
    for is_on in (not on, on):
        page.keyboard.press("p")
        expect(pin).to_have_attribute("aria-pressed", str(is_on).lower())
        icon = "pinned-filled" if is_on else "pin"
        expect(pin.locator(f"use[href$='#{icon}']")).to_have_count(1)
        assert pin.evaluate("one => getComputedStyle(one, '::before').content") == "none"
        ground = pin.evaluate("one => getComputedStyle(one).backgroundColor")
        assert (ground != "rgba(0, 0, 0, 0)") == is_on


def test_the_next_step_by_keyboard_alone(page: Page) -> None:
    sign_in(page, "demo-sales")
    a_deal(page, 1)
    page.locator("#next-step summary").last.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+a")
    page.keyboard.type("keyboard step")
    page.keyboard.press("Enter")
    expect(page.locator("#next-step .step")).to_contain_text("keyboard step")


def test_a_colleague_is_let_in_mentioned_and_sees_it(page: Page, open_page: OpenPage) -> None:
    sign_in(page, "demo-sales", language="en")
    path = a_deal(page, 2)
    ops = open_page(locale="en-US")
    sign_in(ops, "demo-admin", language="en")
    assert ops.goto(path).status == 404  # type: ignore[union-attr]

    # A mention of somebody who sees nothing offers to let them in.
    area = page.locator("#timeline textarea")
    area.click()
    area.press_sequentially("please look @demo-adm")
    option = page.locator(".mention-list [role=option]").first
    expect(option).to_be_visible()
    expect(option).to_have_class(re.compile("outside"))
    page.keyboard.press("Enter")
    area = page.locator("#timeline textarea")
    expect(area).to_have_value(re.compile(r"^please look @\S.* $"))
    page.keyboard.press("Control+Enter")
    let_in = page.locator("#timeline [name=add_to_team]")
    expect(let_in).to_be_visible()
    let_in.check()
    page.locator("#timeline .composer button").first.click()
    expect(page.locator("#timeline li.note .mention").first).to_be_visible()
    # What was sent is no draft any more.
    expect(page.locator("#timeline textarea")).to_have_value("")

    assert ops.goto(path).status == 200  # type: ignore[union-attr]
    waiting = ops.locator("#timeline li.note form[action$='/done/'] button")
    waiting.click()
    expect(ops.locator("#timeline li.note form[action$='/done/']")).to_have_count(0)

    # The note goes after asking, and comes back.
    page.locator("#timeline li.note a[href$='/delete/']").first.press("Enter")
    dialog_of(page).get_by_role("button", name="Delete").press("Enter")
    undo = page.locator("#toasts .toast-undo")
    expect(undo).to_be_visible()
    expect(page.locator("#timeline .composer")).to_be_visible()
    expect(page.locator("#timeline li.note")).to_have_count(0)
    undo.click()
    expect(page.locator("#timeline li.note")).to_have_count(1)


def test_seats_are_filled_and_files_dropped(page: Page, axe: Callable[[Page], list[str]]) -> None:
    sign_in(page, "demo-sales", language="en")
    a_deal(page, 3)
    page.locator("#stakeholders .seats a.vital").click()
    dialog = dialog_of(page)
    expect(dialog.locator("[value=decision_maker]")).to_be_checked()
    dialog.locator("[name=name]").fill("周伟")
    dialog.locator("[name=attitude]").select_option("2")
    send(dialog.locator("form.form"))
    expect(page.locator("#stakeholders")).to_contain_text("周伟")
    expect(page.locator("#stakeholders .badge-state.good").first).to_be_visible()

    page.locator("#team .card-head a").click()
    dialog = dialog_of(page)
    dialog.locator("[name=person]").fill("demo-ops")
    dialog.locator("[name=role]").select_option("sales_support")
    send(dialog.locator("form.form"))
    expect(page.locator("#team .rows li")).to_have_count(2)

    # Both are taken off after asking, and put back by the toast.
    for rows in ("#stakeholders .rows li:has(.badge-state)", "#team .rows li"):
        expect(page.locator(rows).first).to_be_visible()
        before = page.locator(rows).count()
        page.locator(f"{rows.split()[0]} a.icon-button").last.click()
        dialog_of(page).locator("a.btn-danger").click()
        asked = page.locator("#dialog form[action$='/remove/']")
        expect(asked).to_be_visible()
        send(asked)
        undo = page.locator("#toasts .toast-undo")
        expect(undo).to_be_visible()
        expect(page.locator(f"{rows.split()[0]} .card-head")).to_be_visible()
        expect(page.locator(rows)).to_have_count(before - 1)
        undo.click()
        expect(page.locator(rows)).to_have_count(before)

    page.locator("#files input[multiple]").set_input_files(
        [
            {"name": "现场.png", "mimeType": "image/png", "buffer": PNG},
            {"name": "报价.txt", "mimeType": "text/plain", "buffer": "三台".encode()},
        ]
    )
    expect(page.locator("#files .rows li")).to_have_count(2)
    page.evaluate(
        """() => {
            const carried = new DataTransfer();
            carried.items.add(new File(['x'], 'dropped.txt', {type: 'text/plain'}));
            const at = {bubbles: true, cancelable: true, dataTransfer: carried};
            document.querySelector('#files').dispatchEvent(new DragEvent('drop', at));
        }"""
    )
    expect(page.locator("#files")).to_contain_text("dropped.txt")
    with page.expect_download() as waiting:
        page.locator("#files a", has_text="报价.txt").click()
    assert waiting.value.path().read_text(encoding="utf-8") == "三台"
    assert axe(page) == []


@pytest.mark.parametrize(("language", "dark"), [("zh-hans", False), ("en", True)])
def test_all_of_it_by_thumb(
    open_page: OpenPage, axe: Callable[[Page], list[str]], language: str, dark: bool
) -> None:
    page = open_page(width=390, height=844, dark=dark)
    sign_in(page, "demo-sales", language=language)
    a_deal(page, 4)
    bar = page.locator(".thumb-bar")
    expect(bar).to_be_visible()
    box = bar.bounding_box()
    assert box is not None
    assert box["y"] > 844 * 0.7
    bar.locator("a[href='#next-step']").click()
    expect(page.locator("#next-step")).to_be_in_viewport()
    page.locator("#next-step summary").last.click()
    page.locator("#next-step details[open] [name=next_step]").fill("拇指")
    page.locator("#next-step details[open] .buttons button").first.click()
    expect(page.locator("#next-step .step")).to_contain_text("拇指")
    assert overhang(page) <= 0
    assert axe(page) == []


def test_two_people_at_one_step(page: Page, open_page: OpenPage) -> None:
    sign_in(page, "demo-sales", language="en")
    path = a_deal(page, 5)
    other = open_page(locale="en-US")
    sign_in(other, "demo-sales", language="en")
    other.goto(path)
    for tab, text in ((page, "the first"), (other, "the second")):
        tab.locator("#next-step summary").last.click()
        tab.locator("#next-step details[open] [name=next_step]").fill(text)
        tab.locator("#next-step details[open] .buttons button").first.click()
    card = other.locator("#next-step")
    expect(card.locator("td", has_text="the first")).to_be_visible()
    expect(card.locator("details[open] [name=next_step]")).to_have_value("the second")
    card.locator("details[open] .buttons button").first.click()
    expect(card.locator(".step")).to_contain_text("the second")


def test_a_deal_is_voided_after_asking_and_comes_back_by_the_toast(
    page: Page, axe: Callable[[Page], list[str]]
) -> None:
    sign_in(page, "demo-sales")
    a_deal(page, 6)
    deal = page.url
    page.locator("#main details.menu summary", has_text="更多").click()
    page.locator("a[href$='/void/']").click()
    dialog = dialog_of(page)
    expect(dialog.locator("dl.pairs div")).to_have_count(9)
    expect(dialog).to_contain_text("30 天内可从回收站恢复")
    assert axe(page) == []
    dialog.locator("button.btn-danger").click()
    undo = page.locator("#toasts .toast-undo")
    expect(undo).to_be_visible()
    undo.click()
    expect(page).to_have_url(deal)
    expect(page.locator("#toasts")).to_contain_text("商机已恢复")
