"""Telling people: each as they want it, once, in their language, by mail not in quiet hours."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from dakehu import jobs
from dakehu.actions.accounts import assign_account, create_account
from dakehu.actions.activities import NewActivity, log_activity
from dakehu.actions.marks import mark_seen, toggle_follow, toggle_pin
from dakehu.actions.notices import (
    KindChoice,
    Mailed,
    choose_notices,
    read_notice,
    read_notices,
    send_notice_mails,
    tell,
    tell_due_notices,
)
from dakehu.actions.opportunities import (
    EditOpportunity,
    Outcome,
    advance_opportunity,
    edit_opportunity,
    lose_opportunity,
    reassign_opportunity,
    regress_opportunity,
    reopen_opportunity,
)
from dakehu.core.activities import ActivityKind, ActivityState
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.core.notices import KINDS, is_quiet, last_digest
from dakehu.messages.notices import worded_mail, worded_notice
from dakehu.models import Account, Change, Grant, Mark, Notice, Opportunity, Person
from dakehu.queries.marks import pins, recents_and_pins
from dakehu.queries.notices import notice_settings, notices, unread_count
from tests.world import OPERATOR, TODAY, World

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def _mailing(world: World, settings: Any) -> None:
    settings.MAIL, settings.MAIL_URL = "smtp", "https://sales.example"
    for login in world.people:
        Person.objects.filter(login=login).update(email=f"{login}@sales.example")


def told(world: World, login: str) -> list[str]:
    rows = notices(world.viewer(login)).rows
    with translation.override("en"):
        return [worded_notice(row, "en") for row in rows]


def follow(world: World, login: str, opportunity_id: int) -> None:
    assert toggle_follow(
        actor=world.viewer(login), object_type="opportunity", object_id=opportunity_id,
        at=world.at,
    )  # fmt: skip


def send(world: World, at: datetime | None = None) -> Mailed:
    return send_notice_mails(actor=OPERATOR, at=at or world.at, word=worded_mail)


def written() -> list[tuple[str, str, str]]:
    return [(m.to[0].split("@")[0], str(m.subject), str(m.body)) for m in mail.outbox]


def choose(world: World, login: str, **more: Any) -> None:
    given: dict[str, Any] = {
        "kinds": {}, "quiet_from": None, "quiet_until": None, "digest_at": 8,
    } | more  # fmt: skip
    choose_notices(actor=world.viewer(login), **given)


def test_who_follows_is_told_of_every_move_but_their_own(world: World) -> None:
    made = world.create("wen", name="Quay crane")
    pk = made.opportunity_id
    follow(world, "mei", pk)
    follow(world, "wen", pk)
    wen, how = world.viewer("wen"), world.how()
    advance_opportunity(actor=wen, opportunity_id=pk, seen_version=None, **how)
    regress_opportunity(actor=wen, opportunity_id=pk, why="back", seen_version=None, **how)
    lose_opportunity(
        actor=wen, opportunity_id=pk, outcome=Outcome("price"), seen_version=None, **how
    )
    reopen_opportunity(actor=wen, opportunity_id=pk, why="again", seen_version=None, **how)
    assert told(world, "mei")[:3] == [
        "Quay crane was reopened.", "Quay crane is lost.",
        "Quay crane moved back to “Interest”.",
    ]  # fmt: skip
    assert told(world, "mei")[3].startswith("Quay crane moved on to “")
    assert told(world, "wen") == []


def test_a_move_that_nobody_follows_asks_one_question_more(world: World) -> None:
    pk = world.create("wen").opportunity_id
    with CaptureQueriesContext(connection) as asked:
        advance_opportunity(
            actor=world.viewer("wen"), opportunity_id=pk, seen_version=None, **world.how()
        )
    about = [q for q in asked.captured_queries if "dakehu_mark" in q["sql"] or
             "dakehu_notice" in q["sql"]]  # fmt: skip
    assert len(about) == 1


def test_of_a_record_out_of_sight_nothing_but_that_is_told(world: World) -> None:
    pk = world.create("wen", name="Secret crane").opportunity_id
    Grant.objects.create(
        person_id=world.people["lu"], opportunity_id=pk, right="read", because="selling_team",
        granted_at=world.at,
    )  # fmt: skip
    follow(world, "lu", pk)
    advance_opportunity(
        actor=world.viewer("wen"), opportunity_id=pk, seen_version=None, **world.how()
    )
    Grant.objects.all().delete()
    assert told(world, "lu") == ["A record that you no longer see: Stage moved on what you follow"]
    choose(world, "lu", kinds={"stage_moved": KindChoice(in_product=True, mail="now")})
    world.grant("lu", pk, right="read")
    advance_opportunity(
        actor=world.viewer("wen"), opportunity_id=pk, seen_version=None, **world.how()
    )
    Grant.objects.all().delete()
    assert send(world) == Mailed(1, 0)
    assert "Secret crane" not in mail.outbox[0].subject + mail.outbox[0].body
    assert f"/opportunities/{pk}/" not in mail.outbox[0].body
    # Nothing is told of what happens from then on; it can be let go, and not taken up again.
    before = Notice.objects.count()
    advance_opportunity(
        actor=world.viewer("wen"), opportunity_id=pk, seen_version=None, **world.how()
    )
    assert Notice.objects.count() == before
    on = {"object_type": "opportunity", "object_id": pk, "at": world.at}
    assert not toggle_follow(actor=world.viewer("lu"), **on)
    with pytest.raises(NotFound):
        toggle_follow(actor=world.viewer("lu"), **on)


def test_who_is_given_something_is_told_and_mailed_at_once(
    world: World, django_capture_on_commit_callbacks: Any
) -> None:
    pk = world.create("wen", name="Belt line").opportunity_id
    with django_capture_on_commit_callbacks() as queued:
        reassign_opportunity(
            actor=world.viewer("mei"), opportunity_id=pk, owner_id=world.people["bo"],
            seen_version=None, **world.how(),
        )  # fmt: skip
    assert len(queued) == 1
    account = Account.objects.get(pk=world.accounts["harbour"])
    assign_account(
        actor=world.viewer("mei"), account_id=account.pk, seen_version=account.version,
        manager_id=world.people["bo"], unit_id=None, today=TODAY, at=world.at,
    )  # fmt: skip
    assert told(world, "bo") == ["Harbour Group is yours now.", "Belt line is yours now."]
    assert unread_count(world.viewer("bo")) == 2
    assert send(world) == Mailed(1, 0)
    assert send(world) == Mailed(0, 0)
    (to, subject, body) = written()[0]
    assert (to, subject) == ("bo", "Harbour Group is yours now. And 1 more")
    assert f"https://sales.example/opportunities/{pk}/" in body
    with timezone.override(ZoneInfo("America/New_York")):
        # At noon in Shanghai, whatever zone the worker is in.
        assert (
            "2026-06-30 12:00"
            in worded_mail(notices(world.viewer("bo")).rows, "en", is_digest=False, url="")[1]
        )
    assert "https://sales.example/settings/notices/" in body


def test_who_an_account_is_created_for_is_told_and_who_creates_their_own_is_not(
    world: World,
) -> None:
    def create(by: str, manager: str | None, name: str) -> None:
        create_account(
            actor=world.viewer(by), values={"name": name}, today=TODAY, at=world.at,
            manager_id=world.people[manager] if manager else None,
            unit_id=None if manager else world.units["east"],
        )  # fmt: skip

    create("ops", "bo", "Pier Works")
    create("bo", "bo", "Dock Supply")
    create("ops", None, "Quay Inbox")
    assert told(world, "bo") == ["Pier Works is yours now."]
    assert Notice.objects.count() == 1
    row = Notice.objects.get()
    saved = Change.objects.get(object_type="account", object_id=row.object_id, field="created")
    assert row.correlation_id == saved.correlation_id
    assert send(world) == Mailed(1, 0)
    assert written()[0][:2] == ("bo", "Pier Works is yours now.")


def test_a_mail_is_in_the_language_of_who_gets_it(world: World) -> None:
    Person.objects.filter(login="bo").update(language="zh-hans")
    pk = world.create("wen", name="Belt line").opportunity_id
    tell(
        kind="assigned", people=[world.people["bo"]], actor=world.viewer("mei"), at=world.at,
        object_type="opportunity", object_id=pk,
    )  # fmt: skip
    world.grant("bo", pk, "read")
    send(world)
    assert "现在由您负责" in written()[0][1]


def test_an_activity_without_a_subject_is_told_by_its_kind(world: World) -> None:
    new = NewActivity(
        kind=ActivityKind.VISIT, state=ActivityState.PLANNED, on=TODAY + DAY,
        account_id=world.accounts["harbour"], person_ids=(world.people["bo"],),
    )  # fmt: skip
    log_activity(actor=world.viewer("wen"), new=new, today=TODAY, at=world.at)
    assert told(world, "bo") == ["You take part: Visit on 2026-07-01."]
    with translation.override("zh-hans"):
        row = notices(world.viewer("bo")).rows[0]
        assert worded_notice(row, "zh-hans") == "请您参加：2026-07-01 拜访。"


def test_quiet_hours_and_the_digest_keep_to_each_one_s_hour(world: World) -> None:
    at = datetime(2026, 6, 30, 23, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
    choose(world, "bo", quiet_from=22, quiet_until=7, digest_at=9)
    one = {"people": [world.people["bo"]], "actor": OPERATOR, "at": at}
    tell(kind="assigned", **one)
    tell(kind="next_step_due", facts={"on": "2026-06-30"}, **one)
    assert send(world, at) == Mailed(0, 0)
    assert send(world, at + 7 * HOUR) == Mailed(0, 0)  # 6:30
    assert send(world, at + 8 * HOUR) == Mailed(1, 0)  # 7:30
    assert send(world, at + 9 * HOUR) == Mailed(0, 0)  # 8:30
    assert send(world, at + 10 * HOUR) == Mailed(1, 0)  # 9:30
    assert [subject for _to, subject, _body in written()][1] == "1 notice from Dakehu"
    assert send(world, at + 34 * HOUR) == Mailed(0, 0)


@pytest.mark.parametrize(
    ("quiet", "digest_at", "comes_at"),
    [
        ((22, 7), 9, 9),
        ((22, 7), 3, 7),  # due in the night: when it ends
        ((22, 7), 23, 7),
        ((22, 7), 22, 7),
        ((22, 7), 7, 7),  # due as they end
        ((0, 0), 3, 3),  # no hours at all
        ((8, 12), 8, 12),
        ((1, 0), 8, 0),  # one hour a day is left
    ],
)
def test_a_digest_due_in_quiet_hours_waits_until_they_end(
    world: World, quiet: tuple[int, int], digest_at: int, comes_at: int
) -> None:
    choose(world, "bo", quiet_from=quiet[0], quiet_until=quiet[1], digest_at=digest_at)
    # Told just before it is due, and asked every hour from then on for more than a day.
    due = datetime(2026, 6, 30, digest_at, tzinfo=ZoneInfo("Asia/Shanghai"))
    tell(
        kind="next_step_due", people=[world.people["bo"]], actor=OPERATOR,
        at=due - timedelta(minutes=1), facts={"on": "2026-06-30"},
    )  # fmt: skip
    sent = [due + n * HOUR for n in range(30) if send(world, due + n * HOUR) == Mailed(1, 0)]
    assert [(moment.hour, moment - due < DAY) for moment in sent] == [(comes_at, True)]


def test_hours_of_the_day() -> None:
    assert [h for h in range(24) if is_quiet(h, 22, 7)] == [0, 1, 2, 3, 4, 5, 6, 22, 23]
    assert [h for h in range(24) if is_quiet(h, 9, 11)] == [9, 10]
    assert not any(is_quiet(h, None, None) or is_quiet(h, 5, 5) for h in range(24))
    now = datetime(2026, 6, 30, 7, 59, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert last_digest(now, 8) == now.replace(hour=8, minute=0) - DAY
    assert last_digest(now + HOUR, 8) == now.replace(hour=8, minute=0)


def test_everybody_is_told_what_they_want(world: World, settings: Any) -> None:
    nothing = {key: KindChoice(in_product=False, mail="off") for key in KINDS}
    choose(world, "bo", kinds=nothing)
    by_mail = {"assigned": KindChoice(in_product=False, mail="now")}
    choose(world, "lu", kinds=by_mail)
    people = [world.people[login] for login in ("bo", "lu", "mei", "mei")]
    how: dict[str, Any] = {"actor": world.viewer("mei"), "at": world.at}
    assert tell(kind="assigned", people=people, **how) == 1  # lu; mei did it herself
    assert unread_count(world.viewer("lu")) == 0
    assert notices(world.viewer("lu")).rows == ()
    assert send(world) == Mailed(1, 0)
    settings.MAIL = "off"
    assert tell(kind="assigned", people=people, **how) == 0
    assert notice_settings(world.viewer("bo")).kinds["stalled"] == (False, "off")
    assert notice_settings(world.viewer("wen")).kinds["stalled"] == (True, "digest")


def test_choices_that_make_no_sense_are_refused(world: World) -> None:
    for more, code in (
        ({"quiet_from": 3}, r"notice\.half_quiet"),
        ({"digest_at": 24}, r"notice\.bad_hour"),
        ({"kinds": {"nonsense": KindChoice(True, "now")}}, r"notice\.unknown_kind"),
        ({"kinds": {"assigned": KindChoice(True, "pigeon")}}, r"notice\.unknown_mail"),
    ):
        with pytest.raises(RuleBroken, match=code):
            choose(world, "wen", **more)
    choose(world, "wen", seen_version=0)
    with pytest.raises(Conflict):
        choose(world, "wen", seen_version=0)


def test_what_no_server_takes_waits_and_is_given_up_at_last(world: World, settings: Any) -> None:
    tell(kind="assigned", people=[world.people["bo"]], actor=OPERATOR, at=world.at)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert send(world) == Mailed(0, 1)
    assert send(world, world.at + HOUR) == Mailed(0, 1)
    assert send(world, world.at + 4 * DAY) == Mailed(0, 1)
    assert send(world, world.at + 5 * DAY) == Mailed(0, 0)


def test_a_killed_worker_leaves_a_mail_out_and_never_sends_it_twice(world: World) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: object) -> tuple[str, str]:
        raise Killed

    tell(kind="assigned", people=[world.people["bo"]], actor=OPERATOR, at=world.at)
    with pytest.raises(Killed):
        send_notice_mails(actor=OPERATOR, at=world.at, word=killed)
    assert send(world) == Mailed(0, 0)
    with pytest.raises(NotAllowed):
        send_notice_mails(actor=world.viewer("mei"), at=world.at, word=worded_mail)


def test_what_was_read_meanwhile_is_not_mailed(world: World) -> None:
    tell(kind="assigned", people=[world.people["bo"]], actor=OPERATOR, at=world.at)
    read_notices(actor=world.viewer("bo"), at=world.at + HOUR)
    assert send(world, world.at + 2 * HOUR) == Mailed(0, 0)


def test_what_comes_due_is_told_once_an_occurrence(world: World) -> None:
    how = world.how()
    due = world.create("wen", name="Due", next_step="call", next_step_on=TODAY)
    world.create("wen", name="Later", next_step="call", next_step_on=TODAY + DAY)
    world.create("bo", name="Passed", close_on=TODAY - DAY)
    world.create("bo", name="Long passed", close_on=TODAY - 30 * DAY)
    counts = tell_due_notices(actor=OPERATOR, today=TODAY, at=world.at)
    assert counts == {"next_step_due": 1, "close_passed": 1, "stalled": 0}
    again = tell_due_notices(actor=OPERATOR, today=TODAY, at=world.at + HOUR)
    assert set(again.values()) == {0}
    assert told(world, "wen") == [f"The next step of Due is due on {TODAY}."]
    assert told(world, "bo") == [f"The close date of Passed has passed: {TODAY - DAY}."]
    edit_opportunity(
        actor=world.viewer("wen"), opportunity_id=due.opportunity_id, seen_version=None,
        edit=EditOpportunity(next_step_on=TODAY + 2 * DAY), **how,
    )  # fmt: skip
    later = tell_due_notices(actor=OPERATOR, today=TODAY + 2 * DAY, at=world.at + 2 * DAY)
    assert later["next_step_due"] == 2
    with pytest.raises(NotAllowed):
        tell_due_notices(actor=world.viewer("mei"), today=TODAY, at=world.at)


def test_what_begins_to_stand_still_is_told(world: World) -> None:
    for _n in range(6):
        made = world.create("wen", on=TODAY - 20 * DAY, amount=Decimal(1))
        advance_opportunity(
            actor=world.viewer("wen"), opportunity_id=made.opportunity_id, seen_version=None,
            **world.how(TODAY - 16 * DAY),
        )  # fmt: skip
    world.create("bo", name="Still", on=TODAY - 6 * DAY)
    world.create("bo", name="Fresh", on=TODAY - 5 * DAY)
    counts = tell_due_notices(actor=OPERATOR, today=TODAY, at=world.at)
    assert counts["stalled"] == 1
    assert told(world, "bo") == [f"Still has stood still since {TODAY - 6 * DAY}."]


def test_read_ones_are_forgotten_after_ninety_days(world: World) -> None:
    for at in (world.at, world.at + 50 * DAY):
        tell(kind="assigned", people=[world.people["bo"]], actor=OPERATOR, at=at)
    read_notices(actor=world.viewer("bo"), at=world.at + DAY, upto=Notice.objects.first().pk)  # type: ignore[union-attr]
    jobs.clean_up(world.at + 60 * DAY)
    assert Notice.objects.count() == 2
    jobs.clean_up(world.at + 92 * DAY)
    assert Notice.objects.count() == 1
    with pytest.raises(NotFound):
        read_notice(actor=world.viewer("lu"), notice_id=Notice.objects.get().pk, at=world.at)


def test_marks_are_one_s_own_and_of_what_one_sees(world: World) -> None:
    pk = world.create("wen").opportunity_id
    wen, lu = world.viewer("wen"), world.viewer("lu")
    for minute in range(3):
        mark_seen(
            actor=wen, object_type="opportunity", object_id=pk,
            at=world.at + timedelta(minutes=minute),
        )  # fmt: skip
    assert Mark.objects.count() == 1
    assert [mark.id for mark in recents_and_pins(wen)[0]] == [pk]
    on = {"object_type": "opportunity", "object_id": pk, "at": world.at}
    assert toggle_pin(actor=wen, **on)
    assert [mark.id for mark in pins(wen)] == [pk]
    assert not toggle_pin(actor=wen, **on)
    assert pins(wen) == ()
    for act in (toggle_pin, toggle_follow, mark_seen):
        with pytest.raises(NotFound):
            act(actor=lu, **on)
    with pytest.raises(RuleBroken):
        toggle_follow(
            actor=wen, object_type="account", object_id=world.accounts["harbour"], at=world.at
        )
    with pytest.raises(NotFound):
        toggle_pin(actor=wen, object_type="person", object_id=1, at=world.at)
    Opportunity.objects.filter(pk=pk).update(owner_id=world.people["lu"])
    Opportunity.objects.filter(pk=pk).update(unit_id=world.units["west_team"])
    assert recents_and_pins(wen)[0] == ()
