"""Screens with no row and with twenty: whole, in both languages, light and dark, wide and narrow.

With 100,000 rows a database takes minutes to make: `python -m bench` measures its pages, and their
looks were seen by eye (list, funnel, accounts, units).
"""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Served, command, serving
from tests.journeys.test_every_page import kept_out, look
from tests.journeys.test_first_day import PASSWORD, log_in

OpenPage = Callable[..., Page]
Axe = Callable[[Page], list[str]]

ROWS = 20
#: Pages, and how many rows their list shows of what is brought in.
PLACES = {
    "/funnel/": None,
    "/opportunities/": ROWS,
    "/opportunities/?state=all&sort=-amount": ROWS,
    "/accounts/": ROWS,
    "/contacts/": ROWS,
    "/hygiene/": ROWS,
    "/small-sales/": 0,
    "/quotas/": None,
    "/funnel/compare/": None,
    "/funnel/ageing/": None,
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve an organisation in which li has twenty deals, accounts and contacts, and wu none."""
    home = tmp_path_factory.mktemp("row-counts")
    command(home, "init", demo=False)
    for login, name in (("li", "李明"), ("wu", "吴平")):
        words = ("person", "add", login, "--name", name, "--role", "salesperson")
        command(home, *words, typed=f"{PASSWORD}\n", demo=False)
    files = {
        "a.csv": ["客户名称,负责人", *(f"第{n:02}号机械制造有限公司,li" for n in range(ROWS))],
        "c.csv": ["联系人姓名,客户名称,手机", *(
            f"王{n:02},第{n:02}号机械制造有限公司,1380000{n:04}" for n in range(ROWS)
        )],
        "o.csv": ["商机名称,客户名称,负责人,销售方法,销售阶段,金额", *(
            f"第{n:02}条输送线,第{n:02}号机械制造有限公司,li,industrial-6,兴趣,{(n + 1) * 12_345}"
            for n in range(ROWS)
        )],
    }  # fmt: skip
    for name, lines in files.items():
        (home / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        command(home, "import", str(home / name), demo=False)
    with serving(home, demo=False) as result:
        yield result


@pytest.mark.parametrize(("login", "examined_in"), [("wu", "zh-hans"), ("li", "en")])
def test_screens_with_no_row_and_with_twenty_are_whole(
    open_page: OpenPage, axe: Axe, login: str, examined_in: str
) -> None:
    page = open_page()
    page.emulate_media(reduced_motion="reduce")
    log_in(page, login)
    wrong: list[str] = []
    for language in ("zh-hans", "en"):
        if language == "en":
            page.goto("/settings/me/")
            page.locator(".top-end form[action*=language] button[value=en]").click()
            page.wait_for_load_state()
        for place, rows in PLACES.items():
            page.goto(place)
            assert not re.search(r"NaN|None|undefined", page.locator("main").inner_text()), place
            if rows is not None:
                found = page.locator("main .table-box tbody tr:has(th[scope=row])").count()
                assert found == (rows if login == "li" else 0), place
                assert page.locator("[rel=next]").count() == 0, place
                if not found:
                    expect(page.locator(".empty-state .title").first, place).to_be_visible()
            wrong += look(page, f"{place} {language}", language)
            # One language is enough for axe: words change, the elements do not.
            wrong += kept_out(page, axe, place) if language == examined_in else []
        assert not wrong, "\n".join(wrong)
