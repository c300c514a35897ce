"""Methods as pages: to be read by everybody, changed by those who may."""

import re
from html import unescape

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dakehu.actions.methods import install_built_in_methods
from dakehu.models import Method, MethodVersion, WinRate
from dakehu.queries.methods import method_book
from tests.cast import AT, OPERATOR, START, TODAY, Cast, make_cast

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PART = {"HX-Request": "true"}


@pytest.fixture
def cast() -> Cast:
    made = make_cast()
    install_built_in_methods(actor=OPERATOR, today=TODAY, at=AT, rates_from=START)
    return made


def method_id(key: str = "industrial-6") -> int:
    return Method.objects.get(key=key).pk


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_method_reads_in_the_readers_language(cast: Cast, language: str) -> None:
    client = cast.client("amy", language)
    page = client.get(f"/methods/{method_id()}/", headers=PART).content.decode()
    assert ("The initiator makes" in page) == (language == "en")
    assert ("发起者" in page) == (language != "en")


def test_every_page_stays_within_twelve_queries(cast: Cast) -> None:
    client = cast.client("ops")
    for url in (
        "/methods/",
        f"/methods/{method_id()}/",
        f"/methods/{method_id()}/rates/",
    ):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(url, headers=PART).status_code == 200
        assert len(queries) <= 12 + 2, url  # + a savepoint


def test_only_those_who_may_set_rates(cast: Cast) -> None:
    url = f"/methods/{method_id()}/rates/"
    assert cast.client("ops").get(url, headers=PART).status_code == 200
    for login in ("amy", "boss", "exec"):
        assert cast.client(login).get(url, headers=PART).status_code == 403


def rates(**changed: str) -> dict[str, str]:
    return {"on": "2026-06-30", **changed}


def test_rates_typed_are_set_and_untouched_ones_left(cast: Cast) -> None:
    before = WinRate.objects.count()
    stage = WinRate.objects.filter(stage__key="interest").get().stage_id
    client = cast.client("ops")
    url = f"/methods/{method_id()}/rates/"
    answer = client.post(url, rates(**{f"rate_{stage}": "12.5%"}))
    assert answer.status_code == 303
    assert WinRate.objects.count() == before + 1
    assert WinRate.objects.latest("id").rate_bp == 1250


@pytest.mark.parametrize("typed", ["-1", "101", "abc", "5,5", "1.234"])
def test_a_bad_rate_is_refused_and_kept_in_the_field(cast: Cast, typed: str) -> None:
    before = WinRate.objects.count()
    stage = WinRate.objects.filter(stage__key="interest").get().stage_id
    answer = cast.client("ops").post(
        f"/methods/{method_id()}/rates/", rates(**{f"rate_{stage}": typed}), headers=PART
    )  # fmt: skip
    assert answer.status_code == 422
    assert f'value="{typed}"' in answer.content.decode()
    assert WinRate.objects.count() == before


def test_a_gate_seen_before_somebody_changed_it_is_a_conflict_on_the_form(
    cast: Cast,
) -> None:
    client = cast.client("ops")
    url = f"/methods/{method_id()}/gate/"
    assert client.post(url, {"gate": "require", "seen": 1}).status_code == 303
    answer = client.post(url, {"gate": "validate", "seen": 1}, headers=PART)
    assert answer.status_code == 422
    assert Method.objects.get(key="industrial-6").versions.get(is_current=True).gate == "require"


def test_a_version_that_there_is_not_is_not_found(cast: Cast) -> None:
    client = cast.client("amy")
    assert client.get(f"/methods/{method_id()}/?version=9", headers=PART).status_code == 404
    assert client.get("/methods/999999999/", headers=PART).status_code == 404


def copied(cast: Cast) -> int:
    """Give a copy of industrial-6, which may be rewritten."""
    typed = {"name_zh": "本公司方法", "name_en": "Ours", "key": "ours"}
    cast.client("ops").post(f"/methods/{method_id()}/copy/", typed)
    return method_id("ours")


def typed_of(page: str) -> QueryDict:
    """Give what a browser would send of the form as it stands."""
    data = QueryDict(mutable=True)
    form = page.partition('id="method-form"')[2].partition("</form>")[0]
    tags = r"<(?:input|textarea|select)\b.*?>(?:[^<]*</textarea>)?"
    for tag in re.findall(tags, form, re.DOTALL):
        name = re.search(r'name="([^"]+)"', tag)
        if name is None or ('type="radio"' in tag and "checked" not in tag):
            continue
        value = re.search(r'value="([^"]*)"', tag)
        text = value[1] if value else re.sub(r"<[^>]+>", "", tag).strip("\n")
        data.appendlist(name[1], unescape("required" if tag.startswith("<select") else text))
    return data


