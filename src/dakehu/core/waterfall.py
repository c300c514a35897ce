"""The waterfall: how the open funnel of one day became that of another (FUN-5).

opening + Σ movements + computed bars = closing, exactly, in count, amount and weighted amount:

    movements        valued at the win and exchange rates of the opening day
    win_rates        what is open at the close × (win rate then − at the opening),
                     at the opening's exchange rates
    exchange_rates   what is open at the close × win rate at the close
                     × (exchange rate then − at the opening)

The two computed bars telescope: closing at the old rates → at the new win rates → at both new
ones. So each change of a rate is charged once, and no movement is valued twice.

A win or exchange rate that was first set between the two days values the movements with its
first value known here, the closing day's: before it there was nothing to compare with.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dakehu.core.currency import Exchange
from dakehu.core.funnel import ZERO, Cell, Figure, Rates, amount, sum_cells, weighted

MOVEMENT_BARS = (
    "created", "method_moved", "reassigned", "unit_moved", "category_changed", "slipped",
    "pulled_in", "grown", "shrunk", "own_rate_set", "advanced", "regressed", "won", "lost",
    "abandoned", "reopened", "account_merged", "voided", "restored", "reversed",
)  # fmt: skip
REORGANISED = "reorganised"
"""What enters and leaves because the unit tree of the two days differs: no movement."""
WIN_RATES = "win_rates"
EXCHANGE_RATES = "exchange_rates"
BARS = (*MOVEMENT_BARS, REORGANISED, WIN_RATES, EXCHANGE_RATES)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: signed changes, amounts in units of the opening exchange's currency, unrounded."""

    kind: str
    count: int
    amount: Figure
    weighted: Figure


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Opening, bars in the order of `BARS` (those with movements, and the computed), closing.

    `unexplained` holds what opening and movements leave open against closing: empty, or the
    ledger or the caller's selection is wrong.
    """

    currency: str
    opening: Bar
    bars: tuple[Bar, ...]
    closing: Bar
    unexplained: tuple[Cell, ...]


def waterfall(
    *,
    opening: Sequence[Cell],
    movements: Mapping[str, Sequence[Cell]],
    closing: Sequence[Cell],
    opening_rates: Rates,
    closing_rates: Rates,
    opening_exchange: Exchange,
    closing_exchange: Exchange,
) -> Waterfall:
    """Build the bars. `movements`: sums of entries on open positions by kind, `reorganised` too.

    All cells are scoped by the same period. ValueError for an unknown kind or two currencies.
    """
    if opening_exchange.to != closing_exchange.to:
        raise ValueError("both days are shown in one currency")
    if unknown := movements.keys() - {*MOVEMENT_BARS, REORGANISED}:
        raise ValueError(f"no such bars: {sorted(unknown)}")
    first_rates = _first_known(opening_rates, closing_rates)
    first_exchange = Exchange(
        to=opening_exchange.to,
        digits={**closing_exchange.digits, **opening_exchange.digits},
        rates={**closing_exchange.rates, **opening_exchange.rates},
    )
    moved = tuple(
        _bar(kind, movements[kind], first_rates, first_exchange)
        for kind in BARS
        if movements.get(kind)
    )
    return Waterfall(
        currency=opening_exchange.to,
        opening=_bar("opening", opening, opening_rates, opening_exchange),
        bars=(
            *moved,
            Bar(
                WIN_RATES,
                0,
                ZERO,
                weighted(closing, closing_rates, first_exchange)
                - weighted(closing, first_rates, first_exchange),
            ),
            Bar(
                EXCHANGE_RATES,
                0,
                amount(closing, closing_exchange) - amount(closing, first_exchange),
                weighted(closing, closing_rates, closing_exchange)
                - weighted(closing, closing_rates, first_exchange),
            ),
        ),
        closing=_bar("closing", closing, closing_rates, closing_exchange),
        unexplained=unexplained(opening, movements.values(), closing),
    )


def unexplained(
    opening: Sequence[Cell],
    movements: Iterable[Sequence[Cell]],
    closing: Sequence[Cell],
) -> tuple[Cell, ...]:
    """Closing − opening − movements per position, in its own currency; what is 0 is left out."""
    left: dict[tuple[object, ...], Cell] = {}
    signed = [(closing, 1), (opening, -1), *((cells, -1) for cells in movements)]
    for cells, sign in signed:
        for cell in cells:
            position = (cell.lineage_id, cell.rate_bp, cell.currency, cell.scope)
            before = left.get(position)
            left[position] = Cell(
                cell.lineage_id,
                cell.rate_bp,
                cell.currency,
                cell.scope,
                (before.count if before else 0) + sign * cell.count,
                (before.amount_minor if before else 0) + sign * cell.amount_minor,
            )
    return tuple(cell for cell in left.values() if cell.count or cell.amount_minor)


def difference(result: Waterfall) -> tuple[int, Figure, Figure]:
    """Closing − opening − Σ bars in count, amount, weighted: all 0 unless `unexplained`."""
    count = result.closing.count - result.opening.count - sum(bar.count for bar in result.bars)
    total_amount = result.closing.amount - result.opening.amount
    total_weighted = result.closing.weighted - result.opening.weighted
    for bar in result.bars:
        total_amount = total_amount - bar.amount
        total_weighted = total_weighted - bar.weighted
    return count, total_amount, total_weighted


def _bar(kind: str, cells: Sequence[Cell], rates: Rates, exchange: Exchange) -> Bar:
    total = sum_cells(cells, rates, exchange)
    return Bar(kind, total.count, total.amount, total.weighted)


def _first_known(opening: Rates, closing: Rates) -> Rates:
    return {
        **closing,
        **{key: rate for key, rate in opening.items() if rate is not None},
    }
