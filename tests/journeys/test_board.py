"""The board in a real browser: through a gate with a photo by mouse, by keyboard, by thumb."""

import sqlite3
from collections.abc import Callable

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.journeys.conftest import Served
from tests.journeys.steps import EACH_ONCE, Hand, dialog_of, overhang, sign_in

OpenPage = Callable[..., Page]
PHOTO: FilePayload = {
    "name": "现场.jpg",
    "mimeType": "image/jpeg",
    "buffer": b"\xff\xd8\xff\xe0photo",
}


@pytest.fixture(autouse=True)
def strict(served: Served) -> None:
    """Let every gate require its evidence."""
    with sqlite3.connect(served.database, timeout=30) as database:
        database.execute("UPDATE dakehu_methodversion SET gate = 'require'")
    database.close()


def board(page: Page, query: str = "") -> Locator:
    page.goto(f"/board/{query}")
    expect(page.locator("[data-board]")).to_be_visible()
    expect(page.locator(".board-name[tabindex='0']").first).to_be_attached()
    return page.locator("[data-board] > [data-column]")


def unproven(columns: Locator) -> tuple[Locator, Locator, Locator]:
    """Give a card that lacks evidence, its column, and the next one."""
    for at in range(columns.count() - 1):
        cards = (
            columns.nth(at)
            .locator("[data-card]")
            .filter(has=columns.page.locator(".board-note svg use[href$='checklist']"))
        )
        if cards.count():
            return cards.first, columns.nth(at), columns.nth(at + 1)
    pytest.fail("no card lacks evidence")


def number(column: Locator) -> int:
    return int(column.locator("[data-count]").get_attribute("data-count") or "")


def card_of(page: Page, card: Locator) -> Locator:
    return page.locator(f"#{card.get_attribute('id')}")


def carry(hand: Hand, card: Locator, here: Locator, there: Locator) -> None:
    """Carry a card from its column to the next one."""
    if hand.by_keyboard:
        # Tab leads to the card of the column that had the focus last; arrows to the others.
        link = card.locator(".board-name")
        hand.reach(here.locator(".board-name[tabindex='0']"))
        while not link.evaluate("name => name === document.activeElement"):
            hand.chord("ArrowDown")
        hand.chord("Space", "ArrowRight", "Enter")
    else:
        card.drag_to(there.locator(".board-head"))
        if not hand.page.locator("#dialog[open]").count():
            card.drag_to(there.locator("[data-cards]"))


def prove(page: Page) -> None:
    """Prove all that the dialog asks for, the first with a photo."""
    dialog = dialog_of(page)
    items = dialog.locator(".board-proofs li")
    expect(items.first).to_be_visible()
    items.first.locator("input[name^=file-]").set_input_files(PHOTO)
    for at in range(1, items.count()):
        items.nth(at).locator("textarea").fill("已见书面材料")


@pytest.mark.parametrize(("locale", "language", "way"), EACH_ONCE)
def test_a_deal_goes_through_a_gate_with_a_photo(
    open_page: OpenPage, locale: str, language: str, way: str
) -> None:
    page = open_page(locale=locale)
    hand = Hand(page, way)
    sign_in(page, "demo-sales", language=language)
    columns = board(page)
    card, here, there = unproven(columns)
    before, after = number(here), number(there)
    card = card_of(page, card)
    carry(hand, card, here, there)
    dialog = dialog_of(page)
    gate = "a note, a link, or a file is enough" if language == "en" else "一个链接或一个文件即可"
    expect(dialog).to_contain_text(gate)
    items = dialog.locator(".board-proofs li")
    hand.attach(items.first.locator("input[name^=file-]"), [PHOTO])
    expect(items.first.locator("[data-file-name]").first).to_have_text(PHOTO["name"])
    for at in range(1, items.count()):
        hand.fill(items.nth(at).locator("textarea"), "已见书面材料")
    hand.press(page.locator("[data-board-ask] .btn-primary"))
    expect(there.locator(f"#{card.get_attribute('id')}")).to_be_visible()
    expect(here.locator("[data-count]")).to_have_attribute("data-count", str(before - 1))
    expect(there.locator("[data-count]")).to_have_attribute("data-count", str(after + 1))
    # Taken back by the toast.
    toast = page.locator("[data-undo]")
    expect(toast).to_contain_text("Undo" if language == "en" else "撤销")
    hand.press(toast.locator("button.btn"))
    expect(here.locator(f"#{card.get_attribute('id')}")).to_be_visible()
    expect(there.locator("[data-count]")).to_have_attribute("data-count", str(after))


