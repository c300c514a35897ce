"""The sales organisation: dated places, no circles, and people who move with their deals."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dakehu.actions.appointments import (
    appoint_person,
    end_appointment,
    transfer_person,
)
from dakehu.actions.people import create_person, edit_person
from dakehu.actions.units import close_unit, create_unit, edit_unit, place_unit
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Kind
from dakehu.models import (
    Account,
    Appointment,
    Change,
    Entry,
    Movement,
    Opportunity,
    Person,
    SalesUnit,
    UnitPlace,
)
from dakehu.queries.snapshot import acting
from dakehu.queries.units import all_units
from tests.cast import AT, START, TODAY, Cast, make_cast
from tests.world import World, make_world

pytestmark = pytest.mark.django_db
LATER = date(2026, 9, 1)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def place(cast: Cast, unit: str, parent: str | None, on: date = TODAY) -> None:
    place_unit(
        actor=cast.viewer("admin"), unit_id=cast.units[unit], on=on, at=AT,
        parent_id=cast.units[parent] if parent else None,
    )  # fmt: skip


def test_a_reorganisation_holds_from_its_day_and_leaves_the_past(cast: Cast) -> None:
    place(cast, "team-2", "west")
    units = all_units()
    team, east, west = (cast.units[u] for u in ("team-2", "east", "west"))
    assert units.tree(TODAY).parents[team] == west
    assert units.tree(TODAY - timedelta(1)).parents[team] == east


def test_no_unit_hangs_under_itself_now_or_by_a_later_row(cast: Cast) -> None:
    for unit, parent in (("east", "team-1"), ("east", "east")):
        with pytest.raises(RuleBroken, match=r"unit.circle"):
            place(cast, unit, parent)
    place(cast, "east", "team-3", LATER)
    with pytest.raises(RuleBroken, match=r"unit.circle"):
        place(cast, "west", "team-1")


def test_a_circle_that_came_into_the_database_locks_nobody_out(cast: Cast) -> None:
    """Somebody's own SQL, a restored copy: pages answer, and an administrator puts it right."""
    for unit, parent in (("east", "team-3"), ("west", "team-1")):
        UnitPlace.objects.create(
            unit_id=cast.units[unit], parent_id=cast.units[parent], on=TODAY, recorded_at=AT
        )
    round_once = {cast.units[unit] for unit in ("east", "west", "team-1", "team-2", "team-3")}
    assert cast.viewer("head-east").units == round_once
    place(cast, "east", "company", TODAY + timedelta(1))
    assert cast.units["east"] in all_units().tree(TODAY + timedelta(1)).subtree(
        cast.units["company"]
    )


def test_a_circle_is_found_in_the_places_as_they_stand_not_as_a_request_keeps_them(
    cast: Cast,
) -> None:
    with acting(lambda _sql: False):
        all_units()
        place(cast, "east", "team-3")
        with pytest.raises(RuleBroken, match=r"unit.circle"):
            place(cast, "west", "team-1")


@pytest.mark.parametrize("login", ["boss", "ops", "exec", "amy", "auditor"])
def test_only_administrators_change_the_organisation(cast: Cast, login: str) -> None:
    who = cast.viewer(login)
    with pytest.raises(NotAllowed):
        place_unit(actor=who, unit_id=cast.units["east"], parent_id=None, on=TODAY, at=AT)
    with pytest.raises(NotAllowed):
        create_person(actor=who, login="new", name="New", at=AT)
    with pytest.raises(NotAllowed):
        appoint_person(
            actor=who, person_id=cast.people["amy"], unit_id=cast.units["west"],
            role="administrator", from_on=TODAY, at=AT,
        )  # fmt: skip


def test_a_unit_is_made_and_edited(cast: Cast) -> None:
    made = create_unit(
        actor=cast.viewer("admin"), code="new", name_zh="新区", name_en="", kind="region",
        parent_id=cast.units["east"], on=TODAY, at=AT,
    )  # fmt: skip
    assert all_units().tree(TODAY).path(made)[-2:] == (cast.units["east"], made)
    edit: dict[str, Any] = {"unit_id": made, "name_en": "", "kind": "team", "at": AT}
    edit_unit(actor=cast.viewer("admin"), seen_version=1, name_zh="甲", **edit)
    with pytest.raises(Conflict):
        edit_unit(actor=cast.viewer("admin"), seen_version=1, name_zh="乙", **edit)
    assert SalesUnit.objects.get(pk=made).sort_key == "jia"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"code": "east"}, "unit.code_taken"),
        ({"code": " "}, "unit.code_missing"),
        ({"name_zh": ""}, "unit.name_missing"),
        ({"kind": "gang"}, "unit.unknown_kind"),
        ({"method_id": 99}, "method.unknown"),
    ],
)
def test_bad_input_makes_no_unit(cast: Cast, change: dict[str, Any], code: str) -> None:
    good: dict[str, Any] = {
        "code": "x", "name_zh": "新", "name_en": "", "kind": "team", "parent_id": None,
        "on": TODAY, "at": AT,
    }  # fmt: skip
    with pytest.raises(RuleBroken, match=code):
        create_unit(actor=cast.viewer("admin"), **(good | change))
    assert SalesUnit.objects.count() == 6


