"""Sales operations at work: a method rewritten by keyboard, a list filtered wrongly, an import."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Served
from tests.journeys.steps import dialog_of, overhang, sign_in

OpenPage = Callable[..., Page]
Axe = Callable[[Page], list[str]]


def kept_out(page: Page, axe: Axe) -> list[str]:
    """Give what axe finds and what sticks out, light and wide, dark and narrow."""
    wrong = []
    for scheme, width in (("light", 1440), ("dark", 390)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 844})
        wrong += [f"{page.url} {scheme}: {found}" for found in axe(page)]
        if overhang(page) > 0:
            wrong.append(f"{page.url}: {overhang(page)} px too wide at {width}")
    page.set_viewport_size({"width": 1440, "height": 900})
    return wrong


def copy_method(page: Page, key: str) -> str:
    """Copy the first method under a key; give the address of the copy."""
    page.goto("/methods/")
    page.locator("main h2 a").first.click()
    page.locator("a[href$='/copy/']").click()
    page.locator("[name=key]").fill(key)
    page.locator("main form .btn-primary").click()
    page.wait_for_url(lambda url: url.rstrip("/").rsplit("/", 1)[-1].isdecimal())
    return page.url


def focused(page: Page) -> str:
    """Give what the focused field or button sends."""
    return str(
        page.evaluate(
            "() => { const e = document.activeElement; return e.name === 'do' ? e.value : e.name }"
        )
    )


def test_a_method_is_rewritten_by_keyboard(open_page: OpenPage, axe: Axe) -> None:
    page = open_page(locale="en-US")
    sign_in(page, "demo-ops", language="en")
    copied = copy_method(page, "by-keyboard")
    page.locator("a[href$='/edit/']").click()
    assert kept_out(page, axe) == []

    # Return in a field saves, it does not move a stage; what cannot be is told at its field.
    rate = page.locator("[name=s1-rate]")
    rate.fill("1O")
    rate.press("Enter")
    expect(page.locator(".stage-head .error")).to_have_count(1)
    assert kept_out(page, axe) == []
    page.locator("[name=s1-rate]").fill("10")

    # The focus stays where one works: with the stage that moves, in the row that is new.
    page.locator("button[value='down:1']").press("Enter")
    page.wait_for_load_state()
    assert focused(page) == "down:1"
    page.locator("button[value='item:1']").press("Enter")
    page.wait_for_load_state()
    assert focused(page).startswith("s1e")
    page.keyboard.type("现场照片")
    page.keyboard.press("Enter")
    page.wait_for_url(copied)
    expect(page.locator(".method-stage").nth(1)).to_contain_text("现场照片")
    expect(page.locator(".method-stage .stage-rate").nth(1)).to_contain_text("10%")
    expect(page.locator(".history")).to_contain_text("Version 2")


def test_a_method_is_rewritten_without_scripts(browser: Browser, served: Served) -> None:
    context = browser.new_context(
        base_url=served.url,
        locale="zh-CN",
        java_script_enabled=False,
        viewport={"width": 390, "height": 844},
    )
    page = context.new_page()
    sign_in(page, "demo-ops")
    copied = copy_method(page, "no-scripts")
    page.locator("a[href$='/edit/']").click()
    stages = page.locator(".stage-form")
    # The button stands behind the last stage: when it is there, all of them are.
    expect(page.locator("button[value='add']")).to_be_visible()
    before = stages.count()
    page.locator("button[value='add']").click()
    expect(stages).to_have_count(before + 1)
    stages.last.locator("[name$=-name_zh]").first.fill("复购")
    stages.last.locator("[name$=-rate]").fill("100")
    page.locator(".save-bar .btn-primary").click()
    page.wait_for_url(copied)
    expect(page.locator(".method-stage").last).to_contain_text("复购")
    context.close()


def test_a_filter_that_cannot_be_is_told_in_its_dialog(page: Page) -> None:
    sign_in(page, "demo-ops")
    page.goto("/opportunities/?q=水")
    page.locator("a[data-dialog][href*=filter]").click()
    dialog = dialog_of(page)
    dialog.locator("details.more summary").click()
    dialog.locator("[name=amount_from]").fill("500")
    dialog.locator("[name=amount_to]").fill("20")
    dialog.locator(".btn-primary").click()
    error = page.locator(".error")
    expect(error).to_contain_text("500")
    expect(page.locator("[name=amount_to]")).to_have_value("20")
    page.locator("[name=amount_to]").fill("90000000")
    page.locator("form:has([name=amount_to]) .btn-primary").click()
    page.wait_for_url(lambda url: "amount_to=90000000" in url)
    assert "q=" in page.url
    expect(page.locator("tbody tr").first).to_be_visible()


def test_the_result_of_an_import_is_open_to_all(
    open_page: OpenPage, axe: Axe, tmp_path: Path
) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text(f"code,name\nX1,甲\nX2,{'长' * 300}\n", encoding="utf-8")
    page = open_page(locale="en-US")
    sign_in(page, "demo-ops", language="en")
    page.goto("/imports/")
    page.locator("[name=uploads]").set_input_files(file)
    page.locator("main form .btn-primary").click()
    page.wait_for_url(lambda url: url.rstrip("/").rsplit("/", 1)[-1].isdecimal())
    # The worker beside the server checks; the page follows by itself.
    expect(page.locator(".kpis")).to_contain_text("Would be taken in", timeout=60_000)
    assert kept_out(page, axe) == []
    page.locator("form[action$='take-in/'] .btn-primary").click()
    expect(page.locator("#import-state")).to_contain_text("Taken in", timeout=60_000)
    expect(page.locator(".kpis")).to_contain_text("Taken in")
    assert kept_out(page, axe) == []
    # What takes everything back asks first.
    page.locator("a[href$='/revert/']").click()
    dialog = dialog_of(page)
    expect(dialog).to_contain_text("1 row was taken in")
    dialog.locator(".btn-danger").click()
    expect(page.locator("#import-state")).to_contain_text("Taken back", timeout=60_000)


def test_columns_that_nobody_recognises_are_named_by_keyboard(
    open_page: OpenPage, axe: Axe, tmp_path: Path
) -> None:
    file = tmp_path / "odd.csv"
    file.write_text("单位名,行当\n甲乙丙,机械\n", encoding="gb18030")
    page = open_page(locale="en-US")
    sign_in(page, "demo-ops", language="en")
    page.goto("/imports/")
    page.locator("[name=uploads]").set_input_files(file)
    page.locator("main form .btn-primary").click()
    expect(page.locator("#import-state")).to_contain_text("Waiting for you", timeout=60_000)
    page.locator("#import-state a[href$='columns/']").press("Enter")
    page.locator("#subject-0").select_option("accounts")
    page.locator("form#kinds button").press("Enter")
    page.locator("[name=column-0-name]").select_option("单位名")
    assert kept_out(page, axe) == []
    page.locator("main form[method=post] .btn-primary").press("Enter")
    expect(page.locator(".kpis")).to_contain_text("Would be taken in", timeout=60_000)
