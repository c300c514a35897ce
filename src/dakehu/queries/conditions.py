"""From a filter's expression to the condition of a query, for lists of every kind.

The caller narrows rows that it has found for the viewer; what is asked here can only take away.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import reduce
from operator import and_, or_
from typing import TypeAlias
from zoneinfo import ZoneInfo

from django.db.models import Q

from dakehu.core.access import Viewer
from dakehu.core.errors import RuleBroken
from dakehu.core.filters import Condition, Expression, Field, Kind, Value, conditions_of, days_of
from dakehu.core.money import limit_in_units, to_minor
from dakehu.models import Account
from dakehu.queries.organisation import Org
from dakehu.queries.units import all_units


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, and on which day of which organisation."""

    viewer: Viewer
    today: date
    org: Org

    def days(self, name: str) -> tuple[date, date]:
        """Give the days that a name means, [start, end)."""
        return days_of(name, today=self.today, first_month=self.org.fiscal_first_month)


Meets: TypeAlias = Callable[[Asking, Condition], Q]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field of a filter stands: its column, or how else it is asked."""

    field: Field
    column: str
    #: The column holds moments: days begin at midnight of the organisation.
    is_moment: bool = False
    #: Empty is the empty text, not NULL.
    is_text: bool = False
    #: What differs from the column's own condition.
    meets: Meets | None = None


Places = Mapping[str, Place]


def fields_of(viewer: Viewer, places: Places) -> dict[str, Field]:
    """Give the fields that the viewer may read, and so may filter by."""
    return {
        key: place.field
        for key, place in places.items()
        if not place.field.reads or viewer.reads_field(place.field.reads)
    }


def asked_for(viewer: Viewer, asked: Expression, places: Places, *, today: date, org: Org) -> Q:
    """Give the condition of an expression. RuleBroken `filter.unknown_field` for what is hidden."""
    readable = fields_of(viewer, places)
    for condition in conditions_of(asked):
        if condition.field not in readable:
            raise RuleBroken("filter.unknown_field", text=condition.field, at=1)
    return _q(Asking(viewer, today, org), asked, places)


def _q(asking: Asking, asked: Expression, places: Places) -> Q:
    if not isinstance(asked, Condition):
        parts = [_q(asking, part, places) for part in asked.parts]
        return reduce(and_ if asked.every else or_, parts)
    place = places[asked.field]
    return (place.meets or _plain(place))(asking, asked)


def _plain(place: Place) -> Meets:
    return lambda asking, condition: column_meets(asking, condition, place)


def column_meets(asking: Asking, condition: Condition, place: Place) -> Q:
    """Give what a column must hold."""
    column = place.column
    if condition.operator in ("empty", "filled"):
        none = Q(**{column: ""}) if place.is_text else Q(**{f"{column}__isnull": True})
        return none if condition.operator == "empty" else ~none
    match place.field.kind:
        case Kind.DAY:
            return _day(asking, condition, place)
        case Kind.TEXT:
            return _text(condition, column)
        case Kind.AMOUNT:
            digits = asking.org.base_digits
            return measured(condition, column, [_minor(v, digits) for v in condition.values])
        case Kind.PERCENT:
            return measured(condition, column, [int(Decimal(v) * 100) for v in condition.values])
        case Kind.NUMBER:
            return measured(condition, column, list(condition.values))
        case _:
            return one_of(condition, column, list(condition.values))


def one_of(condition: Condition, column: str, values: list[Value]) -> Q:
    """Give that a column holds one of these, or none of them; what is empty is none of them."""
    held = Q(**{f"{column}__in": values}) if len(values) != 1 else Q(**{column: values[0]})
    return ~held if condition.operator == "not" else held


def numbered(column: str, numbers: Mapping[str, int]) -> Meets:
    """Ask for choices that a column holds as numbers; 0 is none of them."""

    def meets(_asking: Asking, condition: Condition) -> Q:
        if condition.operator in ("empty", "filled"):
            none = Q(**{column: 0})
            return none if condition.operator == "empty" else ~none
        return one_of(condition, column, [numbers[str(value)] for value in condition.values])

    return meets


def measured(condition: Condition, column: str, values: list[Value]) -> Q:
    """Give that a column holds as much; both ends of 'between' belong to it."""
    first = values[0]
    match condition.operator:
        case ">=":
            return Q(**{f"{column}__gte": first})
        case "<":
            return Q(**{f"{column}__lt": first})
        case "between":
            return Q(**{f"{column}__gte": first, f"{column}__lte": values[1]})
        case _:
            return Q(**{column: first})


def _minor(value: Value, digits: int) -> int:
    amount, limit = Decimal(value), Decimal(limit_in_units(digits))
    return to_minor(round(min(max(amount, -limit), limit), digits), digits)


def _text(condition: Condition, column: str) -> Q:
    text = str(condition.values[0])
    if condition.operator == "has":
        return Q(**{f"{column}__icontains": text})
    same = Q(**{f"{column}__iexact": text})
    return ~same if condition.operator == "not" else same


def _day(asking: Asking, condition: Condition, place: Place) -> Q:
    column = place.column
    first = condition.values[0]

    def at(day: date) -> date | datetime:
        if not place.is_moment:
            return day
        zone = ZoneInfo(asking.org.time_zone)
        return datetime.combine(day, time(), zone).astimezone(UTC)

    match condition.operator:
        case "older":
            old = Q(**{f"{column}__lt": at(asking.today - timedelta(days=int(first)))})
            return old | Q(**{f"{column}__isnull": True}) if place.field.never_is_old else old
        case ">=" | "<" as sign:
            day, _end = asking.days(str(first))
            return Q(**{f"{column}__{'gte' if sign == '>=' else 'lt'}": at(day)})
        case "between":
            start, (_last, end) = asking.days(str(first))[0], asking.days(str(condition.values[1]))
            return Q(**{f"{column}__gte": at(start), f"{column}__lt": at(end)})
        case "not":
            start, end = asking.days(str(first))
            other = Q(**{f"{column}__lt": at(start)}) | Q(**{f"{column}__gte": at(end)})
            return other | Q(**{f"{column}__isnull": True}) if place.field.optional else other
        case _:
            start, end = asking.days(str(first))
            return Q(**{f"{column}__gte": at(start), f"{column}__lt": at(end)})


def units_meet(column: str) -> Meets:
    """Ask for units: each with all below it, closed ones where they last hung."""

    def meets(asking: Asking, condition: Condition) -> Q:
        if condition.operator in ("empty", "filled"):
            return Q(**{f"{column}__isnull": condition.operator == "empty"})
        asked = {int(value) for value in condition.values}
        if condition.operator == "only":
            return Q(**{f"{column}__in": asked})
        tree = all_units().tree(asking.today, with_closed=True)
        found = {below for unit in asked for below in tree.subtree(unit)}
        held = Q(**{f"{column}__in": found})
        return held if condition.operator != "not" else ~held | Q(**{f"{column}__isnull": True})

    return meets


def accounts_meet(column: str) -> Meets:
    """Ask for accounts: each with its whole group below it, if it is in sight itself.

    Of one out of sight only that account is meant: that others hang below it would be told.
    """

    def meets(asking: Asking, condition: Condition) -> Q:
        if condition.operator in ("empty", "filled"):
            return Q(**{f"{column}_id__isnull": condition.operator == "empty"})
        asked = [int(value) for value in condition.values]
        own = Q(**{f"{column}_id__in": asked})
        if condition.operator == "only":
            return own
        seen = Account.visible_to(asking.viewer).filter(pk__in=asked).values_list("path", flat=True)
        for path in seen:
            own |= Q(**{f"{column}__path__startswith": path})
        return own if condition.operator != "not" else ~own | Q(**{f"{column}_id__isnull": True})

    return meets
