"""Health of a unit's funnel in the field's words: history, entered norms, who sees what."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dakehu.actions.ledger import carry_forward
from dakehu.actions.norms import StageNorm, set_norms
from dakehu.actions.opportunities import Outcome, abandon_opportunity
from dakehu.core.access import operator
from dakehu.core.errors import NotAllowed, NotFound, RuleBroken
from dakehu.core.health import norm_days
from dakehu.core.periods import containing
from dakehu.models import Person, Stage
from dakehu.queries.days import open_by_steps
from dakehu.queries.funnel import FunnelQuestion
from dakehu.queries.health import FunnelHealth, funnel_health
from dakehu.queries.ledger import Where, open_cells
from tests.ledger.histories import DEEDS, FIRST, LAST, Deed, current_tree, founded, open_by_hand
from tests.world import TODAY, World

QUARTER = containing(TODAY, "quarter")
DAYS = norm_days(TODAY)
PROPERTY = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def asked(world: World, login: str = "director", unit: str | None = "company") -> FunnelHealth:
    question = FunnelQuestion(on=TODAY, period=QUARTER, unit_id=world.units.get(unit or ""))
    found = funnel_health(
        world.viewer(login), question=question, today=TODAY, method_key="industrial-6"
    )
    assert found is not None
    return found


def interest() -> int:
    return Stage.objects.get(key="interest", method__key="industrial-6").pk


def made_on(world: World, days: list[date], amount: int = 100) -> None:
    for day in days:
        world.create("wen", on=day, amount=Decimal(amount))


def closed_on(world: World, opened: date, closed: date) -> None:
    made = world.create("wen", on=opened, amount=Decimal(100))
    abandon_opportunity(
        actor=world.viewer("wen"), opportunity_id=made.opportunity_id,
        outcome=Outcome("no_budget"), seen_version=None, **world.how(closed),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("now", "verdict"), [(10, "excellent"), (9, "good"), (7, "good"), (6, "warning")]
)
def test_the_funnel_against_its_last_four_quarters(world: World, now: int, verdict: str) -> None:
    made_on(world, [DAYS[3]] * now)
    for day in DAYS:
        for _one in range(10 - now):
            closed_on(world, day, day + timedelta(days=1))
    found = asked(world)
    assert found.has_history
    stage = found.stages[0]
    assert [one.count for one in found.history[stage.lineage_id]] == [10] * 4
    assert (stage.count.ratio, stage.count.verdict) == (Fraction(now, 10), verdict)
    assert stage.verdict == verdict
    assert stage.source == "ledger"


def test_a_day_less_than_a_year_of_history_is_no_history(world: World) -> None:
    made_on(world, [DAYS[3] + timedelta(days=1)] * 5)
    found = asked(world)
    assert not found.has_history
    assert [one.verdict for one in found.stages] == [None] * 6


def test_a_stage_where_nothing_stood_has_no_norm(world: World) -> None:
    made_on(world, [DAYS[3]])
    assert [one.verdict for one in asked(world).stages] == ["excellent"] + [None] * 5


def test_the_heads_norm_serves_until_there_is_a_year(world: World) -> None:
    made_on(world, [TODAY] * 3, amount=1000)
    norm = StageNorm(interest(), 5, Decimal(4000))
    how: Any = {"on": TODAY, "today": TODAY, "at": world.at}
    set_norms(actor=world.viewer("mei"), unit_id=world.units["east_team"], norms=[norm], **how)
    stage = asked(world, "mei", "east_team").stages[0]
    assert (stage.source, stage.verdict) == ("entered", "warning")
    assert (stage.count.ratio, stage.amount.ratio) == (Fraction(3, 5), Fraction(3, 4))
    assert asked(world, "director", "company").stages[0].verdict is None
    # Of the unit's norm nobody is told who adds up a part of the unit.
    assert asked(world, "wen", "east_team").stages[0].verdict is None
    set_norms(
        actor=world.viewer("mei"), unit_id=world.units["east_team"],
        norms=[replace(norm, count=None, amount=None)], **how,
    )  # fmt: skip
    assert asked(world, "mei", "east_team").stages[0].verdict is None


def test_who_sets_norms(world: World) -> None:
    norm = StageNorm(interest(), 5, None)
    how: Any = {"norms": [norm], "on": TODAY, "today": TODAY, "at": world.at}
    team = world.units["east_team"]
    set_norms(actor=world.viewer("rong"), unit_id=team, **how)
    for login, refusal in (("wen", NotFound), ("ops", NotAllowed), ("director", NotAllowed)):
        with pytest.raises(refusal):
            set_norms(actor=world.viewer(login), unit_id=team, **how)
    with pytest.raises(NotFound):
        set_norms(actor=world.viewer("mei"), unit_id=world.units["west_team"], **how)
    with pytest.raises(RuleBroken):
        set_norms(
            actor=world.viewer("mei"), unit_id=team, **{**how, "on": TODAY + timedelta(days=1)}
        )


def browser(login: str) -> Client:
    client = Client()
    client.force_login(
        Person.objects.get(login=login), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


@pytest.mark.parametrize("login", ["wen", "mei", "director"])
@pytest.mark.parametrize("htmx", [True, False])
def test_the_part_asks_at_most_twelve_times(world: World, login: str, htmx: bool) -> None:
    world.create("wen")
    headers = {"HX-Request": "true"} if htmx else {}
    client = browser(login)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get("/funnel/health/", headers=headers)
    assert answer.status_code == 200
    assert "no history yet" in answer.content.decode()
    assert ("hx-swap-oob" in answer.content.decode()) == htmx
    plain = [q for q in queries if "SAVEPOINT" not in q["sql"]]
    assert len(plain) <= 12, [q["sql"][:90] for q in plain]


def test_a_head_enters_norms_in_the_dialog_and_others_are_refused(world: World) -> None:
    made_on(world, [TODAY] * 3)
    form = {"on": TODAY.isoformat(), "seen": "0", "count_interest": "3", "amount_interest": "300"}
    url = f"/funnel/norms/?unit={world.units['east_team']}&method=industrial-6&on={TODAY}"
    assert browser("wen").get(url).status_code in {403, 404}
    head = browser("mei")
    assert head.get(url).status_code == 200
    assert head.post(url, {**form, "count_interest": "-1"}).status_code == 422
    assert head.post(url, form).status_code == 303
    assert head.post(url, form).status_code in {409, 422}  # somebody set them meanwhile
    stage = asked(world, "mei", "east_team").stages[0]
    assert (stage.count.ratio, stage.amount.ratio) == (Fraction(1), Fraction(1))
    assert stage.verdict == "excellent"


@pytest.mark.django_db
@PROPERTY
@given(deeds=DEEDS, offset=st.integers(0, (LAST - FIRST).days), carry=st.booleans())
def test_current_and_norm_are_the_sums_of_entries_in_the_tree_of_each_day(
    deeds: list[Deed], offset: int, carry: bool
) -> None:
    with transaction.atomic():
        history = founded()
        history.live(deeds)
        if carry:
            carry_forward(upto=LAST, at=history.tick())
        # Days after the history: the norm's days fall within it.
        on = FIRST + timedelta(days=365 + offset)
        days = norm_days(on)
        for unit in history.units[:3]:
            question = FunnelQuestion(on=on, period=containing(on, "quarter"), unit_id=unit.pk)
            found = funnel_health(operator(), question=question, today=on)
            assert found is not None
            counts = {day: _by_hand(day, unit.pk) for day in (on, *days)}
            for stage in found.stages:
                key = stage.lineage_id
                assert stage.count.current == counts[on].get(key, 0)
                past = [counts[day].get(key, 0) for day in days]
                if found.has_history and any(past):
                    assert stage.count.norm == Fraction(sum(past), 4)
                else:
                    assert stage.count.norm is None
        transaction.set_rollback(True)


def _by_hand(day: date, unit: int) -> dict[int, int]:
    within = current_tree(day).subtree(unit)
    counts: dict[int, int] = {}
    for (where, stage, *_rest), (n, _minor) in open_by_hand(day).items():
        if where in within:
            counts[stage] = counts.get(stage, 0) + n
    return counts


@pytest.mark.django_db
@PROPERTY
@given(deeds=DEEDS, carry=st.booleans(), step=st.integers(1, 30))
def test_days_read_in_steps_are_the_days_read_alone(
    deeds: list[Deed], carry: bool, step: int
) -> None:
    with transaction.atomic():
        history = founded()
        history.live(deeds)
        if carry:
            carry_forward(upto=LAST, at=history.tick())
        days = [LAST - timedelta(days=step * n) for n in range(6)]
        period = containing(date(2025, 4, 1), "quarter")
        found = open_by_steps([Where()], days=days, period=period)
        for day in days:
            alone = open_cells([Where()], on=day, before=day, period=period).now
            assert set(found[day]) == set(alone)
        transaction.set_rollback(True)
