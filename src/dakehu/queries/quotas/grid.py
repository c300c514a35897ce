"""The grid of quotas over a fiscal year: a unit, its sub-units and its people (FOR-4)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Q

from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound
from dakehu.core.periods import Kind, Period
from dakehu.core.units import Tree
from dakehu.models import Appointment, Quota
from dakehu.queries.quotas.find import quota_of_rows
from dakehu.queries.units import Units


@dataclass(frozen=True, slots=True)
class Cell:
    """One subject's quota for one period, in minor units of the base currency.

    `exact` is the row of that very period; `parts` the sum of the shorter periods in it, where
    all of them are set. `children` is the sum over those below that have one, `unset` how many
    have none.
    """

    start: date
    end: date
    exact: int | None
    parts: int | None
    children: int | None = None
    unset: int = 0

    @property
    def amount(self) -> int | None:
        """Give the quota in force: the period's own, else the sum of its parts."""
        return self.parts if self.exact is None else self.exact

    @property
    def parts_gap(self) -> int | None:
        """Give own minus parts where both are known and differ (FOR-4: shown, not hidden)."""
        if self.exact is None or self.parts is None or self.exact == self.parts:
            return None
        return self.exact - self.parts

    @property
    def children_gap(self) -> int | None:
        """Give the quota minus what is divided among those below; 0 where they agree."""
        if self.amount is None or self.children is None:
            return None
        return self.amount - self.children


@dataclass(frozen=True)
class GridRow:
    """A unit or a person with their cells, the year's last."""

    unit_id: int | None
    person_id: int | None
    name: str
    cells: tuple[Cell, ...]
    may_set: bool
    opens: bool = False


@dataclass(frozen=True)
class QuotaGrid:
    """The chosen unit (None: only the viewer's own row) and those right under it."""

    unit_id: int | None
    head: GridRow | None
    rows: tuple[GridRow, ...]
    periods: tuple[Period, ...]
    left_out: int
    #: The newest row on record: what is set later was not seen here.
    seen_id: int


def quota_grid(
    *,
    viewer: Viewer,
    units: Units,
    unit_id: int | None,
    year: Period,
    kind: Kind,
    today: date,
    level: str = "target",
) -> QuotaGrid:
    """Give the quotas of a unit, its sub-units and its people over a fiscal year.

    Without a unit it is the highest one in sight; who has none in sight sees their own row.
    Raises NotFound("unit.unknown") for a unit out of sight.
    """
    tree = units.tree(today)
    if unit_id is None:
        unit_id = _highest(viewer, tree)
    elif unit_id not in tree or not (viewer.sees_all or unit_id in viewer.units):
        raise NotFound("unit.unknown", unit=unit_id)
    below = tree.children(unit_id) if unit_id is not None else ()
    people = _people_of(viewer, unit_id, today)
    shown_units, shown_people = below[:MOST_ROWS], people[: MOST_ROWS - len(below[:MOST_ROWS])]
    subjects = [*below, *([unit_id] if unit_id is not None else [])]
    found = _rows_of(subjects, [p.id for p in people], year, level)
    periods = (*year.parts(kind), *(() if kind == "year" else (year,)))

    def cells(key: tuple[str, int]) -> tuple[Cell, ...]:
        return tuple(_cell(found.rows.get(key, {}), period) for period in periods)

    rows = [
        GridRow(
            u, None, units.names[u].name(viewer.language), cells(("unit", u)),
            may_set_quota(viewer, tree=tree, unit_id=u), opens=True,
        )
        for u in shown_units
    ] + [
        GridRow(
            None, p.id, p.shown(viewer.language), cells(("person", p.id)),
            may_set_quota(viewer, tree=tree, person_id=p.id, units_of_person=p.units),
        )
        for p in shown_people
    ]  # fmt: skip
    head = None
    if unit_id is not None:
        every = [("unit", u) for u in below] + [("person", p.id) for p in people]
        divided = [
            [_cell(found.rows.get(k, {}), period).amount for k in every] for period in periods
        ]
        head = GridRow(
            unit_id,
            None,
            units.names[unit_id].name(viewer.language),
            tuple(
                replace(cell, children=_sum(amounts), unset=amounts.count(None))
                for cell, amounts in zip(cells(("unit", unit_id)), divided, strict=True)
            ),
            may_set_quota(viewer, tree=tree, unit_id=unit_id),
        )
    left_out = len(below) + len(people) - len(rows)
    return QuotaGrid(unit_id, head, tuple(rows), periods, left_out, found.newest)


