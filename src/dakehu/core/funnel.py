"""The funnel's figures: stage table, weighted amount and the three indicators (FUN-2, FUN-6).

SQL hands in *cells*: sums of open positions by stage, own win rate, currency and by where the
expected close month lies. Here they are converted, weighed and added, exactly; the page rounds.
A figure that cannot be known (no win rate, no exchange rate, no quota) is None with the reason.

Reading taken. The stage table counts and adds *all* open opportunities of a stage; its weighted
column leaves out the overdue ones, which weigh nothing. The indicators' weighted amount takes
only those expected to close within the period, or, by a setting, all that are not overdue.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple

from dakehu.core.currency import Exchange

Scope = Literal["overdue", "in_period", "later", "undated"]
WeightedScope = Literal["in_period", "all_open"]
Rates = Mapping[int, int | None]
"""Win rate of each stage lineage in basis points; None or absent where none is set."""

WHOLE_BP = 10_000
NO_RATE = "no_rate"
NO_EXCHANGE_RATE = "no_exchange_rate"
NO_QUOTA = "no_quota"
ZERO_QUOTA = "zero_quota"


class Cell(NamedTuple):
    """A sum of positions that are alike. `rate_bp` is the owners' own rate, if they set one.

    Cells of movements are signed; cells of a day are what stood open on it. A tuple: a page makes
    a thousand, and a frozen class takes three times as long to make one.
    """

    lineage_id: int
    rate_bp: int | None
    currency: str
    scope: Scope
    count: int  # type: ignore[assignment]  # nobody counts in a cell
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, or None with the code of the reason why it is unknown."""

    value: Fraction | None
    reason: str | None = None

    def __add__(self, other: "Figure") -> "Figure":
        if self.value is None:
            return self
        return other if other.value is None else Figure(self.value + other.value)

    def __sub__(self, other: "Figure") -> "Figure":
        if self.value is None:
            return self
        return other if other.value is None else Figure(self.value - other.value)


ZERO = Figure(Fraction(0))


def known(value: Fraction | int) -> Figure:
    """A figure that is known."""
    return Figure(Fraction(value))


def rate_of(own_bp: int | None, stage_bp: int | None) -> Fraction | None:
    """The win rate that weighs: the owner's own, else the stage's; None where neither is set."""
    basis_points = _rate_bp(own_bp, stage_bp)
    return None if basis_points is None else Fraction(basis_points, WHOLE_BP)


def _rate_bp(own_bp: int | None, stage_bp: int | None) -> int | None:
    return stage_bp if own_bp is None else own_bp


def amount(cells: Iterable[Cell], exchange: Exchange) -> Figure:
    """Σ amount, in units of the exchange's currency."""
    return _exchanged(by_currency(cells), exchange)


def weighted(cells: Iterable[Cell], rates: Rates, exchange: Exchange) -> Figure:
    """Σ amount × win rate, in units of the exchange's currency; overdue cells weigh nothing.

    What is 0 is 0 at any win or exchange rate, known or not.
    """
    # Whole numbers (minor units × basis points) until the end: a page adds thousands of cells.
    sums: dict[str, int] = {}
    for cell in cells:
        if cell.scope == "overdue" or cell.amount_minor == 0:
            continue
        rate_bp = _rate_bp(cell.rate_bp, rates.get(cell.lineage_id))
        if rate_bp is None:
            return Figure(None, NO_RATE)
        sums[cell.currency] = sums.get(cell.currency, 0) + cell.amount_minor * rate_bp
    total = _exchanged(sums, exchange)
    return total if total.value is None else Figure(total.value / WHOLE_BP)


def _exchanged(sums: Mapping[str, int], exchange: Exchange) -> Figure:
    total = Fraction(0)
    for currency, minor in sums.items():
        value = exchange.value(minor, currency)
        if value is None:
            return Figure(None, NO_EXCHANGE_RATE)
        total += value
    return Figure(total)


def by_currency(cells: Iterable[Cell]) -> dict[str, int]:
    """Minor units per currency, in the order of the codes."""
    sums: dict[str, int] = {}
    for cell in cells:
        sums[cell.currency] = sums.get(cell.currency, 0) + cell.amount_minor
    return dict(sorted(sums.items()))


# --- the stage table ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FunnelSum:
    """Count, amount and weighted amount of some cells; amounts in units, unrounded."""

    count: int
    amount: Figure
    weighted: Figure
    amounts_minor: Mapping[str, int]
    """The amount per deal currency, in its minor units: what `amount` is made of."""


@dataclass(frozen=True, slots=True)
class StageRow:
    """One stage of the table, and what of it is overdue or closes within the period."""

    lineage_id: int
    rate: Fraction | None
    all: FunnelSum
    in_period: FunnelSum
    overdue: FunnelSum


@dataclass(frozen=True, slots=True)
class StageTable:
    """The funnel of one method: a row per stage in its order, the total, and the lines below."""

    currency: str
    rows: tuple[StageRow, ...]
    total: FunnelSum
    in_period: FunnelSum
    later: FunnelSum
    undated: FunnelSum
    overdue: FunnelSum


