"""Accounts are created, edited, assigned and grouped by those who may (CUS-1 to CUS-3)."""

from typing import Any

import pytest

from dakehu.actions.accounts import (
    assign_account,
    create_account,
    edit_account,
    move_account,
)
from dakehu.actions.names import look_up_name
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.models import Account, Change, Grant
from dakehu.queries.accounts import account
from dakehu.queries.names import SameName
from tests.cast import AT, TODAY, Cast, make_cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def create(cast: Cast, login: str = "amy", name: str = "华东机械", **more: Any) -> int:
    given = {"manager_id": cast.people[login], "unit_id": None} | more
    return create_account(
        actor=cast.viewer(login), values={"name": name}, today=TODAY, at=AT, **given
    )


def test_a_salesperson_creates_an_account_of_their_own(cast: Cast) -> None:
    page = account(viewer=cast.viewer("amy"), account_id=create(cast))
    assert (page.unit_id, page.code) == (cast.units["team-1"], f"A-{page.id:05d}")
    assert page.manager is not None
    assert page.manager.login == "amy"


def test_a_salesperson_creates_none_for_somebody_else(cast: Cast) -> None:
    with pytest.raises(NotAllowed, match=r"account.create"):
        create(cast, manager_id=cast.people["bob"])


@pytest.mark.parametrize("login", ["exec", "finance", "auditor", "admin", "support"])
def test_those_who_only_read_create_none(cast: Cast, login: str) -> None:
    with pytest.raises(NotAllowed):
        create(cast, login)


def test_sales_operations_puts_an_account_into_a_units_inbox(cast: Cast) -> None:
    made = create(cast, "ops", manager_id=None, unit_id=cast.units["west"])
    assert account(viewer=cast.viewer("head-west"), account_id=made).manager is None


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"name": "  "}, "account.name_missing"),
        ({"name": "x" * 201}, "text.too_long"),
        ({"name": "x", "website": "javascript://alert(1)"}, "account.bad_website"),
        ({"name": "x", "employees": -1}, "account.bad_employees"),
        ({"name": "x", "founded": 2027}, "account.bad_founded"),
        ({"name": "x", "path": "0001"}, "account.unknown_field"),
        ({"name": "x\x00"}, "text.unreadable"),
    ],
)
def test_bad_input_is_refused_and_nothing_is_written(
    cast: Cast, values: dict[str, Any], code: str
) -> None:
    with pytest.raises(RuleBroken, match=code):
        create_account(
            actor=cast.viewer("amy"), values=values, manager_id=cast.people["amy"],
            unit_id=None, today=TODAY, at=AT,
        )  # fmt: skip
    assert Account.objects.count() == 0


def test_the_same_name_is_refused_until_it_is_said_to_be_fine(cast: Cast) -> None:
    create(cast, "cat", "ＧＴＸ Pro")
    with pytest.raises(RuleBroken, match=r"account.same_name"):
        create(cast, "amy", "gtxpro")
    create(cast, "amy", "gtxpro", same_name_is_fine=True)
    assert Account.objects.count() == 2


def test_of_an_account_out_of_sight_only_a_masked_name_is_shown(cast: Cast) -> None:
    create(cast, "cat", "华东机械")

    def look(login: str, name: str) -> tuple[SameName, ...]:
        return look_up_name(actor=cast.viewer(login), name=name, at=AT).found

    [found] = look("amy", "华东机械")
    assert (found.id, found.name) == (None, "华***械")
    [found] = look("cat", "华东机械")
    assert found.name == "华东机械"
    assert look("amy", "华东") == ()


def test_who_sees_an_account(cast: Cast) -> None:
    made = create(cast)
    for login in ("amy", "head-1", "head-east", "boss", "ops", "exec", "finance", "auditor"):
        assert account(viewer=cast.viewer(login), account_id=made).id == made
    for login in ("ann", "bob", "cat", "head-west", "admin", "support"):
        with pytest.raises(NotFound):
            account(viewer=cast.viewer(login), account_id=made)


