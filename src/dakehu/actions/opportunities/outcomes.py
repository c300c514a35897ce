"""How opportunities end and begin again: won, lost, abandoned, reopened (FUN-2, FUN-3)."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db import transaction

from dakehu.actions.opportunities.checks import check_account_stands, check_close_day
from dakehu.actions.opportunities.commands import KEEP, Keep, Saved
from dakehu.actions.opportunities.followed import tell_moved
from dakehu.actions.opportunities.gate import Passed, pass_gate
from dakehu.actions.opportunities.held import (
    Held,
    Save,
    base_amount,
    booked_base,
    check_posting_day,
    hold,
    note_changes,
    post_steps,
    require_open,
    store,
)
from dakehu.actions.opportunities.home import come_home
from dakehu.actions.opportunities.stages import (
    require_mover,
    require_why,
    stage_held,
)
from dakehu.core.access import Right, Viewer
from dakehu.core.errors import RuleBroken
from dakehu.core.ledger import (
    OUTCOMES,
    Kind,
    Place,
    Standing,
    Step,
    Way,
    decided,
    month_of,
    steps_between,
)
from dakehu.core.methods import WON
from dakehu.core.opportunities import (
    ABANDON_REASONS,
    LOSS_REASONS,
    WIN_REASONS,
    check_reason,
)
from dakehu.models import Opportunity
from dakehu.queries.stages import version_in_force


@dataclass(frozen=True, slots=True)
class Outcome:
    """Why it ended so: a reason of the list, against or for which competitor, and in words."""

    reason: str
    competitor: str = ""
    text: str = ""


@transaction.atomic
def win_opportunity(
    *,
    actor: Viewer,
    opportunity_id: int,
    outcome: Outcome,
    seen_version: int | None,
    on: date,
    today: date,
    at: datetime,
    way: Way,
    overrule: str = "",
    approving: bool = False,
) -> Saved:
    """Win: needs the evidence of every stage passed and skipped; books the base amount of the day.

    NotFound, NotAllowed `opportunity.win`, Conflict `opportunity.changed`, RuleBroken
    `gate.evidence_missing`, `gate.validation_needed`, `opportunity.not_open`,
    `money.no_exchange_rate`.
    """
    save = Save.begin(actor=actor, on=on, today=today, at=at, way=way)
    held = hold(actor=actor, opportunity_id=opportunity_id, seen_version=seen_version)
    right = require_mover(
        held, actor, "opportunity.win", today, overrule=overrule, approving=approving
    )
    save = save.under(right)
    row = held.row
    require_open(row)
    check_reason(outcome.reason, WIN_REASONS)
    check_posting_day(save, last_on=row.last_on, reason=outcome.text or overrule)
    # Before the gate: whoever validates the move meets no surprises.
    base = _booked(row, outcome, save)
    version = version_in_force(row.method_version_id)
    passed = pass_gate(
        actor=actor,
        version=version,
        opportunity_id=row.pk,
        owner_id=row.owner_id,
        unit_id=row.unit_id,
        leaving=stage_held(version, row.stage_id).key,
        to=WON,
        today=today,
        overrule=overrule,
    )
    if passed.overruled_by is not None:
        save = save.under(passed.overruled_by)
        outcome = replace(outcome, text="\n".join(filter(None, (outcome.text, overrule))))
    _decide(held, Place.WON, outcome, save, base, passed)
    return Saved(row.pk, row.version, str(save.correlation_id), passed.warnings(actor.language))


@transaction.atomic
def lose_opportunity(
    *,
    actor: Viewer,
    opportunity_id: int,
    outcome: Outcome,
    seen_version: int | None,
    on: date,
    today: date,
    at: datetime,
    way: Way,
) -> Saved:
    """Lose, with the reason and to which competitor (blank where nobody knows); no gate.

    NotFound, NotAllowed `opportunity.lose`, Conflict, RuleBroken `opportunity.reason_missing`.
    """
    save = Save.begin(actor=actor, on=on, today=today, at=at, way=way)
    held, right = _held_open(actor, opportunity_id, seen_version, "opportunity.lose")
    save = save.under(right)
    check_reason(outcome.reason, LOSS_REASONS)
    check_posting_day(save, last_on=held.row.last_on, reason=outcome.text)
    _decide(held, Place.LOST, outcome, save, _booked(held.row, outcome, save))
    return Saved(held.row.pk, held.row.version, str(save.correlation_id))


@transaction.atomic
def abandon_opportunity(
    *,
    actor: Viewer,
    opportunity_id: int,
    outcome: Outcome,
    seen_version: int | None,
    on: date,
    today: date,
    at: datetime,
    way: Way,
) -> Saved:
    """Give up, with the reason; no gate.

    NotFound, NotAllowed `opportunity.abandon`, Conflict, RuleBroken `opportunity.reason_missing`.
    """
    save = Save.begin(actor=actor, on=on, today=today, at=at, way=way)
    held, right = _held_open(actor, opportunity_id, seen_version, "opportunity.abandon")
    save = save.under(right)
    check_reason(outcome.reason, ABANDON_REASONS)
    check_posting_day(save, last_on=held.row.last_on, reason=outcome.text)
    _decide(held, Place.ABANDONED, outcome, save, _booked(held.row, outcome, save))
    return Saved(held.row.pk, held.row.version, str(save.correlation_id))


@transaction.atomic
def reopen_opportunity(
    *,
    actor: Viewer,
    opportunity_id: int,
    why: str,
    close_on: date | None | Keep = KEEP,
    seen_version: int | None,
    on: date,
    today: date,
    at: datetime,
    way: Way,
) -> Saved:
    """Open a lost or abandoned one again, at the stage where it ended; asks why.

    Where its unit was closed meanwhile it moves to the owner's. A win is not reopened but undone
    or corrected. NotFound, NotAllowed `opportunity.reopen`, Conflict, RuleBroken
    `opportunity.already_open`, `opportunity.won_not_reopened`, `opportunity.why_missing`,
    `opportunity.account_deleted`, `opportunity.unit_closed`.
    """
    save = Save.begin(actor=actor, on=on, today=today, at=at, way=way)
    held = hold(actor=actor, opportunity_id=opportunity_id, seen_version=seen_version)
    save = save.under(held.require(actor, "opportunity.reopen"))
    row = held.row
    if row.place == Place.OPEN:
        raise RuleBroken("opportunity.already_open")
    if row.place == Place.WON:
        raise RuleBroken("opportunity.won_not_reopened")
    require_why(why)
    check_account_stands(row.account_id)
    check_posting_day(save, last_on=row.last_on, reason=why)
    before = held.standing
    booked = row.base_minor
    old_close = row.close_on
    if not isinstance(close_on, Keep):
        check_close_day("close_on", close_on)
        row.close_on = close_on
    after = Standing(
        replace(before.position, place=Place.OPEN, close_month=month_of(row.close_on)),
        before.amount_minor,
    )
    steps = steps_between(before, after, order_of_stage={})
    post_steps(row, steps, save, base_minor=booked, text=why.strip())
    row.base_minor = base_amount(row.amount_minor, row.currency_id, on)
    note_changes(row.pk, {"close_on": (old_close, row.close_on)}, save)
    come_home(row, save)
    store(row, save)
    tell_moved(row, save, "reopened")
    return Saved(row.pk, row.version, str(save.correlation_id))


def _held_open(
    actor: Viewer, opportunity_id: int, seen_version: int | None, permission: str
) -> tuple[Held, Right]:
    held = hold(actor=actor, opportunity_id=opportunity_id, seen_version=seen_version)
    right = held.require(actor, permission)
    require_open(held.row)
    return held, right


def _booked(row: Opportunity, outcome: Outcome, save: Save) -> int:
    """Give what the outcome books. RuleBroken `opportunity.text_too_long`, `money.…`."""
    if len(outcome.competitor.strip()) > 120:
        raise RuleBroken("opportunity.text_too_long", field="competitor", limit=120)
    return booked_base(row.amount_minor, row.currency_id, save.on)


def _decide(
    held: Held,
    place: Place,
    outcome: Outcome,
    save: Save,
    base: int,
    passed: Passed | None = None,
) -> None:
    row = held.row
    before = held.standing
    after = Standing(decided(before.position, place), before.amount_minor)
    kind: Kind = OUTCOMES[place]
    post_steps(
        row,
        (Step(kind, before, after),),
        save,
        base_minor=base,
        reason=outcome.reason,
        competitor=outcome.competitor.strip(),
        text=outcome.text.strip(),
    )
    row.base_minor = base
    if passed is not None and passed.overruled:
        note_changes(row.pk, {"gate_overruled": (None, passed.overruled_keys)}, save)
    store(row, save)
    tell_moved(row, save, place.name.lower())
