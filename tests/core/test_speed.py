"""Speed and calibrated win rates (FUN-9): worked examples, edges, and what holds for all."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dakehu.core.speed import (
    Decided,
    Stays,
    calibrated,
    calibrated_bp,
    is_slow,
    kaplan_meier_median,
    slow_since,
    slowness,
    stage_speed,
    window_start,
)


def stays(*lengths: int, open_: tuple[int, ...] = ()) -> list[Stays]:
    return [Stays(n, True, 1) for n in lengths] + [Stays(n, False, 1) for n in open_]


def test_the_worked_example_of_the_guide() -> None:
    # Six entered Compare: three left after 10, 20 and 40 days, three still stand there since 15,
    # 30 and 50. 5/6 stay after 10 days; × 3/4 = 62.5% after 20; × 1/2 = 31.25% after 40.
    speed = stage_speed(6, 2, stays(10, 20, 40, open_=(15, 30, 50)))
    assert speed.median_days == 40
    assert speed.conversion == Fraction(1, 3)
    assert speed.still_in == Fraction(1, 2)
    # A plain median of those that left would say 20 and call the patient ones fast.
    assert kaplan_meier_median(stays(10, 20, 40)) == 20


def test_the_calibrated_rate_of_the_guide() -> None:
    # Compare has 30%; of 54 decided that were ever there 18 were won: (0.3 × 20 + 18) ÷ 74.
    assert calibrated_bp(3000, Decided(54, 18), 20) == 3243


@pytest.mark.parametrize(
    ("left", "still", "median"),
    [((), (), None), ((5,), (), 5), ((), (5,), None), ((0, 0), (), 0), ((3, 9), (), 3),
     ((3,), (9, 9), None), ((3, 3), (3, 3), 3), ((4,), (4,), 4), ((4,), (3,), 4)],
)  # fmt: skip
def test_the_median_at_its_edges(
    left: tuple[int, ...], still: tuple[int, ...], median: int | None
) -> None:
    assert kaplan_meier_median(stays(*left, open_=still)) == median


def test_exactly_one_and_a_half_times_the_median_is_slow() -> None:
    assert not is_slow(29, 20)
    assert is_slow(30, 20)
    assert slowness(30, 20) == Fraction(3, 2)
    assert not is_slow(1000, None)
    assert not is_slow(0, 0)
    assert is_slow(2, 0)


def test_the_window_ends_with_the_day_and_has_whole_months() -> None:
    assert window_start(date(2026, 6, 30)) == date(2025, 7, 1)
    assert window_start(date(2026, 11, 21)) == date(2025, 11, 22)
    assert window_start(date(2025, 2, 27)) == date(2024, 2, 28)
    assert window_start(date(2024, 2, 28)) == date(2023, 2, 28)
    assert window_start(date(2026, 5, 30), months=3) == date(2026, 2, 28)


def test_nothing_decided_leaves_the_methods_rate() -> None:
    assert calibrated({1: 3000, 2: 0}, {}, 20) == {1: (3000, 0), 2: (0, 0)}
    assert calibrated_bp(3000, Decided(0, 0), 0) == 3000
    assert calibrated_bp(3000, Decided(4, 1), 0) == 2500


LENGTHS = st.lists(
    st.builds(Stays, st.integers(0, 60), st.booleans(), st.integers(1, 4)), max_size=30
)


@given(LENGTHS)
def test_the_median_agrees_with_a_curve_drawn_stay_by_stay(found: list[Stays]) -> None:
    every = [(one.days, one.ended) for one in found for _n in range(one.number)]
    curve, median = Fraction(1), None
    for day in sorted({days for days, ended in every if ended}):
        risk = sum(days >= day for days, _e in every)
        curve *= Fraction(risk - sum(d == day and e for d, e in every), risk)
        if curve <= Fraction(1, 2):
            median = day
            break
    assert kaplan_meier_median(found) == median


@given(LENGTHS)
def test_when_all_have_left_it_is_the_plain_median(found: list[Stays]) -> None:
    every = sorted(one.days for one in found for _n in range(one.number))
    ended = [Stays(one.days, True, one.number) for one in found]
    expected = every[(len(every) - 1) // 2] if every else None
    assert kaplan_meier_median(ended) == expected


@given(st.integers(0, 400), st.integers(0, 200))
def test_slow_since_is_where_slow_begins(age: int, median: int) -> None:
    day = date(2026, 6, 30)
    assert is_slow(age, median) == (day - timedelta(days=age) <= slow_since(day, median))


@given(st.integers(0, 10_000), st.integers(0, 5000), st.integers(0, 5000), st.integers(0, 1000))
def test_a_calibrated_rate_lies_between_the_methods_and_the_share_won(
    method: int, wins: int, losses: int, weight: int
) -> None:
    rate = calibrated_bp(method, Decided(wins + losses, wins), weight)
    won = Fraction(wins * 10_000, wins + losses) if wins + losses else Fraction(method)
    assert min(method, won) - 1 <= rate <= max(method, won) + 1
    assert 0 <= rate <= 10_000
    more = calibrated_bp(method, Decided(wins + losses + 1, wins + 1), weight)
    assert more >= rate or weight + wins + losses == 0
