"""Reviews of one opportunity: what was claimed and seen, what changed since, what is due."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound
from dakehu.core.ledger import Place
from dakehu.core.methods import Marks
from dakehu.core.validations import Difference, differences
from dakehu.models import DealReview, Opportunity
from dakehu.queries.hygiene import Finding, HygieneRow, every_untidy_of
from dakehu.queries.opportunities.path import in_tongue
from dakehu.queries.opportunities.single import OpportunityShown
from dakehu.queries.stages import version_in_force
from dakehu.queries.superiors import led_by, superior_right

#: What is compared from review to review, in the order in which it is told.
CLAIMED = (
    "stage", "category", "amount", "currency", "close_on", "next_step", "next_step_on",
)  # fmt: skip
MOST = 50
#: Who was reviewed within these days is not asked for again for the same findings.
RESTS_DAYS = 7
#: What of the hygiene list asks for a review.
NEEDING: tuple[Finding, ...] = ("close_passed", "stuck")
#: How many are looked through where several heads stand in one unit and not all are the viewer's.
LOOKED_AT = 1000
_CHUNK = 100


@dataclass(frozen=True, slots=True)
class ItemSeen:
    """An item of evidence as it stood in the review."""

    name: str
    ticked: bool
    marks: Marks


@dataclass(frozen=True, slots=True)
class DealReviewShown:
    """A review as it was kept; `since` is what has changed from it to the next, or to today."""

    id: int
    opportunity_id: int
    on: date
    at: datetime
    by: str
    for_whom: str
    claimed: Mapping[str, Any]
    stage: str
    claim: str
    evidence: tuple[ItemSeen, ...]
    agreed: str
    next_check_on: date | None
    since: tuple[Difference, ...] = ()

    @property
    def ticked(self) -> int:
        """Count what was ticked then."""
        return sum(1 for item in self.evidence if item.ticked)

    @property
    def amount(self) -> Decimal:
        """Give the amount claimed, in units of its currency."""
        return Decimal(self.claimed["amount"])


@dataclass(frozen=True, slots=True)
class CheckRow:
    """An opportunity whose next check is due, or that needs a review, and why."""

    opportunity_id: int
    code: str
    name: str
    account: str
    owner: str
    stage: str
    amount: Decimal
    currency: str
    close_on: date | None
    due_on: date | None
    agreed: str
    reasons: tuple[str, ...] = ()
    still_days: int | None = None


def claim_of(page: OpportunityShown) -> dict[str, Any]:
    """Give what is claimed of an opportunity now, as a review keeps it."""
    return {
        "stage": page.here.key,
        "version": page.method_version_id,
        "category": int(page.category),
        "amount": f"{page.amount:f}",
        "currency": page.currency,
        "close_on": page.close_on.isoformat() if page.close_on else None,
        "next_step": page.next_step,
        "next_step_on": page.next_step_on.isoformat() if page.next_step_on else None,
    }


def evidence_seen(page: OpportunityShown) -> list[dict[str, Any]]:
    """Give the evidence of every stage up to the present one, as a review keeps it."""
    seen: list[dict[str, Any]] = []
    for stage in page.stages:
        for item in stage.evidence:
            marks = item.tick.mark.marks if item.tick and item.tick.mark else Marks()
            seen.append(
                {
                    "stage": stage.key, "key": item.key, "ticked": item.tick is not None,
                    "true": marks.true, "precise": marks.precise, "provable": marks.provable,
                }
            )  # fmt: skip
        if stage.id == page.here.id:
            break
    return seen


def deal_reviews(
    viewer: Viewer, *, page: OpportunityShown, limit: int = 20
) -> tuple[DealReviewShown, ...]:
    """Give the reviews of an opportunity that the viewer was shown, the newest first."""
    if not page.reviewed:
        return ()
    rows = DealReview.objects.filter(opportunity_id=page.id).order_by("-id")
    found: list[DealReviewShown] = []
    after = claim_of(page)
    for raw in _values(rows, limit):
        since = differences(raw["claimed"], after, CLAIMED)
        found.append(_review(raw, viewer, since))
        after = raw["claimed"]
    return tuple(found)


def deal_review(viewer: Viewer, *, opportunity_id: int, deal_review_id: int) -> DealReviewShown:
    """Give one review of an opportunity in sight. NotFound `deal_review.not_found`."""
    rows = DealReview.objects.filter(
        pk=deal_review_id,
        opportunity__in=Opportunity.objects.filter(pk=opportunity_id).visible_to(viewer),
    )
    found = _values(rows, 1)
    if not found:
        raise NotFound("deal_review.not_found")
    return _review(found[0], viewer, ())


def _values(rows: QuerySet[DealReview], limit: int) -> list[dict[str, Any]]:
    found = rows.values(
        "id", "opportunity_id", "on", "reviewed_at", "claimed", "claim", "evidence", "agreed",
        "next_check_on", "reviewed_by__name", "reviewed_by__name_en", "for_person__name",
        "for_person__name_en",
    )  # fmt: skip
    return [dict(row) for row in found[:limit]]


def _review(raw: dict[str, Any], viewer: Viewer, since: tuple[Difference, ...]) -> DealReviewShown:
    language = viewer.language
    version = version_in_force(raw["claimed"]["version"])
    stage = version.by_key(raw["claimed"]["stage"])
    names = {i.key: i.name.in_language(language) for s in version.spec.stages for i in s.evidence}

    def person(who: str) -> str:
        return in_tongue(language, raw[f"{who}__name"] or "", raw[f"{who}__name_en"] or "")

    return DealReviewShown(
        id=raw["id"],
        opportunity_id=raw["opportunity_id"],
        on=raw["on"],
        at=raw["reviewed_at"],
        by=person("reviewed_by"),
        for_whom=person("for_person"),
        claimed=raw["claimed"],
        stage=stage.name(language) if stage else raw["claimed"]["stage"],
        claim=raw["claim"],
        evidence=tuple(
            ItemSeen(
                names.get(item["key"], item["key"]),
                item["ticked"],
                Marks(item["true"], item["precise"], item["provable"]),
            )
            for item in raw["evidence"]
        ),
        agreed=raw["agreed"],
        next_check_on=raw["next_check_on"],
        since=since,
    )


# --- what is due -----------------------------------------------------------------------------


def checks_due(viewer: Viewer, *, today: date, limit: int = MOST) -> tuple[CheckRow, ...]:
    """Give the opportunities whose last review asked for a check by today, the oldest first.

    Of those alone of whose owners the viewer is the superior.
    """
    last = DealReview.objects.filter(opportunity_id=OuterRef("opportunity_id")).order_by("-id")
    led = Opportunity.objects.filter(led_by(viewer, today), voided=False, place=Place.OPEN)
    rows = DealReview.objects.filter(
        next_check_on__lte=today, opportunity__in=led, pk=Subquery(last.values("pk")[:1])
    ).select_related("opportunity__account", "opportunity__owner", "opportunity__currency")
    found: list[CheckRow] = []
    for row in rows.order_by("next_check_on", "id")[: limit * 5]:
        deal = row.opportunity
        if superior_right(viewer, owner_id=deal.owner_id, unit_id=deal.unit_id, today=today):
            found.append(_check(row, viewer))
    return tuple(found[:limit])


def _check(row: DealReview, viewer: Viewer) -> CheckRow:
    deal = row.opportunity
    stage = version_in_force(deal.method_version_id).by_id(deal.stage_id)
    digits = deal.currency.digits
    return CheckRow(
        opportunity_id=deal.pk,
        code=deal.code,
        name=deal.name,
        account=deal.account.name if deal.account else "",
        owner=in_tongue(viewer.language, deal.owner.name, deal.owner.name_en),
        stage=stage.name(viewer.language) if stage else "",
        amount=Decimal(deal.amount_minor).scaleb(-digits),
        currency=deal.currency_id,
        close_on=deal.close_on,
        due_on=row.next_check_on,
        agreed=row.agreed,
    )


def deals_to_review(viewer: Viewer, *, today: date, limit: int = MOST) -> tuple[CheckRow, ...]:
    """Give what needs a review: close date passed or standing still, by close date.

    Of those alone of whose owners the viewer is the superior; what was reviewed within a week
    rests.
    """
    rested = DealReview.objects.filter(
        opportunity_id=OuterRef("pk"), on__gt=today - timedelta(days=RESTS_DAYS)
    )
    needing = islice(
        every_untidy_of(
            viewer, of=led_by(viewer, today) & Q(~Exists(rested)), findings=NEEDING, today=today,
            chunk=_CHUNK,
        ),
        LOOKED_AT,
    )  # fmt: skip
    found: list[HygieneRow] = []
    while len(found) < limit and (rows := list(islice(needing, _CHUNK))):
        led = _led(viewer, [row.id for row in rows], today)
        found += [row for row in rows if row.id in led]
    return tuple(
        CheckRow(
            row.id, row.code, row.name, row.account, row.owner, row.stage, row.amount,
            row.currency, row.close_on, None, "", _needs(row), row.still_days,
        )
        for row in found[:limit]
    )  # fmt: skip


def _needs(row: HygieneRow) -> tuple[str, ...]:
    return tuple(finding for finding in row.findings if finding in NEEDING)


def _led(viewer: Viewer, ids: list[int], today: date) -> set[int]:
    rows = Opportunity.objects.filter(led_by(viewer, today), pk__in=ids)
    return {
        pk
        for pk, owner, unit in rows.values_list("pk", "owner_id", "unit_id")
        if superior_right(viewer, owner_id=owner, unit_id=unit, today=today) is not None
    }
