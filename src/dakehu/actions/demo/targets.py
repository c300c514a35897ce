"""Writing the demo's quotas and small sales."""

from datetime import UTC, date, datetime, time, timedelta

from dakehu.actions.bulk import Row, insert_rows
from dakehu.core.demo.company import CompanyPlan
from dakehu.core.demo.targets import SmallSalePlan, Sold, quotas, small_sales
from dakehu.core.demo.world import World
from dakehu.core.periods import containing
from dakehu.models import Quota, SmallSale

_SMALL_SALE = (
    "on", "owner_id", "unit_id", "account_id", "orders", "amount_minor", "currency_id",
    "base_minor", "note", "recorded_at", "actor_id",
)  # fmt: skip
_QUOTA = (
    "unit_id", "person_id", "start_on", "end_on", "level", "amount_minor", "recorded_at",
)  # fmt: skip


def write_small_sales(world: World, sold: Sold, count: int) -> None:
    """Write orders under the threshold, each recorded on its day."""

    def row(sale: SmallSalePlan) -> Row:
        owner_id = world.sellers[sale.seller].person_id
        sold.add_small(owner_id, sale)
        return (
            sale.on, owner_id, sale.unit_id, sale.account_id, 1, sale.amount_minor, "CNY",
            sale.amount_minor, "", _morning(sale.on), owner_id,
        )  # fmt: skip

    insert_rows(SmallSale, _SMALL_SALE, map(row, small_sales(world, count)))


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
    insert_rows(
        Quota,
        _QUOTA,
        (
            (
                target.unit_id, target.person_id, target.start, target.end, "target",
                target.amount_minor,
                _morning(min(target.start, world.last) - timedelta(days=10)),
            )
            for target in quotas(world, sold, trees)
        ),
    )  # fmt: skip


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(2), UTC)
