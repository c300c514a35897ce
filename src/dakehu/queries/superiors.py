"""Superiors (上级): the head of the nearest unit above who is not the owner (FOR-5)."""

from datetime import date

from django.db.models import Q

from dakehu.core.access import Viewer
from dakehu.models import Appointment
from dakehu.queries.units import all_units


def superiors_of(*, owner_id: int, unit_id: int, today: date) -> frozenset[int]:
    """Give the heads in force of the nearest unit, from the owner's own up, with another head."""
    heads: dict[int, set[int]] = {}
    rows = (
        Appointment.objects.filter(role="unit_head", from_on__lte=today)
        .filter(Q(until_on__isnull=True) | Q(until_on__gt=today))
        .exclude(person_id=owner_id)
        .filter(person__is_active=True)
    )
    path = all_units().tree(today).path(unit_id) or (unit_id,)
    for unit, person in rows.filter(unit_id__in=path).values_list("unit_id", "person_id"):
        heads.setdefault(unit, set()).add(person)
    for unit in reversed(path):
        if unit in heads:
            return frozenset(heads[unit])
    return frozenset()


def is_superior(actor: Viewer, *, owner_id: int, unit_id: int, today: date) -> bool:
    """Test if the actor is the owner's superior today; the machine's operator is everybody's."""
    if actor.is_operator:
        return True
    if actor.person_id is None or actor.person_id == owner_id:
        return False
    if not any(r.role == "unit_head" and unit_id in r.units for r in actor.reaches):
        return False
    return actor.person_id in superiors_of(owner_id=owner_id, unit_id=unit_id, today=today)
