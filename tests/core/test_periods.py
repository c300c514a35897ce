"""Fiscal periods, weeks and days."""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dakehu.core.errors import RuleBroken
from dakehu.core.periods import (
    DateOrder,
    Kind,
    containing,
    fiscal_year,
    parse_day,
    parse_period,
    same_day_of,
)

JANUARY, APRIL = 1, 4
days = st.dates(date(1950, 1, 1), date(2150, 12, 31))
kinds = st.sampled_from(["month", "quarter", "year"])
first_months = st.integers(1, 12)


@pytest.mark.parametrize(
    ("text", "first_month", "start", "end"),
    [
        ("2017Q4", JANUARY, date(2017, 10, 1), date(2018, 1, 1)),
        ("2017Q1", JANUARY, date(2017, 1, 1), date(2017, 4, 1)),
        ("2017-11", JANUARY, date(2017, 11, 1), date(2017, 12, 1)),
        ("2017", JANUARY, date(2017, 1, 1), date(2018, 1, 1)),
        ("2017Q1", APRIL, date(2017, 4, 1), date(2017, 7, 1)),
        ("2017Q4", APRIL, date(2018, 1, 1), date(2018, 4, 1)),
        ("2017-11", APRIL, date(2017, 11, 1), date(2017, 12, 1)),
        ("FY2017", APRIL, date(2017, 4, 1), date(2018, 4, 1)),
        ("fy2017q4", APRIL, date(2018, 1, 1), date(2018, 4, 1)),
        ("２０１７-Q4", JANUARY, date(2017, 10, 1), date(2018, 1, 1)),
    ],
)
def test_a_period_is_read_and_half_open(
    text: str, first_month: int, start: date, end: date
) -> None:
    period = parse_period(text, first_month)
    assert (period.start, period.end) == (start, end)
    assert start in period
    assert end not in period
    assert period.last_day in period


@pytest.mark.parametrize(
    "text",
    ["", "2017Q5", "2017Q0", "2017-13", "2017-00", "17Q4", "Q4", "2017Q", "2017-11-01", "1899",
     "0000", "9999Q4", "next", "2017W3", "-2017"],
)  # fmt: skip
def test_a_malformed_period_is_refused(text: str) -> None:
    with pytest.raises(RuleBroken, match=r"period\.malformed"):
        parse_period(text)


@pytest.mark.parametrize("month", [0, 13, -1])
def test_the_first_month_is_a_month(month: int) -> None:
    with pytest.raises(RuleBroken, match=r"period\.first_month"):
        parse_period("2017", month)
    with pytest.raises(RuleBroken, match=r"period\.first_month"):
        containing(date(2017, 1, 1), "year", month)


def test_a_fiscal_year_is_named_by_the_year_in_which_it_starts() -> None:
    assert fiscal_year(date(2018, 3, 31), APRIL) == 2017
    assert fiscal_year(date(2018, 4, 1), APRIL) == 2018
    assert containing(date(2018, 2, 10), "quarter", APRIL).key == "2017Q4"
    assert containing(date(2018, 2, 10), "year", APRIL).key == "2017"
    assert containing(date(2018, 2, 10), "month", APRIL).key == "2018-02"


@given(days, kinds, first_months)
def test_every_day_lies_in_one_period_which_its_key_names(
    day: date, kind: Kind, first_month: int
) -> None:
    period = containing(day, kind, first_month)
    assert day in period
    assert parse_period(period.key, first_month) == period
    assert period.start.day == period.end.day == 1
    assert period.elapsed_days(day) + period.days_left(day) == period.days
    assert 1 <= period.elapsed_days(day) <= period.days


@given(days, kinds, first_months)
def test_periods_follow_one_another_without_gap(day: date, kind: Kind, first_month: int) -> None:
    period = containing(day, kind, first_month)
    assert period.next().start == period.end
    assert period.previous().end == period.start
    assert period.next().previous() == period
    assert containing(period.end, kind, first_month) == period.next()


