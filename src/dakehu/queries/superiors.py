"""Superiors (上级): the head of the nearest unit above who is not the owner (FOR-5)."""

from datetime import date

from django.db.models import Q, QuerySet

from dakehu.core.access import Viewer
from dakehu.models import Appointment
from dakehu.queries.units import all_units


def superiors_of(*, owner_id: int, unit_id: int, today: date) -> frozenset[int]:
    """Give the heads in force of the nearest unit, from the owner's own up, with another head."""
    path = all_units().tree(today).path(unit_id) or (unit_id,)
    return _nearest(_heads(owner_id, today).filter(unit_id__in=path), path)


def is_superior(actor: Viewer, *, owner_id: int, unit_id: int, today: date) -> bool:
    """Test if the actor is the owner's superior today; the machine's operator is everybody's."""
    if actor.is_operator:
        return True
    if actor.person_id is None or actor.person_id == owner_id:
        return False
    headed = [r for r in actor.reaches if r.role == "unit_head" and unit_id in r.units]
    if not headed:
        return False
    # No other head below the actor's unit: no need to ask for the tree.
    nearest = min(headed, key=lambda reach: len(reach.units))
    between = nearest.units - {nearest.unit_id}
    if not between or not _heads(owner_id, today).filter(unit_id__in=between).exists():
        return True
    return actor.person_id in superiors_of(owner_id=owner_id, unit_id=unit_id, today=today)


def _heads(owner_id: int, today: date) -> QuerySet[Appointment]:
    return (
        Appointment.objects.filter(role="unit_head", from_on__lte=today)
        .filter(Q(until_on__isnull=True) | Q(until_on__gt=today))
        .exclude(person_id=owner_id)
        .filter(person__is_active=True)
    )


def _nearest(rows: QuerySet[Appointment], path: tuple[int, ...]) -> frozenset[int]:
    heads: dict[int, set[int]] = {}
    for unit, person in rows.values_list("unit_id", "person_id"):
        heads.setdefault(unit, set()).add(person)
    for unit in reversed(path):
        if unit in heads:
            return frozenset(heads[unit])
    return frozenset()
