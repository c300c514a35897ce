"""The superior's answer to a move that was asked for: made today, or sent back."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from dakehu.actions.audit import record_changes
from dakehu.actions.notices import tell
from dakehu.actions.opportunities.commands import Saved
from dakehu.actions.opportunities.held import Held, Save, hold
from dakehu.actions.opportunities.outcomes import Outcome
from dakehu.actions.validations.marks import marks_of, require_superior, write_mark
from dakehu.actions.validations.moves import (
    AskedMove,
    decide,
    do_move,
    plain_request,
    refuse_decided,
)
from dakehu.core.access import Right, Viewer
from dakehu.core.errors import Conflict, NotFound, RuleBroken
from dakehu.core.ledger import Place, Way
from dakehu.core.methods import Marks
from dakehu.core.validations import RequestState
from dakehu.models import EvidenceMark, MoveRequest
from dakehu.queries.stages import version_in_force


@transaction.atomic
def approve_request(
    *,
    actor: Viewer,
    request_id: int,
    seen_version: int | None,
    answer: str = "",
    today: date,
    at: datetime,
    way: Way,
) -> Saved:
    """Make the move that was asked for, today, as the superior's deed; the day asked is kept.

    The marks must let it pass the gate. NotFound `request.not_found`, NotAllowed
    `evidence.validate`, Conflict `request.changed`, RuleBroken `request.decided`,
    `request.overtaken`, `request.not_all_confirmed`, and whatever speaks against the move today.
    """
    held, request, right = _held_request(actor, request_id, seen_version, today)
    move = _asked(request)
    decide(request, RequestState.APPROVED, actor, right, answer, at)
    try:
        saved = do_move(
            move, actor=actor, opportunity_id=held.row.pk, seen_version=None, on=today,
            today=today, at=at, way=way, approving=True,
        )  # fmt: skip
    except RuleBroken as refused:
        if refused.code != "gate.validation_needed":
            raise
        raise RuleBroken("request.not_all_confirmed", **refused.facts) from None
    _answered(held, request, actor, right, UUID(saved.correlation_id), at, way)
    return saved


def _asked(request: MoveRequest) -> AskedMove:
    """Read the move that was asked for back; the asker's words come along with it."""
    facts = request.facts
    outcome = None
    if request.verb == "win":
        outcome = Outcome(facts["reason"], facts["competitor"], facts["text"])
    stage: str | None = facts.get("stage")
    if request.verb == "advance":
        held = version_in_force(request.from_version_id or 0).by_id(request.to_stage_id or 0)
        stage = held.key if held else ""
    return AskedMove(
        request.verb, stage, facts.get("version"), outcome, facts.get("why") or request.note
    )


@transaction.atomic
def send_back_request(
    *,
    actor: Viewer,
    request_id: int,
    seen_version: int | None,
    answer: str,
    today: date,
    at: datetime,
    way: Way,
) -> None:
    """Send a request back, saying what is wanted; what was not confirmed of it counts as denied.

    NotFound `request.not_found`, NotAllowed `evidence.validate`, Conflict `request.changed`,
    RuleBroken `request.decided`, `request.answer_missing`, `text.too_long`.
    """
    held, request, right = _held_request(actor, request_id, seen_version, today, moved_too=True)
    if not answer.strip():
        raise RuleBroken("request.answer_missing", field="answer")
    save = Save.begin(actor=actor, on=today, today=today, at=at, way=way).under(right)
    for mark in EvidenceMark.objects.filter(
        evidence__opportunity_id=held.row.pk, marked_at__gte=request.asked_at
    ).select_related("evidence"):
        said = marks_of(mark)
        begun = True in (said.true, said.precise, said.provable) or bool(mark.note)
        if begun and not said.confirm:
            denied = Marks(bool(said.true), bool(said.precise), bool(said.provable))
            write_mark(mark.evidence, denied, None, save)
    decide(request, RequestState.SENT_BACK, actor, right, answer, at)
    _answered(held, request, actor, right, save.correlation_id, at, way)


def _held_request(
    actor: Viewer,
    request_id: int,
    seen_version: int | None,
    today: date,
    *,
    moved_too: bool = False,
) -> tuple[Held, MoveRequest, Right]:
    """Lock the opportunity of a request that waits, and give the superior's right to answer it."""
    where = MoveRequest.objects.filter(pk=request_id)
    opportunity_id = where.values_list("opportunity_id", flat=True).first()
    if opportunity_id is None:
        raise NotFound("request.not_found")
    try:
        held = hold(actor=actor, opportunity_id=opportunity_id, seen_version=None)
    except NotFound:
        raise NotFound("request.not_found") from None
    request = where.get()  # as it stands now that the row is held
    right = require_superior(held, actor, today)
    if request.state != RequestState.WAITING:
        refuse_decided(request)
    if seen_version is not None and request.version != seen_version:
        raise Conflict("request.changed")
    row = held.row
    if not moved_too and (
        row.place != Place.OPEN
        or (row.stage_id, row.method_version_id) != (request.from_stage_id, request.from_version_id)
    ):
        raise RuleBroken("request.overtaken")
    return held, request, right


def _answered(
    held: Held,
    request: MoveRequest,
    actor: Viewer,
    right: Right,
    correlation: UUID,
    at: datetime,
    way: Way,
) -> None:
    """Put the answer on record under the save that it led to, and tell asker and owner."""
    record_changes(
        actor=actor, object_type="opportunity", object_id=held.row.pk,
        changes={"move_request": (None, plain_request(request))}, correlation_id=correlation,
        way=way, at=at, for_person_id=right.for_person,
    )  # fmt: skip
    tell(
        kind="validation_answered", people=(request.asked_by_id, held.row.owner_id), actor=actor,
        at=at, object_type="opportunity", object_id=held.row.pk, correlation_id=correlation,
        facts={"request": request.pk, "verb": request.verb, "stage": request.to_stage_id,
               "approved": request.state == RequestState.APPROVED},
    )  # fmt: skip
