"""What happened between two days, in the field's words."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from dakehu.actions.opportunities import EditOpportunity, edit_opportunity, undo_opportunity
from dakehu.core.periods import containing
from dakehu.queries.funnel import FunnelQuestion
from dakehu.queries.waterfall import waterfall_between
from tests.world import TODAY, World

QUARTER = containing(TODAY, "quarter")


def bars_of_may(world: World) -> dict[str, tuple[int, object]]:
    between = waterfall_between(
        world.viewer("director"), question=FunnelQuestion(on=TODAY, period=QUARTER),
        start=date(2026, 5, 1), end=date(2026, 6, 1), today=TODAY,
    )  # fmt: skip
    assert not between.result.unexplained
    return {
        bar.kind: (bar.count, bar.amount.value)
        for bar in between.result.bars
        if bar.kind not in ("win_rates", "exchange_rates")
    }


@pytest.mark.parametrize(
    "edit",
    [
        EditOpportunity(amount=Decimal(5000)),
        EditOpportunity(amount=Decimal(10)),
        EditOpportunity(currency="EUR", amount=Decimal(77)),
    ],
    ids=["grown", "shrunk", "in another currency"],
)
def test_what_was_taken_back_is_in_no_bar(world: World, edit: EditOpportunity) -> None:
    made = world.create("wen", on=date(2026, 4, 5))
    wen, pk = world.viewer("wen"), made.opportunity_id
    saved = edit_opportunity(
        actor=wen, opportunity_id=pk, edit=edit, seen_version=None, **world.how(date(2026, 5, 5))
    )
    assert bars_of_may(world)
    undo_opportunity(
        actor=wen, opportunity_id=pk, correlation_id=UUID(saved.correlation_id),
        seen_version=None, today=TODAY, at=world.at,
    )  # fmt: skip
    assert bars_of_may(world) == {}
