"""A page of one record opens for whom the oracle allows, and for nobody else it exists."""

import pytest

from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound
from dakehu.models import Opportunity
from dakehu.queries.accounts import account, account_opportunities, account_people
from dakehu.queries.names import same_name
from dakehu.queries.opportunities import opportunity
from tests.permission.company import Company, people
from tests.permission.conftest import Reader

pytestmark = pytest.mark.django_db


def opens(viewer: Viewer, opportunity_id: int, company: Company) -> bool:
    try:
        opportunity(viewer=viewer, opportunity_id=opportunity_id, today=company.today)
    except NotFound:
        return False
    return True


def test_an_opportunity_opens_or_is_not_found(company: Company) -> None:
    oracle = company.oracle
    every = set(oracle.opportunity_by_id)
    granted = {g["opportunity_id"] for g in oracle.rows.grants if g["opportunity_id"]}
    for number, login, person in people(company):
        allowed = oracle.opportunities(person)
        reader, viewer = Reader(company, login), company.viewer(login)
        near = sorted(granted | set(sorted(every)[number::20]))
        for place, pk in enumerate(near):
            if place % 12 == number % 12:
                expected = 200 if pk in allowed else 404
                assert reader.status(f"/opportunities/{pk}/") == expected, (login, pk)
            elif pk not in allowed and place % 3 == number % 3:
                assert not opens(viewer, pk, company), (login, pk)


def test_an_opportunity_shows_its_account_s_name_and_nothing_more_of_it(company: Company) -> None:
    oracle = company.oracle
    told = 0
    for _number, login, person in people(company):
        accounts = oracle.accounts(person)
        out = [
            row
            for row in (oracle.opportunity_by_id[o] for o in oracle.opportunities(person))
            if row["account_id"] is not None and row["account_id"] not in accounts
        ]
        for row in out[:2]:
            reader, account_id = Reader(company, login), row["account_id"]
            text = reader.page(f"/opportunities/{row['id']}/")
            found = oracle.account_by_id[account_id]
            assert found["name"] in text
            assert f"/accounts/{account_id}/" not in text
            assert found["code"] not in text
            assert reader.status(f"/accounts/{account_id}/") == 404
            told += 1
    company.met(told > 5)


def test_accounts_and_contacts_open_or_are_not_found(company: Company) -> None:
    oracle = company.oracle
    for number, login, person in people(company):
        viewer, reader = company.viewer(login), Reader(company, login)
        allowed, people_seen = oracle.accounts(person), oracle.contacts(person)
        for pk in oracle.account_by_id:
            if pk % 25 == number % 25:
                assert reader.status(f"/accounts/{pk}/") == (200 if pk in allowed else 404)
            elif pk not in allowed and pk % 9 == number % 9:
                with pytest.raises(NotFound):
                    account(viewer=viewer, account_id=pk)
        for row in oracle.rows.contacts[number % 40 :: 40]:
            expected = 200 if row["id"] in people_seen else 404
            assert reader.status(f"/contacts/{row['id']}/") == expected, (login, row["id"])


def test_an_account_s_page_lists_what_of_it_is_in_sight(company: Company) -> None:
    oracle = company.oracle
    for number, login, person in people(company):
        allowed, opportunities = oracle.accounts(person), oracle.opportunities(person)
        for pk in sorted(allowed)[number % 7 :: 7]:
            viewer = company.viewer(login)
            page = account(viewer=viewer, account_id=pk)
            mine = oracle.account_by_id[pk]
            listed = account_opportunities(viewer=viewer, account=page)
            # What is decided is listed as far as the page goes; what is open stands whole.
            still_open = {o for o in opportunities if oracle.opportunity_by_id[o]["place"] == 1}
            assert {o.id for o in listed} & still_open == {
                o
                for o in still_open
                if oracle.opportunity_by_id[o]["account_id"] == pk
                and not oracle.opportunity_by_id[o]["voided"]
            }
            assert {o.id for o in listed} <= opportunities
            people_there = account_people(viewer=viewer, account=page)
            assert {c.contact.id for c in people_there} == {
                c["id"] for c in oracle.rows.contacts if c["account_id"] == pk
            }
            root = mine["path"][:5]
            group = {a["id"] for a in oracle.rows.accounts if a["path"].startswith(root)}
            above = {
                a["id"]
                for a in oracle.rows.accounts
                if mine["path"].startswith(a["path"]) and a["id"] != pk
            }
            # One that stands alone among what is out of sight tells of no group.
            in_sight = group & allowed
            in_sight = in_sight if len(in_sight | above) > 1 else set()
            assert {m.id for m in page.group if m.id is not None} == in_sight, (login, pk)
            # Of one above that is out of sight only that it is there.
            assert all(not m.name and m.manager is None for m in page.group if m.id is None)
            assert page.parent_id is None or page.parent_id in allowed


