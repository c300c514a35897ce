"""Histories, taking back, deleting and the bin as pages; the group tree and its moves."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dakehu.actions.accounts import create_account, edit_account
from dakehu.actions.contacts import create_contact
from dakehu.models import Account, Contact, Note, Stakeholder
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def quay(world: World) -> int:
    """Give a branch below the harbour, wen's too."""
    return create_account(
        actor=world.viewer("wen"), values={"name": "Quay"}, manager_id=world.people["wen"],
        unit_id=None, parent_id=world.accounts["harbour"], today=world.today, at=world.at,
    )  # fmt: skip


def text(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return re.sub(r"\s+", " ", answer.content.decode())


def figure(page: str, address: str) -> str:
    found = re.search(rf'data-number="{address}"[^>]*>\s*<data class="amt" value="([^"]*)"', page)
    assert found, address
    return found[1]


def test_figures_are_of_the_account_or_of_its_group(world: World, quay: int) -> None:
    pk = world.accounts["harbour"]
    world.create("wen")
    world.create("wen", account_id=quay, amount=Decimal(500))
    world.create("wen", account_id=quay, amount=Decimal(70))
    client = world.client("wen")
    page = text(client.get(f"/accounts/{pk}/"))
    assert figure(page, "account.open") == "1770.00"
    assert "3 opportunities" in page
    alone = text(client.get(f"/accounts/{pk}/?scope=this"))
    assert figure(alone, "account.open") == "1200.00"
    assert figure(alone, "account.weighted") == "60.00"
    rows = text(client.get(f"/number/account.open/?account={pk}&scope=group"))
    assert "3 rows" in rows
    # Who sees the branch alone is not told of what stands above it.
    assert client.get(f"/accounts/{quay}/").status_code == 200
    assert world.client("lu").get(f"/accounts/{pk}/").status_code == 404


def test_a_page_of_a_large_group_stays_within_its_queries(world: World, quay: int) -> None:
    pk = world.accounts["harbour"]
    for number in range(12):
        made = create_contact(
            actor=world.viewer("wen"), account_id=pk, values={"name": f"陈{number}"},
            today=world.today, at=world.at,
        )  # fmt: skip
        deal = world.create("wen", account_id=pk if number % 2 else quay)
        Stakeholder.objects.create(
            opportunity_id=deal.opportunity_id, contact_id=made, roles=["sponsor"],
            attitude=2, added_at=world.at,
        )  # fmt: skip
    client = world.client("wen")
    for url, told in ((f"/accounts/{pk}/", "Sponsor"), (f"/contacts/{made}/", "supports us")):
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert told in text(client.get(url))
        asked = [q["sql"] for q in queries if "SAVEPOINT" not in q["sql"]]
        assert len(asked) <= 12, asked


def test_a_move_is_shown_before_it_is_made_and_taken_back_by_the_toast(
    world: World, quay: int
) -> None:
    world.create("wen", account_id=quay, amount=Decimal(500))
    client = world.client("wen")
    url = f"/accounts/{quay}/move/"
    shown = text(client.get(f"{url}?parent="))
    assert "will stand alone" in shown
    assert "500.00" in shown or "500" in shown
    form = {"seen": 1, "parent_id": ""}
    assert "will stand alone" in text(client.post(url, form))
    assert Account.objects.get(pk=quay).depth == 2
    moved = client.post(url, {**form, "sure": "0"}, follow=True)
    assert Account.objects.get(pk=quay).depth == 1
    undo = re.search(r'hx-post="(/history/account/[^"]+/undo/)"', moved.content.decode())
    assert undo
    back = client.post(undo[1], follow=True)
    assert "The change is taken back." in back.content.decode()
    assert Account.objects.get(pk=quay).depth == 2
    # Under itself it is told at once, and not moved.
    assert "stands below this account already" in text(
        client.get(f"/accounts/{world.accounts['harbour']}/move/?parent={quay}")
    )


def test_deleting_asks_says_what_hangs_on_it_and_is_undone(world: World, quay: int) -> None:
    client = world.client("wen")
    held = text(client.get(f"/accounts/{world.accounts['harbour']}/delete/"))
    assert "1 account hangs below it" in held
    assert "btn-danger" not in held
    url = f"/accounts/{quay}/delete/"
    assert "For 30 days" in text(client.get(url))
    gone = client.post(url, {"seen": 1}, follow=True)
    assert f'hx-post="/bin/account/{quay}/restore/"' in gone.content.decode()
    assert client.get(f"/accounts/{quay}/").status_code == 404
    binned = text(client.get("/bin/?kind=account"))
    assert "Quay" in binned
    assert "Quay" not in text(client.get("/bin/?kind=contact"))
    assert world.client("mei").post(f"/bin/account/{quay}/restore/").status_code == 303
    assert client.get(f"/accounts/{quay}/").status_code == 200
    assert client.post(f"/bin/account/{quay}/restore/").status_code == 404


def test_a_contact_is_erased_from_the_bin_after_asking(world: World) -> None:
    made = create_contact(
        actor=world.viewer("wen"), account_id=world.accounts["harbour"],
        values={"name": "陈工"}, today=world.today, at=world.at,
    )  # fmt: skip
    client = world.client("wen")
    assert client.get(f"/contacts/{made}/erase/").status_code == 404
    client.post(f"/contacts/{made}/delete/", {"seen": 1})
    assert "cannot be undone" in text(client.get(f"/contacts/{made}/erase/"))
    assert world.client("director").get(f"/contacts/{made}/erase/").status_code == 403
    client.post(f"/contacts/{made}/erase/")
    assert Contact.with_deleted.get().name == ""
    assert "陈工" not in text(client.get("/bin/"))


def test_a_history_says_who_when_from_to_and_by_which_way(world: World) -> None:
    pk = world.accounts["harbour"]

    def edit(login: str, region: str) -> None:
        version = Account.objects.get(pk=pk).version
        edit_account(
            actor=world.viewer(login), account_id=pk, seen_version=version,
            values={"region": region}, today=world.today, at=world.at,
        )  # fmt: skip

    edit("wen", "East")
    edit("ops", "West")
    page = text(world.client("wen").get(f"/history/account/{pk}/"))
    assert "<b>Region</b> <del>East</del> → West" in page
    assert "Ops · by form" in page
    assert "/undo/" not in page  # wen's own was changed since; the other is not wen's
    ops = text(world.client("ops").get(f"/history/account/{pk}/"))
    [undo] = re.findall(r'action="(/history/[^"]+/undo/)"', ops)
    edit("wen", "South")
    refused = world.client("ops").post(undo)
    told = re.sub(r"\s+", " ", refused.content.decode())
    assert refused.status_code == 409
    assert "<b>Region</b> South" in told
    assert "Wen" in told


def test_every_kind_of_record_has_a_history_for_who_may_see_it(world: World) -> None:
    deal = world.create("wen").opportunity_id
    urls = {
        f"/history/opportunity/{deal}/": {"wen", "director", "mei"},
        f"/history/account/{world.accounts['harbour']}/": {"wen", "director", "mei"},
        f"/history/product/{world.products['crane']}/": {"wen", "director", "mei", "lu", "admin"},
        f"/history/unit/{world.units['east']}/": {"admin"},
        f"/history/person/{world.people['wen']}/": {"admin"},
    }
    for login in ("wen", "director", "mei", "lu", "admin"):
        client = world.client(login)
        for url, seen in urls.items():
            status = client.get(url).status_code
            assert (status == 200) == (login in seen), (login, url, status)
    assert world.client("wen").get("/history/nothing/1/").status_code == 404


def test_the_page_of_a_record_leads_to_its_whole_history(world: World) -> None:
    deal = world.create("wen").opportunity_id
    crane, east, wen = world.products["crane"], world.units["east"], world.people["wen"]
    form = {"name_zh": "a", "currency_id": "CNY", "list_price": "1", "is_active": "on", "seen": 1}
    assert world.client("ops").post(f"/products/{crane}/", form).status_code == 303
    for login, page, history in (
        # Who may change nothing of a deal reads what others changed.
        ("director", f"/opportunities/{deal}/", f"/history/opportunity/{deal}/"),
        ("ops", f"/products/{crane}/", f"/history/product/{crane}/"),
        ("admin", f"/units/{east}/edit/", f"/history/unit/{east}/"),
        ("admin", f"/people/{wen}/", f"/history/person/{wen}/"),
    ):
        client = world.client(login)
        assert f'href="{history}"' in text(client.get(page)), page
        assert client.get(history).status_code == 200


def test_a_timeline_says_by_which_way_where_it_was_no_form(world: World) -> None:
    deal = world.create("wen").opportunity_id
    client = world.client("wen")
    cell = client.post(f"/cells/opportunities/{deal}/amount/", {"value": "70", "seen": 1})
    assert cell.status_code == 200
    card = {"to": "category-3", "seen": 2}
    client.post(f"/board/{deal}/move/?by=category", card, headers={"HX-Request": "true"})
    page = text(client.get(f"/timeline/opportunity/{deal}/"))
    assert re.findall(r"· Wen( \([^)]*\))?<", page) == [" (on the board)", " (in the list)", ""]
    history = text(client.get(f"/history/opportunity/{deal}/"))
    assert re.findall(r"Wen · ([a-z ]+) ·", history) == ["on the board", "in the list", "by form"]


def test_what_a_note_said_before_is_read_by_who_reads_the_note(world: World) -> None:
    deal = world.create("wen").opportunity_id
    wen = world.client("wen")
    wen.post(f"/notes/opportunity/{deal}/", {"text": "ten cranes"})
    note = Note.objects.get()
    wen.post(f"/notes/{note.pk}/edit/", {"text": "two cranes", "seen": 1})
    url = f"/notes/{note.pk}/history/"
    for login in ("wen", "mei", "director"):
        client = world.client(login)
        assert f'href="{url}"' in text(client.get(f"/timeline/opportunity/{deal}/"))
        assert "ten cranes → two cranes" in text(client.get(url))
    assert world.client("lu").get(url).status_code == 404
    # Deleted, it is its author's to bring back, and nobody's to read.
    wen.post(f"/notes/{note.pk}/delete/")
    assert {world.client(one).get(url).status_code for one in ("wen", "mei")} == {404}
    wen.post(f"/notes/{note.pk}/restore/")
    page = text(world.client("mei").get(url))
    assert re.findall(r"<b>(\w+)</b>", page) == ["Restored", "Deleted", "Text"]


def test_a_conflict_shows_both_values_of_contacts_and_products_too(world: World) -> None:
    made = create_contact(
        actor=world.viewer("wen"), account_id=world.accounts["harbour"],
        values={"name": "陈工"}, today=world.today, at=world.at,
    )  # fmt: skip
    client = world.client("wen")
    url = f"/contacts/{made}/edit/"
    assert client.post(url, {"name": "甲", "title": "One", "seen": 1}).status_code == 303
    clash = client.post(url, {"name": "乙", "title": "Two", "seen": 1})
    page = re.sub(r"\s+", " ", clash.content.decode())
    assert "<td>甲</td><td>乙</td>" in page
    assert "<td>One</td><td>Two</td>" in page
    assert "Wen saved this meanwhile" in page or "文静 saved this meanwhile" in page
    assert client.post(url, {"name": "乙", "title": "Two", "seen": 2}).status_code == 303
    ops = world.client("ops")
    form = {"name_zh": "a", "currency_id": "CNY", "list_price": "1", "is_active": "on", "seen": 1}
    url = f"/products/{world.products['crane']}/"
    assert ops.post(url, form).status_code == 303
    assert "<td>a</td><td>b</td>" in ops.post(url, {**form, "name_zh": "b"}).content.decode()
