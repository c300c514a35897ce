"""A review: figures frozen for good, notes with history, agreed actions, and who may read them."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from dakehu.actions.reviews import agree_action, do_action, note_review, save_review
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.core.periods import containing
from dakehu.models import Review, UnitPlace
from dakehu.queries.funnel import FunnelQuestion
from dakehu.queries.paging import Cut
from dakehu.queries.reviews import open_actions, review, reviews
from tests.world import TODAY, World

DAY = timedelta(days=1)


def question(world: World, unit: str, on: date = TODAY, **more: Any) -> FunnelQuestion:
    period = containing(on, "quarter", 1)
    return FunnelQuestion(on=on, period=period, unit_id=world.units[unit], **more)


def save(world: World, login: str = "mei", unit: str = "east_team", **more: Any) -> int:
    return save_review(
        actor=world.viewer(login), question=question(world, unit, **more),
        method_key="industrial-6", today=TODAY, at=world.at,
    )  # fmt: skip


def seen(world: World, login: str) -> set[int]:
    return {r.id for r in reviews(world.viewer(login), today=TODAY, cut=Cut()).rows}


def test_figures_stay_as_they_were_when_the_funnel_moves_on(world: World) -> None:
    world.create("wen", amount=Decimal(1000), close_on=TODAY)
    kept = save(world)
    world.create("bo", amount=Decimal(500), close_on=TODAY)
    shown = review(world.viewer("mei"), review_id=kept, today=TODAY)
    assert shown.figures.sums["total"].count == 1
    assert shown.figures.sums["total"].amount.value == 1000
    assert shown.figures.indicators["weighted"].value == Fraction(50)
    assert shown.figures.indicators["forecast"].reason == "no_quota"
    assert shown.before is None


def test_a_review_is_compared_with_the_last_one_of_the_same_view(world: World) -> None:
    world.create("wen", amount=Decimal(1000), on=TODAY - 8 * DAY)
    first = save(world, on=TODAY - 7 * DAY)
    save(world, login="rong", unit="east", on=TODAY - 3 * DAY)
    save(world, on=TODAY - 2 * DAY, currency="EUR")
    world.create("bo", amount=Decimal(500))
    second = review(world.viewer("mei"), review_id=save(world), today=TODAY)
    assert second.before_id == first
    assert second.before is not None
    assert second.before.sums["total"].count == 1
    assert second.figures.sums["total"].count == 2


def test_the_database_itself_refuses_to_change_what_was_frozen(world: World) -> None:
    kept = save(world)
    for change in (
        lambda: Review.objects.filter(pk=kept).update(on=TODAY - DAY),
        lambda: Review.objects.filter(pk=kept)._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


@pytest.mark.parametrize("login", ["wen", "director", "fin", "auditor", "admin", "ops", "mei"])
def test_who_heads_the_unit_or_runs_its_sales_saves(world: World, login: str) -> None:
    if login in ("ops", "mei"):
        assert save(world, login)
        return
    with pytest.raises(NotAllowed, match=r"review\.save"):
        save(world, login)


def test_who_sees_all_units_of_it_sees_the_review_and_nobody_else(world: World) -> None:
    team = save(world)
    east = save(world, "rong", "east")
    assert seen(world, "mei") == {team}
    assert seen(world, "rong") == {team, east}
    assert seen(world, "ops") == {team, east}
    assert seen(world, "director") == seen(world, "auditor") == {team, east}
    for login in ("wen", "lu", "admin"):
        assert seen(world, login) == set()
        with pytest.raises(NotFound, match=r"review\.not_found"):
            review(world.viewer(login), review_id=team, today=TODAY)


def test_a_unit_that_left_takes_the_reviews_it_is_in_out_of_sight(world: World) -> None:
    """What rong saw of the team before it went west, rong's funnel no longer tells."""
    east = save(world, "rong", "east")
    UnitPlace.objects.create(
        unit_id=world.units["east_team"], parent_id=world.units["west"], on=TODAY,
        recorded_at=world.at,
    )  # fmt: skip
    assert seen(world, "rong") == set()
    assert seen(world, "director") == {east}
    with pytest.raises(RuleBroken, match=r"review\.partly_in_sight"):
        save(world, "rong", "east", on=TODAY - DAY)


