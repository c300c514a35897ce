"""Opportunities as pages: list, form, dialogs; what was typed is never lost (DESIGN: Pages)."""

import csv
import json
import re
from datetime import date
from decimal import Decimal
from html import unescape
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from dakehu.actions.notes import write_note
from dakehu.actions.opportunities import Saved
from dakehu.actions.teams import add_member
from dakehu.core.ledger import Kind, Place
from dakehu.core.opportunities import Line
from dakehu.models import (
    Evidence,
    Movement,
    MoveRequest,
    Opportunity,
    Person,
    ProductLine,
    StoredFile,
)
from tests.world import World

PART = {"HX-Request": "true"}


def client(world: World, login: str, language: str = "en") -> Client:
    person = Person.objects.get(pk=world.people[login])
    person.language = language
    person.save()
    made = Client()
    made.force_login(person)
    return made


def typed(world: World, **changed: str) -> dict[str, Any]:
    return {
        "name": "Crane", "account": "Harbour Group", "currency": "CNY", "category": "1",
        "stage": f"{world.methods['industrial-6']}:interest", "amount": "1,200",
    } | changed  # fmt: skip


def page(world: World, login: str, url: str, status: int = 200) -> str:
    answer = client(world, login).get(url)
    assert answer.status_code == status
    return str(answer.content.decode())


def page_in_chinese(world: World, url: str) -> str:
    return str(client(world, "wen", "zh-hans").get(url).content.decode())


def test_from_the_form_to_the_list_to_the_next_stage(world: World) -> None:
    wen = client(world, "wen")
    assert wen.get("/opportunities/create/").status_code == 200
    answer = wen.post("/opportunities/create/", typed(world))
    row = Opportunity.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/opportunities/{row.pk}/")
    assert "Crane" in page(world, "wen", "/opportunities/")
    assert "Oral or written purchase request" in page(world, "wen", answer["Location"])
    answer = wen.post(
        f"/opportunities/{row.pk}/advance/", {"stage": "nurture", "seen": row.version}
    )
    assert answer.status_code == 303
    row.refresh_from_db()
    assert row.stage.key == "nurture"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_and_dialog_opens_in_both_languages(world: World, language: str) -> None:
    made = world.create(close_on=date(2026, 7, 1), competitors=("Zeta",))
    one = f"/opportunities/{made.opportunity_id}"
    wen = client(world, "wen", language)
    for url in (
        "/opportunities/", "/opportunities/filter/", "/opportunities/create/", f"{one}/",
        f"{one}/edit/", f"{one}/evidence/", f"{one}/advance/", f"{one}/win/", f"{one}/lose/",
        f"{one}/abandon/", f"{one}/void/", f"{one}/move_method/",
        f"{one}/evidence/{world.row(made).stage_id}/purchase_request/", "/small-sales/",
        "/small-sales/record/",
    ):  # fmt: skip
        for headers in ({}, PART, PART | {"HX-Target": "dialog-content"}):
            answer = wen.get(url, headers=headers)
            assert answer.status_code == 200, url
            assert "This is refused" not in answer.content.decode()


# --- who sees and who may ---------------------------------------------------------------------


def test_what_one_may_not_see_is_not_found_anywhere(world: World) -> None:
    made = world.create()
    one = f"/opportunities/{made.opportunity_id}"
    for url in (f"{one}/", f"{one}/edit/", f"{one}/advance/", f"{one}/evidence/"):
        for login in ("lu", "admin"):
            page(world, login, url, 404)
    assert "Stacker, 2 sets" not in page(world, "lu", "/opportunities/?state=all&q=Stacker")


def test_buttons_stand_only_for_what_one_may(world: World) -> None:
    made = world.create()
    one = f"/opportunities/{made.opportunity_id}/"
    wen, mei, boss = (page(world, login, one) for login in ("wen", "mei", "director"))
    assert f"{one}edit/" in wen
    assert f"{one}reassign/" not in wen
    assert f"{one}reassign/" in mei
    assert f"{one}edit/" not in mei
    for verb in ("edit", "advance", "win", "lose", "void", "reassign"):
        assert f"{one}{verb}/" not in boss
        page(world, "director", f"{one}{verb}/", 403)


