"""Validating (FUN-3): marks on evidence, and moves that are asked for, approved or sent back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NoReturn
from uuid import UUID

from django.db import transaction

from dakehu.actions.audit import record_changes
from dakehu.actions.notices import tell
from dakehu.actions.opportunities.commands import Saved
from dakehu.actions.opportunities.held import Held, Save, hold, note_changes, require_open
from dakehu.actions.opportunities.methods import move_opportunity_method
from dakehu.actions.opportunities.outcomes import Outcome, win_opportunity
from dakehu.actions.opportunities.stages import advance_opportunity
from dakehu.core.access import Right, Viewer
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Place, Way
from dakehu.core.methods import Marks
from dakehu.core.validations import MOST_NOTE, VERBS, RequestState
from dakehu.models import Evidence, EvidenceMark, MoveRequest, Opportunity
from dakehu.queries.opportunities.path import moment_seen
from dakehu.queries.stages import version_in_force
from dakehu.queries.superiors import superior_right, superiors_of


@dataclass(frozen=True, slots=True)
class AskedMove:
    """A move as it would be made, were it not for the gate: verb, stage by key, what else it says.

    `to_stage` None is the next stage of an advance; a win has an outcome and no stage.
    """

    verb: str
    to_stage: str | None = None
    method_version_id: int | None = None
    outcome: Outcome | None = None
    why: str = ""


@transaction.atomic
def mark_evidence(
    *,
    actor: Viewer,
    opportunity_id: int,
    evidence_id: int,
    marks: Marks,
    note: str | None = None,
    seen: str,
    today: date,
    at: datetime,
    way: Way,
) -> Marks:
    """Say of a ticked item whether it is true, precise, provable; give what was said before.

    `seen` is the moment of the tick that was looked at (`moment_seen`): a proof that was changed
    meanwhile is not confirmed by mistake. `note` None leaves the note. NotFound, NotAllowed
    `evidence.validate`, Conflict `evidence.changed`, RuleBroken `opportunity.not_open`.
    """
    save = Save.begin(actor=actor, on=today, today=today, at=at, way=way)
    held = hold(actor=actor, opportunity_id=opportunity_id, seen_version=None)
    save = save.under(_require_superior(held, actor, today))
    require_open(held.row)
    row = Evidence.objects.filter(pk=evidence_id, opportunity_id=opportunity_id).first()
    if row is None:
        raise NotFound("evidence.not_ticked")
    if moment_seen(row.ticked_at) != seen:
        raise Conflict("evidence.changed")
    return _mark(row, marks, note, save)


def _mark(row: Evidence, marks: Marks, note: str | None, save: Save) -> Marks:
    mark = EvidenceMark.objects.filter(evidence_id=row.pk).first()
    before = marks_of(mark)
    old = _plain_mark(row, mark)
    mark = mark or EvidenceMark(evidence_id=row.pk)
    mark.is_true, mark.is_precise, mark.is_provable = marks.true, marks.precise, marks.provable
    if note is not None:
        mark.note = note.strip()[:MOST_NOTE]
    mark.marked_by_id, mark.for_person_id = save.actor.person_id, save.for_person_id
    mark.marked_at = save.at
    now = _plain_mark(row, mark)
    if now != old:
        mark.save()
        note_changes(row.opportunity_id, {"evidence_mark": (old, now)}, save)
    return before


def marks_of(mark: EvidenceMark | None) -> Marks:
    """Read what was said of an item."""
    if mark is None:
        return Marks()
    return Marks(mark.is_true, mark.is_precise, mark.is_provable)


def _plain_mark(row: Evidence, mark: EvidenceMark | None) -> dict[str, Any] | None:
    if mark is None:
        return None
    return {
        "stage": row.stage_id, "key": row.key, "true": mark.is_true, "precise": mark.is_precise,
        "provable": mark.is_provable, "note": mark.note,
    }  # fmt: skip


# --- asking ----------------------------------------------------------------------------------


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
    `request.who`, `text.too_long`.
    """
    if move.verb not in VERBS:
        raise RuleBroken("request.unknown_verb", verb=move.verb[:40])
    if actor.person_id is None:
        raise RuleBroken("request.who")
    if len(note.strip()) > MOST_NOTE:
        raise RuleBroken("text.too_long", field="note", limit=MOST_NOTE)
    how: dict[str, Any] = {
        "actor": actor, "opportunity_id": opportunity_id, "seen_version": seen_version,
        "on": today, "today": today, "at": at, "way": way,
    }  # fmt: skip
    keys = _try(lambda: _do(move, **how))
    save = Save.begin(actor=actor, on=today, today=today, at=at, way=way)
    held = hold(actor=actor, opportunity_id=opportunity_id, seen_version=seen_version)
    row = held.row
    right = held.require(actor, _PERMISSIONS[move.verb])
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
    note_changes(row.pk, {"move_request": (None, _plain_request(request))}, save)
    tell(
        kind="validation_asked", people=superiors, actor=actor, at=at, object_type="opportunity",
        object_id=row.pk, correlation_id=save.correlation_id,
        facts={"request": request.pk, "verb": move.verb, "stage": request.to_stage_id,
               "items": len(keys)},
    )  # fmt: skip
    return request.pk


