"""Writing the demo's quotas and small sales."""

from datetime import UTC, date, datetime, time, timedelta

from dakehu.core.demo.company import CompanyPlan
from dakehu.core.demo.targets import Sold, quotas, small_sales
from dakehu.core.demo.world import World
from dakehu.core.periods import containing
from dakehu.models import Quota, SmallSale

BATCH = 500


def write_small_sales(world: World, sold: Sold, count: int) -> None:
    """Write orders under the threshold, each recorded on its day."""
    rows = []
    for sale in small_sales(world, count):
        owner_id = world.sellers[sale.seller].person_id
        sold.add_small(owner_id, sale)
        rows.append(
            SmallSale(
                on=sale.on,
                owner_id=owner_id,
                unit_id=sale.unit_id,
                account_id=sale.account_id,
                amount_minor=sale.amount_minor,
                currency_id="CNY",
                base_minor=sale.amount_minor,
                recorded_at=_morning(sale.on),
                actor_id=owner_id,
            )
        )
    SmallSale.objects.bulk_create(rows, BATCH)


def write_quotas(
    world: World, sold: Sold, plan: CompanyPlan, unit_ids: dict[str, int], today: date
) -> None:
    """Write the targets of every month from the first quarter to the end of today's year."""
    trees: dict[date, dict[int, int | None]] = {}
    quarter = containing(world.start, "quarter")
    end = containing(today, "year").end
    while quarter.start < end:
        parents = plan.parents(min(max(quarter.start, world.start), world.last))
        trees[quarter.start] = {
            unit_ids[code]: None if parent is None else unit_ids[parent]
            for code, parent in parents.items()
        }
        quarter = quarter.next()
    rows = [
        Quota(
            unit_id=target.unit_id,
            person_id=target.person_id,
            start_on=target.start,
            end_on=target.end,
            amount_minor=target.amount_minor,
            recorded_at=_morning(min(target.start, world.last) - timedelta(days=10)),
        )
        for target in quotas(world, sold, trees)
    ]
    Quota.objects.bulk_create(rows, BATCH)


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(2), UTC)
