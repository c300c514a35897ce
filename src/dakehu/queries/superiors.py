"""Superiors (上级): the head of the nearest unit above who is not the owner (FOR-5)."""

from collections.abc import Iterable
from datetime import date

from dakehu.core.access import Right, Viewer, best_right
from dakehu.queries.seats import Seat, seats
from dakehu.queries.units import all_units


def is_superior(actor: Viewer, *, owner_id: int, unit_id: int, today: date) -> bool:
    """Test if the actor is the owner's superior today; the machine's operator is everybody's."""
    return superior_right(actor, owner_id=owner_id, unit_id=unit_id, today=today) is not None


def superior_right(actor: Viewer, *, owner_id: int, unit_id: int, today: date) -> Right | None:
    """Give the right of a superior, and for whom where the actor only deputises for one."""
    if actor.is_operator:
        return Right()
    if actor.person_id is None or actor.person_id == owner_id:
        return None
    # A head is not their own superior through their deputy either.
    headed = [
        r
        for r in actor.reaches
        if r.role == "unit_head" and unit_id in r.units and r.for_person != owner_id
    ]
    if not headed:
        return None
    # No other head below the actor's unit: no need to ask for the tree.
    nearest = min(headed, key=lambda reach: len(reach.units))
    between = nearest.units - {nearest.unit_id}
    if not _heads(owner_id, between, today):
        acting = [r.for_person for r in headed if r.unit_id == nearest.unit_id]
    else:
        found = _seats(owner_id, unit_id, today)
        acting = [for_person for person, for_person in found if person == actor.person_id]
    return best_right(*(Right(for_person) for for_person in acting))


def _heads(owner_id: int, units: Iterable[int], today: date) -> list[Seat]:
    return [
        seat
        for seat in seats().heads_of(units, today)
        if owner_id not in (seat.person_id, seat.for_person)
    ]


def _seats(owner_id: int, unit_id: int, today: date) -> list[tuple[int, int | None]]:
    """Give who heads the nearest unit and for whom they do; a closed unit is where it last hung."""
    path = all_units().tree(today, with_closed=True).path(unit_id) or (unit_id,)
    for unit in reversed(path):
        heads = _heads(owner_id, [unit], today)
        if heads:
            return [(seat.person_id, seat.for_person) for seat in heads]
    return []
