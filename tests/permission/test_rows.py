"""Each list, total, search and export holds exactly what the oracle allows, for 40 people."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from dakehu.core.errors import NotAllowed, NotFound
from dakehu.queries.accounts import AccountFilter, account_choices, account_count, accounts
from dakehu.queries.contacts import ContactFilter, contact_count, contacts
from dakehu.queries.hygiene import HygieneFilter, every_untidy, hygiene_counts
from dakehu.queries.imports import import_runs
from dakehu.queries.methods import method, methods
from dakehu.queries.opportunities import (
    MOST_COUNTED,
    OpportunityFilter,
    account_by_name,
    opportunities,
)
from dakehu.queries.opportunities import account_choices as name_choices
from dakehu.queries.paging import Cut
from dakehu.queries.reviews import review, reviews
from dakehu.queries.small_sales import small_sales
from tests.permission.company import Company, people
from tests.permission.conftest import Reader
from tests.permission.oracle import Oracle, Row

pytestmark = pytest.mark.django_db

OPPORTUNITY = r'<th scope="row" class="clip[^"]*"[^>]*><a href="/opportunities/(\d+)/"'
ACCOUNT = r'<th scope="row" class="clip c-name"><a href="/accounts/(\d+)/"'
CONTACT = r'<th scope="row"[^>]*><a href="/contacts/(\d+)/"'
SORTS = (
    "close", "-close", "amount", "-amount", "name", "-name", "updated", "-updated", "stage",
)  # fmt: skip


def test_forty_people_of_all_roles_are_asked(company: Company) -> None:
    oracle = company.oracle
    assert len(company.asked) == 40
    roles = {
        seat["role"] for login in company.asked for seat in oracle.seats(company.people[login])
    }
    assert roles == {
        "salesperson", "unit_head", "sales_operations", "executive", "finance", "support",
        "auditor", "administrator",
    }  # fmt: skip
    seen = {len(oracle.opportunities(company.people[login])) for login in company.asked}
    assert len(seen) > 10
    assert 0 in seen


# -- opportunities ---------------------------------------------------------------------------


def test_the_list_of_opportunities_is_walked_to_its_end(company: Company) -> None:
    rows = company.oracle.opportunity_by_id
    for _number, login, person in people(company):
        allowed = company.oracle.opportunities(person)
        listed = Reader(company, login).listed("/opportunities/?state=all", OPPORTUNITY)
        assert len(listed) == len(set(listed)), login
        assert set(listed) == {o for o in allowed if not rows[o]["voided"]}, login


Case = tuple[dict[str, Any], Callable[[Row], bool]]


def filters(company: Company, person: int) -> list[Case]:
    """Give filters of the list, each beside what it means, with values that are in the data."""
    oracle, rows = company.oracle, company.oracle.rows
    methods = {s["id"]: s["method_id"] for s in rows.stages}
    open_rows = [r for r in rows.opportunities if r["place"] == 1 and not r["voided"]]
    one = open_rows[person % len(open_rows)]
    sold = {
        x["line_set__opportunity_id"] for x in newest_lines(oracle, rows.lines[-1]["product_id"])
    }
    region = company.units["SMART"]
    within = oracle.below(region, company.today)
    soon = company.today + timedelta(days=60)

    def alive(row: Row) -> bool:
        return not row["voided"]

    def is_open(row: Row) -> bool:
        return row["place"] == 1 and alive(row)

    return [
        ({"state": "open"}, is_open),
        ({"state": "won"}, lambda r: alive(r) and r["place"] == 2),
        ({"state": "lost"}, lambda r: alive(r) and r["place"] == 3),
        ({"state": "abandoned"}, lambda r: alive(r) and r["place"] == 4),
        ({"state": "voided"}, lambda r: bool(r["voided"])),
        ({"state": "all", "unit_id": region}, lambda r: alive(r) and r["unit_id"] in within),
        ({"state": "all", "owner_id": one["owner_id"]},
         lambda r: alive(r) and r["owner_id"] == one["owner_id"]),
        ({"state": "all", "method_id": methods[one["stage_id"]]},
         lambda r: alive(r) and methods[r["stage_id"]] == methods[one["stage_id"]]),
        ({"stage_id": one["stage_id"]},
         lambda r: is_open(r) and r["stage_id"] == one["stage_id"]),
        ({"state": "all", "account_id": one["account_id"]},
         lambda r: alive(r) and one["account_id"] in (None, r["account_id"])),
        ({"state": "all", "close_to": soon}, lambda r: alive(r) and r["close_sort"] < soon),
        ({"state": "all", "amount_from": Decimal(1_000_000)},
         lambda r: alive(r) and (r["base_minor"] or 0) >= 100_000_000),
        ({"state": "all", "product_id": rows.lines[-1]["product_id"]},
         lambda r: alive(r) and r["id"] in sold),
        ({"state": "all", "own": True}, lambda r: alive(r) and r["owner_id"] == person),
    ]  # fmt: skip


def newest_lines(oracle: Oracle, product: int) -> list[Row]:
    """Give the lines of a product in the set that each opportunity has now."""
    newest: dict[int, int] = {}
    for line in oracle.rows.lines:
        key = line["line_set__opportunity_id"]
        newest[key] = max(newest.get(key, 0), line["line_set_id"])
    return [
        x
        for x in oracle.rows.lines
        if x["product_id"] == product and x["line_set_id"] == newest[x["line_set__opportunity_id"]]
    ]


def walked(company: Company, login: str, asked: OpportunityFilter, sort: str) -> list[int]:
    """Walk the query page by page, and check its total on the way."""
    found: list[int] = []
    after, total = "", None
    while True:
        page = opportunities(
            viewer=company.viewer(login), asked=asked, sort=sort, after=after,
            today=company.today, limit=company.chunk(40),
        )  # fmt: skip
        total = page.total if not after else total
        found += [row.id for row in page.rows]
        after = page.after
        if not after:
            # Beyond MOST_COUNTED the page says that there are more, and not how many.
            assert total == (len(found) if len(found) <= MOST_COUNTED else None), (login, asked)
            return found


def test_every_filter_and_sort_of_opportunities(company: Company) -> None:
    for number, login, person in people(company):
        allowed = [
            company.oracle.opportunity_by_id[o] for o in company.oracle.opportunities(person)
        ]
        for place, (given, meant) in enumerate(filters(company, person)):
            if (number + place) % 2 and not company.whole:
                continue  # every filter is asked by twenty people, every person asks half
            sort = SORTS[(number + place) // 2 % len(SORTS)]
            found = walked(company, login, OpportunityFilter(**given), sort)
            assert len(found) == len(set(found)), (login, given, sort)
            assert set(found) == {row["id"] for row in allowed if meant(row)}, (login, given, sort)


def test_searching_opportunities_finds_none_but_visible_ones(company: Company) -> None:
    oracle = company.oracle
    rows = oracle.rows
    texts = [
        rows.opportunities[5]["code"],
        rows.opportunities[9]["name"][:4],
        rows.accounts[3]["name"][2:5],
        rows.accounts[11]["name_en"].split()[0],
        rows.opportunities[-1]["code"][:-2],
    ]

    def fits(row: Row, text: str) -> bool:
        account = oracle.account_by_id.get(row["account_id"] or 0, {"name": "", "name_en": ""})
        told = (row["name"], row["code"], account["name"], account["name_en"])
        return any(text.lower() in one.lower() for one in told)

    hits = 0
    for number, login, person in people(company):
        allowed = [oracle.opportunity_by_id[o] for o in oracle.opportunities(person)]
        for place, text in enumerate(texts):
            expected = {r["id"] for r in allowed if not r["voided"] and fits(r, text)}
            found = walked(company, login, OpportunityFilter(state="all", text=text), "close")
            assert set(found) == expected, (login, text)
            hits += len(expected)
            if place == number % len(texts):
                url = f"/opportunities/?state=all&q={text}"
                assert set(Reader(company, login).listed(url, OPPORTUNITY)) == expected
    company.met(hits)


def test_the_export_of_opportunities_is_the_list(company: Company) -> None:
    oracle = company.oracle
    for _number, login, person in people(company):
        reader = Reader(company, login)
        allowed = [oracle.opportunity_by_id[o] for o in oracle.opportunities(person)]
        exported = reader.csv("/opportunities/export.csv?state=all&sort=-amount")
        assert [r["Code"] for r in exported] == list(dict.fromkeys(r["Code"] for r in exported))
        assert {r["Code"] for r in exported} == {r["code"] for r in allowed if not r["voided"]}
        lost = reader.csv("/opportunities/export.csv?state=lost")
        there = {r["code"] for r in allowed if not r["voided"] and r["place"] == 3}
        assert {r["Code"] for r in lost} == there, login


# -- accounts and contacts -------------------------------------------------------------------


def test_lists_totals_and_exports_of_accounts(company: Company) -> None:
    oracle = company.oracle
    for number, login, person in people(company):
        allowed = oracle.accounts(person)
        reader, viewer = Reader(company, login), company.viewer(login)
        assert sorted(reader.listed("/accounts/", ACCOUNT)) == sorted(allowed), login
        where = AccountFilter(sort=("name", "-name", "created", "-created")[number % 4])
        assert account_count(viewer=viewer, where=where) == len(allowed)
        found, after = [], ""
        while True:
            page = accounts(viewer=viewer, where=where, cut=Cut(after=after, size=company.chunk(7)))
            found += [row.id for row in page.rows]
            if page.next is None:
                break
            after = page.next
        assert sorted(found) == sorted(allowed), login
        codes = {row["Code"]: row for row in reader.csv("/accounts/export.csv")}
        assert set(codes) == {oracle.account_by_id[a]["code"] for a in allowed}, login


def test_an_account_counts_only_open_opportunities_in_sight(company: Company) -> None:
    oracle = company.oracle
    for _number, login, person in people(company):
        seen = [oracle.opportunity_by_id[o] for o in oracle.opportunities(person)]
        for row in Reader(company, login).csv("/accounts/export.csv"):
            account = next(a for a in oracle.rows.accounts if a["code"] == row["Code"])
            expected = [
                o
                for o in seen
                if o["account_id"] == account["id"] and o["place"] == 1 and not o["voided"]
            ]
            assert row["Open opportunities"] == str(len(expected)), (login, row)


def test_a_group_counts_only_branches_in_sight(company: Company) -> None:
    oracle = company.oracle
    for _number, login, person in people(company):
        allowed = [oracle.account_by_id[a] for a in oracle.accounts(person)]
        page = accounts(viewer=company.viewer(login), where=AccountFilter(), cut=Cut(size=1000))
        for row in page.rows:
            path, depth = oracle.account_by_id[row.id]["path"], row.depth
            branches = [
                a for a in allowed if a["path"].startswith(path) and a["depth"] == depth + 1
            ]
            assert row.members == len(branches), (login, row.name)


def found_accounts(company: Company, login: str, where: AccountFilter) -> set[int]:
    page = accounts(viewer=company.viewer(login), where=where, cut=Cut(size=1000))
    return {row.id for row in page.rows}


def test_filters_of_accounts_offer_and_find_what_is_in_sight(company: Company) -> None:
    oracle = company.oracle
    group = next(a for a in oracle.rows.accounts if a["numchild"] >= 2)
    within = oracle.below(company.units["SMART"], company.today)
    for number, login, person in people(company):
        allowed = [oracle.account_by_id[a] for a in oracle.accounts(person)]
        offered = account_choices(viewer=company.viewer(login))
        assert set(offered.industries) == {a["industry"] for a in allowed if a["industry"]}
        managers = {a["manager_id"] for a in allowed if a["manager_id"]}
        assert {p.id for p in offered.managers} == managers
        # A group is found through its root: one out of sight narrows to nothing.
        asked: list[tuple[str, AccountFilter, set[int]]] = [
            (
                f"unit={company.units['SMART']}", AccountFilter(unit_ids=within),
                {a["id"] for a in allowed if a["unit_id"] in within},
            ),
            (
                f"group={group['id']}", AccountFilter(root_id=group["id"]),
                {
                    a["id"] for a in allowed
                    if a["path"].startswith(group["path"]) and group in allowed
                },
            ),
            (
                f"manager={group['manager_id']}", AccountFilter(manager_id=group["manager_id"]),
                {a["id"] for a in allowed if a["manager_id"] == group["manager_id"]},
            ),
            (
                f"industry={group['industry']}", AccountFilter(industry=group["industry"]),
                {a["id"] for a in allowed if a["industry"] == group["industry"]},
            ),
        ]  # fmt: skip
        for place, (query, where, expected) in enumerate(asked):
            assert found_accounts(company, login, where) == expected, (login, query)
            if place == number % len(asked):
                listed = Reader(company, login).listed(f"/accounts/?{query}", ACCOUNT)
                assert set(listed) == expected, (login, query)


def test_searching_accounts_by_name_alias_and_code(company: Company) -> None:
    oracle = company.oracle
    aliases = {n["account_id"]: n["name"] for n in oracle.rows.names}
    alias = next(iter(aliases.values()))
    some = oracle.rows.accounts[4]
    hits = 0
    for number, login, person in people(company):
        allowed = [oracle.account_by_id[a] for a in oracle.accounts(person)]
        for place, text in enumerate((some["name"][1:4], some["code"], alias)):
            expected = {
                a["id"]
                for a in allowed
                if text in a["name"] or text == a["code"] or text in aliases.get(a["id"], "")
            }
            assert found_accounts(company, login, AccountFilter(text=text)) == expected, login
            hits += len(expected)
            if place == number % 3:
                listed = Reader(company, login).listed(f"/accounts/?q={text}", ACCOUNT)
                assert set(listed) == expected, (login, text)
    company.met(hits)


def test_lists_totals_exports_and_search_of_contacts(company: Company) -> None:
    oracle = company.oracle
    contact_rows = {c["id"]: c for c in oracle.rows.contacts}
    searched = oracle.rows.contacts[7]["name"][:2]
    for number, login, person in people(company):
        allowed = oracle.contacts(person)
        reader, viewer = Reader(company, login), company.viewer(login)
        assert sorted(reader.listed("/contacts/", CONTACT)) == sorted(allowed), login
        where = ContactFilter(sort=("name", "-name")[number % 2])
        assert contact_count(viewer=viewer, where=where) == len(allowed)
        found, after = [], ""
        while True:
            page = contacts(
                viewer=viewer, where=where, cut=Cut(after=after, size=company.chunk(13))
            )
            found += [row.id for row in page.rows]
            if page.next is None:
                break
            after = page.next
        assert sorted(found) == sorted(allowed), login
        exported = sorted((r["Name"], r["Account"]) for r in reader.csv("/contacts/export.csv"))
        rows = [contact_rows[c] for c in allowed]
        expected = sorted((r["name"], oracle.account_by_id[r["account_id"]]["name"]) for r in rows)
        assert exported == expected, login
        named = {
            r["id"]
            for r in rows
            if searched in r["name"] or searched in oracle.account_by_id[r["account_id"]]["name"]
        }
        assert set(reader.listed(f"/contacts/?q={searched}", CONTACT)) == named, login


def test_small_sales_are_those_in_scope(company: Company) -> None:
    oracle = company.oracle
    for number, login, person in people(company):
        found, after = [], ""
        while True:
            page = small_sales(
                viewer=company.viewer(login), cut=Cut(after=after, size=company.chunk(20))
            )
            found += [row.id for row in page.rows]
            if page.next is None:
                break
            after = page.next
        assert sorted(found) == sorted(oracle.small_sales(person)), login
        if number % 4 == 0:
            pages = Reader(company, login).all_pages("/small-sales/")
            assert sum(text.count('<th scope="row"') for text in pages) == len(found), login


def test_methods_count_opportunities_in_sight(company: Company) -> None:
    oracle = company.oracle
    methods_of = {s["id"]: s["method_id"] for s in oracle.rows.stages}
    for _number, login, person in people(company):
        viewer = company.viewer(login)
        seen = [oracle.opportunity_by_id[o] for o in oracle.opportunities(person)]
        there = [row for row in seen if not row["voided"]]
        for listed in methods(viewer=viewer, today=company.today):
            mine = [row for row in there if methods_of[row["stage_id"]] == listed.id]
            assert listed.open_count == sum(row["place"] == 1 for row in mine), login
            page = method(viewer=viewer, method_id=listed.id, today=company.today)
            for version in page.versions:
                held = [row for row in mine if row["method_version_id"] == version.id]
                assert version.opportunity_count == len(held), (login, version.number)


def test_what_forms_offer_is_in_sight(company: Company) -> None:
    oracle = company.oracle
    for _number, login, person in people(company):
        allowed = {oracle.account_by_id[a]["name"] for a in oracle.accounts(person)}
        text = Reader(company, login).page("/opportunities/accounts/?account=公司")
        offered = {part.split('"')[0] for part in text.split('<option value="')[1:]}
        assert offered <= allowed, login
        assert bool(offered) == any("公司" in name for name in allowed), login


def test_the_hygiene_list_and_its_counts_hold_what_the_oracle_allows(company: Company) -> None:
    rows = company.oracle.opportunity_by_id
    for number, login, person in people(company):
        allowed = company.oracle.opportunities(person)
        opened = {o for o in allowed if rows[o]["place"] == 1 and not rows[o]["voided"]}
        viewer, untidy = company.viewer(login), company.oracle.untidy(person)
        every = HygieneFilter()
        counts = hygiene_counts(viewer, asked=every, today=company.today)
        assert (counts.looked_at, counts.untidy) == (len(opened), len(untidy)), login
        listed = list(
            every_untidy(viewer, asked=every, today=company.today, chunk=company.chunk(7))
        )
        assert len(listed) == len({row.id for row in listed})
        assert {row.id: set(row.findings) for row in listed} == untidy, login
        for finding, count in counts.by_finding.items():
            assert count == sum(finding in lacks for lacks in untidy.values()), (login, finding)
        if number % 10 == 0:
            assert set(Reader(company, login).listed("/hygiene/", OPPORTUNITY)) == set(untidy)


def test_reviews_are_listed_to_who_sees_all_that_they_add_up(company: Company) -> None:
    seen = 0
    for _number, login, person in people(company):
        viewer, allowed = company.viewer(login), company.oracle.reviews(person)
        found, after = [], ""
        while True:
            page = reviews(viewer, today=company.today, cut=Cut(after=after, size=3))
            found += [row.id for row in page.rows]
            if page.next is None:
                break
            after = page.next
        assert sorted(found) == sorted(allowed), login
        for one in {row["review_id"] for row in company.oracle.rows.reviews}:
            try:
                assert review(viewer, review_id=one, today=company.today).row.id == one
                assert one in allowed, login
            except NotFound:
                assert one not in allowed, login
        seen += len(allowed)
    company.met(seen)


def test_imports_are_listed_to_who_ran_them(company: Company) -> None:
    for _number, login, person in people(company):
        viewer = company.viewer(login)
        may = any(s["role"] == "sales_operations" for s in company.oracle.seats(person))
        try:
            found = {row.id for row in import_runs(viewer=viewer, cut=Cut(size=100)).rows}
            assert may, login
        except NotAllowed:
            assert not may, login
            continue
        assert found == company.oracle.runs(person), login


def test_a_form_finds_only_accounts_in_sight(company: Company) -> None:
    oracle = company.oracle
    some = oracle.rows.accounts
    for number, login, person in people(company):
        viewer, allowed = company.viewer(login), oracle.accounts(person)
        for one in company.part(some, number, 9):
            same = {a["id"] for a in some if a["name"] == one["name"]} & allowed
            for text in (one["name"], one["code"]):
                found = {a.id for a in account_by_name(viewer=viewer, text=text)}
                assert found == (same if text == one["name"] else {one["id"]} & allowed), login
            named = [a for a in some if a["id"] in allowed and (one["name"][:3] in a["name"])]
            offered = {a.id for a in name_choices(viewer=viewer, text=one["name"][:3])}
            assert offered <= {a["id"] for a in named}, (login, one["name"])
            assert len(offered) == min(20, len(named)), (login, one["name"])
