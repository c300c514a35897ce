"""Selling team and stakeholders: who lets whom in, what they may then, and what is on record."""

from datetime import timedelta
from typing import Any

import pytest

from dakehu.actions.accounts import create_account
from dakehu.actions.contacts import create_contact, delete_contact, erase_contact
from dakehu.actions.opportunities import (
    EditOpportunity,
    edit_opportunity,
    reassign_opportunity,
)
from dakehu.actions.past import remove_expired
from dakehu.actions.stakeholders import (
    Part,
    add_new_stakeholder,
    add_stakeholder,
    edit_stakeholder,
    remove_stakeholder,
    restore_stakeholder,
)
from dakehu.actions.teams import add_member, change_member, remove_member, restore_member
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.core.teams import Light
from dakehu.models import (
    Appointment,
    Change,
    Contact,
    Grant,
    Notice,
    Person,
    Stakeholder,
    TeamMember,
)
from dakehu.queries.opportunities import OpportunityFilter, opportunities, opportunity
from dakehu.queries.stakeholders import contact_choices, decision_map
from dakehu.queries.teams import team
from tests.world import World

pytestmark = pytest.mark.django_db


def join(
    world: World, actor: str, deal: int, who: str, right: str = "read", role: str = "presales"
) -> int:
    return add_member(
        actor=world.viewer(actor), opportunity_id=deal, person_id=world.people[who], role=role,
        right=right, today=world.today, at=world.at,
    )  # fmt: skip


def sees(world: World, login: str, deal: int) -> bool:
    try:
        opportunity(viewer=world.viewer(login), opportunity_id=deal, today=world.today)
    except NotFound:
        return False
    return True


def edits(world: World, login: str, deal: int) -> None:
    edit_opportunity(
        actor=world.viewer(login), opportunity_id=deal,
        edit=EditOpportunity(next_step=f"by {login}"), seen_version=None, **world.how(),
    )  # fmt: skip


def test_who_is_on_the_team_sees_the_deal_and_with_the_right_works_on_it(world: World) -> None:
    deal = world.create().opportunity_id
    assert not sees(world, "lu", deal)
    member = join(world, "wen", deal, "lu")
    assert sees(world, "lu", deal)
    with pytest.raises(NotAllowed):
        edits(world, "lu", deal)
    listed = opportunities(
        viewer=world.viewer("lu"), asked=OpportunityFilter(), sort="close", after="", before="",
        today=world.today,
    )  # fmt: skip
    assert deal in [row.id for row in listed.rows]
    change_member(
        actor=world.viewer("wen"), opportunity_id=deal, member_id=member, role="technical",
        right="work", seen=("presales", "read"), today=world.today, at=world.at,
    )  # fmt: skip
    edits(world, "lu", deal)
    remove_member(actor=world.viewer("wen"), opportunity_id=deal, member_id=member, at=world.at)
    assert not sees(world, "lu", deal)
    assert not Grant.objects.filter(opportunity_id=deal).exists()
    said = [
        (c.old and c.old["right"], c.new and c.new["right"])
        for c in Change.objects.filter(object_type="deal_people", field="team").order_by("id")
    ]
    assert said == [(None, "read"), ("read", "work"), ("work", None)]
    notice = Notice.objects.get(person_id=world.people["lu"])
    assert (notice.kind, notice.facts["as"], notice.object_id) == ("assigned", "team", deal)


def test_owner_superior_and_sales_operations_change_the_team_others_do_not(world: World) -> None:
    deal = world.create().opportunity_id
    for actor, who in (("wen", "lu"), ("mei", "bo"), ("rong", "fin"), ("ops", "auditor")):
        join(world, actor, deal, who, "work")
    for actor in ("lu", "director", "fin"):
        with pytest.raises(NotAllowed):
            join(world, actor, deal, "admin")
    with pytest.raises(NotFound):
        join(world, "bo", 10**12, "admin")


def test_nobody_gives_themselves_a_place_or_more_than_they_have(world: World) -> None:
    deal = world.create().opportunity_id
    for actor in ("mei", "rong", "ops"):
        with pytest.raises(NotAllowed) as refused:
            join(world, actor, deal, actor, "work")
        assert refused.value.code == "team.oneself"
    member = join(world, "wen", deal, "mei")
    with pytest.raises(NotAllowed):
        change_member(
            actor=world.viewer("mei"), opportunity_id=deal, member_id=member, role="",
            right="work", seen=None, today=world.today, at=world.at,
        )  # fmt: skip
    # A member with work rights lets nobody in, themselves least.
    join(world, "wen", deal, "lu", "work")
    with pytest.raises(NotAllowed):
        join(world, "lu", deal, "fin")
    # Leaving is everybody's own.
    mine = TeamMember.objects.get(opportunity_id=deal, person_id=world.people["lu"])
    remove_member(actor=world.viewer("lu"), opportunity_id=deal, member_id=mine.pk, at=world.at)
    assert not sees(world, "lu", deal)


