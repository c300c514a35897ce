"""The board in a real browser: through a gate with a photo by mouse, by keyboard, by thumb."""

import sqlite3
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import Served
from tests.journeys.steps import dialog_of, sign_in

OpenPage = Callable[..., Page]
PHOTO = {"name": "现场.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff\xe0photo"}


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


def prove(page: Page) -> None:
    """Prove all that the dialog asks for, the first with a photo."""
    dialog = dialog_of(page)
    items = dialog.locator(".board-proofs li")
    expect(items.first).to_be_visible()
    items.first.locator("input[name^=file-]").set_input_files(PHOTO)
    for at in range(1, items.count()):
        items.nth(at).locator("textarea").fill("已见书面材料")


def test_a_deal_goes_through_a_gate_with_a_photo_by_mouse(page: Page) -> None:
    sign_in(page, "demo-sales")
    columns = board(page)
    card, here, there = unproven(columns)
    before, after = number(here), number(there)
    card = card_of(page, card)
    card.drag_to(there.locator(".board-head"))
    card.drag_to(there.locator("[data-cards]")) if not page.locator(
        "#dialog[open]"
    ).count() else None
    prove(page)
    page.locator("[data-board-ask] .btn-primary").click()
    expect(there.locator(f"#{card.get_attribute('id')}")).to_be_visible()
    expect(here.locator("[data-count]")).to_have_attribute("data-count", str(before - 1))
    expect(there.locator("[data-count]")).to_have_attribute("data-count", str(after + 1))
    # Taken back by the toast; a cancelled move leaves the card where it was.
    page.locator("[data-undo] button.btn").click()
    expect(here.locator(f"#{card.get_attribute('id')}")).to_be_visible()
    expect(there.locator("[data-count]")).to_have_attribute("data-count", str(after))
