"""A deal goes through the gate with a photo: the salesperson asks, the head approves."""

import re
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Served, command
from tests.journeys.steps import (
    KEYBOARD,
    LANGUAGES,
    MOUSE,
    TOUCH,
    Hand,
    dialog_of,
    new_deal,
    overhang,
    photo,
    sign_in,
)

OpenPage = Callable[..., Page]
Axe = Callable[[Page], list[str]]
PASSWORD = "stage-by-stage-2026"


def superior(served: Served) -> str:
    """Give the log-in of who heads the unit of demo-sales, and let them in by password."""
    with sqlite3.connect(served.database) as database:
        (login,) = database.execute(
            "SELECT h.login FROM dakehu_person s"
            " JOIN dakehu_appointment a ON a.person_id = s.id AND a.role = 'salesperson'"
            " JOIN dakehu_appointment b ON b.unit_id = a.unit_id AND b.role = 'unit_head'"
            " JOIN dakehu_person h ON h.id = b.person_id"
            " WHERE s.login = 'demo-sales' AND a.until_on IS NULL AND b.until_on IS NULL"
        ).fetchone()
    command(served.database.parent, "person", "password", login, typed=f"{PASSWORD}\n{PASSWORD}\n")
    return str(login)


@pytest.fixture(scope="module")
def head_login(browser: Browser, served: Served) -> str:
    """Let the gate of the first method *validate*; give the log-in of who answers for it."""
    page = browser.new_page(base_url=served.url)
    sign_in(page, "demo-ops")
    page.goto("/methods/")
    page.locator("main a[href*='/methods/']").first.click()
    page.locator("select[name=gate]").select_option("validate")
    page.locator("form[action*=gate] button").click()
    page.wait_for_load_state()
    page.context.close()
    return superior(served)


@pytest.mark.parametrize("way", [MOUSE, KEYBOARD])
@pytest.mark.parametrize(("locale", "language"), LANGUAGES)
def test_a_deal_goes_through_the_gate_with_a_photo(
    open_page: OpenPage,
    axe: Axe,
    served: Served,
    head_login: str,
    locale: str,
    language: str,
    way: str,
) -> None:
    name = f"证据齐了再走 {language} {way}"
    is_english = language == "en"
    sales = open_page(locale=locale)
    sign_in(sales, "demo-sales", language=language)
    address = new_deal(sales, name)
    hand = Hand(sales, way)

    # Two photos at once, in place; a program that calls itself a photo is refused beside them.
    files = sales.locator("#evidence .item input[type=file][multiple]").first
    hand.attach(
        files,
        [
            {"name": "现场.png", "mimeType": "image/png", "buffer": photo()},
            {"name": "合影.png", "mimeType": "image/png", "buffer": photo()},
        ],
    )
    expect(sales.locator("#evidence img.proof")).to_have_count(2)
    expect(sales.locator("#evidence .tick.on")).to_have_count(1)
    expect(sales.locator("#evidence .item").first).to_contain_text(
        "ticked" if is_english else "已勾选"
    )
    hand.attach(files, [{"name": "假.png", "mimeType": "image/png", "buffer": b"MZ\x90\0"}])
    expect(sales.locator(".upload-wrong")).to_be_visible()
    expect(sales.locator(".upload [data-retry]")).to_be_visible()
    hand.press(sales.locator(".upload [data-leave]"))
    expect(sales.locator(".upload")).to_have_count(0)
    assert sales.url == address

    # The gate does not let it pass: the dialog asks the superior.
    hand.press(sales.locator(".sheet-actions a[href$='/advance/']"))
    dialog = dialog_of(sales)
    hand.fill(dialog.locator("[name=note]"), "照片见附件")
    # A later stage lacks evidence: nobody is asked for it.
    button = dialog.locator("form.form .buttons button").locator("visible=true")
    asking = button.inner_text()
    dialog.locator("[name=stage]").select_option(index=1)
    expect(button).to_have_count(1)
    expect(button).not_to_have_text(asking)
    expect(button).to_be_enabled()
    dialog.locator("[name=stage]").select_option(index=0)
    expect(button).to_have_text(asking)
    expect(button).to_be_enabled()
    hand.press(button)
    sales.wait_for_url(address)
    expect(sales.locator("#request .notice")).to_be_visible()
    expect(sales.locator("ol.stages li").nth(0)).to_have_class("now")
    wrong = axe(sales) if way == MOUSE else []

    # The head, on a phone: looks at the photo, marks, approves.
    head = open_page(locale=locale, width=390, height=844, touch=way == MOUSE)
    hand = Hand(head, KEYBOARD if way == KEYBOARD else TOUCH)
    head.goto("/login/")
    hand.fill(head.locator("#id_login"), head_login)
    hand.fill(head.locator("#id_password"), PASSWORD)
    head.keyboard.press("Enter")
    head.wait_for_url(lambda url: "/login/" not in url)
    head.goto("/inbox/")
    hand.press(head.locator(".requests a", has_text=name))
    head.wait_for_url(re.compile(r"/inbox/\d+/$"))
    expect(head.locator("#validation .said")).to_have_text("照片见附件")
    proof = head.locator("#validation img.proof").first
    proof.scroll_into_view_if_needed()
    assert proof.evaluate("async (one) => { await one.decode(); return one.naturalWidth; }") == 40
    assert overhang(head) <= 0
    wrong += axe(head) if way == MOUSE else []
    hand.press(head.locator("#validation .marks button[id^=mark-all]").first)
    expect(head.locator("#validation .seg [aria-pressed=true]")).to_have_count(3)
    approve = head.locator("#validation form.answer button").first
    hand.press(approve)
    head.wait_for_url(re.compile(r"/inbox/$"))
    expect(head.locator(".toast-line.good")).to_contain_text(name)
    assert not wrong, wrong

    # It moved, on the day of approval, by the head, and who asked is on record.
    sales.reload()
    expect(sales.locator("ol.stages li").nth(1)).to_have_class(re.compile("now"))
    with sqlite3.connect(served.database) as database:
        (moved_on, asked_on, state) = database.execute(
            'SELECT m."on", r.asked_on, r.state FROM dakehu_moverequest r'
            " JOIN dakehu_movement m ON m.opportunity_id = r.opportunity_id AND m.kind = 10"
            " JOIN dakehu_opportunity o ON o.id = r.opportunity_id WHERE o.name = ?",
            [name],
        ).fetchone()
    assert (moved_on, state) == (asked_on, 2)
    assert abs((datetime.fromisoformat(moved_on).date() - datetime.now(UTC).date()).days) <= 1
    expect(sales.locator(".history")).to_contain_text("照片见附件")
    expect(sales.locator(".history")).to_contain_text("Advance" if is_english else "推进")


