"""Validation on pages: inbox, marks, evidence in place, asking in the dialog, reviews of a deal."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dakehu.actions.opportunities import Saved
from dakehu.models import DealReview, Evidence, EvidenceMark, EvidencePlan, MoveRequest
from dakehu.queries.opportunities.path import moment_seen
from tests.world import World

pytestmark = pytest.mark.django_db

PART = {"HX-Request": "true"}
CARD = {**PART, "HX-Target": "evidence-card"}
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 60


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Any) -> None:
    settings.FILES = tmp_path


def item(world: World, made: Saved) -> str:
    stage = world.row(made).stage_id
    return f"/opportunities/{made.opportunity_id}/evidence/{stage}/purchase_request/"


def ticked(world: World) -> Saved:
    """Let wen tick the first stage with a photo under *validate*."""
    world.gate("industrial-6", "validate")
    made = world.create()
    sent = world.client("wen").post(
        f"{item(world, made)}files/", {"file": SimpleUploadedFile("a.png", PNG)}, headers=PART
    )
    assert sent.status_code == 204
    return made


def asked(world: World) -> tuple[Saved, MoveRequest]:
    made = ticked(world)
    answer = world.client("wen").post(
        f"/opportunities/{made.opportunity_id}/requests/",
        {
            "verb": "advance",
            "to_stage": "nurture",
            "note": "please",
            "seen": world.row(made).version,
        },
    )
    assert answer.status_code == 303
    return made, MoveRequest.objects.get()


def all_marks(world: World) -> dict[str, Any]:
    tick = Evidence.objects.get()
    return {"set": "all:1", "seen": moment_seen(tick.ticked_at)}


def test_the_dialog_offers_to_ask_the_superior(world: World) -> None:
    made = ticked(world)
    one = f"/opportunities/{made.opportunity_id}"
    text = world.client("wen").get(f"{one}/advance/").content.decode()
    assert "Ask Mei to validate" in text
    assert f'formaction="{one}/requests/"' in text
    # The board asks the same way, and a part of a page is answered with a part.
    answer = world.client("wen").post(
        f"{one}/requests/", {"verb": "advance", "to_stage": "nurture", "seen": 1},
        headers={**PART, "HX-Target": "card-1"},
    )  # fmt: skip
    assert answer.status_code == 200
    assert "<html" not in answer.content.decode()
    assert "waits for Mei" in answer.content.decode()
    again = world.client("wen").post(f"{one}/requests/", {"verb": "advance", "to_stage": "nurture"})
    assert again.status_code == 422
    part = world.client("wen").post(
        f"{one}/requests/", {"verb": "advance", "to_stage": "nurture"},
        headers={**PART, "HX-Target": "card-1"},
    )  # fmt: skip
    assert (part.status_code, part["HX-Retarget"]) == (422, "#toasts")
    assert world.client("wen").post(f"{one}/requests/", {"verb": "lose"}).status_code == 422
    assert "waits for Mei" in world.client("wen").get(f"{one}/").content.decode()


def test_each_stage_has_the_button_that_its_gate_leaves(world: World) -> None:
    """The next stage lacks a superior's word, those behind it lack evidence too."""
    made = ticked(world)
    text = (
        world.client("wen").get(f"/opportunities/{made.opportunity_id}/advance/").content.decode()
    )
    sets = re.findall(r"<fieldset([^>]*data-value[^>]*)>(.*?)</fieldset>", text, re.DOTALL)
    by_stage = {re.findall(r'data-value="(\w+)"', head)[0]: (head, body) for head, body in sets}
    head, body = by_stage.pop("nurture")
    assert "hidden" not in head
    assert "Ask Mei to validate" in body
    assert by_stage
    for head, body in by_stage.values():
        assert "hidden disabled" in head
        assert "Ask Mei to validate" not in body
        assert "formaction" not in body


def test_the_second_of_two_who_prove_an_item_sees_both(world: World) -> None:
    made = world.create()
    world.grant("bo", made)
    url, wen, bo = item(world, made), world.client("wen"), world.client("bo")
    assert 'name="seen"' in bo.get(url).content.decode()
    assert wen.post(url, {"note": "letter", "seen": ""}).status_code == 303
    answer = bo.post(url, {"note": "call", "seen": ""})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "The proof was changed" in text
    assert "saved this meanwhile" in text
    assert "<td>letter</td><td>call</td>" in text
    seen = moment_seen(Evidence.objects.get().ticked_at)
    assert f'name="seen" value="{seen}"' in text
    gone = bo.post(url, {"note": "", "seen": "", "untick": "1"})
    assert gone.status_code == 422
    assert "<td>letter</td><td>—</td>" in gone.content.decode()
    late = bo.post(f"{url}plan/", {"action": "ask", "seen": ""})
    assert late.status_code == 422
    assert "nothing left to plan" in late.content.decode()
    assert bo.post(url, {"note": "call", "seen": seen}).status_code == 303
    assert Evidence.objects.get().note == "call"


