"""The waterfall between two days, and its identity over any history."""

from collections import defaultdict
from dataclasses import dataclass, replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dakehu.core.currency import Exchange
from dakehu.core.funnel import NO_RATE, ZERO, Cell, Figure, Rates, Scope, known
from dakehu.core.waterfall import (
    BARS,
    EXCHANGE_RATES,
    MOVEMENT_BARS,
    REORGANISED,
    WIN_RATES,
    Waterfall,
    difference,
    unexplained,
    waterfall,
)

OLD_RATES: Rates = {1: 1000, 2: 5000}
NEW_RATES: Rates = {1: 2000, 2: 5000}
DIGITS = {"CNY": 2, "USD": 2}
OLD = Exchange(to="CNY", digits=DIGITS, rates={"USD": Fraction(7)})
NEW = Exchange(to="CNY", digits=DIGITS, rates={"USD": Fraction(8)})


def cell(lineage_id: int, count: int, units: int, currency: str = "CNY") -> Cell:
    return Cell(lineage_id, None, currency, "in_period", count, units * 100)


def bar_of(result: Waterfall, kind: str) -> tuple[object, ...]:
    (bar,) = [bar for bar in result.bars if bar.kind == kind]
    return bar.count, bar.amount.value, bar.weighted.value


def week() -> Waterfall:
    """One of 100 in stage 1, one of 10 dollars in stage 2; the first advances, the second wins,
    a third of 20 dollars is created in stage 1; stage 1's rate and the dollar rise."""
    return waterfall(
        opening=[cell(1, 1, 100), cell(2, 1, 10, "USD")],
        movements={
            "won": [cell(2, -1, -10, "USD")],
            "created": [cell(1, 1, 20, "USD")],
            "advanced": [cell(1, -1, -100), cell(2, 1, 100)],
        },
        closing=[cell(2, 1, 100), cell(1, 1, 20, "USD")],
        opening_rates=OLD_RATES,
        closing_rates=NEW_RATES,
        opening_exchange=OLD,
        closing_exchange=NEW,
    )


def test_movements_are_valued_at_the_rates_of_the_opening_day() -> None:
    result = week()
    assert (result.opening.count, result.opening.amount, result.opening.weighted) == (
        2, known(170), known(45)
    )  # fmt: skip
    assert bar_of(result, "created") == (1, 140, 14)
    assert bar_of(result, "advanced") == (0, 0, 40)
    assert bar_of(result, "won") == (-1, -70, -35)


def test_changed_rates_are_bars_of_their_own() -> None:
    result = week()
    assert bar_of(result, WIN_RATES) == (0, 0, 14)
    assert bar_of(result, EXCHANGE_RATES) == (0, 20, 4)
    assert (result.closing.count, result.closing.amount, result.closing.weighted) == (
        2, known(260), known(82)
    )  # fmt: skip
    assert difference(result) == (0, ZERO, ZERO)
    assert result.unexplained == ()


def test_bars_stand_in_one_order_and_only_where_something_moved() -> None:
    assert [bar.kind for bar in week().bars] == [
        "created", "advanced", "won", WIN_RATES, EXCHANGE_RATES
    ]  # fmt: skip


def test_what_movements_do_not_explain_is_named() -> None:
    result = waterfall(
        opening=[cell(1, 1, 100)], movements={}, closing=[cell(2, 1, 100)],
        opening_rates=OLD_RATES, closing_rates=OLD_RATES,
        opening_exchange=OLD, closing_exchange=OLD,
    )  # fmt: skip
    assert set(result.unexplained) == {cell(1, -1, -100), cell(2, 1, 100)}
    assert difference(result) == (0, ZERO, known(40))


def test_a_stage_rated_for_the_first_time_in_between_values_its_movements_at_that_rate() -> None:
    result = waterfall(
        opening=[], movements={"created": [cell(3, 1, 100)]}, closing=[cell(3, 1, 100)],
        opening_rates={3: None}, closing_rates={3: 3000},
        opening_exchange=OLD, closing_exchange=OLD,
    )  # fmt: skip
    assert bar_of(result, "created") == (1, 100, 30)
    assert bar_of(result, WIN_RATES) == (0, 0, 0)
    assert difference(result) == (0, ZERO, ZERO)


