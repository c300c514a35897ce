"""The page of a deal as the place to work: mouse, keyboard, phone, two people at once."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import APIResponse, Browser, FilePayload, Locator, Page, Route, expect

from tests.journeys.conftest import PATIENCE, Served
from tests.journeys.steps import (
    LANGUAGES,
    TOUCH,
    Hand,
    dialog_of,
    new_deal,
    overhang,
    photo,
    send,
    sign_in,
)

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


def missing_items(page: Page, name: str) -> Locator:
    """Have a deal whose stage asks for several items, none of them proven; give these."""
    new_deal(page, name, stage=1)
    items = page.locator("#evidence .item")
    assert items.count() > 2
    expect(page.locator("#evidence .item.missing")).to_have_count(items.count())
    return items


def is_proven(item: Locator, name: str, language: str) -> None:
    """Hold an item, and none beside it, to be ticked with this picture, kept as it was sent."""
    page = item.page
    expect(item.locator("img.proof")).to_have_count(1)
    expect(item.locator(".proof-name")).to_have_text(name)
    expect(item.locator(".item-name")).to_contain_text("ticked" if language == "en" else "已勾选")
    expect(page.locator("#evidence-card .tick.on")).to_have_count(1)
    expect(page.locator("#evidence-card .upload")).to_have_count(0)
    expect(page.locator("#files")).to_contain_text(name)
    kept = page.request.get(item.locator("a.proof-name").get_attribute("href") or "")
    assert kept.body() == photo()


def drag(page: Page, file: Path) -> Callable[[str, Locator], None]:
    """Take up a file of the desktop, in the browser's own drag; give what moves and drops it."""
    hand = page.context.new_cdp_session(page)
    carried = {"items": [], "files": [str(file)], "dragOperationsMask": 1}

    def go_on(event: str, item: Locator) -> None:
        item.scroll_into_view_if_needed()
        box = item.bounding_box()
        assert box is not None
        at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        hand.send("Input.dispatchDragEvent", {"type": event, **at, "data": carried})

    return go_on


@pytest.mark.parametrize(("locale", "language"), LANGUAGES)
def test_a_file_of_the_desktop_dropped_on_an_item_proves_it(
    open_page: OpenPage, tmp_path: Path, locale: str, language: str
) -> None:
    file = tmp_path / "现场.png"
    file.write_bytes(photo())
    page = open_page(locale=locale)
    sign_in(page, "demo-sales", language=language)
    items = missing_items(page, f"Dropped {language}")
    address = page.url
    carry = drag(page, file)
    # The item under the pointer shows that it would take the file, and only as long as it is there.
    carry("dragEnter", items.nth(0))
    for at in (0, 1):
        carry("dragOver", items.nth(at))
        carry("dragOver", items.nth(at))
        expect(items.nth(at)).to_have_class(re.compile("dropping"))
        expect(page.locator("#evidence-card .dropping")).to_have_count(1)
    carry("drop", items.nth(1))
    is_proven(items.nth(1), "现场.png", language)
    expect(page.locator("#evidence-card .dropping")).to_have_count(0)
    # The browser did not open the file instead.
    assert page.url == address


