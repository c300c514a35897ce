"""What an import dates back into a unit closed since goes on with its owner (decision 15)."""

from datetime import date, timedelta
from typing import Any

import pytest

from dakehu.actions.units import close_unit
from dakehu.core.ledger import Kind, Place
from dakehu.models import Appointment, Movement, Opportunity
from dakehu.queries.ledger_check import verify_ledger
from tests.actions.test_imports import bring, file, pipeline, refusals
from tests.cast import AT, OPERATOR, TODAY, Cast, make_cast

pytestmark = pytest.mark.django_db
CLOSED = TODAY - timedelta(days=30)
HEAD = "商机名称,负责人,销售方法,销售阶段,金额,创建日期\n"


@pytest.fixture
def cast() -> Cast:
    """Give the cast with team-1 closed a month ago; amy works in team-2 since, ann nowhere."""
    made = make_cast()
    bring(OPERATOR, *pipeline())  # brings the method
    team = made.units["team-1"]
    Appointment.objects.filter(unit_id=team).update(until_on=CLOSED)
    Appointment.objects.create(
        person_id=made.people["amy"], unit_id=made.units["team-2"], role="salesperson",
        from_on=CLOSED, recorded_at=AT,
    )  # fmt: skip
    close_unit(actor=made.viewer("admin"), unit_id=team, on=CLOSED, at=AT)
    return made


def brought(owner: str, start: date) -> Any:
    row = f"深井,{owner},crm-sales-opportunities,接洽,100,{start.isoformat()}\n"
    return bring(OPERATOR, file("o.csv", HEAD + row))


def test_an_open_one_begins_where_its_owner_sold_and_leaves_with_the_closing(cast: Cast) -> None:
    start = CLOSED - timedelta(days=20)
    assert not refusals(brought("amy", start))
    row = Opportunity.objects.get(name="深井")
    assert (row.place, row.unit_id, row.last_on) == (Place.OPEN, cast.units["team-2"], CLOSED)
    moved = Movement.objects.filter(opportunity=row).order_by("id")
    assert [(m.on, m.kind) for m in moved] == [(start, Kind.CREATED), (CLOSED, Kind.UNIT_MOVED)]
    assert verify_ledger(OPERATOR).right


def test_whose_owner_is_nowhere_after_the_closing_is_refused(cast: Cast) -> None:
    report = brought("ann", CLOSED - timedelta(days=20))
    assert refusals(report) == [(2, "import.unit_closed")]
    assert not Opportunity.objects.filter(name="深井").exists()
