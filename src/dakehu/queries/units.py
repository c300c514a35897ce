"""The sales units with their names and dated places, read whole in one query."""

from dataclasses import dataclass, field
from datetime import date, datetime

from dakehu.core.access import Viewer
from dakehu.core.units import Placed, Tree, changes_between, closing_after, tree_on
from dakehu.models import UnitPlace
from dakehu.queries.stamps import kept_while

#: Trees of how many days are kept: today's and those of the reports people compare.
_TREES_KEPT = 64


@dataclass(frozen=True, slots=True)
class UnitName:
    """A unit as it is shown."""

    id: int
    code: str
    name_zh: str
    name_en: str
    kind: str
    method_id: int | None
    small_sale_threshold_minor: int
    version: int = 1

    def name(self, language: str) -> str:
        """Give the name in the reader's language, else the other one, else the code."""
        first, second = (
            (self.name_en, self.name_zh) if language == "en" else (self.name_zh, self.name_en)
        )
        return first or second or self.code


@dataclass(frozen=True)
class Units:
    """All units and all their places: the tree of any day comes from here."""

    names: dict[int, UnitName]
    places: tuple[Placed, ...]
    order: dict[int, str] = field(default_factory=dict)
    _trees: dict[tuple[date, datetime | None, bool], Tree] = field(
        default_factory=dict, repr=False, compare=False
    )

    def tree(
        self, day: date, known_at: datetime | None = None, *, with_closed: bool = False
    ) -> Tree:
        """Give the tree of a day, as known now or at a moment. It is shared: don't change it.

        `with_closed` keeps closed units where they last hung: whose records count where.
        """
        key = (day, known_at, with_closed)
        found = self._trees.get(key)
        if found is None:
            found = tree_on(
                self.places, day, known_at=known_at, order=self.order, with_closed=with_closed
            )
            if len(self._trees) >= _TREES_KEPT:
                self._trees.clear()
            self._trees[key] = found
        return found

    def closing_after(self, unit: int, day: date) -> date | None:
        """Give the first day after `day` from which the unit is closed, None where it stays."""
        return closing_after(self.places, unit, day)

    def changes(self, start: date, end: date) -> tuple[date, ...]:
        """Give the days in (start, end] on which the tree changed."""
        return changes_between(self.places, start, end)

    def by_code(self, code: str) -> UnitName | None:
        """Find a unit by its code or one of its names (exact)."""
        named = [u for u in self.names.values() if code in (u.name_zh, u.name_en)]
        coded = [u for u in self.names.values() if u.code == code]
        found = coded or named
        return found[0] if len(found) == 1 else None


@kept_while("people")
def all_units() -> Units:
    """Read every unit with its places. The names of units are no secret inside the organisation."""
    names: dict[int, UnitName] = {}
    places: list[Placed] = []
    order: dict[int, str] = {}
    rows = UnitPlace.objects.order_by("on", "recorded_at", "id").values_list(
        "unit_id", "parent_id", "closed", "on", "recorded_at", "unit__code", "unit__name_zh",
        "unit__name_en", "unit__kind", "unit__method_id", "unit__small_sale_threshold_minor",
        "unit__sort_key", "unit__version",
    )  # fmt: skip
    for (
        unit_id,
        parent_id,
        closed,
        on,
        recorded_at,
        code,
        zh,
        en,
        kind,
        method,
        small,
        key,
        version,
    ) in rows:
        places.append(Placed(unit_id, parent_id, closed, on, recorded_at))
        if unit_id not in names:
            names[unit_id] = UnitName(unit_id, code, zh, en, kind, method, small, version)
            order[unit_id] = key
    return Units(names, tuple(places), order)


def units_in_sight(viewer: Viewer, *, units: Units, today: date) -> Tree:
    """Give today's tree cut down to what the viewer may choose, with the paths up to it."""
    tree = units.tree(today)
    if viewer.sees_all:
        return tree
    wanted: set[int] = set()
    for unit in viewer.units:
        if unit in tree:
            wanted.update(tree.path(unit))
    return Tree({u: tree.parents[u] for u in tree.parents if u in wanted}, order=units.order)
