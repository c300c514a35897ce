"""One opportunity: its path, rates, gaps and history, as somebody may see it (FUN-2, FUN-3)."""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from uuid import UUID, uuid4

import pytest

from dakehu.actions.evidence import Proof, tick_evidence
from dakehu.actions.ledger import Drafted, Posting
from dakehu.actions.ledger.bulk import write_histories
from dakehu.actions.opportunities import (
    EditOpportunity,
    Outcome,
    advance_opportunity,
    edit_opportunity,
    regress_opportunity,
    undo_opportunity,
    win_opportunity,
)
from dakehu.actions.opportunities.held import standing_of
from dakehu.core.errors import NotFound
from dakehu.core.ledger import Kind, Standing, Step, Way
from dakehu.models import Evidence, Stage, WinRate
from dakehu.queries.board.cards import Card, card
from dakehu.queries.opportunities import OpportunityShown, opportunity
from dakehu.queries.opportunities.filters import OpportunityFilter
from dakehu.queries.opportunities.list import opportunities
from tests.world import World


def shown(world: World, key: int, login: str = "wen", language: str = "en") -> OpportunityShown:
    return opportunity(viewer=world.viewer(login, language), opportunity_id=key, today=world.today)


def test_time_in_each_stage_adds_up_all_stays(world: World) -> None:
    made = world.create(on=date(2026, 6, 1))
    key = made.opportunity_id
    wen = world.viewer("wen")
    for day, action, facts in (
        (5, advance_opportunity, {}),
        (11, regress_opportunity, {"why": "too early"}),
        (12, advance_opportunity, {"to_stage": "design"}),
    ):
        action(
            actor=wen, opportunity_id=key, seen_version=None,
            **world.how(date(2026, 6, day)), **facts,
        )  # fmt: skip
    days = {stage.key: (stage.state, stage.days) for stage in shown(world, key).stages}
    assert days == {
        "interest": ("done", 5), "nurture": ("done", 6), "design": ("now", 18),
        "compare": ("next", None), "commit": ("next", None), "use": ("next", None),
    }  # fmt: skip


def test_a_stage_that_was_jumped_shows_as_skipped(world: World) -> None:
    made = world.create(stage_key="design")
    page = shown(world, made.opportunity_id)
    assert [s.state for s in page.stages[:3]] == ["skipped", "skipped", "now"]
    assert [gap.key for gap in page.gaps][:2] == ["purchase_request", "decision_to_buy"]


def test_the_rate_used_is_the_owners_own_then_the_methods(world: World) -> None:
    made = world.create(amount=Decimal("1000.10"), stage_key="compare")
    page = shown(world, made.opportunity_id)
    assert (page.rates.used, page.rates.used_bp, page.weighted) == (
        "method", 3000, Decimal("300.03"),
    )  # fmt: skip
    edit_opportunity(
        actor=world.viewer("wen"), opportunity_id=made.opportunity_id,
        edit=EditOpportunity(own_rate_bp=0), seen_version=None, **world.how(),
    )  # fmt: skip
    page = shown(world, made.opportunity_id)
    assert (page.rates.used, page.weighted) == ("own", Decimal("0.00"))


def test_no_rate_is_unknown_and_overdue_weighs_nothing(world: World) -> None:
    made = world.create()
    late = world.create(close_on=date(2026, 5, 31))
    assert shown(world, late.opportunity_id).weighted == 0
    WinRate.objects.all().delete()
    assert shown(world, made.opportunity_id).weighted is None


def test_page_and_list_say_alike_what_is_overdue(world: World) -> None:
    """By the month, as the position has it: this month is not over (FUN-2, decision 4)."""
    late = {
        day: world.create(close_on=day).opportunity_id
        for day in (date(2026, 5, 31), date(2026, 6, 1), date(2026, 6, 29), date(2026, 7, 1), None)
    }
    listed = {
        row.id: row.is_overdue
        for row in opportunities(
            viewer=world.viewer("wen"), asked=OpportunityFilter(), today=world.today
        ).rows
    }
    for day, key in late.items():
        overdue = day == date(2026, 5, 31)
        assert (shown(world, key).is_overdue, listed[key]) == (overdue, overdue), day


