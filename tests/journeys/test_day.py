"""A day in a real browser: log in four actions, plan tomorrow by thumb, log offline."""

import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.journeys.conftest import PATIENCE, Served, command, serving
from tests.journeys.steps import (
    KEYBOARD,
    LANGUAGES,
    MOUSE,
    TOUCH,
    Hand,
    dialog_of,
    english_left,
    overhang,
    send,
    sign_in,
)

OpenPage = Callable[..., Page]
Axe = Callable[[Page], list[str]]


def count(served: Served, where: str) -> int:
    """Count activities in the database of the server."""
    with sqlite3.connect(f"file:{served.database}?mode=ro", uri=True) as database:
        found = database.execute(f"SELECT COUNT(*) FROM dakehu_activity WHERE {where}")
        return int(found.fetchone()[0])


def an_own_deal(page: Page) -> None:
    page.goto("/opportunities/")
    page.locator("tbody tr th a").first.click()
    page.wait_for_url(re.compile(r"/opportunities/\d+/"))


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_visit_is_logged_in_three_actions_by_keyboard(
    page: Page, served: Served, language: str
) -> None:
    sign_in(page, "demo-sales", language=language)
    an_own_deal(page)
    word = f"journey-{language}"
    page.keyboard.press("l")  # 1
    line = dialog_of(page).locator("[name=line]")
    expect(line).to_be_focused()
    line.fill(
        f"拜访 {word} 明天 10:00" if language != "en" else f"visit {word} tomorrow 10:00"
    )  # 2
    line.press("Enter")  # 3
    expect(page.locator(".toast-line.good")).to_be_visible()
    found = "kind = 2 AND state = 1 AND opportunity_id IS NOT NULL AND account_id IS NOT NULL"
    assert count(served, f"subject = '{word}' AND {found}") == 1


@pytest.mark.parametrize("way", [MOUSE, KEYBOARD])
@pytest.mark.parametrize(("locale", "language"), LANGUAGES)
def test_a_customer_is_found_and_a_next_step_logged_in_four_actions(
    open_page: OpenPage, served: Served, locale: str, language: str, way: str
) -> None:
    page = open_page(locale=locale)
    hand = Hand(page, way)
    sign_in(page, "demo-sales", language=language)
    page.goto("/accounts/")
    name = page.locator("tbody th a").first.inner_text()
    page.goto("/today/")
    step = f"offer-{language}-{way}"
    if hand.by_keyboard:
        hand.chord("l")
    else:
        hand.press(page.locator("[data-log-key]"))
    dialog = dialog_of(page)
    hand.fill(
        dialog.locator("[name=line]"),
        f"call {name} next step {step} 2099-01-15"
        if language == "en"
        else f"电话 {name} 下一步 {step} 2099-01-15",
    )
    if hand.by_keyboard:
        hand.chord("Enter")
    else:
        hand.press(dialog.locator(".buttons .btn-primary"))
    said = page.locator(".toast-line.good")
    expect(said).to_contain_text("It is logged" if language == "en" else "已记录")
    assert hand.actions <= 4
    found = "kind = 1 AND account_id IS NOT NULL AND next_step_on = '2099-01-15'"
    assert count(served, f"next_step = '{step}' AND {found}") == 1


def test_the_line_is_read_while_one_types(page: Page) -> None:
    sign_in(page, "demo-sales")
    page.goto("/today/")
    page.keyboard.press("l")
    dialog = dialog_of(page)
    dialog.locator("[name=line]").press_sequentially("开会 后天 14:30 2小时")
    expect(dialog.locator("[name=kind]:checked")).to_have_value("3")
    expect(dialog.locator("[name=at]")).to_have_value("14:30")
    expect(dialog.locator("[name=minutes]")).to_have_value("120")
    expect(dialog.locator("[name=state]:checked")).to_have_value("1")
    expect(dialog.locator("[name=line]")).to_be_focused()