def test_the_refused_move_says_what_waits(world: World) -> None:
    made = ticked(world)
    answer = world.client("wen").post(
        f"/opportunities/{made.opportunity_id}/advance/", {"stage": "nurture", "seen": 1}
    )
    assert answer.status_code == 422
    assert "Ask Mei to validate" in answer.content.decode()


def test_the_inbox_is_answered_there(world: World) -> None:
    made, request = asked(world)
    mei = world.client("mei")
    text = mei.get("/inbox/").content.decode()
    assert "Stacker, 2 sets" in text
    assert "please" in text
    refused = mei.post(f"/inbox/{request.pk}/approve/", {"seen": request.version})
    assert refused.status_code == 422
    assert "Not confirmed yet" in refused.content.decode()
    evidence = Evidence.objects.get()
    url = f"/opportunities/{made.opportunity_id}/evidence/mark/{evidence.pk}/"
    stale = mei.post(url, {"set": "all:1", "seen": "1"})
    assert stale.status_code == 409
    marked = mei.post(url, {**all_marks(world), "request": request.pk}, headers=PART)
    assert marked["Location"] == f"/inbox/{request.pk}/"
    part = mei.get(marked["Location"], headers={**PART, "HX-Target": "validation"})
    assert "1 of 1 confirmed" in part.content.decode()
    assert "<html" not in part.content.decode()
    mei.post(url, {**all_marks(world), "set": "true:0"})
    assert EvidenceMark.objects.get().is_true is None
    mei.post(url, all_marks(world))
    done = mei.post(f"/inbox/{request.pk}/approve/", {"seen": request.version, "answer": "good"})
    assert done.status_code == 303
    assert world.row(made).stage.key == "nurture"
    assert "Nothing waits for you" in mei.get("/inbox/").content.decode()
    assert "good" in world.client("wen").get("/inbox/").content.decode()


def test_a_request_goes_back_and_is_withdrawn_by_page(world: World) -> None:
    made, request = asked(world)
    mei, wen = world.client("mei"), world.client("wen")
    assert mei.post(f"/inbox/{request.pk}/send-back/", {"answer": ""}).status_code == 422
    assert mei.post(f"/inbox/{request.pk}/send-back/", {"answer": "who?"}).status_code == 303
    one = f"/opportunities/{made.opportunity_id}"
    assert "Sent back by Mei" in wen.get(f"{one}/").content.decode()
    wen.post(f"{one}/requests/", {"verb": "advance", "to_stage": "nurture"})
    again = MoveRequest.objects.get(state=1)
    assert mei.post(f"{one}/requests/{again.pk}/withdraw/").status_code == 403
    assert wen.post(f"{one}/requests/{again.pk}/withdraw/").status_code == 303
    assert not MoveRequest.objects.filter(state=1).exists()


def test_evidence_is_worked_on_in_place(world: World) -> None:
    made = world.create()
    wen, url = world.client("wen"), item(world, made)
    slot = {**PART, "HX-Target": f"slot-{world.row(made).stage_id}-purchase_request"}
    form = wen.get(url, headers=slot).content.decode()
    assert 'hx-target="#evidence-card"' in form
    assert "<html" not in form
    wrong = wen.post(url, {"link": "javascript:1"}, headers=CARD)
    assert (wrong.status_code, wrong["HX-Reswap"]) == (422, "innerHTML")
    assert wrong["HX-Retarget"] == f"#{slot['HX-Target']}"
    plan = {"action": "ask for a letter"}
    assert "incomplete" in wen.post(f"{url}plan/", plan, headers=CARD).content.decode()
    dated = wen.post(f"{url}plan/", {**plan, "due_on": "2099-01-01"}, headers=CARD)
    assert "2099-01-01" in dated.content.decode()
    card = wen.post(url, {"note": "letter"}, headers=CARD).content.decode()
    assert "letter" in card
    assert not EvidencePlan.objects.exists()
    assert card.lstrip().startswith("<div") or 'id="evidence-card"' in card
    sent = wen.post(f"{url}files/", {"file": SimpleUploadedFile("a.png", b"MZ")}, headers=PART)
    assert sent.status_code == 422
    assert "data-toast" in sent.content.decode()
    assert wen.post(f"{url}files/", {}, headers=PART).status_code == 422
    assert world.client("mei").post(f"{url}files/", {}, headers=PART).status_code == 403


