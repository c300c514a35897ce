"""Saved views of lists: one's own, and those shared with the units that one belongs to."""

import json
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from dakehu.core.access import ROLES, Scope, Viewer
from dakehu.core.errors import NotFound
from dakehu.models import SavedView, ViewChoice
from dakehu.queries.ledger import fetch
from dakehu.queries.units import all_units

#: The most views that stand above a list.
MOST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class ViewRow:
    """A view as it stands above its list; `unit` names whom it is shared with."""

    id: int
    page: str
    name: str
    query: str
    columns: tuple[str, ...]
    layout: str
    is_own: bool
    owner: str
    unit_id: int | None
    unit: str
    is_unit_default: bool
    version: int


@dataclass(frozen=True, slots=True)
class Views:
    """The views of a page, and what somebody begins it with: a view, and columns without one."""

    rows: tuple[ViewRow, ...]
    default_id: int | None
    columns: tuple[str, ...]
    #: The person chose the default, and not the unit.
    is_own_default: bool

    def by_id(self, view_id: int | None) -> ViewRow | None:
        """Find a view."""
        return next((row for row in self.rows if row.id == view_id), None)


_BOTH = """
SELECT c.view_id, CAST(c.columns AS text), NULL, '', '', NULL, '', '', NULL, FALSE, 0, 0
FROM dakehu_viewchoice c WHERE c.person_id = %s AND c.page = %s
UNION ALL
SELECT v.id, CAST(v.columns AS text), v.name, v.query, v.layout, v.owner_id, p.name, p.name_en,
       v.unit_id, v.is_unit_default, v.version,
       CASE WHEN v.owner_id = %s OR v.id = %s
              OR v.id IN (SELECT view_id FROM dakehu_viewchoice WHERE person_id = %s AND page = %s)
            THEN 1
            WHEN v.is_unit_default AND v.unit_id IN ({above}) THEN 2
            {nearness} ELSE {far} END
FROM dakehu_savedview v JOIN dakehu_person p ON p.id = v.owner_id
WHERE v.page = %s AND v.deleted_at IS NULL AND (v.owner_id = %s OR v.unit_id IN ({units}))
ORDER BY 12, 1
LIMIT {most}
"""


def views(*, viewer: Viewer, page: str, today: date, wanted: int | None = None) -> Views:
    """Give the views of a page that the viewer may see, and their choice: one statement.

    Of more than can stand above a list their own come first, the one `wanted` and those that a
    page begins with, then what is shared with the nearest units.
    """
    me = viewer.person_id or 0
    units = ", ".join(str(int(unit)) for unit in sorted(_shared_units(viewer, today))) or "0"
    above = units_above(viewer, today)
    sql = _BOTH.format(
        units=units,
        above=", ".join(str(int(unit)) for unit in above) or "0",
        nearness=" ".join(
            f"WHEN v.unit_id = {int(unit)} THEN {place}" for place, unit in enumerate(above, 3)
        ),
        far=len(above) + 3,
        most=MOST_SHOWN + 1,
    )
    own, columns, rows = None, "[]", []
    for view_id, held, name, query, layout, owner, zh, en, unit, default, version, _rank in fetch(
        sql, [me, page, me, wanted or 0, me, page, page, me]
    ):
        if name is None:
            own, columns = view_id, held
            continue
        rows.append(
            _row(
                viewer, page, view_id, name, query, json.loads(held), layout, owner, zh, en, unit,
                bool(default), version,
            )
        )  # fmt: skip
    rows.sort(key=lambda row: (not row.is_own, row.name, row.id))
    known = {row.id for row in rows}
    default_id = own if own in known else _unit_default(viewer, rows, today)
    return Views(tuple(rows), default_id, tuple(json.loads(columns)), own in known)


def view_in_sight(*, viewer: Viewer, view_id: int, today: date) -> ViewRow:
    """Give one view. NotFound `view.unknown` where it is neither one's own nor shared with one."""
    shared = Q(unit_id__in=_shared_units(viewer, today))
    row = (
        SavedView.objects.filter(
            Q(owner_id=viewer.person_id or 0) | shared, pk=view_id, deleted_at__isnull=True
        )
        .select_related("owner")
        .first()
    )
    if row is None:
        raise NotFound("view.unknown")
    return _row(
        viewer, row.page, row.pk, row.name, row.query, row.columns, row.layout, row.owner_id,
        row.owner.name, row.owner.name_en, row.unit_id, row.is_unit_default, row.version,
    )  # fmt: skip


def begun_with(viewer: Viewer, *, view: ViewRow) -> int:
    """Count who else begins the page with a shared view; with one of its owner alone nobody."""
    if view.unit_id is None:
        return 0
    chosen = ViewChoice.objects.filter(view_id=view.id, person__is_active=True)
    return chosen.exclude(person_id=viewer.person_id or 0).count()


def may_share_with(viewer: Viewer, unit_id: int) -> bool:
    """Test if the viewer may share views with a unit and all below it."""
    return viewer.may("view.share", owner_id=None, unit_id=unit_id)


def units_above(viewer: Viewer, today: date) -> tuple[int, ...]:
    """Give the units that the viewer is appointed in and all above them, the nearest first."""
    tree = all_units().tree(today)
    found: list[int] = []
    for reach in viewer.reaches:
        path = tree.path(reach.unit_id) if reach.unit_id in tree else [reach.unit_id]
        found += [unit for unit in reversed(path) if unit not in found]
    return tuple(found)


def _shared_units(viewer: Viewer, today: date) -> set[int]:
    """Give the units whose views one sees: appointed there or below, or one's role reaches them."""
    reached = {
        unit
        for reach in viewer.reaches
        if ROLES[reach.role].scope is Scope.SUBTREE
        for unit in reach.units
    }
    return reached | set(units_above(viewer, today))


def _row(
    viewer: Viewer, page: str, pk: int, name: str, query: str, columns: list[str], layout: str,
    owner_id: int, zh: str, en: str, unit_id: int | None, is_default: bool, version: int,
) -> ViewRow:  # fmt: skip
    unit = all_units().names.get(unit_id) if unit_id else None
    return ViewRow(
        id=pk,
        page=page,
        name=name,
        query=query,
        columns=tuple(columns),
        layout=layout,
        is_own=owner_id == viewer.person_id,
        owner=(en or zh) if viewer.language.startswith("en") else (zh or en),
        unit_id=unit_id,
        unit=unit.name(viewer.language) if unit else "",
        is_unit_default=is_default,
        version=version,
    )


def _unit_default(viewer: Viewer, rows: list[ViewRow], today: date) -> int | None:
    """Give the default of the nearest unit that has one."""
    defaults = {row.unit_id: row.id for row in rows if row.is_unit_default}
    if not defaults:
        return None
    return next((defaults[unit] for unit in units_above(viewer, today) if unit in defaults), None)
