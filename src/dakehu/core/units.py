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
        """Go through the unit and all below it, parents first."""
        stack = [unit]
        while stack:
            here = stack.pop()
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
) -> Tree:
    """Give the tree of a day: per unit the row latest by day, then by moment recorded.

    With `known_at` only rows recorded by then count.
    """
    latest: dict[int, Placed] = {}
    for row in rows:
        if row.on > day or (known_at is not None and row.recorded_at > known_at):
            continue
        held = latest.get(row.unit_id)
        if held is None or (held.on, held.recorded_at) <= (row.on, row.recorded_at):
            latest[row.unit_id] = row
    return Tree(
        {unit: row.parent_id for unit, row in latest.items() if not row.closed},
        order=order,
    )


def changes_between(rows: Iterable[Placed], start: date, end: date) -> tuple[date, ...]:
    """Give the days in (start, end] on which some unit changed its place, in order."""
    return tuple(sorted({row.on for row in rows if start < row.on <= end}))