def test_what_a_tick_changes_follows_on_the_page_at_once(world: World) -> None:
    world.gate("industrial-6", "require")
    made = world.create()
    wen, url, one = world.client("wen"), item(world, made), f"/opportunities/{made.opportunity_id}/"
    assert "To “Nurture”: 1 missing" in wen.get(one).content.decode()
    here = {**CARD, "HX-Current-URL": f"http://testserver{one}?from=list"}
    sent = {"note": "letter", "file": SimpleUploadedFile("letter.png", PNG)}
    answer = wen.post(url, sent, headers=here)
    body = answer.content.decode()
    follows = [
        part for part in re.split(r"(?=<(?:a|ol|form|div)\b)", body) if "hx-swap-oob" in part[:400]
    ]
    told = {name: part for part in follows for name in re.findall(r'^<[^>]*?id="([\w-]+)"', part)}
    assert set(told) == {"advance", "stages", "take-back", "thumb-bar", "toasts"}
    assert "missing" not in body.replace('class="item missing', "")
    assert body.count("Advance to “Nurture”") == 2
    # The timeline and the files ask anew, and find it.
    assert "record:changed" in answer["HX-Trigger"]
    for part in ("timeline", "files"):
        there = wen.get(f"/{part}/opportunity/{made.opportunity_id}/", headers=PART)
        assert 'hx-trigger="record:changed from:body"' in there.content.decode()
        assert "letter" in there.content.decode()
    # The focus goes to the item, or to the card where it is gone from it.
    assert re.search(r'id="item-\d+-purchase_request"[^>]*autofocus', body)
    stays = wen.get(f"{one}evidence/?item=0-other", headers=CARD).content.decode()
    assert re.search(r'id="evidence-card"[^>]*autofocus', stays)
    # Elsewhere, as beside a review, there is nothing that could follow.
    elsewhere = {**CARD, "HX-Current-URL": f"http://testserver{one}reviews/create/"}
    assert 'id="advance"' not in wen.post(url, {"note": "two"}, headers=elsewhere).content.decode()


def test_the_square_of_an_item_opens_its_form(world: World) -> None:
    made = world.create()
    url, one = item(world, made), f"/opportunities/{made.opportunity_id}/"
    square = re.search(r'<a class="tick"[^>]*>', world.client("wen").get(one).content.decode())
    assert square
    assert f'hx-get="{url}"' in square[0]
    assert f'hx-target="#slot-{world.row(made).stage_id}-purchase_request"' in square[0]
    # The button beside it is what keys and screen readers reach.
    assert 'tabindex="-1"' in square[0]
    assert 'aria-hidden="true"' in square[0]
    shown = world.client("mei").get(one).content.decode()
    assert '<span class="tick' in shown
    assert '<a class="tick' not in shown


def test_the_form_of_an_item_says_once_that_one_of_three_is_needed(world: World) -> None:
    made = world.create()
    form = world.client("wen").get(item(world, made), headers=PART).content.decode()
    proof = form.partition("<details")[0]
    assert "(optional)" not in proof
    assert proof.count("One of the three is enough.") == 1
    # The grid of the methods' forms squeezes it: their class is not its.
    assert "item-form" not in form


def test_pictures_are_shown_and_nothing_that_runs(world: World, tmp_path: Any) -> None:
    made = ticked(world)
    tick = Evidence.objects.get()
    assert tick.file is not None
    one = f"/opportunities/{made.opportunity_id}/evidence"
    url = f"{one}/picture/{tick.pk}/{tick.file_id}/"
    for login, status in (("wen", 200), ("mei", 200), ("lu", 404), ("admin", 404)):
        answer = world.client(login).get(url)
        assert answer.status_code == status
        if status == 200:
            b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    answer = world.client("wen").get(url)
    b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert world.client("lu").get(f"{one}/file/{tick.pk}/{tick.file_id}/").status_code == 404
    # What came before contents were looked at is not drawn, whatever its name.
    path = tmp_path / tick.file.sha256[:2] / tick.file.sha256
    path.write_bytes(b"<svg onload='alert(1)'/>")
    assert world.client("wen").get(url).status_code == 404


