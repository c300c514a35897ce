"""The tree of sales units on a day, from its dated rows (DESIGN: trees)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Placed:
    """From `on` the unit hangs under the parent (None: it is a root), or is closed."""

    unit_id: int
    parent_id: int | None
    closed: bool
    on: date
    recorded_at: datetime


class Tree:
    """The units of one day: who hangs under whom. A few thousand units at most."""

    def __init__(self, parents: dict[int, int | None], order: dict[int, str] | None = None) -> None:
        self.parents = parents
        self._children: dict[int | None, list[int]] = {}
        for unit, parent in parents.items():
            self._children.setdefault(parent if parent in parents else None, []).append(unit)
        if order is not None:
            for children in self._children.values():
                children.sort(key=lambda unit: (order.get(unit, ""), unit))

    def __contains__(self, unit: object) -> bool:
        return unit in self.parents

    def roots(self) -> tuple[int, ...]:
        """Give the units that hang under none."""
        return tuple(self._children.get(None, ()))

    def children(self, unit: int) -> tuple[int, ...]:
        """Give the units right under this one."""
        return tuple(self._children.get(unit, ()))

    def subtree(self, unit: int) -> frozenset[int]:
        """Give the unit and all below it; of an unknown unit, only itself."""
        return frozenset(self.walk(unit))

    def walk(self, unit: int) -> Iterator[int]:
        """Go through the unit and all below it, parents first; a circle once around."""
        stack, seen = [unit], set[int]()
        while stack:
            here = stack.pop()
            if here in seen:
                continue
            seen.add(here)
            yield here
            stack.extend(reversed(self._children.get(here, ())))

    def path(self, unit: int) -> tuple[int, ...]:
        """Give the units from the root down to this one."""
        found: list[int] = []
        here: int | None = unit
        while here is not None and here in self.parents and here not in found:
            found.append(here)
            here = self.parents[here]
        return tuple(reversed(found))


def tree_on(
    rows: Iterable[Placed],
    day: date,
    *,
    known_at: datetime | None = None,
    order: dict[int, str] | None = None,
    with_closed: bool = False,
) -> Tree:
    """Give the tree of a day: per unit the row latest by day, then by moment recorded.

    With `known_at` only rows recorded by then count. `with_closed` leaves a closed unit under the
    parent of its last day: what was decided in it counts there (decision 8).
    """
    latest: dict[int, Placed] = {}
    closed: set[int] = set()
    known = [r for r in rows if known_at is None or r.recorded_at <= known_at]
    for row in sorted(known, key=lambda r: (r.on, r.recorded_at)):
        if row.on > day:
            break
        if row.closed:
            closed.add(row.unit_id)
        else:
            closed.discard(row.unit_id)
            latest[row.unit_id] = row
    parents = {u: r.parent_id for u, r in latest.items() if with_closed or u not in closed}
    if with_closed:
        _break_circles(parents, closed)
    return Tree(parents, order=order)


def _break_circles(parents: dict[int, int | None], closed: Iterable[int]) -> None:
    """Let a closed unit stand alone where what it hung under has come to hang below it."""
    for unit in sorted(set(closed) & set(parents)):
        here, seen = parents[unit], {unit}
        while here is not None and here not in seen:
            seen.add(here)
            here = parents.get(here)
        if here == unit:
            parents[unit] = None


def closing_after(rows: Iterable[Placed], unit: int, day: date) -> date | None:
    """Give the first day after `day` from which the unit is closed, None where it stays."""
    return min((r.on for r in rows if r.unit_id == unit and r.closed and r.on > day), default=None)


def changes_between(rows: Iterable[Placed], start: date, end: date) -> tuple[date, ...]:
    """Give the days in (start, end] on which some unit changed its place, in order."""
    return tuple(sorted({row.on for row in rows if start < row.on <= end}))
