"""What hangs on an opportunity: said before it is voided."""

from dataclasses import dataclass

from django.db import connections

from dakehu.core.access import Viewer
from dakehu.core.validations import RequestState
from dakehu.queries.opportunities.single import OpportunityShown
from dakehu.queries.records import record_in_sight
from dakehu.queries.snapshot import read_alias


@dataclass(frozen=True, slots=True)
class OpportunityConsequences:
    """How much of what hangs on it: whoever sees the opportunity sees or is told how many."""

    activities: int
    notes: int
    files: int
    stakeholders: int
    team: int
    lines: int
    competitors: int
    evidence: int
    reviews: int
    #: A move waits for a superior's word.
    waits: bool


_COUNTS = """
SELECT
  (SELECT COUNT(*) FROM dakehu_activity t WHERE t.opportunity_id = %s AND t.deleted_at IS NULL),
  (SELECT COUNT(*) FROM dakehu_note n WHERE n.opportunity_id = %s AND n.deleted_at IS NULL),
  (SELECT COUNT(*) FROM dakehu_attachment f WHERE f.opportunity_id = %s AND f.deleted_at IS NULL),
  (SELECT COUNT(*) FROM dakehu_stakeholder s JOIN dakehu_contact c ON c.id = s.contact_id
    WHERE s.opportunity_id = %s AND c.deleted_at IS NULL),
  (SELECT COUNT(*) FROM dakehu_teammember m WHERE m.opportunity_id = %s AND m.person_id <> %s),
  (SELECT COUNT(*) FROM dakehu_dealreview w WHERE w.opportunity_id = %s),
  (SELECT COUNT(*) FROM dakehu_moverequest q WHERE q.opportunity_id = %s AND q.state = %s)
"""


def opportunity_consequences(
    *, viewer: Viewer, opportunity: OpportunityShown
) -> OpportunityConsequences:
    """Count what hangs on an opportunity. NotFound `opportunity.not_found` out of sight."""
    pk = record_in_sight(viewer, kind="opportunity", record_id=opportunity.id).id
    asked = [pk] * 5 + [opportunity.owner_id, pk, pk, RequestState.WAITING]
    with connections[read_alias()].cursor() as cursor:
        cursor.execute(_COUNTS, asked)
        activities, notes, files, stakeholders, team, reviews, waiting = cursor.fetchone()
    return OpportunityConsequences(
        activities=activities,
        notes=notes,
        files=files,
        stakeholders=stakeholders,
        team=team,
        lines=len(opportunity.lines),
        competitors=len(opportunity.rivals),
        evidence=sum(stage.ticked for stage in opportunity.stages),
        reviews=reviews,
        waits=bool(waiting),
    )
