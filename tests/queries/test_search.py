"""The search: by name, pinyin, initials, code, in spite of typing errors; only in sight."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from dakehu.actions.accounts import create_account, edit_account
from dakehu.actions.contacts import create_contact, edit_contact
from dakehu.actions.marks import toggle_pin
from dakehu.actions.names import person_key, sort_key
from dakehu.actions.opportunities import (
    EditOpportunity,
    edit_opportunity,
    undo_opportunity,
    void_opportunity,
)
from dakehu.actions.people import edit_person
from dakehu.actions.search import (
    ACCOUNT,
    CONTACT,
    INDEXED,
    PERSON,
    index_everything,
    index_share,
    index_unfound,
)
from dakehu.models import Account, Contact, NameToken, Opportunity, Person
from dakehu.queries.search import Group, asked_for, pieces_of, search
from dakehu.queries.snapshot import reading
from dakehu.queries.spelling import found_by, readings, span_of, typed_with
from tests.world import OPERATOR, TODAY, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def found_world(world: World) -> World:
    """Give the cast with customers of Chinese names, and everything findable."""
    wen = world.viewer("wen")
    for key, name in (
        ("haiyue", "深圳海岳精密机械股份有限公司"),
        ("chongqing", "重庆长风汽车有限公司"),
        ("northwind", "Northwind Traders GmbH"),
    ):
        world.accounts[key] = create_account(
            actor=wen, values={"name": name}, manager_id=world.people["wen"],
            unit_id=world.units["east_team"], today=TODAY, at=world.at, code=f"K-{key}",
            aliases=["海岳"] if key == "haiyue" else [],
        )  # fmt: skip
    create_contact(
        actor=wen, account_id=world.accounts["haiyue"], values={"name": "李明朗", "title": "厂长"},
        today=TODAY, at=world.at,
    )  # fmt: skip
    world.create("wen", name="海岳精密 重载堆垛机 3台", account_id=world.accounts["haiyue"])
    world.create("lu", name="西站 输送线改造")
    index_everything()
    return world


def names(groups: tuple[Group, ...], kind: str) -> list[str]:
    return [row.name for group in groups if group.kind == kind for row in group.rows]


@pytest.mark.parametrize(
    ("asked", "kind", "name"),
    [
        ("海岳", "account", "深圳海岳精密机械股份有限公司"),
        ("海嶽", "account", "深圳海岳精密机械股份有限公司"),
        ("haiyue", "account", "深圳海岳精密机械股份有限公司"),
        ("HaiYue jingmi", "account", "深圳海岳精密机械股份有限公司"),
        ("hy", "account", "深圳海岳精密机械股份有限公司"),
        ("szhy", "account", "深圳海岳精密机械股份有限公司"),
        ("海岳精蜜机械", "account", "深圳海岳精密机械股份有限公司"),
        ("机械", "account", "深圳海岳精密机械股份有限公司"),
        ("k-haiyue", "account", "深圳海岳精密机械股份有限公司"),
        ("chongqing", "account", "重庆长风汽车有限公司"),
        ("zhongqing", "account", "重庆长风汽车有限公司"),
        ("cqcf", "account", "重庆长风汽车有限公司"),
        ("northw", "account", "Northwind Traders GmbH"),
        ("traders", "account", "Northwind Traders GmbH"),
        ("nortwind", "account", "Northwind Traders GmbH"),
        ("lml", "contact", "李明朗"),
        ("minglang", "contact", "李明朗"),
        ("limignlang", "contact", "李明朗"),
        ("堆垛机", "opportunity", "海岳精密 重载堆垛机 3台"),
        ("hyjm", "opportunity", "海岳精密 重载堆垛机 3台"),
        ("zzddj", "opportunity", "海岳精密 重载堆垛机 3台"),
        ("海岳 堆垛", "opportunity", "海岳精密 重载堆垛机 3台"),
        ("堆", "opportunity", "海岳精密 重载堆垛机 3台"),
        ("文静", "person", "Wen"),
        ("wenj", "person", "Wen"),
        ("lu", "person", "Lu"),
    ],
)
def test_what_people_type_finds_what_they_mean(
    found_world: World, asked: str, kind: str, name: str
) -> None:
    found = search(found_world.viewer("wen"), text=asked, today=TODAY)
    assert names(found, kind)[:1] == [name], found


def test_a_code_is_found_whole_and_by_its_beginning(found_world: World) -> None:
    row = Opportunity.objects.get(name__startswith="海岳")
    for text in (row.code, row.code.lower(), row.code[:9]):
        assert names(search(found_world.viewer("wen"), text=text, today=TODAY), "opportunity")


def test_an_account_is_found_by_its_tax_number(found_world: World) -> None:
    row = Account.objects.get(pk=found_world.accounts["haiyue"])
    edit_account(
        actor=found_world.viewer("wen"), account_id=row.pk, seen_version=row.version,
        values={"tax_code": "91350211M000100Y43"}, today=TODAY, at=found_world.at,
    )  # fmt: skip
    for text in ("91350211M000100Y43", "91350211m000100y43", "91350211M00"):
        found = search(found_world.viewer("wen"), text=text, today=TODAY)
        assert names(found, "account") == [row.name], text


def test_what_is_out_of_sight_is_not_found(found_world: World) -> None:
    lu = found_world.viewer("lu")
    for text in ("海岳", "hyjm", "堆垛机", "k-haiyue", "lml", "northwind"):
        kinds = {group.kind for group in search(lu, text=text, today=TODAY)}
        assert kinds <= {"person"}, text
    assert names(search(lu, text="西站", today=TODAY), "opportunity") == ["西站 输送线改造"]
    assert not names(search(found_world.viewer("wen"), text="西站", today=TODAY), "opportunity")


def test_colleagues_are_found_by_all_with_their_unit_while_they_are_here(
    found_world: World,
) -> None:
    group = search(found_world.viewer("admin"), text="luhai", today=TODAY, kinds=("person",))[0]
    assert group.rows[0].beside == ("陆海", "West_Team")
    Person.objects.filter(login="lu").update(is_active=False)
    assert search(found_world.viewer("admin"), text="luhai", today=TODAY, kinds=("person",)) == ()


def test_what_is_renamed_is_found_by_its_new_name_only(found_world: World) -> None:
    wen = found_world.viewer("wen")
    row = Opportunity.objects.get(name__startswith="海岳")
    saved = edit_opportunity(
        actor=wen, opportunity_id=row.pk, edit=EditOpportunity(name="港口岸桥"), seen_version=None,
        **found_world.how(),
    )  # fmt: skip
    assert names(search(wen, text="港口岸桥", today=TODAY), "opportunity") == ["港口岸桥"]
    assert "港口岸桥" not in names(search(wen, text="zzddj", today=TODAY), "opportunity")
    undo_opportunity(
        actor=wen, opportunity_id=row.pk, correlation_id=saved.correlation_id, seen_version=None,
        today=TODAY, at=found_world.at,
    )  # fmt: skip
    assert names(search(wen, text="zzddj", today=TODAY), "opportunity") == [row.name]
    account = Account.objects.get(pk=found_world.accounts["northwind"])
    edit_account(
        actor=wen, account_id=account.pk, seen_version=account.version,
        values={"name": "Southwind"}, today=TODAY, at=found_world.at,
    )  # fmt: skip
    assert names(search(wen, text="southw", today=TODAY), "account") == ["Southwind"]
    contact = Contact.objects.get()
    edit_contact(
        actor=wen, contact_id=contact.pk, seen_version=1, values={"name": "王五"},
        at=found_world.at,
    )  # fmt: skip
    assert names(search(wen, text="ww", today=TODAY), "contact") == ["王五"]
    edit_person(
        actor=found_world.viewer("admin"), person_id=found_world.people["bo"], seen_version=1,
        name="钱多多", name_en="", email="", phone="", is_active=True, at=found_world.at,
    )  # fmt: skip
    assert names(search(wen, text="qdd", today=TODAY), "person") == ["钱多多"]


def test_what_is_voided_or_deleted_is_not_found(found_world: World) -> None:
    wen = found_world.viewer("wen")
    row = Opportunity.objects.get(name__startswith="海岳")
    void_opportunity(actor=wen, opportunity_id=row.pk, seen_version=None, **found_world.how())
    Account.objects.filter(pk=found_world.accounts["haiyue"]).update(deleted_at=found_world.at)
    assert search(wen, text="海岳精密", today=TODAY) == ()
    assert not names(search(wen, text="lml", today=TODAY), "contact")


def test_the_account_brings_its_open_opportunities_along(found_world: World) -> None:
    found_world.create("wen", name="Retrofit", account_id=found_world.accounts["northwind"])
    found = search(found_world.viewer("wen"), text="northwind", today=TODAY)
    assert found[0].kind == "account"
    assert names(found, "opportunity") == ["Retrofit"]


def test_what_is_pinned_stands_before_what_fits_alike(found_world: World) -> None:
    wen = found_world.viewer("wen")
    first = found_world.create("wen", name="Gantry crane")
    second = found_world.create("wen", name="Gantry crane")
    for pinned in (first, second):
        toggle_pin(
            actor=wen, object_type="opportunity", object_id=pinned.opportunity_id,
            at=found_world.at,
        )  # fmt: skip
        group = search(wen, text="gantry", today=TODAY, kinds=("opportunity",))[0]
        assert group.rows[0].id == pinned.opportunity_id
        toggle_pin(
            actor=wen, object_type="opportunity", object_id=pinned.opportunity_id,
            at=found_world.at,
        )  # fmt: skip


def test_of_a_common_word_one_s_own_is_found_among_very_many(found_world: World) -> None:
    lu = found_world.viewer("lu")
    mine = found_world.create("lu", name="zzz 输送线")
    row = Opportunity.objects.get(pk=mine.opportunity_id)
    # So many of others begin with the same that a bounded look at tokens never comes to it.
    NameToken.objects.bulk_create(
        NameToken(token="输送", kind="o", object_id=-n) for n in range(1, 1500)
    )
    NameToken.objects.bulk_create(
        NameToken(token="输", kind="o", object_id=-n) for n in range(1, 1500)
    )
    for text in ("输送", "输送线", "输"):
        assert row.name in names(search(lu, text=text, today=TODAY), "opportunity"), text


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "a", "机", "的" * 200, "x" * 200, "🚀", "🚀🚀 海岳", "%", "_", "'; --", "\x00",
        "（）", "a b c d e f g h i j", "ſ", "İ", "한국", "かな", "１２３", "op-", "=hai", "!x",
    ],
)  # fmt: skip
def test_whatever_is_typed_a_bounded_answer_comes(found_world: World, text: str) -> None:
    with reading(), CaptureQueriesContext(connection) as asked:
        groups = search(found_world.viewer("wen"), text=text, today=TODAY)
    assert len(asked) <= 9
    assert all(len(group.rows) <= 5 for group in groups)


def test_what_stood_before_is_made_findable_once(found_world: World) -> None:
    before = sorted(NameToken.objects.values_list("kind", "token", "object_id"))
    assert [index_unfound(kind, 0) for kind in INDEXED] == [None] * 4
    NameToken.objects.exclude(kind="account").delete()
    index_everything()
    assert sorted(NameToken.objects.values_list("kind", "token", "object_id")) == before


@pytest.mark.parametrize("chunk", [2, 500])
def test_several_make_names_findable_together(
    found_world: World, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    tokens = NameToken.objects.filter(kind__in=(ACCOUNT, CONTACT, PERSON)).values_list(
        "kind", "token", "object_id"
    )
    before = sorted(tokens)
    NameToken.objects.filter(kind__in=(ACCOUNT, CONTACT, PERSON)).delete()
    monkeypatch.setattr("dakehu.actions.search._CHUNK", chunk)
    for turn in range(3):
        index_share(turn, 3)
    assert sorted(tokens.all()) == before


def test_the_part_that_fits_is_marked() -> None:
    def marked(text: str, name: str) -> list[str]:
        return [piece.text for piece in pieces_of(asked_for(text), name) if piece.is_marked]

    name = "深圳海岳精密机械"
    assert marked("海岳", name) == ["海岳"]
    assert marked("hyjm", name) == ["海岳精密"]
    assert marked("haiyjing", name) == ["海岳精"]
    assert marked("hai 机械", name) == ["海", "机械"]
    assert marked("NORTH", "The Northwind Co") == ["North"]
    assert marked("xyz", name) == []
    for text in ("海岳", "hyjm", "hai 机械", "xyz"):
        assert "".join(piece.text for piece in pieces_of(asked_for(text), name)) == name


def test_all_readings_and_word_beginnings_are_kept() -> None:
    tokens = found_by(["重庆长风 机"], ["A-1"])
    assert {"=chongqingchangfengji", "=zhongqingchangfengji", "~cqcfj", "~zqcfj", "#a-1"} <= tokens
    assert {"=ji", "~j", "重庆", "庆长", "长风", "风", "!重庆长风机"} <= tokens
    assert all(len(token) <= 40 for token in found_by(["长" * 200], ["X" * 200], thirds=True))
    assert span_of("重庆", "zhong") == (0, 1, True)


def test_the_operator_finds_everything(found_world: World) -> None:
    assert names(search(OPERATOR, text="西站", today=TODAY), "opportunity")
    assert names(search(OPERATOR, text="海岳", today=TODAY), "account")


def test_people_are_spelt_and_ordered_by_their_family_names_as_these_are_read() -> None:
    read = {
        "曾小明": "zeng xiao ming", "单雄信": "shan xiong xin", "查良镛": "zha liang yong",
        "单于平": "chan yu ping", "张伟": "zhang wei", "单位联系人": "dan wei lian xi ren",
    }  # fmt: skip
    assert {name: person_key(name) for name in read} == read
    assert sort_key("曾小明") == "ceng xiao ming"
    for name, typed in (("曾小明", "zengxiaoming"), ("单雄信", "shanxiongxin")):
        tokens = found_by([name])
        assert f"={typed}" in tokens
        assert f"~{typed[0]}x{'m' if 'ming' in typed else 'x'}" in tokens


def test_who_was_spelt_otherwise_before_the_upgrade_is_spelt_anew_and_back() -> None:
    change = import_module("dakehu.migrations.0030_surnames")._respell
    for name, key in (("曾小明", "ceng xiao ming"), ("曾国藩", "zeng guo fan"),
                      ("单于平", "chan yu ping"), ("单雄信", "dan xiong xin")):  # fmt: skip
        row = Person.objects.create(login=key.replace(" ", ""), name=name, sort_key=key)
        NameToken.objects.create(kind="p", object_id=row.pk, token="=x")
    editor = SimpleNamespace(connection=connection)
    keys = Person.objects.order_by("id").values_list("sort_key", flat=True)
    change(back=False)(apps, editor)
    assert list(keys.all()) == ["zeng xiao ming", "zeng guo fan", "chan yu ping", "shan xiong xin"]
    assert NameToken.objects.filter(kind="p").count() == 2
    change(back=True)(apps, editor)
    assert list(keys.all()) == ["ceng xiao ming", "ceng guo fan", "chan yu ping", "dan xiong xin"]


#: Simplified, traditional and rare characters, more than one reading, family names, letters, width.
_LETTERS = "重庆長江查曾单解区乐仇盖尉迟车行海岳精密堆垛机㐂 ABcz09-（）ＨＸ３０éß"


@given(
    name=st.text(_LETTERS, min_size=1, max_size=8),
    start=st.integers(0, 7),
    ways=st.lists(st.sampled_from("wri"), min_size=1, max_size=5),
)
def test_whatever_is_found_in_a_name_is_typed_with_its_letters(
    name: str, start: int, ways: list[str]
) -> None:
    """Each character from one on as it is written, by a whole reading, or by an initial."""
    parts = []
    for c, way in zip(name[start % len(name) :], ways, strict=False):
        read = readings(c)
        parts.append(c if way == "w" or not read else read[-1] if way == "r" else read[0][:1])
    asked = asked_for("".join(parts))
    if asked.words and span_of(name, asked.joined) is not None:
        assert asked.letters <= typed_with(name)
    assert asked_for(name).letters <= typed_with(name)
