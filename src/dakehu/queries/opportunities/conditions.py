"""What a list of opportunities can be filtered by, and where it stands."""

from datetime import date, timedelta

from django.db.models import Q

from dakehu.core.access import Viewer
from dakehu.core.filters import Condition, Expression, Field, Kind
from dakehu.core.ledger import Category
from dakehu.core.ledger import Place as Outcome
from dakehu.core.opportunities import SOURCES
from dakehu.models import LineSet
from dakehu.queries.conditions import (
    Asking,
    Place,
    accounts_meet,
    asked_for,
    column_meets,
    numbered,
    units_meet,
)
from dakehu.queries.organisation import organisation

CATEGORIES = {category.name.lower(): category for category in Category}
OUTCOMES = {outcome.name.lower(): outcome for outcome in Outcome}


def opportunities_asked_for(viewer: Viewer, asked: Expression, *, today: date) -> Q:
    """Give the condition of a filter. RuleBroken `filter.unknown_field`."""
    return asked_for(viewer, asked, PLACES, today=today, org=organisation())


def _with_product(_asking: Asking, condition: Condition) -> Q:
    current = LineSet.objects.filter(is_current=True, lines__isnull=False)
    if condition.operator in ("empty", "filled"):
        some = Q(pk__in=current.values("opportunity_id"))
        return some if condition.operator == "filled" else ~some
    ids = [int(value) for value in condition.values]
    sold = Q(pk__in=current.filter(lines__product_id__in=ids).values("opportunity_id"))
    return ~sold if condition.operator == "not" else sold


def _days_in_stage(asking: Asking, condition: Condition) -> Q:
    """Days since the stage was entered: the more days, the earlier the day."""
    days = [min(int(value), 40_000) for value in condition.values]
    on = [asking.today - timedelta(days=one) for one in days]
    match condition.operator:
        case ">=":
            return Q(stage_since__lte=on[0])
        case "<":
            return Q(stage_since__gt=on[0])
        case "between":
            return Q(stage_since__lte=on[0], stage_since__gte=on[1])
        case _:
            return Q(stage_since=on[0])


def _closes(asking: Asking, condition: Condition) -> Q:
    """Days of closing stand in an index, where none at all is the last day there is."""
    if condition.operator in ("empty", "filled"):
        return Q(close_on__isnull=condition.operator == "empty")
    found = column_meets(asking, condition, _CLOSES)
    return found & Q(close_on__isnull=False) if condition.operator == ">=" else found


def _amount(asking: Asking, condition: Condition) -> Q:
    """In base currency; what has no rate is neither large nor small, and nothing is no amount."""
    if condition.operator in ("empty", "filled"):
        return Q(amount_minor=0) if condition.operator == "empty" else Q(amount_minor__gt=0)
    return column_meets(asking, condition, _AMOUNT)


_CLOSES = Place(Field("closes", Kind.DAY, optional=False), "close_sort")
_AMOUNT = Place(Field("amount", Kind.AMOUNT), "base_minor")

PLACES: dict[str, Place] = {
    place.field.key: place
    for place in (
        Place(Field("name", Kind.TEXT, optional=False), "name"),
        Place(Field("code", Kind.TEXT, optional=False), "code"),
        Place(Field("account", Kind.TREE), "account", meets=accounts_meet("account")),
        Place(
            Field("state", Kind.CHOICE, tuple(OUTCOMES), optional=False), "place",
            meets=numbered("place", {k: int(v) for k, v in OUTCOMES.items()}),
        ),
        Place(Field("stage", Kind.RECORD, optional=False), "stage_id"),
        Place(Field("method", Kind.RECORD, optional=False), "stage__method_id"),
        Place(
            Field("category", Kind.CHOICE, tuple(CATEGORIES), optional=False), "category",
            meets=numbered("category", {k: int(v) for k, v in CATEGORIES.items()}),
        ),
        Place(_AMOUNT.field, "base_minor", meets=_amount),
        Place(Field("closes", Kind.DAY), "close_sort", meets=_closes),
        Place(Field("owner", Kind.RECORD, optional=False), "owner_id"),
        Place(Field("unit", Kind.TREE, optional=False), "unit_id", meets=units_meet("unit_id")),
        Place(Field("product", Kind.RECORD), "", meets=_with_product),
        Place(Field("source", Kind.CHOICE, SOURCES), "source", is_text=True),
        Place(Field("next_step", Kind.TEXT), "next_step", is_text=True),
        Place(Field("next_step_on", Kind.DAY), "next_step_on"),
        Place(Field("contact", Kind.DAY, never_is_old=True), "last_contact_on"),
        Place(Field("own_rate", Kind.PERCENT), "own_rate_bp"),
        Place(
            Field("days_in_stage", Kind.NUMBER, optional=False), "stage_since",
            meets=_days_in_stage,
        ),
        Place(Field("created", Kind.DAY, optional=False), "created_on"),
        Place(Field("changed", Kind.DAY, optional=False), "updated_at", is_moment=True),
        Place(Field("decided", Kind.DAY), "decided_on"),
    )
}  # fmt: skip