def test_a_deputy_of_the_owner_neither_adds_themselves(world: World) -> None:
    deal = world.create().opportunity_id
    world.stand_in("lu", "wen", "salesperson", "east_team")
    with pytest.raises(NotAllowed):
        join(world, "lu", deal, "lu", "work")
    join(world, "lu", deal, "fin")
    change = Change.objects.get(object_type="deal_people")
    assert change.for_person_id == world.people["wen"]


def test_leaving_the_team_leaves_what_was_granted_otherwise(world: World) -> None:
    deal = world.create().opportunity_id
    Grant.objects.create(
        person_id=world.people["lu"], opportunity_id=deal, right="read", because="support",
        granted_at=world.at,
    )  # fmt: skip
    member = join(world, "wen", deal, "lu", "work")
    remove_member(actor=world.viewer("wen"), opportunity_id=deal, member_id=member, at=world.at)
    assert sees(world, "lu", deal)
    with pytest.raises(NotAllowed):
        edits(world, "lu", deal)


def test_reassigning_keeps_the_team(world: World) -> None:
    deal = world.create().opportunity_id
    join(world, "wen", deal, "lu", "work")
    join(world, "wen", deal, "bo")
    reassign_opportunity(
        actor=world.viewer("mei"), opportunity_id=deal, owner_id=world.people["bo"],
        seen_version=None, **world.how(),
    )  # fmt: skip
    assert sees(world, "lu", deal)
    found = team(world.viewer("mei"), opportunity_id=deal)
    # The new owner is shown once, as the owner.
    assert found.owner.login == "bo"
    assert [m.person.login for m in found.members] == ["lu"]


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("wen", "team.oneself"), ("gone", "team.no_such_person"),
        ("no-seat", "team.no_such_person"),
    ],
)  # fmt: skip
def test_who_is_not_let_in(world: World, who: str, code: str) -> None:
    deal = world.create().opportunity_id
    Person.objects.filter(login="bo").update(is_active=False)
    world.people["gone"] = world.people["bo"]
    Appointment.objects.filter(person_id=world.people["admin"]).update(until_on=world.today)
    world.people["no-seat"] = world.people["admin"]
    with pytest.raises((RuleBroken, NotAllowed)) as refused:
        join(world, "wen", deal, who)
    assert refused.value.code == code
    assert not TeamMember.objects.exists()


def test_a_member_twice_a_wrong_role_a_wrong_right(world: World) -> None:
    deal = world.create().opportunity_id
    join(world, "wen", deal, "lu")
    for who, role, right in (("lu", "", "read"), ("bo", "king", "read"), ("bo", "", "own")):
        with pytest.raises(RuleBroken):
            join(world, "wen", deal, who, right, role)
    with pytest.raises(RuleBroken) as owner:
        join(world, "mei", deal, "wen")
    assert owner.value.code == "team.is_owner"


# -- stakeholders -----------------------------------------------------------------------


def contact(world: World, name: str, account: str = "harbour") -> int:
    return create_contact(
        actor=world.viewer("operator"), account_id=world.accounts[account],
        values={"name": name}, today=world.today, at=world.at,
    )  # fmt: skip


def put(world: World, deal: int, contact_id: int, *roles: str, **part: Any) -> int:
    return add_stakeholder(
        actor=world.viewer("wen"), opportunity_id=deal, contact_id=contact_id,
        part=Part(roles=roles, **part), today=world.today, at=world.at,
    )  # fmt: skip


def test_stakeholders_fill_seats_and_turn_the_light(world: World) -> None:
    deal = world.create().opportunity_id
    wen = world.viewer("wen")
    assert decision_map(wen, opportunity_id=deal).light is Light.RED
    chen = put(world, deal, contact(world, "陈建国"), "technical", "user", influence=3)
    found = decision_map(wen, opportunity_id=deal)
    assert found.light is Light.RED
    assert found.empty == ("purchaser", "financial", "decision_maker")
    edit_stakeholder(
        actor=wen, opportunity_id=deal, stakeholder_id=chen, seen_version=1,
        part=Part(("technical",), 3, 2, "wants the longer belt"), at=world.at,
    )  # fmt: skip
    found = decision_map(wen, opportunity_id=deal)
    assert found.light is Light.GREEN
    assert found.rows[0].note == "wants the longer belt"
    remove_stakeholder(actor=wen, opportunity_id=deal, stakeholder_id=chen, at=world.at)
    assert decision_map(wen, opportunity_id=deal).rows == ()
    # The note about a person is not on the deal's own record.
    plain = str(list(Change.objects.filter(object_type="deal_people").values("old", "new")))
    assert "longer belt" not in plain
    assert "陈建国" not in plain


