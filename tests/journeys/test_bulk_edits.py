"""Many deals at once, and the list as a sheet: by mouse, by keyboard alone, from a spreadsheet."""

import csv
import io
import re
import sqlite3
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import Served, command
from tests.journeys.steps import EACH_ONCE, Hand, dialog_of, overhang, sign_in

OpenPage = Callable[..., Page]


def bring_deals(served: Served, count: int) -> None:
    """Bring in deals of a team's head: the head above is their superior and may give them away."""
    home = served.database.parent
    with sqlite3.connect(served.database) as database:
        name, method = database.execute(
            "SELECT p.name, (SELECT m.key FROM dakehu_method m ORDER BY m.id LIMIT 1)"
            " FROM dakehu_appointment team JOIN dakehu_person p ON p.id = team.person_id"
            " JOIN dakehu_unitplace w ON w.unit_id = team.unit_id AND NOT w.closed"
            " JOIN dakehu_appointment above ON above.unit_id = w.parent_id"
            " JOIN dakehu_person h ON h.id = above.person_id AND h.login = 'demo-head'"
            " WHERE team.role = 'unit_head' AND team.until_on IS NULL LIMIT 1"
        ).fetchone()
    rows = [f"批量 {n:03},{name},兴趣,{1000 + n},CNY,{method}" for n in range(count)]
    file = home / "deals.csv"
    file.write_text("\n".join(["商机名称,负责人,阶段,金额,币种,销售方法", *rows]), encoding="utf-8")
    command(home, "import", str(file))


@pytest.fixture(scope="module")
def two_hundred(served: Served) -> None:
    """Let there be 200 deals to change hands; each journey puts them back."""
    bring_deals(served, 200)


@pytest.mark.usefixtures("two_hundred")
@pytest.mark.parametrize(("locale", "language", "way"), EACH_ONCE)
def test_two_hundred_deals_change_hands_and_come_back(
    open_page: OpenPage, axe: Callable[[Page], list[str]], locale: str, language: str, way: str
) -> None:
    page = open_page(locale=locale)
    hand = Hand(page, way)
    sign_in(page, "demo-head", language=language)
    page.goto("/opportunities/?q=批量")
    hand.press(page.locator("input[data-page]"), "Space")
    hand.press(page.locator("[data-every]"))
    hand.press(page.locator("[data-bulk]"))
    dialog = dialog_of(page)
    said = "All 200 opportunities" if language == "en" else "200 个商机"
    expect(dialog.locator(".dialog-body > p").first).to_contain_text(said)
    with page.expect_response(lambda answer: "verb=reassign" in answer.url):
        hand.press(dialog.locator("nav a[href*='verb=reassign']"))
    owner = dialog.locator("select[name=owner_id]")
    name = hand.choose(owner, 3)
    hand.press(dialog.locator("button[value=preview]"))
    expect(dialog.locator("dl.tally dd").first).to_have_text("200")
    expect(dialog.locator("h2")).to_contain_text("Preview" if language == "en" else "预览")
    assert not axe(page)
    hand.press(dialog.locator("button[value=do]"))
    page.wait_for_url(re.compile(r"/bulk/\d+/\?list="))
    expect(page.locator("h1")).to_contain_text(name)
    expect(page.locator("dl.tally dd").first).to_have_text("200")
    expect(page.locator("tbody ins").first).to_contain_text(name)
    assert not axe(page)

    undo = page.locator("form[action*=undo] button")
    expect(undo).to_contain_text("Undo 200 rows" if language == "en" else "200")
    hand.press(undo)
    expect(page.locator("form[action*=undo]")).to_have_count(0)
    expect(page.locator("dl.tally dd").nth(2)).to_have_text("200")
    page.goto("/bulk/")
    hand.press(page.locator("tbody a").first)
    page.wait_for_url(re.compile(r"/bulk/\d+/$"))
    expect(page.locator("form[action*=undo]")).to_have_count(0)


def cell(page: Page, row: int, field: str) -> Locator:
    return page.locator("tr[data-row]").nth(row).locator(f"[data-cell={field}]")


def test_a_cell_by_keyboard_alone(page: Page, axe: Callable[[Page], list[str]]) -> None:
    sign_in(page, "demo-sales")
    page.goto("/opportunities/")
    expect(page.locator("table[data-grid]")).to_have_role("grid")
    steps, amounts = cell(page, 0, "next_step"), cell(page, 0, "amount")
    name = cell(page, 0, "name")
    name.focus()
    for _turn in range(12):
        if steps.evaluate("cell => cell === document.activeElement"):
            break
        page.keyboard.press("ArrowRight")
    before = steps.inner_text()
    page.keyboard.type("Call Li")
    expect(page.locator(".cell-input")).to_have_value("Call Li")
    page.keyboard.press("Escape")
    expect(steps).to_have_text(before)
    page.keyboard.press("F2")
    page.keyboard.press("Control+a")
    page.keyboard.type("约李总看样机")
    page.keyboard.press("Enter")
    expect(steps).to_have_text("约李总看样机")
    expect(steps).to_have_class(re.compile("is-saved"))
    expect(cell(page, 1, "next_step")).to_be_focused()

    # The next save of the row does not clash with this one; 万 is read.
    amounts.focus()
    page.keyboard.press("F2")
    page.keyboard.press("Control+a")
    page.keyboard.type("135万")
    page.keyboard.press("Tab")
    expect(amounts).to_have_attribute("data-value", "1,350,000")
    expect(amounts.locator("data")).to_have_attribute("value", "1350000")

    # Refused: the message at the cell, what was typed is kept, Esc puts back what stood there.
    amounts.focus()
    page.keyboard.type("many")
    page.keyboard.press("Enter")
    expect(amounts).to_have_attribute("aria-invalid", "true")
    page.keyboard.press("ArrowUp")
    note = page.locator(".cell-note")
    expect(note).to_contain_text("many")
    assert not axe(page)
    page.keyboard.press("F2")
    expect(page.locator(".cell-input")).to_have_value("many")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(amounts.locator("data")).to_have_attribute("value", "1350000")
    page.reload()
    expect(steps).to_have_text("约李总看样机")