@given(days, first_months)
def test_four_quarters_and_twelve_months_make_a_year(day: date, first_month: int) -> None:
    year = containing(day, "year", first_month)
    for kind, count in (("quarter", 4), ("month", 12)):
        parts = year.parts(kind)  # type: ignore[arg-type]
        assert [part.number for part in parts] == list(range(1, count + 1))
        assert sum(part.days for part in parts) == year.days
        assert (parts[0].start, parts[-1].end) == (year.start, year.end)
    assert year.start.month == first_month


def test_days_elapsed_count_the_first_day_through_the_day() -> None:
    quarter = parse_period("2017Q4")
    assert quarter.elapsed_days(date(2017, 10, 1)) == 1
    assert quarter.elapsed_days(date(2017, 12, 31)) == 92 == quarter.days
    assert quarter.days_left(date(2017, 12, 31)) == 0
    assert (
        quarter.elapsed_days(date(2017, 9, 30)),
        quarter.days_left(date(2017, 9, 30)),
    ) == (
        0,
        92,
    )
    assert (
        quarter.elapsed_days(date(2018, 2, 1)),
        quarter.days_left(date(2018, 2, 1)),
    ) == (92, 0)


def test_the_same_day_of_a_shorter_quarter_is_at_most_its_last() -> None:
    fourth, first = parse_period("2017Q4"), parse_period("2018Q1")
    assert same_day_of(fourth, date(2017, 10, 15), first) == date(2018, 1, 15)
    assert same_day_of(fourth, date(2017, 12, 31), first) == date(2018, 3, 31)


@pytest.mark.parametrize(
    "text",
    [
        "2017-12-31",
        "2017/12/31",
        "2017.12.31",
        "20171231",
        "2017年12月31日",
        " ２０１７-１２-３１ ",
    ],
)
def test_a_day_with_the_year_first_is_read_in_every_order(text: str) -> None:
    orders: tuple[DateOrder, ...] = ("ymd", "dmy", "mdy")
    assert {parse_day(text, order) for order in orders} == {date(2017, 12, 31)}


def test_a_day_with_the_year_last_needs_its_order() -> None:
    assert parse_day("3/4/2017", "dmy") == date(2017, 4, 3)
    assert parse_day("3.4.2017", "mdy") == date(2017, 3, 4)
    with pytest.raises(RuleBroken, match=r"day\.ambiguous"):
        parse_day("3/4/2017")


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "day.missing"), (" ", "day.missing"), ("2017-12", "day.malformed"),
     ("17-12-31", "day.malformed"), ("2017-12/31", "day.malformed"), ("today", "day.malformed"),
     ("2017-12-31 10:00", "day.malformed"), ("2017-02-29", "day.not_in_calendar"),
     ("2017-13-01", "day.not_in_calendar"), ("2017-00-10", "day.not_in_calendar"),
     ("0000-01-01", "day.far_away"), ("9999-12-31", "day.far_away"),
     ("20170230", "day.not_in_calendar"), ("1" * 80, "day.malformed")],
)  # fmt: skip
def test_a_day_that_is_none_is_refused(text: str, code: str) -> None:
    with pytest.raises(RuleBroken) as refusal:
        parse_day(text)
    assert refusal.value.code == code


def code_of_refusal(read: Callable[[], object]) -> str | None:
    try:
        read()
    except RuleBroken as refusal:
        return refusal.code
    return None


@given(st.text(max_size=30), st.sampled_from(["ymd", "dmy", "mdy"]))
def test_any_text_is_read_or_refused_with_a_code(text: str, order: DateOrder) -> None:
    assert code_of_refusal(lambda: parse_day(text, order)) in {
        None, "day.missing", "day.malformed", "day.ambiguous", "day.not_in_calendar",
        "day.far_away",
    }  # fmt: skip
    assert code_of_refusal(lambda: parse_period(text)) in {None, "period.malformed"}
