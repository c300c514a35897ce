"""Leaks by rival are carried, and move with the names of an opportunity's competitors (FUN-9)."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dakehu.actions.ledger import carry_forward
from dakehu.actions.opportunities import (
    EditOpportunity,
    Outcome,
    add_competitor,
    edit_opportunity,
    lose_opportunity,
    remove_competitor,
    undo_opportunity,
)
from dakehu.actions.opportunities.lines import keep_competitors
from dakehu.core.access import operator
from dakehu.core.ledger import Way
from dakehu.core.periods import containing
from dakehu.models import CarriedMonth, Competitor, LeakSum
from dakehu.queries.funnel import FunnelQuestion
from dakehu.queries.leaks import Leaks, leaks
from dakehu.queries.ledger_check import verify_ledger
from tests.ledger.histories import DEEDS, FIRST, LAST, Deed, founded
from tests.world import TODAY, World

PROPERTY = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
DAYS = st.integers(0, (LAST - FIRST).days).map(lambda n: FIRST + timedelta(days=n))
RIVALS = st.lists(st.sampled_from(["Konecranes", "Liebherr", "Demag"]), unique=True, max_size=3)
NAMED = st.lists(st.tuples(st.integers(0, 5), RIVALS), max_size=8)


def deviating() -> int:
    (stays,) = (c for c in verify_ledger(operator()).checks if c.key == "stays")
    return stays.deviating


def by_rival(question: FunnelQuestion, today: date, start: date | None = None) -> Leaks:
    return leaks(operator(), question=question, today=today, by="rival", start=start)


def from_entries(ask: Callable[[], Leaks]) -> Leaks:
    """Answer without anything that is carried of leaks."""
    until = CarriedMonth.objects.filter(stays_until__isnull=False).get()
    CarriedMonth.objects.update(stays_until=None)
    found = ask()
    CarriedMonth.objects.filter(pk=until.pk).update(stays_until=until.stays_until)
    return found


@pytest.mark.django_db
@PROPERTY
@given(deeds=DEEDS, more=DEEDS, before=NAMED, after=NAMED, last=NAMED, carried=DAYS, ends=DAYS)
def test_rivals_may_change_whatever_is_carried(
    deeds: list[Deed],
    more: list[Deed],
    before: list[tuple[int, list[str]]],
    after: list[tuple[int, list[str]]],
    last: list[tuple[int, list[str]]],
    carried: date,
    ends: date,
) -> None:
    question = FunnelQuestion(on=ends, period=containing(ends, "quarter"))
    with transaction.atomic():
        history = founded()
        history.live(deeds)

        def names(changes: list[tuple[int, list[str]]]) -> None:
            for number, rivals in changes:
                if history.opportunities:
                    at = number % len(history.opportunities)
                    keep_competitors(history.opportunities[at], rivals)

        names(before)
        carry_forward(upto=carried, at=history.tick())
        names(after)
        assert deviating() == 0
        history.live(more)
        names(last)
        assert deviating() == 0
        if CarriedMonth.objects.filter(stays_until__isnull=False).exists():
            told = by_rival(question, LAST, FIRST)
            assert told == from_entries(lambda: by_rival(question, LAST, FIRST))
        transaction.set_rollback(True)


def lost(world: World, *, to: str = "") -> int:
    made = world.create("wen", on=TODAY - timedelta(days=60)).opportunity_id
    lose_opportunity(
        actor=world.viewer("wen"), opportunity_id=made,
        outcome=Outcome("price", competitor=to), seen_version=None,
        **world.how(TODAY - timedelta(days=40)),
    )  # fmt: skip
    return made


def counts(world: World, login: str = "director") -> dict[str, int]:
    question = FunnelQuestion(on=TODAY, period=containing(TODAY, "quarter"))
    found = leaks(world.viewer(login), question=question, today=TODAY, by="rival")
    assert found.total.kinds["lost"].count == 1
    return {row.name: row.kinds["lost"].count for row in found.rows if row.kinds["lost"].count}


def test_a_rival_found_out_afterwards_takes_the_loss_upon_itself(world: World) -> None:
    made = lost(world)
    carry_forward(upto=TODAY, at=world.at)
    assert counts(world) == {"": 1}
    how: dict[str, Any] = {
        "actor": world.viewer("wen"), "opportunity_id": made, "today": TODAY, "at": world.at,
    }  # fmt: skip
    add_competitor(**how, name="Konecranes")
    add_competitor(**how, name="Liebherr")
    assert counts(world) == {"Konecranes": 1, "Liebherr": 1}
    assert deviating() == 0
    gone = Competitor.objects.get(opportunity_id=made, name="Liebherr")
    remove_competitor(**how, competitor_id=gone.pk)
    saved = edit_opportunity(
        **how, edit=EditOpportunity(competitors=("Demag",)), seen_version=None, on=TODAY,
        way=Way.FORM,
    )  # fmt: skip
    assert counts(world) == {"Demag": 1}
    undo_opportunity(**how, correlation_id=UUID(saved.correlation_id), seen_version=None)
    assert counts(world) == {"Konecranes": 1} == counts(world, "wen")
    assert deviating() == 0
    carry_forward(upto=TODAY, at=world.at)
    assert counts(world) == {"Konecranes": 1}


def test_a_loss_that_names_its_competitor_stays_with_that_one(world: World) -> None:
    made = lost(world, to="Demag")
    carry_forward(upto=TODAY, at=world.at)
    keep_competitors(made, ("Konecranes",))
    assert counts(world) == {"Demag": 1}
    assert deviating() == 0


def test_wrong_sums_of_a_rival_are_found(world: World) -> None:
    lost(world)
    carry_forward(upto=TODAY, at=world.at)
    by = LeakSum.objects.filter(by=LeakSum.By.RIVAL)
    for spoilt in ({"count": 9}, {"amount_minor": 9}, {"rival": "Nobody"}):
        for span in LeakSum.Span:
            with transaction.atomic():
                assert by.filter(span=span).update(**spoilt)
                assert deviating() > 0
                transaction.set_rollback(True)
