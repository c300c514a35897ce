"""What hangs on records is seen by whom the oracle lets see the records themselves."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from dakehu.actions.teams import add_member, remove_member
from dakehu.core.access import Viewer, operator
from dakehu.core.errors import NotAllowed, NotFound
from dakehu.models import (
    Account,
    Activity,
    Attachment,
    Change,
    Contact,
    Mention,
    Note,
    Opportunity,
    Person,
    Stakeholder,
    StoredFile,
)
from dakehu.queries.files import record_of_file
from dakehu.queries.notes import mentions_waiting
from dakehu.queries.opportunities import similar_won
from dakehu.queries.people import PersonName
from dakehu.queries.records import record_in_sight, who_sees
from dakehu.queries.stakeholders import decision_map
from dakehu.queries.teams import team
from dakehu.queries.timeline import timeline
from dakehu.queries.timeline_sources import ActivityRow, Headline
from tests.permission.company import Company, people
from tests.permission.oracle import Oracle, Row, read_rows

pytestmark = pytest.mark.django_db

KINDS = ("opportunity", "account", "contact")


@dataclass
class Hung:
    """What the test has hung on each record, by its id."""

    note: dict[tuple[str, int], int]
    file: dict[tuple[str, int], int]
    oracle: Oracle

    def records(self, kind: str) -> list[int]:
        return [record for known, record in self.note if known == kind]


def hang(company: Company) -> Hung:
    """Hang a note that mentions all who are asked, a file and an activity on some of each kind."""
    oracle, sales = company.oracle, company.people["demo-sales"]
    chosen = {
        "opportunity": [
            *{g["opportunity_id"] for g in oracle.rows.grants if g["opportunity_id"]},
            *list(oracle.opportunity_by_id)[::17],
        ],
        "account": [
            *{g["account_id"] for g in oracle.rows.grants if g["account_id"]},
            *list(oracle.account_by_id)[::11],
        ],
        "contact": [c["id"] for c in oracle.rows.contacts[::13]],
    }
    hung = Hung({}, {}, oracle)
    for kind in KINDS:
        for record in dict.fromkeys(chosen[kind]):
            column = {f"{kind}_id": record}
            note = Note.objects.create(
                text=f"{kind} {record}", author_id=sales, written_at=company.now, **column
            )
            Mention.objects.bulk_create(
                Mention(note=note, person_id=company.people[login]) for login in company.asked
            )
            kept = StoredFile.objects.create(
                sha256=uuid4().hex * 2, name=f"{kind}-{record}.txt", size=1, content_type="",
                uploaded_at=company.now,
            )  # fmt: skip
            file = Attachment.objects.create(file=kept, added_at=company.now, **column)
            hung.note[kind, record], hung.file[kind, record] = note.pk, file.pk
    return hung


def allowed(oracle: Oracle, person: int, kind: str) -> set[int]:
    seen = {
        "opportunity": oracle.opportunities, "account": oracle.accounts,
        "contact": oracle.contacts,
    }  # fmt: skip
    return seen[kind](person)


def reads_notes(oracle: Oracle, person: int, kind: str, record: int) -> bool:
    if kind != "contact":
        return True
    row = next(c for c in oracle.rows.contacts if c["id"] == record)
    return bool(oracle.reads_note(person, row))


def shown(viewer: Viewer, company: Company, kind: str, record: int) -> Any:
    return timeline(viewer, kind=kind, record_id=record, today=company.today, size=2000)


def test_notes_files_and_timelines_are_seen_where_the_record_is(company: Company) -> None:
    hung = hang(company)
    oracle, met = hung.oracle, 0
    for number, login, person in people(company):
        viewer = company.viewer(login)
        for kind in KINDS:
            seen = allowed(oracle, person, kind)
            for record in company.part(hung.records(kind), number, 9):
                if record not in seen:
                    with pytest.raises(NotFound):
                        shown(viewer, company, kind, record)
                    with pytest.raises(NotFound):
                        record_of_file(viewer, attachment_id=hung.file[kind, record])
                    continue
                page = shown(viewer, company, kind, record)
                told = {(item.source, item.id) for item in page.items}
                assert ("file", hung.file[kind, record]) in told
                may = reads_notes(oracle, person, kind, record)
                assert (("note", hung.note[kind, record]) in told) == may, (login, kind, record)
                assert page.notes_hidden == (not may)
                assert record_of_file(viewer, attachment_id=hung.file[kind, record]).id == record
                met += 1
    company.met(met)


def test_mentions_wait_for_whom_the_record_is_in_sight(company: Company) -> None:
    hung = hang(company)
    oracle = hung.oracle
    for _number, login, person in people(company):
        expected = {
            note
            for (kind, record), note in hung.note.items()
            if record in allowed(oracle, person, kind)
            and reads_notes(oracle, person, kind, record)
            and not (kind == "opportunity" and oracle.opportunity_by_id[record]["voided"])
        }
        found = mentions_waiting(company.viewer(login), limit=2000)
        assert {row.note_id for row in found} == expected, login


def test_who_can_be_mentioned_is_who_sees_it(company: Company) -> None:
    hung = hang(company)
    oracle = hung.oracle
    asked = Person.objects.filter(login__in=company.asked, is_active=True)
    names = [PersonName(*row) for row in asked.values_list("id", "login", "name", "name_en")]
    for kind in KINDS:
        for record in hung.records(kind)[:12]:
            found = record_in_sight(operator(), kind=kind, record_id=record)
            seeing = who_sees(operator(), record=found, people=names, today=company.today)
            expected = {
                p.id
                for p in names
                if record in allowed(oracle, p.id, kind) and reads_notes(oracle, p.id, kind, record)
            }
            assert seeing == expected, (kind, record)


def test_an_account_s_timeline_tells_of_deals_in_sight_only(company: Company) -> None:
    oracle, met = company.oracle, 0
    by_account: dict[int, list[Row]] = {}
    for row in oracle.rows.opportunities:
        if row["account_id"] is not None:
            by_account.setdefault(row["account_id"], []).append(row)
    sales, now = company.people["demo-sales"], company.now
    for account, rows in by_account.items():
        Activity.objects.bulk_create(
            Activity(
                kind=1, state=2, subject=f"about {row['id']}", owner_id=sales,
                unit_id=row["unit_id"], account_id=account, opportunity_id=row["id"],
                on=company.today, created_at=now, updated_at=now,
            )
            for row in rows[:6]
        )  # fmt: skip
    for number, login, person in people(company):
        viewer = company.viewer(login)
        seen = oracle.opportunities(person)
        reach = sorted(oracle.accounts(person) & set(by_account))
        lent = {g["account_id"] for g in oracle.rows.grants if g["person_id"] == person}
        for account in {*company.part(reach, number, 15), *(lent & set(reach))}:
            items = shown(viewer, company, "account", account).items
            headlines = {i.body.opportunity_id for i in items if isinstance(i.body, Headline)}
            there = {r["id"] for r in by_account[account] if not r["voided"]}
            assert headlines == there & seen, (login, account)
            # The demo's own activities are asked about in test_activities.
            told = {i.body.subject for i in items if isinstance(i.body, ActivityRow)}
            about = {subject for subject in told if subject.startswith("about ")}
            known = {r["id"] for r in by_account[account][:6]}
            mine = known if sales in {person, *oracle.owners(person)} else known & seen
            assert about == {f"about {deal}" for deal in mine}, (login, account)
            met += bool(there - seen)
    company.met(met)


def test_a_parent_account_is_named_where_it_is_in_sight(company: Company) -> None:
    oracle, told, masked = company.oracle, 0, 0
    names = dict(Account.objects.values_list("id", "name"))
    ids = sorted(oracle.account_by_id)
    parents = {pk: ids[place * 7 % len(ids)] for place, pk in enumerate(ids)}
    Change.objects.bulk_create(
        Change(
            object_type="account", object_id=pk, field="parent",
            old={"id": parent, "zh": names[parent], "en": names[parent]}, new=None,
            correlation_id=uuid4(), way=1, at=company.now,
        )
        for pk, parent in parents.items()
    )  # fmt: skip
    for number, login, person in people(company):
        viewer, seen = company.viewer(login), oracle.accounts(person)
        for pk in company.part(sorted(seen), number, 9):
            saves = [i.body for i in shown(viewer, company, "account", pk).items
                     if i.source == "event"]  # fmt: skip
            [change] = [c for s in saves for c in s.changes if c.field == "parent" and c.old]
            may = parents[pk] in seen
            assert (names[parents[pk]] in str(change)) == may, (login, pk)
            assert change.masked == (not may)
            told, masked = told + may, masked + (not may)
    company.met(told, masked)


def test_people_of_the_customer_are_named_where_their_account_is_in_sight(
    company: Company,
) -> None:
    oracle, hidden = company.oracle, 0
    contacts: dict[int, list[int]] = {}
    for row in oracle.rows.contacts:
        contacts.setdefault(row["account_id"], []).append(row["id"])
    deals = [row for row in oracle.rows.opportunities if row["account_id"] in contacts]
    granted = {g["opportunity_id"] for g in oracle.rows.grants if g["opportunity_id"]}
    deals = [r for r in deals if r["id"] in granted] + deals[::9]
    secret: dict[int, list[int]] = {}
    for row in {r["id"]: r for r in deals}.values():
        secret[row["id"]] = contacts[row["account_id"]][:2]
        for contact in secret[row["id"]]:
            Stakeholder.objects.create(
                opportunity_id=row["id"], contact_id=contact, roles=["user"], note="about them",
                added_at=company.now,
            )  # fmt: skip
            Change.objects.create(
                object_type="deal_people", object_id=row["id"], field="stakeholder", old=None,
                new={"contact": contact, "roles": ["user"], "influence": 0, "attitude": None},
                correlation_id=uuid4(), way=1, at=company.now,
            )  # fmt: skip
    names = dict(Contact.objects.values_list("id", "name"))
    by_id = {c["id"]: c for c in oracle.rows.contacts}
    for number, login, person in people(company):
        viewer, seen = company.viewer(login), oracle.contacts(person)
        reach = sorted(set(secret) & oracle.opportunities(person))
        for deal in company.part(reach, number, 9):
            found = decision_map(viewer, opportunity_id=deal)
            known = {c for c in secret[deal] if c in seen}
            assert {row.contact_id for row in found.rows} == known, (login, deal)
            assert found.hidden == len(secret[deal]) - len(known)
            assert "user" not in found.empty
            for row in found.rows:
                may = oracle.reads_note(person, by_id[row.contact_id])
                assert bool(row.note) == may, (login, deal)
            told = shown(viewer, company, "opportunity", deal).contacts
            assert told == {c: names[c] for c in known}, (login, deal)
            hidden += found.hidden
    company.met(hidden)


def test_similar_deals_are_won_ones_in_sight(company: Company) -> None:
    oracle, met = company.oracle, 0
    for number, login, person in people(company):
        seen = oracle.opportunities(person)
        for deal in company.part(sorted(seen), number, 40):
            for found in similar_won(company.viewer(login), opportunity_id=deal):
                row = oracle.opportunity_by_id[found.id]
                assert found.id in seen, (login, deal)
                assert row["place"] == 2
                assert not row["voided"]
                met += 1
    company.met(met)


def test_the_team_lets_in_whom_it_names_and_nobody_else(company: Company) -> None:
    oracle = company.oracle
    deal = next(
        row
        for row in oracle.rows.opportunities
        if not row["voided"] and not any(
            g["opportunity_id"] == row["id"] for g in oracle.rows.grants
        )
    )["id"]  # fmt: skip
    how: dict[str, Any] = {"today": company.today, "at": company.now}
    for login in ("help-nothing", "guest", "admin-guest"):
        member = add_member(
            actor=operator(), opportunity_id=deal, person_id=company.people[login], role="",
            right="read", **how,
        )  # fmt: skip
        now = Oracle(read_rows(), company.today)
        for _number, other, person in people(company):
            viewer = company.viewer(other)
            if deal in now.opportunities(person):
                found = team(viewer, opportunity_id=deal)
                assert login in {m.person.login for m in found.members}
                assert Opportunity.objects.visible_to(viewer).filter(pk=deal).exists()
                # Who is let in lets nobody in.
                assert not (found.may_edit and person == company.people[login])
            else:
                with pytest.raises(NotFound):
                    team(viewer, opportunity_id=deal)
        with pytest.raises((NotAllowed, NotFound)):
            add_member(
                actor=company.viewer(login), opportunity_id=deal,
                person_id=company.people["no-seat"], role="", right="read", **how,
            )  # fmt: skip
        remove_member(actor=operator(), opportunity_id=deal, member_id=member, at=company.now)
        after = Oracle(read_rows(), company.today)
        assert deal not in after.opportunities(company.people[login])