def test_the_same_name_out_of_sight_is_masked(company: Company) -> None:
    oracle = company.oracle
    asked = oracle.rows.accounts[6]
    for _number, login, person in people(company):
        found = same_name(viewer=company.viewer(login), name=asked["name"], beyond_sight=True)
        assert len(found) == 1
        if asked["id"] in oracle.accounts(person):
            assert (found[0].id, found[0].name) == (asked["id"], asked["name"])
        else:
            assert found[0].id is None
            assert found[0].name == f"{asked['name'][0]}***{asked['name'][-1]}"
            near = same_name(viewer=company.viewer(login), name=asked["name"], beyond_sight=False)
            assert near == ()


@pytest.mark.slow
def test_a_file_is_given_to_those_who_see_its_opportunity(company: Company) -> None:
    given = refused = 0
    for number, login, person in people(company):
        reader, allowed = Reader(company, login), company.oracle.opportunities(person)
        for evidence, owned_by in list(company.filed.items())[number % 2 :: 2]:
            answer = reader.client.get(f"/opportunities/{owned_by}/evidence/file/{evidence}/")
            if owned_by in allowed:
                assert answer.status_code == 200, (login, owned_by)
                assert answer["Content-Disposition"].startswith("attachment")
                assert b"".join(answer) == f"proof {evidence}".encode()
                given += 1
            else:
                assert answer.status_code == 404, (login, owned_by)
                # Not through another's address either.
                for mine in sorted(allowed)[:1]:
                    url = f"/opportunities/{mine}/evidence/file/{evidence}/"
                    assert reader.status(url) == 404, (login, url)
                refused += 1
    company.met(given, refused)


@pytest.mark.slow
def test_evidence_is_listed_to_those_who_see_the_opportunity(company: Company) -> None:
    for number, login, person in people(company):
        reader, allowed = Reader(company, login), company.oracle.opportunities(person)
        for owned_by in list(company.filed.values())[number % 3 :: 3]:
            status = reader.status(f"/opportunities/{owned_by}/evidence/")
            assert status == (200 if owned_by in allowed else 404), (login, owned_by)


def test_a_grant_to_work_lets_a_salesperson_edit_and_one_to_read_does_not(
    company: Company,
) -> None:
    oracle = company.oracle
    guest = company.people["guest"]
    rights: dict[int, set[str]] = {}
    for grant in oracle.rows.grants:
        if grant["person_id"] == guest and grant["opportunity_id"]:
            rights.setdefault(grant["opportunity_id"], set()).add(grant["right"])
    assert {"read"} in rights.values()
    reader = Reader(company, "guest")
    for pk, right in rights.items():
        row = oracle.opportunity_by_id[pk]
        page = opportunity(viewer=company.viewer("guest"), opportunity_id=pk, today=company.today)
        if row["voided"]:
            continue
        assert page.may.edit == ("work" in right)
        assert not page.may.reassign
        if row["place"] == 1:
            status = reader.status(f"/opportunities/{pk}/edit/")
            assert status == (200 if "work" in right else 403), (pk, right)


def test_a_voided_opportunity_opens_for_whom_it_was_in_sight(company: Company) -> None:
    gone = list(Opportunity.objects.filter(voided=True).values_list("id", flat=True))
    assert gone
    for _number, login, person in people(company):
        allowed = company.oracle.opportunities(person)
        for pk in gone[:3]:
            seen = opens(company.viewer(login), pk, company)
            assert seen == (pk in allowed), (login, pk)