def sum_cells(cells: Sequence[Cell], rates: Rates, exchange: Exchange) -> FunnelSum:
    """Add cells up, of any methods."""
    amounts = by_currency(cells)
    return FunnelSum(
        count=sum(cell.count for cell in cells),
        amount=_exchanged(amounts, exchange),
        weighted=weighted(cells, rates, exchange),
        amounts_minor=amounts,
    )


def stage_table(
    stages: Sequence[int], cells: Sequence[Cell], rates: Rates, exchange: Exchange
) -> StageTable:
    """The table of one method. `stages`: lineages of its open stages in order.

    A cell of any other lineage is a mistake of the caller (ValueError): left out in silence, it
    would make the total too small.
    """
    if strangers := {cell.lineage_id for cell in cells} - set(stages):
        raise ValueError(f"cells of other methods: {sorted(strangers)}")

    def part(scope: Scope, among: Sequence[Cell] = cells) -> FunnelSum:
        return sum_cells([cell for cell in among if cell.scope == scope], rates, exchange)

    rows = []
    for lineage_id in stages:
        own = [cell for cell in cells if cell.lineage_id == lineage_id]
        rows.append(
            StageRow(
                lineage_id=lineage_id,
                rate=rate_of(None, rates.get(lineage_id)),
                all=sum_cells(own, rates, exchange),
                in_period=part("in_period", own),
                overdue=part("overdue", own),
            )
        )
    return StageTable(
        currency=exchange.to,
        rows=tuple(rows),
        total=sum_cells(cells, rates, exchange),
        in_period=part("in_period"),
        later=part("later"),
        undated=part("undated"),
        overdue=part("overdue"),
    )


# --- the three indicators -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Indicator:
    """An indicator with what it was computed from.

    `value` is a ratio (1 = 100%), None with `reason`; `numerator` is an amount in units;
    `inputs` are the formula's terms by name, for the page that shows it.
    """

    value: Fraction | None
    reason: str | None
    numerator: Figure
    inputs: Mapping[str, Figure]


def weighted_for_period(
    cells: Iterable[Cell],
    rates: Rates,
    exchange: Exchange,
    weighted_scope: WeightedScope = "in_period",
) -> Figure:
    """`weighted` of the indicators: of what closes within the period, or of all not overdue."""
    taken = [c for c in cells if weighted_scope == "all_open" or c.scope == "in_period"]
    return weighted(taken, rates, exchange)


def small_expected(small: Figure, *, elapsed_days: int, days_left: int) -> Figure:
    """Small sales expected in the rest of the period: small ÷ days elapsed × days left.

    Before the period there are no days to extrapolate from, and nothing is added (our reading).
    """
    if small.value is None or elapsed_days == 0:
        return small if small.value is None else ZERO
    return Figure(small.value * days_left / elapsed_days)


def forecast_index(
    *,
    closed: Figure,
    weighted: Figure,
    quota: Fraction | None,
    small: Figure = ZERO,
    small_expected: Figure = ZERO,
) -> Indicator:
    """销售预计 = (closed + weighted) ÷ quota: whether there is enough.

    With a threshold of small sales in use, `small` and `small_expected` are added.
    """
    return _over_quota(
        closed + small + weighted + small_expected,
        quota,
        {
            "closed": closed,
            "small": small,
            "weighted": weighted,
            "small_expected": small_expected,
        },
    )


def progress_index(
    *,
    weighted_now: Figure,
    weighted_before: Figure,
    closed_now: Figure,
    closed_before: Figure,
    quota: Fraction | None,
    small_now: Figure = ZERO,
    small_before: Figure = ZERO,
    literal: bool = False,
) -> Indicator:
    """销售进展 = (Δ weighted + Δ closed) ÷ quota over a week: how fast it moves.

    `literal` takes the written formula by the letter: there 'forecast' = closed + weighted, so
    that a sale counts twice, as forecast and as closed.
    """
    closed_change = closed_now + small_now - closed_before - small_before
    forecast_change = weighted_now - weighted_before
    if literal:
        forecast_change = forecast_change + closed_change
    return _over_quota(
        forecast_change + closed_change,
        quota,
        {
            "weighted_now": weighted_now,
            "weighted_before": weighted_before,
            "closed_now": closed_now,
            "closed_before": closed_before,
            "small_now": small_now,
            "small_before": small_before,
        },
    )


def _over_quota(
    numerator: Figure, quota: Fraction | None, terms: Mapping[str, Figure]
) -> Indicator:
    inputs = {
        **terms,
        "quota": Figure(None, NO_QUOTA) if quota is None else Figure(quota),
    }
    if not quota:
        return Indicator(None, NO_QUOTA if quota is None else ZERO_QUOTA, numerator, inputs)
    if numerator.value is None:
        return Indicator(None, numerator.reason, numerator, inputs)
    return Indicator(numerator.value / quota, None, numerator, inputs)
