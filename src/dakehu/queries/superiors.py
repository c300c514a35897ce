"""Superiors (上级): the head of the nearest unit above who is not the owner (FOR-5)."""

from collections.abc import Iterable
from datetime import date

from django.db.models import Q

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


def superiors_of(*, owner_id: int, unit_id: int, today: date) -> tuple[int, ...]:
    """Give who is the owner's superior today, with who stands in for them; nobody: empty.

    For whom to tell and whom to name; who may act is asked by `superior_right`.
    """
    found = [person for person, _for in _seats(owner_id, unit_id, today) if person != owner_id]
    return tuple(dict.fromkeys(found))


def led_by(viewer: Viewer, today: date) -> Q:
    """Give the condition for opportunities whose owner may have the viewer as superior.

    It leaves out what another head stands between; who is nearest where several heads stand in
    one unit, `superior_right` says of each row.
    """
    if viewer.is_operator:
        return Q()
    tree = all_units().tree(today, with_closed=True)
    free, behind, heads = set[int](), set[int](), set[int]()
    for reach in viewer.reaches:
        if reach.role != "unit_head":
            continue
        for unit in reach.units:
            path = tree.path(unit)
            below = path[path.index(reach.unit_id) + 1 :] if reach.unit_id in path else path
            between = seats().heads_of(below, today)
            if not between:
                free.add(unit)
                continue
            behind.add(unit)
            heads |= {p for s in between for p in (s.person_id, s.for_person) if p is not None}
    led = Q(unit_id__in=free)
    if behind:
        # A head's own are led by the next one above.
        led |= Q(unit_id__in=behind, owner_id__in=heads)
    return led & ~Q(owner_id=viewer.person_id or 0)


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