def test_the_account_shows_its_name_and_no_way_in_to_those_granted_the_deal(
    world: World,
) -> None:
    made = world.create()
    world.grant("lu", made, "read")
    shown = page(world, "lu", f"/opportunities/{made.opportunity_id}/")
    assert "Harbour Group" in shown
    assert f"/accounts/{world.accounts['harbour']}/" not in shown


def test_names_of_accounts_are_offered_only_to_those_who_see_them(world: World) -> None:
    assert "Mill" in page(world, "lu", "/opportunities/accounts/?account=mi")
    assert "Mill" not in page(world, "wen", "/opportunities/accounts/?account=mi")


# --- forms keep what was typed ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"amount": "1,23"}, "1,23"),
        ({"amount": "-5"}, "-5"),
        ({"amount": "99999999999999"}, "99999999999999"),
        ({"amount": "1.234"}, "1.234"),
        ({"close_on": "31/12/2026"}, "31/12/2026"),
        ({"close_on": "2026-02-30"}, "2026-02-30"),
        ({"on": "2999-01-01"}, "2999-01-01"),
        ({"account": "Mill Company"}, "No account that you see is called so."),
        ({"name": ""}, "Harbour Group"),
        ({"stage": "999:interest"}, "999"),
        ({"own_rate": "101"}, "101"),
        ({"category": "4"}, "Harbour Group"),
    ],
)
def test_bad_input_is_answered_at_the_form_which_keeps_it(
    world: World, changed: dict[str, str], words: str
) -> None:
    answer = client(world, "wen").post("/opportunities/create/", typed(world, **changed))
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert words in shown
    assert "Harbour Group" in shown or "account" in changed
    assert "This is refused" not in shown
    assert not Opportunity.objects.exists()


def test_lines_typed_badly_are_named_and_kept(world: World) -> None:
    data = typed(world) | {
        "line_product": [str(world.products["crane"]), str(world.products["belt"])],
        "line_quantity": ["2", "lots"], "line_price": ["3.5", "1"], "line_month": ["", ""],
    }  # fmt: skip
    wen = client(world, "wen")
    answer = wen.post("/opportunities/create/", data)
    assert answer.status_code == 422
    assert "Product line 2" in answer.content.decode()
    assert 'value="lots"' in answer.content.decode()
    more = wen.post("/opportunities/create/", data | {"more_lines": "1"})
    assert more.status_code == 200
    assert more.content.decode().count('name="line_price"') == 7
    data |= {"line_quantity": ["2", "3"], "amount_follows_lines": "on"}
    assert wen.post("/opportunities/create/", data).status_code == 303
    assert ProductLine.objects.count() == 2
    assert Opportunity.objects.get().amount_minor == 1000


def test_saving_over_somebody_shows_both_values_then_overwrites_knowingly(world: World) -> None:
    made = world.create()
    url = f"/opportunities/{made.opportunity_id}/edit/"
    wen = client(world, "wen")
    data = typed(world) | {"seen": "1"}
    assert wen.post(url, data | {"name": "Theirs"}).status_code == 303
    answer = wen.post(url, data | {"name": "Yours"})
    shown = answer.content.decode()
    assert answer.status_code == 409
    assert "Theirs" in shown
    assert 'value="Yours"' in shown
    assert 'name="seen" value="2"' in shown
    assert world.row(made).name == "Theirs"
    assert wen.post(url, data | {"name": "Yours", "seen": "2"}).status_code == 303
    assert world.row(made).name == "Yours"


def test_a_form_sent_unchanged_changes_nothing(world: World) -> None:
    made = world.create(
        own_rate_bp=5000, close_on=date(2026, 7, 1), competitors=("Zeta",),
        lines=(Line(world.products["belt"], Decimal("1.5"), Decimal("12.345678")),),
    )  # fmt: skip
    before = Opportunity.objects.values().get()
    url = f"/opportunities/{made.opportunity_id}/edit/"
    wen = client(world, "wen")
    data = typed(world) | {
        "name": "Stacker, 2 sets", "own_rate": "50", "close_on": "2026-07-01",
        "competitors": "Zeta", "line_product": str(world.products["belt"]),
        "line_quantity": "1.5", "line_price": "12.345678", "line_month": "", "seen": "1",
    }  # fmt: skip
    shown = wen.get(url).content.decode()
    assert 'value="50"' in shown
    assert 'value="12.345678"' in shown
    assert wen.post(url, data).status_code == 303
    assert Opportunity.objects.values().get() == before


