"""Language, theme and unit of amounts are one's own, and stay."""

import re
from datetime import UTC, datetime

import pytest
from django.test import Client

from dakehu.actions.people import set_preferences
from dakehu.core.access import Viewer
from dakehu.core.errors import RuleBroken
from dakehu.models import Change, Currency, Organisation, Person

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 4, tzinfo=UTC)


@pytest.fixture
def person() -> Person:
    currency, _ = Currency.objects.get_or_create(
        code="CNY", defaults={"digits": 2, "name_zh": "人民币", "name_en": "Renminbi"}
    )
    Organisation.objects.create(id=1, name_zh="试验公司", base_currency=currency)
    return Person.objects.create_user("wang", "look-around-2026", name="王敏")


@pytest.fixture
def client(person: Person) -> Client:
    signed = Client()
    signed.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return signed


def test_they_are_saved_and_the_page_follows(client: Client, person: Person) -> None:
    answer = client.post(
        "/settings/me/", {"language": "en", "theme": "dark", "amount_unit": "yi"}, follow=True
    )
    text = answer.content.decode()
    assert re.search(r'<html lang="en"\s+data-theme="dark"\s+data-bs-theme="dark">', text)
    assert "Your preferences are saved." in text
    person.refresh_from_db()
    assert (person.language, person.theme, person.amount_unit) == ("en", "dark", "yi")
    assert set(Change.objects.values_list("field", "old", "new")) == {
        ("language", "zh-hans", "en"),
        ("theme", "auto", "dark"),
        ("amount_unit", "auto", "yi"),
    }


def test_what_is_not_on_offer_is_refused_beside_the_field(client: Client, person: Person) -> None:
    answer = client.post("/settings/me/", {"language": "xx", "theme": "dark", "amount_unit": "yi"})
    assert answer.status_code == 422
    assert 'id="id_language_error"' in answer.content.decode()
    person.refresh_from_db()
    assert person.theme == "auto"


def test_the_menu_changes_language_and_theme_where_one_stands(
    client: Client, person: Person
) -> None:
    answer = client.post("/settings/me/language/", {"language": "en", "next": "/settings/me/?a=1"})
    assert answer["Location"] == "/settings/me/?a=1"
    client.post("/settings/me/theme/", {"theme": "light"})
    person.refresh_from_db()
    assert (person.language, person.theme) == ("en", "light")


def test_nobody_is_led_away(client: Client) -> None:
    answer = client.post(
        "/settings/me/language/", {"language": "en", "next": "//elsewhere.example/"}
    )
    assert answer["Location"] == "/"


def test_strangers_choose_for_their_browser(person: Person) -> None:
    stranger = Client()
    stranger.post("/settings/me/language/", {"language": "en", "next": "/login/"})
    stranger.post("/settings/me/theme/", {"theme": "dark", "next": "/login/"})
    answer = stranger.get("/login/", headers={"Accept-Language": "zh-CN"})
    assert answer["Content-Language"] == "en"
    assert 'data-bs-theme="dark"' in answer.content.decode()
    person.refresh_from_db()
    assert (person.language, person.theme) == ("zh-hans", "auto")


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"language": "tlh"}, "person.unknown_language"),
        ({"theme": "pink"}, "person.unknown_theme"),
        ({"amount_unit": "dozen"}, "person.unknown_amount_unit"),
    ],
)
def test_the_action_refuses_the_unknown(person: Person, wanted: dict[str, str], code: str) -> None:
    actor = Viewer(person.pk, "wang", "en")
    with pytest.raises(RuleBroken) as refused:
        set_preferences(actor=actor, at=AT, **wanted)
    assert refused.value.code == code
    assert not Change.objects.exists()


def test_saving_the_same_leaves_no_trace(person: Person) -> None:
    set_preferences(actor=Viewer(person.pk, "wang", "en"), theme="auto", at=AT)
    assert not Change.objects.exists()