def test_of_a_long_history_the_newest_is_read(world: World) -> None:
    made = world.create(on=date(2026, 6, 1))
    key = made.opportunity_id
    held = standing_of(world.row(key))
    amounts = [held.amount_minor + n for n in range(1101)]
    posting = Posting(date(2026, 6, 2), world.at, world.people["wen"], Way.GRID, uuid4())
    chain = pairwise(Standing(held.position, minor) for minor in amounts)
    steps = [Step(Kind.AMOUNT_CHANGED, was, becomes) for was, becomes in chain]
    write_histories([Drafted(key, step, posting) for step in steps])
    advance_opportunity(
        actor=world.viewer("wen"), opportunity_id=key, seen_version=None, **world.how()
    )
    events = shown(world, key).history
    assert events[0].kind is Kind.ADVANCED
    assert len(events) <= 1000


def test_decided_ones_weigh_nothing_at_all(world: World) -> None:
    made = world.create()
    win_opportunity(
        actor=world.viewer("wen"), opportunity_id=made.opportunity_id,
        outcome=Outcome("value"), seen_version=None, **world.how(),
    )  # fmt: skip
    page = shown(world, made.opportunity_id)
    assert (page.weighted, page.is_open) == (None, False)
    assert not page.may.advance


def test_ticks_stand_by_their_item_and_lessen_what_is_missing(world: World) -> None:
    made = world.create()
    tick_evidence(
        actor=world.viewer("wen"), opportunity_id=made.opportunity_id,
        stage_id=world.row(made).stage_id, key="purchase_request", proof=Proof(note="by mail"),
        today=world.today, at=world.at, way=Way.FORM,
    )  # fmt: skip
    page = shown(world, made.opportunity_id)
    tick = page.here.evidence[0].tick
    assert tick is not None
    assert (tick.by, tick.note) == ("Wen", "by mail")
    assert page.missing_for_next == ()
    assert len(page.missing_for_win) > 10
    assert on_board(world, made.opportunity_id).missing == 0
    # What was ticked in another method proves nothing here, though its item has the same key.
    other = Stage.objects.filter(method__key="tender-8").order_by("id").first()
    assert other is not None
    Evidence.objects.update(stage=other)
    assert len(shown(world, made.opportunity_id).missing_for_next) == 1
    listed = opportunities(
        viewer=world.viewer("wen"), asked=OpportunityFilter(), today=world.today,
        wanted={"missing"},
    )  # fmt: skip
    assert [row.missing for row in listed.rows] == [1]
    assert on_board(world, made.opportunity_id).missing == 1


def on_board(world: World, opportunity_id: int) -> Card:
    return card(world.viewer("wen"), opportunity_id, today=world.today)


def test_history_merges_movements_and_fields_and_strikes_what_was_taken_back(
    world: World,
) -> None:
    made = world.create()
    saved = edit_opportunity(
        actor=world.viewer("wen"), opportunity_id=made.opportunity_id,
        edit=EditOpportunity(amount=Decimal(900), name="Other"), seen_version=None,
        **world.how(),
    )  # fmt: skip
    first = shown(world, made.opportunity_id)
    grown = next(e for e in first.history if e.kind is Kind.AMOUNT_CHANGED)
    assert (grown.amount, [c.field for c in grown.changes]) == (Decimal("-300.00"), ["name"])
    assert first.undo is not None
    assert str(first.undo.correlation_id) == saved.correlation_id
    assert shown(world, made.opportunity_id, "director").undo is None
    undo_opportunity(
        actor=world.viewer("wen"), opportunity_id=made.opportunity_id,
        correlation_id=UUID(saved.correlation_id), seen_version=None, today=world.today,
        at=world.at,
    )  # fmt: skip
    page = shown(world, made.opportunity_id)
    assert [(e.kind, e.reversed, e.taken_back) for e in page.history if e.kind] == [
        (Kind.AMOUNT_CHANGED, True, 0), (Kind.CREATED, False, 0), (Kind.REVERSED, False, 1),
    ]  # fmt: skip
    assert page.undo is None


def test_names_follow_the_readers_language(world: World) -> None:
    made = world.create()
    page = shown(world, made.opportunity_id, language="zh-hans")
    assert (page.here.name, page.method, page.owner) == ("兴趣", "工业品六步法", "文静")


@pytest.mark.parametrize("login", ["lu", "admin"])
def test_who_may_not_see_it_is_told_there_is_none(world: World, login: str) -> None:
    made = world.create()
    with pytest.raises(NotFound, match=r"opportunity\.not_found"):
        shown(world, made.opportunity_id, login)