def test_the_gate_refuses_in_the_dialog_and_says_what_is_missing(world: World) -> None:
    world.gate("industrial-6", "require")
    made = world.create()
    answer = client(world, "wen").post(
        f"/opportunities/{made.opportunity_id}/advance/", {"stage": "nurture", "seen": "1"},
        headers=PART | {"HX-Target": "dialog-content"},
    )  # fmt: skip
    assert answer.status_code == 422
    assert "Oral or written purchase request" in answer.content.decode()
    overruled = client(world, "mei").post(
        f"/opportunities/{made.opportunity_id}/advance/",
        {"stage": "nurture", "seen": "1", "overrule": "the board has decided"},
    )
    assert overruled.status_code == 303


@pytest.mark.parametrize("verb", ["advance", "win", "move_method"])
def test_a_superior_who_may_only_overrule_is_asked_for_the_reason(world: World, verb: str) -> None:
    made = world.create()
    mei, url = client(world, "mei"), f"/opportunities/{made.opportunity_id}/{verb}/"
    form = mei.get(url).content.decode()
    field = re.search(r'<label for="id_overrule">(.*?)</label>', form, re.DOTALL)
    assert field
    assert field[1].strip() == "Why you do it for the owner"
    assert "This opportunity is Wen’s to move." in form
    stage = re.findall(r'<option value="([^"]+)"', form)[0]
    sent = {"stage": stage, "reason": "price", "seen": "1", "overrule": " "}
    answer = mei.post(url, sent)
    assert answer.status_code == 422
    assert "Give a reason: without one you may not move what is Wen’s." in answer.content.decode()
    assert world.row(made).version == 1
    # The owner is asked for none; who is no superior is refused as before.
    assert "id_overrule" not in client(world, "wen").get(url).content.decode()
    assert client(world, "director").post(url, sent).status_code == 403


def test_what_is_missing_is_told_for_each_stage_that_may_be_chosen(world: World) -> None:
    world.gate("industrial-6", "require")
    made = world.create()
    wen, url = client(world, "wen"), f"/opportunities/{made.opportunity_id}/advance/"

    def told(text: str) -> dict[str, tuple[bool, int]]:
        # Above the form; the buttons in it go with the stage too.
        parts = text.partition('class="form"')[0].split('data-with="id_stage"')[1:]
        return {
            re.findall(r'data-value="(\w+)"', part)[0]: (
                " hidden" in part.partition(">")[0], part.partition("</ul>")[0].count("<li>")
            )
            for part in parts
        }  # fmt: skip

    first = told(wen.get(url).content.decode())
    assert first["nurture"] == (False, 1)
    assert first["design"][0]
    assert 1 < first["design"][1] < first["commit"][1]
    refused = told(wen.post(url, {"stage": "design", "seen": "1"}).content.decode())
    assert [stage for stage, (hidden, _n) in refused.items() if not hidden] == ["design"]


def test_where_no_stage_is_left_to_go_to_that_is_said(world: World) -> None:
    made = world.create()
    wen, one = client(world, "wen"), f"/opportunities/{made.opportunity_id}/"
    answer = wen.get(f"{one}regress/")
    assert answer.status_code == 422
    assert "stands at the first stage already" in answer.content.decode()
    wen.post(f"{one}advance/", {"stage": "use", "seen": "1"})
    assert world.row(made).stage.key == "use"
    for answer in (wen.get(f"{one}advance/"), wen.post(f"{one}advance/", {"seen": "2"})):
        assert answer.status_code == 422
        assert "Close it as won, lost or abandoned." in answer.content.decode()
    assert world.row(made).version == 2


def test_a_move_is_taken_back_by_the_toast_that_tells_of_it(world: World) -> None:
    made = world.create()
    wen, one = client(world, "wen"), f"/opportunities/{made.opportunity_id}/"
    wen.post(f"{one}advance/", {"stage": "nurture", "seen": "1"})
    page = wen.get(one).content.decode()
    toast = page[page.index("Still missing") :].partition("</div>")[0]
    button = re.search(r'hx-post="([^"]+)" hx-vals="([^"]+)"', toast)
    assert button
    sent = json.loads(unescape(button[2]))
    answer = wen.post(button[1], sent, headers=PART)
    assert answer["HX-Redirect"] == one
    assert world.row(made).stage.key == "interest"
    # By a superior, too, who overruled.
    mei = client(world, "mei")
    mei.post(f"{one}advance/", {"stage": "nurture", "seen": "3", "overrule": "told so"})
    assert "toast-undo" in mei.get(one).content.decode()


