"""What somebody may do with a card, so that a board offers nothing that would be refused."""

from dataclasses import dataclass
from datetime import date

from dakehu.core.access import Viewer
from dakehu.queries.superiors import is_superior


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


def rights_of(
    viewer: Viewer, *, owner_id: int, unit_id: int, granted: str | None, today: date
) -> CardRights:
    """Give what the viewer may do with an open opportunity of that owner and unit."""

    def may(verb: str) -> bool:
        permission = f"opportunity.{verb}"
        return viewer.may(permission, owner_id=owner_id, unit_id=unit_id, granted=granted)

    superior = is_superior(viewer, owner_id=owner_id, unit_id=unit_id, today=today)
    advance, win = may("advance"), may("win")
    return CardRights(
        advance=advance or superior,
        regress=may("regress"),
        win=win or superior,
        lose=may("lose"),
        abandon=may("abandon"),
        reassign=superior,
        edit=may("edit"),
        overrules=superior and not advance,
    )