def test_what_is_done_in_place_is_followed_by_the_page_and_by_the_focus(page: Page) -> None:
    sign_in(page, "demo-sales", language="en")
    new_deal(page, "Follows at once")
    way = page.locator("#advance")
    expect(way).to_contain_text("missing")
    # Ticked by its square and its form: button, path, timeline and files know of it.
    page.locator("#evidence .item.missing a.tick").first.click()
    form = page.locator("#evidence .proof-form form").first
    form.locator("[name=file]").set_input_files(
        {"name": "letter.png", "mimeType": "image/png", "buffer": photo()}
    )
    form.locator(".buttons button").first.press("Enter")
    expect(page.locator("#evidence .item").first).to_be_focused()
    expect(page.locator("#evidence .tick.on")).to_have_count(1)
    expect(way).not_to_contain_text("missing")
    expect(page.locator("#stages")).not_to_contain_text("missing")
    expect(page.locator("#timeline-list")).to_contain_text("vidence")
    expect(page.locator("#files")).to_contain_text("letter.png")
    # The next step: its form opens below the verbs and leaves by Cancel; saved, the focus stays.
    card = page.locator("#next-step")
    verb = card.locator("summary").last
    for press in (card.get_by_role("link", name="Cancel"), card.locator(".buttons .btn-primary")):
        place = verb.bounding_box()
        verb.click()
        assert verb.bounding_box() == place
        card.locator("details[open] [name=next_step]").fill("call")
        press.locator("visible=true").press("Enter")
        expect(card.locator("details[open]")).to_have_count(0)
        expect(verb).to_be_focused()
    expect(card.locator(".step")).to_contain_text("call")
    page.locator("#timeline textarea").fill("they have signed")
    page.locator("#note-send").press("Enter")
    expect(page.locator("#timeline-list")).to_contain_text("they have signed")
    expect(page.locator("#note-send")).to_be_focused()
    # What a later stage still needs is told as soon as that stage is chosen.
    way.click()
    dialog = dialog_of(page)
    lacking = dialog.locator(".gates li").locator("visible=true")
    before = lacking.count()
    dialog.locator("[name=stage]").select_option(index=1)
    expect(lacking).not_to_have_count(before)
    # A browser that comes back to the page of the move chooses that stage again.
    page.goto(f"{page.url.split('#')[0]}advance/")
    stage = page.locator("[name=stage]")
    stage.select_option(index=1)
    chosen = stage.input_value()
    page.goto("/opportunities/")
    page.go_back()
    expect(stage).to_have_value(chosen)
    for part in (".gates [data-with]", "fieldset[data-with]"):
        shown = page.locator(part).locator("visible=true")
        expect(shown).to_have_count(1)
        expect(shown).to_have_attribute("data-value", chosen)


def test_a_head_reviews_the_deals_that_need_it(open_page: OpenPage, axe: Axe) -> None:
    page = open_page(locale="en-US")
    sign_in(page, "demo-head", language="en")
    page.goto("/inbox/checks/")
    first = page.locator(".requests b").first.inner_text()
    wrong = axe(page)
    page.get_by_role("link", name="Review the next").click()
    expect(page.locator("h1")).to_contain_text(first)
    page.get_by_label("The owner says").fill("They decide next week")
    page.get_by_label("Agreed").fill("Ask for the minutes")
    page.locator("[name=next_check_on]").fill("2099-01-01")
    wrong += axe(page)
    page.get_by_role("button", name="Keep the review").click()
    page.wait_for_url(re.compile(r"flow=1$"))
    expect(page.locator("h1")).not_to_contain_text(first)
    page.get_by_role("link", name="Leave the round").click()
    expect(page.locator(".requests")).not_to_contain_text(first)
    page.set_viewport_size({"width": 390, "height": 844})
    assert overhang(page) <= 0
    assert not wrong, wrong
