"""Whatever people do, in any order and currency: movements sum to zero, row = ledger (FUN-5)."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dakehu.actions.ledger import Correction, standing_chain
from dakehu.actions.opportunities import (
    EditOpportunity,
    Outcome,
    abandon_opportunity,
    advance_opportunity,
    correct_opportunity,
    edit_opportunity,
    lose_opportunity,
    move_opportunity_method,
    reassign_opportunity,
    regress_opportunity,
    reopen_opportunity,
    restore_opportunity,
    undo_opportunity,
    void_opportunity,
    win_opportunity,
)
from dakehu.actions.opportunities.held import standing_of
from dakehu.core.access import operator
from dakehu.core.errors import DakehuError
from dakehu.core.ledger import Category, Place, Way
from dakehu.core.opportunities import Line
from dakehu.models import Entry, Movement
from dakehu.queries.opportunities import opportunity
from tests.world import World

AMOUNTS = st.sampled_from(["0", "1", "17", "1200", "999999"]).map(Decimal)
MONTHS = st.sampled_from([None, 0, 20, 45, 90])
STEPS = st.one_of(
    st.tuples(
        st.just("edit"), AMOUNTS, st.sampled_from(["CNY", "EUR", "JPY"]), MONTHS,
        st.sampled_from([None, 0, 3333]), st.sampled_from([1, 2, 3]),
    ),
    st.tuples(st.sampled_from(
        ["advance", "regress", "win", "lose", "abandon", "reopen", "void", "restore"]
    )),
    st.tuples(st.just("method"), st.sampled_from(["industrial-6", "tender-8"])),
    st.tuples(st.just("reassign"), st.sampled_from(["wen", "bo", "lu"])),
    st.tuples(st.just("undo")),
    st.tuples(
        st.just("correct"), st.integers(0, 6), st.sampled_from([None, 0, 500]),
        st.sampled_from([None, -1, 1]), st.booleans(),
    ),
)  # fmt: skip


def do(  # noqa: C901, PLR0912  one branch per thing that people do
    world: World, key: int, step: tuple[Any, ...], day: date
) -> None:
    """Do one step as the operator, who may all."""
    how = {"actor": operator(), "opportunity_id": key}
    dated = {**how, "seen_version": None, **world.how(day)}
    late = {**how, "seen_version": None, "today": world.today, "at": world.at}
    match step:
        case ("edit", amount, currency, days, rate, category):
            close_on = None if days is None else world.today + timedelta(days=days)
            change = EditOpportunity(
                amount=amount, currency=currency, close_on=close_on, own_rate_bp=rate,
                category=Category(category),
            )  # fmt: skip
            edit_opportunity(**dated, edit=change)
        case ("lines", product, quantity):
            lines = (Line(world.products[product], Decimal(quantity), Decimal(10)),)
            edit_opportunity(**dated, edit=EditOpportunity(lines=lines))
        case ("advance",):
            advance_opportunity(**dated)
        case ("regress",):
            regress_opportunity(**dated, why="why")
        case ("win",):
            win_opportunity(**dated, outcome=Outcome("value"))
        case ("lose",):
            lose_opportunity(**dated, outcome=Outcome("price"))
        case ("abandon",):
            abandon_opportunity(**dated, outcome=Outcome("no_budget"))
        case ("reopen",):
            reopen_opportunity(**dated, why="why")
        case ("void",):
            void_opportunity(**dated)
        case ("restore",):
            restore_opportunity(**dated)
        case ("method", method):
            stage = {"industrial-6": "nurture", "tender-8": "shortlist"}[method]
            move_opportunity_method(
                **dated, method_version_id=world.methods[method], to_stage=stage
            )
        case ("reassign", login):
            reassign_opportunity(**dated, owner_id=world.people[login])
        case ("undo",):
            last = Movement.objects.filter(opportunity_id=key).order_by("-id").first()
            assert last is not None
            undo_opportunity(**late, correlation_id=UUID(str(last.correlation_id)))
        case ("correct", number, amount, shift, drop):
            chain = standing_chain(key)
            step_ = chain[number % len(chain)] if chain else None
            if step_ is None:
                return
            correction = Correction(
                step_.id,
                on=None if shift is None else step_.on + timedelta(days=shift),
                amount_minor=amount,
                drop=drop,
            )
            correct_opportunity(**late, correction=correction, why="why", way=Way.FORM)


def check(world: World, key: int) -> None:
    """Hold the row against its entries, and the entries against the rules of the ledger."""
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    held: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    base: dict[int, int] = defaultdict(int)
    for entry in Entry.objects.filter(opportunity_id=key):
        sums[entry.movement_id][0] += entry.count
        sums[entry.movement_id][1] += entry.amount_minor
        position = (
            entry.place, entry.owner_id, entry.unit_id, entry.stage_id, entry.category,
            entry.close_month, entry.currency, entry.own_rate_bp,
        )  # fmt: skip
        held[position][0] += entry.count
        held[position][1] += entry.amount_minor
        base[entry.place] += entry.base_minor or 0
    assert all(total == [0, 0] for total in sums.values())
    there = {p: v for p, v in held.items() if v != [0, 0] and p[0] != Place.NOWHERE}
    row = world.row(key)
    if row.voided:
        assert there == {}
        return
    standing = standing_of(row)
    where = standing.position
    rate = -1 if where.own_rate_bp is None else where.own_rate_bp
    expected = (
        where.place, where.owner_id, where.unit_id, where.stage_id, where.category,
        where.close_month, where.currency, rate,
    )  # fmt: skip
    assert there == {expected: [1, standing.amount_minor]}
    for place in (Place.WON, Place.LOST, Place.ABANDONED):
        assert base[place] == (row.base_minor if row.place == place else 0)
    chain = standing_chain(key)
    assert row.last_on == chain[-1].on
    assert (row.decided_on is None) == (row.place == Place.OPEN)
    page = opportunity(viewer=operator(), opportunity_id=key, today=world.today)
    assert page.stage_since == max(
        stay.on
        for stay, before in zip(chain, [None, *chain[:-1]], strict=True)
        if before is None or stage_of(before) != stage_of(stay)
    ) or any(step.after is None for step in chain)


def stage_of(step: Any) -> int | None:
    return None if step.after is None else step.after.position.stage_id


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=st.lists(st.tuples(STEPS, st.integers(0, 3)), max_size=12))
def test_row_and_ledger_agree_after_every_step(
    shared_world: World, steps: list[tuple[tuple[Any, ...], int]]
) -> None:
    world = shared_world
    with transaction.atomic():
        made = world.create(on=date(2026, 6, 1), amount=Decimal(1200))
        day = date(2026, 6, 1)
        for step, later in steps:
            day = max(day, world.row(made).last_on) + timedelta(days=later)
            try:
                with transaction.atomic():
                    do(world, made.opportunity_id, step, day)
            except DakehuError as error:
                # A refusal changes nothing; a step that does not balance is a defect.
                assert error.code != "ledger.unbalanced", step  # noqa: PT017
            check(world, made.opportunity_id)
        transaction.set_rollback(True)


@pytest.fixture
def shared_world(world: World) -> World:
    """Give one world for all examples: each takes back what it did."""
    return world
