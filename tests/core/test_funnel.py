"""The funnel's figures against the worked examples of FUN-6, and the laws they obey."""

from datetime import date
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dakehu.core.currency import Exchange
from dakehu.core.funnel import (
    NO_EXCHANGE_RATE,
    NO_QUOTA,
    NO_RATE,
    ZERO,
    ZERO_QUOTA,
    Cell,
    Figure,
    Scope,
    amount,
    forecast_index,
    known,
    progress_index,
    rate_of,
    small_expected,
    stage_table,
    sum_cells,
    weighted,
    weighted_for_period,
)
from dakehu.core.methods import built_in_methods
from dakehu.core.periods import parse_period

INDUSTRIAL = built_in_methods()[0]
STAGES = list(range(1, 7))
RATES = {number: stage.rate_bp for number, stage in enumerate(INDUSTRIAL.stages, start=1)}
EURO = Exchange(to="EUR", digits={"EUR": 2, "USD": 2, "JPY": 0}, rates={"USD": Fraction("0.9")})

MILLION_CENTS = 10_000 * 100  # the example counts in 万欧元
EXAMPLE = [
    Cell(1, None, "EUR", "in_period", 5, 300 * MILLION_CENTS),
    Cell(2, None, "EUR", "in_period", 4, 240 * MILLION_CENTS),
    Cell(3, None, "EUR", "in_period", 3, 176 * MILLION_CENTS),
    Cell(4, None, "EUR", "in_period", 2, 464 * MILLION_CENTS),
    Cell(5, None, "EUR", "in_period", 2, 146 * MILLION_CENTS),
    Cell(6, None, "EUR", "in_period", 2, 98 * MILLION_CENTS),
]

scopes: st.SearchStrategy[Scope] = st.sampled_from(["overdue", "in_period", "later", "undated"])
cells = st.builds(
    Cell,
    lineage_id=st.sampled_from(STAGES),
    rate_bp=st.none() | st.integers(0, 10_000),
    currency=st.sampled_from(["EUR", "USD"]),
    scope=scopes,
    count=st.integers(1, 50),
    amount_minor=st.integers(0, 10**15),
)
funnels = st.lists(cells, max_size=20)


def in_wan(figure: Figure) -> Fraction | None:
    return None if figure.value is None else figure.value / 10_000


def test_the_worked_example_of_the_stage_table() -> None:
    table = stage_table(STAGES, EXAMPLE, RATES, EURO)
    assert [in_wan(row.all.weighted) for row in table.rows] == [
        Fraction(text) for text in ("15", "24", "35.2", "139.2", "73", "78.4")
    ]
    assert [row.all.count for row in table.rows] == [5, 4, 3, 2, 2, 2]
    assert table.total.count == 18
    assert in_wan(table.total.amount) == 1424
    assert in_wan(table.total.weighted) == Fraction("364.8")
    assert table.currency == "EUR"


def won_from_use(*, literal: bool, quota: int | None = 1000) -> Fraction | str | None:
    """98 leave stage 6 (80%) as won: weighted 364.8 → 286.4, closed 0 → 98."""
    before = weighted(EXAMPLE, RATES, EURO)
    now = weighted(EXAMPLE[:-1], RATES, EURO)
    index = progress_index(
        weighted_now=now,
        weighted_before=before,
        closed_now=known(98 * 10_000),
        closed_before=ZERO,
        quota=None if quota is None else Fraction(quota * 10_000),
        literal=literal,
    )
    return index.reason if index.value is None else index.value


def test_the_progress_index_counts_a_sale_once_or_literally_twice() -> None:
    assert won_from_use(literal=False) == Fraction("0.0196")
    assert won_from_use(literal=True) == Fraction("0.1176")


def test_the_forecast_index_of_the_example() -> None:
    index = forecast_index(
        closed=known(1_000_000),
        weighted=weighted(EXAMPLE, RATES, EURO),
        quota=Fraction(10**7),
    )
    assert index.value == Fraction("0.4648")
    assert index.numerator == known(4_648_000)
    assert index.inputs["quota"] == known(10**7)
    assert index.inputs["weighted"] == known(3_648_000)


def test_without_a_quota_the_index_is_unknown_but_its_amount_is_not() -> None:
    index = forecast_index(closed=known(10), weighted=known(5), quota=None)
    assert (index.value, index.reason) == (None, NO_QUOTA)
    assert index.numerator == known(15)
    assert won_from_use(literal=False, quota=None) == NO_QUOTA
    assert won_from_use(literal=True, quota=0) == ZERO_QUOTA