def test_voiding_says_what_hangs_on_it_and_is_undone_by_the_toast(world: World) -> None:
    line = Line(world.products["belt"], Decimal(1), Decimal(9))
    made = world.create(competitors=("Zeta", "Eta"), lines=(line,))
    pk = made.opportunity_id
    how: dict[str, Any] = {"actor": world.viewer("wen"), "today": world.today, "at": world.at}
    write_note(kind="opportunity", record_id=pk, text="first", **how)
    add_member(opportunity_id=pk, person_id=world.people["bo"], role="", right="work", **how)
    one = f"/opportunities/{pk}/"
    wen = client(world, "wen")
    wen.get(f"{one}void/")
    with CaptureQueriesContext(connection) as queries:
        asked = re.sub(r"\s+", " ", wen.get(f"{one}void/").content.decode())
    assert len(queries) <= 12
    for word, number in (
        ("Notes", 1), ("Competitors", 2), ("Products", 1), ("Colleagues on the team", 1),
        ("Activities", 0),
    ):  # fmt: skip
        assert f"<dt>{word}</dt><dd>{number}</dd>" in asked, word
    assert "for 30 days from the bin" in asked
    assert "30 天内可从回收站恢复" in page_in_chinese(world, f"{one}void/")
    # What a grant lets somebody void, they can bring back from the bin.
    bo = client(world, "bo")
    told = bo.post(f"{one}void/", {"seen": "1", "why": "twice"}, follow=True).content.decode()
    assert world.row(pk).voided
    undo = f"/bin/opportunity/{pk}/restore/"
    assert f'hx-post="{undo}"' in told
    # Whose deal it is finds it in the bin too, whoever voided it.
    for them in (bo, wen):
        assert undo in them.get("/bin/?kind=opportunity").content.decode()
    assert undo not in client(world, "lu").get("/bin/?kind=opportunity").content.decode()
    # Later than that it is found in the list, and restored from its own page.
    assert 'href="/opportunities/?state=voided"' in bo.get("/bin/").content.decode()
    assert one in bo.get("/opportunities/?state=voided").content.decode()
    assert f"{one}restore/" in bo.get(one).content.decode()
    assert client(world, "mei").post(undo).status_code == 403
    assert bo.post(undo, headers=PART)["HX-Redirect"] == one
    assert not world.row(pk).voided


def test_voiding_says_that_a_move_that_waits_is_withdrawn_and_that_a_win_stays(
    world: World,
) -> None:
    made = world.create()
    one = f"/opportunities/{made.opportunity_id}/"
    assert "waits for a superior" not in page(world, "wen", f"{one}void/")
    MoveRequest.objects.create(
        opportunity_id=made.opportunity_id, verb="advance", asked_by_id=world.people["wen"],
        asked_at=world.at, asked_on=world.today, to_stage_id=world.row(made).stage_id,
    )  # fmt: skip
    assert "waits for a superior" in page(world, "wen", f"{one}void/")
    client(world, "wen").post(f"{one}win/", {"reason": "price", "seen": "1"})
    assert world.row(made).place == Place.WON
    assert f"{one}void/" not in page(world, "wen", one)
    assert "is not voided" in page(world, "wen", f"{one}void/", 422)


def test_taking_back_the_last_save(world: World) -> None:
    made = world.create()
    one = f"/opportunities/{made.opportunity_id}"
    wen = client(world, "wen")
    wen.post(f"{one}/lose/", {"reason": "price", "competitor": "Zeta", "seen": "1"})
    assert world.row(made).place == Place.LOST
    lost = Movement.objects.get(kind=Kind.LOST)
    assert str(lost.correlation_id) in wen.get(f"{one}/").content.decode()
    wen.post(f"{one}/undo/", {"save": str(lost.correlation_id), "seen": "2"})
    assert world.row(made).place == Place.OPEN
    shown = wen.get(f"/timeline/opportunity/{made.opportunity_id}/").content.decode()
    assert "<del>" in shown
    assert wen.post(f"{one}/undo/", {"save": "nonsense"}).status_code == 404


# --- evidence and files -----------------------------------------------------------------------


@pytest.fixture
def files(settings: Any, tmp_path: Any) -> None:
    settings.FILES = tmp_path


