"""Competitors of an opportunity in place: met, described, gone (FUN-2)."""

from datetime import date, datetime
from typing import Any

from django.db import transaction

from dakehu.actions.ledger import rivals_change
from dakehu.actions.opportunities.commands import Saved
from dakehu.actions.opportunities.held import Held, Save, hold, note_changes, store
from dakehu.actions.opportunities.lines import competitor_names, current_competitors
from dakehu.core.access import Viewer
from dakehu.core.errors import Conflict, NotFound, RuleBroken
from dakehu.core.ledger import Way
from dakehu.models import Competitor

_LONGEST_NOTE = 240
#: No deal in earnest has more rivals.
MOST = 50
#: Numbers beyond it are no rows of ours; SQLite's driver refuses them.
_LARGEST_ID = 2**63 - 1


@transaction.atomic
def add_competitor(
    *,
    actor: Viewer,
    opportunity_id: int,
    name: str,
    note: str = "",
    today: date,
    at: datetime,
    way: Way = Way.FORM,
) -> Saved:
    """Note a rival met on the opportunity.

    NotFound, NotAllowed `opportunity.edit`, RuleBroken `competitor.name_missing`,
    `competitor.already_there`, `competitor.too_many`, `opportunity.text_too_long`,
    `text.too_long`, `text.unreadable`.
    """
    held, save = _held(actor, opportunity_id, today, at, way)
    names = current_competitors(held.row.pk)
    name, note = _name(name), _note(note)
    if name in names:
        raise RuleBroken("competitor.already_there", field="name")
    if len(names) >= MOST:
        raise RuleBroken("competitor.too_many", field="name", limit=MOST)
    Competitor.objects.create(opportunity=held.row, name=name, note=note)
    rivals_change(held.row.pk, names, [*names, name])
    changes: dict[str, tuple[Any, Any]] = {"competitors": (list(names), [*names, name])}
    if note:
        changes["competitor_note"] = (None, {"name": name, "note": note})
    return _stored(held, changes, save)


@transaction.atomic
def edit_competitor(
    *,
    actor: Viewer,
    opportunity_id: int,
    competitor_id: int,
    note: str,
    seen: str | None,
    today: date,
    at: datetime,
    way: Way = Way.FORM,
) -> Saved:
    """Change what is known of a rival. NotFound `competitor.not_found`, Conflict `….changed`."""
    held, save = _held(actor, opportunity_id, today, at, way)
    row = _row(held, competitor_id)
    note = _note(note)
    if seen is not None and seen != row.note:
        raise Conflict(
            "competitor.changed", theirs={"note": row.note}, yours={"note": note}, now=row.note
        )
    if note == row.note:
        return Saved(held.row.pk, held.row.version, "")
    before, row.note = row.note, note
    row.save(update_fields=["note"])
    change = ({"name": row.name, "note": before}, {"name": row.name, "note": note})
    return _stored(held, {"competitor_note": change}, save)


@transaction.atomic
def remove_competitor(
    *,
    actor: Viewer,
    opportunity_id: int,
    competitor_id: int,
    today: date,
    at: datetime,
    way: Way = Way.FORM,
) -> Saved:
    """Take a rival off the opportunity. NotFound `competitor.not_found`."""
    held, save = _held(actor, opportunity_id, today, at, way)
    row = _row(held, competitor_id)
    names = list(current_competitors(held.row.pk))
    left = [name for name in names if name != row.name]
    changes: dict[str, tuple[Any, Any]] = {"competitors": (names, left)}
    if row.note:
        changes["competitor_note"] = ({"name": row.name, "note": row.note}, None)
    row.delete()
    rivals_change(held.row.pk, names, left)
    return _stored(held, changes, save)


def _held(
    actor: Viewer, opportunity_id: int, today: date, at: datetime, way: Way
) -> tuple[Held, Save]:
    save = Save.begin(actor=actor, on=today, today=today, at=at, way=way)
    held = hold(actor=actor, opportunity_id=min(opportunity_id, _LARGEST_ID), seen_version=None)
    return held, save.under(held.require(actor, "opportunity.edit"))


def _row(held: Held, competitor_id: int) -> Competitor:
    row = Competitor.objects.filter(
        pk=min(competitor_id, _LARGEST_ID), opportunity=held.row
    ).first()
    if row is None:
        raise NotFound("competitor.not_found")
    return row


def _name(name: str) -> str:
    if "\x00" in name:
        raise RuleBroken("text.unreadable", field="name")
    names = competitor_names([name])
    if not names:
        raise RuleBroken("competitor.name_missing", field="name")
    return names[0]


def _note(note: str) -> str:
    note = " ".join(note.split())
    if len(note) > _LONGEST_NOTE:
        raise RuleBroken("text.too_long", field="note", limit=_LONGEST_NOTE)
    if "\x00" in note:
        raise RuleBroken("text.unreadable", field="note")
    return note


def _stored(held: Held, changes: dict[str, tuple[Any, Any]], save: Save) -> Saved:
    note_changes(held.row.pk, changes, save)
    store(held.row, save, only=())
    return Saved(held.row.pk, held.row.version, str(save.correlation_id))
