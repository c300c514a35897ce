"""Methods as pages: to be read by everybody, changed by those who may."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dakehu.actions.methods import install_built_in_methods
from dakehu.models import Method, WinRate
from tests.cast import AT, OPERATOR, START, TODAY, Cast, make_cast

pytestmark = pytest.mark.django_db
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
    assert client.get("/methods/999/", headers=PART).status_code == 404