def form_of(client: Client, url: str) -> QueryDict:
    return typed_of(client.get(url).content.decode())


def test_a_method_is_rewritten_row_by_row_without_scripts(cast: Cast) -> None:
    client, own = cast.client("ops"), copied(cast)
    url = f"/methods/{own}/edit/"
    typed = form_of(client, url)
    assert typed.getlist("row") == ["1", "2", "3", "4", "5", "6"]
    # Each button sends all that is typed; nothing is saved, nothing is lost, nothing complained of.
    typed.setlist("s1-name_zh", ["接触"])
    for asked in ("down:1", "item:2", "add:0", "drop:3", "drop_item:4:1"):
        typed.setlist("do", [asked])
        answer = client.post(url, dict(typed.lists()))
        assert answer.status_code == 200, asked
        page = answer.content.decode()
        assert "is-invalid" not in page
        typed = typed_of(page)
    assert typed.getlist("row") == ["2", "1", "4", "5", "6", "7"]
    assert typed["s1-name_zh"] == "接触"
    typed.setlist("s7-name_zh", ["复购"])
    typed.setlist("s7-rate", ["10x"])
    typed.setlist("s2e5-name_en", ["Letter"])
    typed.setlist("s2e5-kind", ["advised"])
    answer = client.post(url, dict(typed.lists()))
    assert answer.status_code == 422
    assert "10x" in answer.content.decode()
    typed.setlist("s7-rate", ["12.5"])
    assert client.post(url, dict(typed.lists())).status_code == 303
    version = method_book(viewer=OPERATOR).current(own)
    assert [stage.name_zh for stage in version.stages] == [
        "酝酿", "接触", "比较", "承诺", "使用", "复购",
    ]  # fmt: skip
    assert [stage.after_win for stage in version.stages][-2:] == [False, True]
    letter = version.stages[0].evidence[-1]
    assert (letter.key, letter.advised) == ("letter", True)
    assert "12.5%" in client.get(f"/methods/{own}/").content.decode()


def test_every_fault_of_a_rewritten_method_is_told(cast: Cast) -> None:
    client, own = cast.client("ops"), copied(cast)
    url = f"/methods/{own}/edit/"
    for change, words in (
        ({"s1-name_zh": [""], "s1-name_en": [""]}, "Write the name in Chinese or English."),
        ({"s2-rate": ["101"]}, "Write a percentage from 0 to 100"),
        ({"s2-rate": [""]}, "This field is required."),
        ({"signing": ["6"], "winning": ["5"]}, "at the latest when the sale is won"),
        ({"winning": ["77"]}, "Choose the stage."),
        ({"row": []}, "Add one at least."),
        ({"s3-purpose_zh": ["长" * 1001]}, "at most 1000"),
        ({"seen": ["7"]}, "Somebody changed this method"),
        ({}, "Nothing was changed"),
    ):
        typed = form_of(client, url)
        for name, value in change.items():
            typed.setlist(name, value)
        answer = client.post(url, dict(typed.lists()))
        assert answer.status_code == 422, change
        assert words in answer.content.decode(), change
    assert MethodVersion.objects.filter(method_id=own).count() == 1


def test_an_older_version_is_the_start_of_a_new_one(cast: Cast) -> None:
    client, own = cast.client("ops"), copied(cast)
    url = f"/methods/{own}/edit/"
    typed = form_of(client, url)
    typed.setlist("row", ["1", "5", "6"])
    assert client.post(url, dict(typed.lists())).status_code == 303
    assert len(form_of(client, url).getlist("row")) == 3
    again = form_of(client, f"{url}?version=1")
    assert client.post(f"{url}?version=1", dict(again.lists())).status_code == 303
    versions = [v for v in method_book(viewer=OPERATOR).versions.values() if v.method_id == own]
    assert [v.number for v in versions] == [1, 2, 3]
    assert versions[0].stages == versions[2].stages


def test_only_those_who_may_rewrite_a_method_see_the_form(cast: Cast) -> None:
    own = copied(cast)
    url = f"/methods/{own}/edit/"
    admin = cast.client("admin")
    with CaptureQueriesContext(connection) as queries:
        assert admin.get(url).status_code == 200
    assert len([q for q in queries if "SAVEPOINT" not in q["sql"]]) <= 12
    for login in ("amy", "boss", "exec", "finance", "auditor", "support"):
        assert cast.client(login).get(url).status_code == 403, login
        assert cast.client(login).post(url, {"do": "add:0"}).status_code == 403, login
    # What is built in keeps its words, whoever asks.
    assert cast.client("ops").get(f"/methods/{method_id()}/edit/").status_code == 422
