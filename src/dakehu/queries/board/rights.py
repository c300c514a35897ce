"""What somebody may do with a card, so that a board offers nothing that would be refused."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from dakehu.core.access import ROLES, Reach, Viewer
from dakehu.queries.superiors import is_superior

_VERBS = ("advance", "regress", "win", "lose", "abandon", "edit")


@dataclass(frozen=True, slots=True)
class CardRights:
    """Moves of an open opportunity; `overrules`: forward only by overruling the gate (FUN-3)."""

    advance: bool = False
    regress: bool = False
    win: bool = False
    lose: bool = False
    abandon: bool = False
    reassign: bool = False
    edit: bool = False
    overrules: bool = False


Rights = Callable[[int, int, str | None], CardRights]


def rights_for(viewer: Viewer, *, today: date) -> Rights:
    """Give what the viewer may do with an open opportunity, by its owner, unit and grant.

    Each is asked once: a board has a hundred cards of some thirty people.
    """
    heads = viewer.is_operator or any(reach.role == "unit_head" for reach in viewer.reaches)
    alike = _alike(viewer)
    known: dict[tuple[int, int, str | None], CardRights] = {}

    def rights(owner_id: int, unit_id: int, granted: str | None) -> CardRights:
        key = (owner_id, unit_id, granted)
        if key not in known:
            may: dict[str, bool] = {}
            for verbs in alike:
                allowed = viewer.may(
                    f"opportunity.{verbs[0]}", owner_id=owner_id, unit_id=unit_id, granted=granted
                )
                may |= dict.fromkeys(verbs, allowed)
            if heads and is_superior(viewer, owner_id=owner_id, unit_id=unit_id, today=today):
                overrules = not may.get("advance", False)
                may |= {"advance": True, "win": True, "reassign": True, "overrules": overrules}
            known[key] = CardRights(**may)
        return known[key]

    return rights


def _alike(viewer: Viewer) -> list[list[str]]:
    """Sort verbs by the appointments that allow them: what goes for one goes for its like."""
    if viewer.is_operator:
        return [list(_VERBS)]
    groups: dict[tuple[Reach, ...], list[str]] = {}
    for verb in _VERBS:
        permission = f"opportunity.{verb}"
        reaches = tuple(r for r in viewer.reaches if permission in ROLES[r.role].may)
        if reaches:
            groups.setdefault(reaches, []).append(verb)
    return list(groups.values())
