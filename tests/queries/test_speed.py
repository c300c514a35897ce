"""Speed, leakage and calibrated rates of a unit's funnel, against a walk of every chain."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import zip_longest

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dakehu.actions.calibration import calibrate_win_rates
from dakehu.actions.ledger import carry_forward, rebuild, standing_chain
from dakehu.actions.opportunities import (
    Outcome,
    lose_opportunity,
    win_opportunity,
)
from dakehu.core.access import operator
from dakehu.core.errors import NotAllowed
from dakehu.core.ledger import Kind, Place
from dakehu.core.periods import containing
from dakehu.core.speed import StageSpeed, Stays, stage_speed
from dakehu.models import Opportunity, Organisation, Stage, StaySum, WinRate
from dakehu.queries.funnel import FunnelQuestion, funnel_on
from dakehu.queries.ledger import Where
from dakehu.queries.ledger_check import verify_ledger
from dakehu.queries.organisation import organisation
from dakehu.queries.speed import decided_by_stage, funnel_speed, stage_speeds
from dakehu.queries.stays import carried_stays
from tests.ledger.histories import DEEDS, FIRST, LAST, Deed, History, founded
from tests.world import TODAY, World

QUARTER = containing(TODAY, "quarter")
PROPERTY = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
DAYS = st.integers(0, (LAST - FIRST).days).map(lambda n: FIRST + timedelta(days=n))


@pytest.mark.django_db
@PROPERTY
@given(deeds=DEEDS, first=DAYS, last=DAYS, unit=st.integers(-1, 5))
def test_stays_are_those_that_the_chains_tell(
    deeds: list[Deed], first: date, last: date, unit: int
) -> None:
    start, end = min(first, last), max(first, last)
    with transaction.atomic():
        history = founded()
        history.live(deeds)
        units = None if unit < 0 else frozenset({history.units[unit].pk})
        found = stage_speeds([Where(units)], start, end)
        assert found == _walked(history, start, end, units)
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_a_correction_keeps_what_went_forward_though_the_method_has_another_order_since() -> None:
    history = founded()
    history.live([("create", 0, 0, 0), ("new_version", 0, 0, 1)])
    history.live([("stage", 0, 0, 1), ("correct_day", 0, 0, 0)])
    found = stage_speeds([Where()], FIRST, FIRST)
    assert [found[one.pk].forward for one in history.stages[:2]] == [1, 0]
    assert found == _walked(history, FIRST, FIRST, None)


@pytest.mark.django_db
@PROPERTY
@given(deeds=DEEDS, more=DEEDS, carried=DAYS, first=DAYS, last=DAYS)
def test_stays_of_the_company_are_the_same_however_far_they_are_carried(
    deeds: list[Deed], more: list[Deed], carried: date, first: date, last: date
) -> None:
    """What is posted into carried days makes them stale, and they are carried anew."""
    start, end = min(first, last), max(first, last)
    with transaction.atomic():
        history = founded()
        history.live(deeds)
        carry_forward(upto=carried, at=history.tick())
        history.live(more)
        wanted = _walked(history, start, end, None)
        assert stage_speeds([Where()], start, end) == wanted
        assert deviating_stays() == 0
        carry_forward(upto=carried, at=history.tick())
        assert stage_speeds([Where()], start, end) == wanted
        carry_forward(upto=LAST, at=history.tick())
        assert organisation().stays_until >= LAST
        assert stage_speeds([Where()], start, end) == wanted
        assert deviating_stays() == 0
        transaction.set_rollback(True)


def deviating_stays() -> int:
    (stays,) = (c for c in verify_ledger(operator()).checks if c.key == "stays")
    return stays.deviating


def test_a_late_posting_leaves_the_carried_months_before_it_in_use(world: World) -> None:
    """And whoever carries stops where somebody goes on posting into what was carried just now."""
    world.create("wen", on=TODAY - timedelta(days=100))
    carry_forward(upto=TODAY, at=world.at)
    day = TODAY.replace(day=1) - timedelta(days=3)
    world.create("wen", on=day)
    assert organisation().stays_until == day
    assert carried_stays([Where()], TODAY, None) == day
    assert carried_stays([Where()], TODAY + timedelta(days=95), None) is None
    with_late = stage_speeds([Where()], TODAY - timedelta(days=200), TODAY)
    assert with_late[stage("interest")].entered == 2
    carry_forward(upto=TODAY, at=world.at)
    assert organisation().stays_until == TODAY
    assert stage_speeds([Where()], TODAY - timedelta(days=200), TODAY) == with_late
    rebuild(since=day, upto=TODAY, at=world.at)
    assert organisation().stays_until == TODAY
    assert deviating_stays() == 0


def test_a_spoilt_sum_of_stays_is_found(world: World) -> None:
    world.create("wen", on=TODAY - timedelta(days=100))
    carry_forward(upto=TODAY, at=world.at)
    assert deviating_stays() == 0
    for span in (StaySum.Span.CAME_DAY, StaySum.Span.OPEN_MONTH):
        with transaction.atomic():
            assert StaySum.objects.filter(span=span).update(number=7) > 0
            assert deviating_stays() > 0
            transaction.set_rollback(True)


def _walked(
    history: History, start: date, end: date, units: frozenset[int] | None
) -> dict[int, object]:
    order = {stage.pk: n for n, stage in enumerate(history.stages)}
    entered: dict[int, set[int]] = defaultdict(set)
    forward: dict[int, set[int]] = defaultdict(set)
    stays: dict[int, list[Stays]] = defaultdict(list)
    for pk in history.opportunities:
        turns: list[tuple[date, object, int | None, int | None, Kind]] = []
        before: tuple[object, ...] = (None, None)
        for step in standing_chain(pk):
            at = step.after.position if step.after else None
            now = (at.place, at.stage_id) if at else (None, None)
            if now != before and step.on <= end:
                turns.append((step.on, *now, at.unit_id if at else None, step.kind))
            before = now
        for (on, place, stage, unit, _kind), after in zip_longest(turns, turns[1:]):
            if place is not Place.OPEN or on < start or stage is None:
                continue
            if units is not None and unit not in units:
                continue
            entered[stage].add(pk)
            stays[stage].append(Stays(((after[0] if after else end) - on).days, bool(after), 1))
            # Another method's stage is no step forward on this one's.
            if (
                after
                and after[4] is not Kind.METHOD_MOVED
                and (
                    after[1] is Place.WON
                    or (after[1] is Place.OPEN and order[after[2] or 0] > order[stage])
                )
            ):
                forward[stage].add(pk)
    return {
        stage: stage_speed(len(entered[stage]), len(forward[stage]), stays[stage])
        for stage in entered
    }


@pytest.mark.django_db
@PROPERTY
@given(deeds=DEEDS)
def test_decided_are_counted_once_by_their_latest_outcome(deeds: list[Deed]) -> None:
    with transaction.atomic():
        history = founded()
        history.live(deeds)
        wanted: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        for pk in history.opportunities:
            chain = standing_chain(pk)
            after = chain[-1].after if chain else None
            place = after.position.place if after else Place.NOWHERE
            Opportunity.objects.filter(pk=pk).update(place=max(int(place), 1), voided=after is None)
            if after is None or place <= Place.OPEN:
                continue
            ever = {
                step.after.position.stage_id
                for step in chain
                if step.after and step.after.position.place is Place.OPEN
            }
            for stage in ever:
                wanted[stage][0] += 1
                wanted[stage][1] += place is Place.WON
        found = {s: [d.decided, d.wins] for s, d in decided_by_stage(operator()).items()}
        assert found == dict(wanted)
        transaction.set_rollback(True)


def stage(key: str) -> int:
    return Stage.objects.get(key=key, method__key="industrial-6").pk


def speed_of(world: World, login: str, unit: str | None = None) -> dict[int, StageSpeed]:
    question = FunnelQuestion(on=TODAY, period=QUARTER, unit_id=world.units.get(unit or ""))
    return dict(funnel_speed(world.viewer(login), question=question, today=TODAY).stages)


def test_each_sees_the_speed_of_their_own_units(world: World) -> None:
    world.create("wen", on=TODAY - timedelta(days=20))
    world.create("lu", on=TODAY - timedelta(days=20))
    first = stage("interest")
    assert speed_of(world, "director")[first].entered == 2
    assert speed_of(world, "mei")[first].entered == 1
    assert speed_of(world, "wen")[first].entered == 1
    assert speed_of(world, "bo") == {}


def test_calibration_writes_a_dated_row_only_where_something_changed(world: World) -> None:
    won = world.create("wen").opportunity_id
    lost = world.create("wen").opportunity_id
    how = {**world.how(), "seen_version": None}
    win_opportunity(actor=world.viewer("wen"), opportunity_id=won, outcome=Outcome("price"), **how)
    lose_opportunity(
        actor=world.viewer("wen"), opportunity_id=lost, outcome=Outcome("price"), **how
    )
    done = calibrate_win_rates(actor=operator(), today=TODAY, at=world.at)
    assert done.changed == done.stages > 6
    rate = WinRate.objects.get(kind="calibrated", stage_id=stage("interest"))
    assert (rate.rate_bp, rate.decided) == (round(Fraction(20 * 5 + 100, 22) * 100), 2)
    assert WinRate.objects.get(kind="calibrated", stage_id=stage("design")).rate_bp == 2000
    again = calibrate_win_rates(actor=operator(), today=TODAY, at=world.at + timedelta(days=1))
    assert again.changed == 0
    with pytest.raises(NotAllowed):
        calibrate_win_rates(actor=world.viewer("mei"), today=TODAY, at=world.at)


def test_the_organisation_chooses_which_rate_weighs(world: World) -> None:
    world.create("wen", amount=Decimal(1000), close_on=TODAY)
    lost = world.create("wen").opportunity_id
    lose_opportunity(
        actor=world.viewer("wen"), opportunity_id=lost, outcome=Outcome("price"),
        seen_version=None, **world.how(),
    )  # fmt: skip
    calibrate_win_rates(actor=operator(), today=TODAY, at=world.at)
    question = FunnelQuestion(on=TODAY, period=QUARTER)

    def weighted() -> Fraction | None:
        return funnel_on(world.viewer("director"), question=question, today=TODAY).weighted.value

    assert weighted() == 50
    Organisation.objects.update(win_rate_kind="calibrated")
    assert weighted() == Fraction(476, 10)  # 5% × 20 ÷ 21


def test_a_sample_reads_every_nth_opportunity_and_all_where_there_are_few(world: World) -> None:
    made = [world.create("wen", on=TODAY).opportunity_id for _ in range(12)]
    of_all = stage_speeds([Where()], TODAY, TODAY)
    assert [one.entered for one in of_all.values()] == [12]
    # Numbers may begin late: how many there are counts, not how high they are.
    assert stage_speeds([Where()], TODAY, TODAY, sample=12) == of_all
    every = 1 + (made[-1] - made[0]) // 3
    picked = [pk for pk in made if pk % every == 0]
    found = stage_speeds([Where()], TODAY, TODAY, sample=3)
    assert [one.entered for one in found.values()] == ([len(picked)] if picked else [])
    assert len(picked) < 12
