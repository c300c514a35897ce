"""Filters by every field, totals, files with chosen columns, and saved views: all in sight only."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from django.db.models import Case, F, Value, When
from django.db.models.functions import Mod

from dakehu.actions.views import save_view, share_view
from dakehu.core.errors import NotFound
from dakehu.core.filters import read
from dakehu.models import Opportunity, SavedView
from dakehu.queries.opportunities import (
    OpportunityFilter,
    every_opportunity,
    opportunity_totals,
)
from dakehu.queries.opportunities.conditions import PLACES
from dakehu.queries.views import view_in_sight, views
from tests.permission.company import Company, people
from tests.permission.conftest import Reader

pytestmark = pytest.mark.django_db

Row = dict[str, Any]
FIELDS = {key: place.field for key, place in PLACES.items()}


def contacted(company: Company) -> None:
    """Let a third have been met lately, a third long ago, and a third never."""
    long_ago, lately = (company.today - timedelta(days=days) for days in (40, 10))
    Opportunity.objects.annotate(third=Mod(F("id"), 3)).update(
        last_contact_on=Case(
            When(third=0, then=Value(lately)), When(third=1, then=Value(long_ago)), default=None
        )
    )


def cases(company: Company) -> list[tuple[str, Callable[[Row], bool]]]:
    """Give conditions on every field, with what each means of a row."""
    oracle, today = company.oracle, company.today
    rows = oracle.rows.opportunities
    one = next(r for r in rows if r["place"] == 1 and r["account_id"] and r["next_step"])
    accounts = oracle.account_by_id
    root = next(a for a in oracle.rows.accounts if a["numchild"] and a["depth"] == 1)
    below = oracle.below(company.units["SMART"], today)
    methods = {s["id"]: s["method_id"] for s in oracle.rows.stages}
    month = today.replace(day=1)
    quarter = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
    after = date(quarter.year + (quarter.month > 9), (quarter.month + 2) % 12 + 1, 1)
    product = oracle.rows.lines[-1]["product_id"]
    newest: dict[int, int] = {}
    for line in oracle.rows.lines:
        key = line["line_set__opportunity_id"]
        newest[key] = max(newest.get(key, 0), line["line_set_id"])
    sold = {
        line["line_set__opportunity_id"]
        for line in oracle.rows.lines
        if line["product_id"] == product
        and line["line_set_id"] == newest[line["line_set__opportunity_id"]]
    }

    def in_group(person_sees: bool, row: Row) -> bool:
        own = row["account_id"] == root["id"]
        path = accounts[row["account_id"]]["path"] if row["account_id"] else ""
        return own or (person_sees and path.startswith(root["path"]))

    since = company.today - timedelta(days=60)
    return [
        (f'name has "{one["name"][:3]}"', lambda r: one["name"][:3] in r["name"]),
        (f"code is {one['code']}", lambda r: r["code"] == one["code"]),
        ("account empty", lambda r: r["account_id"] is None),
        (f"account is {root['id']}", lambda r: in_group(r["sees_root"], r)),
        (f"account only {root['id']}", lambda r: r["account_id"] == root["id"]),
        (f"account not {root['id']}", lambda r: not in_group(r["sees_root"], r)),
        ("state in won, lost", lambda r: r["place"] in (2, 3)),
        (f"stage is {one['stage_id']}", lambda r: r["stage_id"] == one["stage_id"]),
        (
            f"method is {methods[one['stage_id']]}",
            lambda r: methods[r["stage_id"]] == methods[one["stage_id"]],
        ),
        ("category not pipeline", lambda r: r["category"] != 1),
        ("amount >= 100万", lambda r: (r["base_minor"] or -1) >= 100_000_000),
        (
            "amount between 10万, 50万",
            lambda r: 10_000_000 <= (r["base_minor"] or -1) <= 50_000_000,
        ),
        ("closes empty", lambda r: r["close_on"] is None),
        (
            "closes is this_quarter",
            lambda r: r["close_on"] is not None and quarter <= r["close_on"] < after,
        ),
        (
            "closes not this_quarter",
            lambda r: r["close_on"] is None or not quarter <= r["close_on"] < after,
        ),
        ("closes >= today", lambda r: r["close_on"] is not None and r["close_on"] >= today),
        (f"owner is {one['owner_id']}", lambda r: r["owner_id"] == one["owner_id"]),
        (f"unit is {company.units['SMART']}", lambda r: r["unit_id"] in below),
        (
            f"unit only {company.units['SMART']}",
            lambda r: r["unit_id"] == company.units["SMART"],
        ),
        (f"unit not {company.units['SMART']}", lambda r: r["unit_id"] not in below),
        (f"product is {product}", lambda r: r["id"] in sold),
        (f"product not {product}", lambda r: r["id"] not in sold),
        ("source empty", lambda r: r["source"] == ""),
        ("next_step filled", lambda r: r["next_step"] != ""),
        (
            "next_step_on < today",
            lambda r: r["next_step_on"] is not None and r["next_step_on"] < today,
        ),
        ("contact older 30", lambda r: r["id"] % 3 != 0),
        ("contact empty", lambda r: r["id"] % 3 == 2),
        ("own_rate filled", lambda r: r["own_rate_bp"] is not None),
        ("days_in_stage >= 60", lambda r: r["stage_since"] <= since),
        ("days_in_stage < 60", lambda r: r["stage_since"] > since),
        ("created is this_month", lambda r: r["created_on"] >= month),
        ("decided is last_30_days", lambda r: within(r["decided_on"], today, 30)),
        (
            "state is open and (amount >= 100万 or contact older 30) and next_step filled",
            lambda r: (
                r["place"] == 1
                and ((r["base_minor"] or -1) >= 100_000_000 or r["id"] % 3 != 0)
                and r["next_step"] != ""
            ),
        ),
    ]


def within(day: date | None, today: date, days: int) -> bool:
    return day is not None and today - timedelta(days=days) < day <= today


def seen(company: Company, person: int) -> list[Row]:
    """Give the rows in sight, each with whether the head of the group is in sight too."""
    oracle = company.oracle
    root = next(a for a in oracle.rows.accounts if a["numchild"] and a["depth"] == 1)
    sees = root["id"] in oracle.accounts(person)
    every = (oracle.opportunity_by_id[o] for o in oracle.opportunities(person))
    return [{**row, "sees_root": sees} for row in every if not row["voided"]]


def told(rows: list[Row]) -> dict[str, tuple[int, Fraction]]:
    sums: dict[str, tuple[int, Fraction]] = defaultdict(lambda: (0, Fraction()))
    for row in rows:
        count, amount = sums[row["currency_id"]]
        sums[row["currency_id"]] = count + 1, amount + Fraction(row["amount_minor"], 100)
    return dict(sums)


def test_every_field_filters_and_adds_up_what_is_in_sight(company: Company) -> None:
    contacted(company)
    oracle, met = company.oracle, set()
    every = cases(company)
    assert {text.split()[0] for text, _meant in every} >= set(FIELDS) - {"changed"}
    for number, login, person in people(company):
        allowed, viewer = seen(company, person), company.viewer(login)
        for text, meant in company.part(every, number, 6):
            asked = OpportunityFilter(state="all", where=read(text, FIELDS))
            found = [
                row.id for row in every_opportunity(viewer=viewer, asked=asked, today=company.today)
            ]
            expected = [row for row in allowed if meant(row)]
            assert sorted(found) == sorted(row["id"] for row in expected), (login, text)
            totals = opportunity_totals(viewer=viewer, asked=asked, today=company.today)
            sums = {one.currency: (one.count, Fraction(one.amount)) for one in totals.currencies}
            assert sums == told(expected), (login, text)
            assert totals.count == len(expected)
            worth = sum(
                (
                    r["amount_minor"] * oracle.rate(r["currency_id"], company.today)
                    for r in expected
                ),
                Fraction(),
            )
            assert totals.base == round(worth) / 100 or abs(
                Fraction(totals.base) - worth / 100
            ) <= Fraction(1, 200), (login, text)
            met |= {text} if expected else set()
    company.met(len(met) > len(every) * 3 // 4)


def test_the_foot_of_the_list_and_its_file_hold_what_is_in_sight(company: Company) -> None:
    names = ("name", "code", "amount", "stage", "weighted", "missing", "days_in_stage")
    some = False
    for _number, login, person in people(company):
        reader = Reader(company, login)
        where = "amount >= 20万"
        rows = [
            r for r in seen(company, person)
            if r["place"] == 1 and (r["base_minor"] or -1) >= 20_000_000
        ]  # fmt: skip
        shown = reader.page(f"/opportunities/?where={where}")
        if rows:
            word = "opportunity" if len(rows) == 1 else "opportunities"
            assert f"<b>{len(rows):,} {word}</b>" in shown, login
        found = reader.file(
            "/opportunities/export", f"?where={where}&columns={','.join(names)}&sort=-amount"
        )
        assert sorted(r["Code"] for r in found) == sorted(r["code"] for r in rows), login
        amounts = [r["base_minor"] for r in sorted(rows, key=lambda r: -r["base_minor"])]
        by_code = {r["code"]: r["base_minor"] for r in rows}
        assert [by_code[r["Code"]] for r in found] == amounts, login
        some = some or bool(found)
    company.met(some)


def test_a_shared_view_is_seen_in_its_unit_and_widens_nothing(company: Company) -> None:
    oracle, today = company.oracle, company.today
    head = company.viewer("demo-head")
    unit = next(reach.unit_id for reach in head.reaches if reach.role == "unit_head")
    made = save_view(
        actor=head, page="opportunities", name="Shared", query="state=all&sort=-amount",
        columns=["amount", "owner"], at=company.now,
    )  # fmt: skip
    own = save_view(
        actor=head, page="opportunities", name="Mine", query="own=1", columns=[], at=company.now
    )
    share_view(
        actor=head, view_id=made, seen_version=1, unit_id=unit, is_unit_default=True,
        today=today, at=company.now,
    )  # fmt: skip
    assert SavedView.objects.count() >= 2
    within = oracle.below(unit, today)
    seen_by, hidden_from = 0, 0
    for _number, login, person in people(company):
        seats = oracle.seats(person)
        there = any(
            seat["unit_id"] in within or (
                seat["role"] in ("unit_head", "sales_operations")
                and unit in oracle.below(seat["unit_id"], today)
            )
            for seat in seats
        )  # fmt: skip
        viewer = company.viewer(login)
        held = views(viewer=viewer, page="opportunities", today=today)
        mine = person == head.person_id
        assert {row.id for row in held.rows} == {
            *([made] if there or mine else []), *([own] if mine else []),
        }, login  # fmt: skip
        reader = Reader(company, login)
        if not there:
            hidden_from += 1
            with pytest.raises(NotFound):
                view_in_sight(viewer=viewer, view_id=made, today=today)
            assert reader.status(f"/views/{made}/") == 404, login
            assert reader.status(f"/opportunities/?view={made}") == 404, login
            continue
        seen_by += 1
        allowed = {row["id"] for row in seen(company, person)}
        listed = reader.listed(f"/opportunities/?view={made}", r'href="/opportunities/(\d+)/"')
        assert set(listed) == allowed, login
    company.met(seen_by > 2, hidden_from > 2)
