"""Accounts and contacts are deleted: hidden everywhere at once, brought back, or forgotten."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from dakehu.actions.accounts import (
    create_account,
    delete_account,
    move_account,
    restore_account,
)
from dakehu.actions.cleaning import clean_up
from dakehu.actions.contacts import (
    create_contact,
    delete_contact,
    edit_contact,
    erase_contact,
    restore_contact,
)
from dakehu.actions.evidence import Upload
from dakehu.actions.files import attach_files, delete_attachment
from dakehu.actions.names import look_up_name
from dakehu.actions.notes import delete_note, edit_note, write_note
from dakehu.actions.opportunities import Outcome, lose_opportunity, void_opportunity
from dakehu.actions.stakeholders import Part, add_stakeholder, remove_stakeholder
from dakehu.core.access import operator
from dakehu.core.errors import Conflict, DakehuError, NotAllowed, NotFound, RuleBroken
from dakehu.models import (
    Account,
    Activity,
    Change,
    Contact,
    Grant,
    NameToken,
    Stakeholder,
    StoredFile,
)
from dakehu.queries.accounts import AccountFilter, account, accounts
from dakehu.queries.alike import accounts_like
from dakehu.queries.contacts import ContactFilter, contact, contacts
from dakehu.queries.names import account_by_code
from dakehu.queries.opportunities import account_by_name, account_choices, opportunity
from dakehu.queries.paging import Cut
from dakehu.queries.past import bin_rows
from tests.world import World

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def person(world: World, login: str = "wen", name: str = "陈工") -> int:
    return create_contact(
        actor=world.viewer(login), account_id=world.accounts["harbour"],
        values={"name": name, "phone": "13800000000", "note": "likes tea"}, today=world.today,
        at=world.at,
    )  # fmt: skip


def delete(world: World, login: str = "wen", account: str = "harbour", version: int = 1) -> Any:
    return delete_account(
        actor=world.viewer(login), account_id=world.accounts[account], seen_version=version,
        at=world.at,
    )  # fmt: skip


def test_a_deleted_account_is_nowhere_and_comes_back_whole(world: World) -> None:
    made, them = world.accounts["harbour"], person(world)
    delete(world)
    for login in ("wen", "mei", "ops", "director", "operator"):
        viewer = world.viewer(login)
        listed = accounts(viewer=viewer, where=AccountFilter(), cut=Cut()).rows
        assert made not in {row.id for row in listed}
        assert contacts(viewer=viewer, where=ContactFilter(), cut=Cut()).rows == ()
        assert account_choices(viewer=viewer, text="Harbour") == ()
        assert account_by_name(viewer=viewer, text="Harbour Group") == ()
        assert accounts_like(viewer=viewer, name="Harbour Group") == ()
        assert not look_up_name(actor=viewer, name="Harbour Group", at=world.at).found
        with pytest.raises(RuleBroken):
            account_by_code(viewer=viewer, code="harbour")
        with pytest.raises(NotFound):
            account(viewer=viewer, account_id=made)
        with pytest.raises(NotFound):
            contact(viewer=viewer, contact_id=them)
    assert not NameToken.objects.filter(kind__in=("account", "a"), object_id=made).exists()
    with pytest.raises(NotFound):
        world.create("wen", account_id=made)
    restore_account(actor=world.viewer("wen"), account_id=made, at=world.at)
    assert contact(viewer=world.viewer("wen"), contact_id=them).contact.name == "陈工"
    assert accounts_like(viewer=world.viewer("wen"), name="Harbour Group")


def test_open_opportunities_and_branches_hold_an_account(world: World) -> None:
    made = world.create("wen")
    with pytest.raises(RuleBroken, match=r"account\.has_open_opportunities"):
        delete(world)
    lose_opportunity(
        actor=world.viewer("wen"), opportunity_id=made.opportunity_id, seen_version=None,
        outcome=Outcome(reason="price"), **world.how(),
    )  # fmt: skip
    branch = create_account(
        actor=world.viewer("wen"), values={"name": "Quay"}, manager_id=world.people["wen"],
        unit_id=None, parent_id=world.accounts["harbour"], today=world.today, at=world.at,
    )  # fmt: skip
    world.accounts["quay"] = branch
    with pytest.raises(RuleBroken, match=r"account\.has_branches"):
        delete(world)
    delete(world, account="quay")
    delete(world)
    with pytest.raises(RuleBroken, match=r"account\.parent_deleted"):
        restore_account(actor=world.viewer("wen"), account_id=branch, at=world.at)
    # What was decided stays and says whose it was; the account is nobody's to open.
    shown = opportunity(
        viewer=world.viewer("wen"), opportunity_id=made.opportunity_id, today=world.today
    )
    assert (shown.account, shown.may_open_account) == ("Harbour Group", False)


@pytest.mark.parametrize("login", ["mei", "director", "fin", "auditor"])
def test_who_only_sees_an_account_does_not_delete_it(world: World, login: str) -> None:
    with pytest.raises(NotAllowed):
        delete(world, login)


def test_a_guest_who_may_work_does_not_delete_and_a_second_comer_is_told(world: World) -> None:
    Grant.objects.create(
        person_id=world.people["lu"], account_id=world.accounts["harbour"], right="work",
        because="account_team", granted_at=world.at,
    )  # fmt: skip
    with pytest.raises(NotAllowed):
        delete(world, "lu")
    with pytest.raises(Conflict):
        delete(world, version=7)
    with pytest.raises(NotFound):
        delete(world, "bo")


def restore(world: World, login: str, kind: str, pk: int, days: int = 0) -> None:
    how: dict[str, Any] = {"actor": world.viewer(login), "at": world.at + days * DAY}
    if kind == "account":
        restore_account(account_id=pk, **how)
    else:
        restore_contact(contact_id=pk, **how)


@pytest.mark.parametrize("kind", ["account", "contact"])
def test_who_brings_back_what_was_deleted_and_for_how_long(world: World, kind: str) -> None:
    them = person(world)
    wen = world.viewer("wen")
    if kind == "account":
        pk = world.accounts["harbour"]
        delete(world)
    else:
        pk = them
        delete_contact(actor=wen, contact_id=them, seen_version=1, at=world.at)
    for login, refused in (("director", NotAllowed), ("bo", NotFound), ("lu", NotFound)):
        with pytest.raises(refused):
            restore(world, login, kind, pk)
    with pytest.raises(RuleBroken, match=r"past\.kept_no_longer"):
        restore(world, "wen", kind, pk, 31)
    for login in ("mei", "ops", "wen"):
        restore(world, login, kind, pk, 30)
        version = Account.objects.get(pk=pk).version if kind == "account" else 0
        if kind == "account":
            delete(world, version=version)
        else:
            version = Contact.objects.get(pk=pk).version
            delete_contact(actor=wen, contact_id=pk, seen_version=version, at=world.at)


def test_the_bin_holds_what_one_deleted_or_ones_units(world: World) -> None:
    them = person(world)
    delete_contact(actor=world.viewer("wen"), contact_id=them, seen_version=1, at=world.at)
    gone = world.create("wen")
    void_opportunity(
        actor=world.viewer("wen"), opportunity_id=gone.opportunity_id, seen_version=None,
        **world.how(),
    )  # fmt: skip

    def there(login: str, days: int = 1) -> dict[str, bool]:
        found = bin_rows(viewer=world.viewer(login), at=world.at + days * DAY)
        return {row.kind: row.may_restore for row in found.rows}

    assert there("wen") == {"contact": True, "opportunity": True}
    assert there("mei") == {"contact": True, "opportunity": False}
    assert there("director") == {"contact": False, "opportunity": False}
    assert there("bo") == there("lu") == there("admin") == {}
    assert there("wen", 31) == {}
    [row] = bin_rows(viewer=world.viewer("wen"), at=world.at + DAY, kind="contact").rows
    assert (row.name, row.about, row.days_left) == ("陈工", "Harbour Group", 29)


def test_an_erased_contact_leaves_nothing_but_its_part(world: World) -> None:
    them, deal = person(world), world.create("wen")
    part = Stakeholder.objects.create(
        opportunity_id=deal.opportunity_id, contact_id=them, roles=["sponsor"], note="met twice",
        added_at=world.at,
    )  # fmt: skip
    wen = world.viewer("wen")
    edit_contact(actor=wen, contact_id=them, seen_version=1, values={"title": "厂长"}, at=world.at)
    with pytest.raises(NotFound):
        erase_contact(actor=wen, contact_id=them, at=world.at)
    delete_contact(actor=wen, contact_id=them, seen_version=2, at=world.at)
    erase_contact(actor=wen, contact_id=them, at=world.at)
    kept = Contact.with_deleted.values().get(pk=them)
    assert not any(word in str(kept) for word in ("陈", "1380", "tea", "厂长"))
    assert not NameToken.objects.filter(kind="c", object_id=them).exists()
    told = Change.objects.filter(object_type="contact", object_id=them)
    assert not any(word in f"{row.old}{row.new}" for row in told for word in ("陈", "厂长"))
    part.refresh_from_db()
    assert (part.note, part.roles) == ("", ["sponsor"])
    assert bin_rows(viewer=wen, at=world.at).rows == ()
    with pytest.raises(RuleBroken, match=r"past\.erased"):
        restore_contact(actor=wen, contact_id=them, at=world.at)


def test_erasing_takes_out_what_was_written_and_attached_with_its_history(
    world: World, settings: Any, tmp_path: Any
) -> None:
    settings.FILES = tmp_path
    them, deal, wen = person(world), world.create("wen"), world.viewer("wen")
    note = write_note(actor=wen, kind="contact", record_id=them, text="likes 茶", **day(world))
    edit_note(actor=wen, note_id=note, text="drinks 茶", seen_version=1, **day(world))
    [file] = attach_files(
        actor=wen, kind="contact", record_id=them, uploads=[Upload("茶.txt", [b"tea"], 3)],
        at=world.at,
    )  # fmt: skip
    delete_attachment(actor=wen, attachment_id=file, at=world.at)
    on = {"actor": wen, "opportunity_id": deal.opportunity_id, "at": world.at}
    part = Part(roles=("user",), note="about 茶")
    for gone in (True, False):
        kept = add_stakeholder(**on, contact_id=them, part=part, today=world.today)
        if gone:
            remove_stakeholder(**on, stakeholder_id=kept)
    held = Activity.objects.create(
        kind=1, state=2, subject="call", owner_id=world.people["wen"], on=world.today,
        unit_id=world.units["east_team"], account_id=world.accounts["harbour"],
        created_at=world.at, updated_at=world.at,
    )  # fmt: skip
    for names in (["陈工"], ["赵工"]):
        Change.objects.create(
            object_type="activity", object_id=held.pk, field="contacts", old=names, new=[],
            correlation_id=uuid4(), way=1, at=world.at,
        )  # fmt: skip
    delete_contact(actor=wen, contact_id=them, seen_version=1, at=world.at)
    erase_contact(actor=wen, contact_id=them, at=world.at)
    told = str(list(Change.objects.values_list("old", "new")))
    assert "茶" not in told
    assert "陈工" not in told
    assert "赵工" in told
    assert not StoredFile.objects.exists()
    clean_up(actor=operator(), at=datetime.now(UTC) + 3 * DAY)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_after_thirty_days_a_deleted_file_is_gone_with_its_bytes(
    world: World, settings: Any, tmp_path: Any
) -> None:
    settings.FILES = tmp_path
    wen, made = world.viewer("wen"), world.accounts["harbour"]
    uploads = [Upload("a.txt", [b"a"], 1)]
    [file] = attach_files(actor=wen, kind="account", record_id=made, uploads=uploads, at=world.at)
    delete_attachment(actor=wen, attachment_id=file, at=world.at)
    note = write_note(actor=wen, kind="account", record_id=made, text="one", **day(world))
    edit_note(actor=wen, note_id=note, text="two", seen_version=1, **day(world))
    delete_note(actor=wen, note_id=note, at=world.at)
    clean_up(actor=operator(), at=world.at + 31 * DAY)
    assert not StoredFile.objects.exists()
    assert not Change.objects.filter(object_type="note").exists()


def day(world: World) -> dict[str, Any]:
    return {"today": world.today, "at": world.at}


def test_after_thirty_days_what_nothing_refers_to_is_removed(
    world: World, settings: Any, tmp_path: Any
) -> None:
    settings.FILES = tmp_path
    wen = world.viewer("wen")
    free, used = person(world, name="甲"), person(world, name="乙")
    lost = world.create("wen")
    Stakeholder.objects.create(
        opportunity_id=lost.opportunity_id, contact_id=used, added_at=world.at
    )
    for pk in (free, used):
        delete_contact(actor=wen, contact_id=pk, seen_version=1, at=world.at)
    lose_opportunity(
        actor=wen, opportunity_id=lost.opportunity_id, seen_version=None, outcome=Outcome("price"),
        **world.how(),
    )  # fmt: skip
    delete(world)
    delete(world, "lu", "mill")

    def clean(days: int) -> int:
        return clean_up(actor=operator(), at=world.at + days * DAY).records

    assert clean(30) == 0
    assert clean(31) == 3
    assert clean(31) == 0
    assert [(c.pk, c.name) for c in Contact.with_deleted.all()] == [(used, "")]
    left = Account.objects.get()
    # Of an account with opportunities the books go on telling.
    assert (left.name, left.deleted_at) == ("Harbour Group", world.at)
    assert not Change.objects.filter(object_type="contact", object_id=free).exists()


def test_a_group_goes_on_without_its_deleted_branch(world: World) -> None:
    wen = world.viewer("wen")
    ids = [
        create_account(
            actor=wen, values={"name": name}, manager_id=world.people["wen"], unit_id=None,
            parent_id=world.accounts["harbour"], today=world.today, at=world.at,
        )
        for name in ("Quay", "Crane")
    ]  # fmt: skip
    world.accounts["quay"] = ids[0]
    delete(world, account="quay")
    page = account(viewer=wen, account_id=ids[1])
    assert [m.name for m in page.group] == ["Harbour Group", "Crane"]
    [row] = [
        r
        for r in accounts(viewer=wen, where=AccountFilter(), cut=Cut()).rows
        if r.id == world.accounts["harbour"]
    ]
    assert row.members == 1
    with pytest.raises(DakehuError):
        move_account(actor=wen, account_id=ids[1], seen_version=1, parent_id=ids[0], at=world.at)
