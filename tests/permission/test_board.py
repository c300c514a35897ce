"""The board holds exactly what the oracle allows, in cards, counts and sums, for 40 people."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import transaction

from dakehu.core.funnel import Figure
from dakehu.models import Grant
from dakehu.queries.board import BoardQuestion, board, more
from dakehu.queries.opportunities import OpportunityFilter
from dakehu.queries.organisation import organisation
from tests.permission.company import Company, people
from tests.permission.conftest import Reader
from tests.permission.oracle import Row, money

pytestmark = pytest.mark.django_db

Case = tuple[dict[str, Any], Callable[[Row], bool]]


def cases(company: Company, person: int) -> list[Case]:
    """Give filters of the board, each beside what it means."""
    oracle = company.oracle
    methods = {s["id"]: s["method_id"] for s in oracle.rows.stages}
    rows = [r for r in oracle.rows.opportunities if r["place"] == 1 and not r["voided"]]
    one = rows[person % len(rows)]
    region = company.units["SMART"]
    within = oracle.below(region, company.today)
    soon = company.today + timedelta(days=60)
    return [
        ({}, lambda _row: True),
        ({"own": True}, lambda r: r["owner_id"] == person),
        ({"unit_id": region}, lambda r: r["unit_id"] in within),
        ({"owner_id": one["owner_id"]}, lambda r: r["owner_id"] == one["owner_id"]),
        ({"category": one["category"]}, lambda r: r["category"] == one["category"]),
        ({"stage_id": one["stage_id"]}, lambda r: r["stage_id"] == one["stage_id"]),
        ({"method_id": methods[one["stage_id"]]},
         lambda r: methods[r["stage_id"]] == methods[one["stage_id"]]),
        ({"close_to": soon}, lambda r: r["close_sort"] < soon),
        ({"amount_from": Decimal(1_000_000)}, lambda r: (r["base_minor"] or 0) >= 100_000_000),
    ]  # fmt: skip


def key_of(row: Row, by: str, today: date) -> object:
    """Say in which column a row stands, by a naive reading of what columns are."""
    if by == "stage":
        return row["stage_id"]
    if by in ("owner", "category"):
        return row["owner_id" if by == "owner" else "category"]
    close: date | None = row["close_on"]
    if close is None:
        return "none"
    months = (close.year - today.year) * 12 + close.month - today.month
    return "overdue" if months < 0 else "later" if months > 5 else f"{close:%Y-%m}"


def column_key(column: Any, by: str) -> object:
    match by:
        case "stage":
            return column.stage_id
        case "owner":
            return column.owner_id
        case "category":
            return int(column.category)
    return column.token.removeprefix("month-")


def told(figure: Figure) -> str:
    assert figure.value is not None
    return money(figure.value)


@pytest.fixture
def helped(company: Company) -> Iterator[Company]:
    """Let some people help on open deals outside of their scope, and inside of it too."""
    alive = [r for r in company.oracle.rows.opportunities if r["place"] == 1 and not r["voided"]]
    helpers = [company.people[login] for login in ("guest", "guest-head", "two-seats", "help-deal")]
    with transaction.atomic():
        for turn, row in enumerate(alive[::5]):
            Grant.objects.create(
                person_id=helpers[turn % len(helpers)], opportunity_id=row["id"],
                right=("read", "work")[turn % 2], because="selling_team", granted_at=company.now,
            )  # fmt: skip
        company.look_again()
        yield company
        transaction.set_rollback(True)
    company.look_again()


def test_cards_counts_and_sums_of_forty_people(
    helped: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = helped
    # Small pages have many ends.
    monkeypatch.setattr("dakehu.queries.board.cards.FIRST", 4)
    oracle, today = company.oracle, company.today
    org = organisation()
    alive = {r["id"]: r for r in oracle.rows.opportunities if r["place"] == 1 and not r["voided"]}
    methods = {s["id"]: s["method_id"] for s in oracle.rows.stages}
    met = dict.fromkeys(("stage", "owner", "category", "month", "granted", "much"), False)
    for number, login, person in people(company):
        viewer = company.viewer(login)
        allowed = [alive[pk] for pk in oracle.opportunities(person) if pk in alive]
        inside = oracle.scope(person)
        met["granted"] |= any(not inside(r["owner_id"], r["unit_id"]) for r in allowed)
        for turn, (asked, fits) in enumerate(cases(company, person)):
            by = ("stage", "owner", "category", "month")[(number + turn) % 4]
            question = BoardQuestion(OpportunityFilter(**asked), by)  # type: ignore[arg-type]
            found = board(viewer, question=question, today=today, org=org)
            expected: dict[object, list[Row]] = defaultdict(list)
            for row in allowed:
                if fits(row) and (by != "stage" or methods[row["stage_id"]] == found.method_id):
                    expected[key_of(row, by, today)].append(row)
            shown = {column_key(c, by): c for c in found.columns}
            met[by] |= bool(expected)
            if by != "owner":
                assert set(expected) <= set(shown), (login, asked, by)
            for key, column in shown.items():
                rows = expected[key]
                held = found.sums[column.token]
                where = (login, asked, by, column.token)
                assert held.count == len(rows), where
                worth = oracle.worth(({**r, "currency": r["currency_id"]} for r in rows), today)
                assert told(held.amount) == worth, where
                ordered = sorted(rows, key=lambda r: (r["close_sort"], r["id"]))
                cards = list(found.cards[column.token])
                while len(cards) < len(ordered):
                    met["much"] = True
                    named = question
                    if by == "stage" and not asked:
                        named = BoardQuestion(OpportunityFilter(method_id=found.method_id), "stage")
                    rest = more(
                        viewer, question=named, token=column.token, after=cards[-1].cursor,
                        today=today, org=org,
                    )  # fmt: skip
                    assert rest, where
                    cards += rest
                assert [card.id for card in cards] == [r["id"] for r in ordered], where
            if by == "owner":
                rest_of = set(expected) - set(shown)
                assert len(rest_of) == found.more_owners, (login, asked)
    assert company.shares > 1 or all(met.values()), met


def test_weighted_sums_are_the_oracle_rows_weighed(company: Company) -> None:
    oracle, today = company.oracle, company.today
    first = today.replace(day=1)
    org = organisation()
    for _number, login, person in people(company):
        found = board(
            company.viewer(login), question=BoardQuestion(OpportunityFilter()), today=today, org=org
        )
        for column in found.columns:
            held = found.sums[column.token]
            total = Fraction(0)
            for pk in oracle.opportunities(person):
                row = oracle.opportunity_by_id[pk]
                stands = row["place"] == 1 and not row["voided"]
                if not stands or row["stage_id"] != column.stage_id or row["close_sort"] < first:
                    continue
                rate = row["own_rate_bp"] if row["own_rate_bp"] is not None else held.rate_bp
                worth = oracle.rate(row["currency_id"], today) * row["amount_minor"] / 100
                total += worth * Fraction(rate or 0, 10_000)
            assert told(held.weighted) == money(total), (login, column.token)


def other_stage(company: Company, opportunity: int) -> str:
    """Give a stage of its method where it does not stand."""
    stages = company.oracle.rows.stages
    stage = company.oracle.opportunity_by_id[opportunity]["stage_id"]
    method = next(s["method_id"] for s in stages if s["id"] == stage)
    return next(s["key"] for s in stages if s["method_id"] == method and s["id"] != stage)


def test_who_may_not_move_has_no_handle_and_is_refused(company: Company) -> None:
    alive = [r for r in company.oracle.rows.opportunities if r["place"] == 1 and not r["voided"]]
    seen_refused = 0
    for number, login, person in people(company):
        reader = Reader(company, login)
        body = reader.page("/board/")
        allowed = company.oracle.opportunities(person)
        handles = dict(re.findall(r'data-card="(\d+)" data-version="\d+" data-may="(\w*)"', body))
        assert set(map(int, handles)) <= allowed, login
        fixed = [int(pk) for pk, may in handles.items() if not may][:1]
        hidden = [r["id"] for r in alive[number::7] if r["id"] not in allowed][:2]
        for pk in fixed + hidden:
            ways = (f"stage-{other_stage(company, pk)}", "won", "lost", "abandoned", "category-2")
            for to in ways[(number + pk) % 3 :: 3]:
                with transaction.atomic():
                    answer = reader.client.post(
                        f"/board/{pk}/move/", {"to": to, "asked": "1", "reason": "other",
                                               "why": "x", "overrule": "x"},
                        headers={"HX-Request": "true"},
                    )  # fmt: skip
                    transaction.set_rollback(True)
                assert answer.status_code == (404 if pk in hidden else 403), (login, pk, to)
                seen_refused += 1
            status = reader.status(f"/board/{pk}/move/")
            assert status == (404 if pk in hidden else 200), (login, pk)
    assert seen_refused
