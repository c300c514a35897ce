"""Deputies reach what they stand in for, no longer than they do, and it is recorded as for them."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from dakehu.actions.accounts import edit_account
from dakehu.actions.appointments import appoint_person, transfer_person
from dakehu.actions.evidence import Proof, tick_evidence
from dakehu.actions.opportunities import (
    EditOpportunity,
    Saved,
    advance_opportunity,
    edit_opportunity,
    reassign_opportunity,
    undo_opportunity,
)
from dakehu.core.access import Right, Viewer
from dakehu.core.errors import NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Way
from dakehu.models import Appointment, Change, Movement, Person
from dakehu.queries.accounts import account
from dakehu.queries.ledger import Where, positions_of
from dakehu.queries.opportunities import OpportunityFilter, opportunities, opportunity
from dakehu.queries.people import viewer_by_login
from dakehu.queries.stages import version_in_force
from tests.world import World

pytestmark = pytest.mark.django_db


def act(world: World, action: Callable[..., Any], login: str, made: Saved, **facts: Any) -> Saved:
    given = {"seen_version": None, **world.how()} | facts
    saved: Saved = action(actor=world.viewer(login), opportunity_id=made.opportunity_id, **given)
    return saved


def last(made: Saved) -> Movement:
    return Movement.objects.filter(opportunity_id=made.opportunity_id).latest("id")


def listed(world: World, viewer: Viewer) -> set[int]:
    page = opportunities(
        viewer=viewer, asked=OpportunityFilter(), sort="close", after="", today=world.today,
        limit=40,
    )  # fmt: skip
    assert page.total == len(page.rows)
    return {row.id for row in page.rows}


def test_who_stands_in_for_a_salesperson_reaches_their_records(world: World) -> None:
    made, other = world.create("wen"), world.create("bo")
    with pytest.raises(NotFound):
        act(world, advance_opportunity, "lu", made)
    world.stand_in("lu", "wen", "salesperson", "east_team")
    viewer = world.viewer("lu")
    assert listed(world, viewer) == {made.opportunity_id}
    assert account(viewer=viewer, account_id=world.accounts["harbour"]).may_edit
    assert set(positions_of(viewer)) == {
        Where(None, world.people["lu"]), Where(None, world.people["wen"]),
    }  # fmt: skip
    page = opportunity(viewer=viewer, opportunity_id=made.opportunity_id, today=world.today)
    assert (page.may.edit, page.may.advance, page.may.reassign) == (True, True, False)
    with pytest.raises(NotFound):
        act(world, advance_opportunity, "lu", other)  # of the same team, but not wen's


def test_a_deputyship_holds_for_its_days_and_no_longer(world: World) -> None:
    made = world.create("wen")
    begins, ends = world.today + timedelta(days=3), world.today + timedelta(days=5)
    appoint_person(
        actor=world.viewer("admin"), person_id=world.people["lu"], unit_id=world.units["east_team"],
        role="salesperson", from_on=begins, until_on=ends, at=world.at,
        for_person_id=world.people["wen"],
    )  # fmt: skip
    for ahead, expected in ((2, set()), (3, {made.opportunity_id}), (5, set())):
        day = world.today + timedelta(days=ahead)
        assert listed(world, viewer_by_login(login="lu", today=day)) == expected


def test_grants_are_not_inherited(world: World) -> None:
    made = world.create("bo")
    world.grant("wen", made)
    world.stand_in("lu", "wen", "salesperson", "east_team")
    act(world, advance_opportunity, "wen", made)
    with pytest.raises(NotFound):
        act(world, advance_opportunity, "lu", made)


def test_what_a_deputy_does_is_recorded_as_for_whom_they_stand_in(world: World) -> None:
    made = world.create("wen")
    world.stand_in("lu", "wen", "salesperson", "east_team")
    act(
        world, edit_opportunity, "lu", made,
        edit=EditOpportunity(amount=Decimal(900), next_step="call"),
    )  # fmt: skip
    wen, lu = world.people["wen"], world.people["lu"]
    assert (last(made).actor_id, last(made).for_person_id) == (lu, wen)
    [change] = Change.objects.filter(object_type="opportunity", field="next_step")
    assert (change.actor_id, change.for_person_id) == (lu, wen)
    version = version_in_force(world.row(made).method_version_id)
    tick_evidence(
        actor=world.viewer("lu"), opportunity_id=made.opportunity_id,
        stage_id=version.stages[0].id, key=version.spec.stages[0].evidence[0].key,
        proof=Proof(note="seen"), today=world.today, at=world.at, way=Way.FORM,
    )  # fmt: skip
    assert Change.objects.get(field="evidence").for_person_id == wen
    edit_account(
        actor=world.viewer("lu"), account_id=world.accounts["harbour"], seen_version=1,
        values={"region": "east"}, today=world.today, at=world.at,
    )  # fmt: skip
    assert Change.objects.get(field="region").for_person_id == wen
    # By one's own right it is one's own: wen again, and lu on lu's.
    act(world, edit_opportunity, "wen", made, edit=EditOpportunity(amount=Decimal(901)))
    assert last(made).for_person_id is None
    own = world.create("lu")
    act(world, edit_opportunity, "lu", own, edit=EditOpportunity(amount=Decimal(5)))
    assert last(own).for_person_id is None


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Lu for Wen"), ("zh-hans", "陆海（代文静）")]
)
def test_the_history_says_for_whom(world: World, client: Client, language: str, words: str) -> None:
    made = world.create("wen")
    world.stand_in("lu", "wen", "salesperson", "east_team")
    edit = EditOpportunity(amount=Decimal(900))
    act(world, edit_opportunity, "lu", made, edit=edit)
    act(world, edit_opportunity, "lu", made, edit=EditOpportunity(next_step="call"))
    Person.objects.update(language=language)
    client.force_login(Person.objects.get(login="mei"))
    text = client.get(f"/timeline/opportunity/{made.opportunity_id}/").content.decode()
    assert text.count(words) == 2


def test_a_deputy_creates_for_whom_they_stand_in(world: World) -> None:
    world.stand_in("lu", "wen", "salesperson", "east_team")
    wen = world.people["wen"]
    made = world.create("lu", owner_id=wen)
    assert (world.row(made).owner_id, last(made).for_person_id) == (wen, wen)
    with pytest.raises(NotAllowed):
        world.create("bo", owner_id=wen)


def test_who_was_stood_in_for_takes_back_what_was_done_for_them(world: World) -> None:
    made = world.create("wen")
    world.stand_in("lu", "wen", "salesperson", "east_team")
    saved = act(world, edit_opportunity, "lu", made, edit=EditOpportunity(amount=Decimal(900)))
    page = opportunity(
        viewer=world.viewer("wen"), opportunity_id=made.opportunity_id, today=world.today
    )
    assert page.undo is not None
    undo_opportunity(
        actor=world.viewer("wen"), opportunity_id=made.opportunity_id,
        correlation_id=UUID(saved.correlation_id), seen_version=None, today=world.today,
        at=world.at,
    )  # fmt: skip
    assert world.row(made).amount_minor == 120000


def test_a_head_s_deputy_reassigns_for_the_head_but_never_what_is_the_head_s(world: World) -> None:
    made, bo = world.create("wen"), world.people["bo"]
    world.stand_in("lu", "mei", "unit_head", "east_team")
    act(world, reassign_opportunity, "lu", made, owner_id=bo)
    assert last(made).for_person_id == world.people["mei"]
    Appointment.objects.create(
        person_id=world.people["mei"], unit_id=world.units["east_team"], role="salesperson",
        from_on=date(2025, 1, 1), recorded_at=world.at,
    )  # fmt: skip
    own = world.create("mei")
    for login in ("mei", "lu"):
        with pytest.raises(NotAllowed, match=r"opportunity.reassign"):
            act(world, reassign_opportunity, login, own, owner_id=bo)
    act(world, reassign_opportunity, "rong", own, owner_id=bo)


def test_a_head_who_deputises_too_acts_by_their_own_right_where_it_is_enough(world: World) -> None:
    world.gate("industrial-6", "require")
    made = world.create("wen")
    world.stand_in("rong", "mei", "unit_head", "east_team")
    act(world, advance_opportunity, "rong", made, overrule="I know them")
    # rong is no superior of wen while mei heads the team: it is mei's right that rong uses.
    assert last(made).for_person_id == world.people["mei"]
    Appointment.objects.filter(person_id=world.people["mei"], role="unit_head").delete()
    Appointment.objects.filter(for_person_id=world.people["mei"]).delete()
    act(world, advance_opportunity, "rong", made, overrule="I know them")
    assert last(made).for_person_id is None


def test_what_is_barred_on_one_s_own_is_barred_to_the_deputy(world: World) -> None:
    world.stand_in("lu", "mei", "unit_head", "east_team")
    viewer, unit = world.viewer("lu"), world.units["east_team"]
    mei, wen = world.people["mei"], world.people["wen"]
    how: dict[str, Any] = {"permission": "evidence.validate", "unit_id": unit}
    assert viewer.right_to(**how, owner_id=wen) == Right(mei)
    assert viewer.right_to(**how, owner_id=mei) is None
    assert viewer.right_to(**how, owner_id=world.people["lu"]) is None


def test_standing_in_has_an_end_and_is_for_somebody_else(world: World) -> None:
    how: dict[str, Any] = {
        "actor": world.viewer("admin"), "person_id": world.people["lu"], "role": "salesperson",
        "unit_id": world.units["east_team"], "from_on": world.today, "at": world.at,
    }  # fmt: skip
    with pytest.raises(RuleBroken, match=r"appointment.deputy_without_end"):
        appoint_person(**how, for_person_id=world.people["wen"])
    with pytest.raises(RuleBroken, match=r"appointment.for_oneself"):
        appoint_person(
            **how, for_person_id=world.people["lu"], until_on=world.today + timedelta(days=1)
        )
    made = appoint_person(
        **how, for_person_id=world.people["wen"], until_on=world.today + timedelta(days=9)
    )
    with pytest.raises(RuleBroken, match=r"appointment.deputy_moves"):
        transfer_person(
            actor=how["actor"], appointment_id=made, unit_id=world.units["west_team"],
            on=world.today, today=world.today, at=world.at,
        )  # fmt: skip


def test_an_administrator_appoints_a_deputy_on_the_page(world: World, client: Client) -> None:
    client.force_login(Person.objects.get(login="admin"))
    lu = world.people["lu"]
    form = {
        "role": "salesperson", "unit_id": world.units["east_team"], "from_on": "2026-06-30",
        "until_on": "2026-07-09", "for_login": "nobody-such",
    }  # fmt: skip
    refused = client.post(f"/people/{lu}/appoint/", form)
    assert refused.status_code == 422
    assert "nobody-such" in refused.content.decode()
    assert client.post(f"/people/{lu}/appoint/", form | {"for_login": "wen"}).status_code == 303
    seat = Appointment.objects.latest("id")
    assert (seat.person_id, seat.for_person_id) == (lu, world.people["wen"])
    assert "for 文静" in client.get(f"/people/{lu}/").content.decode()


def test_who_sells_and_deputises_chooses_the_owner_in_the_form(
    world: World, client: Client
) -> None:
    client.force_login(Person.objects.get(login="lu"))
    assert 'name="owner"' not in client.get("/opportunities/create/").content.decode()
    # Pages read the clock themselves.
    world.stand_in("lu", "wen", "salesperson", "east_team", until=date(2199, 1, 1))
    text = client.get("/opportunities/create/").content.decode()
    assert 'name="owner"' in text
    assert all(f'value="{world.people[login]}"' in text for login in ("lu", "wen"))
    form = {
        "name": "Belt", "method": world.methods["industrial-6"], "amount": "5", "currency": "CNY",
        "category": "1", "on": "2026-06-30",
    }  # fmt: skip
    refused = client.post("/opportunities/create/", form | {"owner": world.people["bo"]})
    assert refused.status_code == 422
