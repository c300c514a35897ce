"""Who may change an activity: who did it, who stands in for them, and the head of its unit."""

from dakehu.core.access import Right, Viewer, best_right

LOG = "activity.log"


def right_to_change(viewer: Viewer, *, owner_id: int, unit_id: int) -> Right | None:
    """Give the right to change an activity of that owner and unit, None where there is none."""
    if viewer.is_operator:
        return Right()
    if not viewer.holds(LOG):
        return None
    own = Right() if owner_id == viewer.person_id else None
    others = (
        Right(reach.for_person)
        for reach in viewer.reaches
        if (reach.for_person == owner_id and owner_id is not None)
        or (reach.role == "unit_head" and unit_id in reach.units)
    )
    return best_right(own, *others)
