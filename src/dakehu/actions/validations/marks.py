"""What the superior says of evidence: true, precise, provable (FUN-3)."""

from datetime import date, datetime
from typing import Any

from django.db import transaction

from dakehu.actions.opportunities.held import Held, Save, hold, note_changes, require_open
from dakehu.core.access import Right, Viewer
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Way
from dakehu.core.methods import Marks
from dakehu.core.validations import MOST_NOTE
from dakehu.models import Evidence, EvidenceMark
from dakehu.queries.opportunities.path import moment_seen
from dakehu.queries.superiors import superior_right


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
    `evidence.validate`, Conflict `evidence.changed`, RuleBroken `opportunity.not_open`,
    `text.unreadable`.
    """
    if "\x00" in (note or ""):
        raise RuleBroken("text.unreadable", field="note")
    save = Save.begin(actor=actor, on=today, today=today, at=at, way=way)
    held = hold(actor=actor, opportunity_id=opportunity_id, seen_version=None)
    save = save.under(require_superior(held, actor, today))
    require_open(held.row)
    row = Evidence.objects.filter(pk=evidence_id, opportunity_id=opportunity_id).first()
    if row is None:
        raise NotFound("evidence.not_ticked")
    if moment_seen(row.ticked_at) != seen:
        raise Conflict("evidence.changed")
    return write_mark(row, marks, note, save)


def write_mark(row: Evidence, marks: Marks, note: str | None, save: Save) -> Marks:
    """Keep what is said of an item, and that it was said; give what was said before."""
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


def require_superior(held: Held, actor: Viewer, today: date) -> Right:
    """Give the right to validate. NotAllowed `evidence.validate`."""
    row = held.row
    right = superior_right(actor, owner_id=row.owner_id, unit_id=row.unit_id, today=today)
    if right is None:
        raise NotAllowed("evidence.validate")
    return right
