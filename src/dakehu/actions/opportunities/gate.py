"""The evidence gate (FUN-3): the one place that every way in goes through."""

from dataclasses import dataclass
from datetime import date

from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed, RuleBroken
from dakehu.core.methods import (
    EvidenceItem,
    GateMode,
    GateVerdict,
    evidence_missing,
    gate,
)
from dakehu.models import Evidence
from dakehu.queries.stages import VersionInForce
from dakehu.queries.superiors import is_superior


@dataclass(frozen=True, slots=True)
class Passed:
    """The move may be made: what is missing all the same, and whether a superior overruled."""

    missing: tuple[EvidenceItem, ...] = ()
    overruled: bool = False

    def warnings(self, language: str) -> tuple[str, ...]:
        """Give the names of what is missing, for the reader."""
        return tuple(item.name.in_language(language) for item in self.missing)


def pass_gate(
    *,
    actor: Viewer,
    version: VersionInForce,
    opportunity_id: int | None,
    owner_id: int,
    unit_id: int,
    leaving: str | None,
    to: str,
    today: date,
    overrule: str = "",
    ticked: frozenset[str] | None = None,
) -> Passed:
    """Judge a move between stages (`leaving` None: creation; `to` a stage key, WON or LOST).

    *advise* lets pass and lists what is missing; *require* refuses with
    RuleBroken `gate.evidence_missing` (`missing`, `keys`); *validate* refuses likewise, and what
    only waits to be validated passes until the manager's inbox exists (our reading for now).
    `overrule` is a superior's reason: NotAllowed `gate.overrule` for anybody else.
    """
    held = _ticked(opportunity_id, version.method_id) if ticked is None else ticked
    missing = evidence_missing(version.spec, leaving=leaving, to=to, ticked=held)
    verdict = gate(GateMode(version.gate), missing).verdict
    if verdict is not GateVerdict.REFUSE:
        return Passed(missing)
    if not overrule.strip():
        raise RuleBroken(
            "gate.evidence_missing",
            missing=[item.name.in_language(actor.language) for item in missing],
            keys=[item.key for item in missing],
        )
    if not is_superior(actor, owner_id=owner_id, unit_id=unit_id, today=today):
        raise NotAllowed("gate.overrule")
    return Passed(missing, overruled=True)


def _ticked(opportunity_id: int | None, method_id: int) -> frozenset[str]:
    if opportunity_id is None:
        return frozenset()
    return frozenset(
        # Keys are unique within a method only.
        Evidence.objects.filter(
            opportunity_id=opportunity_id, stage__method_id=method_id
        ).values_list("key", flat=True)
    )
