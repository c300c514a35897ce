"""Taking back the last save, and correcting a movement: the row follows the ledger (FUN-5)."""

from calendar import monthrange
from copy import copy
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from dakehu.actions.ledger import (
    Correction,
    correct_movement,
    reverse_correlation,
    standing_chain,
)
from dakehu.actions.ledger.reverse import Lived
from dakehu.actions.opportunities.checks import check_account_stands
from dakehu.actions.opportunities.commands import Saved
from dakehu.actions.opportunities.gate import Passed, pass_gate_between
from dakehu.actions.opportunities.held import (
    Held,
    Save,
    base_amount,
    booked_base,
    check_posting_day,
    hold,
    note_changes,
    overtake,
    store,
)
from dakehu.actions.opportunities.home import come_home
from dakehu.actions.opportunities.stages import stage_held
from dakehu.actions.opportunities.taking_back import take_back, take_back_kept
from dakehu.actions.search import index_opportunity
from dakehu.actions.together import gathering
from dakehu.core.access import Right, Viewer, best_right
from dakehu.core.errors import NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import NO_MONTH, OUTCOMES, Kind, Place, Way, month_of
from dakehu.core.validations import NOT_UNDONE
from dakehu.models import (
    Change,
    LineSet,
    Movement,
    Opportunity,
)
from dakehu.queries.stages import version_in_force
from dakehu.queries.superiors import superior_right

#: The kinds of movement that give an opportunity to somebody else.
_HANDED_OVER = (Kind.REASSIGNED, Kind.UNIT_MOVED)


@transaction.atomic
def undo_opportunity(
    *,
    actor: Viewer,
    opportunity_id: int,
    correlation_id: UUID,
    seen_version: int | None,
    today: date,
    at: datetime,
    way: Way = Way.UNDO,
    reason: str = "",
) -> Saved:
    """Take back all that one save did, at its own days: the past looks as if it had never been.

    Who saved it may, for whom a deputy saved it, the owner's superior, and who holds
    `ledger.correct`. What leads forward again meets the gate (FUN-3). NotFound
    `ledger.nothing_to_undo`, NotAllowed `opportunity.undo`, Conflict `ledger.changed_since`,
    RuleBroken `gate.evidence_missing`, `opportunity.unit_closed`, `opportunity.account_deleted`,
    `opportunity.not_open` where it would change the evidence of what stays decided.
    """
    save = Save.begin(actor=actor, on=today, today=today, at=at, way=way)
    held = _held_any(actor, opportunity_id, seen_version)
    row = held.row
    moved, changes = _written_by(row.pk, correlation_id)
    changes = [change for change in changes if change.field not in NOT_UNDONE]
    if not moved and not changes:
        raise NotFound("ledger.nothing_to_undo")
    first = moved[0] if moved else changes[0]
    own_save = actor.person_id in (first.actor_id, first.for_person_id)
    handed_over = bool(moved) and all(row.kind in _HANDED_OVER for row in moved)
    save = save.under(_require_undo(held, save, own_save=own_save, handed_over=handed_over))
    ways = {row.way for row in moved} | {change.way for change in changes}
    if Way.UNDO in ways or any(m.reverses_id is not None for m in moved):
        raise NotFound("ledger.nothing_to_undo")
    _check_books(save, [m.on for m in moved], reason)
    was = copy(row)
    if moved:
        reverse_correlation(
            opportunity_id=row.pk, correlation_id=correlation_id, posting=save.posting
        )
    take_back(row, changes, save)
    if moved:
        follow_ledger(row)
    take_back_kept(
        row, changes, save,
        on=_day_of(row, correlation_id, moved, changes) or today, currency=was.currency_id,
    )  # fmt: skip
    if _stands_elsewhere(was, row):
        overtake(row.pk, save)
    _require_account_again(was, row)
    passed = _pass_gate_again(row, was.stage_id, save)
    come_home(row, save)
    store(row, save)
    if any(change.field == "name" for change in changes):
        index_opportunity(row)
    return Saved(row.pk, row.version, str(save.correlation_id), passed.warnings(actor.language))


