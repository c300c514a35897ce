"""Days, weeks and fiscal periods. Every range is half-open: [start, end).

The fiscal year's first month is a setting (default January). A fiscal year is named by the
calendar year in which it *starts* (our reading; the written method does not say): with April,
FY2017 is April 2017 to March 2018, and 2017Q4 is January to March 2018. A month keeps its
calendar name. Weeks are ISO weeks, Monday to Sunday.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from dakehu.core.errors import RuleBroken

Kind = Literal["month", "quarter", "year"]
DateOrder = Literal["ymd", "dmy", "mdy"]

FIRST_YEAR, LAST_YEAR = 1900, 2199

_MONTHS: dict[Kind, int] = {"month": 1, "quarter": 3, "year": 12}
_PERIOD = re.compile(
    r"(?P<month_year>[0-9]{4})-(?P<month>[0-9]{1,2})"
    r"|(?:FY)?(?P<quarter_year>[0-9]{4})[- ]?Q(?P<quarter>[0-9])"
    r"|(?:FY)?(?P<year>[0-9]{4})"
)
_YEAR_FIRST = re.compile(
    r"(?P<y>[0-9]{4})(?:(?P<sep>[-/.])(?P<m>[0-9]{1,2})(?P=sep)(?P<d>[0-9]{1,2})"
    r"|年(?P<zm>[0-9]{1,2})月(?P<zd>[0-9]{1,2})日"
    r"|(?P<cm>[0-9]{2})(?P<cd>[0-9]{2}))"
)
_YEAR_LAST = re.compile(
    r"(?P<first>[0-9]{1,2})(?P<sep>[-/.])(?P<second>[0-9]{1,2})(?P=sep)(?P<y>[0-9]{4})"
)


def next_month(month: date) -> date:
    """Give the first day of the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def whole_months(begin: date, end: date) -> tuple[date, date]:
    """Give the whole months [first, after) within the days [begin, end); alike where none is.

    The days before and after are [begin, min(first, end)) and [max(after, begin), end).
    """
    first = begin if begin.day == 1 else next_month(begin)
    return first, max(end.replace(day=1), first)


@dataclass(frozen=True, slots=True)
class Period:
    """A whole fiscal month, quarter or year: [start, end), `end` being the day after its last."""

    kind: Kind
    start: date
    end: date
    first_month: int = 1

    @property
    def fiscal_year(self) -> int:
        """The year in which the fiscal year of this period starts."""
        return fiscal_year(self.start, self.first_month)

    @property
    def number(self) -> int:
        """Which quarter or month of its fiscal year, from 1; 1 for a year."""
        months = (self.start.month - self.first_month) % 12
        return months // _MONTHS[self.kind] + 1

    @property
    def key(self) -> str:
        """The name that `parse_period` reads: 2017-11, 2017Q4, 2017."""
        match self.kind:
            case "month":
                return f"{self.start.year:04}-{self.start.month:02}"
            case "quarter":
                return f"{self.fiscal_year:04}Q{self.number}"
            case "year":
                return f"{self.fiscal_year:04}"

    @property
    def last_day(self) -> date:
        """The last day that belongs to the period."""
        return self.end - timedelta(days=1)

    @property
    def days(self) -> int:
        """How many days the period has."""
        return (self.end - self.start).days

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    def elapsed_days(self, day: date) -> int:
        """Days from the first through `day`, both counted: 0 before, all of them after."""
        return min(max((day - self.start).days + 1, 0), self.days)

    def days_left(self, day: date) -> int:
        """Days of the period after `day`."""
        return self.days - self.elapsed_days(day)

    def previous(self) -> "Period":
        """The period of the same kind just before."""
        return self._moved(-_MONTHS[self.kind])

    def next(self) -> "Period":
        """The period of the same kind just after."""
        return self._moved(_MONTHS[self.kind])

    def parts(self, kind: Kind) -> tuple["Period", ...]:
        """The periods of a shorter (or the same) kind that make up this one."""
        found = []
        part = containing(self.start, kind, self.first_month)
        while part.start < self.end:
            found.append(part)
            part = part.next()
        return tuple(found)

    def _moved(self, months: int) -> "Period":
        return _starting(self.kind, _month_moved(self.start, months), self.first_month)


