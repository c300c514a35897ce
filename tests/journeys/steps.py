"""Steps that many journeys take: sign in, have a deal, work by mouse, thumb or keyboard."""

import re
import struct
import zlib
from collections.abc import Sequence

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

HAN = re.compile(r"[\u3400-\u9fff]")
#: Latin that stands in Chinese text as it is: our name, formats, currencies, codes, quarters.
SAME_IN_CHINESE = re.compile(
    r"Dakehu|Esc|Enter|Space|Excel|CSV|xlsx|Ctrl|English|n=\d+|[A-Z]{3}\b|[A-Z0-9]+(?:[-_][A-Z0-9]+)*\b"
)


def sign_in(page: Page, login: str, *, language: str = "zh-hans") -> None:
    """Be somebody, and speak the language from here on, by the requests that buttons send.

    test_first_day presses the buttons; here three pages fewer are drawn for each who comes in.
    """
    ask = page.context.request
    shown = ask.get("/login/")
    field = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', shown.text())
    assert field is not None
    form = {"csrfmiddlewaretoken": field[1], "login": login}
    here = shown.url
    answer = ask.post("/login/demo/", form=form, headers={"Referer": here}, max_redirects=0)
    assert answer.status == 303, answer.text()
    token = next(c for c in page.context.cookies() if "csrf" in c.get("name", ""))
    form = {"csrfmiddlewaretoken": token.get("value", ""), "language": language}
    answer = ask.post(
        "/settings/me/language/", form=form, headers={"Referer": here}, max_redirects=0
    )
    assert answer.status in {302, 303}, answer.text()


def overhang(page: Page) -> int:
    """Give by how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def english_left(words: list[str]) -> list[str]:
    """Give the words of a Chinese page that nobody has translated."""
    return [word for word in words if re.search(r"[A-Za-z]{2}", SAME_IN_CHINESE.sub("", word))]


def dialog_of(page: Page) -> Locator:
    """Give the dialog, once it is open."""
    dialog = page.locator("#dialog")
    expect(dialog).to_be_visible()
    return dialog


def send(form: Locator) -> None:
    """Press the first button of a form and wait for what follows."""
    form.locator(".buttons button").first.click()
    form.page.wait_for_load_state()


def photo() -> bytes:
    """Make a small PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    pixels = b"".join(b"\0" + b"\x0b\x6e\x6e" * 40 for _row in range(30))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 40, 30, 8, 2, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(pixels))
    return b"\x89PNG\r\n\x1a\n" + head + data + chunk(b"IEND", b"")


def new_deal(page: Page, name: str, *, stage: int = 0) -> str:
    """Have a deal at its first stage, or at a later one by its place; give its address."""
    page.goto("/accounts/")
    account = page.locator("tbody tr th a").first.inner_text()
    page.goto("/opportunities/create/")
    page.locator("#id_name").fill(name)
    page.locator("#id_account").fill(account)
    page.locator("#id_amount").fill("38.4万")
    page.locator("#id_stage").select_option(index=stage)
    send(page.locator("main form.form"))
    page.wait_for_url(re.compile(r"/opportunities/\d+/$"))
    return page.url


MOUSE, TOUCH, KEYBOARD = "mouse", "touch", "keyboard"
#: Both languages, in the words of a browser and of the product, and both ways to work.
LANGUAGES = [("zh-CN", "zh-hans"), ("en-US", "en")]
#: Both languages and both ways, where all four of them would take long.
EACH_ONCE = [(*LANGUAGES[0], MOUSE), (*LANGUAGES[1], KEYBOARD)]

#: Is the focus here, and if not, does it lie behind this element?
_FOCUS = """wanted => {
    const now = document.activeElement;
    if (now === wanted) return "here";
    if (!now || now === document.body) return "ahead";
    return now.compareDocumentPosition(wanted) & Node.DOCUMENT_POSITION_PRECEDING
        ? "behind" : "ahead";
}"""
#: A ring around the element, or around what stands for it: the label of a hidden input.
_SEEN = """focused => [focused, focused.closest("label")].some((one) => {
    if (!one) return false;
    const look = getComputedStyle(one);
    const ring = look.outlineStyle !== "none" && parseFloat(look.outlineWidth) > 0;
    const box = one.getBoundingClientRect();
    return (ring || look.boxShadow !== "none") && look.opacity > 0 && box.width > 4;
})"""
MOST_TABS = 250


class Hand:
    """Somebody at work in one way, by mouse, by thumb, or by keyboard alone; counts actions.

    An action is a click or tap, a key chord (a Tab is one, too), or a filled field. By keyboard
    the focus gets nowhere but by Tab, and wherever it is used it must be seen.
    """

    def __init__(self, page: Page, way: str) -> None:
        self.page = page
        self.way = way
        self.actions = 0

    @property
    def by_keyboard(self) -> bool:
        """Test if there is neither mouse nor thumb."""
        return self.way == KEYBOARD

    def press(self, target: Locator, key: str = "Enter") -> None:
        """Press a button, follow a link, tick a box."""
        if self.by_keyboard:
            self.reach(target)
            self.chord(key)
            return
        self.actions += 1
        target.tap() if self.way == TOUCH else target.click()

    def chord(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.actions += 1
            self.page.keyboard.press(key)

    def fill(self, target: Locator, text: str) -> None:
        """Fill a field."""
        if self.by_keyboard:
            self.reach(target)
            self.actions += 1
            self.page.keyboard.press("Control+a")
            self.page.keyboard.type(text)
            return
        self.actions += 1
        target.fill(text)

    def choose(self, target: Locator, place: int) -> str:
        """Choose an option of a list by its place; give its words."""
        words = target.locator("option").nth(place).inner_text()
        if self.by_keyboard:
            self.reach(target)
            self.chord("Home", *["ArrowDown"] * place)
        else:
            # The list itself is the system's: no page can click in it.
            self.actions += 1
            target.select_option(index=place)
        expect(target.locator("option:checked")).to_have_text(words)
        return words

    def attach(self, target: Locator, files: Sequence[FilePayload]) -> None:
        """Choose files in the system's dialog, which the field opens."""
        shown = target if self.by_keyboard else target.locator("xpath=ancestor::label")
        with self.page.expect_file_chooser() as opened:
            self.press(shown)
        opened.value.set_files(list(files))

    def reach(self, target: Locator) -> None:
        """Go to an element by Tab, or back by Shift+Tab, and see that the focus is there."""
        expect(target).to_be_attached()
        for _turn in range(MOST_TABS):
            place = target.evaluate(_FOCUS)
            if place == "here":
                assert target.evaluate(_SEEN), f"the focus is not seen on {target}"
                return
            self.chord("Tab" if place == "ahead" else "Shift+Tab")
        pytest.fail(f"no Tab leads to {target}")