@pytest.mark.parametrize("way", [TOUCH, KEYBOARD])
@pytest.mark.parametrize(("locale", "language"), LANGUAGES)
def test_tomorrow_is_planned_on_the_phone(
    open_page: OpenPage, served: Served, locale: str, language: str, way: str
) -> None:
    page = open_page(locale=locale, width=390, height=844, touch=way == TOUCH)
    hand = Hand(page, way)
    sign_in(page, "demo-sales", language=language)
    page.goto("/today/")
    assert overhang(page) <= 0
    before = count(served, "state = 1")
    hand.press(page.locator("a[href$='/today/tomorrow/']").first)
    page.wait_for_url(re.compile("/today/tomorrow/"))
    expect(page.locator("h1")).to_have_text("Tomorrow" if language == "en" else "明天")
    assert overhang(page) <= 0
    rows = page.locator("#plan section").first.locator("li")
    there = rows.count()
    hand.press(page.locator("button[value=visit]").first)
    expect(rows).to_have_count(there + 1)
    if hand.by_keyboard:
        # What was pressed is planned and gone; the next to plan is where the keyboard stands.
        expect(page.locator("button[value=visit]").first).to_be_focused()
    hand.press(page.locator("button[value=call]").first)
    expect(rows).to_have_count(there + 2)
    assert count(served, "state = 1") == before + 2
    assert hand.by_keyboard or hand.actions == 3
    for button in page.locator("#plan .btn").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 40


def ready_without_connection(page: Page) -> None:
    """Wait until the service worker answers for this page, the offline page at hand."""
    page.evaluate(
        """() => new Promise((done) => {
            const worker = navigator.serviceWorker;
            if (worker.controller) done();
            else worker.addEventListener("controllerchange", () => done());
        })"""
    )
    assert page.evaluate("caches.match('/offline/').then(Boolean)")


