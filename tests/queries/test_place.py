"""The place of an opportunity stands in the text of a statement, and finds what it found."""

from typing import Any

import pytest
from django.db.models import F, Q, Value

from dakehu.core.ledger import Place
from dakehu.models import Opportunity
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def places(world: World) -> dict[int, int]:
    """Give opportunities of all places: id to place."""
    made = [world.create("wen", name=f"Deal {n}").opportunity_id for n in range(6)]
    for pk, place in zip(made, (1, 1, 2, 3, 4, 4), strict=True):
        Opportunity.objects.filter(pk=pk).update(place=place)
    return dict(Opportunity.objects.values_list("pk", "place"))


@pytest.mark.parametrize(
    ("condition", "held"),
    [
        (Q(place=1), {1}),
        (Q(place=Place.WON), {2}),
        (Q(place="3"), {3}),
        (~Q(place=1), {2, 3, 4}),
        (Q(place__in=[2, Place.ABANDONED]), {2, 4}),
        (~Q(place__in=(1, 2)), {3, 4}),
        (Q(place__in=[]), set()),
        (Q(place__gt=2), {3, 4}),
        (Q(place=F("place")), {1, 2, 3, 4}),
        (Q(place=Value(4)), {4}),
        (Q(place__in=Opportunity.objects.filter(place=2).values("place")), {2}),
        (Q(place=10**12), set()),
        (Q(place=-(10**30)), set()),
    ],
    ids=lambda case: repr(case)[:60] if isinstance(case, set) else None,
)
def test_a_condition_on_the_place_finds_what_it_says(
    places: dict[int, int], condition: Q, held: set[int]
) -> None:
    found = set(Opportunity.objects.filter(condition).values_list("pk", flat=True))
    assert found == {pk for pk, place in places.items() if place in held}


@pytest.mark.parametrize("condition", [Q(place=1), Q(place__in=[1, 4]), ~Q(place=Place.WON)])
def test_it_is_no_parameter(condition: Q) -> None:
    sql, params = Opportunity.objects.filter(condition).query.sql_with_params()
    assert "%s" not in sql
    assert params == ()


@pytest.mark.parametrize("wrong", ["1 OR 1 = 1", "", "x", "1)", [1]])
def test_what_is_no_place_is_refused(wrong: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        list(Opportunity.objects.filter(place=wrong))
    with pytest.raises((TypeError, ValueError)):
        list(Opportunity.objects.filter(place__in=[1, wrong]))
