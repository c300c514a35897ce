"""Logging, planning and changing activities: who may, what follows, what is refused."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from dakehu.actions.activities import (
    EditActivity,
    NewActivity,
    cancel_activity,
    delete_activity,
    edit_activity,
    finish_activity,
    log_activity,
    move_activity,
    restore_activity,
)
from dakehu.actions.contacts import create_contact
from dakehu.actions.opportunities import NextStep
from dakehu.core.activities import ActivityKind, ActivityState, CallOutcome
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.models import Account, Activity, Change, Contact, Notice, Opportunity, Person
from dakehu.queries.activities import is_deal_not_moving
from tests.world import AT, TODAY, World

DAY = timedelta(days=1)
KEY = UUID("0c6c9f4e-5a57-4a53-9d5b-6f3c2f1f2f10")


def log(world: World, login: str = "wen", **facts: Any) -> int:
    given: dict[str, Any] = {"kind": ActivityKind.VISIT, "on": TODAY, "subject": "Look at the site"}
    new = NewActivity(**(given | facts))
    made = log_activity(actor=world.viewer(login), new=new, today=TODAY, at=AT)
    return made.activity_id


def contact(world: World, name: str = "王强", account: str = "harbour", login: str = "wen") -> int:
    return create_contact(
        actor=world.viewer(login), account_id=world.accounts[account], values={"name": name},
        today=TODAY, at=AT,
    )  # fmt: skip


def seen(world: World, activity: int, login: str = "wen") -> dict[str, Any]:
    return {
        "actor": world.viewer(login),
        "activity_id": activity,
        "seen_version": Activity.objects.get(pk=activity).version,
        "at": AT,
    }


def test_a_visit_stands_on_the_deal_and_its_account(world: World) -> None:
    deal = world.create().opportunity_id
    who = contact(world)
    made = log(world, opportunity_id=deal, contact_ids=(who,), result="They agreed to a test.",
               outcome=CallOutcome.ADVANCE)  # fmt: skip
    row = Activity.objects.get(pk=made)
    assert (row.owner_id, row.unit_id) == (world.people["wen"], world.units["east_team"])
    assert row.account_id == world.accounts["harbour"]
    assert [c.contact_id for c in row.contacts.all()] == [who]
    assert Change.objects.filter(object_type="activity", object_id=made, field="created").exists()


def test_the_last_contact_follows_what_was_done(world: World) -> None:
    deal = world.create(on=TODAY - 20 * DAY).opportunity_id
    who = contact(world)
    on = {"opportunity_id": deal, "contact_ids": (who,)}

    def last() -> set[Any]:
        return {
            Opportunity.objects.get(pk=deal).last_contact_on,
            Account.objects.get(pk=world.accounts["harbour"]).last_contact_on,
            Contact.objects.get(pk=who).last_contact_on,
        }

    first = log(world, on=TODAY - 9 * DAY, **on)
    assert last() == {TODAY - 9 * DAY}
    later = log(world, on=TODAY - 2 * DAY, **on)
    log(world, kind=ActivityKind.TASK, on=TODAY, state=ActivityState.DONE, **on)
    planned = log(world, on=TODAY + 3 * DAY, state=ActivityState.PLANNED, **on)
    assert last() == {TODAY - 2 * DAY}
    delete_activity(**seen(world, later))
    assert last() == {TODAY - 9 * DAY}
    restore_activity(actor=world.viewer("wen"), activity_id=later, at=AT + 29 * DAY)
    assert last() == {TODAY - 2 * DAY}
    finish_activity(**seen(world, planned), on=TODAY, today=TODAY)
    assert last() == {TODAY}
    for one in (planned, later, first):
        delete_activity(**seen(world, one))
    assert last() == {None}


def test_what_is_deleted_longer_than_thirty_days_stays_away(world: World) -> None:
    made = log(world)
    delete_activity(**seen(world, made))
    with pytest.raises(RuleBroken, match=r"activity\.gone"):
        restore_activity(actor=world.viewer("wen"), activity_id=made, at=AT + 31 * DAY)


def test_a_draft_sent_twice_is_one_activity(world: World) -> None:
    first = log(world, client_key=KEY)
    assert log(world, client_key=KEY) == first
    assert Activity.objects.count() == 1
    with pytest.raises(RuleBroken, match=r"activity\.key_taken"):
        log(world, "lu", client_key=KEY)


def test_a_next_step_given_with_it_becomes_the_opportunity_s(world: World) -> None:
    deal = world.create().opportunity_id
    step = {"next_step": "Send the offer", "next_step_on": TODAY + 3 * DAY}
    log(world, opportunity_id=deal, **step)
    row = Opportunity.objects.get(pk=deal)
    assert (row.next_step, row.next_step_on) == ("Send the offer", TODAY + 3 * DAY)
    # Who may only read the deal logs what they did there; its next step is the owner's.
    world.grant("bo", deal, right="read")
    new = NewActivity(kind=ActivityKind.CALL, on=TODAY, opportunity_id=deal, next_step="Ring again")
    made = log_activity(actor=world.viewer("bo"), new=new, today=TODAY, at=AT)
    assert made.took_next_step is False
    assert Opportunity.objects.get(pk=deal).next_step == "Send the offer"
    assert Activity.objects.get(pk=made.activity_id).next_step == "Ring again"


def test_a_next_step_that_a_colleague_wrote_meanwhile_stays(world: World) -> None:
    deal = world.create(next_step="Ring", next_step_on=TODAY).opportunity_id
    seen_step = NextStep("Ring", TODAY)
    planned = log(world, opportunity_id=deal, on=TODAY + DAY, state=ActivityState.PLANNED)
    world.grant("bo", deal)
    log(world, "bo", opportunity_id=deal, next_step="Send the offer", seen_step=seen_step)
    assert Opportunity.objects.get(pk=deal).next_step == "Send the offer"
    new = NewActivity(kind=ActivityKind.CALL, on=TODAY, opportunity_id=deal, next_step="Ring again",
                      seen_step=seen_step)  # fmt: skip
    assert (
        log_activity(actor=world.viewer("wen"), new=new, today=TODAY, at=AT).took_next_step is False
    )
    said = {"on": TODAY, "next_step": "Ring Li", "today": TODAY}
    assert finish_activity(**seen(world, planned), **said, seen_step=seen_step) is False
    assert Opportunity.objects.get(pk=deal).next_step == "Send the offer"


def test_a_next_step_that_is_done_is_cleared_or_gives_way_to_the_next(world: World) -> None:
    deal = world.create(next_step="Ring", next_step_on=TODAY - DAY).opportunity_id
    on: dict[str, Any] = {"opportunity_id": deal, "finishes_step": True}
    log(world, **on, next_step="Send the offer", seen_step=NextStep("Ring", TODAY - DAY))
    assert Opportunity.objects.get(pk=deal).next_step == "Send the offer"
    log(world, **on, seen_step=NextStep("Ring", TODAY - DAY))  # it is another by now
    assert Opportunity.objects.get(pk=deal).next_step == "Send the offer"
    log(world, **on, seen_step=NextStep("Send the offer", None))
    row = Opportunity.objects.get(pk=deal)
    assert (row.next_step, row.next_step_on) == ("", None)


def test_who_edits_keeps_those_whom_they_were_not_shown(world: World) -> None:
    who, other = contact(world), contact(world, "李梅")
    made = log(world, contact_ids=(who,), person_ids=(world.people["bo"],))
    Account.objects.filter(pk=world.accounts["harbour"]).update(
        manager_id=world.people["lu"], unit_id=world.units["west_team"]
    )
    Person.objects.filter(pk=world.people["bo"]).update(is_active=False)
    edit = EditActivity(
        kind=ActivityKind.VISIT, on=TODAY, state=ActivityState.DONE, subject="Went there",
        person_ids=(world.people["bo"],),
    )  # fmt: skip
    edit_activity(**seen(world, made), edit=edit, today=TODAY)
    row = Activity.objects.get(pk=made)
    assert [one.contact_id for one in row.contacts.all()] == [who]
    assert [one.person_id for one in row.people.all()] == [world.people["bo"]]
    assert Contact.objects.get(pk=who).last_contact_on == TODAY
    with pytest.raises(NotFound, match=r"contact\.unknown"):
        edit_activity(**seen(world, made), edit=replace(edit, contact_ids=(other,)), today=TODAY)


def test_three_continuations_flag_the_deal_until_something_is_agreed(world: World) -> None:
    deal = world.create().opportunity_id
    how = {"viewer": world.viewer("wen"), "opportunity_id": deal}
    for number in range(3):
        assert not is_deal_not_moving(**how)
        log(world, opportunity_id=deal, on=TODAY - (5 - number) * DAY,
            outcome=CallOutcome.CONTINUATION)  # fmt: skip
    assert is_deal_not_moving(**how)
    log(world, opportunity_id=deal, on=TODAY, outcome=CallOutcome.ADVANCE)
    assert not is_deal_not_moving(**how)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"on": TODAY + DAY}, "activity.done_in_future"),
        ({"on": TODAY.replace(year=2050), "state": ActivityState.PLANNED}, "activity.day_far_off"),
        ({"minutes": 0}, "activity.minutes"),
        ({"kind": ActivityKind.TASK, "outcome": CallOutcome.ORDER}, "activity.no_outcome"),
        ({"state": ActivityState.PLANNED, "outcome": CallOutcome.ORDER}, "activity.no_outcome"),
        ({"subject": "x" * 201}, "text.too_long"),
        ({"result": "a\x00b"}, "text.unreadable"),
        ({"person_ids": (10**9,)}, "activity.person_unknown"),
    ],
)
def test_what_nobody_can_mean_is_refused(world: World, facts: dict[str, Any], code: str) -> None:
    with pytest.raises(RuleBroken, match=re.escape(code)):
        log(world, **facts)
    assert not Activity.objects.exists()


def test_records_out_of_sight_are_not_there(world: World) -> None:
    deal = world.create("lu").opportunity_id
    theirs = contact(world, "李梅", "mill", "lu")
    with pytest.raises(NotFound, match=r"opportunity\.not_found"):
        log(world, opportunity_id=deal)
    with pytest.raises(NotFound, match=r"account\.unknown"):
        log(world, account_id=world.accounts["mill"])
    with pytest.raises(NotFound, match=r"contact\.unknown"):
        log(world, contact_ids=(theirs,))
    with pytest.raises(RuleBroken, match=r"activity\.contact_elsewhere"):
        log(world, "ops", account_id=world.accounts["harbour"], contact_ids=(theirs,))


@pytest.mark.parametrize("login", ["admin", "auditor", "operator"])
def test_who_has_nothing_to_do_with_customers_logs_nothing(world: World, login: str) -> None:
    with pytest.raises(NotAllowed, match=r"activity\.log"):
        log(world, login)


def test_the_owner_and_the_head_may_change_it_and_a_colleague_may_not(world: World) -> None:
    made = log(world, person_ids=(world.people["bo"],), state=ActivityState.PLANNED, on=TODAY + DAY)
    move_activity(**seen(world, made, "mei"), on=TODAY + 2 * DAY, starts_at=None, today=TODAY)
    assert Activity.objects.get(pk=made).on == TODAY + 2 * DAY
    with pytest.raises(NotAllowed, match=r"activity\.edit"):
        cancel_activity(**seen(world, made, "bo"))  # takes part: sees it, changes nothing
    with pytest.raises(NotAllowed, match=r"activity\.edit"):
        cancel_activity(**seen(world, made, "director"))
    with pytest.raises(NotFound):
        cancel_activity(**seen(world, made, "lu"))
    world.stand_in("lu", "wen", "salesperson", "east_team")
    cancel_activity(**seen(world, made, "lu"))
    last = Change.objects.filter(object_type="activity", object_id=made).latest("id")
    assert (last.field, last.new, last.for_person_id) == ("state", "cancelled", world.people["wen"])


def test_a_colleague_who_is_named_is_told(world: World) -> None:
    log(world, person_ids=(world.people["bo"],), state=ActivityState.PLANNED, on=TODAY + DAY)
    assert Notice.objects.get().person_id == world.people["bo"]


def test_the_second_who_saves_is_told_and_sees_both(world: World) -> None:
    made = log(world)
    edit = EditActivity(
        kind=ActivityKind.VISIT, on=TODAY, state=ActivityState.DONE, subject="First"
    )
    both = seen(world, made)
    edit_activity(**both, edit=edit, today=TODAY)
    mine = EditActivity(
        kind=ActivityKind.CALL, on=TODAY, state=ActivityState.DONE, subject="Second"
    )
    with pytest.raises(Conflict) as refused:
        edit_activity(**both, edit=mine, today=TODAY)
    assert refused.value.facts["theirs"]["subject"] == "First"
    assert refused.value.facts["yours"]["subject"] == "Second"
    assert "people" not in refused.value.facts["theirs"]
    along = replace(mine, person_ids=(world.people["bo"],))
    with pytest.raises(Conflict) as refused:
        edit_activity(**both, edit=along, today=TODAY)
    assert refused.value.facts["theirs"]["people"] == ()
    assert refused.value.facts["yours"]["people"] == (world.people["bo"],)
    assert Activity.objects.get(pk=made).subject == "First"


def test_what_is_done_is_not_moved_and_what_is_planned_is_finished_once(world: World) -> None:
    made = log(world, state=ActivityState.PLANNED, on=TODAY + DAY)
    finish_activity(**seen(world, made), on=TODAY, outcome=CallOutcome.ADVANCE, today=TODAY)
    with pytest.raises(RuleBroken, match=r"activity\.not_planned"):
        finish_activity(**seen(world, made), on=TODAY, today=TODAY)
    with pytest.raises(RuleBroken, match=r"activity\.done_stays"):
        move_activity(**seen(world, made), on=TODAY + DAY, starts_at=None, today=TODAY)
    with pytest.raises(RuleBroken, match=r"activity\.done_stays"):
        cancel_activity(**seen(world, made))


def test_moving_plans_a_cancelled_one_again(world: World) -> None:
    made = log(world, state=ActivityState.PLANNED, on=TODAY + DAY)
    cancel_activity(**seen(world, made))
    move_activity(**seen(world, made), on=TODAY + 2 * DAY, starts_at=None, today=TODAY)
    assert Activity.objects.get(pk=made).state == ActivityState.PLANNED