def attach(world: World, made: Saved, login: str, name: str, content: bytes) -> Any:
    url = f"/opportunities/{made.opportunity_id}/evidence/{world.row(made).stage_id}"
    file = SimpleUploadedFile(name, content, "text/html")
    return client(world, login).post(f"{url}/purchase_request/", {"file": file})


@pytest.mark.usefixtures("files")
def test_a_file_is_kept_by_its_content_and_only_ever_saved(world: World) -> None:
    made = world.create()
    script = b"<script>1</script>"
    assert attach(world, made, "wen", "../offer.pdf", script).status_code == 422
    assert attach(world, made, "wen", "../offer.txt", script).status_code == 303
    tick = Evidence.objects.get()
    assert tick.file is not None
    assert tick.file.name == "offer.txt"
    url = f"/opportunities/{made.opportunity_id}/evidence/file/{tick.pk}/"
    for login, status in (("wen", 200), ("mei", 200), ("lu", 404), ("admin", 404)):
        answer = client(world, login).get(url)
        assert answer.status_code == status
        if status == 200:
            assert b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    answer = client(world, "wen").get(url)
    assert b"".join(answer.streaming_content) == b"<script>1</script>"  # type: ignore[attr-defined]
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"
    other = world.create()
    wrong = f"/opportunities/{other.opportunity_id}/evidence/file/{tick.pk}/"
    assert client(world, "wen").get(wrong).status_code == 404


@pytest.mark.usefixtures("files")
def test_programs_and_giants_are_refused_and_leave_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    made = world.create()
    for name in ("run.EXE", "page.html", "evil.js .", "x.lnk"):
        assert attach(world, made, "wen", name, b"x").status_code == 422
    monkeypatch.setattr("dakehu.actions.evidence.MOST_BYTES", 10)
    assert attach(world, made, "wen", "big.pdf", b"x" * 11).status_code == 422
    assert not StoredFile.objects.exists()
    assert not list(tmp_path.rglob("*.part"))


def test_a_tick_needs_a_proof_and_links_lead_to_the_web(world: World) -> None:
    made = world.create()
    stage = world.row(made).stage_id
    url = f"/opportunities/{made.opportunity_id}/evidence/{stage}/purchase_request/"
    wen = client(world, "wen")
    assert wen.post(url, {}).status_code == 422
    assert wen.post(url, {"link": "javascript:alert(1)"}).status_code == 422
    assert wen.post(url, {"link": "https://example.test/a"}).status_code == 303
    assert client(world, "mei").post(url, {"note": "x"}).status_code == 403
    assert wen.post(url, {"untick": "1"}).status_code == 303
    assert not Evidence.objects.exists()


# --- export -----------------------------------------------------------------------------------


def test_the_export_is_the_filtered_list_and_runs_nothing(world: World) -> None:
    world.create(name="=HYPERLINK(1)", amount=Decimal("1234.50"))
    world.create(name="Plain", amount=Decimal(7))
    world.create("lu", name="Hidden")
    wen = client(world, "wen")
    answer = wen.get("/opportunities/export.csv?sort=name")
    text = answer.getvalue().decode("utf-8-sig")
    head, *rows = csv.reader(StringIO(text))
    assert [row[1] for row in rows] == ["'=HYPERLINK(1)", "Plain"]
    assert [row[7] for row in rows] == ["1234.50", "7.00"]
    assert "Amount (with VAT)" in head
    assert "CNY" in head[9]
    assert any("As of" in cell for cell in head)
    narrowed = wen.get("/opportunities/export.csv?q=plain")
    assert b"HYPERLINK" not in narrowed.getvalue()
    book = CalamineWorkbook.from_filelike(BytesIO(wen.get("/opportunities/export.xlsx").getvalue()))
    cells = book.get_sheet_by_index(0).to_python()
    assert {row[1] for row in cells[1:]} == {"=HYPERLINK(1)", "Plain"}
    assert {row[7] for row in cells[1:]} == {1234.5, 7.0}
    assert wen.get("/opportunities/export.pdf").status_code == 404


# --- the list ---------------------------------------------------------------------------------