def test_a_review_is_kept_frozen_and_tells_what_changed(world: World) -> None:
    made = ticked(world)
    one = f"/opportunities/{made.opportunity_id}/reviews"
    mei = world.client("mei")
    assert world.client("wen").get(f"{one}/create/").status_code == 403
    assert mei.get(f"{one}/create/").status_code == 200
    assert mei.post(f"{one}/create/", {"claim": "soon"}).status_code == 422
    past = {"agreed": "x", "next_check_on": "2001-01-01"}
    assert mei.post(f"{one}/create/", past).status_code == 422
    form = {"claim": "soon", "agreed": "ask for the minutes", "next_check_on": "2099-01-01"}
    page = mei.get(f"{one}/create/").content.decode()
    digest = re.findall(r'name="seen_evidence"\s+value="(\w+)"', page)[0]
    world.client("wen").post(item(world, made), {"note": "another letter"})
    stale = mei.post(f"{one}/create/", {**form, "seen_evidence": digest})
    assert stale.status_code == 422
    assert "The proof was changed" in stale.content.decode()
    digest = re.findall(r'name="seen_evidence"\s+value="(\w+)"', stale.content.decode())[0]
    assert mei.post(f"{one}/create/", {**form, "seen_evidence": digest}).status_code == 303
    review = DealReview.objects.get()
    assert (review.claimed["stage"], review.claimed["amount"]) == ("interest", "1200.00")
    assert [(i["key"], i["ticked"]) for i in review.evidence] == [("purchase_request", True)]
    wen = world.client("wen")
    edit = wen.get(f"/opportunities/{made.opportunity_id}/edit/").content.decode()
    seen = re.findall(r'name="seen" value="(\d+)"', edit)[0]
    wen.post(
        f"/opportunities/{made.opportunity_id}/edit/",
        {"name": "Stacker, 2 sets", "account": "Harbour Group", "currency": "CNY",
         "amount": "900", "category": "3", "seen": seen},
    )  # fmt: skip
    text = wen.get(f"/opportunities/{made.opportunity_id}/").content.decode()
    assert "ask for the minutes" in text
    assert "Amount 1,200.00 → 900.00" in text
    assert "1,200.00 CNY" in wen.get(f"{one}/{review.pk}/").content.decode()
    assert world.client("lu").get(f"{one}/{review.pk}/").status_code == 404
    with pytest.raises(Exception, match="append-only"):
        DealReview.objects.update(agreed="something else")


def test_checks_that_are_due_stand_in_the_inbox(world: World) -> None:
    made = world.create(close_on=world.today.replace(year=2026, month=7))
    mei = world.client("mei")
    today = mei.get("/inbox/checks/").context["frame"].today
    form = {"agreed": "call them", "next_check_on": today.isoformat(), "flow": "1"}
    url = f"/opportunities/{made.opportunity_id}/reviews/create/"
    assert mei.post(url, form)["Location"] == "/inbox/next/"
    assert "call them" in mei.get("/inbox/checks/").content.decode()
    assert mei.get("/inbox/next/")["Location"].startswith(url)
    for login in ("wen", "rong", "director", "lu"):
        assert "call them" not in world.client(login).get("/inbox/checks/").content.decode()


def test_pages_stay_within_their_queries(world: World) -> None:
    made, request = asked(world)
    world.client("mei").post(
        f"/opportunities/{made.opportunity_id}/reviews/create/", {"agreed": "call them"}
    )
    one = f"/opportunities/{made.opportunity_id}"
    for login, url in (
        ("mei", "/inbox/"), ("mei", f"/inbox/{request.pk}/"), ("wen", "/inbox/"),
        ("mei", "/inbox/checks/"), ("mei", f"{one}/"), ("wen", f"{one}/"),
        ("mei", f"{one}/reviews/create/"), ("wen", f"{one}/advance/"),
    ):  # fmt: skip
        client = world.client(login)
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200, url
        asked_for = [q["sql"] for q in queries if "SAVEPOINT" not in q["sql"]]
        assert len(asked_for) <= 12, (login, url, len(asked_for), asked_for)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_opens_in_both_languages(world: World, language: str) -> None:
    made, request = asked(world)
    one = f"/opportunities/{made.opportunity_id}"
    for login, url in (
        ("mei", "/inbox/"), ("mei", f"/inbox/{request.pk}/"), ("mei", "/inbox/checks/"),
        ("mei", f"{one}/"), ("mei", f"{one}/reviews/create/"), ("mei", f"{one}/advance/"),
        ("wen", f"{one}/win/"), ("wen", f"{one}/evidence/"),
    ):  # fmt: skip
        answer = world.client(login, language).get(url)
        assert answer.status_code == 200, url
        assert "This is refused" not in answer.content.decode()
