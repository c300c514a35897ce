"""What comes back to life in a unit that was closed meanwhile goes home with its owner (FUN-5)."""

from dataclasses import replace

from dakehu.actions.opportunities.checks import unit_of_owner
from dakehu.actions.opportunities.held import Save, post_steps, standing_of
from dakehu.core.errors import RuleBroken
from dakehu.core.ledger import Place, Standing, steps_between
from dakehu.models import Opportunity
from dakehu.queries.units import all_units


def come_home(row: Opportunity, save: Save) -> None:
    """Move what is open in a closed unit to its owner's unit of the day; the caller stores it.

    Nobody heads a closed unit, and no tree of today counts it (decision 15). RuleBroken
    `opportunity.unit_closed` where the owner is in no unit either.
    """
    units = all_units()
    if row.voided or row.place != Place.OPEN or row.unit_id in units.tree(save.today):
        return
    # Reopened for a day on which the unit still stood, it leaves on the day that is today.
    day = save.today if row.unit_id in units.tree(save.on) else save.on
    try:
        unit_id = unit_of_owner(row.owner_id, day)
    except RuleBroken as nowhere:
        raise RuleBroken("opportunity.unit_closed", on=day) from nowhere
    before = standing_of(row)
    after = Standing(replace(before.position, unit_id=unit_id), before.amount_minor)
    post_steps(row, steps_between(before, after, order_of_stage={}), replace(save, on=day))