def test_the_list_pages_on_and_keeps_its_filters(world: World) -> None:
    for number in range(53):
        world.create(name=f"Deal {number:02}")
    wen = client(world, "wen")
    first = wen.get("/opportunities/?sort=name&q=Deal").content.decode()
    assert first.count('scope="row"') == 50
    link = first.split('rel="next"')[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    assert "q=Deal" in link
    second = wen.get(f"/opportunities/{link}").content.decode()
    assert "Deal 52" in second
    assert second.count('scope="row"') == 3
    assert 'rel="prev"' in second


def test_a_list_asked_for_nonsense_says_so(world: World) -> None:
    for query in ("unit=x", "close_from=soon", "amount_from=1,23", "sort=x", "after=x", "state=x"):
        shown = page(world, "wen", f"/opportunities/?{query}", 422)
        assert "This is refused" not in shown
    page(world, "wen", "/opportunities/?unit=99999&stage=99999&category=99&owner=999999")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("close_from=2026-08-01&close_to=2026-07-01", "Nothing lies from 2026-08-01 on"),
        ("amount_from=500&amount_to=20", "Nothing lies from 500 on and before 20"),
        ("amount_to=12x", "12x"),
        ("close_to=2026-02-30", "2026-02-30"),
    ],
)
def test_a_filter_that_cannot_be_is_told_at_its_field_and_keeps_the_others(
    world: World, query: str, words: str
) -> None:
    shown = page(world, "wen", f"/opportunities/?{query}&q=crane&own=1&category=2", 422)
    error = shown.partition('class="error"')[2].partition("</div>")[0]
    assert words in error
    for typed in query.split("&"):
        name, value = typed.split("=")
        assert f'name="{name}" value="{value}"' in shown
    for kept in ('name="q" value="crane"', 'name="own" value="1"', '<option value="2" selected>'):
        assert kept in shown


@pytest.mark.parametrize("count", [50, 100])
def test_a_list_that_fills_its_last_page_has_no_empty_one_after_it(
    world: World, count: int
) -> None:
    for number in range(count):
        world.create(name=f"Deal {number:03}")
    reader, url, seen = client(world, "wen"), "/opportunities/?sort=name", 0
    for _page in range(count // 50):
        shown = reader.get(url).content.decode()
        seen += shown.count('scope="row"')
        _before, _sep, link = shown.partition('rel="next"')
        url = "/opportunities/" + link.partition('href="')[2].split('"')[0].replace("&amp;", "&")
    assert seen == count
    assert 'rel="next"' not in shown


def test_one_column_of_amounts_has_one_unit(world: World) -> None:
    for amount in (800, 12_345_678):
        world.create(name=f"Deal {amount}", amount=Decimal(amount))
    shown = client(world, "wen", "zh-hans").get("/opportunities/").content.decode()
    body = shown.partition("<tbody>")[2].partition("</tbody>")[0]
    figures = re.findall(r'<data class="amt"[^>]*>([^<]*) <small>([^<]*)</small>', body)
    assert sorted(figures) == [("0.1", "CNY"), ("1,234.6", "CNY")]
    assert "金额 万" in shown


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_small_amount_in_a_column_of_large_ones_is_not_nought(
    world: World, language: str
) -> None:
    Person.objects.filter(login="wen").update(amount_unit="wan")
    for amount in ("300.50", "12345678"):
        world.create(name=f"Deal {amount}", amount=Decimal(amount))
    shown = client(world, "wen", language).get("/opportunities/").content.decode()
    small = '<data class="amt" value="300.50" title="300.50 CNY">&lt;0.1 <small>CNY</small></data>'
    assert small in shown
    assert ">1,234.6 <small>CNY</small></data>" in shown


def test_nothing_to_show_is_said(world: World) -> None:
    assert "You see no open opportunities yet" in page(world, "wen", "/opportunities/")
    assert "No opportunity fits" in page(world, "wen", "/opportunities/?q=zzz")


@pytest.mark.parametrize("login", ["wen", "mei", "rong", "ops", "director"])
def test_pages_stay_within_twelve_queries(world: World, login: str) -> None:
    for number in range(60):
        made = world.create(name=f"Deal {number}", competitors=("Zeta",))
    world.grant("mei", made, "read")
    reader = client(world, login)
    for url in (
        "/opportunities/", "/opportunities/?sort=-amount&state=all",
        f"/opportunities/{made.opportunity_id}/",
    ):  # fmt: skip
        with CaptureQueriesContext(connection) as asked:
            assert reader.get(url).status_code == 200
        ours = [q["sql"] for q in asked if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]
        assert len(ours) <= 12, (url, ours)