def test_two_people_at_one_cell_both_see_both(page: Page, open_page: OpenPage) -> None:
    other = open_page(locale="en-US")
    for who in (page, other):
        sign_in(who, "demo-sales", language="en")
        who.goto("/opportunities/")
    theirs, mine = cell(other, 2, "next_step"), cell(page, 2, "next_step")
    theirs.focus()
    other.keyboard.type("theirs")
    other.keyboard.press("Enter")
    expect(theirs).to_have_class(re.compile("is-saved"))
    mine.focus()
    page.keyboard.type("mine")
    page.keyboard.press("Enter")
    note = page.locator(".cell-note")
    expect(note.locator("[data-theirs]")).to_have_text("theirs")
    expect(note.locator("[data-yours]")).to_have_text("mine")
    mine.focus()
    page.keyboard.press("Enter")
    expect(note.locator("[data-take=yours]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(mine).to_have_class(re.compile("is-saved"))
    page.reload()
    expect(mine).to_have_text("mine")


def test_what_is_typed_never_goes_over_what_came_with_another_cell(
    page: Page, open_page: OpenPage
) -> None:
    other = open_page(locale="en-US")
    for who in (page, other):
        sign_in(who, "demo-sales", language="en")
        who.goto("/opportunities/")
    theirs, mine, amount = (
        cell(other, 2, "next_step"), cell(page, 2, "next_step"), cell(page, 2, "amount"),
    )  # fmt: skip
    mine.focus()
    page.keyboard.type("x" * 241)
    page.keyboard.press("Enter")
    expect(mine).to_have_class(re.compile("is-refused"))
    theirs.focus()
    other.keyboard.type("unseen")
    other.keyboard.press("Enter")
    expect(theirs).to_have_class(re.compile("is-saved"))
    amount.focus()
    page.keyboard.type("4321")
    page.keyboard.press("Enter")
    expect(amount).to_have_class(re.compile("is-saved"))
    mine.focus()
    page.keyboard.press("F2")
    page.locator(".cell-input").fill("typed before")
    page.keyboard.press("Enter")
    expect(page.locator(".cell-note [data-theirs]")).to_have_text("unseen")
    other.reload()
    expect(theirs).to_have_text("unseen")


COPIED = """text => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  const event = new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true});
  document.activeElement.dispatchEvent(event);
}"""


def test_a_block_from_a_spreadsheet(page: Page) -> None:
    sign_in(page, "demo-sales")
    page.goto("/opportunities/")
    before = [cell(page, row, "amount").locator("data").get_attribute("value") for row in (3, 4)]
    cell(page, 3, "amount").focus()
    page.evaluate(COPIED, "210万\t2027-05-06\n2200000\tsoon\n")
    dialog = dialog_of(page)
    expect(dialog.locator("table").last.locator("tbody tr")).to_have_count(2)
    expect(dialog.locator(".cell-problem")).to_contain_text("soon")
    expect(dialog.locator("ins").first).to_have_text("2,100,000.00")
    dialog.locator("button[value=do]").click()
    page.wait_for_url(re.compile(r"/bulk/\d+/$"))
    page.locator("form[action*=undo] button").click()
    expect(page.locator("form[action*=undo]")).to_have_count(0)
    page.goto("/opportunities/")
    again = [cell(page, row, "amount").locator("data").get_attribute("value") for row in (3, 4)]
    assert again == before


def test_a_paste_on_the_phone(open_page: OpenPage) -> None:
    page = open_page(width=390)
    sign_in(page, "demo-sales")
    exported = page.request.get("/opportunities/export.csv").text().removeprefix("\ufeff")
    heads, first = list(csv.reader(io.StringIO(exported)))[:2]
    code = first[0]
    page.goto("/cells/opportunities/paste/")
    assert overhang(page) <= 0
    page.locator("textarea[name=text]").fill(f"{heads[0]}\t下一步\n{code}\t手机上粘贴\n")
    page.locator("button[value=preview]").click()
    expect(page.locator("ins")).to_have_text("手机上粘贴")
    assert overhang(page) <= 0
    page.locator("button[value=do]").click()
    page.wait_for_url(re.compile(r"/bulk/\d+/$"))
    assert overhang(page) <= 0