def fiscal_year(day: date, first_month: int = 1) -> int:
    """The year in which the fiscal year of `day` starts."""
    return day.year if day.month >= first_month else day.year - 1


def containing(day: date, kind: Kind, first_month: int = 1) -> Period:
    """The fiscal month, quarter or year of `day`; RuleBroken `period.first_month`."""
    _check_first_month(first_month)
    into_year = (day.month - first_month) % 12
    start = _month_moved(day.replace(day=1), -(into_year % _MONTHS[kind]))
    return _starting(kind, start, first_month)


def parse_period(text: str, first_month: int = 1) -> Period:
    """Read `2017-11`, `2017Q4` (also `2017-Q4`, `FY2017Q4`), `2017` or `FY2017`.

    RuleBroken `period.malformed`, `period.first_month`.
    """
    _check_first_month(first_month)
    found = _PERIOD.fullmatch(_plain(text).upper())
    if found is None:
        raise RuleBroken("period.malformed", text=text.strip()[:60])
    year = int(found["month_year"] or found["quarter_year"] or found["year"])
    month, quarter = int(found["month"] or 1), int(found["quarter"] or 1)
    if not (FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12 and 1 <= quarter <= 4):
        raise RuleBroken("period.malformed", text=text.strip()[:60])
    if found["month"]:
        return _starting("month", date(year, month, 1), first_month)
    year_start = date(year, first_month, 1)
    if found["quarter"]:
        return _starting("quarter", _month_moved(year_start, 3 * (quarter - 1)), first_month)
    return _starting("year", year_start, first_month)


def same_day_of(period: Period, day: date, other: Period) -> date:
    """The day as far into `other` as `day` is into `period`, at most its last (FUN-7)."""
    return min(other.start + (day - period.start), other.last_day)


def parse_day(text: str, order: DateOrder = "ymd") -> date:
    """Read a day: 2017-12-31, 2017/12/31, 20171231, 2017年12月31日; with `order` also 31/12/2017.

    A year that stands first is read so in every order; one that stands last only with `dmy` or
    `mdy`: which of 3/4/2017 is the month is never guessed. Years have four digits.
    RuleBroken `day.missing`, `day.ambiguous`, `day.malformed`, `day.far_away`,
    `day.not_in_calendar`.
    """
    plain = _plain(text)
    if not plain:
        raise RuleBroken("day.missing")
    if found := _YEAR_FIRST.fullmatch(plain):
        month = found["m"] or found["zm"] or found["cm"]
        number = found["d"] or found["zd"] or found["cd"]
    elif found := _YEAR_LAST.fullmatch(plain):
        if order == "ymd":
            raise RuleBroken("day.ambiguous", text=text.strip())
        month, number = found["first"], found["second"]
        if order == "dmy":
            month, number = number, month
    else:
        raise RuleBroken("day.malformed", text=text.strip()[:60])
    year = int(found["y"])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise RuleBroken("day.far_away", text=text.strip(), first=FIRST_YEAR, last=LAST_YEAR)
    try:
        return date(year, int(month), int(number))
    except ValueError as error:
        raise RuleBroken("day.not_in_calendar", text=text.strip()) from error


def _starting(kind: Kind, start: date, first_month: int) -> Period:
    return Period(kind, start, _month_moved(start, _MONTHS[kind]), first_month)


def _month_moved(first_of_month: date, months: int) -> date:
    count = first_of_month.year * 12 + first_of_month.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def _check_first_month(first_month: int) -> None:
    if not 1 <= first_month <= 12:
        raise RuleBroken("period.first_month", month=first_month)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()
