"""Working on a deal at its page: what is changed in place, what comes after, in few queries."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dakehu.actions.contacts import create_contact
from dakehu.actions.notes import write_note
from dakehu.actions.opportunities import EditOpportunity, edit_opportunity
from dakehu.actions.stakeholders import Part, add_stakeholder
from dakehu.actions.teams import add_member
from dakehu.models import (
    Activity,
    ActivityContact,
    ActivityPerson,
    Attachment,
    Competitor,
    Grant,
    Mark,
    Mention,
    Note,
    Opportunity,
    Stakeholder,
    TeamMember,
)
from dakehu.queries.paging import cursor_of
from tests.world import World

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)
MOST_QUERIES = 12


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Path) -> None:
    settings.FILES = str(tmp_path)


@contextmanager
def few_queries() -> Iterator[None]:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        yield
    said = [q["sql"] for q in asked if not re.match(r"SAVEPOINT|RELEASE|BEGIN|ROLLBACK", q["sql"])]
    assert len(said) <= MOST_QUERIES, "\n".join(said)


def full_deal(world: World) -> int:
    """Give a deal on which everything hangs that can."""
    deal = world.create(
        next_step="call", next_step_on=world.today - timedelta(days=2), competitors=("Zeta",),
    ).opportunity_id  # fmt: skip
    how: dict[str, Any] = {"today": world.today, "at": world.at}
    wen = world.viewer("wen")
    edit_opportunity(
        actor=wen, opportunity_id=deal, edit=EditOpportunity(source="web"), seen_version=None,
        **world.how(),
    )  # fmt: skip
    add_member(
        actor=wen, opportunity_id=deal, person_id=world.people["lu"], role="presales",
        right="read", **how,
    )  # fmt: skip
    chen = create_contact(
        actor=wen, account_id=world.accounts["harbour"], values={"name": "陈建国"}, **how
    )
    add_stakeholder(
        actor=wen, opportunity_id=deal, contact_id=chen, part=Part(("technical",), 3, 2), **how
    )
    for text in ("@mei look: https://example.com/x", "plain <b>text</b>"):
        write_note(actor=wen, kind="opportunity", record_id=deal, text=text, **how)
    called = Activity.objects.create(
        kind=1, state=2, subject="Called about the belt", owner_id=world.people["wen"],
        unit_id=world.units["east_team"], opportunity_id=deal, account_id=world.accounts["harbour"],
        on=world.today, created_at=world.at, updated_at=world.at, result="wants a visit",
    )  # fmt: skip
    ActivityContact.objects.create(activity=called, contact_id=chen)
    ActivityPerson.objects.create(activity=called, person_id=world.people["bo"])
    file = SimpleUploadedFile("报价.pdf", b"%PDF-1.7 ")
    world.client("wen").post(f"/files/opportunity/{deal}/", {"files": [file]})
    return deal


def test_the_page_and_each_of_its_parts_ask_few_questions(world: World) -> None:
    deal = full_deal(world)
    for login in ("wen", "mei", "director", "lu"):
        client = world.client(login)
        for url in (
            f"/opportunities/{deal}/", f"/timeline/opportunity/{deal}/",
            f"/opportunities/{deal}/team/", f"/opportunities/{deal}/stakeholders/",
            f"/opportunities/{deal}/similar/", f"/files/opportunity/{deal}/",
            f"/opportunities/{deal}/next-step/",
        ):  # fmt: skip
            client.get(url)
            with few_queries():
                answer = client.get(url)
            assert answer.status_code == 200, url
    wen, url = world.client("wen"), f"/timeline/account/{world.accounts['harbour']}/"
    wen.get(url)
    with few_queries():
        assert wen.get(url).status_code == 200


def test_the_timeline_tells_everything_in_words_and_escapes_it(world: World) -> None:
    deal = full_deal(world)
    text = world.client("wen").get(f"/timeline/opportunity/{deal}/").content.decode()
    for said in (
        "Created", "Source: — → Web", "Lu (Pre-sales, may read)", "陈建国 (Technical gatekeeper",
        "Called about the belt", "wants a visit", "报价.pdf", "plain &lt;b&gt;text&lt;/b&gt;",
        '<b class="mention">@mei</b>', 'href="https://example.com/x"',
    ):  # fmt: skip
        assert said in text, said
    chinese = world.client("wen", "zh-hans").get(f"/timeline/opportunity/{deal}/")
    assert "陆海（售前" in chinese.content.decode() or "陆海 (售前" in chinese.content.decode()
    # Of the contact whom a member may not see, neither map nor timeline says the name.
    for url in (f"/timeline/opportunity/{deal}/", f"/opportunities/{deal}/stakeholders/"):
        other = world.client("lu").get(url).content.decode()
        assert "陈建国" not in other
    assert "1 person whom you may not see" in other


@pytest.mark.parametrize(
    ("tab", "there", "gone"),
    [
        ("changes", "Source:", "Called about"), ("activities", "Called about", "Source:"),
        ("notes", "plain", "Called about"), ("files", "报价.pdf", "plain"),
    ],
)  # fmt: skip
def test_tabs_narrow_it(world: World, tab: str, there: str, gone: str) -> None:
    deal = full_deal(world)
    shown = world.client("wen").get(f"/timeline/opportunity/{deal}/?tab={tab}").content.decode()
    listed = shown.split('id="timeline-list"')[1]
    assert there in listed
    assert gone not in listed


def test_pages_of_the_timeline_join_without_gap_or_repetition(world: World) -> None:
    deal = full_deal(world)
    for number in range(70):
        write_note(
            actor=world.viewer("wen"), kind="opportunity", record_id=deal, text=f"note-{number:03}",
            today=world.today, at=world.at + timedelta(minutes=number // 3),
        )  # fmt: skip
    client = world.client("wen")
    url = f"/timeline/opportunity/{deal}/"
    found: list[str] = []
    for _page in range(10):
        text = client.get(url).content.decode()
        found += re.findall(r"note-\d{3}", text)
        more = re.search(r'href="([^"]+after=[^"]+)"', text)
        if not more:
            break
        url = more[1].replace("&amp;", "&")
    assert found == [f"note-{number:03}" for number in reversed(range(70))]
    assert client.get(f"{url.split('?')[0]}?after=nonsense").status_code == 422
    before_all_calendars = cursor_of(["0001-01-01T00:00:00+14:00", 1, 1])
    page = client.get(url.split("?")[0], {"after": before_all_calendars})
    assert page.status_code == 422


def test_what_changed_since_the_last_look_is_others_doing(world: World) -> None:
    deal = full_deal(world)
    look = timezone.now() + timedelta(hours=1)
    Mark.objects.create(
        person_id=world.people["mei"], object_type="opportunity", object_id=deal, seen_at=look
    )
    mei, url = world.client("mei"), f"/timeline/opportunity/{deal}/"
    assert "Nothing new since" in mei.get(url).content.decode()
    for login in ("wen", "mei"):
        write_note(
            actor=world.viewer(login), kind="opportunity", record_id=deal, text=f"by {login}",
            today=world.today, at=look + timedelta(hours=1),
        )  # fmt: skip
    page = mei.get(f"/opportunities/{deal}/").content.decode()
    since = re.search(r'hx-get="([^"]*since=[^"]*)"', page)
    assert since
    # The page's own mark has moved by then: the part goes by what the page said.
    Mark.objects.update(seen_at=look + timedelta(hours=2))
    text = mei.get(since[1]).content.decode()
    assert "1 change." in text
    assert text.count("badge-state watch") == 1


# -- in place ---------------------------------------------------------------------------


def step(client: Client, deal: int, **said: str) -> Any:
    return client.post(f"/opportunities/{deal}/next-step/", said, headers=HTMX)


def test_what_the_page_takes_back_is_the_step_that_was_just_saved(world: World) -> None:
    deal = world.create(next_step="call").opportunity_id
    wen = world.client("wen")
    address = f"/opportunities/{deal}/next-step/"
    said = {"verb": "edit", "next_step": "write", "seen_step": "call", "seen_on": ""}
    here = {**HTMX, "HX-Current-URL": f"http://testserver/opportunities/{deal}/"}
    answer = wen.post(address, said, headers=here).content.decode()
    form = answer[answer.index('id="take-back"') :]
    assert 'hx-swap-oob="true"' in form[: form.index(">")]
    names = dict(re.findall(r'name="(save|seen)" value="([^"]+)"', form))
    assert wen.post(f"/opportunities/{deal}/undo/", names).status_code == 303
    assert world.row(deal).next_step == "call"
    elsewhere = {**HTMX, "HX-Current-URL": "http://testserver/today/"}
    assert "take-back" not in wen.post(address, said, headers=elsewhere).content.decode()


def test_the_next_step_is_done_put_off_and_taken_back_in_place(world: World) -> None:
    deal = world.create(next_step="call").opportunity_id
    wen = world.client("wen")
    answer = step(
        wen, deal, verb="done", result="he wants a visit", next_step="visit",
        next_step_on="2026-07-07", seen_step="call", seen_on="",
    )  # fmt: skip
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "visit" in text
    assert f"/opportunities/{deal}/undo/" in text
    step(wen, deal, verb="move", by="7", seen_step="visit", seen_on="2026-07-07")
    assert world.row(deal).next_step_on is not None
    assert world.row(deal).next_step == "visit"
    told = wen.get(f"/timeline/opportunity/{deal}/").content.decode()
    assert "call — he wants a visit" in told
    # Without scripts the same form leads back to the page.
    plain = wen.post(
        f"/opportunities/{deal}/next-step/",
        {"verb": "edit", "next_step": "write", "seen_step": "visit",
         "seen_on": str(world.row(deal).next_step_on)},
    )  # fmt: skip
    assert plain.status_code == 303
    assert world.row(deal).next_step == "write"


def test_the_step_is_left_as_it_is_by_cancel_and_the_focus_has_a_place(world: World) -> None:
    deal = world.create(next_step="call").opportunity_id
    wen = world.client("wen")
    page = wen.get(f"/opportunities/{deal}/").content.decode()
    card = page[page.index('id="next-step"') :].partition("</section>")[0]
    assert len(re.findall(rf'hx-get="/opportunities/{deal}/next-step/"[^>]*>Cancel<', card)) == 3
    assert "autofocus" not in card
    back = wen.get(f"/opportunities/{deal}/next-step/", headers=HTMX).content.decode()
    saved = step(wen, deal, verb="edit", next_step="visit", seen_step="call", seen_on="")
    for shown in (back, saved.content.decode()):
        assert re.search(r"<summary[^>]*autofocus>", shown)
        assert "<details open" not in shown
    assert "record:changed" in saved["HX-Trigger"]
    # A note is written and another one can follow: the button keeps the focus by its name.
    told = wen.post(f"/notes/opportunity/{deal}/", {"text": "said yes"}, headers=HTMX)
    assert 'id="note-send"' in told.content.decode()


def test_the_second_of_two_sees_both_steps_and_loses_nothing(world: World) -> None:
    deal = world.create(next_step="call").opportunity_id
    wen = world.client("wen")
    step(wen, deal, verb="edit", next_step="theirs", seen_step="call", seen_on="")
    late = step(wen, deal, verb="edit", next_step="mine", seen_step="call", seen_on="")
    text = late.content.decode()
    assert late.status_code == 422
    assert "Now saved" in text
    assert "<td>theirs</td>" in text
    assert 'value="mine"' in text
    assert world.row(deal).next_step == "theirs"
    again = re.search(r'name="seen_step"\s+value="([^"]*)"', text.split('value="edit"')[1])
    assert again
    step(wen, deal, verb="edit", next_step="mine", seen_step=again[1], seen_on="")
    assert world.row(deal).next_step == "mine"


def test_competitors_team_and_map_by_their_forms(world: World) -> None:
    deal = world.create().opportunity_id
    one, wen = f"/opportunities/{deal}", world.client("wen")
    wen.post(f"{one}/competitors/", {"name": "Zeta", "note": "cheap"}, headers=HTMX)
    zeta = Competitor.objects.get()
    wen.post(f"{one}/competitors/{zeta.pk}/", {"note": "cheap, slow", "seen": "cheap"})
    assert "cheap, slow" in wen.get(f"{one}/").content.decode()
    late = wen.post(f"{one}/competitors/{zeta.pk}/", {"note": "fast", "seen": "cheap"})
    assert "cheap, slow" in late.content.decode()
    # A colleague by pinyin; of two with one name the form asks for the log-in.
    assert (
        "陆海"
        in world.client("wen", "zh-hans").get(f"{one}/team/people/?person=lh").content.decode()
    )
    wen = world.client("wen")
    assert wen.post(f"{one}/team/add/", {"person": "luhai", "right": "work"}).status_code == 303
    member = TeamMember.objects.get()
    assert member.person_id == world.people["lu"]
    assert wen.post(f"{one}/team/add/", {"person": "nobody", "right": "work"}).status_code == 422
    lu = world.client("lu")
    assert lu.get(f"{one}/team/").status_code == 200
    assert lu.post(f"{one}/team/{member.pk}/", {"role": "", "right": "read"}).status_code == 403
    leaving = lu.get(f"{one}/team/{member.pk}/remove/").content.decode()
    assert "You see this opportunity no longer" in leaving
    assert lu.post(f"{one}/team/{member.pk}/remove/").status_code == 303
    # Who has left is offered no way back that they may not go.
    assert "toast-undo" not in lu.get("/opportunities/").content.decode()
    assert lu.get(f"{one}/").status_code == 404
    said = {"name": "刘芳", "title": "科长", "roles": ["purchaser", "user"], "attitude": "-1"}
    assert wen.post(f"{one}/stakeholders/add/", said).status_code == 303
    shown = wen.get(f"{one}/stakeholders/").content.decode()
    assert "刘芳" in shown
    assert "No key player supports us" in shown
    assert wen.post(f"{one}/stakeholders/add/", {"roles": ["user"]}).status_code == 422
    part = f"{one}/stakeholders/{Stakeholder.objects.get().pk}/"
    assert wen.post(part, {"roles": ["user"], "attitude": "2", "seen": "1"}).status_code == 303
    clash = wen.post(part, {"roles": ["sponsor"], "attitude": "", "seen": "1"}).content.decode()
    assert "<td>Supports us</td><td>not known</td>" in clash
    assert "<td>User</td><td>Sponsor</td>" in clash


def test_taking_somebody_off_a_deal_asks_and_is_undone_by_the_toast_or_from_the_bin(
    world: World,
) -> None:
    deal = full_deal(world)
    one = f"/opportunities/{deal}"
    part, member = Stakeholder.objects.get(), TeamMember.objects.get()
    Stakeholder.objects.update(note="wants the longer belt")
    Activity.objects.create(
        kind=1, state=1, subject="To call", owner_id=world.people["lu"], on=world.today,
        unit_id=world.units["west_team"], opportunity_id=deal, created_at=world.at,
        updated_at=world.at,
    )  # fmt: skip
    for beside, asking, told, chinese in (
        (f"{one}/stakeholders/{part.pk}/", "stakeholder",
         ("wants the longer belt", "Nobody is known then for: Technical gatekeeper",
          "No key player supports us"), "30 天内您可以从回收站原样恢复"),
        (f"{one}/team/{member.pk}/", "member", ("Lu sees this opportunity no longer",
         "1 activity planned on it"), "将看不到这个商机"),
    ):  # fmt: skip
        assert chinese in world.client("wen", "zh-hans").get(f"{beside}remove/").content.decode()
        wen = world.client("wen")
        assert f'href="{beside}remove/"' in wen.get(beside).content.decode()
        with few_queries():
            asked = wen.get(f"{beside}remove/").content.decode()
        for words in told:
            assert words in asked, words
        assert world.client("director").post(f"{beside}remove/").status_code == 403
        assert wen.post(f"{beside}remove/", headers=HTMX)["HX-Redirect"] == f"{one}/"
        undo = re.search(
            rf'hx-post="(/bin/{asking}/\d+/restore/)"', wen.get(f"{one}/").content.decode()
        )
        assert undo
        with few_queries():
            everything = wen.get("/bin/").content.decode()
        assert undo[1] in everything
        assert undo[1] in wen.get(f"/bin/?kind={asking}").content.decode()
        # It is on record of who did it; a colleague's bin does not tell.
        assert undo[1] not in world.client("mei").get("/bin/").content.decode()
        assert wen.post(undo[1], headers=HTMX)["HX-Redirect"] == f"{one}/"
        assert undo[1] not in wen.get("/bin/").content.decode()
        assert wen.post(undo[1]).status_code == 422
    assert Stakeholder.objects.get().note == "wants the longer belt"
    assert TeamMember.objects.get().person_id == world.people["lu"]


def test_a_note_in_place_with_the_offer_to_let_somebody_in(world: World) -> None:
    deal = world.create().opportunity_id
    url, wen = f"/notes/opportunity/{deal}/", world.client("wen")
    asked = wen.post(url, {"text": "@lu help"}, headers=HTMX)
    assert asked.status_code == 422
    assert "add_to_team" in asked.content.decode()
    assert "@lu help" in asked.content.decode()
    # Nothing else is mended by it.
    assert "add_to_team" not in wen.post(url, {"text": ""}, headers=HTMX).content.decode()
    answer = wen.post(url, {"text": "@lu help", "add_to_team": "on"}, headers=HTMX)
    assert answer.status_code == 200
    note = Note.objects.get()
    lu = world.client("lu")
    assert "Dealt with" in lu.get(f"/timeline/opportunity/{deal}/").content.decode()
    lu.post(f"/notes/{note.pk}/done/", headers=HTMX)
    assert Mention.objects.get().done_at is not None
    people = wen.get(f"{url}people/?q=me").content.decode()
    assert "Mei" in people
    assert "cannot see" not in people
    assert "cannot see" in wen.get(f"{url}people/?q=bo").content.decode()
    # Who may only read lets nobody in.
    TeamMember.objects.all().delete()
    Grant.objects.all().delete()
    world.grant("bo", deal, "read")
    bo = world.client("bo").post(url, {"text": "@lu help"}, headers=HTMX).content.decode()
    assert "@lu help" in bo
    assert "add_to_team" not in bo


def test_files_are_saved_never_shown_and_programs_refused(world: World) -> None:
    deal = world.create().opportunity_id
    url, wen = f"/files/opportunity/{deal}/", world.client("wen")
    for name in ("a.svg", "b.html", "c.exe"):
        answer = wen.post(url, {"files": [SimpleUploadedFile(name, b"x")]}, headers=HTMX)
        assert answer.status_code == 422
    files = [SimpleUploadedFile(f"{n}.png", PNG) for n in "ab"]
    assert wen.post(url, {"files": files}, headers=HTMX).status_code == 200
    one = Attachment.objects.order_by("id")[0]
    got = wen.get(f"/files/{one.pk}/")
    assert got["Content-Disposition"].startswith("attachment")
    assert got["X-Content-Type-Options"] == "nosniff"
    assert got.getvalue() == PNG  # type: ignore[attr-defined]
    assert world.client("lu").get(f"/files/{one.pk}/").status_code == 404


def record_of(world: World, kind: str) -> int:
    """Give a record of wen's of a kind that notes and files hang on."""
    if kind == "opportunity":
        return world.create().opportunity_id
    if kind == "account":
        return world.accounts["harbour"]
    return create_contact(
        actor=world.viewer("wen"), account_id=world.accounts["harbour"],
        values={"name": "陈建国"}, today=world.today, at=world.at,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["opportunity", "account", "contact"])
