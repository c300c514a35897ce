"""Figures of accounts and groups, the bin and histories hold what the oracle allows; 40 people."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from django.db import transaction

from dakehu.actions.accounts import delete_account, edit_account
from dakehu.actions.contacts import delete_contact, edit_contact
from dakehu.actions.opportunities import void_opportunity
from dakehu.core.access import operator
from dakehu.core.errors import DakehuError, NotFound
from dakehu.core.ledger import Way
from dakehu.models import Account, Contact
from dakehu.queries.accounts import (
    AccountFilter,
    account,
    account_behind,
    account_count,
    account_opportunities,
    accounts,
    every_account,
    roll_up,
)
from dakehu.queries.contacts import ContactFilter, contact, contact_count, every_contact
from dakehu.queries.paging import Cut
from dakehu.queries.past import bin_rows, record_history
from tests.permission.company import Company, people
from tests.permission.conftest import Reader
from tests.permission.oracle import OPEN, WON, Oracle, Row, money

pytestmark = pytest.mark.django_db

STEP = Account.steplen
HOW: dict[str, Any] = {"seen_version": None, "way": Way.FORM}


def years(today: date) -> tuple[date, date, date]:
    """Give the first days of last year, this and the next (the demo's year begins in January)."""
    return date(today.year - 1, 1, 1), date(today.year, 1, 1), date(today.year + 1, 1, 1)


def told(oracle: Oracle, person: int, ids: Iterable[int]) -> tuple[int, str, int, str, int, str]:
    """Add up by hand what somebody sees of some accounts: open, won this year, won last year."""
    wanted, seen = set(ids), oracle.opportunities(person)
    last, this, after = years(oracle.today)
    rows = [
        row
        for row in oracle.rows.opportunities
        if row["id"] in seen and not row["voided"] and row["account_id"] in wanted
    ]
    opened = [r for r in rows if r["place"] == OPEN]

    def won(start: date, end: date) -> list[Row]:
        return [r for r in rows if r["place"] == WON and start <= r["decided_on"] < end]

    def booked(found: list[Row]) -> str:
        return money(sum((Fraction(r["base_minor"], 100) for r in found), Fraction()))

    held = [{"amount_minor": r["amount_minor"], "currency": r["currency_id"]} for r in opened]
    now, before = won(this, after), won(last, this)
    return (
        len(opened), oracle.worth(held, oracle.today), len(now), booked(now), len(before),
        booked(before),
    )  # fmt: skip


def said(figures: Any) -> tuple[int, str, int, str, int, str]:
    return (
        figures.open_count, money(figures.open.value), figures.won_count,
        money(figures.won.value), figures.won_last_count, money(figures.won_last.value),
    )  # fmt: skip


def groups(oracle: Oracle) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in oracle.rows.accounts:
        found[row["path"][:STEP]].append(row)
    return {root: rows for root, rows in found.items() if len(rows) > 2}


def test_figures_and_the_tree_hold_what_each_may_see(company: Company) -> None:
    oracle = company.oracle
    every = list(groups(oracle).values())
    partly = 0
    for number, login, person in people(company):
        viewer, seen = company.viewer(login), oracle.accounts(person)
        named = oracle.account_names(person)
        for members in company.part(every, number, 6):
            inside = [row for row in members if row["id"] in seen]
            for row in inside[:2]:
                page = account(viewer=viewer, account_id=row["id"])
                rolled = roll_up(viewer=viewer, account=page, today=company.today)
                below = [r["id"] for r in members if r["path"].startswith(row["path"])]
                assert said(rolled.this) == told(oracle, person, [row["id"]]), login
                assert said(rolled.group) == told(oracle, person, below), login
                shown = {m.name for m in rolled.members if m.name}
                assert shown <= {r["name"] for r in members if r["id"] in named}, login
                assert {m.id for m in rolled.members if m.id} == (
                    {r["id"] for r in inside} if len(rolled.members) > 1 else set()
                ), login
                partly += len(inside) < len(members)
                if rolled.members and rolled.members[0].depth == 0:
                    whole = told(oracle, person, [r["id"] for r in members])
                    assert said(rolled.members[0].below) == whole, login
    company.met(partly)


def test_the_rows_behind_a_figure_are_those_it_adds_up(company: Company) -> None:
    oracle = company.oracle
    every = list(groups(oracle).values())
    for number, login, person in people(company):
        viewer, seen = company.viewer(login), oracle.accounts(person)
        deals = oracle.opportunities(person)
        for members in company.part(every, number, 6):
            row = next((r for r in members if r["id"] in seen), None)
            if row is None:
                continue
            page = account(viewer=viewer, account_id=row["id"])
            rolled = roll_up(viewer=viewer, account=page, today=company.today)
            for what, figure in (
                ("open", rolled.group.open), ("weighted", rolled.group.weighted),
                ("won", rolled.group.won), ("won_last", rolled.group.won_last),
            ):  # fmt: skip
                rows: list[Any] = []
                after = ""
                while True:
                    found = account_behind(
                        viewer=viewer, account=page, what=what, with_group=True,
                        today=company.today, after=after,
                    )  # fmt: skip
                    rows += found.rows
                    after = found.after
                    if not after:
                        break
                assert {r.id for r in rows} <= deals, login
                assert len(rows) == found.lines == len({r.id for r in rows}), login
                if figure.value is not None:
                    assert sum((r.adds.value for r in rows), Fraction(0)) == figure.value, login
            listed = account_opportunities(viewer=viewer, account=page, with_group=True)
            assert {r.id for r in listed} <= deals, login


@pytest.fixture
def binned(company: Company) -> Any:
    """Delete an account with contacts, a contact, and an opportunity, then take it all back."""
    rows = company.oracle.rows
    busy = {r["account_id"] for r in rows.opportunities if r["place"] == OPEN and not r["voided"]}
    contacted = {c["account_id"] for c in rows.contacts}
    leaf = [
        r
        for r in rows.accounts
        if not r["numchild"] and r["manager_id"] and r["id"] in contacted and r["id"] not in busy
    ]
    with transaction.atomic():
        gone = leaf[0] if leaf else _emptied(company, rows.accounts, contacted)
        at = company.now
        delete_account(actor=operator(), account_id=gone["id"], seen_version=gone["version"], at=at)
        them = next(c for c in rows.contacts if c["account_id"] != gone["id"])
        delete_contact(actor=operator(), contact_id=them["id"], seen_version=1, at=at)
        deal = next(
            r
            for r in rows.opportunities
            if r["place"] == OPEN and not r["voided"] and r["account_id"] is not None
        )
        void_opportunity(
            actor=operator(), opportunity_id=deal["id"], on=company.today, today=company.today,
            at=at, **HOW,
        )  # fmt: skip
        yield gone, them, deal
        transaction.set_rollback(True)


def _emptied(company: Company, accounts: list[Row], contacted: set[int]) -> Row:
    """Void what is open of some account, so that it can be deleted."""
    row = next(r for r in accounts if not r["numchild"] and r["id"] in contacted)
    for deal in company.oracle.rows.opportunities:
        if deal["account_id"] == row["id"] and deal["place"] == OPEN and not deal["voided"]:
            void_opportunity(
                actor=operator(), opportunity_id=deal["id"], on=company.today,
                today=company.today, at=company.now, **HOW,
            )  # fmt: skip
    return row


def test_what_was_deleted_is_nowhere_but_in_the_bins_of_its_units(
    company: Company, binned: tuple[Row, Row, Row]
) -> None:
    gone, them, deal = binned
    oracle = company.oracle
    at = company.now + timedelta(hours=1)
    hidden_people = {c["id"] for c in oracle.rows.contacts if c["account_id"] == gone["id"]}
    hidden_people.add(them["id"])
    found_by = 0
    for number, login, person in people(company):
        viewer = company.viewer(login)
        listed = accounts(viewer=viewer, where=AccountFilter(text=gone["name"]), cut=Cut()).rows
        assert gone["id"] not in {row.id for row in listed}, login
        total = account_count(viewer=viewer, where=AccountFilter())
        assert total == len(oracle.accounts(person) - {gone["id"]}), login
        total = contact_count(viewer=viewer, where=ContactFilter())
        assert total == len(oracle.contacts(person) - hidden_people), login
        if number % 8 == 0:
            exported = every_account(viewer=viewer, where=AccountFilter(), limit=10_000)
            assert {r.id for r in exported} == oracle.accounts(person) - {gone["id"]}, login
            who = every_contact(viewer=viewer, where=ContactFilter(), limit=10_000)
            assert {r.id for r in who} == oracle.contacts(person) - hidden_people, login
        with pytest.raises(NotFound):
            account(viewer=viewer, account_id=gone["id"])
        for pk in list(hidden_people)[:1]:
            with pytest.raises(NotFound):
                contact(viewer=viewer, contact_id=pk)
        with pytest.raises(NotFound):
            record_history(viewer=viewer, kind="account", object_id=gone["id"], today=company.today)
        # The operator deleted: it lies in the bins of who sees all, and of the record's units.
        there = {(r.kind, r.id) for r in bin_rows(viewer=viewer, at=at).rows}
        of_them = oracle.account_by_id[them["account_id"]]
        units, sees_all = oracle.units(person), oracle.sees_all(person)
        wanted = set()
        if gone["id"] in oracle.accounts(person) and (sees_all or gone["unit_id"] in units):
            wanted.add(("account", gone["id"]))
        if of_them["id"] in oracle.accounts(person) and (sees_all or of_them["unit_id"] in units):
            wanted.add(("contact", them["id"]))
        assert {one for one in there if one[0] != "opportunity"} == wanted, login
        deals = {pk for kind, pk in there if kind == "opportunity"}
        assert deals <= oracle.opportunities(person), login
        # Of a voided deal in theirs too whose it is, and who was let in to work on it.
        works = any(
            g["person_id"] == person and g["opportunity_id"] == deal["id"] and g["right"] == "work"
            for g in oracle.rows.grants
        )
        is_there = works or oracle.in_scope(person, deal["owner_id"], deal["unit_id"])
        assert (deal["id"] in deals) == is_there, login
        found_by += bool(there)
        if number % 10 == 0:
            page = Reader(company, login).page("/bin/")
            assert (gone["name"] in page) == (("account", gone["id"]) in wanted), login
    company.met(found_by)


def test_histories_are_of_what_one_sees_and_masked_alike(company: Company) -> None:
    oracle = company.oracle
    with transaction.atomic():
        rows = oracle.rows.contacts[:40:14]
        for row in rows:
            held = Contact.objects.get(pk=row["id"])
            edit_contact(
                actor=operator(), contact_id=held.pk, seen_version=held.version,
                values={"phone": "19900001111", "note": "secret-note", "title": "新"},
                at=company.now,
            )  # fmt: skip
            above = Account.objects.get(pk=row["account_id"])
            edit_account(
                actor=operator(), account_id=above.pk, seen_version=above.version,
                values={"region": f"地{above.version}"}, today=company.today, at=company.now,
            )  # fmt: skip
        for _number, login, person in people(company):
            viewer = company.viewer(login)
            for row in rows:
                told_fields: dict[str, set[str]] = {}
                for kind, pk, seen in (
                    ("contact", row["id"], oracle.contacts(person)),
                    ("account", row["account_id"], oracle.accounts(person)),
                ):
                    try:
                        found = record_history(
                            viewer=viewer, kind=kind, object_id=pk, today=company.today
                        )
                    except DakehuError:
                        assert pk not in seen, (login, kind)
                        continue
                    assert pk in seen, (login, kind)
                    told_fields[kind] = {c.field for s in found.saves for c in s.changes}
                if "contact" in told_fields:
                    fields = told_fields["contact"]
                    assert ("phone" in fields) == oracle.reads_phone(person, row), login
                    assert ("note" in fields) == oracle.reads_note(person, row), login
                    assert "title" in fields, login
        transaction.set_rollback(True)
