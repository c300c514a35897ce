"""Who a session belongs to: asked by a plain statement, refused as Django refuses."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import LazySettings
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dakehu.http import sessions
from dakehu.models import Person
from dakehu.queries.log_in import person_by_id

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def person(people: dict[str, Person]) -> Person:
    found = people["demo-sales"]
    Person.objects.filter(pk=found.pk).update(
        joined_at=datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC), last_login=datetime.now(UTC)
    )
    found.refresh_from_db()
    return found


@pytest.fixture
def client(person: Person) -> Client:
    signed = Client()
    signed.force_login(person, backend=BACKEND)
    return signed


def is_in(client: Client) -> bool:
    return client.get("/settings/me/").status_code == 200


def test_a_person_is_read_as_django_reads_them(person: Person) -> None:
    read = person_by_id(person.pk)
    assert read is not None
    for field in Person._meta.concrete_fields:
        assert getattr(read, field.attname) == getattr(person, field.attname), field.name
    assert read.joined_at == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert read.is_active is True
    assert person_by_id(person.pk + 10_000) is None


def test_a_request_asks_for_session_and_person_at_once_when_it_knows_whose_it_was(
    client: Client,
) -> None:
    assert is_in(client)
    sessions._whose.clear()
    first, second = (
        [sql for sql in statements(client) if "dakehu_person" in sql or "django_session" in sql]
        for _ in range(2)
    )
    # Both in one; at first it could not be known whose it is.
    assert len([sql for sql in first if "django_session" in sql]) == 1
    assert len(first) == 2
    assert len(second) == 1
    assert "django_session" in second[0]
    assert "dakehu_person" in second[0]


def statements(client: Client) -> list[str]:
    with CaptureQueriesContext(connection) as asked:
        assert is_in(client)
    return [query["sql"] for query in asked]


def test_a_session_is_of_whom_it_says_whoever_it_was_taken_for(
    client: Client, people: dict[str, Person], person: Person
) -> None:
    assert is_in(client)
    key = client.session.session_key
    assert key is not None
    for supposed in (people["demo-director"].pk, person.pk + 10_000):
        sessions._whose[key] = supposed
        page = client.get("/settings/me/")
        assert page.wsgi_request.user == person
        assert sessions._whose[key] == person.pk


def test_who_signs_in_after_somebody_else_in_the_same_browser_is_known(
    client: Client, people: dict[str, Person]
) -> None:
    assert is_in(client)
    for login in ("demo-director", "demo-sales"):
        client.force_login(people[login], backend=BACKEND)
        for _ in range(2):
            assert client.get("/settings/me/").wsgi_request.user == people[login]


def test_so_many_sessions_are_remembered_and_no_more(
    client: Client, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "SUPPOSED", 3)
    for _ in range(5):
        client.force_login(person, backend=BACKEND)
        assert is_in(client)
        client.cookies.clear()
    assert len(sessions._whose) <= 3


def _changed_password(person: Person) -> None:
    person.set_password("another-place-2026")
    person.save()


def _deactivated(person: Person) -> None:
    Person.objects.filter(pk=person.pk).update(is_active=False)


def _expired(_person: Person) -> None:
    Session.objects.update(expire_date=datetime.now(UTC) - timedelta(seconds=1))


def _signed_out_elsewhere(_person: Person) -> None:
    Session.objects.all().delete()


def _meddled_with(_person: Person) -> None:
    row = Session.objects.get()
    row.session_data = row.session_data[:-2] + "xx"
    row.save()


@pytest.mark.parametrize(
    "done",
    [_changed_password, _deactivated, _expired, _signed_out_elsewhere, _meddled_with],
)
def test_a_session_that_is_over_opens_nothing(
    client: Client, person: Person, done: Callable[[Person], None]
) -> None:
    assert is_in(client)
    done(person)
    answer = client.get("/settings/me/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/")


def test_a_session_of_a_backend_that_is_gone_opens_nothing(
    client: Client, settings: LazySettings
) -> None:
    settings.AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
    assert not is_in(client)


class Refusing(ModelBackend):
    """A backend that knows more than Django's: who was revoked elsewhere."""

    def get_user(self, user_id: int) -> None:
        return None


def test_a_backend_that_reads_people_otherwise_is_asked_itself(
    person: Person, settings: LazySettings
) -> None:
    path = f"{__name__}.Refusing"
    settings.AUTHENTICATION_BACKENDS = [path, BACKEND]
    client = Client()
    client.force_login(person, backend=path)
    assert not is_in(client)
    client.force_login(person, backend=BACKEND)
    assert is_in(client)


def test_a_session_signed_with_the_key_before_stays_open(
    client: Client, person: Person, settings: LazySettings
) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key for this installation, which is long enough"
    assert is_in(client)
    # And is worth as much as a new one from now on.
    read = person_by_id(person.pk)
    assert read is not None
    assert client.session[HASH_SESSION_KEY] == read.get_session_auth_hash()
