"""A move that waits for an answer: what was asked, how it is made, how it is told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from dakehu.actions.notices import waits_no_more
from dakehu.actions.opportunities.commands import Saved
from dakehu.actions.opportunities.methods import move_opportunity_method
from dakehu.actions.opportunities.outcomes import Outcome, win_opportunity
from dakehu.actions.opportunities.stages import advance_opportunity
from dakehu.core.access import Right, Viewer
from dakehu.core.errors import RuleBroken
from dakehu.core.validations import MOST_NOTE, RequestState
from dakehu.models import MoveRequest

PERMISSIONS = {
    "advance": "opportunity.advance", "win": "opportunity.win", "move_method": "opportunity.edit",
}  # fmt: skip


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


def do_move(move: AskedMove, **how: Any) -> Saved:
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


def plain_request(request: MoveRequest) -> dict[str, Any]:
    """Tell of a request in the history of its opportunity."""
    return {
        "id": request.pk, "verb": request.verb, "stage": request.to_stage_id,
        "state": int(request.state), "asked_by": request.asked_by_id,
        "asked_on": request.asked_on.isoformat(),
        "note": request.note if request.state == RequestState.WAITING else request.answer,
    }  # fmt: skip


def check_words(field: str, text: str) -> None:
    """Refuse words that cannot be kept. RuleBroken `text.too_long`, `text.unreadable`."""
    if len(text.strip()) > MOST_NOTE:
        raise RuleBroken("text.too_long", field=field, limit=MOST_NOTE)
    if "\x00" in text:
        raise RuleBroken("text.unreadable", field=field)


def refuse_decided(request: MoveRequest) -> NoReturn:
    """Say what became of a request that waits no more."""
    if request.state == RequestState.OVERTAKEN:
        raise RuleBroken("request.overtaken")
    raise RuleBroken("request.decided", state=RequestState(request.state).name.lower())


def decide(
    request: MoveRequest,
    state: RequestState,
    actor: Viewer,
    right: Right,
    answer: str,
    at: datetime,
) -> None:
    """Write the answer into the request. RuleBroken `text.too_long`, `text.unreadable`."""
    check_words("answer", answer)
    request.state = state
    request.decided_by_id, request.decided_for_id = actor.person_id, right.for_person
    request.decided_at = at
    request.answer = answer.strip()
    request.version += 1
    request.save()
    waits_no_more(
        kind="validation_asked", object_type="opportunity", object_ids=[request.opportunity_id],
        since=request.asked_at, at=at,
    )  # fmt: skip