def test_by_keyboard_alone(open_page: OpenPage) -> None:
    page = open_page(locale="en-US")
    sign_in(page, "demo-sales", language="en")
    columns = board(page)
    card, _here, there = unproven(columns)
    card = card_of(page, card)
    live = page.locator("#board-live")
    card.locator(".board-name").focus()
    # Picked up and let go again: it stays.
    page.keyboard.press("Space")
    expect(live).to_contain_text("is picked up from")
    page.keyboard.press("ArrowRight")
    expect(live).to_have_text(there.locator(".board-title").inner_text())
    page.keyboard.press("Escape")
    expect(live).to_contain_text("stays in")
    # Picked up, aimed at the next column, dropped: the gate asks.
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    dialog = dialog_of(page)
    items = dialog.locator(".board-proofs li")
    expect(items.first.locator("textarea")).to_be_focused()
    for at in range(items.count()):
        if at:
            items.nth(at).locator("textarea").focus()
        page.keyboard.type("letter of the customer")
    page.keyboard.press("Tab")
    page.locator("[data-board-ask] .btn-primary").focus()
    page.keyboard.press("Enter")
    expect(there.locator(f"#{card.get_attribute('id')}")).to_be_visible()
    expect(live).to_contain_text("stands in")
    expect(card.locator(".board-name")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.matches('.board-name')")
    # A step back asks why; the dialog closed without an answer leaves the card.
    card.locator(".board-name").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(dialog_of(page).locator("[name=why]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(there.locator(f"#{card.get_attribute('id')}")).to_be_visible()


def test_on_the_phone_by_the_sheet(open_page: OpenPage) -> None:
    page = open_page(width=390, height=844)
    sign_in(page, "demo-sales")
    columns = board(page)
    assert overhang(page) <= 0
    picker = page.locator(".board-picker a")
    picker.nth(1).click()
    expect(picker.nth(1)).to_have_attribute("aria-current", "true")
    picker.first.click()
    card, _here, there = unproven(columns)
    card = card_of(page, card)
    move = card.locator(".board-move")
    box = move.bounding_box()
    assert box
    assert min(box["width"], box["height"]) >= 44
    move.click()
    dialog = dialog_of(page)
    token = there.get_attribute("data-column")
    dialog.locator(f"button[value='{token}']").click()
    expect(dialog.locator("[data-board-ask]")).to_be_visible()
    prove(page)
    dialog.locator("input[name^=photo-]").first.set_input_files(PHOTO)
    dialog.locator("[data-board-ask] .btn-primary").click()
    expect(there.locator(f"#{card.get_attribute('id')}")).to_be_attached()
    expect(page.locator("#dialog")).not_to_be_visible()


def test_two_at_the_same_board(open_page: OpenPage) -> None:
    first, second = open_page(), open_page()
    for page in (first, second):
        sign_in(page, "demo-sales")
        board(page, "?by=category")
    column = first.locator("#col-category-1")
    card = card_of(first, column.locator("[data-card]:not([data-may=''])").first)
    name = f"#{card.get_attribute('id')}"
    for page, key in ((first, "ArrowRight"), (second, "ArrowLeft")):
        page.locator(f"{name} .board-name").focus()
        page.keyboard.press("Space")
        page.keyboard.press(key)
        page.keyboard.press("Enter")
        if page is first:
            expect(page.locator(f"#col-category-2 {name}")).to_be_visible()
    expect(second.locator(f"#col-category-2 {name}")).to_be_visible()
    expect(second.locator("#toasts .watch")).to_contain_text("刚被改动")


def test_nothing_keeps_people_out(open_page: OpenPage, axe: Callable[[Page], list[str]]) -> None:
    for login, dark, width in (("demo-head", False, 1440), ("demo-sales", True, 390)):
        page = open_page(dark=dark, width=width)
        sign_in(page, login)
        board(page)
        assert axe(page) == []
        page.locator(".board-move:visible").first.click()
        dialog_of(page)
        assert axe(page) == []


@pytest.mark.parametrize(("locale", "language", "way"), EACH_ONCE)
def test_validation_is_asked_for_from_the_gate(
    open_page: OpenPage, served: Served, locale: str, language: str, way: str
) -> None:
    with sqlite3.connect(served.database, timeout=30) as database:
        database.execute("UPDATE dakehu_methodversion SET gate = 'validate'")
    database.close()
    waits = "Waits for the manager" if language == "en" else "等上级审核"
    page = open_page(locale=locale)
    hand = Hand(page, way)
    sign_in(page, "demo-sales", language=language)
    columns = board(page)
    card, here, there = unproven(columns)
    before = number(here)
    card = card_of(page, card)
    carry(hand, card, here, there)
    dialog = dialog_of(page)
    asks = dialog.locator("button[formaction$='/requests/']")
    # What nobody has ticked cannot be confirmed: first the proofs.
    items = dialog.locator(".board-proofs li")
    expect(items.first).to_be_visible()
    expect(asks).to_have_count(0)
    for at in range(items.count()):
        hand.fill(items.nth(at).locator("textarea"), "已见书面材料")
    hand.press(dialog.locator("[data-board-ask] .btn-primary"))
    expect(items).to_have_count(0)
    hand.fill(dialog.locator("[name=note]"), "材料齐了，请核验")
    hand.press(asks)
    told = dialog.locator("#board-asked .notice")
    expect(told).to_contain_text("材料齐了，请核验")
    hand.chord("Escape")
    expect(dialog).to_be_hidden()
    # It stays until the superior answers, and says what it waits for, here and on its own page.
    board(page)
    expect(here.locator(f"#{card.get_attribute('id')}")).to_contain_text(waits)
    assert number(here) == before
    page.goto(card.locator(".board-name").get_attribute("href") or "")
    expect(page.locator("#request .notice")).to_contain_text("材料齐了，请核验")
