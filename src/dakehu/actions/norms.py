"""Setting norms of the funnel's health: dated rows, nothing is updated (FUN-7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from dakehu.core.access import Viewer
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.core.money import to_minor
from dakehu.models import Norm, Stage
from dakehu.queries.organisation import organisation
from dakehu.queries.units import all_units

LARGEST_COUNT = 1_000_000


@dataclass(frozen=True, slots=True)
class StageNorm:
    """What is usual at a stage; None takes a side back. The amount is in the base currency."""

    stage_id: int
    count: int | None
    amount: Decimal | None


@transaction.atomic
def set_norms(
    *,
    actor: Viewer,
    unit_id: int,
    norms: Sequence[StageNorm],
    on: date,
    today: date,
    at: datetime,
    seen_id: int | None = None,
) -> None:
    """Set norms of a unit's stages from a day on, all or none; `seen_id`: the newest row seen.

    Raises NotFound("unit.unknown", "stage.unknown"), NotAllowed("norm.set"),
    Conflict("norm.changed"), RuleBroken("norm.in_future", "norm.count_out_of_range",
    "money.negative", and what to_minor says).
    """
    if unit_id not in all_units().names or not (actor.sees_all or unit_id in actor.units):
        raise NotFound("unit.unknown", unit=unit_id)
    if not actor.may("norm.set", owner_id=None, unit_id=unit_id):
        raise NotAllowed("norm.set")
    if on > today:
        raise RuleBroken("norm.in_future", field="on", on=on)
    stages = {norm.stage_id for norm in norms}
    known = set(Stage.objects.filter(pk__in=stages).values_list("pk", flat=True))
    for missing in stages - known:
        raise NotFound("stage.unknown", stage=missing)
    newest = Norm.objects.filter(unit_id=unit_id, stage_id__in=stages).order_by("-id").first()
    if seen_id is not None and newest is not None and newest.pk > seen_id:
        raise Conflict("norm.changed")
    digits = organisation().base_digits
    Norm.objects.bulk_create(
        Norm(
            unit_id=unit_id,
            stage_id=norm.stage_id,
            on=on,
            count=_checked(norm.count),
            amount_minor=_minor(norm.amount, digits),
            recorded_at=at,
            actor_id=actor.person_id,
        )
        for norm in norms
    )


def _checked(count: int | None) -> int | None:
    if count is not None and not 0 <= count <= LARGEST_COUNT:
        raise RuleBroken("norm.count_out_of_range", limit=LARGEST_COUNT)
    return count


def _minor(amount: Decimal | None, digits: int) -> int | None:
    if amount is not None and amount < 0:
        raise RuleBroken("money.negative", text=str(amount))
    return None if amount is None else to_minor(amount, digits)