def test_without_connection_one_logs_and_it_is_one_activity(
    browser: Browser, template_home: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(template_home, home)
    with ExitStack() as stood:
        server = stood.enter_context(ExitStack())
        there = server.enter_context(serving(home))
        # Its console tells of the failures, as it should.
        page = browser.new_page(base_url=there.url)
        stood.callback(page.close)
        page.set_default_timeout(PATIENCE * 500)
        sign_in(page, "demo-sales")
        page.goto("/today/")
        ready_without_connection(page)

        # In the dialog that is open when the connection goes.
        page.keyboard.press("l")
        line = dialog_of(page).locator("[name=line]")
        line.fill("电话 offline-one")
        page.context.set_offline(True)
        line.press("Enter")
        expect(page.locator("[data-waiting-count]")).to_have_text("1")
        assert count(there, "subject = 'offline-one'") == 0
        page.context.set_offline(False)
        expect(page.locator("[data-waiting]")).to_be_hidden()
        assert count(there, "subject = 'offline-one'") == 1

        # The server is out of reach: sent, not taken, kept; any page is the one that stands ready.
        page.keyboard.press("l")
        line = dialog_of(page).locator("[name=line]")
        line.fill("电话 offline-two")
        server.close()
        line.press("Enter")
        expect(page.locator("[data-waiting-count]")).to_have_text("1")
        page.goto("/opportunities/")
        page.locator("#offline-line").fill("拜访 offline-three 明天 9:00")
        page.locator("#offline-line").press("Enter")
        expect(page.locator("#offline-waiting li")).to_have_count(2)
        assert page.locator("main").inner_text().count("CNY") == 0

        # Back again: each is one activity, however often the pages try.
        server.enter_context(serving(home, port=int(there.url.rsplit(":", 1)[1])))
        for _turn in range(2):
            page.goto("/today/")
            expect(page.locator("[data-waiting]")).to_be_hidden()
        assert count(there, "subject = 'offline-two'") == 1
        assert count(there, "subject = 'offline-three' AND state = 1") == 1


def test_a_signal_that_returns_while_one_types_doubles_nothing(
    browser: Browser, served: Served
) -> None:
    # Its console tells of the failures, as it should.
    context = browser.new_context(base_url=served.url, locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(PATIENCE * 500)
    sign_in(page, "demo-sales")
    page.goto("/today/")
    ready_without_connection(page)
    waiting = page.locator("[data-waiting]")

    # The signal goes and comes back while one line is written: it stays, and is logged once.
    page.keyboard.press("l")
    line = dialog_of(page).locator("[name=line]")
    expect(line).to_be_focused()
    page.keyboard.type("电话 back-one")
    context.set_offline(True)
    page.keyboard.type(" 明天")
    context.set_offline(False)
    page.keyboard.type(" 10:00")
    expect(line).to_have_value("电话 back-one 明天 10:00")
    page.keyboard.press("Enter")
    expect(page.locator(".toast-line.good", has_text="已记录")).to_be_visible()
    expect(waiting).to_be_hidden()
    assert count(served, "subject = 'back-one'") == 1

    # One waits, the next is half written on the page without connection when the signal returns:
    # nothing is taken from under one's hands, and both arrive once.
    page.keyboard.press("l")
    line = dialog_of(page).locator("[name=line]")
    expect(line).to_be_focused()
    page.keyboard.type("电话 back-two")
    context.set_offline(True)
    page.keyboard.press("Enter")
    expect(page.locator("[data-waiting-count]")).to_have_text("1")
    page.keyboard.press("l")
    expect(page).to_have_url(re.compile("/offline/$"))
    line = page.locator("#offline-line")
    expect(line).to_be_focused()
    page.keyboard.type("拜访 back-thr")
    context.set_offline(False)
    assert page.evaluate("navigator.onLine")
    page.keyboard.type("ee 明天 9:00")
    expect(line).to_have_value("拜访 back-three 明天 9:00")
    page.keyboard.press("Enter")
    expect(page).not_to_have_url(re.compile("/offline/"))
    expect(waiting).to_be_hidden()
    for _turn in range(2):
        page.goto("/today/")
        expect(waiting).to_be_hidden()
    assert count(served, "subject = 'back-two'") == 1
    assert count(served, "subject = 'back-three' AND state = 1") == 1

    # Sent and taken, and the answer is lost on the way: it waits, is sent again, and is still one.
    lost: list[int] = []

    def lose(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch(max_redirects=0).status)
            route.abort()
        else:
            route.continue_()

    page.route("**/activities/log/", lose)
    page.keyboard.press("l")
    line = dialog_of(page).locator("[name=line]")
    line.fill("电话 back-four")
    line.press("Enter")
    expect(page.locator("#dialog")).to_be_hidden()
    expect(page.locator("[data-waiting-count]")).to_have_text("1")
    assert lost == [200]
    assert count(served, "subject = 'back-four'") == 1
    page.goto("/today/")
    expect(waiting).to_be_hidden()
    assert count(served, "subject = 'back-four'") == 1
    # What has arrived is no draft any more.
    page.keyboard.press("l")
    expect(dialog_of(page).locator("[name=line]")).to_have_value("")
    context.close()


PASSWORD = "day-after-day-2026"


@pytest.fixture(scope="module")
def own_password(served: Served) -> str:
    """Let demo-sales come in by password, too: that log-in leads back to where one was."""
    home = served.database.parent
    command(home, "person", "password", "demo-sales", typed=f"{PASSWORD}\n{PASSWORD}\n")
    return PASSWORD


def expire(served: Served) -> None:
    """Let every session have run out."""
    with sqlite3.connect(served.database, timeout=30) as database:
        database.execute("DELETE FROM django_session")
    database.close()


def sign_in_again(page: Page, password: str) -> None:
    expect(page).to_have_url(re.compile("/login/"))
    page.locator("#id_login").fill("demo-sales")
    page.locator("#id_password").fill(password)
    page.locator("#id_password").press("Enter")
    expect(page).not_to_have_url(re.compile("/login/"))


def test_a_session_that_runs_out_leaves_what_was_typed(
    open_page: OpenPage, served: Served, own_password: str
) -> None:
    page = open_page()
    sign_in(page, "demo-sales")
    page.goto("/accounts/")
    account = page.locator("tbody tr th a").first.inner_text()
    page.goto("/opportunities/create/")
    said = {"name": "过期之前", "account": account, "amount": "38.4万", "next_step": "约总工"}
    for field, text in said.items():
        page.locator(f"#id_{field}").fill(text)
    expire(served)
    send(page.locator("main form.form"))
    sign_in_again(page, own_password)
    # It stands there again, is saved once, and is forgotten then.
    expect(page).to_have_url(re.compile("/opportunities/create/"))
    expect(page.locator(".toast-line", has_text="此前填写的内容已恢复")).to_be_visible()
    for field, text in said.items():
        expect(page.locator(f"#id_{field}")).to_have_value(text)
    send(page.locator("main form.form"))
    page.wait_for_url(re.compile(r"/opportunities/\d+/$"))
    assert deals(served, "过期之前") == 1
    page.goto("/opportunities/create/")
    expect(page.locator("#id_name")).to_have_value("")


def test_a_session_that_runs_out_leaves_the_quick_log(
    open_page: OpenPage, served: Served, own_password: str
) -> None:
    page = open_page(locale="en-US")
    sign_in(page, "demo-sales", language="en")
    page.goto("/today/")
    page.keyboard.press("l")
    line = dialog_of(page).locator("[name=line]")
    line.fill("call expired")
    expire(served)
    line.press("Enter")
    sign_in_again(page, own_password)
    # It waited on this device, was sent by itself, once, and is no draft any more.
    expect(page).to_have_url(re.compile("/today/$"))
    page.goto("/today/")
    expect(page.locator("[data-waiting]")).to_be_hidden()
    assert count(served, "subject = 'expired'") == 1
    page.keyboard.press("l")
    expect(dialog_of(page).locator("[name=line]")).to_have_value("")


def deals(served: Served, name: str) -> int:
    """Count the deals of a name in the database of the server."""
    with sqlite3.connect(f"file:{served.database}?mode=ro", uri=True) as database:
        found = database.execute("SELECT COUNT(*) FROM dakehu_opportunity WHERE name = ?", [name])
        return int(found.fetchone()[0])


def test_the_calendar_is_moved_by_mouse_and_by_keyboard(page: Page, served: Served) -> None:
    sign_in(page, "demo-sales")
    page.goto("/calendar/")
    # Into a free hour of the first day, by keyboard: the slot, then one line.
    page.locator("[data-slot]").first.click()
    line = dialog_of(page).locator("[name=line]")
    line.fill("拜访 moved-here")
    expect(dialog_of(page).locator("[name=kind]:checked")).to_have_value("2")
    dialog_of(page).locator("label:has([name=state][value='1'])").click()
    line.press("Enter")
    block = page.locator(".cal-block:has-text('moved-here')")
    expect(block).to_be_visible()
    at = block.get_attribute("data-at") or ""
    block.focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(block).not_to_have_attribute("data-at", at)
    expect(block).to_be_focused()
    page.wait_for_load_state("networkidle")
    day = block.get_attribute("data-on") or ""
    target = page.locator(f".cal-col:not([data-day='{day}'])").first.bounding_box()
    box = block.bounding_box()
    assert target is not None
    assert box is not None
    page.mouse.move(box["x"] + 10, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(target["x"] + 30, target["y"] + 200, steps=5)
    page.mouse.up()
    expect(block).not_to_have_attribute("data-on", day)
    assert count(served, f"subject = 'moved-here' AND \"on\" = '{day}'") == 0


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_pages_of_the_day_keep_nobody_out(
    open_page: OpenPage, axe: Axe, dark: bool, width: int
) -> None:
    page = open_page(dark=dark, width=width)
    sign_in(page, "demo-head" if dark else "demo-sales")
    for path in ("/today/", "/today/tomorrow/", "/today/quiet/", "/activities/", "/calendar/",
                 "/calendar/?view=month", "/activities/log/", "/offline/"):  # fmt: skip
        page.goto(path)
        page.wait_for_load_state("networkidle")
        assert overhang(page) <= 0, path
        assert axe(page) == [], path
        labels = page.locator("main button, main label, main h2").all_inner_texts()
        assert english_left([w for w in labels if "journey" not in w]) == [], path


def test_it_can_be_installed(page: Page) -> None:
    sign_in(page, "demo-sales")
    page.goto("/today/")
    session = page.context.new_cdp_session(page)
    found = session.send("Page.getAppManifest")
    assert found["errors"] == []
    assert found["url"].endswith("/manifest.webmanifest")
    problems = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    named = {one["errorId"] for one in problems}
    assert named <= {"in-incognito"}, problems  # a test's tabs are private ones


def bring_colleagues(served: Served, names: tuple[str, ...]) -> None:
    """Let many more sell beside demo-sales than the dialog names, and these people last."""
    crowd = {f"many{n:03}": (f"阿{n:03}", f"a {n:03}") for n in range(300)}
    last = {f"last{n}": (name, f"zz {n}") for n, name in enumerate(names)}

    def copy(database: sqlite3.Connection, table: str, where: str, given: dict[str, object]) -> int:
        found = database.execute(f"PRAGMA table_info({table})").fetchall()
        columns = [name for _at, name, *_more in found if name != "id"]
        wanted = ", ".join("?" if name in given else f'"{name}"' for name in columns)
        into = ", ".join(f'"{name}"' for name in columns)
        values = [given[name] for name in columns if name in given]
        made = database.execute(
            f"INSERT INTO {table} ({into}) SELECT {wanted} FROM {table} WHERE {where} LIMIT 1",
            values,
        )
        return int(made.lastrowid or 0)

    with sqlite3.connect(served.database, timeout=30) as database:
        (like,) = database.execute(
            "SELECT id FROM dakehu_person WHERE login = 'demo-sales'"
        ).fetchone()
        for login, (name, key) in (crowd | last).items():
            given = {"login": login, "name": name, "name_en": "", "sort_key": key, "email": ""}
            person = copy(database, "dakehu_person", f"id = {like}", dict(given))
            held = f"person_id = {like} AND until_on IS NULL"
            copy(database, "dakehu_appointment", held, {"person_id": person})
    database.close()


@pytest.mark.parametrize("way", [MOUSE, KEYBOARD])
def test_any_colleague_is_found_and_kept_with_the_draft(
    open_page: OpenPage, served: Served, way: str
) -> None:
    both = ("末一", "末二")
    if not count(served, "EXISTS (SELECT 1 FROM dakehu_person WHERE login = 'many000')"):
        bring_colleagues(served, both)
    page = open_page()
    hand = Hand(page, way)
    sign_in(page, "demo-sales")
    page.goto("/today/")
    page.keyboard.press("l")
    dialog = dialog_of(page)
    hand.fill(dialog.locator("[name=line]"), f"拜访 with-{way} 明天 10:00")
    hand.press(dialog.locator(".log-more summary"))
    for name in both:
        hand.fill(dialog.locator("[data-find]"), name)
        found = dialog.locator("li", has_text=name)
        expect(found).to_be_visible()
        hand.press(found.locator("input"), "Space")
    expect(dialog.locator("[name=people]:checked")).to_have_count(2)
    # Enter in the search answers nothing; what was chosen comes back with the draft.
    dialog.locator("[data-find]").press("Enter")
    expect(dialog).to_be_visible()
    page.reload()
    page.keyboard.press("l")
    dialog = dialog_of(page)
    expect(dialog.locator("[name=people]:checked")).to_have_count(2)
    hand.press(dialog.locator(".buttons .btn-primary"))
    expect(page.locator(".toast-line.good", has_text="已记录")).to_be_visible()
    there = "SELECT COUNT(*) FROM dakehu_activityperson p WHERE p.activity_id = dakehu_activity.id"
    assert count(served, f"subject = 'with-{way}' AND ({there}) = 2") == 1
