"""The evidence gate (FUN-3): the one place that every way in goes through."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from dakehu.core.access import Right, Viewer
from dakehu.core.errors import NotAllowed, RuleBroken
from dakehu.core.methods import (
    EvidenceItem,
    GateMode,
    GateVerdict,
    evidence_missing,
    gate,
)
from dakehu.models import Opportunity
from dakehu.queries.rates import win_rates
from dakehu.queries.stages import StageInForce, VersionInForce
from dakehu.queries.superiors import superior_right


@dataclass(frozen=True, slots=True)
class Passed:
    """The move may be made: what is missing all the same, and whether a superior overruled."""

    missing: tuple[EvidenceItem, ...] = ()
    #: The superior's right by which the gate was overruled.
    overruled_by: Right | None = None

    @property
    def overruled(self) -> bool:
        """Test if a superior let it pass all the same."""
        return self.overruled_by is not None

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
    judged = gate(GateMode(version.gate), missing)
    if judged.verdict is not GateVerdict.REFUSE:
        return Passed(missing)
    if not overrule.strip():
        raise RuleBroken(
            "gate.evidence_missing",
            missing=[item.name.in_language(actor.language) for item in judged.items],
            keys=[item.key for item in judged.items],
        )
    right = superior_right(actor, owner_id=owner_id, unit_id=unit_id, today=today)
    if right is None:
        raise NotAllowed("gate.overrule")
    return Passed(missing, right)


def pass_gate_between(
    *,
    actor: Viewer,
    row: Opportunity,
    from_stage_id: int,
    version: VersionInForce,
    to: StageInForce,
    on: date,
    today: date,
    overrule: str = "",
) -> Passed:
    """Judge what lands on a stage by another way than the path: a map of stages, an undo.

    In the method of the stage left its order says if it leads on; into another method the win
    rate does, and then it is judged like a creation there.
    """
    left = version.by_id(from_stage_id)
    leaving = left.key if left is not None and not left.after_win else None
    if leaving is None and not _is_likelier(to.id, from_stage_id, on):
        return Passed()
    return pass_gate(
        actor=actor,
        version=version,
        opportunity_id=row.pk,
        owner_id=row.owner_id,
        unit_id=row.unit_id,
        leaving=leaving,
        to=to.key,
        today=today,
        overrule=overrule,
    )


def _is_likelier(stage_id: int, than_id: int, on: date) -> bool:
    rates = win_rates().on(on)
    return (rates.get(stage_id) or 0) > (rates.get(than_id) or 0)


def _ticked(opportunity_id: int | None, method_id: int) -> frozenset[str]:
    if opportunity_id is None:
        return frozenset()
    with connection.cursor() as cursor:
        # Keys are unique within a method only.
        cursor.execute(
            "SELECT e.key FROM dakehu_evidence e JOIN dakehu_stage s ON s.id = e.stage_id"
            " WHERE e.opportunity_id = %s AND s.method_id = %s",
            [opportunity_id, method_id],
        )
        return frozenset(key for (key,) in cursor.fetchall())