def test_a_grant_lets_somebody_read_and_work_lets_them_edit(cast: Cast) -> None:
    made = create(cast)
    edit = {"account_id": made, "seen_version": 1, "values": {"region": "华东"}}
    grant = Grant.objects.create(
        person_id=cast.people["bob"], account_id=made, right="read",
        because="account_team", granted_at=AT,
    )  # fmt: skip
    with pytest.raises(NotAllowed):
        edit_account(actor=cast.viewer("bob"), today=TODAY, at=AT, **edit)
    grant.right = "work"
    grant.save()
    edit_account(actor=cast.viewer("bob"), today=TODAY, at=AT, **edit)
    assert Account.objects.get(pk=made).region == "华东"


def test_every_changed_field_is_on_record_and_no_other(cast: Cast) -> None:
    made = create(cast)
    edit_account(
        actor=cast.viewer("amy"), account_id=made, seen_version=1,
        values={"name": "华东重机", "region": ""}, aliases=["HD", "", "HD"], today=TODAY, at=AT,
    )  # fmt: skip
    rows = Change.objects.filter(object_id=made).exclude(field__in=["created", "same_name"])
    assert {(r.field, str(r.old), str(r.new)) for r in rows} == {
        ("name", "华东机械", "华东重机"), ("aliases", "[]", "['HD']"),
    }  # fmt: skip
    assert Account.objects.get(pk=made).sort_key == "hua dong zhong ji"


def test_an_edit_of_a_row_changed_meanwhile_gives_both_values(cast: Cast) -> None:
    made = create(cast)
    common = {"account_id": made, "seen_version": 1, "today": TODAY, "at": AT}
    edit_account(actor=cast.viewer("amy"), values={"region": "华东"}, **common)
    with pytest.raises(Conflict) as refused:
        edit_account(actor=cast.viewer("amy"), values={"region": "华北"}, **common)
    assert refused.value.facts["theirs"] == {"region": "华东"}
    assert refused.value.facts["yours"] == {"region": "华北"}


def test_assigning_is_the_heads_and_within_their_units(cast: Cast) -> None:
    made = create(cast)
    give = {"account_id": made, "seen_version": 1, "unit_id": None, "today": TODAY, "at": AT}
    with pytest.raises(NotAllowed):
        assign_account(actor=cast.viewer("amy"), manager_id=cast.people["bob"], **give)
    with pytest.raises(NotAllowed):
        assign_account(actor=cast.viewer("head-east"), manager_id=cast.people["cat"], **give)
    assign_account(actor=cast.viewer("head-east"), manager_id=cast.people["bob"], **give)
    row = Account.objects.get(pk=made)
    assert (row.manager_id, row.unit_id) == (cast.people["bob"], cast.units["team-2"])


def test_a_group_tree_takes_no_circle(cast: Cast) -> None:
    top, middle, low = (create(cast, name=n) for n in ("甲", "乙", "丙"))
    amy = cast.viewer("amy")
    move_account(actor=amy, account_id=middle, seen_version=1, parent_id=top, at=AT)
    move_account(actor=amy, account_id=low, seen_version=1, parent_id=middle, at=AT)
    for parent in (low, middle):
        with pytest.raises(RuleBroken, match=r"account.group_cycle"):
            move_account(actor=amy, account_id=middle, seen_version=2, parent_id=parent, at=AT)
    page = account(viewer=amy, account_id=low)
    assert [(m.name, m.depth) for m in page.group] == [("甲", 0), ("乙", 1), ("丙", 2)]
    move_account(actor=amy, account_id=middle, seen_version=2, parent_id=None, at=AT)
    assert [m.name for m in account(viewer=amy, account_id=low).group] == ["乙", "丙"]


def test_a_parent_out_of_sight_is_not_found_and_shows_as_a_lock(cast: Cast) -> None:
    theirs, mine = create(cast, "cat", "甲"), create(cast, "amy", "乙")
    with pytest.raises(NotFound):
        move_account(
            actor=cast.viewer("amy"), account_id=mine, seen_version=1, parent_id=theirs, at=AT
        )
    move_account(actor=cast.viewer("ops"), account_id=mine, seen_version=1, parent_id=theirs, at=AT)
    page = account(viewer=cast.viewer("amy"), account_id=mine)
    assert [(m.id, m.name) for m in page.group] == [(None, ""), (mine, "乙")]
    assert page.parent_id is None
