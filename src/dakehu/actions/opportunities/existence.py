"""Deleting is voiding: the row is hidden, the ledger keeps all, restoring brings it back."""

from datetime import date, datetime

from django.db import transaction

from dakehu.actions.opportunities.checks import check_account_stands
from dakehu.actions.opportunities.commands import Saved
from dakehu.actions.opportunities.held import (
    Save,
    check_posting_day,
    hold,
    post_steps,
    store,
)
from dakehu.actions.opportunities.history import follow_ledger
from dakehu.actions.opportunities.home import come_home
from dakehu.core.access import Viewer
from dakehu.core.errors import RuleBroken
from dakehu.core.ledger import Kind, Place, Step, Way


@transaction.atomic
def void_opportunity(
    *,
    actor: Viewer,
    opportunity_id: int,
    why: str = "",
    seen_version: int | None,
    on: date,
    today: date,
    at: datetime,
    way: Way,
) -> Saved:
    """Take an opportunity out of the funnel today, and hide it.

    A win is not deleted: that would lower the sales of today for one of another day. NotFound,
    NotAllowed `opportunity.void`, Conflict `opportunity.changed`, RuleBroken
    `opportunity.only_today`, `opportunity.void_won`.
    """
    check_is_today(on, today)
    save = Save.begin(actor=actor, on=on, today=today, at=at, way=way)
    held = hold(actor=actor, opportunity_id=opportunity_id, seen_version=seen_version)
    save = save.under(held.require(actor, "opportunity.void"))
    row = held.row
    if row.place == Place.WON:
        raise RuleBroken("opportunity.void_won")
    check_posting_day(save, last_on=row.last_on, reason=why)
    booked = None if row.place == Place.OPEN else row.base_minor
    step = Step(Kind.VOIDED, held.standing, None)
    post_steps(row, (step,), save, base_minor=booked, text=why.strip())
    row.voided = True
    row.last_on = on
    store(row, save)
    return Saved(row.pk, row.version, str(save.correlation_id))


@transaction.atomic
def restore_opportunity(
    *,
    actor: Viewer,
    opportunity_id: int,
    seen_version: int | None,
    on: date,
    today: date,
    at: datetime,
    way: Way,
) -> Saved:
    """Bring a voided opportunity back to where it stood, or home where its unit was closed.

    NotFound (also where it is not voided), NotAllowed `opportunity.restore`, Conflict,
    RuleBroken `opportunity.only_today`, `opportunity.unit_closed`, `opportunity.account_deleted`.
    """
    check_is_today(on, today)
    save = Save.begin(actor=actor, on=on, today=today, at=at, way=way)
    held = hold(
        actor=actor,
        opportunity_id=opportunity_id,
        seen_version=seen_version,
        voided=True,
    )
    save = save.under(held.require(actor, "opportunity.restore"))
    row = held.row
    if row.place == Place.OPEN:
        check_account_stands(row.account_id)
    check_posting_day(save, last_on=row.last_on)
    booked = None if row.place == Place.OPEN else row.base_minor
    post_steps(row, (Step(Kind.RESTORED, None, held.standing),), save, base_minor=booked)
    # What was taken back with its creation begins anew here; what was voided keeps its dates.
    follow_ledger(row)
    come_home(row, save)
    store(row, save)
    return Saved(row.pk, row.version, str(save.correlation_id))


def check_is_today(on: date, today: date) -> None:
    """Deleting and restoring happen today, not on a day of one's choice (FUN-5)."""
    if on != today:
        raise RuleBroken("opportunity.only_today", on=on, today=today)
