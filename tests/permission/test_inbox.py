"""The inbox of each of forty people holds what they may answer, by a naive rule, and no more."""

import re
from datetime import timedelta

import pytest

from dakehu.models import DealReview, MoveRequest, Opportunity, Person
from dakehu.queries.deal_reviews import checks_due, deals_to_review
from dakehu.queries.stages import version_in_force
from dakehu.queries.validations import own_requests, waiting_requests
from tests.permission.company import Company, people
from tests.permission.conftest import Reader
from tests.permission.oracle import OPEN, Oracle

pytestmark = pytest.mark.django_db


def superiors(oracle: Oracle, active: set[int], owner: int, unit: int) -> set[int]:
    """Walk up from the unit to the first head who is not the owner, nor stands in for them."""
    above, here = oracle.hung(oracle.today), unit
    while True:
        heads = {
            seat["person_id"]
            for seat in oracle.rows.seats
            if seat["unit_id"] == here
            and seat["role"] == "unit_head"
            and seat["from_on"] <= oracle.today
            and (seat["until_on"] is None or oracle.today < seat["until_on"])
            and seat["person_id"] in active
            and owner not in (seat["person_id"], seat["for_person_id"])
        }
        parent = above.get(here)
        if heads or parent is None:
            return heads
        here = parent


@pytest.fixture
def led(company: Company) -> dict[int, set[int]]:
    """Let every open opportunity wait, and give of whose owners each person is the superior."""
    oracle = company.oracle
    active = set(Person.objects.filter(is_active=True).values_list("id", flat=True))
    found: dict[int, set[int]] = {person: set() for person in company.people.values()}
    known: dict[tuple[int, int], set[int]] = {}
    for row in oracle.rows.opportunities:
        if row["place"] == OPEN and not row["voided"]:
            key = (row["owner_id"], row["unit_id"])
            if key not in known:
                known[key] = superiors(oracle, active, *key)
            for person in known[key]:
                found[person].add(row["id"])
    rows = Opportunity.objects.filter(place=OPEN, voided=False)
    MoveRequest.objects.bulk_create(
        MoveRequest(
            opportunity=row, verb="advance", to_stage_id=row.stage_id,
            from_stage_id=row.stage_id, from_version_id=row.method_version_id,
            asked_by_id=row.owner_id, asked_at=company.now, asked_on=company.today,
        )
        for row in rows
    )  # fmt: skip
    DealReview.objects.bulk_create(
        DealReview(
            opportunity=row, on=company.today - timedelta(days=30), reviewed_at=company.now,
            agreed="x", next_check_on=company.today - timedelta(days=row.pk % 3),
            claimed={
                "stage": version_in_force(row.method_version_id).stages[0].key,
                "version": row.method_version_id, "category": 1, "amount": "1",
                "currency": "CNY",
            },
        )
        for row in rows
    )  # fmt: skip
    return found


def test_each_answers_for_whom_they_lead_and_for_nobody_else(
    company: Company, led: dict[int, set[int]]
) -> None:
    oracle, told = company.oracle, 0
    for _number, login, person in people(company):
        viewer = company.viewer(login)
        waiting = waiting_requests(viewer, today=company.today, limit=1000)
        assert {row.opportunity_id for row in waiting} == led[person], login
        assert led[person] <= oracle.opportunities(person)
        due = checks_due(viewer, today=company.today, limit=1000)
        assert {row.opportunity_id for row in due} == led[person], login
        needed = {
            pk
            for pk, lacks in oracle.untidy(person).items()
            if lacks & {"close_passed", "stuck"} and pk in led[person]
        }
        found = deals_to_review(viewer, today=company.today, limit=1000)
        assert {row.opportunity_id for row in found} == needed, login
        own = own_requests(viewer, today=company.today, limit=1000)
        seen = {row.opportunity_id for row in own}
        assert seen <= oracle.opportunities(person), login
        assert all(oracle.opportunity_by_id[pk]["owner_id"] == person for pk in seen)
        told += len(waiting) + len(seen)
    company.met(told)


def test_the_pages_say_the_same(company: Company, led: dict[int, set[int]]) -> None:
    request_of = dict(MoveRequest.objects.values_list("id", "opportunity_id"))
    hidden = 0
    for number, login, person in people(company):
        if number % 4:
            continue
        reader = Reader(company, login)
        listed = reader.page("/inbox/").partition("inbox-opened")[0]
        ids = {int(n) for n in re.findall(r'href="/inbox/(\d+)/"', listed)}
        shown = {request_of[pk] for pk in ids}
        assert shown <= led[person]
        assert len(shown) == min(len(led[person]), 100), login
        out = next(
            (r for r, o in request_of.items() if o not in company.oracle.opportunities(person)),
            None,
        )
        if out is not None:
            assert reader.status(f"/inbox/{out}/") == 404
            hidden += 1
        names = {row["name"] for row in company.oracle.rows.opportunities if row["id"] in shown}
        assert len(names) <= len(shown)
    company.met(hidden)
