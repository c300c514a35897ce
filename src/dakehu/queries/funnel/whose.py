"""Whose positions, quota and threshold a question of the funnel is about, as far as in sight."""

from datetime import date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef

from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound
from dakehu.core.funnel import (
    Figure,
    known,
)
from dakehu.models import Appointment, Person
from dakehu.queries.funnel.facts import FunnelQuestion
from dakehu.queries.ledger import (
    Where,
    positions_of,
)
from dakehu.queries.people import PersonName
from dakehu.queries.quotas import quota_for
from dakehu.queries.units import Units


def sight(
    viewer: Viewer, question: FunnelQuestion, units: Units, day: date, today: date
) -> list[Where]:
    """Give the positions asked about that the viewer may add up, in the tree of the day."""
    wanted: frozenset[int] | None = None
    if question.unit_id is not None:
        if question.unit_id not in units.names:
            raise NotFound("unit.unknown", unit=question.unit_id)
        wanted_on = today if question.as_organised_today else day
        tree = units.tree(wanted_on, question.known_at, with_closed=True)
        wanted = tree.subtree(question.unit_id)
        if tree.roots() == (question.unit_id,) and question.person_id is None:
            # The only root holds every unit: no need to name them all to the database.
            wanted = None
    return positions_of(
        viewer, units=wanted, owner_id=question.person_id, accounts=question.accounts
    )


def week_known_at(question: FunnelQuestion, before: date, time_zone: str) -> datetime | None:
    """Give the moment up to which the week before is known: now, or the end of its own day."""
    if not question.week_as_known_then:
        return question.known_at
    limit = datetime.combine(before + timedelta(days=1), time.min, tzinfo=ZoneInfo(time_zone))
    return min(limit, question.known_at) if question.known_at else limit


def threshold_in_use(viewer: Viewer, question: FunnelQuestion, units: Units) -> bool:
    """Test if some unit asked about keeps small orders out of the funnel (FUN-4)."""
    tree = units.tree(question.on)
    if question.unit_id is not None:
        asked = tree.subtree(question.unit_id)
    elif viewer.sees_all:
        asked = frozenset(tree.parents)
    else:
        asked = viewer.units | {reach.unit_id for reach in viewer.reaches}
    return any(units.names[u].small_sale_threshold_minor > 0 for u in asked if u in units.names)


def quota_subject(
    viewer: Viewer, question: FunnelQuestion, units: Units
) -> tuple[int | None, int | None] | None:
    """Give the person or else the unit whose quota the figures are held against, if any is."""
    if question.accounts is not None:
        # Quotas are of units and people, never of a part of what they sell.
        return None
    person_id, unit_id = question.person_id, question.unit_id
    if person_id is None and unit_id is None:
        roots = units.tree(question.on).roots()
        if viewer.sees_all and len(roots) == 1:
            unit_id = roots[0]
        elif len(viewer.owners) == 1 and not viewer.units:
            person_id = viewer.owns
        else:
            return None
    elif unit_id is not None and not viewer.sees_all and unit_id not in viewer.units:
        if viewer.units & units.tree(question.on).subtree(unit_id):
            # Of a unit above the reader's own they add up a part: no quota is that part's.
            return None
        if person_id is None and len(viewer.owners) > 1:
            # Beside their own they add up whom they stand in for: no quota is both's.
            return None
        person_id = person_id or viewer.owns
    return person_id, None if person_id is not None else unit_id


def quota_asked(
    viewer: Viewer, question: FunnelQuestion, units: Units, to_shown: Fraction, today: date
) -> Figure:
    """Give the quota of the unit or person asked about, in units of the shown currency."""
    subject = quota_subject(viewer, question, units)
    if subject is None:
        return Figure(None, "no_quota")
    found = quota_for(
        viewer,
        person_id=subject[0],
        unit_id=subject[1],
        start=question.period.start,
        end=question.period.end,
        today=today,
        known_at=question.known_at,
    )
    if found.amount_minor is None:
        return Figure(None, "no_quota")
    return known(found.amount_minor * to_shown)


def person_in_sight(viewer: Viewer, *, person_id: int) -> PersonName:
    """Give the person whose funnel is asked for. Raises NotFound("person.unknown")."""
    rows = Person.objects.filter(pk=person_id)
    if not viewer.sees_all and person_id not in {viewer.person_id, *viewer.owners}:
        rows = rows.filter(
            Exists(Appointment.objects.filter(person=OuterRef("pk"), unit_id__in=viewer.units))
        )
    found = rows.values_list("pk", "login", "name", "name_en").first()
    if found is None:
        raise NotFound("person.unknown", person=person_id)
    return PersonName(*found)