_PERMISSIONS = {
    "advance": "opportunity.advance", "win": "opportunity.win", "move_method": "opportunity.edit",
}  # fmt: skip


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


def _do(move: AskedMove, **how: Any) -> Saved:
    """Make the move."""
    match move.verb:
        case "advance":
            return advance_opportunity(**how, to_stage=move.to_stage, reason=move.why)
        case "win":
            return win_opportunity(**how, outcome=move.outcome or Outcome(""))
        case _:
            return move_opportunity_method(
                **how,
                method_version_id=move.method_version_id or 0,
                to_stage=move.to_stage or "",
                why=move.why,
            )


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


def _plain_request(request: MoveRequest) -> dict[str, Any]:
    return {
        "id": request.pk, "verb": request.verb, "stage": request.to_stage_id,
        "state": int(request.state), "asked_by": request.asked_by_id,
        "asked_on": request.asked_on.isoformat(),
        "note": request.note if request.state == RequestState.WAITING else request.answer,
    }  # fmt: skip


# --- answering -------------------------------------------------------------------------------


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
    _decide(request, RequestState.APPROVED, actor, right, answer, at)
    try:
        saved = _do(
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
            _mark(mark.evidence, denied, None, save)
    _decide(request, RequestState.SENT_BACK, actor, right, answer, at)
    _answered(held, request, actor, right, save.correlation_id, at, way)


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
    right = held.right(actor, _PERMISSIONS[request.verb])
    theirs = {request.asked_by_id, request.asked_for_id, held.row.owner_id} & {
        actor.person_id, *actor.owners,
    }  # fmt: skip
    if right is None or not theirs:
        raise NotAllowed("request.withdraw")
    if request.state != RequestState.WAITING:
        _is_decided(request)
    _decide(request, RequestState.WITHDRAWN, actor, right, "", at)
    save = Save.begin(actor=actor, on=today, today=today, at=at, way=way).under(right)
    note_changes(held.row.pk, {"move_request": (None, _plain_request(request))}, save)


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
    right = _require_superior(held, actor, today)
    if request.state != RequestState.WAITING:
        _is_decided(request)
    if seen_version is not None and request.version != seen_version:
        raise Conflict("request.changed")
    row = held.row
    if not moved_too and (
        row.place != Place.OPEN
        or (row.stage_id, row.method_version_id) != (request.from_stage_id, request.from_version_id)
    ):
        raise RuleBroken("request.overtaken")
    return held, request, right


def _is_decided(request: MoveRequest) -> NoReturn:
    if request.state == RequestState.OVERTAKEN:
        raise RuleBroken("request.overtaken")
    raise RuleBroken("request.decided", state=RequestState(request.state).name.lower())


def _require_superior(held: Held, actor: Viewer, today: date) -> Right:
    row = held.row
    right = superior_right(actor, owner_id=row.owner_id, unit_id=row.unit_id, today=today)
    if right is None:
        raise NotAllowed("evidence.validate")
    return right


def _decide(
    request: MoveRequest,
    state: RequestState,
    actor: Viewer,
    right: Right,
    answer: str,
    at: datetime,
) -> None:
    if len(answer.strip()) > MOST_NOTE:
        raise RuleBroken("text.too_long", field="answer", limit=MOST_NOTE)
    request.state = state
    request.decided_by_id, request.decided_for_id = actor.person_id, right.for_person
    request.decided_at = at
    request.answer = answer.strip()
    request.version += 1
    request.save()


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
        changes={"move_request": (None, _plain_request(request))}, correlation_id=correlation,
        way=way, at=at, for_person_id=right.for_person,
    )  # fmt: skip
    tell(
        kind="validation_answered", people=(request.asked_by_id, held.row.owner_id), actor=actor,
        at=at, object_type="opportunity", object_id=held.row.pk, correlation_id=correlation,
        facts={"request": request.pk, "verb": request.verb, "stage": request.to_stage_id,
               "approved": request.state == RequestState.APPROVED},
    )  # fmt: skip
