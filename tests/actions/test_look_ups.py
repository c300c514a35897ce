"""Looking for names beyond one's sight is limited and on record (CUS-2; DESIGN: Permission)."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from dakehu.actions.accounts import create_account
from dakehu.actions.names import look_up_name
from dakehu.core.errors import NotAllowed, RuleBroken
from dakehu.models import Account, LookUp, Person
from dakehu.queries.audit import LookUpRow, look_ups
from dakehu.queries.paging import Cut
from tests.world import World

pytestmark = pytest.mark.django_db


def recorded(world: World) -> list[tuple[str, str, int]]:
    """Give what an auditor reads, the latest first: who, which name, how many hidden ones."""
    rows: tuple[LookUpRow, ...] = look_ups(viewer=world.viewer("auditor"), cut=Cut()).rows
    return [(row.who.login, row.name, row.hidden) for row in rows]


def create(world: World, login: str, name: str, *, fine: bool = False) -> int:
    return create_account(
        actor=world.viewer(login), values={"name": name}, manager_id=world.people[login],
        unit_id=None, today=world.today, at=world.at, same_name_is_fine=fine,
    )  # fmt: skip


def test_each_name_is_on_record_once_hit_or_miss_and_also_when_refused(world: World) -> None:
    with pytest.raises(RuleBroken, match=r"account.same_name"):
        create(world, "lu", "Harbour Group")  # wen's, out of lu's sight
    with pytest.raises(RuleBroken, match=r"account.same_name"):
        create(world, "lu", "ＨＡＲＢＯＵＲ group")  # the same name, folded
    create(world, "lu", "Nobody's")
    assert recorded(world) == [("lu", "Nobody's", 0), ("lu", "Harbour Group", 1)]


def test_who_may_not_create_looks_nothing_up(world: World) -> None:
    for login in ("fin", "director", "admin", "mei"):
        with pytest.raises(NotAllowed):
            create(world, login, "Harbour Group")
    assert LookUp.objects.count() == 0


def test_beyond_the_limit_only_what_is_in_sight_is_told(world: World, settings: Any) -> None:
    settings.LOOK_UPS_A_DAY = 2
    lu = world.viewer("lu")
    for name in ("A", "B"):
        assert look_up_name(actor=lu, name=name, at=world.at).used_up is False
    assert look_up_name(actor=lu, name="A", at=world.at).used_up is False  # asked already
    looked = look_up_name(actor=lu, name="Harbour Group", at=world.at)
    assert (looked.found, looked.used_up, looked.limit) == ((), True, 2)
    looked = look_up_name(actor=lu, name="Mill Company", at=world.at)
    assert [one.name for one in looked.found] == ["Mill Company"]
    # Others have their own; who sees all looks up nothing hidden.
    assert look_up_name(actor=world.viewer("bo"), name="Harbour Group", at=world.at).found
    assert look_up_name(actor=world.viewer("director"), name="Harbour Group", at=world.at).found
    assert [row[0] for row in recorded(world)] == ["bo", "lu", "lu"]
    later = world.at + timedelta(days=1)
    assert look_up_name(actor=lu, name="Harbour Group", at=later).found


def test_the_form_says_that_the_limit_is_reached_and_saves_all_the_same(
    world: World, settings: Any, client: Client
) -> None:
    settings.LOOK_UPS_A_DAY = 0
    with pytest.raises(RuleBroken, match=r"account.look_ups_used_up"):
        create(world, "lu", "Harbour Group")
    client.force_login(Person.objects.get(login="lu"))
    form: dict[str, Any] = {"name": "Harbour Group", "manager_id": world.people["lu"]}
    refused = client.post("/accounts/create/", form)
    text = refused.content.decode()
    assert refused.status_code == 422
    assert "You have looked up 0 names within a day" in text
    assert "There is an account of this name already" not in text
    assert 'value="Harbour Group"' in text
    assert client.post("/accounts/create/", form | {"same_name_is_fine": "on"}).status_code == 303
    assert Account.objects.filter(name="Harbour Group").count() == 2


@pytest.mark.parametrize(
    ("login", "status"),
    [("auditor", 200), ("lu", 403), ("mei", 403), ("fin", 403), ("admin", 403), ("ops", 403)],
)
def test_auditors_read_the_look_ups_and_nobody_else(
    world: World, client: Client, login: str, status: int
) -> None:
    look_up_name(actor=world.viewer("lu"), name="Harbour Group", at=world.at)
    client.force_login(Person.objects.get(login=login))
    answer = client.get("/audit/look-ups/")
    assert answer.status_code == status
    assert ("Harbour Group" in answer.content.decode()) == (status == 200)
