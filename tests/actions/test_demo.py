"""The demo company: the same from the same seed, whole, and believable."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import pairwise
from statistics import median
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F, Q, Sum
from pytest_django import DjangoDbBlocker

from dakehu.actions.activities import touch
from dakehu.actions.demo import build, init_demo
from dakehu.actions.demo.stories import write_stories
from dakehu.core.access import operator
from dakehu.core.errors import NotAllowed, RuleBroken
from dakehu.core.ledger import Category, Kind, Place
from dakehu.models import (
    Account,
    Appointment,
    Contact,
    Entry,
    Evidence,
    LineSet,
    Mention,
    Movement,
    Opportunity,
    Organisation,
    Person,
    Product,
    Quota,
    SalesUnit,
    SmallSale,
    Stakeholder,
    TeamMember,
    UnitPlace,
)
from dakehu.queries.ledger_check import verify_ledger
from dakehu.queries.people import DEMO_LOG_INS, demo_log_ins, viewer_by_login
from dakehu.queries.units import all_units
from dakehu.queries.validations import waiting_requests

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 15)
AT = datetime(2026, 6, 15, 3, tzinfo=UTC)
SMALL: dict[str, Any] = {"size": 400, "people": 60, "years": 2}


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        build(actor=operator(), today=TODAY, at=AT, **SMALL)
        yield
        transaction.set_rollback(True)


def test_the_ledger_is_right(demo: None) -> None:
    assert verify_ledger(operator()).right


def test_the_company_has_the_people_asked_for_in_a_tree_of_four_levels(demo: None) -> None:
    assert Person.objects.count() == SMALL["people"]
    units = all_units()
    tree = units.tree(TODAY)
    kinds = Counter(len(tree.path(unit)) for unit in tree.parents)
    assert kinds[1] == 1
    assert kinds[2] == 3
    assert kinds[3] >= 6
    assert kinds[4] >= 10
    assert {units.names[u].kind for u in tree.parents if len(tree.path(u)) == 4} == {"team"}


def test_all_three_methods_are_sold_by(demo: None) -> None:
    by_method = Counter(Opportunity.objects.values_list("method_version__method__key", flat=True))
    assert set(by_method) == {"industrial-6", "solution-7", "tender-8"}
    assert min(by_method.values()) > SMALL["size"] * 0.15


def test_every_role_has_somebody_and_the_buttons_have_people(demo: None) -> None:
    roles = set(Appointment.objects.values_list("role", flat=True))
    assert roles == {
        "salesperson", "unit_head", "sales_operations", "executive", "finance", "support",
        "auditor", "administrator",
    }  # fmt: skip
    assert [person.login for person in demo_log_ins()] == list(DEMO_LOG_INS)
    assert not any(person.has_usable_password() for person in Person.objects.all())
    head = viewer_by_login(login="demo-head", today=TODAY)
    sales = viewer_by_login(login="demo-sales", today=TODAY)
    for viewer in (head, sales):
        assert Opportunity.objects.visible_to(viewer).filter(place=Place.OPEN).count() > 0
    assert (
        Opportunity.objects.visible_to(sales).count()
        < Opportunity.objects.visible_to(head).count()
        < Opportunity.objects.count()
    )


def test_heads_sell_too(demo: None) -> None:
    heads = Appointment.objects.filter(role="unit_head", unit__kind="team")
    for head in heads:
        assert Appointment.objects.filter(person=head.person_id, role="salesperson").exists()


def test_accounts_hang_in_groups_that_treebeard_accepts(demo: None) -> None:
    problems = Account.objects.find_problems()
    assert not any(problems), problems
    depths = Counter(Account.objects.values_list("depth", flat=True))
    assert depths[2] > depths[1] * 0.5
    assert Contact.objects.count() > Account.objects.count()
    assert not Account.objects.filter(Q(manager=None) | Q(unit=None)).exists()


def test_histories_have_every_turn_that_a_deal_can_take(demo: None) -> None:
    kinds = {Kind(kind) for kind in Movement.objects.values_list("kind", flat=True).distinct()}
    assert kinds >= {
        Kind.CREATED, Kind.REASSIGNED, Kind.UNIT_MOVED, Kind.CATEGORY_CHANGED, Kind.SLIPPED,
        Kind.PULLED_IN, Kind.AMOUNT_CHANGED, Kind.OWN_RATE_SET, Kind.ADVANCED, Kind.REGRESSED,
        Kind.WON, Kind.LOST, Kind.ABANDONED, Kind.REOPENED,
    }  # fmt: skip


def test_deals_take_believable_time_and_end_believably(demo: None) -> None:
    decided = Opportunity.objects.exclude(place=Place.OPEN)
    won = decided.filter(place=Place.WON)
    assert 0.15 < won.count() / decided.count() < 0.45
    days = [(row.decided_on - row.created_on).days for row in won]
    assert 70 < median(days) < 260
    open_now = Opportunity.objects.filter(place=Place.OPEN, voided=False)
    assert 0.1 < open_now.count() / SMALL["size"] < 0.4
    assert all(row.category == Category.CLOSED for row in won)
    assert open_now.filter(next_step_on__lt=TODAY).exists()
    assert open_now.filter(next_step_on__gt=TODAY).exists()


def test_the_last_contact_is_what_the_activities_say(demo: None) -> None:
    before = {
        model: dict(model.objects.values_list("id", "last_contact_on"))
        for model in (Account, Contact)
    }
    assert any(before[Account].values())
    assert any(before[Contact].values())
    touch(accounts=before[Account], contacts=before[Contact])
    for model, days in before.items():
        assert dict(model.objects.values_list("id", "last_contact_on")) == days


def test_the_head_finds_requests_and_deals_have_people_on_both_sides(demo: None) -> None:
    write_stories(today=TODAY)
    head = viewer_by_login(login="demo-head", today=TODAY)
    assert len(waiting_requests(head, today=TODAY)) == 3
    assert Stakeholder.objects.exists()
    assert TeamMember.objects.exists()
    assert Mention.objects.filter(person__login="demo-head").exists()
    assert verify_ledger(operator()).right


def test_lost_deals_say_why_and_to_whom(demo: None) -> None:
    lost = Movement.objects.filter(kind=Kind.LOST)
    assert lost.exists()
    for movement in lost.select_related("note"):
        assert movement.note.reason
        assert movement.note.competitor


def test_foreign_deals_are_booked_in_the_base_currency(demo: None) -> None:
    foreign = Entry.objects.filter(place=Place.WON).exclude(currency="CNY")
    assert foreign.exists()
    assert not foreign.filter(base_minor=None).exists()
    assert not foreign.filter(base_minor=F("amount_minor")).exists()


def test_lines_add_up_to_the_amount(demo: None) -> None:
    with_lines = LineSet.objects.filter(is_current=True).annotate(total=Sum("lines__amount_minor"))
    assert with_lines.count() > SMALL["size"] * 0.5
    for lines in with_lines.select_related("opportunity"):
        assert lines.total == lines.opportunity.amount_minor
    assert Product.objects.count() == 20


def test_evidence_is_ticked_with_some_gaps(demo: None) -> None:
    won = Opportunity.objects.filter(
        place=Place.WON, method_version__method__key="industrial-6"
    ).order_by("id")
    ticks = [Evidence.objects.filter(opportunity=row).count() for row in won]
    # Six stages have 18 items between them.
    assert max(ticks) == 18
    assert 14 < sum(ticks) / len(ticks) < 18


def test_the_tree_was_reorganised_and_people_moved(demo: None) -> None:
    days = {place.on for place in UnitPlace.objects.all()}
    assert len(days) > 1
    assert UnitPlace.objects.filter(closed=True).exists()
    before, now = all_units().tree(min(days)), all_units().tree(TODAY)
    moved = [u for u in now.parents if before.parents[u] != now.parents[u]]
    assert moved
    assert Person.objects.filter(is_active=False).exists()
    # What is open stands where its owner sells today.
    for row in Opportunity.objects.filter(place=Place.OPEN, voided=False):
        assert Appointment.objects.filter(
            Q(until_on=None) | Q(until_on__gt=TODAY),
            person=row.owner_id,
            unit=row.unit_id,
            role="salesperson",
        ).exists()


def test_small_sales_stay_below_the_threshold_of_their_unit(demo: None) -> None:
    assert SmallSale.objects.exists()
    over = SmallSale.objects.filter(base_minor__gte=F("unit__small_sale_threshold_minor"))
    assert not over.exists()
    assert SalesUnit.objects.filter(small_sale_threshold_minor=0).exists()


def test_units_and_sellers_have_targets_for_every_month_of_the_year(demo: None) -> None:
    year = Quota.objects.filter(start_on__year=TODAY.year)
    for unit in all_units().tree(TODAY).parents:
        assert year.filter(unit=unit).count() == 12
    for login in ("demo-sales", "demo-head"):
        assert year.filter(person__login=login).count() == 12


def test_nothing_is_told_of_today_or_later(demo: None) -> None:
    assert not Movement.objects.filter(on__gte=TODAY).exists()
    assert not Movement.objects.filter(recorded_at__gte=AT).exists()


def test_moments_follow_days(demo: None) -> None:
    rows = Movement.objects.order_by("opportunity_id", "id").values_list(
        "opportunity_id", "on", "recorded_at"
    )
    for (deal, on, at), (next_deal, next_on, next_at) in pairwise(rows):
        if deal == next_deal:
            assert on <= next_on
            assert at <= next_at


def test_asking_again_makes_nothing_and_own_data_are_left_alone(demo: None) -> None:
    assert init_demo(actor=operator(), today=TODAY, at=AT).opportunities == 0
    Organisation.objects.update(is_demo=False)
    with pytest.raises(RuleBroken) as refused:
        init_demo(actor=operator(), today=TODAY, at=AT)
    assert refused.value.code == "demo.not_empty"


def test_only_the_operator_makes_it(demo: None) -> None:
    boss = viewer_by_login(login="demo-director", today=TODAY)
    with pytest.raises(NotAllowed):
        build(actor=boss, today=TODAY, at=AT)
