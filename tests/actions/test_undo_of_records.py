"""One save of a record is taken back where nothing changed since, and done again."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from dakehu.actions.accounts import assign_account, edit_account, move_account
from dakehu.actions.contacts import create_contact, edit_contact
from dakehu.actions.past import undo_save
from dakehu.actions.products import edit_product
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Way
from dakehu.models import Account, AccountName, Change, Contact, Product
from dakehu.queries.past import record_history
from tests.world import World

pytestmark = pytest.mark.django_db


def undo(world: World, login: str, kind: str, pk: int, save: UUID | None) -> UUID:
    assert save is not None
    return undo_save(
        actor=world.viewer(login), kind=kind, object_id=pk, correlation_id=save,
        today=world.today, at=world.at,
    )  # fmt: skip


def edit(world: World, login: str = "wen", **values: Any) -> UUID:
    pk = world.accounts["harbour"]
    aliases = values.pop("aliases", None)
    return edit_account(
        actor=world.viewer(login), account_id=pk, values=values, aliases=aliases,
        seen_version=Account.objects.get(pk=pk).version, today=world.today, at=world.at,
    )  # fmt: skip


def saves(world: World, login: str, kind: str, pk: int) -> list[tuple[list[str], bool]]:
    found = record_history(
        viewer=world.viewer(login), kind=kind, object_id=pk, today=world.today
    ).saves
    return [([change.field for change in save.changes], save.may_undo) for save in found]


def test_a_save_is_taken_back_whole_and_done_again(world: World) -> None:
    pk = world.accounts["harbour"]
    saved = edit(world, name="Harbour One", region="East", employees=300, aliases=["H1"])
    back = undo(world, "wen", "account", pk, saved)
    row = Account.objects.get(pk=pk)
    assert (row.name, row.region, row.employees) == ("Harbour Group", "", None)
    assert (row.sort_key, AccountName.objects.count()) == ("harbour group", 0)
    assert {c.way for c in Change.objects.filter(correlation_id=back)} == {Way.UNDO}
    undo(world, "wen", "account", pk, back)
    row.refresh_from_db()
    assert (row.name, row.region, row.employees) == ("Harbour One", "East", 300)
    assert AccountName.objects.get().name == "H1"


def test_what_changed_since_is_told_and_nothing_is_taken_back(world: World) -> None:
    pk = world.accounts["harbour"]
    saved = edit(world, region="East", industry="Ports")
    edit(world, "ops", region="West")
    with pytest.raises(Conflict) as refused:
        undo(world, "wen", "account", pk, saved)
    [(field, value, who, at)] = refused.value.facts["since"]
    assert (field, value, who.login, at) == ("region", "West", "ops", world.at)
    assert Account.objects.get(pk=pk).industry == "Ports"
    told = saves(world, "wen", "account", pk)
    assert told[0] == (["region"], False)  # not wen's, though it could be
    assert told[1][1] is False
    assert saves(world, "ops", "account", pk)[0] == (["region"], True)


def test_who_takes_back_whose_save(world: World) -> None:
    pk = world.accounts["harbour"]
    saved = edit(world, region="East")
    for login, refused in (("bo", NotFound), ("director", NotAllowed), ("fin", NotAllowed)):
        with pytest.raises(refused):
            undo(world, login, "account", pk, saved)
        if refused is NotAllowed:
            assert saves(world, login, "account", pk)[0][1] is False
    for login in ("mei", "rong", "ops"):
        assert saves(world, login, "account", pk)[0][1] is True
        again = undo(world, login, "account", pk, saved)
        assert Account.objects.get(pk=pk).region == ""
        saved = undo(world, login, "account", pk, again)


def test_an_assignment_and_a_place_in_the_group_are_taken_back(world: World) -> None:
    pk, mill = world.accounts["harbour"], world.accounts["mill"]
    moved = move_account(
        actor=world.viewer("ops"), account_id=pk, seen_version=1, parent_id=mill, at=world.at
    )
    given = assign_account(
        actor=world.viewer("ops"), account_id=pk, seen_version=2,
        manager_id=world.people["lu"], unit_id=None, today=world.today, at=world.at,
    )  # fmt: skip
    undo(world, "ops", "account", pk, given)
    row = Account.objects.get(pk=pk)
    assert (row.manager_id, row.unit_id) == (world.people["wen"], world.units["east_team"])
    # Of the parent that wen can't see the history tells no name.
    [save] = [
        s
        for s in record_history(
            viewer=world.viewer("wen"), kind="account", object_id=pk, today=world.today
        ).saves
        if s.changes[0].field == "parent"
    ]
    assert save.changes[0].masked
    assert "Mill" not in str(save.changes)
    page = world.client("wen").get(f"/timeline/account/{pk}/?tab=changes").content.decode()
    assert "Mill" not in page
    assert "not yours to see" in page
    ops = world.client("ops").get(f"/timeline/account/{pk}/?tab=changes").content.decode()
    assert "Mill" in ops
    undo(world, "ops", "account", pk, moved)
    assert Account.objects.get(pk=pk).depth == 1


def test_masked_fields_of_a_contact_stay_masked(world: World) -> None:
    wen = world.viewer("wen")
    made = create_contact(
        actor=wen, account_id=world.accounts["harbour"], values={"name": "陈工"},
        today=world.today, at=world.at,
    )  # fmt: skip
    saved = edit_contact(
        actor=wen, contact_id=made, seen_version=1,
        values={"phone": "13800000000", "title": "厂长"}, at=world.at,
    )  # fmt: skip
    assert saves(world, "director", "contact", made) == [(["title"], False), (["created"], False)]
    assert saves(world, "wen", "contact", made) == [
        (["phone", "title"], True), (["created"], False),
    ]  # fmt: skip
    first = Change.objects.filter(object_type="contact", field="created")[0].correlation_id
    with pytest.raises(RuleBroken, match=r"past\.not_undoable"):
        undo(world, "wen", "contact", made, first)
    undo(world, "mei", "contact", made, saved)
    assert Contact.objects.get().phone == ""


def test_a_products_price_is_taken_back_by_who_keeps_products(world: World) -> None:
    pk = world.products["crane"]

    def price(amount: str, version: int) -> None:
        edit_product(
            actor=world.viewer("ops"), product_id=pk, seen_version=version, name_zh="crane",
            name_en="Crane", series="", list_price=Decimal(amount), currency="CNY",
            is_active=True, at=world.at,
        )  # fmt: skip

    price("700", 1)
    saved = Change.objects.get(object_type="product", field="list_price").correlation_id
    with pytest.raises(NotAllowed):
        undo(world, "wen", "product", pk, saved)
    undo(world, "ops", "product", pk, saved)
    assert Product.objects.get(pk=pk).list_price == Decimal("500.5")


def test_there_is_nothing_to_take_back_of_others_saves_or_kinds(world: World) -> None:
    saved = edit(world, region="East")
    for kind, pk in (("account", world.accounts["mill"]), ("unit", 1), ("no", 1)):
        with pytest.raises(NotFound):
            undo(world, "operator", kind, pk, saved)
