"""The list of accounts: exactly what one may see, in order, page by page."""

import random

import pytest

from dakehu.actions.names import sort_key
from dakehu.core.names import folded
from dakehu.models import Account, AccountName, Grant
from dakehu.queries.accounts import (
    AccountFilter,
    account,
    account_count,
    accounts,
    every_account,
    roll_up,
)
from dakehu.queries.paging import Cut
from tests.cast import AT, START, Cast, make_cast

pytestmark = pytest.mark.django_db
LOGINS = ("amy", "bob", "head-1", "head-east", "boss", "ops", "exec", "admin", "support")


@pytest.fixture
def cast() -> Cast:
    made = make_cast()
    dice = random.Random(7)
    sellers = ["amy", "ann", "bob", "cat"]
    teams = {"amy": "team-1", "ann": "team-1", "bob": "team-2", "cat": "team-3"}
    for number in range(60):
        name = dice.choice("华东北南西中") + dice.choice("机电重轻") + f"厂{number % 17}"
        manager = dice.choice(sellers)
        Account.objects.add_root(
            {
                "code": f"C{number:03}",
                "name": name,
                "folded": folded(name),
                "sort_key": sort_key(name),
                "unit_id": made.units[teams[manager]],
                "manager_id": made.people[manager],
                "industry": dice.choice(["钢铁", "电力"]),
                "created_on": START,
            }
        )
    for row in Account.objects.order_by("?")[:12]:
        Grant.objects.create(
            person_id=made.people[dice.choice(["amy", "support"])],
            account_id=row.pk, right="read", because="account_team", granted_at=AT,
        )  # fmt: skip
    return made


def allowed(cast: Cast, login: str) -> set[int]:
    """Say by hand who sees what."""
    me = cast.people[login]
    below = {
        "head-1": ["team-1"], "head-east": ["east", "team-1", "team-2"],
        "boss": list(cast.units), "ops": list(cast.units),
    }  # fmt: skip
    units = {cast.units[u] for u in below.get(login, [])}
    granted = set(Grant.objects.filter(person_id=me).values_list("account_id", flat=True))
    rows = Account.objects.all()
    return {
        row.pk
        for row in rows
        if login in ("exec", "finance", "auditor")
        or row.unit_id in units
        or row.manager_id == me
        or row.pk in granted
    }


@pytest.mark.parametrize("login", LOGINS)
@pytest.mark.parametrize("sort", ["name", "-name", "created", "-created"])
def test_pages_one_after_another_are_the_whole_list(cast: Cast, login: str, sort: str) -> None:
    viewer, where = cast.viewer(login), AccountFilter(sort=sort)
    pages, cut = [], Cut(size=7)
    while True:
        page = accounts(viewer=viewer, where=where, cut=cut)
        pages.append([row.id for row in page.rows])
        if page.next is None:
            break
        cut = Cut(after=page.next, size=7)
    walked = [row for page in pages for row in page]
    assert set(walked) == allowed(cast, login)
    assert walked == [r.id for r in every_account(viewer=viewer, where=where, limit=999)]
    assert len(walked) == account_count(viewer=viewer, where=where)
    back = [pages[-1]] if pages[-1] else []
    while page.previous is not None:
        page = accounts(viewer=viewer, where=where, cut=Cut(before=page.previous, size=7))
        back.insert(0, [row.id for row in page.rows])
    assert [row for page in back for row in page] == walked


def names(cast: Cast, text: str) -> set[str]:
    page = accounts(viewer=cast.viewer("exec"), where=AccountFilter(text=text), cut=Cut(size=99))
    return {row.name for row in page.rows}


def test_a_name_is_found_by_part_alias_pinyin_and_code(cast: Cast) -> None:
    row = Account.objects.add_root({
        "code": "X-1", "name": "东澜港口集团", "folded": folded("东澜港口集团"),
        "sort_key": sort_key("东澜港口集团"), "created_on": START,
    })  # fmt: skip
    AccountName.objects.create(account=row, name="DL Port", folded=folded("DL Port"))
    for text in ("澜港", "dlport", "DONGLAN", "dong lan", "x-1"):
        assert names(cast, text) == {"东澜港口集团"}, text
    assert names(cast, "%") == set()
    assert names(cast, "没有这样的") == set()


def test_filters_narrow_and_a_group_out_of_sight_is_empty(cast: Cast) -> None:
    viewer = cast.viewer("amy")
    everything = allowed(cast, "amy")
    steel = accounts(viewer=viewer, where=AccountFilter(industry="钢铁"), cut=Cut(size=99))
    wanted = set(Account.objects.filter(industry="钢铁").values_list("pk", flat=True))
    assert {row.id for row in steel.rows} == everything & wanted
    hidden = Account.objects.exclude(pk__in=everything)[0]
    page = accounts(viewer=viewer, where=AccountFilter(root_id=hidden.pk), cut=Cut())
    assert page.rows == ()


def test_what_hangs_above_and_below_is_read_however_large_the_group(cast: Cast) -> None:
    def hang(parent: Account | None, code: str, manager: str, name: str = "") -> Account:
        team = {"amy": "team-1", "bob": "team-2"}[manager]
        facts = {
            "code": code, "name": name or code, "sort_key": code, "created_on": START,
            "manager_id": cast.people[manager], "unit_id": cast.units[team],
        }  # fmt: skip
        if parent is None:
            return Account.objects.add_root(facts)
        return Account.objects.add_child(Account.objects.get(pk=parent.pk), facts)

    top = hang(None, "TOP", "amy")
    for number in range(203):
        hang(top, f"B{number:03}", "bob")
    last = hang(top, "LAST", "amy")
    below = hang(last, "BELOW", "amy")
    for login, is_cut in (("amy", False), ("exec", True)):
        viewer = cast.viewer(login)
        page = account(viewer=viewer, account_id=last.pk)
        assert (page.parent_id, page.has_branches, page.group_is_cut) == (top.pk, True, is_cut)
        rolled = roll_up(viewer=viewer, account=page, today=cast.today)
        lines = [line.id for line in rolled.members]
        assert {top.pk, last.pk, below.pk} <= set(lines)
        assert (len(lines), rolled.is_cut) == ((3, False) if login == "amy" else (200, True))
