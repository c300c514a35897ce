"""The stages of one opportunity's path, and the evidence that was ticked on it (FUN-2, FUN-3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from dakehu.core.files import ending_of
from dakehu.core.ledger import Place
from dakehu.core.methods import (
    LOST,
    WON,
    EvidenceItem,
    ItemState,
    Marks,
    evidence_missing,
    item_state,
)
from dakehu.models import Evidence, EvidenceFile, EvidencePlan
from dakehu.queries.stages import VersionInForce, versions_in_force
from dakehu.queries.written import written_once


@dataclass(frozen=True, slots=True)
class FileShown:
    """A file that proves an item; of a picture a small view can be shown."""

    id: int
    name: str
    size: int
    is_picture: bool


@dataclass(frozen=True, slots=True)
class MarkShown:
    """What a superior said of a tick; `counts` is false where the owner themselves said it."""

    marks: Marks
    by: str
    on: date
    note: str
    counts: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """Who ticked an evidence item, when, and with which proof."""

    id: int
    on: date
    by: str
    note: str
    link: str
    file_id: int | None
    file_name: str
    file_size: int | None
    #: The moment of the tick, as pages hand it back with a mark.
    seen: str = ""
    files: tuple[FileShown, ...] = ()
    mark: MarkShown | None = None

    @property
    def is_confirmed(self) -> bool:
        """Test if a superior marked it true, precise and provable."""
        return self.mark is not None and self.mark.counts and self.mark.marks.confirm


@dataclass(frozen=True, slots=True)
class PlanShown:
    """How a missing item is to be got; without a day the plan is incomplete (FUN-3)."""

    action: str
    due_on: date | None
    by: str
    #: The moment of the plan, as pages hand it back with another one.
    seen: str = ""


@dataclass(frozen=True, slots=True)
class EvidenceShown:
    """An evidence item of a stage, ticked or not."""

    stage_id: int
    key: str
    name: str
    tick: Tick | None
    #: Only warned about when it is missing (FUN-3).
    advised: bool = False
    plan: PlanShown | None = None

    @property
    def ref(self) -> str:
        """Give what tells it from the others on its page."""
        return f"{self.stage_id}-{self.key}"

    @property
    def state(self) -> ItemState:
        """Say how far the item is."""
        mark = self.tick.mark if self.tick else None
        return item_state(
            ticked=self.tick is not None,
            marks=mark.marks if mark is not None and mark.counts else None,
            planned=self.plan is not None,
            dated=self.plan is not None and self.plan.due_on is not None,
        )


@dataclass(frozen=True, slots=True)
class StageShown:
    """A stage on the path: where it stands (done, now, next, skipped) and for how long.

    `days` counts all stays, None where there was none; rates are in basis points.
    """

    id: int
    key: str
    name: str
    seller: str
    after_win: bool
    state: str
    days: int | None
    rate_bp: int | None
    evidence: tuple[EvidenceShown, ...]
    #: What a review asks at this stage, where the method says.
    question: str = ""

    @property
    def missing(self) -> tuple[EvidenceShown, ...]:
        """Give the items that nobody ticked."""
        return tuple(item for item in self.evidence if item.tick is None)

    @property
    def ticked(self) -> int:
        """Count the items that somebody ticked."""
        return len(self.evidence) - len(self.missing)

    @property
    def confirmed(self) -> int:
        """Count the items that a superior confirmed."""
        return sum(1 for item in self.evidence if item.tick and item.tick.is_confirmed)


Ticks = dict[tuple[int, str], Tick]
Plans = dict[tuple[int, str], PlanShown]


def ticks_of(opportunity_id: int, language: str) -> Ticks:
    """Give what was ticked, by stage and item; the caller has found the row to be in sight."""
    rows = _ticked(opportunity_id)
    more = _more_files(opportunity_id) if any(row["has_more"] for row in rows) else {}
    return {(row["stage_id"], row["key"]): _tick(row, more, language) for row in rows}


@written_once
def _ticked(opportunity_id: int) -> QuerySet[Evidence, Any]:
    return (
        Evidence.objects.filter(opportunity_id=opportunity_id)
        .annotate(has_more=Exists(EvidenceFile.objects.filter(evidence_id=OuterRef("pk"))))
        .order_by("id")
        .values(
            "stage_id", "key", "id", "ticked_on", "ticked_at", "ticked_by__name",
            "ticked_by__name_en", "note", "link", "file_id", "file__name", "file__size",
            "has_more", "opportunity__owner_id", "mark__id", "mark__is_true", "mark__is_precise",
            "mark__is_provable", "mark__note", "mark__marked_at", "mark__marked_by_id",
            "mark__for_person_id", "mark__marked_by__name", "mark__marked_by__name_en",
        )
    )  # fmt: skip


def _tick(row: Mapping[str, Any], more: dict[int, list[FileShown]], language: str) -> Tick:
    file_id, name, size = row["file_id"], row["file__name"] or "", row["file__size"]
    first = [FileShown(file_id, name, size, is_picture(name))] if file_id else []
    return Tick(
        row["id"],
        row["ticked_on"],
        in_tongue(language, row["ticked_by__name"], row["ticked_by__name_en"]),
        row["note"],
        row["link"],
        file_id,
        name,
        size,
        moment_seen(row["ticked_at"]),
        (*first, *more.get(row["id"], ())),
        _mark(row, language),
    )


def _mark(row: Mapping[str, Any], language: str) -> MarkShown | None:
    if row["mark__id"] is None:
        return None
    owner = row["opportunity__owner_id"]
    by = in_tongue(
        language, row["mark__marked_by__name"] or "", row["mark__marked_by__name_en"] or ""
    )
    return MarkShown(
        Marks(row["mark__is_true"], row["mark__is_precise"], row["mark__is_provable"]),
        by,
        timezone.localtime(row["mark__marked_at"]).date(),
        row["mark__note"],
        owner not in (row["mark__marked_by_id"], row["mark__for_person_id"]),
    )


def _more_files(opportunity_id: int) -> dict[int, list[FileShown]]:
    rows = EvidenceFile.objects.filter(evidence__opportunity_id=opportunity_id).order_by("id")
    found: dict[int, list[FileShown]] = {}
    for evidence, pk, name, size in rows.values_list(
        "evidence_id", "file_id", "file__name", "file__size"
    )[:500]:
        found.setdefault(evidence, []).append(FileShown(pk, name, size, is_picture(name)))
    return found


def is_picture(name: str) -> bool:
    """Test by its name if a file may be shown small; the address that shows it looks inside."""
    return ending_of(name) in (".jpg", ".jpeg", ".png", ".gif", ".webp")


def moment_seen(ticked_at: datetime) -> str:
    """Write the moment of a tick or a plan, to tell a proof that was looked at from a later one."""
    return str(round(ticked_at.timestamp() * 1_000_000))


def digest_seen(stages: tuple[StageShown, ...]) -> str:
    """Write the moments of all ticks and their marks short, to tell what was looked at."""
    ticks = [item.tick for stage in stages for item in stage.evidence if item.tick]
    seen = ";".join(f"{tick.id}:{tick.seen}:{tick.mark and tick.mark.marks}" for tick in ticks)
    return sha256(seen.encode()).hexdigest()[:32]


def plans_of(opportunity_id: int, language: str) -> Plans:
    """Give how missing items are to be got; the caller has found the row to be in sight."""
    rows = EvidencePlan.objects.filter(opportunity_id=opportunity_id).values_list(
        "stage_id", "key", "action", "due_on", "planned_by__name", "planned_by__name_en",
        "planned_at",
    )  # fmt: skip
    return {
        (stage, key): PlanShown(
            action, due, in_tongue(language, zh or "", en or ""), moment_seen(at)
        )
        for stage, key, action, due, zh, en, at in rows.order_by("id")[:500]
    }


def path_of(
    version: VersionInForce,
    raw: dict[str, Any],
    rates: dict[int, int | None],
    ticks: dict[tuple[int, str], Tick],
    stays: dict[int, int],
    language: str,
    plans: Plans | None = None,
) -> tuple[StageShown, ...]:
    """Give the stages of the version in order, as the opportunity went through them."""
    place = {stage.id: stage.order for stage in version.stages}[raw["stage_id"]]
    won = raw["place"] == Place.WON
    shown = []
    for stage in version.stages:
        spec = version.spec.stage(stage.key)
        days = stays.get(stage.id)
        if stage.id == raw["stage_id"] and not won:
            state = "now"
        elif stage.order < place or (won and not stage.after_win):
            state = "done" if days is not None else "skipped"
        else:
            state = "next"
        shown.append(
            StageShown(
                id=stage.id,
                key=stage.key,
                name=stage.name(language),
                seller=spec.seller.in_language(language) if spec.seller else "",
                after_win=stage.after_win,
                state=state,
                days=days,
                rate_bp=rates.get(stage.id),
                evidence=tuple(
                    _evidence(item, stage.id, ticks, plans or {}, language)
                    for item in spec.evidence
                ),
                question=spec.review_question.in_language(language) if spec.review_question else "",
            )
        )
    return tuple(shown)


def _evidence(
    item: EvidenceItem, stage_id: int, ticks: Ticks, plans: Plans, language: str
) -> EvidenceShown:
    return EvidenceShown(
        stage_id,
        item.key,
        item.name.in_language(language),
        ticks.get((stage_id, item.key)),
        item.advised,
        plans.get((stage_id, item.key)),
    )


def evidence_name(stage_id: int, key: str, language: str) -> str:
    """Name an item of evidence by the newest version of a method that has it."""
    for version in reversed(list(versions_in_force().values())):
        stage = version.by_id(stage_id)
        for item in version.spec.stage(stage.key).evidence if stage else ():
            if item.key == key:
                return item.name.in_language(language)
    return key


def next_after(stages: tuple[StageShown, ...], here: StageShown) -> StageShown | None:
    """Give the open stage that follows, None at the last one."""
    later = [stage for stage in stages[_place(stages, here) + 1 :] if not stage.after_win]
    return later[0] if later else None


def in_tongue(language: str, zh: str, en: str) -> str:
    """Choose a name by the reader's language, else the other one."""
    return (en or zh) if language.startswith("en") else (zh or en)


