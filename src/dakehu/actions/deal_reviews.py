"""Reviewing one opportunity with its owner: claimed, evidence seen, agreed, next check."""

from datetime import date, datetime

from django.db import transaction

from dakehu.actions.opportunities.held import Save, hold, note_changes, require_open
from dakehu.core.access import Viewer
from dakehu.core.errors import Conflict, NotAllowed, RuleBroken
from dakehu.core.ledger import Way
from dakehu.models import DealReview
from dakehu.queries.deal_reviews import claim_of, evidence_seen
from dakehu.queries.opportunities import opportunity
from dakehu.queries.superiors import superior_right

MOST_TEXT = 4000


@transaction.atomic
def create_deal_review(
    *,
    actor: Viewer,
    opportunity_id: int,
    claim: str,
    agreed: str,
    next_check_on: date | None,
    seen_version: int | None,
    seen_evidence: str | None = None,
    today: date,
    at: datetime,
    way: Way,
) -> int:
    """Keep a review: what is claimed and proven at this moment is frozen with it; give its id.

    `claim` are the owner's words; `seen_evidence` is the `evidence_digest` of what was looked at.
    NotFound, NotAllowed `deal_review.create`, Conflict `opportunity.changed`, `evidence.changed`,
    RuleBroken `deal_review.nothing_agreed`, `deal_review.next_in_past`,
    `opportunity.not_open`, `text.too_long`.
    """
    save = Save.begin(actor=actor, on=today, today=today, at=at, way=way)
    held = hold(actor=actor, opportunity_id=opportunity_id, seen_version=seen_version)
    row = held.row
    right = superior_right(actor, owner_id=row.owner_id, unit_id=row.unit_id, today=today)
    if right is None:
        raise NotAllowed("deal_review.create")
    save = save.under(right)
    require_open(row)
    for field, text in (("claim", claim), ("agreed", agreed)):
        if len(text) > MOST_TEXT:
            raise RuleBroken("text.too_long", field=field, limit=MOST_TEXT)
    if not agreed.strip():
        raise RuleBroken("deal_review.nothing_agreed", field="agreed")
    if next_check_on is not None and next_check_on < today:
        raise RuleBroken("deal_review.next_in_past", field="next_check_on")
    page = opportunity(viewer=actor, opportunity_id=opportunity_id, today=today)
    # No tick and no mark moves the version of the row.
    if seen_evidence is not None and seen_evidence != page.evidence_digest:
        raise Conflict("evidence.changed")
    review = DealReview.objects.create(
        opportunity_id=row.pk,
        on=today,
        claimed=claim_of(page),
        claim=claim.strip(),
        evidence=evidence_seen(page),
        agreed=agreed.strip(),
        next_check_on=next_check_on,
        reviewed_by_id=actor.person_id,
        for_person_id=right.for_person,
        reviewed_at=at,
    )
    kept = {"id": review.pk, "next_check_on": next_check_on and next_check_on.isoformat()}
    note_changes(row.pk, {"deal_review": (None, kept)}, save)
    return review.pk