@transaction.atomic
def correct_opportunity(
    *,
    actor: Viewer,
    opportunity_id: int,
    correction: Correction,
    why: str,
    seen_version: int | None,
    today: date,
    at: datetime,
    way: Way,
) -> Saved:
    """Correct a movement's day or amount, or drop it; later ones are mirrored and posted anew.

    NotFound, NotAllowed `ledger.correct` (held, or the owner's superior), Conflict, RuleBroken
    `opportunity.why_missing`, `ledger.future`, `ledger.books_closed`, `ledger.chain_order`,
    `ledger.stands_on_it`, `money.no_exchange_rate`.
    """
    save = Save.begin(actor=actor, on=today, today=today, at=at, way=way)
    held = _held_any(actor, opportunity_id, seen_version)
    row = held.row
    superior = superior_right(actor, owner_id=row.owner_id, unit_id=row.unit_id, today=today)
    right = best_right(held.right(actor, "ledger.correct"), superior)
    if right is None:
        raise NotAllowed("ledger.correct")
    save = save.under(right)
    if not why.strip():
        raise RuleBroken("opportunity.why_missing", field="why")
    wrong = Movement.objects.filter(pk=correction.movement_id, opportunity_id=row.pk).first()
    if wrong is None:
        raise NotFound("ledger.no_movement", movement_id=correction.movement_id)
    if correction.drop and wrong.kind == Kind.METHOD_MOVED:
        raise RuleBroken("ledger.method_not_dropped")
    if correction.amount_minor is not None and correction.amount_minor < 0:
        raise RuleBroken("money.negative", text=str(correction.amount_minor))
    if correction.drop or correction.amount_minor is not None:
        _check_currency(row.pk, correction.movement_id)
    days = [wrong.on] + ([correction.on] if correction.on else [])
    _check_books(save, days, why)
    was = copy(row)
    correct_movement(
        opportunity_id=row.pk,
        correction=correction,
        posting=save.posting,
        book=lambda standing, on, kept: booked_base(
            standing.amount_minor, standing.position.currency, on, kept
        ),
    )
    follow_ledger(row)
    if _stands_elsewhere(was, row):
        overtake(row.pk, save)
    _require_account_again(was, row)
    # A superior's reason to correct is their reason to overrule.
    passed = _pass_gate_again(row, was.stage_id, save, overrule=why if superior else "")
    if passed.overruled_by is not None:
        save = save.under(passed.overruled_by)
    note_changes(row.pk, {"corrected": (correction.movement_id, why.strip())}, save)
    if passed.overruled:
        note_changes(row.pk, {"gate_overruled": (None, passed.overruled_keys)}, save)
    come_home(row, save)
    store(row, save)
    return Saved(row.pk, row.version, str(save.correlation_id), passed.warnings(actor.language))


def _stands_elsewhere(was: Opportunity, row: Opportunity) -> bool:
    """Test if it has come to another stage, method or outcome: only that closes a request."""
    return any(
        getattr(was, name) != getattr(row, name)
        for name in ("stage_id", "method_version_id", "place", "voided")
    )


def _require_account_again(was: Opportunity, row: Opportunity) -> None:
    """Require a standing account of what came to another one, or back to life on it."""
    lived = not was.voided and was.place == Place.OPEN
    lives = not row.voided and row.place == Place.OPEN
    if row.account_id != was.account_id or (lives and not lived):
        check_account_stands(row.account_id)


def _pass_gate_again(row: Opportunity, left: int, save: Save, *, overrule: str = "") -> Passed:
    """Judge where a row has come back to: taking a step back away is a step forward (FUN-3)."""
    if row.voided or row.place != Place.OPEN or row.stage_id == left:
        return Passed()
    version = version_in_force(row.method_version_id)
    return pass_gate_between(
        actor=save.actor,
        row=row,
        from_stage_id=left,
        version=version,
        to=stage_held(version, row.stage_id),
        on=save.today,
        today=save.today,
        overrule=overrule,
    )


def _written_by(opportunity_id: int, correlation_id: UUID) -> tuple[list[Movement], list[Change]]:
    """Give what a save wrote of an opportunity: movements and field history, in order."""
    gathered = gathering()
    if gathered is not None:
        return gathered.saves.get(opportunity_id, ([], []))
    moved = Movement.objects.filter(opportunity_id=opportunity_id, correlation_id=correlation_id)
    changes = Change.objects.filter(
        object_type="opportunity", object_id=opportunity_id, correlation_id=correlation_id
    )
    return list(moved.order_by("id")), list(changes.order_by("id"))


