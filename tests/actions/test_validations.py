"""*validate* (FUN-3): a move waits for the owner's superior, on every way in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dakehu.actions.deal_reviews import create_deal_review
from dakehu.actions.evidence import (
    Proof,
    Upload,
    add_evidence_file,
    plan_evidence,
    remove_evidence_file,
    tick_evidence,
    untick_evidence,
)
from dakehu.actions.opportunities import (
    EditOpportunity,
    Outcome,
    Saved,
    advance_opportunity,
    edit_opportunity,
    lose_opportunity,
    move_opportunity_method,
    reassign_opportunity,
    regress_opportunity,
    undo_opportunity,
    win_opportunity,
)
from dakehu.actions.validations import (
    AskedMove,
    approve_request,
    mark_evidence,
    request_move,
    send_back_request,
    withdraw_request,
)
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Kind, Place, Way
from dakehu.core.methods import WON, Marks, evidence_needed
from dakehu.core.validations import RequestState
from dakehu.models import (
    Change,
    Evidence,
    EvidenceFile,
    EvidenceMark,
    EvidencePlan,
    MethodVersion,
    Movement,
    MoveRequest,
    Notice,
    Opportunity,
)
from dakehu.queries import deal_reviews
from dakehu.queries.notices import unread_count
from dakehu.queries.opportunities import opportunity
from dakehu.queries.opportunities.path import moment_seen
from dakehu.queries.stages import version_in_force
from dakehu.queries.validations import own_requests, validation_of, waiting_requests
from tests.world import World

pytestmark = pytest.mark.django_db

ALL = Marks(True, True, True)
METHODS = ("industrial-6", "solution-7", "tender-8")
WAYS = (Way.FORM, Way.BOARD, Way.GRID, Way.BULK, Way.API)


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises((RuleBroken, Conflict, NotFound)) as caught:
        yield
    assert caught.value.code == code


def how(world: World, login: str, made: Saved, way: Way = Way.FORM) -> dict[str, Any]:
    return {
        "actor": world.viewer(login), "opportunity_id": made.opportunity_id,
        "today": world.today, "at": world.at, "way": way,
    }  # fmt: skip


def tick(world: World, made: Saved, *keys: str, login: str = "wen", note: str = "seen") -> None:
    """Tick items of whatever stage; all of the method without keys."""
    version = version_in_force(world.row(made).method_version_id)
    for stage in version.stages:
        for item in version.spec.stage(stage.key).evidence:
            if not keys or item.key in keys:
                tick_evidence(
                    **how(world, login, made), stage_id=stage.id, key=item.key,
                    proof=Proof(note=note),
                )  # fmt: skip


def mark(world: World, made: Saved, *keys: str, login: str = "mei", marks: Marks = ALL) -> None:
    for row in Evidence.objects.filter(opportunity_id=made.opportunity_id):
        if not keys or row.key in keys:
            mark_evidence(
                **how(world, login, made), evidence_id=row.pk, marks=marks,
                seen=moment_seen(row.ticked_at),
            )  # fmt: skip


def advance(world: World, made: Saved, login: str = "wen", **facts: Any) -> Saved:
    given: dict[str, Any] = {"seen_version": None, "on": world.today}
    way = facts.pop("way", Way.FORM)
    return advance_opportunity(**how(world, login, made, way), **(given | facts))


def ask(world: World, made: Saved, move: AskedMove | None = None, login: str = "wen") -> int:
    return request_move(
        **how(world, login, made), move=move or AskedMove("advance"), seen_version=None,
        note="please",
    )  # fmt: skip


def answer(world: World, login: str, request: int, **facts: Any) -> dict[str, Any]:
    return {
        "actor": world.viewer(login), "request_id": request, "seen_version": None,
        "today": world.today, "at": world.at, "way": Way.FORM, **facts,
    }  # fmt: skip


def stage(world: World, made: Saved) -> str:
    row = world.row(made)
    held = version_in_force(row.method_version_id).by_id(row.stage_id)
    assert held is not None
    return held.key


def asked(world: World) -> tuple[Saved, int]:
    """Let wen tick the first stage under *validate* and ask for the next."""
    world.gate("industrial-6", "validate")
    made = world.create()
    tick(world, made, "purchase_request")
    return made, ask(world, made)


# --- the gate --------------------------------------------------------------------------------


def test_what_is_missing_is_refused_and_what_is_ticked_waits(world: World) -> None:
    world.gate("industrial-6", "validate")
    made = world.create()
    with refused("gate.evidence_missing"):
        advance(world, made)
    with refused("gate.evidence_missing"):
        ask(world, made)
    tick(world, made, "purchase_request")
    with refused("gate.validation_needed"):
        advance(world, made)
    mark(world, made, marks=Marks(True, True, None))
    with refused("gate.validation_needed"):
        advance(world, made)
    mark(world, made)
    advance(world, made)
    assert stage(world, made) == "nurture"


def attempts(world: World, made: Saved, way: Way) -> set[str]:
    """Try each way forward, take it back, and give the codes that refused, or that it passed."""
    first, said = stage(world, made), set()
    later = version_in_force(world.row(made).method_version_id).open_stages[-1].key
    for to in (None, later, WON):
        try:
            if to == WON:
                saved = win_opportunity(
                    **how(world, "wen", made, way), outcome=Outcome("value"), seen_version=None,
                    on=world.today,
                )  # fmt: skip
            else:
                saved = advance(world, made, way=way, to_stage=to)
        except RuleBroken as error:
            said.add(error.code)
        else:
            said.add("passed")
            undo_opportunity(
                **how(world, "wen", made, Way.UNDO), seen_version=None,
                correlation_id=UUID(saved.correlation_id),
            )  # fmt: skip
    assert stage(world, made) == first
    return said


@pytest.mark.parametrize("method", METHODS)
def test_no_way_in_gets_round_the_gate(world: World, method: str) -> None:
    made = world.create(method_version_id=world.methods[method])

    def by_every_way(mode: str) -> set[str]:
        world.gate(method, mode)
        return {said for way in WAYS for said in attempts(world, made, way)}

    assert by_every_way("advise") == {"passed"}
    assert by_every_way("require") == {"gate.evidence_missing"}
    assert by_every_way("validate") == {"gate.evidence_missing"}
    tick(world, made)
    assert by_every_way("require") == {"passed"}
    assert by_every_way("validate") == {"gate.validation_needed"}
    mark(world, made)
    assert by_every_way("validate") == {"passed"}


def test_a_new_opportunity_beyond_the_first_stage_is_refused(world: World) -> None:
    world.gate("industrial-6", "validate")
    with refused("gate.evidence_missing"):
        world.create(stage_key="compare")


def test_another_method_is_no_way_round(world: World) -> None:
    world.gate("solution-7", "validate")
    made = world.create()
    with refused("gate.evidence_missing"):
        move_opportunity_method(
            **how(world, "wen", made), method_version_id=world.methods["solution-7"],
            to_stage="proof", seen_version=None, on=world.today,
        )  # fmt: skip


def test_what_is_only_advised_waits_for_nobody(world: World) -> None:
    world.gate("industrial-6", "validate")
    version = MethodVersion.objects.get(pk=world.methods["industrial-6"])
    version.spec["stages"][0]["evidence"][0]["advised"] = True
    MethodVersion.objects.filter(pk=version.pk).update(spec=version.spec)
    made = world.create()
    tick(world, made, "purchase_request")
    advance(world, made)
    assert stage(world, made) == "nurture"


# --- marks -----------------------------------------------------------------------------------


def test_only_the_superior_marks_and_never_their_own(world: World) -> None:
    made, _request = asked(world)
    for login in ("wen", "bo", "rong", "ops", "director", "lu"):
        with pytest.raises((NotAllowed, NotFound)):
            mark(world, made, login=login)
    row = world.row(made)
    row.owner_id = world.people["mei"]
    row.save()
    with pytest.raises(NotAllowed):
        mark(world, made, login="mei")
    mark(world, made, login="rong")


def test_a_changed_proof_loses_its_marks_and_the_same_one_keeps_them(world: World) -> None:
    made, _request = asked(world)
    mark(world, made)
    tick(world, made, "purchase_request")
    assert EvidenceMark.objects.exists()
    tick(world, made, "purchase_request", note="another letter")
    assert not EvidenceMark.objects.exists()
    with refused("gate.validation_needed"):
        advance(world, made)
    mark(world, made)
    row = Evidence.objects.get()
    what = {**how(world, "wen", made), "stage_id": row.stage_id, "key": row.key}
    add_evidence_file(**what, upload=Upload("a.txt", [b"x"], 1))
    assert not EvidenceMark.objects.exists()
    mark(world, made)
    untick_evidence(**what)
    assert not EvidenceMark.objects.exists()


def test_a_proof_that_was_changed_meanwhile_is_not_confirmed_by_mistake(world: World) -> None:
    made, _request = asked(world)
    row = Evidence.objects.get()
    seen = moment_seen(row.ticked_at)
    world.at += timedelta(seconds=1)
    tick(world, made, "purchase_request", note="another letter")
    with refused("evidence.changed"):
        mark_evidence(**how(world, "mei", made), evidence_id=row.pk, marks=ALL, seen=seen)


def test_marks_of_who_owns_it_now_do_not_count(world: World) -> None:
    made, request = asked(world)
    mark(world, made)
    reassign_opportunity(
        **how(world, "mei", made), owner_id=world.people["bo"], seen_version=None, on=world.today
    )
    approve_request(**answer(world, "mei", request))
    assert stage(world, made) == "nurture"
    # Once it is the head's own, what they said of it is nobody's word.
    row = world.row(made)
    row.owner_id = world.people["mei"]
    row.save()
    proven = opportunity(
        viewer=world.viewer("mei"), opportunity_id=made.opportunity_id, today=world.today
    )
    item = proven.stages[0].evidence[0]
    assert (item.state, item.tick and item.tick.is_confirmed) == ("ticked", False)


def test_no_undo_brings_a_mark_back(world: World) -> None:
    made, _request = asked(world)
    mark(world, made)
    mark(world, made, marks=Marks())
    saves = Change.objects.filter(field="evidence_mark").values_list("correlation_id", flat=True)
    for save in saves:
        with refused("ledger.nothing_to_undo"):
            undo_opportunity(
                **how(world, "mei", made, Way.UNDO), seen_version=None, correlation_id=save
            )
    # Nor does the untick that is taken back.
    mark(world, made)
    row = Evidence.objects.get()
    untick_evidence(**how(world, "wen", made), stage_id=row.stage_id, key=row.key)
    last = Change.objects.filter(field="evidence").latest("id")
    undo_opportunity(
        **how(world, "wen", made, Way.UNDO), seen_version=None, correlation_id=last.correlation_id
    )
    assert Evidence.objects.exists()
    assert not EvidenceMark.objects.exists()


# --- requests --------------------------------------------------------------------------------


def test_a_request_is_approved_and_posted_on_the_day_of_approval(world: World) -> None:
    made, request = asked(world)
    day = world.today
    assert stage(world, made) == "interest"
    assert Notice.objects.get().person_id == world.people["mei"]
    assert [row.id for row in waiting_requests(world.viewer("mei"), today=day)] == [request]
    world.today, world.at = day + timedelta(days=2), world.at + timedelta(days=2)
    with refused("request.not_all_confirmed"):
        approve_request(**answer(world, "mei", request))
    mark(world, made)
    approve_request(**answer(world, "mei", request, answer="well done"))
    assert stage(world, made) == "nurture"
    moved = Movement.objects.get(kind=Kind.ADVANCED)
    assert (moved.on, moved.actor_id) == (world.today, world.people["mei"])
    kept = MoveRequest.objects.get()
    assert (kept.asked_on, kept.state) == (day, RequestState.APPROVED)
    change = Change.objects.filter(field="move_request").latest("id")
    assert change.correlation_id == moved.correlation_id
    assert change.new["asked_by"] == world.people["wen"]
    assert change.new["asked_on"] == day.isoformat()
    told = Notice.objects.get(kind="validation_answered")
    assert (told.person_id, told.facts["approved"]) == (world.people["wen"], True)
    with refused("request.decided"):
        approve_request(**answer(world, "mei", request))
    assert not waiting_requests(world.viewer("mei"), today=world.today)


def test_an_approval_can_be_taken_back(world: World) -> None:
    made, request = asked(world)
    mark(world, made)
    saved = approve_request(**answer(world, "mei", request))
    undo_opportunity(
        **how(world, "mei", made, Way.UNDO), seen_version=None,
        correlation_id=UUID(saved.correlation_id),
    )  # fmt: skip
    assert stage(world, made) == "interest"


def test_a_request_goes_back_with_an_answer(world: World) -> None:
    made, request = asked(world)
    with refused("request.answer_missing"):
        send_back_request(**answer(world, "mei", request, answer=" "))
    mark(world, made, marks=Marks(True, None, None))
    send_back_request(**answer(world, "mei", request, answer="which department?"))
    page = opportunity(
        viewer=world.viewer("wen"), opportunity_id=made.opportunity_id, today=world.today
    )
    assert page.here.evidence[0].state == "sent_back"
    found = validation_of(world.viewer("wen"), page=page, today=world.today)
    assert found.request is not None
    assert (found.waits, found.request.answer) == (False, "which department?")
    assert stage(world, made) == "interest"
    # A better proof is asked for anew.
    tick(world, made, "purchase_request", note="letter of the design department")
    again = ask(world, made)
    mark(world, made)
    approve_request(**answer(world, "mei", again))
    assert stage(world, made) == "nurture"


def test_who_asked_withdraws_and_nobody_else(world: World) -> None:
    made, request = asked(world)
    with refused("request.waits_already"):
        ask(world, made)
    world.grant("bo", made)
    for login in ("mei", "bo"):
        with pytest.raises(NotAllowed):
            withdraw_request(**how(world, login, made), request_id=request)
    withdraw_request(**how(world, "wen", made), request_id=request)
    mark(world, made)
    with refused("request.decided"):
        approve_request(**answer(world, "mei", request))
    with refused("request.not_needed"):
        ask(world, made)
    assert stage(world, made) == "interest"


def test_only_the_superior_answers(world: World) -> None:
    made, request = asked(world)
    mark(world, made)
    for login in ("wen", "bo", "lu", "rong", "ops", "director", "fin", "admin"):
        for act in (approve_request, send_back_request):
            with pytest.raises((NotAllowed, NotFound)):
                act(**answer(world, login, request, answer="yes"))
        assert not waiting_requests(world.viewer(login), today=world.today)
    assert stage(world, made) == "interest"


def test_a_deputy_answers_for_the_head_and_it_says_so(world: World) -> None:
    made, request = asked(world)
    world.stand_in("bo", "mei", "unit_head", "east_team")
    mark(world, made, login="bo")
    approve_request(**answer(world, "bo", request))
    moved = Movement.objects.get(kind=Kind.ADVANCED)
    assert (moved.actor_id, moved.for_person_id) == (world.people["bo"], world.people["mei"])
    assert EvidenceMark.objects.get().for_person_id == world.people["mei"]
    assert MoveRequest.objects.get().decided_for_id == world.people["mei"]


def how_it_ends(end: str, world: World, made: Saved, request: int) -> None:
    """Let a request be answered, taken back, or overtaken."""
    if end == "overtaken":
        advance(world, made, "mei", overrule="the board has decided")
    elif end == "withdrawn":
        withdraw_request(**how(world, "wen", made), request_id=request)
    elif end == "sent back":
        send_back_request(**answer(world, "mei", request, answer="which department?"))
    else:
        mark(world, made)
        approve_request(**answer(world, "mei", request))


@pytest.mark.parametrize("end", ["approved", "sent back", "withdrawn", "overtaken"])
def test_what_waits_no_more_is_no_unread_notice_of_the_superior_s(world: World, end: str) -> None:
    made, request = asked(world)
    notices = Notice.objects.filter(kind="validation_asked", person_id=world.people["mei"])
    notices.update(mail_state=1, mail_at=world.at)
    assert unread_count(world.viewer("mei")) == 1
    how_it_ends(end, world, made, request)
    told = notices.get()
    assert told.read_at is not None
    assert told.mail_state == 0
    assert unread_count(world.viewer("mei")) == 0


def test_what_has_moved_otherwise_is_overtaken(world: World) -> None:
    made, request = asked(world)
    advance(world, made, "mei", overrule="the board has decided")
    assert MoveRequest.objects.get().state == RequestState.OVERTAKEN
    with refused("request.overtaken"):
        approve_request(**answer(world, "mei", request))
    assert not waiting_requests(world.viewer("mei"), today=world.today)
    mine = own_requests(world.viewer("wen"), today=world.today)
    assert [row.state for row in mine] == [RequestState.OVERTAKEN]


def test_a_loss_overtakes_too_and_an_edit_does_not(world: World) -> None:
    made, request = asked(world)
    tick(world, made, "budget_fixed")
    assert MoveRequest.objects.get().state == RequestState.WAITING
    lose_opportunity(
        **how(world, "wen", made), outcome=Outcome("price"), seen_version=None, on=world.today
    )
    with refused("request.overtaken"):
        approve_request(**answer(world, "mei", request))


def test_taking_back_an_amount_or_an_owner_leaves_it_waiting(world: World) -> None:
    made, _request = asked(world)
    saved = edit_opportunity(
        **how(world, "wen", made), edit=EditOpportunity(amount=Decimal(9)), seen_version=None,
        on=world.today,
    )  # fmt: skip
    undone: dict[str, Any] = {**how(world, "wen", made), "seen_version": None}
    del undone["way"]
    undo_opportunity(**undone, correlation_id=UUID(saved.correlation_id))
    assert MoveRequest.objects.get().state == RequestState.WAITING
    lost = lose_opportunity(
        **how(world, "wen", made), outcome=Outcome("price"), seen_version=None, on=world.today
    )
    undo_opportunity(**undone, correlation_id=UUID(lost.correlation_id))
    assert MoveRequest.objects.get().state == RequestState.OVERTAKEN


def test_a_win_is_asked_for_with_its_reason(world: World) -> None:
    world.gate("industrial-6", "validate")
    made = world.create()
    tick(world, made)
    with refused("opportunity.reason_missing"):
        ask(world, made, AskedMove("win", outcome=Outcome("")))
    request = ask(world, made, AskedMove("win", outcome=Outcome("value", "Zeta", "by far")))
    mark(world, made)
    approve_request(**answer(world, "mei", request))
    won = Movement.objects.get(kind=Kind.WON)
    assert (won.note.reason, won.note.competitor, won.note.text) == ("value", "Zeta", "by far")
    assert world.row(made).place == Place.WON


def test_what_would_refuse_the_win_is_said_to_who_asks_for_it(world: World) -> None:
    world.gate("industrial-6", "validate")
    made = world.create(currency="KWD", amount=Decimal(1))
    tick(world, made)
    with refused("money.no_exchange_rate"):
        ask(world, made, AskedMove("win", outcome=Outcome("value")))
    fair = world.create()
    tick(world, fair)
    with refused("opportunity.text_too_long"):
        ask(world, fair, AskedMove("win", outcome=Outcome("value", competitor="x" * 121)))


def test_an_answer_of_late_is_told_however_long_it_waited(world: World) -> None:
    _made, request = asked(world)
    world.at += timedelta(days=20)
    later = world.today + timedelta(days=20)
    send_back_request(**answer(world, "mei", request, answer="one more letter"))
    for days, told in ((0, [RequestState.SENT_BACK]), (14, [RequestState.SENT_BACK]), (15, [])):
        rows = own_requests(world.viewer("wen"), today=later + timedelta(days=days))
        assert [row.state for row in rows] == told, days


def test_words_that_cannot_be_kept_are_refused(world: World) -> None:
    made, request = asked(world)
    row = Evidence.objects.get()
    with refused("text.unreadable"):
        mark_evidence(
            **how(world, "mei", made), evidence_id=row.pk, marks=ALL, note="a\0b",
            seen=moment_seen(row.ticked_at),
        )  # fmt: skip
    with refused("text.unreadable"):
        send_back_request(**answer(world, "mei", request, answer="a\0b"))
    with refused("text.unreadable"):
        request_move(
            **how(world, "wen", made), move=AskedMove("advance"), seen_version=None, note="a\0b"
        )
    with refused("text.unreadable"):
        tick(world, made, note="a\0b")


def test_a_high_head_s_own_round_is_not_hidden_behind_the_deals_of_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deal_reviews, "LOOKED_AT", 2)
    late = world.today - timedelta(days=1)
    for days in range(3):
        world.create("wen", name="wen's", close_on=late - timedelta(days=days))
    # What lacks something else asks for no review, and what was reviewed rests.
    world.create("wen", name="no step", close_on=late + timedelta(days=90))
    made = world.create("wen", name="mei's", close_on=late)
    Opportunity.objects.exclude(name="wen's").update(owner_id=world.people["mei"])

    def needed() -> list[str]:
        rows = deal_reviews.deals_to_review(world.viewer("rong"), today=world.today)
        return [row.name for row in rows]

    assert needed() == ["mei's"]
    create_deal_review(
        **how(world, "rong", made), claim="", agreed="call", next_check_on=None, seen_version=None
    )
    assert needed() == []


def test_a_move_to_another_method_is_asked_for(world: World) -> None:
    made = world.create()
    world.gate("solution-7", "validate")
    version = version_in_force(world.methods["solution-7"])
    where = AskedMove("move_method", "qualify", version.id, why="it is a solution")
    # Its evidence is asked for by the method it goes to; nothing can be ticked of that before.
    with refused("gate.evidence_missing"):
        ask(world, made, where)


def test_a_head_whose_superior_is_above_asks_them(world: World) -> None:
    made, request = asked(world)
    row = world.row(made)
    row.owner_id = world.people["mei"]
    row.save()
    assert not waiting_requests(world.viewer("mei"), today=world.today)
    assert [r.id for r in waiting_requests(world.viewer("rong"), today=world.today)] == [request]
    with pytest.raises(NotAllowed):
        approve_request(**answer(world, "mei", request))
    mark(world, made, login="rong")
    approve_request(**answer(world, "rong", request))
    assert stage(world, made) == "nurture"


def test_where_nobody_stands_above_nobody_is_asked(world: World) -> None:
    world.gate("industrial-6", "validate")
    made = world.create("lu")
    tick(world, made, "purchase_request", login="lu")
    with refused("request.no_superior"):
        ask(world, made, login="lu")


def test_two_who_answer_at_once(world: World) -> None:
    made, request = asked(world)
    mark(world, made)
    version = MoveRequest.objects.get().version
    send_back_request(**answer(world, "mei", request, answer="no", seen_version=version))
    with refused("request.decided"):
        approve_request(**answer(world, "mei", request, seen_version=version))
    assert stage(world, made) == "interest"


# --- files and plans -------------------------------------------------------------------------


def test_an_item_holds_several_files_and_is_what_its_name_says(world: World) -> None:
    made = world.create()
    version = version_in_force(world.row(made).method_version_id)
    what = {
        **how(world, "wen", made), "stage_id": version.stages[0].id, "key": "purchase_request",
    }  # fmt: skip
    png = b"\x89PNG\r\n\x1a\n" + b"0" * 100
    for name in ("a.png", "b.png", "c.png"):
        add_evidence_file(**what, upload=Upload(name, [png[:5], png[5:]], len(png)))
    row = Evidence.objects.get()
    assert [row.file_id, *EvidenceFile.objects.values_list("file_id", flat=True)]
    assert EvidenceFile.objects.count() == 2
    page = opportunity(viewer=what["actor"], opportunity_id=made.opportunity_id, today=world.today)
    shown = page.here.evidence[0].tick
    assert shown is not None
    assert [file.name for file in shown.files] == ["a.png", "b.png", "c.png"]
    assert row.file_id is not None
    remove_evidence_file(**what, file_id=row.file_id)
    assert Evidence.objects.get().file is not None
    assert EvidenceFile.objects.count() == 1
    for name, content, code in (
        ("x.png", b"<svg onload=alert(1)>", "evidence.file_not_as_named"),
        ("x.pdf", png, "evidence.file_not_as_named"),
        ("x.docx", b"MZ\x90\x00", "evidence.file_program"),
        ("x.txt", b"\x7fELF", "evidence.file_program"),
        ("x.svg", b"<svg>", "evidence.file_refused"),
    ):
        with refused(code):
            add_evidence_file(**what, upload=Upload(name, [content], len(content)))
    # What was saved is taken back whole, file by file.
    last = Change.objects.filter(field="evidence").latest("id")
    undo_opportunity(
        **how(world, "wen", made, Way.UNDO), seen_version=None, correlation_id=last.correlation_id
    )
    assert EvidenceFile.objects.count() == 2


def test_a_plan_is_no_evidence_and_needs_a_day(world: World) -> None:
    world.gate("industrial-6", "validate")
    made = world.create()
    version = version_in_force(world.row(made).method_version_id)
    what = {
        **how(world, "wen", made), "stage_id": version.stages[0].id, "key": "purchase_request",
    }  # fmt: skip

    def state() -> str:
        page = opportunity(
            viewer=what["actor"], opportunity_id=made.opportunity_id, today=world.today
        )
        return page.here.evidence[0].state

    plan_evidence(**what, action="ask the initiator for a letter", due_on=None)
    assert state() == "plan_incomplete"
    plan_evidence(**what, action="ask the initiator for a letter", due_on=world.today)
    assert state() == "planned"
    with refused("gate.evidence_missing"):
        advance(world, made)
    tick(world, made, "purchase_request")
    assert state() == "ticked"
    with refused("evidence.ticked_already"):
        plan_evidence(**what, action="x", due_on=None)


def test_who_changes_a_tick_that_they_have_not_seen_is_told_both(world: World) -> None:
    made = world.create()
    version = version_in_force(world.row(made).method_version_id)
    what = {
        **how(world, "wen", made), "stage_id": version.stages[0].id, "key": "purchase_request",
    }  # fmt: skip
    tick_evidence(**what, proof=Proof(note="letter"), seen="")
    with pytest.raises(Conflict) as caught:
        tick_evidence(**what, proof=Proof(note="call"), seen="")
    assert caught.value.code == "evidence.changed"
    assert (caught.value.facts["theirs"], caught.value.facts["yours"]) == (
        {"note": "letter"}, {"note": "call"},
    )  # fmt: skip
    seen = caught.value.facts["version"]
    # Files are put to those that are there: nothing is lost.
    tick_evidence(**what, proof=Proof(note="letter", file=Upload("a.txt", [b"a"], 1)), seen=seen)
    what["at"] += timedelta(minutes=1)
    tick_evidence(**what, proof=Proof(note="letter", file=Upload("b.txt", [b"b"], 1)), seen=seen)
    assert EvidenceFile.objects.count() == 1
    with pytest.raises(Conflict) as caught:
        untick_evidence(**what, seen=seen)
    assert caught.value.facts["theirs"] == {"note": "letter", "file": "a.txt, b.txt"}
    tick_evidence(**what, proof=Proof(note="call"), seen=caught.value.facts["version"])
    untick_evidence(**what, seen=moment_seen(Evidence.objects.get().ticked_at))
    with refused("evidence.changed"):
        tick_evidence(**what, proof=Proof(note="call"), seen=seen)
    plan_evidence(**what, action="ask", due_on=None, seen="")
    with refused("evidence.plan_changed"):
        plan_evidence(**what, action="call", due_on=None, seen="")


def test_a_tick_comes_back_with_who_ticked_it_when_and_a_plan_with_its_day(world: World) -> None:
    made = world.create()
    version = version_in_force(world.row(made).method_version_id)
    where: dict[str, Any] = {"stage_id": version.stages[0].id, "key": "purchase_request"}
    plan_evidence(**how(world, "wen", made), **where, action="ask", due_on=world.today)
    world.grant("bo", made)
    before = Evidence.objects.filter(**where).values("ticked_by", "ticked_on", "ticked_at", "note")
    tick_evidence(**how(world, "wen", made), **where, proof=Proof(note="letter"))
    first = before.get()
    later = {**how(world, "bo", made), "at": world.at + timedelta(days=3)}
    tick_evidence(**later, **where, proof=Proof(note="call"))
    saves = list(Change.objects.filter(field="evidence").order_by("id"))
    undone = {**how(world, "mei", made, Way.UNDO), "seen_version": None}
    undo_opportunity(**undone, correlation_id=saves[1].correlation_id)
    assert before.get() == first
    undo_opportunity(**undone, correlation_id=saves[0].correlation_id)
    assert not before.exists()
    plan = EvidencePlan.objects.get()
    assert (plan.action, plan.due_on) == ("ask", world.today)
    # The same proof, ticked by another save, is another tick.
    tick_evidence(**how(world, "wen", made), **where, proof=Proof(note="letter"))
    save = Change.objects.filter(field="evidence").latest("id").correlation_id
    untick_evidence(**how(world, "wen", made), **where)
    tick_evidence(**later, **where, proof=Proof(note="letter"))
    with refused("ledger.changed_since"):
        undo_opportunity(**undone, correlation_id=save)


# --- whatever is done in whatever order ------------------------------------------------------

ITEMS = st.integers(0, 30)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("tick"), ITEMS),
        st.tuples(st.just("untick"), ITEMS),
        st.tuples(st.just("mark"), ITEMS),
        st.tuples(st.just("doubt"), ITEMS),
        st.tuples(st.sampled_from(["advance", "far", "win", "ask", "approve", "back", "undo"]),
                  st.integers(0, 5)),
    ),
    min_size=5,
    max_size=30,
)  # fmt: skip


@settings(
    deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(method=st.sampled_from(METHODS), steps=STEPS)
def test_nothing_gets_through_unproved(world: World, method: str, steps: Any) -> None:
    """Whatever is ticked, marked, asked and moved: each step forward had all its evidence."""
    with transaction.atomic():
        _walk(world, method, steps)
        transaction.set_rollback(True)


def _walk(world: World, method: str, steps: list[tuple[str, int]]) -> None:
    world.gate(method, "validate")
    made = world.create(method_version_id=world.methods[method])
    version = version_in_force(world.methods[method])
    items = [(s.id, i.key) for s in version.stages for i in version.spec.stage(s.key).evidence]
    ticked: set[str] = set()
    confirmed: set[str] = set()
    pending: int | None = None
    for verb, number in steps:
        row = world.row(made)
        if row.place != Place.OPEN:
            break
        before = stage(world, made)
        stage_id, key = items[number % len(items)]
        world.at += timedelta(seconds=1)
        try:
            pending = _step(world, made, verb, number, stage_id, key, pending) or pending
        except (RuleBroken, Conflict, NotFound):
            pass
        else:
            if verb == "tick":
                ticked.add(key)
                confirmed.discard(key)
            elif verb == "untick":
                ticked.discard(key)
                confirmed.discard(key)
            elif verb == "mark":
                confirmed.add(key)
            elif verb == "doubt":
                confirmed.discard(key)
        assert ticked == set(Evidence.objects.values_list("key", flat=True))
        row = world.row(made)
        after = WON if row.place == Place.WON else stage(world, made)
        needed = {
            item.key
            for item in evidence_needed(version.spec, leaving=before, to=after)
            if not item.advised
        }
        assert needed <= ticked & confirmed, (verb, before, after)


def _step(
    world: World, made: Saved, verb: str, number: int, stage_id: int, key: str, pending: int | None
) -> int | None:
    match verb:
        case "tick" | "untick" | "mark" | "doubt":
            _work_on(world, made, verb, stage_id, key)
        case "advance":
            advance(world, made)
        case "far":
            advance(world, made, to_stage=_open_stage(world, made, number))
        case "win":
            win_opportunity(
                **how(world, "wen", made), outcome=Outcome("value"), seen_version=None,
                on=world.today,
            )  # fmt: skip
        case "ask":
            where = _open_stage(world, made, number)
            move = AskedMove("advance", where) if number % 2 else AskedMove("advance")
            return ask(world, made, move)
        case "approve":
            approve_request(**answer(world, "mei", pending or 0))
        case "back":
            regress_opportunity(
                **how(world, "wen", made), why="too early", seen_version=None, on=world.today
            )
        case "undo":
            last = Movement.objects.filter(opportunity_id=made.opportunity_id).latest("id")
            if last.kind != Kind.CREATED:
                undo_opportunity(
                    **how(world, "mei", made, Way.UNDO), seen_version=None,
                    correlation_id=last.correlation_id,
                )  # fmt: skip
    return None


def _work_on(world: World, made: Saved, verb: str, stage_id: int, key: str) -> None:
    what = {**how(world, "wen", made), "stage_id": stage_id, "key": key}
    if verb == "tick":
        tick_evidence(**what, proof=Proof(note=f"{world.at}"))
    elif verb == "untick":
        untick_evidence(**what)
    elif not Evidence.objects.filter(key=key).exists():
        raise NotFound("evidence.not_ticked")
    else:
        mark(world, made, key, marks=ALL if verb == "mark" else replace(ALL, precise=False))


def _open_stage(world: World, made: Saved, number: int) -> str:
    stages = version_in_force(world.row(made).method_version_id).open_stages
    return stages[number % len(stages)].key