def test_who_was_taken_off_the_map_is_put_back_as_they_stood(world: World) -> None:
    deal = world.create().opportunity_id
    wen = world.viewer("wen")
    chen = contact(world, "陈建国")
    part: dict[str, Any] = {"influence": 3, "attitude": -1, "note": "wants the longer belt"}
    put(world, deal, chen, "technical", "user", **part)
    before = Stakeholder.objects.values().get()
    on: dict[str, Any] = {"actor": wen, "opportunity_id": deal}
    removal = remove_stakeholder(**on, stakeholder_id=before["id"], at=world.at)
    later = world.at + timedelta(days=30)
    # As whoever adds, nobody else.
    for login, refused in (("director", NotAllowed), ("mei", NotAllowed), ("lu", NotFound)):
        with pytest.raises(refused):
            restore_stakeholder(actor=world.viewer(login), removal_id=removal, at=later)
    with pytest.raises(RuleBroken) as late:
        restore_stakeholder(actor=wen, removal_id=removal, at=later + timedelta(seconds=1))
    assert late.value.code == "note.too_late"
    assert restore_stakeholder(actor=wen, removal_id=removal, at=later) == deal
    after = Stakeholder.objects.values().get()
    assert {**after, "id": 0} == {**before, "id": 0}
    assert not Change.objects.filter(object_type="part_note").exists()
    # Once is enough; and whom somebody put there meanwhile stays as they are.
    with pytest.raises(RuleBroken) as there:
        restore_stakeholder(actor=wen, removal_id=removal, at=later)
    assert there.value.code == "stakeholder.already_there"
    again = remove_stakeholder(**on, stakeholder_id=after["id"], at=later)
    with pytest.raises(NotFound):
        restore_stakeholder(actor=wen, removal_id=removal, at=later)
    put(world, deal, chen, "sponsor")
    with pytest.raises(RuleBroken):
        restore_stakeholder(actor=wen, removal_id=again, at=later)
    assert Stakeholder.objects.get().roles == ["sponsor"]
    with pytest.raises(NotFound):
        restore_stakeholder(actor=wen, removal_id=10**20, at=later)


def test_what_was_written_of_who_is_off_the_map_goes_with_them_or_after_thirty_days(
    world: World,
) -> None:
    deal = world.create().opportunity_id
    on: dict[str, Any] = {"actor": world.viewer("wen"), "opportunity_id": deal, "at": world.at}
    chen, liu = contact(world, "陈建国"), contact(world, "刘芳")
    for them in (chen, liu):
        kept = put(world, deal, them, "user", note="hesitates")
        remove_stakeholder(**on, stakeholder_id=kept)
    written = Change.objects.filter(object_type="part_note")
    assert written.count() == 2
    delete_contact(actor=on["actor"], contact_id=chen, seen_version=1, at=world.at)
    erase_contact(actor=on["actor"], contact_id=chen, at=world.at)
    assert [row.object_id for row in written] == [liu]
    machine = world.viewer("operator")
    remove_expired(actor=machine, at=world.at + timedelta(days=30))
    assert written.all().exists()
    remove_expired(actor=machine, at=world.at + timedelta(days=30, seconds=1))
    assert not written.all().exists()


def test_who_was_taken_off_the_team_is_put_back_as_they_stood(world: World) -> None:
    deal = world.create().opportunity_id
    member = join(world, "mei", deal, "lu", "work", "technical")
    before = TeamMember.objects.values().get()
    how: dict[str, Any] = {"today": world.today, "at": world.at + timedelta(days=1)}
    removal = remove_member(
        actor=world.viewer("wen"), opportunity_id=deal, member_id=member, at=world.at
    )
    assert not sees(world, "lu", deal)
    join(world, "wen", deal, "bo", "work")
    # As whoever lets others in; whom a grant let in does not, nor does anybody themselves.
    for login, refused in (("bo", NotAllowed), ("director", NotAllowed), ("lu", NotFound)):
        with pytest.raises(refused):
            restore_member(actor=world.viewer(login), removal_id=removal, **how)
    assert restore_member(actor=world.viewer("mei"), removal_id=removal, **how) == deal
    after = TeamMember.objects.values().get(person_id=world.people["lu"])
    assert {**after, "id": 0} == {**before, "id": 0}
    edits(world, "lu", deal)
    told = Notice.objects.filter(kind="assigned", person_id=world.people["lu"])
    assert told.count() == 2
    with pytest.raises(RuleBroken) as there:
        restore_member(actor=world.viewer("wen"), removal_id=removal, **how)
    assert there.value.code == "team.already_there"
    # Who left cannot let themselves in, not even as the superior.
    theirs = join(world, "wen", deal, "mei")
    left = remove_member(
        actor=world.viewer("mei"), opportunity_id=deal, member_id=theirs, at=world.at
    )
    with pytest.raises(NotAllowed) as oneself:
        restore_member(actor=world.viewer("mei"), removal_id=left, **how)
    assert oneself.value.code == "team.oneself"
    # Nor does anybody else fetch them back: they are added anew, and told.
    with pytest.raises(NotFound) as gone:
        restore_member(actor=world.viewer("wen"), removal_id=left, **how)
    assert gone.value.code == "past.nothing_to_undo"
    with pytest.raises(RuleBroken):
        restore_member(
            actor=world.viewer("wen"), removal_id=left, today=world.today,
            at=world.at + timedelta(days=31),
        )  # fmt: skip


