"""What a move between stages must prove, and what the gate says to it (FUN-3).

Evidence is ticked by key; a key is unique within its method, so a set of keys is enough.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from dakehu.core.methods.spec import EvidenceItem, MethodSpec, StageSpec

WON = "won"
LOST = "lost"

MoveKind = Literal["created", "advanced", "regressed", "won", "stays"]


def stages_between(method: MethodSpec, leaving: str, to: str) -> tuple[StageSpec, ...]:
    """Stages left by a forward move: from `leaving` up to but not including `to`; back: none."""
    return method.stages[method.position(leaving) : method.position(to)]


def move_kind(method: MethodSpec, *, leaving: str | None, to: str) -> MoveKind:
    """What a move is. `to` is a stage key or WON; entering a stage after the win is winning."""
    if to == WON or not method.is_open(to):
        return "won"
    if leaving is None:
        return "created"
    step = method.position(to) - method.position(leaving)
    return "advanced" if step > 0 else "regressed" if step < 0 else "stays"


def evidence_needed(
    method: MethodSpec, *, leaving: str | None, to: str
) -> tuple[EvidenceItem, ...]:
    """Evidence that a move needs; `leaving=None` is creation, `to` a stage key, WON or LOST.

    Forward: the evidence of every stage left or skipped. Back, or losing: none. Creation beyond
    the first stage: of every stage before it. A win: of every stage passed, from the first on,
    and what proves the win itself (our reading for tender-8: 08 is entered by winning, so its
    signed agreement belongs to the win, and its loss report is asked for but never holds back
    a loss). RuleBroken `method.unknown_stage`.
    """
    if leaving is not None:
        method.position(leaving)
    if to == LOST:
        return ()
    if move_kind(method, leaving=leaving, to=to) == "won":
        proofs = tuple(i for s in method.stages_after_win for i in s.evidence if i.outcome == WON)
        return tuple(i for s in method.open_stages for i in s.evidence) + proofs
    first = method.stages[0].key if leaving is None else leaving
    return tuple(i for s in stages_between(method, first, to) for i in s.evidence)


def evidence_missing(
    method: MethodSpec, *, leaving: str | None, to: str, ticked: Collection[str]
) -> tuple[EvidenceItem, ...]:
    """The items needed for the move whose keys are not among `ticked`."""
    needed = evidence_needed(method, leaving=leaving, to=to)
    return tuple(item for item in needed if item.key not in ticked)


def evidence_unconfirmed(
    method: MethodSpec,
    *,
    leaving: str | None,
    to: str,
    ticked: Collection[str],
    confirmed: Collection[str],
) -> tuple[EvidenceItem, ...]:
    """The items needed for the move that are ticked, and that no superior has confirmed.

    Confirmed is what was marked true, precise and provable (FUN-3). What is only advised waits
    for nobody.
    """
    needed = evidence_needed(method, leaving=leaving, to=to)
    return tuple(
        item
        for item in needed
        if item.key in ticked and item.key not in confirmed and not item.advised
    )


@dataclass(frozen=True, slots=True)
class Marks:
    """What a superior says of a ticked item: true 真实, precise 精确, provable 可证明 (FUN-3).

    None: nothing said yet; only all three together confirm it.
    """

    true: bool | None = None
    precise: bool | None = None
    provable: bool | None = None

    @property
    def confirm(self) -> bool:
        """Test if the item is confirmed."""
        return bool(self.true and self.precise and self.provable)

    @property
    def deny(self) -> bool:
        """Test if one of the three was denied."""
        return False in (self.true, self.precise, self.provable)


ItemState = Literal["missing", "planned", "plan_incomplete", "ticked", "confirmed", "sent_back"]


def item_state(*, ticked: bool, marks: Marks | None, planned: bool, dated: bool) -> ItemState:
    """Say how far an item is: a plan is no evidence, and without a day it is no plan (FUN-3)."""
    if ticked:
        if marks is None or not (marks.confirm or marks.deny):
            return "ticked"
        return "confirmed" if marks.confirm else "sent_back"
    if planned:
        return "planned" if dated else "plan_incomplete"
    return "missing"


class GateMode(StrEnum):
    """How strictly a method asks for its evidence."""

    ADVISE = "advise"
    REQUIRE = "require"
    VALIDATE = "validate"


class GateVerdict(StrEnum):
    """What becomes of the move: done · done with a warning · not done · waits for the manager."""

    ALLOW = "allow"
    WARN = "warn"
    REFUSE = "refuse"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class GateResult:
    """The verdict and the items that led to it: missing ones, or those to be validated."""

    verdict: GateVerdict
    items: tuple[EvidenceItem, ...] = ()


def gate(
    mode: GateMode | str,
    missing: tuple[EvidenceItem, ...],
    unvalidated: tuple[EvidenceItem, ...] = (),
) -> GateResult:
    """Judge a move by its `missing` evidence and, in *validate*, by what nobody validated yet.

    In *validate* an item that is missing refuses: there is nothing that a manager could mark
    true, precise and provable. What is ticked and not confirmed makes the move wait. A
    superior's overruling is the caller's (it is a permission). What an item only advises is
    warned of in every mode.
    """
    mode = GateMode(mode)
    binding = tuple(item for item in missing if not item.advised)
    if binding and mode is not GateMode.ADVISE:
        return GateResult(GateVerdict.REFUSE, binding)
    waiting = tuple(item for item in unvalidated if not item.advised)
    if mode is GateMode.VALIDATE and waiting:
        return GateResult(GateVerdict.WAIT, waiting)
    return GateResult(GateVerdict.WARN if missing else GateVerdict.ALLOW, missing)
