"""What is changed in place on a deal's page: the next step and the competitors, read alone."""

from dataclasses import dataclass
from datetime import date

from dakehu.core.access import Viewer
from dakehu.core.ledger import Place
from dakehu.models import Opportunity
from dakehu.queries.opportunities.parts import RivalShown, rivals_of
from dakehu.queries.opportunities.path import in_tongue
from dakehu.queries.records import record_in_sight


@dataclass(frozen=True, slots=True)
class DealInPlace:
    """The next step of a deal, its owner, its rivals, and if the viewer may change them."""

    id: int
    name: str
    version: int
    is_open: bool
    owner: str
    next_step: str
    next_step_on: date | None
    next_step_overdue_days: int
    rivals: tuple[RivalShown, ...]
    may_edit: bool


def deal_in_place(viewer: Viewer, *, opportunity_id: int, today: date) -> DealInPlace:
    """Give what can be changed in place. NotFound `opportunity.not_found` out of sight."""
    record = record_in_sight(viewer, kind="opportunity", record_id=opportunity_id)
    row = Opportunity.objects.select_related("owner").get(pk=record.id)
    late = max((today - row.next_step_on).days, 0) if row.next_step_on else 0
    return DealInPlace(
        id=row.pk,
        name=row.name,
        version=row.version,
        is_open=row.place == Place.OPEN and not row.voided,
        owner=in_tongue(viewer.language, row.owner.name, row.owner.name_en),
        next_step=row.next_step,
        next_step_on=row.next_step_on,
        next_step_overdue_days=late,
        rivals=rivals_of(row.pk),
        may_edit=not record.is_gone and record.right(viewer, "opportunity.edit") is not None,
    )
