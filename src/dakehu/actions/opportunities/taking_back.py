"""Taking fields, lines, rivals and evidence back to what they were before a save."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.utils.timezone import localtime

from dakehu.actions.names import sort_key
from dakehu.actions.opportunities.held import (
    Save,
    digits_of,
    note_changes,
    require_open,
)
from dakehu.actions.opportunities.lines import (
    current_competitors,
    current_lines,
    keep_competitors,
    keep_lines,
    plain_lines,
)
from dakehu.core.errors import Conflict
from dakehu.core.opportunities import Line
from dakehu.models import (
    Change,
    Competitor,
    Evidence,
    EvidenceFile,
    EvidencePlan,
    Opportunity,
)

#: What the history keeps of a tick beside its proof, and the plan whose place it took.
_BESIDE_PROOF = frozenset({"by", "on", "at", "plan"})
_DAYS = frozenset({"close_on", "next_step_on"})
_FIELDS = (
    "name", "account_id", "close_on", "source", "compelling_event", "next_step",
    "next_step_on", "method_version_id",
)  # fmt: skip


def take_back(row: Opportunity, changes: list[Change], save: Save) -> None:
    """Set fields and rivals back; Conflict `ledger.changed_since` where one has changed since."""
    back: dict[str, tuple[Any, Any]] = {}
    notes: list[tuple[Any, Any]] = []
    for change in changes:
        if change.field in _FIELDS:
            back[change.field] = _field_back(row, change)
        elif change.field == "competitors":
            now_names = list(current_competitors(row.pk))
            if set(now_names) != set(change.new or ()):
                raise Conflict("ledger.changed_since", field="competitors", on=row.last_on)
            keep_competitors(row.pk, change.old or ())
            back["competitors"] = (now_names, change.old)
        elif change.field == "competitor_note":
            _rival_note_back(row, change)
            notes.append((change.new, change.old))
        elif change.field == "next_step_done":
            back["next_step_done"] = (change.new, None)
    if "name" in back:
        row.sort_key = sort_key(row.name)
    note_changes(row.pk, back, save)
    for note in notes:
        note_changes(row.pk, {"competitor_note": note}, save)


def take_back_kept(
    row: Opportunity, changes: list[Change], save: Save, *, on: date, currency: str
) -> None:
    """Set lines and evidence back, of a row that follows its ledger again.

    `currency` is the one it left: in another one the same lines are other amounts.
    Conflict `ledger.changed_since`, RuleBroken `opportunity.not_open`.
    """
    back: dict[str, tuple[Any, Any]] = {}
    for change in changes:
        if change.field == "lines":
            now_lines = plain_lines(current_lines(row.pk))
            if now_lines != change.new:
                raise Conflict("ledger.changed_since", field="lines", on=row.last_on)
            _keep_lines(row, _lines_of(change.old or []), save, on)
            back["lines"] = (now_lines, change.old)
        elif change.field == "evidence":
            require_open(row)
            _evidence_back(row, change)
            back["evidence"] = (change.new, change.old)
    if "lines" not in back and row.currency_id != currency and (lines := current_lines(row.pk)):
        _keep_lines(row, lines, save, on)
    note_changes(row.pk, back, save)


def _field_back(row: Opportunity, change: Change) -> tuple[Any, Any]:
    """Set a field of the row back; give what it was and what it is again."""
    now = getattr(row, change.field)
    if _plain(now) != change.new:
        raise Conflict("ledger.changed_since", field=change.field, on=row.last_on)
    old = change.old
    if change.field in _DAYS and old is not None:
        old = date.fromisoformat(old)
    setattr(row, change.field, old)
    return now, old


def _rival_note_back(row: Opportunity, change: Change) -> None:
    """Set what was known of a rival back; gone with the rival, it needs no setting back."""
    known = change.new or change.old or {}
    rival = Competitor.objects.filter(opportunity_id=row.pk, name=known["name"]).first()
    if rival is None:
        return
    if rival.note != (change.new or {}).get("note", ""):
        raise Conflict("ledger.changed_since", field="competitor_note", on=row.last_on)
    rival.note = (change.old or {}).get("note", "")
    rival.save(update_fields=["note"])


def _evidence_back(row: Opportunity, change: Change) -> None:
    """Set a tick back to what it was; Conflict `ledger.changed_since` where it has changed."""
    known = change.new or change.old or {}
    where = {"opportunity_id": row.pk, "stage_id": known["stage"], "key": known["key"]}
    ticks = Evidence.objects.filter(**where)
    if not _is_kept(plain_tick(ticks.first()), change.new):
        raise Conflict("ledger.changed_since", field="evidence", on=row.last_on)
    ticks.delete()
    if change.old is not None:
        _tick_again(where, change.old, change)
    elif plan := known.get("plan"):
        EvidencePlan.objects.get_or_create(
            **where,
            defaults={
                "action": plan["action"],
                "due_on": plan["due_on"] and date.fromisoformat(plan["due_on"]),
                "planned_by_id": plan["by"],
                "planned_at": datetime.fromisoformat(plan["at"]),
            },
        )


def _tick_again(where: dict[str, Any], old: dict[str, Any], change: Change) -> None:
    """Make a tick anew as it was; it has no mark, whatever a superior said of it before."""
    by = old.get("by", change.actor_id)
    if by is None:
        return
    # Histories of before ticks kept their person and moment know those of the later save alone.
    at = datetime.fromisoformat(old["at"]) if "at" in old else change.at
    on = date.fromisoformat(old["on"]) if "on" in old else localtime(change.at).date()
    again = Evidence.objects.create(
        **where, note=old["note"], link=old["link"], file_id=old["file"],
        ticked_on=on, ticked_at=at, ticked_by_id=by,
    )  # fmt: skip
    EvidenceFile.objects.bulk_create(
        [EvidenceFile(evidence=again, file_id=file) for file in old.get("more", ())]
    )


def plain_tick(row: Evidence | None) -> dict[str, Any] | None:
    """Write a tick as the history keeps it: its proof, and who ticked it when."""
    if row is None:
        return None
    plain: dict[str, Any] = {
        "stage": row.stage_id, "key": row.key, "note": row.note, "link": row.link,
        "file": row.file_id,
    }  # fmt: skip
    more = EvidenceFile.objects.filter(evidence_id=row.pk).order_by("id") if row.pk else None
    if more and (files := list(more.values_list("file_id", flat=True))):
        plain["more"] = files
    if row.pk:
        plain |= {
            "by": row.ticked_by_id, "on": row.ticked_on.isoformat(),
            "at": row.ticked_at.astimezone(UTC).isoformat(),
        }  # fmt: skip
    return plain


def proof_of(kept: dict[str, Any] | None) -> dict[str, Any] | None:
    """Give the proof alone of a tick as the history keeps it."""
    return kept and {name: value for name, value in kept.items() if name not in _BESIDE_PROOF}


def _is_kept(now: dict[str, Any] | None, kept: dict[str, Any] | None) -> bool:
    """Test if a tick is the one that a save left: the same proof by another save is not."""
    same = kept is None or "at" not in kept or (now or {}).get("at") == kept["at"]
    return same and proof_of(now) == proof_of(kept)


def _lines_of(kept: list[list[Any]]) -> tuple[Line, ...]:
    return tuple(
        Line(
            product,
            Decimal(quantity),
            Decimal(price),
            date.fromisoformat(month) if month else None,
        )
        for product, quantity, price, month in kept
    )


def _keep_lines(row: Opportunity, lines: tuple[Line, ...], save: Save, on: date) -> None:
    digits = digits_of(row.currency_id, held=row.currency_id)
    keep_lines(row.pk, lines, digits, replace(save, on=on))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