def test_a_review_is_of_a_unit_and_a_known_method(world: World) -> None:
    with pytest.raises(RuleBroken, match=r"review\.of_a_unit"):
        save(world, person_id=world.people["wen"])
    with pytest.raises(RuleBroken, match=r"method\.unknown"):
        save_review(
            actor=world.viewer("mei"), question=question(world, "east_team"), method_key="x",
            today=TODAY, at=world.at,
        )  # fmt: skip
    with pytest.raises(NotAllowed):
        save(world, "mei", "west_team")


def test_notes_have_a_version_and_a_history(world: World) -> None:
    kept, mei = save(world), world.viewer("mei")
    note_review(actor=mei, review_id=kept, seen_version=1, text="Too few leads", at=world.at)
    with pytest.raises(Conflict) as conflict:
        note_review(actor=mei, review_id=kept, seen_version=1, text="mine", at=world.at)
    assert conflict.value.facts["theirs"] == {"text": "Too few leads"}
    note_review(actor=mei, review_id=kept, seen_version=2, text="Enough now", at=world.at)
    shown = review(mei, review_id=kept, today=TODAY)
    assert shown.note == "Enough now"
    assert [(c.old, c.new) for c in shown.history if c.field == "note"] == [
        ("Too few leads", "Enough now"), ("", "Too few leads"),
    ]  # fmt: skip
    with pytest.raises(NotAllowed):
        note_review(
            actor=world.viewer("director"), review_id=kept, seen_version=3, text="", at=world.at
        )
    with pytest.raises(NotFound):
        note_review(actor=world.viewer("lu"), review_id=kept, seen_version=3, text="", at=world.at)


def agree(world: World, kept: int, owner: str = "wen", **more: Any) -> int:
    given = {"text": "Visit the harbour", "due_on": TODAY + DAY} | more
    return agree_action(
        actor=world.viewer("mei"), review_id=kept, owner_id=world.people[owner], today=TODAY,
        at=world.at, **given,
    )  # fmt: skip


def test_an_agreed_action_is_open_then_overdue_then_done(world: World) -> None:
    kept = save(world)
    action = agree(world, kept)
    (mine,) = open_actions(world.viewer("wen"), today=TODAY + DAY)
    assert (mine.text, mine.is_overdue) == ("Visit the harbour", False)
    (late,) = open_actions(world.viewer("wen"), today=TODAY + 2 * DAY)
    assert late.is_overdue
    (row,) = reviews(world.viewer("mei"), today=TODAY + 2 * DAY, cut=Cut()).rows
    assert (row.actions, row.open_actions, row.overdue_actions) == (1, 1, 1)
    done: dict[str, Any] = {"action_id": action, "today": TODAY, "at": world.at}
    do_action(actor=world.viewer("wen"), seen_version=1, done=True, **done)
    assert open_actions(world.viewer("wen"), today=TODAY) == ()
    with pytest.raises(Conflict):
        do_action(actor=world.viewer("mei"), seen_version=1, done=False, **done)
    do_action(actor=world.viewer("mei"), seen_version=2, done=False, **done)
    assert len(open_actions(world.viewer("wen"), today=TODAY)) == 1
    for stranger in ("bo", "lu", "admin"):
        with pytest.raises(NotFound, match=r"review\.action_not_found"):
            do_action(actor=world.viewer(stranger), seen_version=3, done=True, **done)
    with pytest.raises(NotAllowed):
        do_action(actor=world.viewer("director"), seen_version=3, done=True, **done)


def test_an_action_is_agreed_with_somebody_of_the_unit_and_has_words(world: World) -> None:
    kept = save(world)
    for owner, more, code in (
        ("lu", {}, "review.not_in_unit"),
        ("wen", {"text": "  "}, "review.action_missing"),
        ("wen", {"text": "x" * 241}, "text.too_long"),
    ):
        with pytest.raises(RuleBroken) as refused:
            agree(world, kept, owner, **more)
        assert refused.value.code == code
