"""The funnel page in the browser's terms: who may, what is refused, how much is asked."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dakehu.models import BooksClosing, Person
from tests.world import TODAY, World


def browser(world: World, login: str) -> Client:
    client = Client()
    client.force_login(
        Person.objects.get(login=login), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


@pytest.mark.parametrize(
    ("login", "status"),
    [("wen", 200), ("mei", 200), ("director", 200), ("fin", 200), ("auditor", 200), ("admin", 302)],
)
def test_who_opens_the_funnel(world: World, login: str, status: int) -> None:
    assert browser(world, login).get("/funnel/").status_code == status


def test_strangers_are_sent_to_the_log_in(world: World) -> None:
    answer = Client().get("/funnel/")
    assert answer.status_code == 302
    assert "/login/" in answer["Location"]


@pytest.mark.parametrize("login", ["wen", "mei", "director"])
@pytest.mark.parametrize("query", ["", "?on=2026-01-15", "?currency=EUR", "?period=2026"])
def test_the_page_asks_at_most_twelve_times(world: World, login: str, query: str) -> None:
    world.create("wen")
    world.create("bo", currency="EUR", amount=Decimal(10))
    client = browser(world, login)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(f"/funnel/{query}").status_code == 200
    plain = [q for q in asked if "SAVEPOINT" not in q["sql"]]
    assert len(plain) <= 12, [q["sql"][:90] for q in plain]


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("on=2199-01-01", 422, "future"),
        ("on=30.2.2026", 422, "30.2.2026"),
        ("on=yesterday", 422, "yesterday"),
        ("unit=987654", 404, "no such unit"),
        ("unit=east", 422, "not a number"),
        ("person=987654", 404, "no such person"),
        ("method=waterfall", 422, "waterfall"),
        ("period=2026Q7", 422, "2026Q7"),
        ("known_at=noon", 422, "not a moment"),
        ("known_at=0001-01-01", 422, "not a moment"),
        ("known_at=9999-12-31T23:59-14:00", 422, "not a moment"),
        (f"unit={'9' * 5000}", 422, "not a number"),
        (f"person={'9' * 5000}", 422, "not a number"),
        ("currency=XXX", 422, "XXX"),
    ],
)
def test_a_malformed_question_is_refused_with_words(
    world: World, query: str, status: int, words: str
) -> None:
    answer = browser(world, "director").get(f"/funnel/?{query}")
    assert answer.status_code == status
    assert words in answer.content.decode()


def test_out_of_sight_is_not_found(world: World) -> None:
    client = browser(world, "mei")
    assert client.get(f"/funnel/?unit={world.units['west_team']}").status_code == 404
    assert client.get(f"/funnel/?person={world.people['lu']}").status_code == 404
    assert client.get(f"/funnel/?person={world.people['bo']}").status_code == 200
    people = client.get("/funnel/people/").content.decode()
    assert "Wen" in people
    assert "Lu" not in people


def test_a_number_opens_its_formula_inputs_and_rows(world: World) -> None:
    world.create("wen", name="Quay crane")
    world.create("bo", name="Belt drive")
    page = browser(world, "mei").get("/number/funnel.count/?stage=interest").content.decode()
    assert "Quay crane" in page
    assert "Belt drive" in page
    mine = browser(world, "wen").get("/number/funnel.count/?stage=interest").content.decode()
    assert "Quay crane" in mine
    assert "Belt drive" not in mine
    assert browser(world, "wen").get("/number/funnel.bogus/").status_code == 404


def test_changes_after_the_closing_of_the_books_are_told(world: World) -> None:
    BooksClosing.objects.create(
        until_on=TODAY, recorded_at=world.at - timedelta(days=1), actor_id=world.people["fin"]
    )
    page = browser(world, "director").get("/funnel/").content.decode()
    assert "books closed until" in page
    assert "changed since closing" not in page


def test_the_export_is_what_is_seen(world: World) -> None:
    world.create("wen", amount=Decimal("1234.50"))
    answer = browser(world, "wen").get("/funnel/export.csv")
    body = answer.getvalue().decode("utf-8-sig")
    assert "1234.50" in body
    assert "CNY" in body.splitlines()[1]
    assert browser(world, "lu").get("/funnel/export.xlsx").status_code == 200


@pytest.mark.parametrize(
    "after", ["x", "9" * 5000, "WzEsMiwzXQ", "WzEsMiwzLCJ4Il0", "WzEsMiwiMyIsNF0"]
)
def test_a_cursor_that_is_none_is_refused_with_words(world: World, after: str) -> None:
    world.create("wen")
    answer = browser(world, "wen").get(f"/number/funnel.count/?after={after}")
    assert answer.status_code == 422
