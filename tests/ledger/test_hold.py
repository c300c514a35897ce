"""Which lock a save takes, and that what is carried follows it (FUN-5)."""

from datetime import date
from decimal import Decimal

import pytest

from dakehu.actions.ledger import carry_forward, hold_for_posting
from dakehu.actions.opportunities import advance_opportunity
from dakehu.core.access import operator
from dakehu.queries.ledger_check import verify_ledger
from tests.world import TODAY, World


@pytest.mark.parametrize(
    ("on", "carried_to", "late"),
    [
        (TODAY, None, False),
        (TODAY, TODAY, False),
        (date(2026, 5, 31), TODAY, True),
        # Carried further than the calendar says: what is carried decides.
        (TODAY, date(2026, 8, 1), True),
    ],
)
def test_a_posting_is_late_where_a_month_after_it_is_carried(
    world: World, on: date, carried_to: date | None, late: bool
) -> None:
    world.create("wen", on=date(2026, 4, 3), amount=Decimal(1000))
    if carried_to is not None:
        carry_forward(upto=carried_to, at=world.at)
    assert hold_for_posting(on, today=TODAY).late is late


def test_what_is_carried_ahead_follows_a_new_deal_and_its_move(world: World) -> None:
    world.create("wen", on=date(2026, 4, 3), amount=Decimal(1000))
    carry_forward(upto=date(2026, 9, 1), at=world.at)
    made = world.create("wen", on=TODAY, amount=Decimal(70))
    advance_opportunity(
        actor=world.viewer("wen"), opportunity_id=made.opportunity_id, seen_version=None,
        **world.how(TODAY),
    )  # fmt: skip
    assert verify_ledger(operator()).right
