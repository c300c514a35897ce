"""What forty people are told, in the product and by mail, is what the oracle lets them see.

A notice of any kind about any record names it to who sees it, and tells others only that there
was something. The figure at the bell is that of the list. Whoever is mentioned reads on Today what
they may read, and the mail holds no more than the page.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.test import override_settings

from dakehu.actions.notices import send_notice_mails
from dakehu.core.access import operator
from dakehu.core.notices import KINDS
from dakehu.messages.notices import worded_mail
from dakehu.models import Mention, Note, Notice, NoticeChoice, Person
from dakehu.queries.notices import MOST_COUNTED, NoticeRow, notices, unread_count
from dakehu.queries.today import today
from dakehu.queries.today.day import MOST_WAITING
from tests.permission.company import Company, people
from tests.permission.conftest import Reader
from tests.permission.test_activities import Seen
from tests.permission.test_search import in_sight

pytestmark = pytest.mark.django_db

Ref = tuple[str, int]
PAGES = {"opportunities": "opportunity", "accounts": "account", "contacts": "contact",
         "activities": "activity"}  # fmt: skip
#: Stands in the facts of a notice and in no name: it must not come out of what is hidden.
SECRET = f"secret-{uuid4().hex}"


@pytest.fixture
def records(company: Company) -> list[Ref]:
    """Give every record that a notice can be about, of all kinds mixed."""
    seen = Seen(company.oracle)
    oracle = company.oracle
    found = [("opportunity", pk) for pk in oracle.opportunity_by_id]
    found += [("account", pk) for pk in oracle.account_by_id]
    found += [("contact", row["id"]) for row in oracle.rows.contacts]
    found += [("activity", row["id"]) for row in seen.rows]
    return sorted(found, key=lambda ref: (ref[1] % 97, ref))


def may_read(company: Company, person: int) -> set[Ref]:
    allowed = in_sight(company, person) | {"activity": Seen(company.oracle).of(person)}
    return {(kind, pk) for kind in PAGES.values() for pk in allowed[kind]}


def tell_all(company: Company, person: int, refs: list[Ref], **more: Any) -> None:
    """Tell somebody of each of these, in one kind after the other; every other one is read."""
    kinds = list(KINDS)
    Notice.objects.filter(person_id=person).delete()
    Notice.objects.bulk_create(
        [
            Notice(
                **{
                    "person_id": person, "kind": kinds[n % len(kinds)], "object_type": kind,
                    "object_id": pk, "facts": {"to": SECRET, "on": "2026-01-01"},
                    "actor_id": company.people["demo-head"], "at": company.now,
                    "read_at": company.now if n % 2 else None, **more,
                }
            )
            for n, (kind, pk) in enumerate(refs)
        ],
        500,
    )  # fmt: skip


def every_notice(viewer: Any, kind: str = "") -> Iterator[NoticeRow]:
    after = ""
    while True:
        page = notices(viewer, kind=kind, after=after, size=400)
        yield from page.rows
        if page.next is None:
            return
        after = page.next


def test_notices_of_every_kind_name_exactly_the_records_in_sight(
    company: Company, records: list[Ref]
) -> None:
    named_any: dict[tuple[str, str], int] = defaultdict(int)
    hidden_any: dict[str, int] = defaultdict(int)
    for number, login, person in people(company):
        viewer, allowed = company.viewer(login), may_read(company, person)
        # The kinds turn: of ten people each is told of a record in another one.
        asked = [*records[number % 10 :], *records[: number % 10]]
        tell_all(company, person, asked)
        told = dict.fromkeys(KINDS, 0)
        named: set[Ref] = set()
        for row in every_notice(viewer):
            told[row.kind] += 1
            if row.record is None:
                assert row.is_hidden
                assert (row.object_id, row.who, dict(row.facts)) == (None, None, {}), login
                hidden_any[row.object_type] += 1
            else:
                ref = (row.record.object_type, row.record.id)
                assert ref == (row.object_type, row.object_id), login
                assert ref not in named, login
                named.add(ref)
                named_any[row.kind, row.object_type] += 1
        assert named == set(records) & allowed, login
        assert sum(told.values()) == len(records), login
        for kind in company.part(list(KINDS), number, 5):
            rows = list(every_notice(viewer, kind))
            assert {row.kind for row in rows} <= {kind}
            assert len(rows) == told[kind], (login, kind)
    company.met(set(hidden_any) == set(PAGES.values()))
    company.met({kind for kind, _type in named_any} == set(KINDS))
    company.met({kind for _kind, kind in named_any} == set(PAGES.values()))


def test_the_figure_at_the_bell_is_that_of_the_list(company: Company, records: list[Ref]) -> None:
    met = set()
    for number, login, person in people(company):
        viewer = company.viewer(login)
        tell_all(company, person, records[: (7, 1, 40, 300)[number % 4]])
        off = list(KINDS)[number % len(KINDS) :: 4]
        NoticeChoice.objects.filter(person_id=person).delete()
        NoticeChoice.objects.bulk_create(
            NoticeChoice(person_id=person, kind=kind, in_product=False, mail="off") for kind in off
        )
        listed = [row for row in every_notice(viewer) if not row.is_read]
        assert not {row.kind for row in listed} & set(off), login
        assert unread_count(viewer) == min(len(listed), MOST_COUNTED + 1), login
        bell = Reader(company, login).page("/notices/count/")
        shown = re.search(r'class="bell-count"\s+aria-hidden="true">([^<]+)<', bell)
        many = len(listed) > MOST_COUNTED
        wanted = f"{MOST_COUNTED}+" if many else str(len(listed))
        assert (shown[1] if shown else "0") == wanted, login
        met.add(many)
    company.met(met == {True, False})


def test_a_mail_tells_exactly_what_is_in_sight(company: Company, records: list[Ref]) -> None:
    Person.objects.filter(pk__in=company.people.values()).update(email="")
    Notice.objects.all().delete()
    asked: dict[str, list[Ref]] = {}
    for number, login, person in people(company):
        some = records[number % 45 :: max(1, len(records) // 45)][:45]
        tell_all(company, person, some, mail_state=1, read_at=None, mail_at=company.now)
        Person.objects.filter(pk=person).update(email=f"{login}@sales.example")
        asked[login] = some
    with override_settings(
        MAIL="smtp", MAIL_URL="https://sales.example",
        EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
    ):  # fmt: skip
        sent = send_notice_mails(actor=operator(), at=company.now, word=worded_mail)
    assert (sent.sent, sent.failed) == (len(asked), 0)
    bodies = {m.to[0].split("@")[0]: f"{m.subject}\n{m.body}" for m in mail.outbox}
    mail.outbox.clear()
    named_any = hidden_any = 0
    names = _names(company)
    for _number, login, person in people(company):
        body, allowed = bodies[login], may_read(company, person)
        links = re.findall(r"https://sales\.example/(\w+)/(\d+)/", body)
        told = {(PAGES[page], int(pk)) for page, pk in links}
        assert told == set(asked[login]) & allowed, login
        readable = "\n".join(names[ref] for ref in told)
        for ref in set(asked[login]) - allowed:
            name = names[ref]
            if name and name not in readable:
                assert name not in body, (login, ref)
                hidden_any += 1
        assert SECRET not in body, login
        named_any += len(told)
    company.met(named_any, hidden_any)


def _names(company: Company) -> dict[Ref, str]:
    oracle = company.oracle
    found = {("opportunity", pk): row["name"] for pk, row in oracle.opportunity_by_id.items()}
    found |= {("account", pk): row["name"] for pk, row in oracle.account_by_id.items()}
    found |= {("contact", row["id"]): row["name"] for row in oracle.rows.contacts}
    return found | {("activity", row["id"]): row["subject"] for row in Seen(oracle).rows}


def test_today_shows_mentions_as_far_as_their_notes_may_be_read(company: Company) -> None:
    oracle, sales = company.oracle, company.people["demo-sales"]
    contacts = {row["id"]: row for row in oracle.rows.contacts}
    records: list[Ref] = [("opportunity", pk) for pk in oracle.opportunity_by_id]
    records += [("account", pk) for pk in oracle.account_by_id]
    records += [("contact", pk) for pk in contacts]
    records.sort(key=lambda ref: (ref[1] % 97, ref))
    notes = Note.objects.bulk_create(
        [
            Note(
                text=f"note on {kind} {pk}", author_id=sales, written_at=company.now,
                **{f"{kind}_id": pk},
            )
            for kind, pk in records
        ],
        500,
    )  # fmt: skip
    note_of = dict(zip(records, (note.pk for note in notes), strict=True))
    seen_any, masked = set(), 0
    for number, login, person in people(company):
        viewer, allowed = company.viewer(login), may_read(company, person)
        readable = {
            ref
            for ref in allowed & set(records)
            if ref[0] != "contact" or oracle.reads_note(person, contacts[ref[1]])
        }
        masked += len(allowed & set(records)) - len(readable)
        # All of what may not be read, and as much of what may as Today shows.
        shown = sorted(readable)[number % 3 :: max(1, len(readable) // 15)][:MOST_WAITING]
        Mention.objects.filter(person_id=person).delete()
        hidden = [ref for ref in records if ref not in readable]
        Mention.objects.bulk_create(
            [Mention(note_id=note_of[ref], person_id=person) for ref in (*shown, *hidden)], 500
        )
        found = today(viewer=viewer, on=company.today).mentions
        assert {(row.kind, row.record_id) for row in found} == set(shown), login
        assert {row.note_id for row in found} == {note_of[ref] for ref in shown}, login
        seen_any |= {kind for kind, _pk in shown}
    company.met(masked, seen_any == {"opportunity", "account", "contact"})
