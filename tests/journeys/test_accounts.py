"""A group is opened and read; a contact is deleted, undone, deleted again and restored."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.journeys.steps import dialog_of, overhang, sign_in

OpenPage = Callable[..., Page]
Axe = Callable[[Page], list[str]]


def test_a_group_is_read_and_a_contact_comes_back(open_page: OpenPage, axe: Axe) -> None:
    page = open_page(locale="en-US")
    sign_in(page, "demo-ops", language="en")
    page.goto("/accounts/?q=A00049")
    page.locator("tbody th a").first.click()
    page.wait_for_url(re.compile(r"/accounts/\d+/$"))
    here = page.url
    # The figures of the group, its rows behind, and the switch to the account alone.
    figures = page.locator(".figures")
    whole = figures.locator("[data-number='account.open_count']").inner_text()
    figures.locator("[data-number='account.open']").click()
    dialog = dialog_of(page)
    expect(dialog.locator("tbody tr").first).to_be_visible()
    dialog.locator(".dialog-head button").click()
    tree = page.locator("[data-tree]")
    members = tree.locator("tbody tr[data-node]")
    assert members.count() > 2
    wrong = axe(page)
    page.get_by_role("link", name="This account").click()
    expect(page.locator(".figures")).to_be_visible()
    alone = page.locator(".figures [data-number='account.open_count']").inner_text()
    assert int(re.sub(r"\D", "", alone)) <= int(re.sub(r"\D", "", whole))
    # A branch is dragged onto another one: what would change is shown, then moved and undone.
    page.goto(here)
    members.nth(2).drag_to(members.nth(1))
    dialog = dialog_of(page)
    expect(dialog).to_contain_text("will hang under")
    dialog.get_by_role("button", name="Move account").click()
    page.wait_for_url(re.compile(r"/accounts/\d+/$"))
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts")).to_contain_text("The change is taken back.")
    # A contact goes, comes back by the toast, goes again and comes back from the bin.
    page.goto(here)
    person = page.locator(".people li a[href^='/contacts/']").first
    name = person.inner_text()
    person.click()
    for way in ("toast", "bin"):
        page.wait_for_url(re.compile(r"/contacts/\d+/$"))
        page.locator(".sheet-actions").get_by_role("link", name="Delete").click()
        dialog = dialog_of(page)
        expect(dialog).to_contain_text("30 days")
        dialog.get_by_role("button", name="Delete").click()
        page.wait_for_url(here)
        expect(page.locator(".people")).not_to_contain_text(name)
        if way == "toast":
            page.locator("#toasts").get_by_role("button", name="Undo").click()
        else:
            page.goto("/bin/")
            wrong += axe(page)
            row = page.locator("tbody tr", has_text=name)
            row.get_by_role("button", name="Restore").click()
    page.wait_for_url(re.compile(r"/contacts/\d+/$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    # What was done is told, and on the phone nothing hangs over.
    expect(page.locator(".saves")).to_contain_text("Restored")
    page.set_viewport_size({"width": 390, "height": 844})
    for url in (here, "/bin/", page.url):
        page.goto(url)
        assert overhang(page) <= 0, url
        wrong += axe(page)
    assert not wrong, wrong


def test_two_edit_the_same_account_and_both_values_are_shown(open_page: OpenPage) -> None:
    first, second = open_page(), open_page()
    for page in (first, second):
        sign_in(page, "demo-ops")
    first.goto("/accounts/")
    first.locator("tbody th a").first.click()
    first.wait_for_url(re.compile(r"/accounts/\d+/$"))
    address = first.url + "edit/"
    for page, region in ((first, "北部"), (second, "南部")):
        page.goto(address)
        page.locator("#id_region").fill(region)
    first.get_by_role("button", name="保存").click()
    first.wait_for_url(re.compile(r"/accounts/\d+/$"))
    second.get_by_role("button", name="保存").click()
    notice = second.locator(".notice.watch")
    expect(notice).to_contain_text("北部")
    expect(notice).to_contain_text("南部")
    second.get_by_role("button", name="保存").click()
    second.wait_for_url(re.compile(r"/accounts/\d+/$"))
    expect(second.locator(".facts").first).to_contain_text("南部")
