"""The demo company is made up from a seed alone, in any size."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.db import transaction

from dakehu.actions.demo import build
from dakehu.core.access import operator
from dakehu.core.demo.company import company
from dakehu.models import Account, Entry, Movement, Opportunity, Person, Quota

TODAY = date(2026, 6, 15)
AT = datetime(2026, 6, 15, 3, tzinfo=UTC)


def _fingerprint() -> list[Any]:
    """Give what stands in the tables, without ids and passwords."""
    position = ("on", "kind", "count", "amount_minor", "place", "close_month", "base_minor")
    return [
        list(Opportunity.objects.order_by("code").values_list("code", "name", "amount_minor")),
        list(
            Entry.objects.order_by("opportunity__code", "id").values_list(
                "opportunity__code", "recorded_at", *position
            )
        ),
        list(Movement.objects.order_by("opportunity__code", "id").values_list("correlation_id")),
        list(Account.objects.order_by("path").values_list("path", "name")),
        list(Person.objects.order_by("id").values_list("login", "name")),
        list(Quota.objects.order_by("id").values_list("start_on", "amount_minor")),
    ]


@pytest.mark.django_db
def test_the_same_seed_and_day_give_the_same_company() -> None:
    found = []
    for seed in (7, 7, 8):
        with transaction.atomic():
            build(
                actor=operator(), today=TODAY, at=AT + timedelta(hours=seed), size=60, people=40,
                years=1, seed=seed,
            )  # fmt: skip
            found.append(_fingerprint())
            transaction.set_rollback(True)
    assert found[0] == found[1]
    assert found[0] != found[2]


@pytest.mark.parametrize("people", [30, 60, 200, 2000])
def test_a_company_of_any_size_has_about_so_many_people(people: int) -> None:
    plan = company(people=people, start=date(2024, 1, 1), today=TODAY, rng=Random(1))
    assert len(plan.people) == people
    logins = [person.login for person in plan.people]
    assert len(set(logins)) == people
    names = [unit.name.zh for unit in plan.units.values()]
    assert len(set(names)) == len(names)


def test_too_small_a_company_is_none() -> None:
    with pytest.raises(ValueError, match="no units"):
        company(people=10, start=date(2024, 1, 1), today=TODAY, rng=Random(1))
