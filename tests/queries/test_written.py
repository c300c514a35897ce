"""What is written once gives what the ORM gives each time."""

from typing import Any

import pytest
from django.db import connections
from django.db.models import QuerySet

from dakehu.models import Opportunity
from dakehu.queries import written
from dakehu.queries.snapshot import reading
from dakehu.queries.written import written_once
from tests.world import World

pytestmark = pytest.mark.django_db


def named(opportunity_id: int, among: tuple[str, ...]) -> QuerySet[Opportunity, Any]:
    return Opportunity.objects.filter(code__in=among, pk=opportunity_id).values(
        "code", "name", "updated_at", "close_on", "account__name", "owner__joined_at", "voided"
    )


def listed(opportunity_id: int) -> QuerySet[Opportunity, Any]:
    return Opportunity.objects.filter(pk=opportunity_id).values_list("id", "updated_at", "code")


def test_rows_are_those_of_the_orm_for_every_record(world: World) -> None:
    by_name, as_lists = written_once(named), written_once(listed)
    made = [world.create("wen", name=name).opportunity_id for name in ("First", "Second")]
    codes = tuple(Opportunity.objects.order_by("id").values_list("code", flat=True))
    for _ in range(2):
        for one in made:
            assert as_lists(one) == list(listed(one))
            for among in (codes, codes[:1]):
                assert by_name(one, among) == list(named(one, among))
    assert as_lists(max(made) + 1) == []


def test_it_is_asked_where_the_request_reads(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    as_lists = written_once(listed)
    made = world.create("wen").opportunity_id
    chosen: list[str] = []

    class Chosen:
        def __getitem__(self, alias: str) -> Any:
            chosen.append(alias)
            return connections[alias]

    monkeypatch.setattr(written, "connections", Chosen())
    for _ in range(2):
        as_lists(made)
        with reading():
            as_lists(made)
    assert chosen == ["default", "reader"] * 2


def test_a_question_that_nothing_can_fit_gives_nothing(world: World) -> None:
    by_name = written_once(named)
    made = world.create("wen").opportunity_id
    assert by_name(made, ()) == by_name(made, ()) == []


def test_what_it_is_ordered_by_is_not_handed_out(world: World) -> None:
    def distinct(opportunity_id: int) -> QuerySet[Opportunity, Any]:
        rows = Opportunity.objects.filter(pk=opportunity_id)
        return rows.order_by("account__name").values_list("code", "name").distinct()

    made = world.create("wen").opportunity_id
    assert written_once(distinct)(made) == list(distinct(made))


def test_it_is_written_once(world: World) -> None:
    built = []

    def counted(opportunity_id: int) -> QuerySet[Opportunity, Any]:
        built.append(opportunity_id)
        return listed(opportunity_id)

    as_lists = written_once(counted)
    for name in ("First", "Second", "Third"):
        made = world.create("wen", name=name).opportunity_id
        assert [row[0] for row in as_lists(made)] == [made]
        assert made not in built
    assert len(built) == 2


@pytest.mark.parametrize(
    "asked",
    [
        lambda _pk: Opportunity.objects.filter(code="A").values_list("id"),
        lambda pk: Opportunity.objects.filter(pk=pk),
        lambda pk: Opportunity.objects.filter(pk=pk, version=pk + 1).values_list("id"),
        lambda pk: Opportunity.objects.filter(pk=pk, code=f"O-{pk}").values_list("id"),
    ],
    ids=["not of a record", "whole rows", "of the number after it", "of a text made of it"],
)
def test_what_can_t_be_written_once_is_refused(asked: Any) -> None:
    with pytest.raises(TypeError):
        written_once(asked)(1)