def test_without_a_rate_the_weighted_bars_are_unknown_and_the_amounts_are_not() -> None:
    result = waterfall(
        opening=[cell(3, 1, 100)], movements={"grown": [cell(3, 0, 5)]}, closing=[cell(3, 1, 105)],
        opening_rates={}, closing_rates={}, opening_exchange=OLD, closing_exchange=OLD,
    )  # fmt: skip
    assert result.opening.weighted == Figure(None, NO_RATE)
    assert bar_of(result, "grown") == (0, 5, None)
    assert difference(result) == (0, ZERO, Figure(None, NO_RATE))


def test_wrong_use_is_a_bug_and_said_so() -> None:
    usual = {
        "opening": [], "closing": [], "opening_rates": {}, "closing_rates": {},
        "opening_exchange": OLD,
    }  # fmt: skip
    with pytest.raises(ValueError, match="no such bars"):
        waterfall(movements={"sold": []}, closing_exchange=OLD, **usual)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="one currency"):
        waterfall(movements={}, closing_exchange=replace(OLD, to="USD"), **usual)  # type: ignore[arg-type]


def test_every_kind_of_movement_has_one_bar() -> None:
    assert len(set(BARS)) == len(BARS) == 23
    assert len(MOVEMENT_BARS) == 20


# --- any history ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Position:
    lineage_id: int
    rate_bp: int | None
    currency: str
    scope: Scope


scopes: st.SearchStrategy[Scope] = st.sampled_from(["overdue", "in_period", "later", "undated"])
positions = st.builds(
    Position,
    lineage_id=st.integers(1, 3),
    rate_bp=st.none() | st.integers(0, 10_000),
    currency=st.sampled_from(["CNY", "USD", "JPY"]),
    scope=scopes,
)
sums = st.dictionaries(
    positions, st.tuples(st.integers(-5, 5), st.integers(-(10**15), 10**15)), max_size=4
)
day_rates = st.fixed_dictionaries({key: st.integers(0, 10_000) for key in (1, 2, 3)})
fractions = st.fractions(Fraction(1, 1000), 1000)
days = st.builds(
    lambda usd, jpy: Exchange(
        to="CNY", digits={"CNY": 2, "USD": 2, "JPY": 0}, rates={"USD": usd, "JPY": jpy}
    ),
    fractions,
    fractions,
)


def as_cells(by_position: dict[Position, tuple[int, int]]) -> list[Cell]:
    return [
        Cell(p.lineage_id, p.rate_bp, p.currency, p.scope, count, minor)
        for p, (count, minor) in by_position.items()
    ]


@given(
    sums,
    st.dictionaries(st.sampled_from([*MOVEMENT_BARS, REORGANISED]), sums, max_size=6),
    st.tuples(day_rates, day_rates), st.tuples(days, days),
)  # fmt: skip
def test_opening_and_bars_are_the_closing_exactly(
    opening: dict[Position, tuple[int, int]],
    movements: dict[str, dict[Position, tuple[int, int]]],
    rates: tuple[Rates, Rates],
    exchanges: tuple[Exchange, Exchange],
) -> None:
    closing: dict[Position, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for sums_of_kind in (opening, *movements.values()):
        for position, (count, minor) in sums_of_kind.items():
            before = closing[position]
            closing[position] = (before[0] + count, before[1] + minor)
    result = waterfall(
        opening=as_cells(opening),
        movements={kind: as_cells(moved) for kind, moved in movements.items()},
        closing=as_cells(closing),
        opening_rates=rates[0],
        closing_rates=rates[1],
        opening_exchange=exchanges[0],
        closing_exchange=exchanges[1],
    )
    assert difference(result) == (0, ZERO, ZERO)
    assert result.unexplained == ()


@given(sums, sums)
def test_what_is_unexplained_explains(
    opening: dict[Position, tuple[int, int]], closing: dict[Position, tuple[int, int]]
) -> None:
    gap = unexplained(as_cells(opening), [], as_cells(closing))
    assert unexplained(as_cells(opening), [gap], as_cells(closing)) == ()


@given(sums, day_rates, days)
def test_nothing_happened_makes_no_bars(
    funnel: dict[Position, tuple[int, int]], rates: Rates, day: Exchange
) -> None:
    cells = as_cells(funnel)
    result = waterfall(
        opening=cells, movements={}, closing=cells, opening_rates=rates, closing_rates=rates,
        opening_exchange=day, closing_exchange=day,
    )  # fmt: skip
    assert [(bar.kind, bar.amount, bar.weighted) for bar in result.bars] == [
        (WIN_RATES, ZERO, ZERO),
        (EXCHANGE_RATES, ZERO, ZERO),
    ]