def _place(stages: tuple[StageShown, ...], here: StageShown) -> int:
    return next(n for n, stage in enumerate(stages) if stage.id == here.id)


def missing_of(
    version: VersionInForce,
    here: str,
    following: StageShown | None,
    ticks: dict[tuple[int, str], Tick],
    language: str,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give what is missing for the next stage, and for a win."""
    # Keys are unique within a method only: what was ticked before a move to this one is not its.
    ticked = {key for stage, key in ticks if version.by_id(stage) is not None}

    def names(to: str) -> tuple[str, ...]:
        missing = evidence_missing(version.spec, leaving=here, to=to, ticked=ticked)
        return tuple(item.name.in_language(language) for item in missing)

    return (names(following.key) if following else ()), names(WON)


def loss_proof_of(
    stages: tuple[StageShown, ...], version: VersionInForce
) -> tuple[EvidenceShown, ...]:
    """Give the items that prove a loss."""
    proofs = {item.key for s in version.spec.stages for item in s.evidence if item.outcome == LOST}
    return tuple(e for s in stages for e in s.evidence if e.key in proofs)


def gaps_of(stages: tuple[StageShown, ...], here: StageShown) -> tuple[EvidenceShown, ...]:
    """Give what was never proven of the stages already passed (FUN-3)."""
    passed = stages[: _place(stages, here)]
    return tuple(item for stage in passed for item in stage.missing)
