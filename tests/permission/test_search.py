"""The search for forty people against the oracle: nothing hidden ever, all in sight findable."""

import html
import re
from datetime import timedelta

import pytest

from dakehu.models import Mark, Notice, Person
from dakehu.queries.marks import PINNED, RECENT, names_in_sight, pins, recents_and_pins
from dakehu.queries.notices import notices
from dakehu.queries.search import KINDS, search
from tests.permission.company import Company, people
from tests.permission.conftest import Reader

pytestmark = pytest.mark.django_db

#: What very many names hold, and what none does.
WORDS = (
    "项目", "公司", "泵", "有限", "l", "zg", "w", "hy", "xiangmu", "机", "CP", "2", "O0", "A0",
    "王", "li", "zhang", "离心泵 更新", "nothing-of-this",
)  # fmt: skip


def in_sight(company: Company, person: int) -> dict[str, set[int]]:
    oracle = company.oracle
    there = {o for o in oracle.opportunities(person) if not oracle.opportunity_by_id[o]["voided"]}
    return {
        "opportunity": there,
        "account": oracle.accounts(person),
        "contact": oracle.contacts(person),
        "person": set(Person.objects.filter(is_active=True).values_list("id", flat=True)),
    }


def test_nothing_hidden_is_ever_found(company: Company) -> None:
    oracle = company.oracle
    found_any = 0
    for number, login, person in people(company):
        viewer, allowed = company.viewer(login), in_sight(company, person)
        hidden = [
            row
            for rows, kind in ((oracle.rows.opportunities, "opportunity"),
                               (oracle.rows.accounts, "account"))
            for row in rows
            if row["id"] not in allowed[kind]
        ]  # fmt: skip
        asked = [row["name"] for row in hidden[number % 40 :: 40][:3]]
        asked += [row["code"] for row in hidden[number % 37 :: 37][:2]]
        for text in (*WORDS[number % 3 :: 3], *asked):
            for group in search(viewer, text=text, today=company.today, most=40):
                ids = {row.id for row in group.rows}
                assert ids <= allowed[group.kind], (login, text, group.kind)
                found_any += len(ids)
    assert found_any > 100


def test_everything_in_sight_is_found_by_its_code_and_its_whole_name(company: Company) -> None:
    oracle = company.oracle
    for number, login, person in people(company):
        viewer, allowed = company.viewer(login), in_sight(company, person)
        rows = {
            "opportunity": oracle.opportunity_by_id,
            "account": oracle.account_by_id,
            "contact": {row["id"]: row for row in oracle.rows.contacts},
        }
        for kind, by_id in rows.items():
            mine = sorted(allowed[kind] & set(by_id))
            for pk in mine[number % 11 :: 11][:5]:
                for field in ("code", "name"):
                    text = by_id[pk].get(field)
                    if text:
                        found = search(
                            viewer, text=text, today=company.today, kinds=(kind,), most=40
                        )
                        ids = [row.id for group in found for row in group.rows]
                        assert pk in ids, (login, kind, text)


def test_the_page_and_the_palette_show_the_same_and_no_more(company: Company) -> None:
    oracle = company.oracle
    for number, login, person in people(company):
        if number % 5:
            continue
        reader, allowed = Reader(company, login), in_sight(company, person)
        customers = any(seat["role"] != "administrator" for seat in oracle.seats(person))
        for text in WORDS[number % 7 :: 7]:
            page = html.unescape(reader.page(f"/search/?q={text}"))
            for kind in ("opportunities", "accounts", "contacts"):
                ids = {int(n) for n in re.findall(rf'href="/{kind}/(\d+)/"', page)}
                one = {"opportunities": "opportunity"}.get(kind, kind[:-1])
                assert ids <= (allowed[one] if customers else set()), (login, text, kind)


def test_notices_name_what_is_in_sight_only(company: Company) -> None:
    oracle = company.oracle
    for number, login, person in people(company):
        viewer, allowed = company.viewer(login), in_sight(company, person)
        some = sorted(oracle.opportunity_by_id)[number % 12 :: 12][:150]
        Notice.objects.bulk_create(
            Notice(
                person_id=person, kind="stage_moved", object_type="opportunity", object_id=pk,
                facts={"to": "won"}, actor_id=company.people["demo-head"], at=company.now,
            )
            for pk in some
        )  # fmt: skip
        rows = notices(viewer, kind="stage_moved", size=200).rows
        assert len(rows) >= len(some)
        for row in rows:
            if row.record is None:
                assert (row.object_id, row.who, dict(row.facts)) == (None, None, {})
            else:
                assert row.record.id in allowed["opportunity"], login
        told = {row.record.id for row in rows if row.record}
        assert told >= set(some) & allowed["opportunity"], login


def test_looked_at_and_pinned_are_shown_as_far_as_they_are_in_sight(company: Company) -> None:
    oracle = company.oracle
    records = {
        "opportunity": sorted(oracle.opportunity_by_id),
        "account": sorted(oracle.account_by_id),
        "contact": sorted(row["id"] for row in oracle.rows.contacts),
    }
    shown, hidden = set(), set()
    for number, login, person in people(company):
        viewer, allowed = company.viewer(login), in_sight(company, person)
        # Twenty of each kind, of all there are: what one sees and what went out of sight.
        some = [
            (kind, pk)
            for place in range(20)
            for kind, ids in records.items()
            for pk in [ids[(number * 7 + place * max(1, len(ids) // 20)) % len(ids)]]
        ]
        some = list(dict.fromkeys(some))
        Mark.objects.filter(person_id=person).delete()
        Mark.objects.bulk_create(
            Mark(
                person_id=person, object_type=kind, object_id=pk,
                seen_at=company.now + timedelta(minutes=minute),
                pinned_at=company.now - timedelta(minutes=minute) if minute % 2 else None,
            )
            for minute, (kind, pk) in enumerate(some)
        )  # fmt: skip
        seen = [one for one in reversed(some) if one[1] in allowed[one[0]]]
        pinned = [one for one in some[1::2] if one[1] in allowed[one[0]]]
        recent, held = recents_and_pins(viewer)
        assert [(one.object_type, one.id) for one in recent] == seen[:RECENT], login
        assert [(one.object_type, one.id) for one in held] == pinned[:PINNED], login
        assert pins(viewer) == held, login
        # Both ways to ask for names of records agree, in every word.
        assert set(recent) == set(names_in_sight(viewer, seen[:RECENT]).values()), login
        shown |= {kind for kind, _pk in seen}
        hidden |= {kind for kind, pk in some if pk not in allowed[kind]}
    assert shown == hidden == set(records)


def test_all_kinds_are_searched() -> None:
    assert set(KINDS) == {"opportunity", "account", "contact", "person"}
