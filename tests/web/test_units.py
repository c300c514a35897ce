"""The organisation and its people as pages."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dakehu.models import Appointment, Person, SalesUnit, UnitPlace
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def test_everybody_reads_the_tree_and_only_administrators_change_it(cast: Cast) -> None:
    east = cast.units["east"]
    page = cast.client("amy").get("/units/").content.decode()
    assert "Head-East" in page
    assert "/units/create/" not in page
    for url in ("/units/create/", f"/units/{east}/edit/", "/people/", "/people/create/"):
        assert cast.client("boss").get(url).status_code == 403, url
        assert cast.client("admin").get(url).status_code == 200, url


def test_the_tree_of_a_day(cast: Cast) -> None:
    client = cast.client("amy")
    assert "team-1" not in client.get("/units/?on=2020-01-01").content.decode().lower()
    assert client.get("/units/?on=32").status_code == 422
    assert client.get("/units/?unit=99").status_code == 404
    part = client.get(f"/units/?unit={cast.units['west']}").content.decode()
    assert "Team-3" in part
    assert "Team-1" not in part


def test_pages_stay_within_their_queries(cast: Cast) -> None:
    client = cast.client("admin")
    amy = cast.people["amy"]
    for url in ("/units/", f"/units/{cast.units['east']}/edit/", "/people/", f"/people/{amy}/"):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        assert len([q for q in queries if "SAVEPOINT" not in q["sql"]]) <= 12, url


def test_a_unit_is_made_moved_and_closed_by_form(cast: Cast) -> None:
    client = cast.client("admin")
    form = {"code": "n", "name_zh": "新", "kind": "team", "on": "2026-01-01",
            "parent_id": cast.units["east"]}  # fmt: skip
    assert client.post("/units/create/", form).status_code == 303
    made = SalesUnit.objects.get(code="n").pk
    move = {"on": "2026-02-01", "parent_id": cast.units["west"]}
    assert client.post(f"/units/{made}/place/", move).status_code == 303
    assert client.post(f"/units/{made}/place/", move).status_code == 422
    assert client.post(f"/units/{made}/close/", {"on": "2026-03-01"}).status_code == 303
    assert UnitPlace.objects.filter(unit_id=made).count() == 3
    assert client.post("/units/create/", {**form, "on": "x"}).status_code == 422


def test_a_person_is_made_appointed_moved_and_ended_by_form(cast: Cast) -> None:
    client = cast.client("admin")
    form = {"login": "neu", "name": "新人", "password": "12"}
    assert client.post("/people/create/", form).status_code == 422
    assert client.post("/people/create/", {**form, "password": ""}).status_code == 303
    person = Person.objects.get(login="neu")
    seat = {"role": "salesperson", "unit_id": cast.units["team-1"], "from_on": "2026-01-01"}
    url = f"/people/{person.pk}/"
    assert client.post(f"{url}appoint/", seat).status_code == 303
    held = Appointment.objects.get(person=person)
    at = f"/appointments/{held.pk}/"
    assert client.get(at).status_code == 200
    move = {"unit_id": cast.units["team-3"], "on": "2026-02-01"}
    assert client.post(at, move).status_code == 303
    now = Appointment.objects.get(person=person, until_on=None)
    assert now.unit_id == cast.units["team-3"]
    assert client.post(f"/appointments/{now.pk}/", {"until_on": "2026-01-01"}).status_code == 422
    assert client.post(f"/appointments/{now.pk}/", {"until_on": "2026-03-01"}).status_code == 303
    assert client.post(f"{url}password/", {"password": "long-enough-9x"}).status_code == 303
    named = {"name": "新人二", "seen": 1, "is_active": "on"}
    assert client.post(url, named).status_code == 303
    assert client.post(url, {**named, "name": "新人三"}).status_code == 422


def test_the_history_of_a_person_names_the_role_in_the_reader_s_language(cast: Cast) -> None:
    amy = cast.people["amy"]
    seat = {"role": "finance", "unit_id": cast.units["team-1"], "from_on": "2026-01-01"}
    assert cast.client("admin").post(f"/people/{amy}/appoint/", seat).status_code == 303
    for language, word in (("zh-hans", "财务 · "), ("en", "Finance · ")):
        client = cast.client("admin", language)
        for url in (f"/people/{amy}/", f"/history/person/{amy}/"):
            page = client.get(url).content.decode()
            assert word in page
            assert "finance · " not in page