#: The most rows that one grid shows.
MOST_ROWS = 100


@dataclass(frozen=True, slots=True)
class Seated:
    """A person with the units of their appointments in force."""

    id: int
    name: str
    name_en: str
    units: frozenset[int]

    def shown(self, language: str) -> str:
        """Give the name in the reader's language."""
        first, second = (
            (self.name_en, self.name) if language.startswith("en") else (self.name, self.name_en)
        )
        return first or second


def may_set_quota(
    viewer: Viewer,
    *,
    tree: Tree,
    unit_id: int | None = None,
    person_id: int | None = None,
    units_of_person: frozenset[int] = frozenset(),
) -> bool:
    """Test if the viewer sets this quota: a head sets those below, never their own.

    A unit that hangs under none has nobody above: its own head sets its quota (our reading).
    """
    if viewer.is_operator:
        return True
    heads = [r for r in viewer.reaches if r.role == "unit_head"]
    if unit_id is not None:
        return any(
            unit_id in r.units and (unit_id != r.unit_id or tree.parents.get(unit_id) is None)
            for r in heads
        )
    if person_id is None or person_id == viewer.person_id:
        return False
    # Nor does a deputy set the quota of the head for whom they stand in.
    return any(units_of_person & r.units for r in heads if r.for_person != person_id)


def people_seated(
    *, today: date, unit_id: int | None = None, person_id: int | None = None
) -> tuple[Seated, ...]:
    """Give who sells or heads on a day, in one unit or one person, with all their units."""
    rows = (
        Appointment.objects.filter(
            from_on__lte=today, role__in=("salesperson", "unit_head"), person__is_active=True
        )
        .filter(Q(until_on__isnull=True) | Q(until_on__gt=today))
        .filter(for_person__isnull=True)
    )
    if unit_id is not None:
        rows = rows.filter(unit_id=unit_id)
    if person_id is not None:
        rows = rows.filter(person_id=person_id)
    found: dict[int, tuple[str, str, set[int]]] = {}
    for pk, name, name_en, unit in rows.order_by("person__sort_key", "person_id").values_list(
        "person_id", "person__name", "person__name_en", "unit_id"
    ):
        found.setdefault(pk, (name, name_en, set()))[2].add(unit)
    return tuple(
        Seated(pk, name, name_en, frozenset(units)) for pk, (name, name_en, units) in found.items()
    )


@dataclass(frozen=True)
class _Found:
    rows: dict[tuple[str, int], dict[tuple[date, date], int | None]]
    newest: int


def _rows_of(
    unit_ids: Sequence[int], person_ids: Sequence[int], year: Period, level: str
) -> _Found:
    rows: dict[tuple[str, int], dict[tuple[date, date], int | None]] = {}
    newest = 0
    found = (
        Quota.objects.filter(Q(unit_id__in=unit_ids) | Q(person_id__in=person_ids))
        .filter(level=level, start_on__gte=year.start, end_on__lte=year.end)
        .order_by("recorded_at", "id")
        .values_list("id", "unit_id", "person_id", "start_on", "end_on", "amount_minor")
    )
    for pk, unit, person, start, end, amount in found:
        key = ("person", person) if person else ("unit", unit)
        rows.setdefault(key, {})[start, end] = amount
        newest = max(newest, pk)
    return _Found(rows, newest)


def _cell(latest: dict[tuple[date, date], int | None], period: Period) -> Cell:
    exact = latest.get((period.start, period.end))
    others = {k: v for k, v in latest.items() if k != (period.start, period.end)}
    parts = quota_of_rows(others, period.start, period.end)
    return Cell(period.start, period.end, exact, parts.amount_minor)


def _sum(amounts: Sequence[int | None]) -> int | None:
    known = [a for a in amounts if a is not None]
    return sum(known) if known else None


def _highest(viewer: Viewer, tree: Tree) -> int | None:
    if viewer.sees_all:
        roots = tree.roots()
        return roots[0] if roots else None
    mine = [r.unit_id for r in viewer.reaches if r.unit_id in viewer.units and r.unit_id in tree]
    return min(mine, key=lambda unit: len(tree.path(unit)), default=None)


def _people_of(viewer: Viewer, unit_id: int | None, today: date) -> tuple[Seated, ...]:
    if unit_id is not None:
        return people_seated(today=today, unit_id=unit_id)
    if viewer.person_id is None:
        return ()
    return people_seated(today=today, person_id=viewer.person_id)
