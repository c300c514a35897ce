"""Ticking evidence of a stage with its proof: a note, a link or a file (FUN-3)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction

from dakehu.actions.evidence.storing import Upload, store_file
from dakehu.actions.opportunities.held import Save, hold, note_changes, require_open
from dakehu.actions.opportunities.taking_back import plain_tick, proof_of
from dakehu.core.access import Viewer
from dakehu.core.errors import Conflict, NotFound, RuleBroken
from dakehu.core.ledger import Way
from dakehu.models import Evidence, EvidenceFile, EvidenceMark, EvidencePlan, StoredFile
from dakehu.queries.opportunities.path import moment_seen
from dakehu.queries.people import person_name
from dakehu.queries.stages import version_in_force

MOST_FILES = 20


@dataclass(frozen=True, slots=True)
class Proof:
    """What proves an item: at least one of note, link, file; `keep_file` keeps the first there."""

    note: str = ""
    link: str = ""
    file: Upload | None = None
    keep_file: bool = True


@transaction.atomic
def tick_evidence(
    *,
    actor: Viewer,
    opportunity_id: int,
    stage_id: int,
    key: str,
    proof: Proof,
    seen: str | None = None,
    today: date,
    at: datetime,
    way: Way,
) -> int:
    """Tick an item of the opportunity's method, or change its proof; give the tick's id.

    A proof that changes loses what a superior said of it; a file is put to those that are there.
    `seen` is the moment of the tick that was looked at (`moment_seen`; empty: it was not ticked).
    NotFound, NotAllowed `evidence.tick`, Conflict `evidence.changed`, RuleBroken
    `evidence.proof_missing`, `evidence.bad_link`, `evidence.file_…`, `evidence.too_many_files`,
    `opportunity.not_open`.
    """
    save, row, old = held_tick(actor, opportunity_id, stage_id, key, today, at, way)
    note, link = proof.note.strip()[:4000], _checked_link(proof.link)
    if "\x00" in note:
        raise RuleBroken("text.unreadable", field="note")
    _check_seen(row, seen, {"note": note, "link": link})
    row.note, row.link = note, link
    if not proof.keep_file:
        row.file = None
    if proof.file is not None:
        _put_file(row, proof.file, save)
    _keep(row, old, save)
    return row.pk


@transaction.atomic
def add_evidence_file(
    *,
    actor: Viewer,
    opportunity_id: int,
    stage_id: int,
    key: str,
    upload: Upload,
    today: date,
    at: datetime,
    way: Way,
) -> int:
    """Put one more file to an item, and tick it where it was not; give the tick's id.

    NotFound, NotAllowed `evidence.tick`, RuleBroken `evidence.file_…`, `evidence.too_many_files`,
    `opportunity.not_open`.
    """
    save, row, old = held_tick(actor, opportunity_id, stage_id, key, today, at, way)
    _put_file(row, upload, save)
    _keep(row, old, save)
    return row.pk


def _put_file(row: Evidence, upload: Upload, save: Save) -> None:
    if row.pk and len(_files(row)) >= MOST_FILES:
        raise RuleBroken("evidence.too_many_files", field="file", limit=MOST_FILES)
    file = store_file(upload, actor=save.actor, at=save.at)
    if row.file_id is None:
        row.file = file
    else:
        EvidenceFile.objects.create(evidence=row, file=file)


@transaction.atomic
def remove_evidence_file(
    *,
    actor: Viewer,
    opportunity_id: int,
    stage_id: int,
    key: str,
    file_id: int,
    today: date,
    at: datetime,
    way: Way,
) -> None:
    """Take one file off an item; the file stays with the history.

    NotFound `evidence.no_file`, NotAllowed `evidence.tick`, RuleBroken `evidence.proof_missing`
    where nothing else proves the item: then the tick is taken away instead.
    """
    save, row, old = held_tick(actor, opportunity_id, stage_id, key, today, at, way)
    if old is None or file_id not in _files(row):
        raise NotFound("evidence.no_file")
    if row.file_id == file_id:
        first = EvidenceFile.objects.filter(evidence=row).order_by("id").first()
        row.file_id = first.file_id if first else None
        if first:
            first.delete()
    else:
        EvidenceFile.objects.filter(evidence=row, file_id=file_id).delete()
    _keep(row, old, save)


def held_tick(
    actor: Viewer,
    opportunity_id: int,
    stage_id: int,
    key: str,
    today: date,
    at: datetime,
    way: Way,
) -> tuple[Save, Evidence, dict[str, Any] | None]:
    """Hold the opportunity, and give the tick as it is there, or a new one."""
    save = Save.begin(actor=actor, on=today, today=today, at=at, way=way)
    held = hold(actor=actor, opportunity_id=opportunity_id, seen_version=None)
    save = save.under(held.require(actor, "evidence.tick"))
    require_open(held.row)
    if actor.person_id is None:
        raise RuleBroken("evidence.who")
    _check_item(held.row.method_version_id, stage_id, key)
    row = Evidence.objects.filter(opportunity_id=opportunity_id, stage_id=stage_id, key=key).first()
    old = plain_tick(row)
    return save, row or Evidence(opportunity_id=opportunity_id, stage_id=stage_id, key=key), old


def _check_seen(row: Evidence, seen: str | None, yours: dict[str, str]) -> None:
    """Refuse what was written over a tick that was not looked at.

    Conflict `evidence.changed` with `theirs` and `yours` where they differ; a proof that stays
    as it is loses nothing.
    """
    now = moment_seen(row.ticked_at) if row.pk else ""
    if seen is None or seen == now:
        return
    held = {"note": row.note, "link": row.link, "file": _file_names(row)}
    differing = [name for name, value in yours.items() if held[name] != value]
    if differing:
        raise Conflict(
            "evidence.changed",
            version=now,
            theirs={name: held[name] for name in differing},
            yours={name: yours[name] for name in differing},
            who=person_name(row.ticked_by) if row.pk else None,
            at=row.ticked_at,
        )


def _file_names(row: Evidence) -> str:
    names = StoredFile.objects.filter(pk__in=_files(row) if row.pk else ()).order_by("id")
    return ", ".join(names.values_list("name", flat=True))


def _keep(row: Evidence, old: dict[str, Any] | None, save: Save) -> None:
    """Save a tick that has changed: who changed it vouches for it, and its marks are gone."""
    if not (row.note or row.link or row.file_id):
        raise RuleBroken("evidence.proof_missing", field="note")
    if proof_of(plain_tick(row)) == proof_of(old):
        return
    row.ticked_on = save.today
    row.ticked_at = save.at
    assert save.actor.person_id is not None
    row.ticked_by_id = save.actor.person_id
    row.save()
    if old is not None:
        EvidenceMark.objects.filter(evidence_id=row.pk).delete()
    kept = plain_tick(row) or {}
    plans = EvidencePlan.objects.filter(
        opportunity_id=row.opportunity_id, stage_id=row.stage_id, key=row.key
    )
    if plan := plans.first():
        at = plan.planned_at.astimezone(UTC).isoformat()
        kept["plan"] = {**(plain_plan(plan) or {}), "by": plan.planned_by_id, "at": at}
        plan.delete()
    note_changes(row.opportunity_id, {"evidence": (old, kept)}, save)


def _files(row: Evidence) -> list[int]:
    more = (
        EvidenceFile.objects.filter(evidence=row).order_by("id").values_list("file_id", flat=True)
    )
    return [*([row.file_id] if row.file_id else []), *more]


@transaction.atomic
def untick_evidence(
    *,
    actor: Viewer,
    opportunity_id: int,
    stage_id: int,
    key: str,
    seen: str | None = None,
    today: date,
    at: datetime,
    way: Way,
) -> None:
    """Take a tick away; the file stays with the history.

    `seen` as for `tick_evidence`. NotFound, NotAllowed `evidence.tick`, Conflict
    `evidence.changed`.
    """
    save, row, old = held_tick(actor, opportunity_id, stage_id, key, today, at, way)
    if old is None:
        raise NotFound("evidence.not_ticked")
    _check_seen(row, seen, {"note": "", "link": "", "file": ""})
    row.delete()
    note_changes(opportunity_id, {"evidence": (old, None)}, save)


def plain_plan(plan: EvidencePlan | None) -> dict[str, Any] | None:
    """Write a plan as the history keeps it."""
    if plan is None:
        return None
    due = plan.due_on.isoformat() if plan.due_on else None
    return {"stage": plan.stage_id, "key": plan.key, "action": plan.action, "due_on": due}


def _check_item(version_id: int, stage_id: int, key: str) -> None:
    version = version_in_force(version_id)
    stage = version.by_id(stage_id)
    keys = {i.key for i in version.spec.stage(stage.key).evidence} if stage else set()
    if key not in keys:
        raise NotFound("evidence.unknown_item", key=key)


def _checked_link(link: str) -> str:
    link = link.strip()
    if not link:
        return ""
    try:
        parts = urlsplit(link)
    except ValueError as error:
        raise RuleBroken("evidence.bad_link", field="link") from error
    unfit = len(link) > 500 or "\x00" in link
    if parts.scheme not in ("http", "https") or not parts.netloc or unfit:
        raise RuleBroken("evidence.bad_link", field="link")
    return link
