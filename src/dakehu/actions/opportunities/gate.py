"""The evidence gate (FUN-3): the one place that every way in goes through."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from dakehu.core.access import Right, Viewer
from dakehu.core.errors import NotAllowed, RuleBroken
from dakehu.core.methods import (
    EvidenceItem,
    GateMode,
    GateVerdict,
    evidence_missing,
    evidence_unconfirmed,
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
    #: What the superior let pass.
    let_pass: tuple[EvidenceItem, ...] = ()

    @property
    def overruled(self) -> bool:
        """Test if a superior let it pass all the same."""
        return self.overruled_by is not None

    @property
    def overruled_keys(self) -> list[str]:
        """Give the items that the superior let pass, as the history keeps them."""
        return [item.key for item in self.let_pass]

    def warnings(self, language: str) -> tuple[str, ...]:
        """Give the names of what is missing, for the reader."""
        return tuple(item.name.in_language(language) for item in self.missing)


@dataclass(frozen=True, slots=True)
class Proven:
    """What was ticked of an opportunity's method, and what of it a superior has confirmed."""

    ticked: frozenset[str] = frozenset()
    confirmed: frozenset[str] = frozenset()


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
    proven: Proven | None = None,
) -> Passed:
    """Judge a move between stages (`leaving` None: creation; `to` a stage key, WON or LOST).

    *advise* lets pass and lists what is missing; *require* refuses with RuleBroken
    `gate.evidence_missing` (`missing`, `keys`); *validate* refuses likewise, and what is ticked
    but not confirmed by a superior with `gate.validation_needed` (`items`, `keys`): the move can
    be asked for (actions.validations). `overrule` is a superior's reason, against either:
    NotAllowed `gate.overrule` for anybody else. Who asks for many hands over what is `proven`.
    """
    held = _proven(opportunity_id, version, owner_id) if proven is None else proven
    missing = evidence_missing(version.spec, leaving=leaving, to=to, ticked=held.ticked)
    waiting: tuple[EvidenceItem, ...] = ()
    if version.gate == GateMode.VALIDATE:
        waiting = evidence_unconfirmed(
            version.spec, leaving=leaving, to=to, ticked=held.ticked, confirmed=held.confirmed
        )
    judged = gate(GateMode(version.gate), missing, waiting)
    if judged.verdict not in (GateVerdict.REFUSE, GateVerdict.WAIT):
        return Passed(missing)
    if not overrule.strip():
        refused = judged.verdict is GateVerdict.REFUSE
        names = [item.name.in_language(actor.language) for item in judged.items]
        raise RuleBroken(
            "gate.evidence_missing" if refused else "gate.validation_needed",
            **{"missing" if refused else "items": names},
            keys=[item.key for item in judged.items],
        )
    right = superior_right(actor, owner_id=owner_id, unit_id=unit_id, today=today)
    if right is None:
        raise NotAllowed("gate.overrule")
    return Passed(missing, right, (*missing, *waiting))


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


def _proven(opportunity_id: int | None, version: VersionInForce, owner_id: int) -> Proven:
    """Read what was ticked, and in *validate* what somebody else than the owner confirmed."""
    if opportunity_id is None:
        return Proven()
    if version.gate != GateMode.VALIDATE:
        return Proven(frozenset(key for key, _is in _rows(_TICKED, opportunity_id, version)))
    rows = _rows(_MARKED, owner_id, owner_id, opportunity_id, version)
    return Proven(
        frozenset(key for key, _is in rows), frozenset(key for key, confirmed in rows if confirmed)
    )


# Keys are unique within a method only.
_FROM = """
FROM dakehu_evidence e JOIN dakehu_stage s ON s.id = e.stage_id{marks}
WHERE e.opportunity_id = %s AND s.method_id = %s
"""
_TICKED = "SELECT e.key, FALSE" + _FROM.format(marks="")
_MARKED = """
SELECT e.key, CASE WHEN m.is_true AND m.is_precise AND m.is_provable
  AND (m.marked_by_id IS NULL OR m.marked_by_id <> %s)
  AND (m.for_person_id IS NULL OR m.for_person_id <> %s) THEN 1 ELSE 0 END
""" + _FROM.format(marks=" LEFT JOIN dakehu_evidencemark m ON m.evidence_id = e.id")


def _rows(sql: str, *facts: Any) -> list[tuple[str, bool]]:
    *values, version = facts
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, version.method_id])
        return list(cursor.fetchall())
