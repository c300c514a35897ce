"""Personal notes about contacts: read by who sells and heads, never by finance (DESIGN)."""

import csv
import io

import pytest
from django.test import Client

from dakehu.actions.contacts import create_contact, edit_contact
from dakehu.core.errors import NotAllowed
from dakehu.models import Account, Contact, Grant, Person
from tests.world import World

pytestmark = pytest.mark.django_db
OLD, NEW = "likes golf", "his wife is ill"


@pytest.fixture
def contact(world: World) -> int:
    """Let wen note something about somebody at the harbour, and then something else."""
    made = create_contact(
        actor=world.viewer("wen"), account_id=world.accounts["harbour"],
        values={"name": "Gu", "note": OLD, "phone": "555-0199"}, today=world.today, at=world.at,
    )  # fmt: skip
    edit_contact(
        actor=world.viewer("wen"), contact_id=made, seen_version=1, values={"note": NEW},
        at=world.at,
    )  # fmt: skip
    return made


@pytest.mark.parametrize(
    ("login", "reads"),
    [("wen", True), ("mei", True), ("ops", True), ("director", True), ("auditor", True),
     ("fin", False)],
)  # fmt: skip
def test_the_page_and_its_history_show_it_to_whom_may_read_it(
    world: World, client: Client, contact: int, login: str, reads: bool
) -> None:
    client.force_login(Person.objects.get(login=login))
    text = client.get(f"/contacts/{contact}/").content.decode()
    assert "Gu" in text
    text += client.get(f"/history/contact/{contact}/").content.decode()
    assert (NEW in text, OLD in text) == (reads, reads)
    assert ("a personal note that you may not read" in text) == (not reads)
    for url in (f"/accounts/{world.accounts['harbour']}/", "/contacts/", "/contacts/?q=golf"):
        listed = client.get(url).content.decode()
        assert NEW not in listed
        assert OLD not in listed
    answer = client.get("/contacts/export.csv")
    body = b"".join(answer) if answer.streaming else answer.content  # type: ignore[attr-defined]
    [row] = csv.DictReader(io.StringIO(body.decode("utf-8-sig")))
    assert NEW not in str(row)


def test_an_account_s_own_manager_reads_it_in_whatever_role(
    world: World, client: Client, contact: int
) -> None:
    Account.objects.filter(pk=world.accounts["harbour"]).update(manager_id=world.people["fin"])
    client.force_login(Person.objects.get(login="fin"))
    text = client.get(f"/contacts/{contact}/").content.decode()
    text += client.get(f"/history/contact/{contact}/").content.decode()
    assert NEW in text
    assert OLD in text


def test_who_may_not_read_it_may_not_write_it(world: World, contact: int) -> None:
    for right in ("read", "work"):
        Grant.objects.update_or_create(
            person_id=world.people["admin"], account_id=world.accounts["harbour"],
            because="support", defaults={"right": right, "granted_at": world.at},
        )  # fmt: skip
        with pytest.raises(NotAllowed):
            edit_contact(
                actor=world.viewer("admin"), contact_id=contact, seen_version=2,
                values={"note": ""}, at=world.at,
            )  # fmt: skip
    assert Contact.objects.get(pk=contact).note == NEW