def test_only_an_empty_unit_is_closed(cast: Cast) -> None:
    admin = cast.viewer("admin")

    def close(unit: str) -> None:
        close_unit(actor=admin, unit_id=cast.units[unit], on=TODAY, at=AT)

    with pytest.raises(RuleBroken, match=r"unit.has_units"):
        close("west")
    with pytest.raises(RuleBroken, match=r"unit.has_people"):
        close("team-3")
    seat = Appointment.objects.get(person__login="cat")
    end_appointment(actor=admin, appointment_id=seat.pk, until_on=TODAY, at=AT)
    close("team-3")
    assert cast.units["team-3"] not in all_units().tree(TODAY)
    assert UnitPlace.objects.filter(closed=True).count() == 1


def test_the_last_administrator_stays(cast: Cast) -> None:
    seat = Appointment.objects.get(role="administrator")
    with pytest.raises(RuleBroken, match=r"person.last_administrator"):
        end_appointment(actor=cast.viewer("admin"), appointment_id=seat.pk, until_on=TODAY, at=AT)
    with pytest.raises(RuleBroken, match=r"person.not_oneself"):
        edit_person(
            actor=cast.viewer("admin"), person_id=cast.people["admin"], seen_version=1,
            name="x", name_en="", email="", phone="", is_active=False, at=AT,
        )  # fmt: skip


def test_one_does_not_hold_the_same_seat_twice(cast: Cast) -> None:
    seat: dict[str, Any] = {
        "actor": cast.viewer("admin"), "person_id": cast.people["amy"],
        "unit_id": cast.units["team-1"], "role": "salesperson", "at": AT,
    }  # fmt: skip
    with pytest.raises(RuleBroken, match=r"appointment.overlaps"):
        appoint_person(from_on=TODAY, **seat)
    with pytest.raises(RuleBroken, match=r"range.upside_down"):
        appoint_person(from_on=TODAY, until_on=TODAY, **(seat | {"role": "unit_head"}))
    with pytest.raises(NotFound):
        appoint_person(from_on=date(2020, 1, 1), until_on=START, **seat)  # no unit yet


def test_somebody_new_can_not_log_in_until_a_password_is_set(cast: Cast) -> None:
    made = create_person(actor=cast.viewer("admin"), login="neu", name="新人", at=AT)
    assert not Person.objects.get(pk=made).has_usable_password()
    for login, code in (("neu", "person.login_taken"), ("a b", "person.bad_login")):
        with pytest.raises(RuleBroken, match=code):
            create_person(actor=cast.viewer("admin"), login=login, name="x", at=AT)


def transfer(world: World, login: str, unit: str, on: date, **more: Any) -> int:
    seat = Appointment.objects.get(person__login=login, until_on=None)
    return transfer_person(
        actor=world.viewer("admin"), appointment_id=seat.pk, unit_id=world.units[unit], on=on,
        today=TODAY, at=world.at, **more,
    )  # fmt: skip


def test_many_accounts_go_along_in_as_many_statements_as_one() -> None:
    world = make_world()
    asked = []
    for number, (login, unit) in enumerate((("wen", "west_team"), ("lu", "east_team"))):
        for index in range(1 + 9 * number):
            account = Account(
                code=f"{login}-{index}", name=f"{login} {index}", created_on=START,
                manager_id=world.people[login],
                unit_id=world.units["east_team" if login == "wen" else "west_team"],
            )  # fmt: skip
            Account.objects.add_root(instance=account)
        with CaptureQueriesContext(connection) as queries:
            transfer(world, login, unit, date(2026, 6, 1))
        asked.append(len(queries))
    assert asked[0] == asked[1]
    changed = Change.objects.filter(object_type="account", field="unit")
    assert changed.count() == 2 + 11  # one of each was there before


def test_open_deals_go_along_when_their_owner_changes_unit() -> None:
    world = make_world()
    old = world.create("wen", on=date(2026, 5, 1))
    fresh = world.create("wen", on=TODAY)
    other = world.create("bo", on=date(2026, 5, 1))
    account = Account.objects.filter(manager_id=world.people["wen"]).first()
    assert transfer(world, "wen", "west_team", date(2026, 6, 1)) == 2
    west = world.units["west_team"]
    assert {world.row(o).unit_id for o in (old, fresh)} == {west}
    assert world.row(other).unit_id == world.units["east_team"]
    moves = Movement.objects.filter(kind=Kind.UNIT_MOVED).order_by("opportunity_id")
    assert [m.on for m in moves] == [date(2026, 6, 1), TODAY]
    entries = Entry.objects.filter(movement__in=moves)
    assert sum(e.count for e in entries) == sum(e.amount_minor for e in entries) == 0
    assert world.row(old).last_on == date(2026, 6, 1)
    if account is not None:
        assert Account.objects.get(pk=account.pk).unit_id == west


def test_outcomes_stay_where_they_were_won() -> None:
    world = make_world()
    won = world.create("wen", on=date(2026, 5, 1))
    Opportunity.objects.filter(pk=won.opportunity_id).update(place=2)
    assert transfer(world, "wen", "west_team", date(2026, 6, 1)) == 0
    assert world.row(won).unit_id == world.units["east_team"]


def test_nobody_moves_in_the_future_or_to_where_they_are() -> None:
    world = make_world()
    with pytest.raises(RuleBroken, match=r"ledger.future"):
        transfer(world, "wen", "west_team", date(2026, 7, 1))
    with pytest.raises(RuleBroken, match=r"appointment.same_unit"):
        transfer(world, "wen", "east_team", date(2026, 6, 1))
    with pytest.raises(NotFound):
        transfer_person(
            actor=world.viewer("admin"), appointment_id=0, unit_id=world.units["west"],
            on=TODAY, today=TODAY, at=world.at,
        )  # fmt: skip
