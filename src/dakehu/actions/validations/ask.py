"""Asking the superior for a move whose evidence is not confirmed, and taking that back."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.db import transaction

from dakehu.actions.notices import tell
from dakehu.actions.opportunities.commands import Saved
from dakehu.actions.opportunities.held import Save, hold, note_changes
from dakehu.actions.validations.moves import (
    PERMISSIONS,
    AskedMove,
    check_words,
    decide,
    do_move,
    plain_request,
    refuse_decided,
)
from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Way
from dakehu.core.validations import VERBS, RequestState
from dakehu.models import MoveRequest, Opportunity
from dakehu.queries.stages import version_in_force
from dakehu.queries.superiors import superiors_of


class _WouldPass(Exception):
    """The gate lets the move pass: nothing to ask for."""


@transaction.atomic
def request_move(
    *,
    actor: Viewer,
    opportunity_id: int,
    move: AskedMove,
    note: str = "",
    seen_version: int | None,
    today: date,
    at: datetime,
    way: Way,
) -> int:
    """Ask the owner's superior for a move whose evidence is ticked and not confirmed.

    The move is tried as it would be made and taken back, so that whatever else speaks against it
    is said now. Gives the request's id. NotFound, NotAllowed, Conflict and RuleBroken as the move
    says (`gate.evidence_missing` where there is nothing to validate yet), RuleBroken
    `request.unknown_verb`, `request.not_needed`, `request.waits_already`, `request.no_superior`,
    `request.who`, `text.too_long`, `text.unreadable`.
    """
    if move.verb not in VERBS:
        raise RuleBroken("request.unknown_verb", verb=move.verb[:40])
    if actor.person_id is None:
        raise RuleBroken("request.who")
    check_words("note", note)
    how: dict[str, Any] = {
        "actor": actor, "opportunity_id": opportunity_id, "seen_version": seen_version,
        "on": today, "today": today, "at": at, "way": way,
    }  # fmt: skip
    keys = _try(lambda: do_move(move, **how))
    save = Save.begin(actor=actor, on=today, today=today, at=at, way=way)
    held = hold(actor=actor, opportunity_id=opportunity_id, seen_version=seen_version)
    row = held.row
    right = held.require(actor, PERMISSIONS[move.verb])
    save = save.under(right)
    superiors = superiors_of(owner_id=row.owner_id, unit_id=row.unit_id, today=today)
    if not superiors:
        raise RuleBroken("request.no_superior")
    waits = MoveRequest.objects.filter(opportunity_id=row.pk, state=RequestState.WAITING).first()
    if waits is not None:
        raise RuleBroken("request.waits_already", on=waits.asked_on)
    request = MoveRequest.objects.create(
        opportunity_id=row.pk,
        verb=move.verb,
        to_stage_id=_stage_asked(row, move),
        facts=_facts(move),
        note=note.strip(),
        from_stage_id=row.stage_id,
        from_version_id=row.method_version_id,
        asked_by_id=actor.person_id,
        asked_for_id=right.for_person,
        asked_at=at,
        asked_on=today,
    )
    note_changes(row.pk, {"move_request": (None, plain_request(request))}, save)
    tell(
        kind="validation_asked", people=superiors, actor=actor, at=at, object_type="opportunity",
        object_id=row.pk, correlation_id=save.correlation_id,
        facts={"request": request.pk, "verb": move.verb, "stage": request.to_stage_id,
               "items": len(keys)},
    )  # fmt: skip
    return request.pk


def _try(make: Callable[[], Saved]) -> list[str]:
    """Try the move; give the keys of what is not confirmed. RuleBroken `request.not_needed`."""
    try:
        with transaction.atomic():
            make()
            raise _WouldPass
    except _WouldPass:
        raise RuleBroken("request.not_needed") from None
    except RuleBroken as refused:
        if refused.code != "gate.validation_needed":
            raise
        return list(refused.facts["keys"])


def _stage_asked(row: Opportunity, move: AskedMove) -> int | None:
    if move.verb == "win":
        return None
    version = version_in_force(move.method_version_id or row.method_version_id)
    if move.to_stage is None:
        here = version.by_id(row.stage_id)
        assert here is not None
        return next(s.id for s in version.open_stages if s.order > here.order)
    stage = version.by_key(move.to_stage)
    assert stage is not None
    return stage.id


def _facts(move: AskedMove) -> dict[str, Any]:
    """Keep what the move says beside its stage; a method is moved to a version and a key."""
    facts: dict[str, Any] = {"why": move.why.strip()}
    if move.verb == "move_method":
        facts |= {"version": move.method_version_id, "stage": move.to_stage}
    if move.outcome is not None:
        facts |= {
            "reason": move.outcome.reason, "competitor": move.outcome.competitor,
            "text": move.outcome.text,
        }  # fmt: skip
    return facts


@transaction.atomic
def withdraw_request(
    *,
    actor: Viewer,
    opportunity_id: int,
    request_id: int,
    today: date,
    at: datetime,
    way: Way,
) -> None:
    """Take back what one has asked for, or what was asked for one's own opportunity.

    NotFound `request.not_found`, NotAllowed `request.withdraw`, RuleBroken `request.decided`.
    """
    held = hold(actor=actor, opportunity_id=opportunity_id, seen_version=None)
    request = MoveRequest.objects.filter(pk=request_id, opportunity_id=opportunity_id).first()
    if request is None:
        raise NotFound("request.not_found")
    right = held.right(actor, PERMISSIONS[request.verb])
    theirs = {request.asked_by_id, request.asked_for_id, held.row.owner_id} & {
        actor.person_id, *actor.owners,
    }  # fmt: skip
    if right is None or not theirs:
        raise NotAllowed("request.withdraw")
    if request.state != RequestState.WAITING:
        refuse_decided(request)
    decide(request, RequestState.WITHDRAWN, actor, right, "", at)
    save = Save.begin(actor=actor, on=today, today=today, at=at, way=way).under(right)
    note_changes(held.row.pk, {"move_request": (None, plain_request(request))}, save)
