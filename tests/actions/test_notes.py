"""Notes, mentions, files and the next step: written, told, taken back, and kept from strangers."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from dakehu.actions.contacts import create_contact
from dakehu.actions.evidence import Upload
from dakehu.actions.files import attach_files, delete_attachment, restore_attachment
from dakehu.actions.notes import (
    delete_note,
    edit_note,
    finish_mention,
    restore_note,
    write_note,
)
from dakehu.actions.opportunities import (
    EditOpportunity,
    NextStep,
    add_competitor,
    edit_competitor,
    edit_opportunity,
    remove_competitor,
    set_next_step,
    undo_opportunity,
    void_opportunity,
)
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Way
from dakehu.models import Change, Competitor, Mention, Note, Notice, Person, TeamMember
from dakehu.queries.files import attached_file, files_on
from dakehu.queries.notes import mentions_waiting
from dakehu.queries.records import record_in_sight
from dakehu.queries.timeline import timeline
from tests.world import World

pytestmark = pytest.mark.django_db


def write(
    world: World, login: str, deal: int, text: str, *, kind: str = "opportunity", **more: Any
) -> int:
    return write_note(
        actor=world.viewer(login), kind=kind, record_id=deal, text=text, today=world.today,
        at=more.pop("at", world.at), **more,
    )  # fmt: skip


def notes(world: World, login: str, record: int, kind: str = "opportunity") -> list[str]:
    page = timeline(
        world.viewer(login), kind=kind, record_id=record, tab="notes", today=world.today
    )
    return [item.body.text for item in page.items]  # type: ignore[union-attr]


def test_a_note_tells_whom_it_mentions_once_and_waits_for_them(world: World) -> None:
    deal = world.create().opportunity_id
    note = write(world, "wen", deal, "@梅兰 and @Rong: look, @mei")
    told = Notice.objects.filter(kind="mentioned")
    assert set(told.values_list("person_id", flat=True)) == {
        world.people["mei"], world.people["rong"],
    }  # fmt: skip
    waiting = mentions_waiting(world.viewer("mei"))
    assert [(row.note_id, row.record_id, row.author.login) for row in waiting] == [
        (note, deal, "wen")
    ]
    finish_mention(actor=world.viewer("mei"), note_id=note, at=world.at)
    assert mentions_waiting(world.viewer("mei")) == ()
    assert len(mentions_waiting(world.viewer("rong"))) == 1
    with pytest.raises(NotFound):
        finish_mention(actor=world.viewer("wen"), note_id=note, at=world.at)


def test_who_cannot_see_the_deal_is_not_mentioned_but_may_be_let_in(world: World) -> None:
    deal = world.create().opportunity_id
    with pytest.raises(RuleBroken) as refused:
        write(world, "wen", deal, "@陆海 can you help?")
    assert refused.value.code == "note.mention_out_of_sight"
    assert not Note.objects.exists()
    write(world, "wen", deal, "@陆海 can you help?", add_to_team=True)
    assert TeamMember.objects.get().right == "read"
    assert notes(world, "lu", deal) == ["@陆海 can you help?"]
    # Who may not let others in may not do it through a note either.
    with pytest.raises(NotAllowed):
        write(world, "lu", deal, "@薄云 look", add_to_team=True)
    assert TeamMember.objects.count() == 1


def test_of_two_with_one_name_the_one_who_sees_it_is_meant(world: World) -> None:
    deal = world.create().opportunity_id
    Person.objects.filter(login__in=("mei", "lu")).update(name="王敏")
    write(world, "wen", deal, "@王敏 please")
    assert Mention.objects.get().person_id == world.people["mei"]
    Person.objects.filter(login="rong").update(name="王敏")
    with pytest.raises(RuleBroken) as refused:
        write(world, "wen", deal, "@王敏 please")
    assert refused.value.code == "note.mention_ambiguous"
    assert set(refused.value.facts["logins"]) == {"mei", "rong"}


def test_what_a_note_said_before_stays_on_record(world: World) -> None:
    deal = world.create().opportunity_id
    note = write(world, "wen", deal, "first @mei")
    how: dict[str, Any] = {
        "actor": world.viewer("wen"), "note_id": note, "today": world.today, "at": world.at,
    }  # fmt: skip
    edit_note(text="second @rong", seen_version=1, **how)
    assert notes(world, "mei", deal) == ["second @rong"]
    change = Change.objects.get(object_type="note", field="text")
    assert (change.old, change.new) == ("first @mei", "second @rong")
    assert mentions_waiting(world.viewer("mei")) == ()
    assert len(mentions_waiting(world.viewer("rong"))) == 1
    with pytest.raises(Conflict) as told:
        edit_note(text="third", seen_version=1, **how)
    assert told.value.facts["theirs"] == {"text": "second @rong"}
    # Only whoever wrote it, and nobody learns of it who does not see the deal.
    for login, error in (("mei", NotAllowed), ("lu", NotFound)):
        with pytest.raises(error):
            edit_note(text="x", seen_version=None, **{**how, "actor": world.viewer(login)})
        with pytest.raises(error):
            delete_note(actor=world.viewer(login), note_id=note, at=world.at)


def test_a_deleted_note_comes_back_for_thirty_days(world: World) -> None:
    deal = world.create().opportunity_id
    note = write(world, "wen", deal, "wrong deal, @mei")
    wen = world.viewer("wen")
    delete_note(actor=wen, note_id=note, at=world.at)
    assert notes(world, "wen", deal) == []
    assert mentions_waiting(world.viewer("mei")) == ()
    with pytest.raises(NotFound):
        restore_note(actor=world.viewer("mei"), note_id=note, at=world.at)
    with pytest.raises(RuleBroken):
        restore_note(actor=wen, note_id=note, at=world.at + timedelta(days=31))
    restore_note(actor=wen, note_id=note, at=world.at + timedelta(days=30))
    assert notes(world, "wen", deal) == ["wrong deal, @mei"]


@pytest.mark.parametrize("text", ["", "   \n", "x" * 10_001, "a\x00b"])
def test_text_that_is_no_note(world: World, text: str) -> None:
    deal = world.create().opportunity_id
    with pytest.raises(RuleBroken):
        write(world, "wen", deal, text)


def test_who_writes_where(world: World) -> None:
    deal = world.create().opportunity_id
    for login in ("mei", "director", "fin", "ops"):
        write(world, login, deal, f"by {login}")
    world.grant("admin", deal, "work")
    for login, error in (("auditor", NotAllowed), ("admin", NotAllowed), ("lu", NotFound)):
        with pytest.raises(error):
            write(world, login, deal, "no")
    with pytest.raises(RuleBroken):
        write(world, "operator", deal, "a machine")
    void_opportunity(
        actor=world.viewer("wen"), opportunity_id=deal, why="twice", seen_version=None,
        **world.how(),
    )  # fmt: skip
    with pytest.raises(RuleBroken):
        write(world, "wen", deal, "too late")


def test_a_note_on_a_contact_is_a_note_about_a_person(world: World) -> None:
    chen = create_contact(
        actor=world.viewer("operator"), account_id=world.accounts["harbour"],
        values={"name": "陈建国"}, today=world.today, at=world.at,
    )  # fmt: skip
    write(world, "wen", chen, "likes tea", kind="contact")
    assert notes(world, "director", chen, "contact") == ["likes tea"]
    assert notes(world, "fin", chen, "contact") == []
    page = timeline(world.viewer("fin"), kind="contact", record_id=chen, today=world.today)
    assert page.notes_hidden
    assert not page.may_note
    with pytest.raises(NotAllowed):
        write(world, "fin", chen, "me too", kind="contact")
    with pytest.raises(RuleBroken) as refused:
        write(world, "wen", chen, "@费明 he likes tea", kind="contact")
    assert refused.value.code == "note.mention_out_of_sight"


# -- files ------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Path) -> None:
    settings.FILES = str(tmp_path)


#: First bytes that keep what the names below promise.
STARTS = {"pdf": b"%PDF-1.7 ", "png": b"\x89PNG\r\n\x1a\n"}


def upload(name: str, content: bytes | None = None, size: int | None = None) -> Upload:
    content = STARTS.get(name.rpartition(".")[2], b"x") if content is None else content
    return Upload(name, [content], len(content) if size is None else size)


def test_files_come_all_or_none_and_are_served_by_permission(world: World) -> None:
    deal = world.create().opportunity_id
    wen = world.viewer("wen")
    how: dict[str, Any] = {"kind": "opportunity", "record_id": deal, "at": world.at}
    for bad in (upload("run.exe"), upload("big.pdf", size=21 * 1024 * 1024)):
        with pytest.raises(RuleBroken):
            attach_files(actor=wen, uploads=[upload("a.pdf"), bad], **how)
    record = record_in_sight(wen, kind="opportunity", record_id=deal)
    assert files_on(wen, record=record) == []
    one, two = attach_files(actor=wen, uploads=[upload("报价.pdf"), upload("b.png")], **how)
    assert attached_file(world.viewer("mei"), attachment_id=one).name == "报价.pdf"
    with pytest.raises(NotFound):
        attached_file(world.viewer("lu"), attachment_id=one)
    world.grant("lu", deal, "read")
    with pytest.raises(NotAllowed):
        attach_files(actor=world.viewer("lu"), uploads=[upload("c.txt")], **how)
    with pytest.raises(NotAllowed):
        delete_attachment(actor=world.viewer("lu"), attachment_id=one, at=world.at)
    delete_attachment(actor=wen, attachment_id=two, at=world.at)
    with pytest.raises(NotFound):
        attached_file(wen, attachment_id=two)
    with pytest.raises(RuleBroken):
        restore_attachment(actor=wen, attachment_id=two, at=world.at + timedelta(days=31))
    restore_attachment(actor=wen, attachment_id=two, at=world.at)
    assert [f.name for f in files_on(wen, record=record)] == ["b.png", "报价.pdf"]


# -- the next step, and competitors -----------------------------------------------------


def step(world: World, deal: int, text: str, on: date | None, **more: Any) -> str:
    return set_next_step(
        opportunity_id=deal, step=NextStep(text, on), today=world.today,
        at=world.at, way=Way.FORM, **{"actor": world.viewer("wen"), "seen": None, **more},
    ).correlation_id  # fmt: skip


def test_a_step_is_done_with_its_result_and_can_be_taken_back(world: World) -> None:
    deal = world.create(next_step="call Chen", next_step_on=world.today).opportunity_id
    later = world.today + timedelta(days=7)
    save = step(
        world, deal, "visit Chen", later, result="he wants a visit",
        seen=NextStep("call Chen", world.today),
    )  # fmt: skip
    row = world.row(deal)
    assert (row.next_step, row.next_step_on) == ("visit Chen", later)
    done = Change.objects.get(field="next_step_done")
    assert done.new == {"step": "call Chen", "result": "he wants a visit"}
    undo_opportunity(
        actor=world.viewer("wen"), opportunity_id=deal, correlation_id=UUID(save),
        seen_version=None, today=world.today, at=world.at,
    )  # fmt: skip
    row = world.row(deal)
    assert (row.next_step, row.next_step_on) == ("call Chen", world.today)


def test_only_who_changed_the_step_itself_is_in_the_way(world: World) -> None:
    deal = world.create(next_step="call").opportunity_id
    seen = NextStep("call", None)
    edit_opportunity(
        actor=world.viewer("wen"), opportunity_id=deal, edit=EditOpportunity(source="web"),
        seen_version=None, **world.how(),
    )  # fmt: skip
    step(world, deal, "visit", None, seen=seen)
    with pytest.raises(Conflict) as told:
        step(world, deal, "write", None, seen=seen)
    assert told.value.facts["theirs"]["next_step"] == "visit"
    assert told.value.facts["yours"]["next_step"] == "write"
    with pytest.raises(NotAllowed):
        step(world, deal, "x", None, actor=world.viewer("mei"))
    with pytest.raises(NotFound):
        step(world, deal, "x", None, actor=world.viewer("lu"))


def test_there_must_be_a_step_to_be_done(world: World) -> None:
    deal = world.create().opportunity_id
    with pytest.raises(RuleBroken):
        step(world, deal, "", None, result="what?")


def test_competitors_are_described_in_place_and_taken_back(world: World) -> None:
    deal = world.create(competitors=("Zeta",)).opportunity_id
    how: dict[str, Any] = {
        "actor": world.viewer("wen"), "opportunity_id": deal, "today": world.today,
        "at": world.at,
    }  # fmt: skip
    saved = add_competitor(name="Alpha", note="cheap", **how)
    with pytest.raises(RuleBroken):
        add_competitor(name="Alpha", **how)
    alpha = Competitor.objects.get(name="Alpha")
    edit_competitor(competitor_id=alpha.pk, note="cheap, slow", seen="cheap", **how)
    with pytest.raises(Conflict):
        edit_competitor(competitor_id=alpha.pk, note="fast", seen="cheap", **how)
    gone = remove_competitor(competitor_id=alpha.pk, **how)
    undo_opportunity(
        actor=world.viewer("wen"), opportunity_id=deal, seen_version=None,
        correlation_id=UUID(gone.correlation_id), today=world.today, at=world.at,
    )  # fmt: skip
    assert Competitor.objects.get(name="Alpha").note == "cheap, slow"
    assert saved.version < world.row(deal).version
