"""What is open in a unit that was closed since goes home with its owner (FUN-5)."""

from dataclasses import replace
from datetime import date, timedelta

from dakehu.actions.opportunities.checks import unit_of_owner
from dakehu.actions.opportunities.held import Save, post_steps, standing_of
from dakehu.core.errors import RuleBroken
from dakehu.core.ledger import Place, Standing, steps_between
from dakehu.models import Opportunity
from dakehu.queries.organisation import organisation
from dakehu.queries.units import Units, all_units


def come_home(row: Opportunity, save: Save) -> None:
    """Move what is open in a closed unit to its owner's unit of the day; the caller stores it.

    For what came back to life there, and for what was dated back into a unit closed since. Nobody
    heads a closed unit, and no tree of today counts it (decision 15). RuleBroken
    `opportunity.unit_closed` where the owner is in no unit either.
    """
    units = all_units()
    if row.voided or row.place != Place.OPEN or row.unit_id in units.tree(save.today):
        return
    day = leaving_day(units, row.unit_id, row.last_on, save.today)
    try:
        unit_id = unit_of_owner(row.owner_id, day)
    except RuleBroken as nowhere:
        raise RuleBroken("opportunity.unit_closed", on=day) from nowhere
    if unit_id not in units.tree(save.today):
        raise RuleBroken("opportunity.unit_closed", on=day)
    before = standing_of(row)
    after = Standing(replace(before.position, unit_id=unit_id), before.amount_minor)
    post_steps(row, steps_between(before, after, order_of_stage={}), replace(save, on=day))


def leaving_day(units: Units, unit_id: int, last_on: date, today: date) -> date:
    """Give the day on which what last moved in a closed unit leaves it, in open books.

    That of the closing where it was there before, else that of its last movement.
    """
    closed_on = units.closing_after(unit_id, last_on) if unit_id in units.tree(last_on) else None
    day = closed_on or last_on
    books = organisation().closed_until
    return day if books is None or day > books else min(books + timedelta(days=1), today)
