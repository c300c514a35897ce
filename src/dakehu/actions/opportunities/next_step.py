"""The next step in place: done with its result, put off, or written anew (FUN-2)."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from dakehu.actions.opportunities.checks import check_close_day, check_text
from dakehu.actions.opportunities.commands import Saved
from dakehu.actions.opportunities.held import Save, hold, note_changes, store
from dakehu.core.access import Viewer
from dakehu.core.errors import Conflict, RuleBroken
from dakehu.core.ledger import Way

_LONGEST_RESULT = 500


@dataclass(frozen=True, slots=True)
class NextStep:
    """What is to be done next, and by when."""

    text: str = ""
    on: date | None = None


@transaction.atomic
def set_next_step(
    *,
    actor: Viewer,
    opportunity_id: int,
    step: NextStep,
    seen: NextStep | None,
    result: str = "",
    today: date,
    at: datetime,
    way: Way,
) -> Saved:
    """Write the next step; `result` says in a line what came of the one before, which is done.

    Only the step itself is compared with what was `seen`: who changes something else of the
    opportunity meanwhile is not in the way. NotFound, NotAllowed `opportunity.edit`, Conflict
    `next_step.changed`, RuleBroken `next_step.nothing_to_do`, `opportunity.text_too_long`,
    `text.unreadable`, `text.too_long`.
    """
    save = Save.begin(actor=actor, on=today, today=today, at=at, way=way)
    held = hold(actor=actor, opportunity_id=opportunity_id, seen_version=None)
    save = save.under(held.require(actor, "opportunity.edit"))
    row = held.row
    now = NextStep(row.next_step, row.next_step_on)
    wanted = NextStep(check_text("next_step", step.text), step.on)
    check_close_day("next_step_on", wanted.on)
    result = _checked(result)
    if seen is not None and seen != now:
        raise Conflict(
            "next_step.changed",
            theirs={"next_step": now.text, "next_step_on": now.on},
            yours={"next_step": wanted.text, "next_step_on": wanted.on},
        )
    if result and not (now.text or now.on):
        raise RuleBroken("next_step.nothing_to_do", field="result")
    if wanted == now and not result:
        return Saved(row.pk, row.version, "")
    row.next_step, row.next_step_on = wanted.text, wanted.on
    note_changes(
        row.pk,
        {
            "next_step_done": (None, {"step": now.text, "result": result} if result else None),
            "next_step": (now.text, wanted.text),
            "next_step_on": (now.on, wanted.on),
        },
        save,
    )
    store(row, save, only=("next_step", "next_step_on"))
    return Saved(row.pk, row.version, str(save.correlation_id))


def _checked(result: str) -> str:
    result = " ".join(result.split())
    if len(result) > _LONGEST_RESULT:
        raise RuleBroken("text.too_long", field="result", limit=_LONGEST_RESULT)
    if "\x00" in result:
        raise RuleBroken("text.unreadable", field="result")
    return result