def test_without_a_rate_the_weighted_amount_is_unknown_but_the_amount_is_not() -> None:
    rates = {**RATES, 4: None}
    table = stage_table(STAGES, EXAMPLE, rates, EURO)
    fourth = table.rows[3]
    assert fourth.rate is None
    assert fourth.all.weighted == Figure(None, NO_RATE)
    assert table.total.weighted == Figure(None, NO_RATE)
    assert in_wan(table.total.amount) == 1424
    assert in_wan(table.rows[0].all.weighted) == 15
    index = forecast_index(closed=ZERO, weighted=table.total.weighted, quota=Fraction(1))
    assert (index.value, index.reason) == (None, NO_RATE)


def test_a_stage_that_was_never_given_a_rate_is_like_one_without() -> None:
    assert weighted(EXAMPLE, {}, EURO) == Figure(None, NO_RATE)


def test_the_owners_own_rate_weighs_before_the_stages() -> None:
    assert rate_of(2500, 8000) == Fraction(1, 4)
    assert rate_of(0, 8000) == 0
    assert rate_of(None, 8000) == Fraction(4, 5)
    assert rate_of(None, None) is None
    own = EXAMPLE[3]._replace(rate_bp=2500)
    assert in_wan(weighted([own], {4: None}, EURO)) == 116


def test_without_an_exchange_rate_amount_and_weighted_are_unknown() -> None:
    yen = Cell(1, None, "JPY", "in_period", 1, 100)
    table = stage_table(STAGES, [*EXAMPLE, yen], RATES, EURO)
    assert table.rows[0].all.amount == Figure(None, NO_EXCHANGE_RATE)
    assert table.rows[0].all.weighted == Figure(None, NO_EXCHANGE_RATE)
    assert table.rows[0].all.count == 6
    assert table.rows[0].all.amounts_minor == {"EUR": 300 * MILLION_CENTS, "JPY": 100}
    assert in_wan(table.rows[1].all.amount) == 240
    assert table.total.count == 19


def test_other_currencies_are_converted_at_the_days_rate() -> None:
    dollars = Cell(6, None, "USD", "in_period", 1, 1_000_00)
    assert amount([dollars], EURO) == known(900)
    assert weighted([dollars], RATES, EURO) == known(720)


def test_an_overdue_opportunity_is_counted_and_weighs_nothing() -> None:
    late = Cell(6, None, "EUR", "overdue", 3, 500_00)
    table = stage_table(STAGES, [*EXAMPLE, late], RATES, EURO)
    assert table.total.count == 21
    assert table.total.amount == known(14_240_500)
    assert in_wan(table.total.weighted) == Fraction("364.8")
    assert (table.overdue.count, table.overdue.amount, table.overdue.weighted) == (
        3, known(500), ZERO
    )  # fmt: skip
    assert table.rows[5].overdue.count == 3
    assert table.rows[5].in_period.count == 2


def test_an_undated_opportunity_weighs_in_the_table_and_not_in_the_index() -> None:
    undated = Cell(6, None, "EUR", "undated", 1, 100_00)
    later = Cell(6, None, "EUR", "later", 1, 10_00)
    late = Cell(6, None, "EUR", "overdue", 1, 1_00)
    table = stage_table(STAGES, [undated, later, late], RATES, EURO)
    assert table.total.weighted == known(88)
    assert (table.undated.count, table.undated.weighted) == (1, known(80))
    assert (table.later.count, table.later.weighted) == (1, known(8))
    assert weighted_for_period([undated, later, late], RATES, EURO) == ZERO
    assert weighted_for_period([undated, later, late], RATES, EURO, "all_open") == known(88)


def test_an_empty_funnel_is_worth_zero_and_not_unknown() -> None:
    table = stage_table(STAGES, [], {}, EURO)
    assert (table.total.count, table.total.amount, table.total.weighted) == (
        0,
        ZERO,
        ZERO,
    )
    assert [row.all.count for row in table.rows] == [0] * 6


def test_cells_of_another_method_are_not_lost_in_silence() -> None:
    with pytest.raises(ValueError, match="other methods"):
        stage_table(STAGES[:5], EXAMPLE, RATES, EURO)


def test_small_sales_are_extrapolated_by_days() -> None:
    quarter = parse_period("2017Q4")
    day = date(2017, 10, 23)
    expected = small_expected(
        known(46),
        elapsed_days=quarter.elapsed_days(day),
        days_left=quarter.days_left(day),
    )
    assert expected == known(138)
    assert small_expected(known(46), elapsed_days=92, days_left=0) == ZERO
    assert small_expected(ZERO, elapsed_days=0, days_left=92) == ZERO
    unknown = Figure(None, NO_EXCHANGE_RATE)
    assert small_expected(unknown, elapsed_days=0, days_left=92) == unknown