def test_a_slip_of_the_hand_tells_nobody(world: World) -> None:
    deal = world.create().opportunity_id
    member = join(world, "wen", deal, "lu")
    on: dict[str, Any] = {"actor": world.viewer("wen"), "at": world.at}
    removal = remove_member(opportunity_id=deal, member_id=member, **on)
    restore_member(removal_id=removal, today=world.today, **on)
    assert Notice.objects.filter(kind="assigned").count() == 1


def test_a_new_contact_comes_on_the_map_in_one_go_or_not_at_all(world: World) -> None:
    deal = world.create().opportunity_id
    how: dict[str, Any] = {
        "actor": world.viewer("wen"), "opportunity_id": deal, "today": world.today, "at": world.at,
    }  # fmt: skip
    before = Contact.objects.count()
    with pytest.raises(RuleBroken):
        add_new_stakeholder(values={"name": "刘芳"}, part=Part(("king",)), **how)
    assert Contact.objects.count() == before
    add_new_stakeholder(values={"name": "刘芳", "title": "科长"}, part=Part(("purchaser",)), **how)
    found = decision_map(world.viewer("wen"), opportunity_id=deal)
    assert [(row.name, row.roles) for row in found.rows] == [("刘芳", ("purchaser",))]


def test_only_people_of_the_account_and_its_group_decide(world: World) -> None:
    deal = world.create().opportunity_id
    branch = create_account(
        actor=world.viewer("operator"), values={"name": "Harbour branch"},
        parent_id=world.accounts["harbour"], manager_id=world.people["wen"], unit_id=None,
        today=world.today, at=world.at,
    )  # fmt: skip
    world.accounts["branch"] = branch
    put(world, deal, contact(world, "分公司", "branch"), "user")
    offered = {c.name for c in contact_choices(world.viewer("wen"), opportunity_id=deal)}
    assert "分公司" not in offered
    world.accounts["own"] = create_account(
        actor=world.viewer("operator"), values={"name": "Another"}, manager_id=world.people["wen"],
        unit_id=None, today=world.today, at=world.at,
    )  # fmt: skip
    with pytest.raises(RuleBroken) as refused:
        put(world, deal, contact(world, "外人", "own"), "user")
    assert refused.value.code == "stakeholder.other_account"
    with pytest.raises(NotFound):
        put(world, deal, contact(world, "看不见", "mill"), "user")


def test_a_member_sees_the_light_and_how_many_but_no_names(world: World) -> None:
    deal = world.create().opportunity_id
    put(world, deal, contact(world, "陈建国"), "decision_maker", influence=3, attitude=2, note="x")
    join(world, "wen", deal, "lu", "work")
    found = decision_map(world.viewer("lu"), opportunity_id=deal)
    assert (found.rows, found.hidden, found.light) == ((), 1, Light.GREEN)
    assert "decision_maker" not in found.empty
    stakeholder = decision_map(world.viewer("wen"), opportunity_id=deal).rows[0].id
    with pytest.raises(NotFound):
        edit_stakeholder(
            actor=world.viewer("lu"), opportunity_id=deal, stakeholder_id=stakeholder,
            part=Part(), seen_version=None, at=world.at,
        )  # fmt: skip
    # Finance sees everybody, but no notes about people.
    row = decision_map(world.viewer("fin"), opportunity_id=deal).rows[0]
    assert (row.name, row.note, row.note_hidden) == ("陈建国", "", True)


def test_the_second_of_two_is_told_both_values(world: World) -> None:
    deal = world.create().opportunity_id
    kept = put(world, deal, contact(world, "陈建国"), "user", attitude=0)
    how: dict[str, Any] = {
        "actor": world.viewer("wen"), "opportunity_id": deal, "stakeholder_id": kept,
        "at": world.at + timedelta(minutes=1),
    }  # fmt: skip
    edit_stakeholder(part=Part(("user",), 0, 2), seen_version=1, **how)
    with pytest.raises(Conflict) as told:
        edit_stakeholder(part=Part(("user",), 0, -1), seen_version=1, **how)
    assert told.value.facts["theirs"] == {"attitude": 2}
    assert told.value.facts["yours"] == {"attitude": -1}
