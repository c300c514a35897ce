"""What is claimed of an opportunity, in words: as a review kept it, and what changed since."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from dakehu.core.ledger import Category
from dakehu.messages import worded
from dakehu.queries.deal_reviews import DealReviewShown
from dakehu.queries.stages import version_in_force
from dakehu.web.opportunities.wording import CATEGORIES

LABELS: dict[str, str | Promise] = {
    "stage": lazy("Stage"),
    "category": lazy("Forecast category"),
    "amount": lazy("Amount"),
    "currency": lazy("Currency"),
    "close_on": lazy("Expected close date"),
    "next_step": lazy("Next step"),
    "next_step_on": lazy("Day of the next step"),
}


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim with its name, in words."""

    label: str
    words: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A claim that has changed, in words."""

    label: str
    then: str
    now: str


@dataclass(frozen=True, slots=True)
class ReviewTold:
    """A review with what has changed since."""

    review: DealReviewShown
    changed: tuple[Changed, ...]


def claims_of(claimed: Mapping[str, Any], stage: str) -> tuple[Claim, ...]:
    """Word what is claimed; the currency stands beside the amount."""
    amount = f"{worded(Decimal(claimed['amount']))} {claimed['currency']}"
    said = {"stage": stage, "amount": amount}
    return tuple(
        Claim(str(label), said.get(field) or _value(field, claimed.get(field), ""))
        for field, label in LABELS.items()
        if field != "currency"
    )


def told_reviews(reviews: Iterable[DealReviewShown], language: str) -> tuple[ReviewTold, ...]:
    """Word what has changed since each review."""
    return tuple(
        ReviewTold(
            review,
            tuple(
                Changed(
                    str(LABELS[one.field]),
                    _value(one.field, one.then, _stage(review.claimed, one.then, language)),
                    _value(one.field, one.now, _stage(review.claimed, one.now, language)),
                )
                for one in review.since
            ),
        )
        for review in reviews
    )


def _stage(claimed: Mapping[str, Any], key: Any, language: str) -> str:
    stage = version_in_force(claimed["version"]).by_key(str(key))
    return stage.name(language) if stage else str(key)


def _value(field: str, value: Any, stage: str) -> str:
    if value is None or value == "":
        return "—"
    match field:
        case "stage":
            return stage
        case "category":
            return str(CATEGORIES[Category(value)])
        case "amount":
            return str(worded(Decimal(value)))
        case "close_on" | "next_step_on":
            return date.fromisoformat(value).isoformat()
    return str(value)
