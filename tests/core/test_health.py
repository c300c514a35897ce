"""Health of the funnel (FUN-7): a worked example, the edges, and what holds for all numbers."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dakehu.core.funnel import Figure, known
from dakehu.core.health import Norm, measured, norm_days, norm_of, stage_health, verdict_of
from dakehu.core.periods import containing


def test_the_worked_example_of_the_guide() -> None:
    # Design stood at 4, 6, 5 and 5 opportunities and 260, 340, 300, 300 a quarter ago and before;
    # today 3 and 176: 60% by count, 59% by amount, so the amount heads the row.
    norm = norm_of([4, 6, 5, 5], [known(n) for n in (260, 340, 300, 300)])
    health = stage_health(3, 3, known(176), norm)
    assert (norm.count, norm.amount.value) == (5, 300)
    assert health.count.ratio == Fraction(3, 5)
    assert health.amount.ratio == Fraction(176, 300)
    assert health.worse is health.amount
    assert health.verdict == "warning"
    assert (health.count.to_good, health.count.to_excellent) == (1, 2)
    assert (health.amount.to_good, health.amount.to_excellent) == (34, 124)


@pytest.mark.parametrize(
    ("current", "verdict", "to_good", "to_excellent"),
    [(11, "excellent", 0, 0), (10, "excellent", 0, 0), (9, "good", 0, 1), (7, "good", 0, 3),
     (6, "warning", 1, 4), (0, "warning", 7, 10)],
)  # fmt: skip
def test_exactly_100_percent_is_excellent_and_exactly_70_is_good(
    current: int, verdict: str, to_good: int, to_excellent: int
) -> None:
    side = measured(known(current), known(10), whole=True)
    assert side.verdict == verdict
    assert (side.to_good, side.to_excellent) == (to_good, to_excellent)


def test_just_below_an_edge_is_below_it() -> None:
    assert verdict_of(Fraction(7, 10) - Fraction(1, 10**12)) == "warning"
    assert verdict_of(1 - Fraction(1, 10**12)) == "good"


def test_without_history_there_is_no_verdict() -> None:
    health = stage_health(1, 5, known(100), Norm())
    assert health.worse is None
    assert health.verdict is None
    assert health.count.reason == health.amount.reason == "no_norm"


def test_a_norm_of_nought_is_no_norm() -> None:
    health = stage_health(1, 5, known(100), norm_of([0, 0, 0, 0], [known(0)] * 4))
    assert (health.verdict, health.count.reason) == (None, "no_norm")


def test_one_side_is_enough() -> None:
    by_count = stage_health(1, 4, known(100), Norm(Fraction(5), Figure(None, "no_norm"), "entered"))
    assert by_count.worse is by_count.count
    assert by_count.verdict == "good"


def test_an_unknown_exchange_rate_leaves_the_amounts_unknown_not_the_counts() -> None:
    unknown = Figure(None, "no_exchange_rate")
    health = stage_health(1, 4, known(9), norm_of([4] * 4, [known(1), unknown, known(1), known(1)]))
    assert (health.amount.ratio, health.amount.reason) == (None, "no_exchange_rate")
    assert health.count.verdict == "excellent"


def test_the_days_of_the_norm_are_as_far_into_their_quarters_at_most_the_last() -> None:
    assert norm_days(date(2026, 6, 30)) == (
        date(2026, 3, 31), date(2025, 12, 30), date(2025, 9, 29), date(2025, 6, 30),
    )  # fmt: skip
    assert norm_days(date(2026, 5, 31), first_month=3)[0] == date(2026, 2, 28)


def weeks(day: date, first: int) -> int:
    """Give the whole weeks since the first day of the fiscal quarter."""
    return (day - containing(day, "quarter", first).start).days // 7


@given(st.dates(date(2001, 1, 1), date(2190, 1, 1)), st.integers(1, 12))
def test_the_norm_is_of_the_same_week_of_four_different_quarters(day: date, first: int) -> None:
    days = norm_days(day, first)
    assert len({containing(one, "quarter", first) for one in days}) == 4
    for one in days:
        assert one < day
        quarter = containing(one, "quarter", first)
        assert weeks(one, first) == weeks(day, first) or (one == quarter.last_day)


AMOUNTS = st.integers(0, 10**15)


@given(st.integers(0, 500), st.lists(st.integers(0, 500), min_size=4, max_size=4))
def test_what_is_missing_is_the_least_that_heals(current: int, past: list[int]) -> None:
    norm = norm_of(past, [known(0)] * 4).count or Fraction(0)
    side = measured(known(current), Figure(norm), whole=True)
    if not sum(past):
        assert side.ratio is None
        return
    for share, missing in ((Fraction(7, 10), side.to_good), (Fraction(1), side.to_excellent)):
        assert missing is not None
        assert (current + missing) / norm >= share
        assert missing == 0 or (current + missing - 1) / norm < share


@given(AMOUNTS, st.integers(1, 10**15), st.integers(1, 10**6))
def test_health_does_not_depend_on_the_unit_of_money(now: int, norm: int, scale: int) -> None:
    plain = measured(known(now), known(norm))
    scaled = measured(known(now * scale), known(norm * scale))
    assert (plain.ratio, plain.verdict) == (scaled.ratio, scaled.verdict)
    assert plain.to_good is not None
    assert plain.to_excellent is not None
    assert scaled.to_good == plain.to_good * scale
    assert (plain.verdict == "warning") == (plain.to_good > 0)
    assert (plain.verdict == "excellent") == (plain.to_excellent == 0)
