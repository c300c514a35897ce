"""Which opportunities a board may show: sets with an index each, or sets that share no row."""

from django.db.models import QuerySet

from dakehu.core.access import Viewer
from dakehu.models import Grant, Opportunity
from dakehu.models.visibility import OpportunityQuerySet, in_scope


def helps_on_some(viewer: Viewer) -> bool:
    """Test if some opportunity was granted to the viewer: most have none, and need not look."""
    return not viewer.sees_all and _granted(viewer).exists()


def in_sight(viewer: Viewer, *, helps: bool) -> list[OpportunityQuerySet]:
    """Split what the viewer may see into sets that may overlap: a page is merged of them."""
    sets = Opportunity.objects.all().pages_for(viewer)
    # The granted ones stand last.
    return sets if helps or viewer.sees_all else sets[:-1]


def apart(viewer: Viewer, *, helps: bool) -> list[OpportunityQuerySet]:
    """Split what the viewer may see into sets that share no row, so that their sums add up."""
    rows = Opportunity.objects.all()
    if viewer.sees_all:
        return [rows]
    sets = []
    if viewer.units:
        sets.append(rows.filter(unit_id__in=viewer.units))
    for person in sorted(viewer.owners):
        own = rows.filter(owner_id=person)
        sets.append(own.exclude(unit_id__in=viewer.units) if viewer.units else own)
    if helps:
        granted = rows.filter(pk__in=_granted(viewer).values("opportunity_id"))
        scoped = viewer.units | viewer.owners
        sets.append(granted.filter(~in_scope(viewer)) if scoped else granted)
    return sets


def _granted(viewer: Viewer) -> QuerySet[Grant]:
    return Grant.objects.filter(person_id=viewer.person_id or 0, opportunity__isnull=False)
