"""The table of leaks: how often and how much, by kind.

Amounts are what stood at the position that was left, at the exchange rates of the day asked for.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from dakehu.core.access import Viewer
from dakehu.core.currency import Exchange
from dakehu.core.errors import RuleBroken
from dakehu.core.funnel import ZERO, Figure
from dakehu.core.speed import window_start
from dakehu.models import Person, Product
from dakehu.queries.funnel import FunnelQuestion, person_in_sight, sight
from dakehu.queries.leaks.carried import BYS, carried_sums, rest_of
from dakehu.queries.leaks.entries import (
    COLUMNS,
    KINDS,
    LEAK_KINDS,
    LeakBy,
    Share,
    Window,
    exchange_of,
    leaving,
    product_shares,
    rival_shares,
    worth,
)
from dakehu.queries.ledger import Where, fetch
from dakehu.queries.opportunities.path import in_tongue
from dakehu.queries.organisation import organisation
from dakehu.queries.units import all_units

ROWS = 50


@dataclass(frozen=True, slots=True)
class Leak:
    """How often, and how much."""

    count: int = 0
    amount: Figure = field(default_factory=lambda: ZERO)


@dataclass(frozen=True, slots=True)
class LeakRow:
    """One stage, unit, owner, product or rival, and what leaked there by kind."""

    key: int | str | None
    name: str
    kinds: Mapping[str, Leak]

    @property
    def total(self) -> Figure:
        """Give all that leaked here; a loss after a slip counts both."""
        total = ZERO
        for one in self.kinds.values():
            total = total + one.amount
        return total


@dataclass(frozen=True, slots=True)
class Leaks:
    """The rows, largest first, and the total in which every movement counts once."""

    start: date
    end: date
    by: LeakBy
    currency: str
    rows: tuple[LeakRow, ...]
    left_out: int
    total: LeakRow


#: By kind and currency: how many, and minor units.
_Kinds = dict[str, dict[str, list[int]]]
_Sums = dict[Any, _Kinds]


def leaks(
    viewer: Viewer,
    *,
    question: FunnelQuestion,
    today: date,
    by: LeakBy,
    stages: Sequence[int] | None = None,
    start: date | None = None,
) -> Leaks:
    """Sum what leaked in the window that ends with the day, twelve months unless told.

    By product a movement's amount is split over the lines in force on its day, by rival it
    stands with every competitor named; the total counts it once. Rivals of what has moved out of
    sight stand under none (DESIGN: Permission).
    """
    if question.on > today:
        raise RuleBroken("funnel.future", on=question.on, today=today)
    if question.person_id is not None:
        person_in_sight(viewer, person_id=question.person_id)
    org, units = organisation(), all_units()
    begin = start or window_start(question.on)
    where = sight(viewer, question, units, question.on, today)
    window = Window(question, begin, stages)
    exchange = exchange_of(question, org.base_currency)
    sums = _sums_by(viewer, by, where, window)
    # A movement of two products or rivals stands in two rows; the total counts it once.
    whole = _sums_by(viewer, "stage", where, window) if by in {"product", "rival"} else sums
    names = _names(by, [key for key in sums if key is not None], viewer.language)
    if by == "unit":
        names = {unit: units.names[unit].name(viewer.language) for unit in names}
    largest = sorted(sums, key=lambda key: (-_order(sums[key], exchange), names.get(key, "")))
    rows = [_row(key, names.get(key, ""), sums[key], exchange) for key in largest[:ROWS]]
    total = _row(None, "", _together(whole), exchange)
    left_out = max(0, len(largest) - ROWS)
    return Leaks(begin, question.on, by, exchange.to, tuple(rows), left_out, total)


def _sums_by(viewer: Viewer, by: LeakBy, where: Sequence[Where], window: Window) -> _Sums:
    """Add up what is carried of the window, and the rest of it entry by entry."""
    # Rivals of what has moved out of sight are told to none, which a sum can't do.
    carried = BYS.get(by) if by != "rival" or viewer.sees_all else None
    rest = window if carried is None else rest_of(where, window)
    sums = _nothing()
    if rest is None:
        pass
    elif by == "product":
        sums = _together_by_key(product_shares(where, rest))
    elif by == "rival":
        sums = _together_by_key(rival_shares(viewer, where, rest, by_opportunity=False))
    else:
        sums = _sums(COLUMNS[by], where, rest)
    if carried is not None and rest is not window:
        for key, kind, currency, count, minor in carried_sums(window, rest, carried):
            _add(sums, key or None, kind, currency, int(count), int(minor))
    return sums


def _row(key: Any, name: str, kinds: _Kinds, exchange: Exchange) -> LeakRow:
    found = {}
    for kind in LEAK_KINDS:
        cells = kinds.get(kind, {})
        amount = ZERO
        for currency, (_count, minor) in cells.items():
            amount = amount + worth(minor, currency, exchange)
        found[kind] = Leak(sum(count for count, _minor in cells.values()), amount)
    return LeakRow(key, name, found)


def _order(kinds: _Kinds, exchange: Exchange) -> Fraction:
    """Give all that leaked in a row, by which rows are ordered; what is unknown stands last."""
    sums: dict[str, int] = defaultdict(int)
    for currencies in kinds.values():
        for currency, (_count, minor) in currencies.items():
            sums[currency] += minor
    total = ZERO
    for currency, minor in sums.items():
        total = total + worth(minor, currency, exchange)
    return total.value or Fraction(0)


def _together(sums: _Sums) -> _Kinds:
    found = _no_kinds()
    for kinds in sums.values():
        for kind, currencies in kinds.items():
            for currency, (count, minor) in currencies.items():
                held = found[kind][currency]
                held[0] += count
                held[1] += minor
    return found


def _sums(column: str, where: Sequence[Where], window: Window) -> _Sums:
    sums = _nothing()
    for part in where:
        condition, params = leaving(part, window)
        rows = fetch(
            f"SELECT {column}, e.kind, e.currency, COUNT(*), -SUM(e.amount_minor)"
            f" FROM dakehu_entry e WHERE {condition} GROUP BY 1, 2, 3",
            params,
        )
        for key, kind, currency, count, minor in rows:
            _add(sums, key, kind, currency, int(count), int(minor))
    return sums


def _together_by_key(shares: Iterable[Share]) -> _Sums:
    sums = _nothing()
    for one in shares:
        _add(sums, one.key, one.kind, one.currency, one.count, one.minor)
    return sums


def _nothing() -> _Sums:
    return defaultdict(_no_kinds)


def _no_kinds() -> _Kinds:
    return defaultdict(lambda: defaultdict(lambda: [0, 0]))


def _add(sums: _Sums, key: Any, kind: int, currency: str, count: int, minor: int) -> None:
    held = sums[key][KINDS[kind]][currency]
    held[0] += count
    held[1] += minor


def _names(by: LeakBy, ids: Sequence[Any], language: str) -> dict[Any, str]:
    if by == "owner":
        people = Person.objects.filter(pk__in=ids).values_list("pk", "name", "name_en")
        return {pk: in_tongue(language, zh, en) for pk, zh, en in people}
    if by == "product":
        rows = Product.objects.filter(pk__in=ids).values_list("pk", "name_zh", "name_en", "code")
        return {
            pk: ((en or zh) if language == "en" else (zh or en)) or code
            for pk, zh, en, code in rows
        }
    return {key: str(key) for key in ids}