def copy_picture(page: Page) -> None:
    """Have a picture in the clipboard, as after a screenshot."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate(
        """async (bytes) => {
            const picture = new Blob([new Uint8Array(bytes)], {type: 'image/png'});
            await navigator.clipboard.write([new ClipboardItem({'image/png': picture})]);
        }""",
        list(photo()),
    )


@pytest.mark.parametrize(("locale", "language"), LANGUAGES)
def test_a_picture_pasted_proves_the_item_that_is_meant(
    open_page: OpenPage, locale: str, language: str
) -> None:
    page = open_page(locale=locale)
    sign_in(page, "demo-sales", language=language)
    items = missing_items(page, f"Pasted {language}")
    ticked = page.locator("#evidence-card .tick.on")
    copy_picture(page)
    # Several are missing and none is meant: nothing is proven by guess.
    page.mouse.move(1, 1)
    page.keyboard.press("Control+v")
    # The one under the pointer; what is pasted has a name that the browser gives.
    items.nth(2).locator(".item-name b").hover()
    page.keyboard.press("Control+v")
    expect(items.nth(2).locator("img.proof")).to_have_count(1)
    expect(ticked).to_have_count(1)
    # The focus says more than the pointer.
    items.nth(1).locator(".item-verbs a").focus()
    page.keyboard.press("Control+v")
    expect(items.nth(1).locator("img.proof")).to_have_count(1)
    expect(ticked).to_have_count(2)
    expect(items.nth(1).locator(".item-name")).to_contain_text(
        "ticked" if language == "en" else "已勾选"
    )
    picture = items.nth(1).locator("img.proof")
    assert picture.evaluate("async (one) => { await one.decode(); return one.naturalWidth; }") == 40
    # Words that are pasted are words: no item takes them.
    note = page.locator("#timeline textarea")
    page.evaluate("navigator.clipboard.writeText('三台')")
    note.focus()
    page.keyboard.press("Control+v")
    expect(note).to_have_value("三台")
    expect(ticked).to_have_count(2)


def test_a_card_on_its_way_when_the_deal_changes_comes_as_it_is_now(page: Page) -> None:
    sign_in(page, "demo-sales", language="en")
    new_deal(page, "A slow line")
    address = page.url
    held: list[tuple[Route, APIResponse]] = []

    def hold(route: Route) -> None:
        """Let the first answer wait on the way, and all others through."""
        if held:
            route.continue_()
        else:
            held.append((route, route.fetch()))

    page.route("**/files/opportunity/*/", hold)
    page.goto(address)
    expect(page.locator("#files")).to_have_attribute("aria-busy", "true")
    proof: FilePayload = {"name": "letter.png", "mimeType": "image/png", "buffer": photo()}
    page.locator("#evidence .item input[multiple]").first.set_input_files(proof)
    expect(page.locator("#evidence .item img.proof")).to_have_count(1)
    assert held
    route, answer = held[0]
    route.fulfill(response=answer)
    expect(page.locator("#files")).to_contain_text("letter.png")


def test_a_picture_pasted_proves_the_only_item_that_is_missing(page: Page) -> None:
    sign_in(page, "demo-sales")
    new_deal(page, "贴图即证据")
    expect(page.locator("#evidence .item.missing")).to_have_count(1)
    copy_picture(page)
    page.mouse.move(1, 1)
    page.keyboard.press("Control+v")
    expect(page.locator("#evidence .item img.proof")).to_have_count(1)
    expect(page.locator("#evidence .item.missing")).to_have_count(0)


@pytest.mark.parametrize(("locale", "language"), LANGUAGES)
def test_the_camera_of_the_phone_proves_an_item(
    open_page: OpenPage, locale: str, language: str
) -> None:
    page = open_page(locale=locale, width=390, height=844, touch=True)
    sign_in(page, "demo-sales", language=language)
    items = missing_items(page, f"Photographed {language}")
    item = items.nth(1)
    camera = item.locator("input[capture]")
    # The camera at the back, which takes pictures: what the phone opens instead of its files.
    expect(camera).to_have_attribute("capture", "environment")
    expect(camera).to_have_attribute("accept", "image/*")
    expect(item.locator("label.by-phone")).to_have_text(
        re.compile("^Photo " if language == "en" else "^拍照 ")
    )
    picture: FilePayload = {"name": "IMG_0417.png", "mimeType": "image/png", "buffer": photo()}
    Hand(page, TOUCH).attach(camera, [picture])
    is_proven(item, "IMG_0417.png", language)
    assert overhang(page) <= 0


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


#: What can be pressed or typed into. The square of an item is left out: no key and no reader goes
#: there, and the button at the end of the row does the same.
TARGETS = "a:not(.tick), button, summary, select, textarea, input:not([type=hidden])"


def too_small_for_a_thumb(part: Locator) -> list[str]:
    """Give what is lower than decision 27 says: 44 px, in a form's fields and buttons 42."""
    wrong = []
    seen = part.locator(TARGETS).locator("visible=true")
    assert seen.count() > 0
    for target in seen.all():
        # A picker of files lies in the label that is pressed for it.
        label = target.locator("xpath=ancestor::label[contains(@class, 'chip')]")
        pressed = label if label.count() else target
        box = pressed.bounding_box()
        assert box is not None
        dense = target.evaluate("one => one.matches('form.form *')")
        if box["height"] < (42 if dense else 44) or box["width"] < 44:
            wrong.append(f"{box['width']:g} x {box['height']:g}: {pressed.inner_html()[:160]}")
    return wrong


@pytest.mark.parametrize(("locale", "language"), LANGUAGES)
def test_the_gate_is_passed_by_thumb(open_page: OpenPage, locale: str, language: str) -> None:
    page = open_page(locale=locale, width=390, height=844, touch=True)
    sign_in(page, "demo-sales", language=language)
    new_deal(page, f"Thumb {language}")
    lacks, word = ("缺", "推进") if language != "en" else ("missing", "Advance")
    # The gate says what is missing; closed again, that is ticked in its row.
    advance = page.locator(".thumb-bar a").last
    expect(advance).to_contain_text(lacks)
    wrong = too_small_for_a_thumb(page.locator(".thumb-bar"))
    advance.tap()
    dialog = dialog_of(page)
    expect(dialog.locator(".gates .notice").locator("visible=true")).to_have_count(1)
    wrong += too_small_for_a_thumb(dialog)
    dialog.locator(".dialog-head button").tap()
    expect(dialog).to_be_hidden()
    item = page.locator("#evidence .item")
    wrong += too_small_for_a_thumb(item.locator(".item-verbs"))
    item.locator(".item-verbs > a").tap()
    form = item.locator(".proof-form")
    form.locator("[name=note]").fill("设计院已发函")
    wrong += too_small_for_a_thumb(form)
    form.locator("form").first.locator(".btn-primary").tap()
    expect(item.locator(".tick.on")).to_have_count(1)
    # With its evidence ticked it opens.
    expect(advance).not_to_contain_text(lacks)
    advance.tap()
    dialog = dialog_of(page)
    expect(dialog.locator(".gates .notice").locator("visible=true")).to_have_count(0)
    wrong += too_small_for_a_thumb(dialog)
    send = dialog.locator(".buttons .btn-primary").locator("visible=true")
    expect(send).to_have_text(word)
    send.tap()
    expect(page.locator("ol.stages li").nth(1)).to_have_class(re.compile("now"))
    assert overhang(page) <= 0
    assert not wrong, "\n".join(wrong)


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
