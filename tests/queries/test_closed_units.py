"""What was decided in a unit that was closed counts where the unit last hung (decision 8)."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dakehu.actions.opportunities import Outcome, Saved, lose_opportunity
from dakehu.actions.units import close_unit, place_unit
from dakehu.core.errors import NotFound
from dakehu.core.periods import containing
from dakehu.core.units import Placed, tree_on
from dakehu.models import Account, Appointment
from dakehu.queries.funnel import FunnelQuestion
from dakehu.queries.opportunities import opportunity
from dakehu.queries.outcomes import outcomes_between
from tests.world import AT, World

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def closed(world: World) -> Saved:
    """Let wen lose a deal in the east team, leave, and the team be closed today."""
    lost = world.create("wen")
    lose_opportunity(
        actor=world.viewer("wen"), opportunity_id=lost.opportunity_id, seen_version=None,
        outcome=Outcome("price"), **world.how(world.today),
    )  # fmt: skip
    team = world.units["east_team"]
    Appointment.objects.filter(unit_id=team).update(until_on=world.today)
    close_unit(actor=world.viewer("admin"), unit_id=team, on=world.today, at=world.at)
    return lost


def opens(world: World, login: str, made: Saved) -> bool:
    try:
        opportunity(
            viewer=world.viewer(login), opportunity_id=made.opportunity_id, today=world.today
        )
    except NotFound:
        return False
    return True


def by_unit(world: World, login: str, unit: str | None = None) -> dict[str, tuple[int, int, str]]:
    """Give per row lost count, depth and parent."""
    question = FunnelQuestion(
        on=world.today, period=containing(world.today, "year"),
        unit_id=world.units[unit] if unit else None,
    )  # fmt: skip
    found = outcomes_between(
        world.viewer(login), question=question, start=world.today - 30 * DAY,
        end=world.today + DAY, by="unit", today=world.today,
    )  # fmt: skip
    assert found.total.lost_count == max((row.lost_count for row in found.rows), default=0)
    return {row.key: (row.lost_count, row.depth, row.parent or "") for row in found.rows}


def test_the_head_of_the_last_parent_sees_it_and_others_do_not(world: World, closed: Saved) -> None:
    assert opens(world, "rong", closed)  # heads the east, where the team last hung
    assert opens(world, "ops", closed)  # of the business unit above
    for login in ("lu", "mei", "wen"):  # of elsewhere; of the team, but no more
        assert not opens(world, login, closed), login
    rows = Account.visible_to(world.viewer("rong"))
    assert rows.filter(pk=world.accounts["harbour"]).exists()


def test_it_follows_its_last_parent_and_no_later_head_of_another_unit(
    world: World, closed: Saved
) -> None:
    Appointment.objects.create(
        person_id=world.people["lu"], unit_id=world.units["west"], role="unit_head",
        from_on=date(2025, 1, 1), recorded_at=world.at,
    )  # fmt: skip
    assert not opens(world, "lu", closed)
    place_unit(
        actor=world.viewer("admin"), unit_id=world.units["east"], parent_id=world.units["west"],
        on=world.today, at=world.at,
    )  # fmt: skip
    assert opens(world, "lu", closed)


def test_outcomes_by_unit_keep_its_row_below_the_last_parent(world: World, closed: Saved) -> None:
    whole = {
        "company": (1, 0, ""), "machines": (1, 1, "company"), "east": (1, 2, "machines"),
        "east_team": (1, 3, "east"),
    }  # fmt: skip
    assert by_unit(world, "director") == whole
    assert by_unit(world, "rong", "east") == {k: whole[k] for k in ("east", "east_team")}
    assert by_unit(world, "lu") == {}


def test_closed_units_are_not_offered_to_work_in(world: World, closed: Saved) -> None:
    from dakehu.actions.accounts import assign_account
    from dakehu.core.errors import RuleBroken

    with pytest.raises(RuleBroken, match=r"unit.unknown"):
        assign_account(
            actor=world.viewer("rong"), account_id=world.accounts["harbour"], seen_version=1,
            manager_id=None, unit_id=world.units["east_team"], today=world.today, at=world.at,
        )  # fmt: skip


START = date(2026, 1, 1)
places = st.lists(
    st.builds(
        Placed,
        unit_id=st.integers(1, 5),
        parent_id=st.one_of(st.none(), st.integers(1, 5)),
        closed=st.booleans(),
        on=st.integers(0, 9).map(lambda n: START + n * DAY),
        recorded_at=st.integers(0, 3).map(lambda n: AT + n * DAY),
    ),
    max_size=12,
)


def without_circles(rows: list[Placed]) -> bool:
    """Test that no day's tree of standing units has a circle: the action sees to that."""
    for number in range(10):
        parents = tree_on(rows, START + number * DAY).parents
        for unit in parents:
            here, steps = parents[unit], 0
            while here is not None and here in parents and steps < 6:
                here, steps = parents[here], steps + 1
            if steps >= 6:
                return False
    return True


@given(places.filter(without_circles), st.integers(0, 9))
def test_every_unit_that_ever_stood_hangs_in_one_place(rows: list[Placed], number: int) -> None:
    day = START + number * DAY
    standing, every = tree_on(rows, day), tree_on(rows, day, with_closed=True)
    known: dict[str, Any] = {"standing": standing.parents, "every": every.parents}
    assert set(every.parents) == {r.unit_id for r in rows if r.on <= day and not r.closed}
    assert set(standing.parents) <= set(every.parents)
    walked = [unit for root in every.roots() for unit in every.walk(root)]
    assert sorted(walked) == sorted(every.parents), known
    for unit in standing.parents:
        assert every.parents[unit] == standing.parents[unit], known
