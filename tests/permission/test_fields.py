"""Sensitive fields are masked by role on pages, in lists and in exports alike."""

import pytest

from dakehu.models import Contact
from tests.permission.company import Company, people
from tests.permission.conftest import Reader

pytestmark = pytest.mark.django_db


@pytest.mark.slow
def test_phones_stand_where_they_may_be_read_and_nowhere_else(company: Company) -> None:
    oracle = company.oracle
    readable = masked = 0
    for number, login, person in people(company):
        reader = Reader(company, login)
        mine = [c for c in oracle.rows.contacts if c["id"] in oracle.contacts(person)]
        phones = {c["phone"]: oracle.reads_phone(person, c) for c in mine if c["phone"]}
        listed = "".join(reader.all_pages("/contacts/"))
        exported = {row["Phone"] for row in reader.csv("/contacts/export.csv")}
        for phone, may_read in phones.items():
            assert (phone in listed) == may_read, (login, phone)
            assert (phone in exported) == may_read, (login, phone)
            readable, masked = readable + may_read, masked + (not may_read)
        for contact in mine[number % 5 :: 5][:1]:
            may_read = phones.get(contact["phone"], False)
            text = reader.page(f"/contacts/{contact['id']}/")
            assert (contact["phone"] in text) == may_read, (login, contact["id"])
            text = reader.page(f"/accounts/{contact['account_id']}/")
            assert (contact["phone"] in text) == may_read, (login, contact["id"])
    company.met(readable, masked)


def test_personal_notes_stand_where_they_may_be_read_and_nowhere_else(company: Company) -> None:
    oracle = company.oracle
    read = masked = 0
    for number, login, person in people(company):
        mine = [c for c in oracle.rows.contacts if c["id"] in oracle.contacts(person)]
        reader = Reader(company, login)
        for contact in mine[number % 3 :: 3][:2]:
            note = f"private-{contact['id']}"
            Contact.objects.filter(pk=contact["id"]).update(note=note)
            may_read = oracle.reads_note(person, contact)
            text = reader.page(f"/contacts/{contact['id']}/")
            assert (note in text) == may_read, (login, contact["id"])
            assert all(note not in str(row) for row in reader.csv("/contacts/export.csv"))
            read, masked = read + may_read, masked + (not may_read)
    company.met(read, masked)


def test_a_masked_phone_is_no_key_to_search_by(company: Company) -> None:
    phone = next(c["phone"] for c in company.oracle.rows.contacts if c["phone"])
    for login in ("demo-finance", "demo-director", "demo-audit", "demo-head"):
        text = Reader(company, login).page(f"/contacts/?q={phone[-6:]}")
        assert "/contacts/" in text
        assert 'scope="row"' not in text, login