def test_notes_and_files_are_deleted_after_asking_and_undone_by_the_toast(
    world: World, kind: str
) -> None:
    record = record_of(world, kind)
    note = write_note(
        actor=world.viewer("wen"), kind=kind, record_id=record, text="look, @mei",
        today=world.today, at=world.at,
    )  # fmt: skip
    wen, home = world.client("wen"), f"/{_PAGES[kind]}/{record}/"
    wen.post(f"/files/{kind}/{record}/", {"files": [SimpleUploadedFile("a.png", PNG)]})
    file = Attachment.objects.get().pk
    for one, beside, told in (
        (f"/notes/{note}/", f"/timeline/{kind}/{record}/", "1 colleague whom it mentions"),
        (f"/files/{file}/", f"/files/{kind}/{record}/", "a.png"),
    ):  # fmt: skip
        # A link to a page that asks: by keyboard, in a dialog, and without scripts.
        chinese = world.client("wen", "zh-hans")
        assert f'action="{one}delete/"' not in chinese.get(beside).content.decode()
        assert "30 天内您可以从回收站恢复" in chinese.get(f"{one}delete/").content.decode()
        wen = world.client("wen")
        assert f'href="{one}delete/"' in wen.get(beside).content.decode()
        asked = wen.get(f"{one}delete/").content.decode()
        assert told in asked
        assert "For 30 days you can bring it back from the bin" in asked
        assert one in wen.get(beside).content.decode()
        gone = wen.post(f"{one}delete/", headers=HTMX)
        assert gone["HX-Redirect"] == home
        assert f'hx-post="{one}restore/"' in wen.get(home).content.decode()
        assert f"{one}delete/" not in wen.get(beside).content.decode()
        assert f"{one}restore/" in wen.get("/bin/").content.decode()
        for again in (wen.get, wen.post):
            assert again(f"{one}delete/").status_code == 404
        assert wen.post(f"{one}restore/", headers=HTMX)["HX-Redirect"] == home
        assert f"{one}delete/" in wen.get(beside).content.decode()
        # Whose it is not is not asked.
        assert world.client("director").get(f"{one}delete/").status_code == 403


_PAGES = {"opportunity": "opportunities", "account": "accounts", "contact": "contacts"}


def test_similar_won_deals_are_those_in_sight_and_alike(world: World) -> None:
    mine = world.create(name="Mine").opportunity_id
    won = world.create(name="Won alike").opportunity_id
    far = world.create("lu", name="Won elsewhere").opportunity_id
    small = world.create(name="Won but tiny", amount=Decimal(1)).opportunity_id
    Opportunity.objects.filter(pk__in=(won, far, small)).update(
        place=2, decided_on=world.today, category=4
    )
    text = world.client("wen").get(f"/opportunities/{mine}/similar/").content.decode()
    assert "Won alike" in text
    assert "same size" in text
    assert "Won elsewhere" not in text
    assert "Won but tiny" not in text
    assert "Won elsewhere" in (
        world.client("director").get(f"/opportunities/{mine}/similar/").content.decode()
    )
