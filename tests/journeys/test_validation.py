"""A deal goes through the gate with a photo: the salesperson asks, the head approves."""

import re
import sqlite3
import struct
import zlib
from collections.abc import Callable
from datetime import UTC, datetime

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Served, command
from tests.journeys.steps import dialog_of, overhang, send, sign_in

OpenPage = Callable[..., Page]
Axe = Callable[[Page], list[str]]
PASSWORD = "stage-by-stage-2026"


def photo() -> bytes:
    """Make a small PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    pixels = b"".join(b"\0" + b"\x0b\x6e\x6e" * 40 for _row in range(30))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 40, 30, 8, 2, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(pixels))
    return b"\x89PNG\r\n\x1a\n" + head + data + chunk(b"IEND", b"")


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


def validating(page: Page) -> None:
    """Let sales operations set the gate of the first method to *validate*."""
    sign_in(page, "demo-ops")
    page.goto("/methods/")
    page.locator("main a[href*='/methods/']").first.click()
    page.locator("select[name=gate]").select_option("validate")
    page.locator("form[action*=gate] button").click()
    page.wait_for_load_state()


def test_a_deal_goes_through_the_gate_with_a_photo(
    open_page: OpenPage, axe: Axe, served: Served
) -> None:
    login = superior(served)
    validating(open_page())
    sales = open_page()
    sign_in(sales, "demo-sales")
    sales.goto("/accounts/")
    account = sales.locator("tbody tr th a").first.inner_text()
    sales.goto("/opportunities/create/")
    sales.locator("#id_name").fill("证据齐了再走")
    sales.locator("#id_account").fill(account)
    sales.locator("#id_amount").fill("38.4万")
    send(sales.locator("main form.form"))
    sales.wait_for_url(re.compile(r"/opportunities/\d+/$"))
    address = sales.url

    # Two photos at once, in place; a program that calls itself a photo is refused beside them.
    files = sales.locator("#evidence .item input[type=file][multiple]").first
    files.set_input_files(
        [
            {"name": "现场.png", "mimeType": "image/png", "buffer": photo()},
            {"name": "合影.png", "mimeType": "image/png", "buffer": photo()},
        ]
    )
    expect(sales.locator("#evidence img.proof")).to_have_count(2)
    expect(sales.locator("#evidence .tick.on")).to_have_count(1)
    files = sales.locator("#evidence .item input[type=file][multiple]").first
    files.set_input_files([{"name": "假.png", "mimeType": "image/png", "buffer": b"MZ\x90\0"}])
    expect(sales.locator(".upload-wrong")).to_be_visible()
    expect(sales.locator(".upload [data-retry]")).to_be_visible()
    sales.locator(".upload [data-leave]").click()
    assert sales.url == address

    # The gate does not let it pass: the dialog asks the superior.
    sales.locator(".sheet-actions a[href$='/advance/']").click()
    dialog = dialog_of(sales)
    dialog.locator("[name=note]").fill("照片见附件")
    send(dialog.locator("form.form"))
    sales.wait_for_url(address)
    expect(sales.locator("#request .notice")).to_be_visible()
    expect(sales.locator("ol.stages li").nth(0)).to_have_class("now")
    wrong = axe(sales)

    # The head: marks and approves, by keyboard alone, on a phone.
    head = open_page(width=390, height=844)
    head.goto("/login/")
    head.locator("#id_login").fill(login)
    head.locator("#id_password").fill(PASSWORD)
    head.keyboard.press("Enter")
    head.wait_for_url(lambda url: "/login/" not in url)
    head.goto("/inbox/")
    head.locator(".requests a", has_text="证据齐了再走").focus()
    head.keyboard.press("Enter")
    head.wait_for_url(re.compile(r"/inbox/\d+/$"))
    expect(head.locator("#validation .said")).to_have_text("照片见附件")
    assert head.locator("#validation img.proof").first.evaluate("i => i.complete && i.naturalWidth")
    assert overhang(head) <= 0
    wrong += axe(head)
    head.locator("#validation .marks button[id^=mark-all]").first.focus()
    head.keyboard.press("Enter")
    expect(head.locator("#validation .seg [aria-pressed=true]")).to_have_count(3)
    approve = head.locator("#validation form.answer button").first
    approve.focus()
    head.keyboard.press("Enter")
    head.wait_for_url(re.compile(r"/inbox/$"))
    expect(head.locator(".toast-line.good")).to_contain_text("证据齐了再走")
    assert not wrong, wrong

    # It moved, on the day of approval, by the head, and who asked is on record.
    sales.reload()
    expect(sales.locator("ol.stages li").nth(1)).to_have_class(re.compile("now"))
    with sqlite3.connect(served.database) as database:
        (moved_on, asked_on, state) = database.execute(
            'SELECT m."on", r.asked_on, r.state FROM dakehu_moverequest r'
            " JOIN dakehu_movement m ON m.opportunity_id = r.opportunity_id AND m.kind = 10"
            " JOIN dakehu_opportunity o ON o.id = r.opportunity_id WHERE o.name = '证据齐了再走'"
        ).fetchone()
    assert (moved_on, state) == (asked_on, 2)
    assert abs((datetime.fromisoformat(moved_on).date() - datetime.now(UTC).date()).days) <= 1
    expect(sales.locator(".history")).to_contain_text("照片见附件")


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