def test_small_sales_count_as_closed_in_both_indexes() -> None:
    forecast = forecast_index(
        closed=known(100), weighted=known(50), quota=Fraction(1000),
        small=known(20), small_expected=known(30),
    )  # fmt: skip
    assert forecast.value == Fraction("0.2")
    progress = progress_index(
        weighted_now=known(50), weighted_before=known(40), closed_now=known(100),
        closed_before=known(90), small_now=known(20), small_before=known(15), quota=Fraction(1000),
    )  # fmt: skip
    assert progress.value == Fraction("0.025")


def test_what_is_nothing_needs_no_rate() -> None:
    free = Cell(1, None, "EUR", "in_period", 1, 0)
    hopeless = Cell(1, 0, "JPY", "in_period", 1, 100)
    assert weighted([free, hopeless], {}, EURO) == ZERO


# --- laws -------------------------------------------------------------------------------------


@given(funnels, funnels)
def test_the_sum_of_two_funnels_is_the_funnel_of_both(one: list[Cell], other: list[Cell]) -> None:
    first, second = sum_cells(one, RATES, EURO), sum_cells(other, RATES, EURO)
    both = sum_cells(one + other, RATES, EURO)
    assert both.count == first.count + second.count
    assert both.amount == first.amount + second.amount
    assert both.weighted == first.weighted + second.weighted


@given(funnels)
def test_the_weighted_amount_is_every_cell_at_its_rate(funnel: list[Cell]) -> None:
    """The same sum written naively, a cell at a time."""
    expected = Fraction(0)
    for cell in funnel:
        rate = rate_of(cell.rate_bp, RATES[cell.lineage_id])
        if cell.scope != "overdue" and rate is not None:
            exchange_rate = Fraction("0.9") if cell.currency == "USD" else 1
            expected += Fraction(cell.amount_minor, 100) * rate * exchange_rate
    assert weighted(funnel, RATES, EURO) == Figure(expected)


@given(funnels)
def test_rows_and_lines_add_up_to_the_total(funnel: list[Cell]) -> None:
    table = stage_table(STAGES, funnel, RATES, EURO)
    lines = (table.in_period, table.later, table.undated, table.overdue)
    for parts in ([row.all for row in table.rows], lines):
        assert sum(part.count for part in parts) == table.total.count
        assert sum((part.amount for part in parts), ZERO) == table.total.amount
        assert sum((part.weighted for part in parts), ZERO) == table.total.weighted


@given(funnels)
def test_the_weighted_amount_lies_between_nothing_and_the_amount(
    funnel: list[Cell],
) -> None:
    total = sum_cells(funnel, RATES, EURO)
    assert total.weighted.value is not None
    assert total.amount.value is not None
    assert 0 <= total.weighted.value <= total.amount.value


@given(funnels, st.randoms(use_true_random=False))
def test_the_order_of_cells_does_not_matter(funnel: list[Cell], random: Random) -> None:
    mixed = list(funnel)
    random.shuffle(mixed)
    assert stage_table(STAGES, mixed, RATES, EURO) == stage_table(STAGES, funnel, RATES, EURO)


@given(funnels)
def test_the_index_takes_no_more_than_the_table_weighs(funnel: list[Cell]) -> None:
    in_period = weighted_for_period(funnel, RATES, EURO).value
    all_open = weighted_for_period(funnel, RATES, EURO, "all_open")
    assert all_open == sum_cells(funnel, RATES, EURO).weighted
    assert in_period is not None
    assert all_open.value is not None
    assert in_period <= all_open.value


@given(funnels, funnels, st.integers(1, 10**12))
def test_progress_is_the_change_of_the_forecast(
    before: list[Cell], now: list[Cell], quota: int
) -> None:
    """Our reading of the progress index = forecast index now − a week ago, closed sales alike."""
    then, today = weighted(before, RATES, EURO), weighted(now, RATES, EURO)
    progress = progress_index(
        weighted_now=today, weighted_before=then,
        closed_now=known(70), closed_before=known(30), quota=Fraction(quota),
    )  # fmt: skip
    late = forecast_index(closed=known(70), weighted=today, quota=Fraction(quota))
    early = forecast_index(closed=known(30), weighted=then, quota=Fraction(quota))
    assert progress.value is not None
    assert late.value is not None
    assert early.value is not None
    assert progress.value == late.value - early.value
