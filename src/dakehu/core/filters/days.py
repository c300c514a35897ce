"""Days as filters name them: a day, a fiscal period, or one that moves with today."""

import re
from datetime import date, timedelta

from dakehu.core.errors import RuleBroken
from dakehu.core.periods import Kind, containing, parse_day, parse_period

#: The days that move with today, in the order in which they are offered.
MOVING = (
    "today", "tomorrow", "yesterday",
    "this_week", "next_week", "last_week",
    "this_month", "next_month", "last_month",
    "this_quarter", "next_quarter", "last_quarter",
    "this_year", "next_year", "last_year",
    "next_7_days", "next_30_days", "last_7_days", "last_30_days",
)  # fmt: skip
MOST_DAYS = 3660

_SOME_DAYS = re.compile(r"(next|last)_([0-9]{1,4})_days")
_NEAR = {"today": 0, "tomorrow": 1, "yesterday": -1}
_TURN = {"this": 0, "next": 1, "last": -1}
_KINDS: dict[str, Kind] = {"month": "month", "quarter": "quarter", "year": "year"}
_DAY = timedelta(days=1)


def days_of(name: str, *, today: date, first_month: int = 1) -> tuple[date, date]:
    """Give the days that are meant as [start, end).

    `last_7_days` are the seven that end with today, `next_7_days` the seven that begin with it.
    RuleBroken `filter.unknown_days`.
    """
    if name in _NEAR:
        day = today + _NEAR[name] * _DAY
        return day, day + _DAY
    some = _SOME_DAYS.fullmatch(name)
    if some and 0 < int(some[2]) <= MOST_DAYS:
        span = int(some[2]) * _DAY
        return (today, today + span) if some[1] == "next" else (today + _DAY - span, today + _DAY)
    turn, _sep, kind = name.partition("_")
    if turn in _TURN and kind == "week":
        monday = today - today.weekday() * _DAY + 7 * _TURN[turn] * _DAY
        return monday, monday + 7 * _DAY
    if turn in _TURN and kind in _KINDS:
        period = containing(today, _KINDS[kind], first_month)
        period = {"this": period, "next": period.next(), "last": period.previous()}[turn]
        return period.start, period.end
    return _named(name, first_month)


def _named(name: str, first_month: int) -> tuple[date, date]:
    try:
        period = parse_period(name, first_month)
    except RuleBroken:
        try:
            day = parse_day(name)
        except RuleBroken as error:
            raise RuleBroken("filter.unknown_days", text=name[:40]) from error
        return day, day + _DAY
    return period.start, period.end


def is_days(name: str) -> bool:
    """Test if days are named so."""
    try:
        days_of(name, today=date(2000, 1, 1))
    except RuleBroken:
        return False
    return True
