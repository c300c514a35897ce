"""The Monday review of a head: hygiene, save the view, agree, print on one page."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.journeys.steps import overhang, sign_in

OpenPage = Callable[..., Page]
Axe = Callable[[Page], list[str]]


def test_a_head_reviews_the_funnel_on_monday(open_page: OpenPage, axe: Axe) -> None:
    page = open_page(locale="en-US")
    sign_in(page, "demo-head", language="en")
    page.goto("/funnel/")
    page.get_by_role("link", name="Hygiene").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Hygiene"))
    assert page.locator("tbody tr").count() > 0
    page.goto("/funnel/")
    page.get_by_role("button", name="Save as review").click()
    page.wait_for_url(re.compile(r"/reviews/\d+/$"))
    page.get_by_label("What was agreed").fill("Call the three that stand still")
    page.get_by_role("button", name="Agree").click()
    expect(page.locator(".agreed")).to_contain_text("Call the three that stand still")
    page.locator("#note_text").fill("Too little at the start of the funnel.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".history")).to_contain_text("Too little at the start")
    wrong = axe(page)
    page.set_viewport_size({"width": 390, "height": 844})
    assert overhang(page) <= 0
    wrong += axe(page)
    assert not wrong, wrong
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Agree")).to_be_hidden()
    expect(page.locator(".print-only")).to_be_visible()
    pages = re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))
    assert len(pages) == 1
