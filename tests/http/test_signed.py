"""Who asks, in which language, on which day; what a refusal looks like; what a page may not do."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.urls import path
from django.utils import timezone

from dakehu.core.errors import Conflict, DakehuError, NotAllowed, NotFound, RuleBroken
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.http.signed import SqlInTemplateError, without_sql
from dakehu.models import Organisation, Person
from dakehu.urls import urlpatterns as product

REFUSALS: dict[str, DakehuError] = {
    "422": RuleBroken("ledger.nothing_changed"),
    "403": NotAllowed("login.demo_refused"),
    "404": NotFound("unit.unknown"),
    "409": Conflict("ledger.nothing_to_undo"),
}


@signed_in
def who(request: SignedRequest) -> HttpResponse:
    return HttpResponse(f"{request.viewer.login} {request.today} {request.LANGUAGE_CODE}")


@signed_in
def refused(request: SignedRequest, status: str) -> HttpResponse:
    raise REFUSALS[status]


@signed_in
def saved(request: SignedRequest) -> HttpResponse:
    toast(request, "Taken.")
    return go(request, "preferences", query="a=1")


urlpatterns = [
    *product,
    path("who/", who),
    path("refused/<str:status>/", refused),
    path("saved/", saved),
]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
Sign = Callable[[str], Client]


@pytest.fixture
def sign(people: dict[str, Person]) -> Sign:
    def as_person(login: str) -> Client:
        client = Client()
        client.force_login(people[login], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return as_person


def test_nobody_enters_without_log_in(people: dict[str, Person]) -> None:
    answer = Client().get("/who/")
    assert answer.status_code == 302
    assert answer["Location"] == "/login/?next=/who/"
    swap = Client().get("/who/", headers={"HX-Request": "true"})
    assert swap["HX-Redirect"].startswith("/login/")


def test_the_viewer_and_the_organisations_day_are_on_the_request(sign: Sign) -> None:
    Organisation.objects.update(time_zone="Pacific/Kiritimati")
    day = (timezone.now() + timedelta(hours=14)).date()
    assert sign("demo-sales").get("/who/").content.decode() == f"demo-sales {day} zh-hans"


def test_the_persons_language_goes_before_the_browsers(sign: Sign) -> None:
    Person.objects.filter(login="demo-sales").update(language="en")
    answer = sign("demo-sales").get("/who/", headers={"Accept-Language": "zh-CN"})
    assert answer["Content-Language"] == "en"


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [("en-GB,en;q=0.8", "en"), ("zh-TW", "zh-hans"), ("zh-CN", "zh-hans"), ("fr", "zh-hans")],
)
def test_strangers_are_answered_in_their_browsers_language(
    people: dict[str, Person], asked: str, spoken: str
) -> None:
    answer = Client().get("/login/", headers={"Accept-Language": asked})
    assert answer["Content-Language"] == spoken


@pytest.mark.parametrize("status", sorted(REFUSALS))
def test_a_refusal_is_a_page_in_the_frame(sign: Sign, status: str) -> None:
    answer = sign("demo-sales").get(f"/refused/{status}/")
    assert answer.status_code == int(status)
    text = answer.content.decode()
    assert REFUSALS[status].code in text
    assert 'class="side"' in text


@pytest.mark.parametrize("status", sorted(REFUSALS))
def test_a_refusal_of_a_swap_is_a_toast(sign: Sign, status: str) -> None:
    answer = sign("demo-sales").post(f"/refused/{status}/", headers={"HX-Request": "true"})
    assert answer.status_code == int(status)
    assert answer["HX-Retarget"] == "#toasts"
    assert answer.content.decode().strip().startswith('<div class="toast-line act"')


def test_an_unknown_address_stands_in_the_frame(sign: Sign) -> None:
    answer = sign("demo-sales").get("/no/such/page/")
    assert answer.status_code == 404
    assert 'href="/funnel/"' in answer.content.decode()


def test_after_a_post_the_browser_goes_on_and_says_what_was_done(sign: Sign) -> None:
    client = sign("demo-sales")
    answer = client.post("/saved/")
    assert (answer.status_code, answer["Location"]) == (303, "/settings/me/?a=1")
    assert "Taken." in client.get("/settings/me/").content.decode()
    swapped = client.post("/saved/", headers={"HX-Request": "true"})
    assert swapped["HX-Redirect"] == "/settings/me/?a=1"


def test_a_page_opens_in_the_dialog_or_alone(sign: Sign) -> None:
    client = sign("demo-sales")
    dialog = client.get(
        "/settings/me/", headers={"HX-Request": "true", "HX-Target": "dialog-content"}
    ).content.decode()
    assert 'id="dialog-title"' in dialog
    assert "<html" not in dialog
    part = client.get("/settings/me/", headers={"HX-Request": "true"}).content.decode()
    assert 'id="dialog-title"' not in part
    assert "<html" not in part


def test_places_are_those_that_the_role_reaches(sign: Sign) -> None:
    assert 'href="/funnel/"' in sign("demo-sales").get("/settings/me/").content.decode()
    assert 'href="/funnel/"' not in sign("demo-admin").get("/settings/me/").content.decode()


def test_nothing_inline_may_run(sign: Sign) -> None:
    policy = sign("demo-sales").get("/who/")["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy


def test_a_template_that_asks_the_database_is_an_error(people: dict[str, Person]) -> None:
    lazy = Template("{% for one in people %}{{ one.name }}{% endfor %}")
    with pytest.raises(SqlInTemplateError), without_sql():
        lazy.render(Context({"people": Person.objects.all()}))


def test_a_page_is_rendered_without_sql(people: dict[str, Person], rf: RequestFactory) -> None:
    request: HttpRequest = rf.get("/")
    request.user = people["demo-sales"]  # type: ignore[assignment]
    request.session = {}  # type: ignore[assignment]
    request._messages = []  # type: ignore[attr-defined]
    form = SimpleNamespace(non_field_errors=Person.objects.all)
    with pytest.raises(SqlInTemplateError):
        render_page(request, "parts/form_errors.html", {"form": form})


def test_the_frame_asks_the_database_five_times_at_most(
    sign: Sign, django_assert_max_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    client = sign("demo-sales")
    with django_assert_max_num_queries(7):  # the snapshot's savepoint takes two in a test
        client.get("/settings/me/")
