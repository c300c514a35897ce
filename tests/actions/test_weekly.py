"""The weekly mail: to whom it concerns, in their language, once a week, of what they may see."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail

from dakehu.actions.reviews import agree_action, save_review
from dakehu.actions.weekly import Sent, send_weekly_review_mails
from dakehu.core.errors import NotAllowed, RuleBroken
from dakehu.core.periods import containing
from dakehu.messages.weekly import worded_weekly
from dakehu.models import Person
from dakehu.queries.funnel import FunnelQuestion
from tests.world import TODAY, World

WEEK = timedelta(days=7)


@pytest.fixture(autouse=True)
def _mailing(world: World, settings: Any) -> None:
    settings.MAIL, settings.MAIL_URL = "smtp", "https://sales.example"
    for login in world.people:
        Person.objects.filter(login=login).update(email=f"{login}@sales.example")


def send(world: World, **more: Any) -> Sent:
    given: dict[str, Any] = {"actor": world.viewer("operator"), "at": world.at} | more
    return send_weekly_review_mails(word=worded_weekly, **given)


def written() -> dict[str, str]:
    return {m.to[0].split("@")[0]: f"{m.subject}\n{m.body}" for m in mail.outbox}


def test_who_has_something_to_be_told_is_written_to_and_told_only_theirs(world: World) -> None:
    world.create("wen", name="Quay crane", amount=Decimal(0))
    assert send(world) == Sent(3, 0, 0)
    assert set(written()) == {"wen", "mei", "rong"}
    told = written()["wen"]
    assert "1 open opportunity lacks something" in told
    assert "No amount: 1" in told
    assert "https://sales.example/hygiene/" in told
    assert "Quay crane" not in told


def test_in_one_week_nobody_is_written_to_twice(world: World) -> None:
    world.create("wen")
    assert send(world).sent == 3
    assert send(world, at=world.at + timedelta(days=1)) == Sent(0, 3, 0)
    assert send(world, at=world.at + WEEK).sent == 3


def test_each_is_written_to_in_their_own_language(world: World) -> None:
    Person.objects.filter(login="wen").update(language="zh-hans")
    world.create("wen", amount=Decimal(0))
    send(world)
    assert "无金额" in written()["wen"]
    assert "No amount" not in written()["wen"]
    assert "No amount" in written()["mei"]


def test_agreed_actions_reach_their_owner_and_reviews_the_heads(world: World) -> None:
    mei = world.viewer("mei")
    question = FunnelQuestion(
        on=TODAY, period=containing(TODAY, "quarter", 1), unit_id=world.units["east_team"]
    )
    kept = save_review(
        actor=mei, question=question, method_key="industrial-6", today=TODAY, at=world.at
    )
    for text, due_on in (("Call them", TODAY + WEEK), ("Was due", TODAY - WEEK)):
        agree_action(
            actor=mei, review_id=kept, text=text, owner_id=world.people["bo"], due_on=due_on,
            today=TODAY, at=world.at,
        )  # fmt: skip
    send(world)
    assert set(written()) == {"bo", "mei", "rong"}
    assert "- Was due, by 2026-06-23: overdue" in written()["bo"]
    assert "- Call them, by 2026-07-07\n" in written()["bo"]
    assert f"/reviews/{kept}/" not in written()["bo"]
    assert f"/reviews/{kept}/" in written()["mei"]


def test_what_no_server_takes_is_tried_again(world: World, settings: Any) -> None:
    world.create("wen")
    taken = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert send(world) == Sent(0, 0, 3)
    settings.EMAIL_BACKEND = taken
    assert send(world) == Sent(3, 0, 0)


def test_nobody_without_an_address_a_seat_or_a_log_in_is_written_to(world: World) -> None:
    world.create("wen")
    Person.objects.filter(login="wen").update(email="")
    Person.objects.filter(login="rong").update(is_active=False)
    send(world)
    assert set(written()) == {"mei"}


def test_only_the_operator_sends_and_only_where_mail_is_on(world: World, settings: Any) -> None:
    world.create("wen")
    for login in ("mei", "director", "admin"):
        with pytest.raises(NotAllowed, match=r"mail\.send"):
            send(world, actor=world.viewer(login))
    settings.MAIL = "off"
    with pytest.raises(RuleBroken, match=r"mail\.off"):
        send(world)
    assert mail.outbox == []
