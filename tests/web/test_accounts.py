"""Accounts and contacts as pages, forms and files."""

from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dakehu.actions.accounts import create_account, move_account
from dakehu.actions.contacts import create_contact, edit_contact
from dakehu.core.errors import Conflict, NotAllowed, NotFound
from dakehu.models import Account, Contact, Grant
from dakehu.queries.contacts import ContactFilter, contact, contacts
from dakehu.queries.paging import Cut
from tests.cast import AT, TODAY, Cast, make_cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def make(cast: Cast, name: str = "华东机械", login: str = "amy") -> int:
    return create_account(
        actor=cast.viewer(login), values={"name": name}, manager_id=cast.people[login],
        unit_id=None, today=TODAY, at=AT,
    )  # fmt: skip


def person(cast: Cast, account_id: int, login: str = "amy") -> int:
    return create_contact(
        actor=cast.viewer(login), account_id=account_id,
        values={"name": "陈工", "phone": "13800000000"}, today=TODAY, at=AT,
    )  # fmt: skip


def test_every_page_stays_within_its_queries(cast: Cast) -> None:
    top, branch = make(cast), make(cast, "华东机械二厂")
    move_account(actor=cast.viewer("amy"), account_id=branch, seen_version=1, parent_id=top, at=AT)
    made = person(cast, top)
    client = cast.client("ops")
    for url in (
        "/accounts/", f"/accounts/{top}/", f"/accounts/{branch}/", f"/accounts/{top}/assign/",
        f"/accounts/{top}/move/?parent=", f"/accounts/{branch}/delete/", "/contacts/",
        f"/contacts/{made}/", f"/contacts/{made}/delete/", f"/history/account/{top}/",
        f"/history/contact/{made}/", "/bin/",
    ):  # fmt: skip
        # The first page of a process also reads what the process keeps.
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        asked = [q for q in queries if "SAVEPOINT" not in q["sql"]]
        assert len(asked) <= 12, (url, len(asked), [q["sql"] for q in asked])


def test_out_of_sight_is_not_found_and_not_allowed_is_refused(cast: Cast) -> None:
    made = make(cast)
    assert cast.client("bob").get(f"/accounts/{made}/").status_code == 404
    assert cast.client("exec").get(f"/accounts/{made}/").status_code == 200
    assert cast.client("exec").get(f"/accounts/{made}/edit/").status_code == 403
    assert cast.client("exec").get("/accounts/create/").status_code == 403


def test_an_account_is_created_by_form(cast: Cast) -> None:
    form = {"name": "新客户", "aliases": "NK\n新", "manager_id": cast.people["amy"]}
    answer = cast.client("amy").post("/accounts/create/", form)
    row = Account.objects.get()
    assert answer.headers["Location"] == f"/accounts/{row.pk}/"
    assert list(row.names.values_list("name", flat=True)) == ["NK", "新"]


