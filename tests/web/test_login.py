"""One-click log-ins exist for the demo on its own machine, and nowhere else."""

import pytest
from django.conf import LazySettings
from django.test import Client

from dakehu.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def salesperson() -> Person:
    return Person.objects.create_user("demo-sales", "look-around-2026", name="王敏")


def chosen(client: Client, login: str = "demo-sales", **headers: str) -> int:
    return client.post("/login/demo/", {"login": login}, headers=headers).status_code


def test_the_demo_opens_with_one_click(salesperson: Person, settings: LazySettings) -> None:
    settings.DEMO = True
    client = Client(REMOTE_ADDR="127.0.0.1")
    assert "王敏" in client.get("/login/").content.decode()
    assert chosen(client) == 303
    assert client.session["_auth_user_id"] == str(salesperson.pk)


def test_without_the_demo_nobody_enters_so(salesperson: Person, settings: LazySettings) -> None:
    settings.DEMO = False
    client = Client(REMOTE_ADDR="127.0.0.1")
    assert "/login/demo/" not in client.get("/login/").content.decode()
    assert chosen(client) == 403
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("address", ["192.168.1.20", "10.0.0.1", "::ffff:8.8.8.8", ""])
def test_from_another_machine_nobody_enters_so(
    salesperson: Person, settings: LazySettings, address: str
) -> None:
    settings.DEMO = True
    client = Client(REMOTE_ADDR=address)
    assert "/login/demo/" not in client.get("/login/").content.decode()
    assert chosen(client) == 403


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_through_a_proxy_nobody_enters_so(
    salesperson: Person, settings: LazySettings, header: str
) -> None:
    settings.DEMO = True
    assert chosen(Client(REMOTE_ADDR="127.0.0.1"), **{header: "127.0.0.1"}) == 403


def test_only_the_demos_own_people(settings: LazySettings) -> None:
    settings.DEMO = True
    Person.objects.create_user("boss", "look-around-2026", name="老板")
    Person.objects.create_user("demo-head", "look-around-2026", name="林", is_active=False)
    client = Client(REMOTE_ADDR="127.0.0.1")
    assert [chosen(client, login) for login in ("boss", "demo-head", "")] == [403, 403, 403]


def test_nobody_signs_up(settings: LazySettings) -> None:
    answer = Client().post(
        "/login/signup/",
        {"username": "me", "password1": "look-around-2026", "password2": "look-around-2026"},
    )
    assert answer.status_code in {200, 403, 404}
    assert not Person.objects.exists()


def test_a_password_opens_too(salesperson: Person) -> None:
    client = Client()
    answer = client.post("/login/", {"login": "demo-sales", "password": "look-around-2026"})
    assert answer.status_code == 302
    assert client.session["_auth_user_id"] == str(salesperson.pk)
    wrong = Client().post("/login/", {"login": "demo-sales", "password": "wrong-password"})
    assert wrong.status_code == 200
    assert 'class="notice act"' in wrong.content.decode()
