"""Who works in several units says in which a sale counts; who works in one is not asked."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from dakehu.core.errors import RuleBroken
from dakehu.models import Appointment, Opportunity, SalesUnit, SmallSale
from tests.world import World

pytestmark = pytest.mark.django_db
CREATE, RECORD = "/opportunities/create/", "/small-sales/record/"


@pytest.fixture
def two(world: World) -> World:
    """Let wen sell in the west team too, and head the whole east."""
    for role, unit in (("salesperson", "west_team"), ("unit_head", "east")):
        Appointment.objects.create(
            person_id=world.people["wen"], unit_id=world.units[unit], role=role,
            from_on=world.today.replace(day=1), recorded_at=world.at,
        )  # fmt: skip
    SalesUnit.objects.update(small_sale_threshold_minor=10_000_000)
    return world


def deal(**more: Any) -> dict[str, Any]:
    return {
        "name": "Chosen", "currency": "CNY", "category": "1", "amount": "10",
        "stage": f"{more.pop('version')}:interest", **more,
    }  # fmt: skip


def offered(reader: Client, url: str) -> list[str]:
    text = reader.get(url).content.decode()
    box = re.search(r'<select name="unit".*?</select>', text, re.DOTALL)
    return re.findall(r'<option value="(\d*)"', box[0]) if box else []


def test_who_works_in_one_unit_is_not_asked(world: World) -> None:
    for url in (CREATE, RECORD):
        assert offered(world.client("wen"), url) == []


def test_who_works_in_several_chooses_and_the_unit_of_sales_stands_first(two: World) -> None:
    held = [str(two.units[unit]) for unit in ("east_team", "west_team", "east")]
    for url in (CREATE, RECORD):
        assert offered(two.client("wen"), url) == held


@pytest.mark.parametrize("unit", ["east_team", "west_team", "east"])
def test_it_counts_where_it_was_chosen(two: World, unit: str) -> None:
    wen, chosen = two.client("wen"), two.units[unit]
    answer = wen.post(CREATE, deal(version=two.methods["industrial-6"], unit=chosen))
    assert answer.status_code == 303, answer.content.decode()
    assert Opportunity.objects.get(name="Chosen").unit_id == chosen
    sale = {"owner": two.people["wen"], "amount": "10", "currency": "CNY", "orders": "1",
            "on": two.today.isoformat(), "unit": chosen}  # fmt: skip
    assert wen.post(RECORD, sale).status_code == 303
    assert SmallSale.objects.get().unit_id == chosen


def test_a_unit_that_is_not_the_owner_s_is_refused(two: World) -> None:
    wen = two.client("wen")
    form = deal(version=two.methods["industrial-6"], unit=two.units["company"])
    assert wen.post(CREATE, form).status_code == 422
    # Theirs now, but not yet on the day it is dated back to.
    day = (two.today.replace(day=1).replace(month=two.today.month - 1)).isoformat()
    answer = wen.post(CREATE, form | {"unit": two.units["west_team"], "on": day})
    assert answer.status_code == 422
    assert "neither sold in this unit nor headed it" in answer.content.decode()
    assert not Opportunity.objects.exists()


def test_finance_leaves_it_open_or_names_it_and_nobody_else_s_unit_is_taken(two: World) -> None:
    fin = two.client("fin")
    assert offered(fin, RECORD)[0] == ""
    sale = {"owner": two.people["wen"], "amount": "10", "currency": "CNY", "orders": "1",
            "on": two.today.isoformat()}  # fmt: skip
    assert fin.post(RECORD, sale | {"unit": ""}).status_code == 303
    assert fin.post(RECORD, sale | {"unit": two.units["west_team"]}).status_code == 303
    found = SmallSale.objects.order_by("id").values_list("unit_id", flat=True)
    assert list(found) == [two.units["east_team"], two.units["west_team"]]
    other = fin.post(RECORD, sale | {"owner": two.people["bo"], "unit": two.units["west_team"]})
    assert other.status_code == 422
    assert SmallSale.objects.count() == 2


def test_the_action_itself_asks_whose_unit_it_is(two: World) -> None:
    with pytest.raises(RuleBroken, match=r"opportunity\.unit_not_of_owner"):
        two.create("wen", unit_id=two.units["machines"], amount=Decimal(5))
