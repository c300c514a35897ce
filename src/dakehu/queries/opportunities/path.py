"""The stages of one opportunity's path, and the evidence that was ticked on it (FUN-2, FUN-3)."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from dakehu.core.ledger import Place
from dakehu.core.methods import LOST, WON, EvidenceItem, evidence_missing
from dakehu.models import Evidence
from dakehu.queries.stages import VersionInForce, versions_in_force


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


@dataclass(frozen=True, slots=True)
class EvidenceShown:
    """An evidence item of a stage, ticked or not."""

    stage_id: int
    key: str
    name: str
    tick: Tick | None
    #: Only warned about when it is missing (FUN-3).
    advised: bool = False


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

    @property
    def missing(self) -> tuple[EvidenceShown, ...]:
        """Give the items that nobody ticked."""
        return tuple(item for item in self.evidence if item.tick is None)


Ticks = dict[tuple[int, str], Tick]


def ticks_of(opportunity_id: int, language: str) -> Ticks:
    """Give what was ticked, by stage and item; the caller has found the row to be in sight."""
    rows = Evidence.objects.filter(opportunity_id=opportunity_id).values_list(
        "stage_id", "key", "id", "ticked_on", "ticked_by__name", "ticked_by__name_en", "note",
        "link", "file_id", "file__name", "file__size",
    )  # fmt: skip
    return {
        (stage, key): Tick(
            pk, on, in_tongue(language, zh, en), note, link, file_id, file_name or "", size
        )
        for stage, key, pk, on, zh, en, note, link, file_id, file_name, size in rows.order_by("id")
    }


def path_of(
    version: VersionInForce,
    raw: dict[str, Any],
    rates: dict[int, int | None],
    ticks: dict[tuple[int, str], Tick],
    stays: dict[int, int],
    language: str,
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
                    _evidence(item, stage.id, ticks, language) for item in spec.evidence
                ),
            )
        )
    return tuple(shown)


def _evidence(
    item: EvidenceItem, stage_id: int, ticks: dict[tuple[int, str], Tick], language: str
) -> EvidenceShown:
    return EvidenceShown(
        stage_id,
        item.key,
        item.name.in_language(language),
        ticks.get((stage_id, item.key)),
        item.advised,
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
    ticked = {key for _stage, key in ticks}

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
