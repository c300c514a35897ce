"""The demo's quotas and small sales: targets that what was really sold makes believable."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from random import Random

from dakehu.core.demo.deal import BASE, Deal
from dakehu.core.demo.world import World
from dakehu.core.ledger import Place
from dakehu.core.periods import containing

#: How a quarter's target is spread over its months, in percent; the rest falls on the last.
MONTH_SHARES = (28, 31)
ROUND_TO = 1_000_000  # minor units: targets are set in whole 10,000 CNY
Key = tuple[int, date]


@dataclass(frozen=True, slots=True)
class SmallSalePlan:
    """An order under the threshold (FUN-4)."""

    on: date
    seller: int
    unit_id: int
    account_id: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class QuotaPlan:
    """A month's target of a unit or of a person, in minor units of the base currency."""

    unit_id: int | None
    person_id: int | None
    start: date
    end: date
    amount_minor: int


class Sold:
    """What owners and units sold by quarter, and what they may expect of the present one."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.by_owner: dict[Key, int] = defaultdict(int)
        self.by_unit: dict[Key, int] = defaultdict(int)

    def add(self, deal: Deal) -> None:
        """Count a deal: won by its day, open by its close month and win rate."""
        position = deal.last.position
        if position.place is Place.WON and deal.decided_on and deal.booked_minor:
            self._count(position.owner_id, position.unit_id, deal.decided_on, deal.booked_minor)
        elif deal.standing and position.place is Place.OPEN and deal.close_on:
            quarter = containing(self._world.last, "quarter")
            if deal.close_on in quarter:
                rate_bp = position.own_rate_bp
                if rate_bp is None:
                    rate_bp = deal.method.rates_bp[deal.stage]
                exchange = self._world.rates.on(position.currency, self._world.last)
                value = deal.last.amount_minor * exchange * Fraction(rate_bp, 10_000)
                self._count(position.owner_id, position.unit_id, deal.close_on, int(value))

    def add_small(self, owner_id: int, sale: SmallSalePlan) -> None:
        """Count a small sale; in the present quarter with what its rest may bring."""
        quarter = containing(self._world.last, "quarter")
        amount = sale.amount_minor
        if sale.on in quarter:
            amount = amount * quarter.days // quarter.elapsed_days(self._world.last)
        self._count(owner_id, sale.unit_id, sale.on, amount)

    def take_in(self, by_owner: Mapping[Key, int], by_unit: Mapping[Key, int]) -> None:
        """Count what somebody else counted, of other deals."""
        for ours, theirs in ((self.by_owner, by_owner), (self.by_unit, by_unit)):
            for key, amount in theirs.items():
                ours[key] += amount

    def _count(self, owner_id: int, unit_id: int, day: date, amount_minor: int) -> None:
        quarter = containing(day, "quarter").start
        self.by_owner[owner_id, quarter] += amount_minor
        self.by_unit[unit_id, quarter] += amount_minor


def small_sales(world: World, count: int) -> Iterator[SmallSalePlan]:
    """Make up orders under the threshold, of the sellers whose unit has one."""
    rng = Random(f"{world.seed}/small")
    having = [n for n, s in enumerate(world.sellers) if world.threshold[s.business]]
    span = (world.last - world.start).days
    for _ in range(count if having else 0):
        on = world.start + timedelta(days=rng.randrange(span + 1))
        if on.weekday() > 4:
            on -= timedelta(days=2)
        seller, unit = world.seat_of(rng.choice(having), on)
        most = world.threshold[world.sellers[seller].business]
        amount = min(int(rng.lognormvariate(9.2, 0.8)) + 600, most - 100)
        yield SmallSalePlan(
            on, seller, unit, rng.choice(world.sellers[seller].accounts), amount * 100
        )


def quotas(
    world: World, sold: Sold, trees: Mapping[date, Mapping[int, int | None]]
) -> Iterator[QuotaPlan]:
    """Set targets by month: of people and teams by what they sold, of the rest by their parts.

    `trees`: the parent of each unit, for the first day of every quarter that gets targets.
    """
    rng = Random(f"{world.seed}/quotas")
    present = containing(world.last, "quarter").start
    for quarter, parents in sorted(trees.items()):
        basis = min(quarter, present)
        growth = 1 if quarter <= present else Fraction(rng.randint(103, 112), 100)
        typical = _typical(world, sold, basis)
        fair: dict[int, int] = defaultdict(int)
        for number, unit in _active(world, quarter).items():
            seller = world.sellers[number]
            # Who sold little has a target all the same: a part of what is usual for them.
            usual = int(float(typical[seller.business]) * seller.weight)
            fair[unit] += usual
            base = max(sold.by_owner[seller.person_id, basis], usual * rng.randint(30, 60) // 100)
            target = int(base / rng.uniform(0.72, 1.22) * growth)
            yield from _months(None, seller.person_id, quarter, target)
        targets: dict[int, int] = {}
        for unit in parents:
            base = max(sold.by_unit[unit, basis], fair[unit] * rng.randint(45, 70) // 100)
            targets[unit] = int(base / rng.uniform(0.75, 1.2))
        for unit, target in _rolled_up(targets, parents).items():
            yield from _months(unit, None, quarter, int(target * growth))


def _typical(world: World, sold: Sold, quarter: date) -> dict[str, Fraction]:
    """Give what a seller of weight 1 sold in the quarter, by business."""
    amounts: dict[str, int] = defaultdict(int)
    weights: dict[str, float] = defaultdict(float)
    for number in _active(world, quarter):
        seller = world.sellers[number]
        amounts[seller.business] += sold.by_owner[seller.person_id, quarter]
        weights[seller.business] += seller.weight
    return {
        business: Fraction(amount) / Fraction(str(round(weights[business], 6)))
        for business, amount in amounts.items()
    }


def _active(world: World, day: date) -> dict[int, int]:
    found = {}
    for number in range(len(world.sellers)):
        holder, unit = world.seat_of(number, day)
        if holder == number:
            found[number] = unit
    return found


def _rolled_up(own: Mapping[int, int], parents: Mapping[int, int | None]) -> dict[int, int]:
    totals: dict[int, int] = defaultdict(int)
    for unit, amount in own.items():
        here: int | None = unit
        while here is not None:
            totals[here] += amount
            here = parents[here]
    return totals


def _months(
    unit_id: int | None, person_id: int | None, quarter: date, target: int
) -> Iterator[QuotaPlan]:
    period = containing(quarter, "quarter")
    left = max(target // ROUND_TO, 3)
    whole = left
    parts = period.parts("month")
    for place, month in enumerate(parts):
        last = place == len(parts) - 1
        share = left if last else whole * MONTH_SHARES[place] // 100
        left -= share
        yield QuotaPlan(unit_id, person_id, month.start, month.end, share * ROUND_TO)


__all__ = ["BASE", "QuotaPlan", "SmallSalePlan", "Sold", "quotas", "small_sales"]