def _day_of(
    row: Opportunity, correlation_id: UUID, moved: list[Movement], changes: list[Change]
) -> date | None:
    """Give the business day of a save, where it touched what is dated: movements or lines."""
    if moved:
        return moved[0].on
    if all(change.field != "lines" for change in changes):
        return None
    lines = LineSet.objects.filter(opportunity_id=row.pk, correlation_id=correlation_id)
    return lines.values_list("on", flat=True).first()


def _check_currency(opportunity_id: int, movement_id: int) -> None:
    """Refuse another amount before a change of currency: it went through nothing, and would not.

    RuleBroken `ledger.currency_changed_since`.
    """
    reached = False
    for step in standing_chain(opportunity_id):
        reached = reached or step.id == movement_id
        before, after = step.before, step.after
        if before is None or after is None or not reached:
            continue
        if before.position.currency != after.position.currency:
            raise RuleBroken("ledger.currency_changed_since", on=step.on)


def _held_any(actor: Viewer, opportunity_id: int, seen_version: int | None) -> Held:
    # What was voided can be brought back by undo too.
    gathered = gathering()
    if gathered is not None:
        known = gathered.rows.get(opportunity_id)
        voided = None if known is None else known.voided
    else:
        rows = Opportunity.objects.filter(pk=opportunity_id)
        voided = rows.values_list("voided", flat=True).first()
    return hold(
        actor=actor,
        opportunity_id=opportunity_id,
        seen_version=seen_version,
        voided=bool(voided),
    )


def _require_undo(held: Held, save: Save, *, own_save: bool, handed_over: bool) -> Right:
    """Give the right to take a save back.

    Who handed over by rank takes it back by rank, though a nearer head may stand above the new
    owner: else nobody who gives deals to another team could take it back (decision 20).
    """
    row, actor = held.row, save.actor
    right = best_right(
        held.right(actor, "opportunity.edit") if own_save else None,
        held.right(actor, "opportunity.reassign") if own_save and handed_over else None,
        held.right(actor, "ledger.correct"),
        superior_right(actor, owner_id=row.owner_id, unit_id=row.unit_id, today=save.today),
    )
    if right is None:
        raise NotAllowed("opportunity.undo")
    return right


def _check_books(save: Save, days: list[date], reason: str) -> None:
    for day in days:
        dated = replace(save, on=day)
        check_posting_day(dated, last_on=None, reason=reason)


def follow_ledger(row: Opportunity) -> None:
    """Make the row what its chain of movements ends at; the caller stores it."""
    chain = standing_chain(row.pk)
    if chain:
        row.created_on, row.last_on = chain[0].on, chain[-1].on
        amounts = (step.after.amount_minor for step in chain if step.after is not None)
        row.most_minor = max(row.most_minor, *amounts, 0)
    if not chain or chain[-1].after is None:
        row.voided = True
        return
    last = chain[-1]
    assert last.after is not None
    position = last.after.position
    row.voided = False
    row.place = position.place
    row.owner_id = position.owner_id
    row.unit_id = position.unit_id
    row.stage_id = position.stage_id
    row.category = position.category
    row.own_rate_bp = position.own_rate_bp
    row.currency_id = position.currency
    row.amount_minor = last.after.amount_minor
    _dates_from(row, chain)
    _follow_close_month(row, position.close_month)
    if position.place is Place.OPEN:
        row.base_minor = base_amount(row.amount_minor, row.currency_id, last.on)


def _dates_from(row: Opportunity, chain: list[Lived]) -> None:
    stage: int | None = None
    row.decided_on = None
    for step in chain:
        if step.after is None:
            continue
        if step.after.position.stage_id != stage:
            stage = step.after.position.stage_id
            row.stage_since = step.on
        if step.kind in OUTCOMES.values():
            row.decided_on = step.on
            if step.base_minor is not None:
                row.base_minor = abs(step.base_minor)
        elif step.after.position.place is Place.OPEN:
            row.decided_on = None


def _follow_close_month(row: Opportunity, month: date) -> None:
    """Let the close day follow its month: to a day it once had there, else to the month's end."""
    if month_of(row.close_on) == month:
        return
    if month == NO_MONTH:
        row.close_on = None
        return
    days = Change.objects.filter(
        object_type="opportunity", object_id=row.pk, field="close_on"
    ).order_by("-id")
    for old, new in days.values_list("old", "new"):
        for text in (old, new):
            if text and month_of(date.fromisoformat(text)) == month:
                row.close_on = date.fromisoformat(text)
                return
    row.close_on = month.replace(day=monthrange(month.year, month.month)[1])