def test_a_name_taken_is_shown_and_what_was_typed_is_kept(cast: Cast) -> None:
    make(cast, login="cat")
    form = {"name": "华东机械", "region": "华东", "manager_id": cast.people["amy"]}
    client = cast.client("amy")
    answer = client.post("/accounts/create/", form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "华***械" in page
    assert 'value="华东"' in page
    assert client.post("/accounts/create/", {**form, "same_name_is_fine": "on"}).status_code == 303


def test_a_character_that_no_database_keeps_is_refused_at_its_field(cast: Cast) -> None:
    """PostgreSQL would fail on it: neither the form's name nor a filter may ask with one."""
    client = cast.client("amy")
    form = {"name": "New\x00Co", "manager_id": cast.people["amy"]}
    answer = client.post("/accounts/create/", form)
    assert answer.status_code == 422
    assert "name" in answer.context["form"].errors
    assert client.get("/accounts/?industry=a%00b&q=c%00d").status_code == 200
    assert not Account.objects.exists()


def test_a_conflict_shows_both_values_and_the_second_save_wins(cast: Cast) -> None:
    made = make(cast)
    client = cast.client("amy")
    url = f"/accounts/{made}/edit/"
    client.post(url, {"name": "甲", "seen": 1})
    answer = client.post(url, {"name": "乙", "seen": 1})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "甲" in page
    assert 'value="乙"' in page
    assert 'name="seen" value="2"' in page
    client.post(url, {"name": "乙", "seen": 2})
    assert Account.objects.get().name == "乙"


def test_the_export_is_what_one_sees(cast: Cast) -> None:
    make(cast, "=1+1")
    make(cast, "西部矿业", "cat")
    text = cast.client("amy").get("/accounts/export.csv").getvalue().decode()
    assert "'=1+1" in text
    assert "西部矿业" not in text
    assert "西部矿业" in cast.client("exec").get("/accounts/export.csv").getvalue().decode()
    assert cast.client("amy").get("/accounts/export.xlsx").getvalue()[:2] == b"PK"


@pytest.mark.parametrize("query", ["after=rubbish", "before=W10", "after=WyJhIiwiYiJd"])
def test_a_cursor_that_is_none_is_refused_in_words(cast: Cast, query: str) -> None:
    assert cast.client("amy").get(f"/accounts/?{query}").status_code == 422


def test_a_phone_is_read_by_role_or_by_the_accounts_manager(cast: Cast) -> None:
    made = person(cast, make(cast))
    for login in ("amy", "head-east", "ops"):
        assert contact(viewer=cast.viewer(login), contact_id=made).contact.phone == "13800000000"
    for login in ("exec", "finance", "auditor"):
        row = contact(viewer=cast.viewer(login), contact_id=made).contact
        assert (row.phone, row.phone_hidden) == ("", True)
        assert (
            "13800000000" not in cast.client(login).get("/contacts/export.csv").getvalue().decode()
        )
        assert "13800000000" not in cast.client(login).get(f"/contacts/{made}/").content.decode()


@pytest.mark.parametrize(
    ("phone", "dialled"),
    [
        ("+86 (21) 5555-0101", "tel:+862155550101"),
        ("（0571）8888-0102", "tel:057188880102"),
        ("138 0000 0000", "tel:13800000000"),
    ],
)
def test_a_phone_is_dialled_by_a_press_by_those_who_may_read_it(
    cast: Cast, phone: str, dialled: str
) -> None:
    held = make(cast)
    made = create_contact(
        actor=cast.viewer("amy"), account_id=held, values={"name": "陈工", "phone": phone},
        today=TODAY, at=AT,
    )  # fmt: skip
    pages = (f"/contacts/{made}/", f"/accounts/{held}/", "/contacts/?columns=name,phone")
    shown = f'<a href="{dialled}">{phone}</a>'
    for url in pages:
        for login in ("amy", "ops"):
            body = cast.client(login).get(url).content.decode()
            assert body.count(shown) == 1, (url, login)
        for login in ("exec", "finance", "auditor"):
            body = cast.client(login).get(url).content.decode()
            assert "phone not shown to your role" in body, (url, login)
            assert "tel:" not in body, (url, login)
            assert phone not in body, (url, login)


def test_a_phone_without_a_number_is_words(cast: Cast) -> None:
    held = make(cast)
    made = create_contact(
        actor=cast.viewer("amy"), account_id=held, values={"name": "陈工", "phone": "总机转"},
        today=TODAY, at=AT,
    )  # fmt: skip
    for url in (f"/contacts/{made}/", f"/accounts/{held}/"):
        body = cast.client("amy").get(url).content.decode()
        assert "总机转" in body
        assert "tel:" not in body


def test_the_accounts_own_phone_is_dialled_and_its_address_is_a_map(cast: Cast) -> None:
    address = "上海市 张江路 88 号 & 3#"
    held = create_account(
        actor=cast.viewer("amy"),
        values={"name": "华东机械", "phone": "+86 21 5555 0100", "address": address},
        manager_id=cast.people["amy"], unit_id=None, today=TODAY, at=AT,
    )  # fmt: skip
    maps = {
        "en": "https://www.openstreetmap.org/search?query=",
        "zh-hans": "https://uri.amap.com/search?keyword=",
    }
    for language, by in maps.items():
        body = cast.client("amy", language).get(f"/accounts/{held}/").content.decode()
        assert '<a href="tel:+862155550100">+86 21 5555 0100</a>' in body
        # What is asked for is the whole address, and nobody is told where from.
        link = f'<a href="{by}{quote(address, safe="")}" rel="noreferrer noopener" target="_blank">'
        assert link in body, language
    plain = make(cast, "华东机械二厂")
    body = cast.client("amy").get(f"/accounts/{plain}/").content.decode()
    assert not any(by in body for by in (*maps.values(), "tel:"))


def test_contacts_are_seen_with_their_account(cast: Cast) -> None:
    made = person(cast, make(cast))
    with pytest.raises(NotFound):
        contact(viewer=cast.viewer("bob"), contact_id=made)
    assert contacts(viewer=cast.viewer("bob"), where=ContactFilter(), cut=Cut()).rows == ()
    assert contacts(viewer=cast.viewer("amy"), where=ContactFilter(text="陈"), cut=Cut()).rows
    with pytest.raises(NotAllowed):
        person(cast, Account.objects.get().pk, "exec")


def test_a_contact_changed_meanwhile_is_a_conflict(cast: Cast) -> None:
    made = person(cast, make(cast))
    edit = {"contact_id": made, "seen_version": 1, "at": AT}
    edit_contact(actor=cast.viewer("amy"), values={"title": "主任"}, **edit)
    with pytest.raises(Conflict):
        edit_contact(actor=cast.viewer("amy"), values={"title": "处长"}, **edit)
    assert Contact.objects.get().title == "主任"


def test_whoever_can_not_read_a_phone_can_not_overwrite_it(cast: Cast) -> None:
    held = make(cast)
    made = person(cast, held)
    Grant.objects.create(
        person_id=cast.people["support"], account_id=held, right="work",
        because="account_team", granted_at=AT,
    )  # fmt: skip
    with pytest.raises(NotAllowed):
        edit_contact(
            actor=cast.viewer("support"), contact_id=made, seen_version=1,
            values={"phone": "1"}, at=AT,
        )  # fmt: skip


@pytest.mark.parametrize("place", ["accounts", "contacts", "products", "opportunities"])
def test_a_search_for_what_no_database_holds_finds_nothing(cast: Cast, place: str) -> None:
    assert cast.client("ops").get(f"/{place}/?q=a%00b").status_code == 200


def test_more_people_than_fit_are_a_list_away(cast: Cast) -> None:
    row = Account.objects.get(pk=make(cast))
    client, url = cast.client("amy"), f"/accounts/{row.pk}/"
    more = f"/contacts/?where=account+only+{row.pk}"
    assert more not in client.get(url).content.decode()
    Contact.objects.bulk_create(
        Contact(account=row, name=f"P{n:03}", sort_key=f"p{n:03}", created_on=TODAY)
        for n in range(101)
    )
    page = client.get(url).content.decode()
    assert more in page
    assert "P100" not in page
    assert "P000" in client.get(more).content.decode()
