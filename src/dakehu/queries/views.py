"""Saved views of lists: one's own, and those shared with the units that one belongs to."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from dakehu.core.access import ROLES, Scope, Viewer
from dakehu.core.errors import NotFound
from dakehu.models import SavedView, ViewChoice
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


def views(*, viewer: Viewer, page: str, today: date) -> Views:
    """Give the views of a page that the viewer may see, and their choice."""
    rows = tuple(_row(row, viewer) for row in _seen(viewer, today).filter(page=page)[:MOST_SHOWN])
    choice = (
        ViewChoice.objects.filter(person_id=viewer.person_id or 0, page=page)
        .values_list("view_id", "columns")
        .first()
    )
    own, columns = choice or (None, [])
    held = {row.id for row in rows}
    default = own if own in held else _unit_default(viewer, rows, today)
    return Views(rows, default, tuple(columns), own is not None and own in held)


def view_in_sight(*, viewer: Viewer, view_id: int, today: date) -> ViewRow:
    """Give one view. NotFound `view.unknown` where it is neither one's own nor shared with one."""
    row = _seen(viewer, today).filter(pk=view_id).first()
    if row is None:
        raise NotFound("view.unknown")
    return _row(row, viewer)


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


def _seen(viewer: Viewer, today: date) -> QuerySet[SavedView]:
    # Shared with a unit: for those appointed there or below, and whose role reaches the unit.
    reached = {
        unit
        for reach in viewer.reaches
        if ROLES[reach.role].scope is Scope.SUBTREE
        for unit in reach.units
    }
    shared = Q(unit_id__in=reached | set(units_above(viewer, today)))
    own = Q(owner_id=viewer.person_id or 0)
    return (
        SavedView.objects.filter(own | shared, deleted_at__isnull=True)
        .select_related("owner")
        .order_by("name", "id")
    )


def _row(row: Any, viewer: Viewer) -> ViewRow:
    unit = all_units().names.get(row.unit_id) if row.unit_id else None
    english = viewer.language.startswith("en")
    zh, en = row.owner.name, row.owner.name_en
    return ViewRow(
        id=row.pk,
        page=row.page,
        name=row.name,
        query=row.query,
        columns=tuple(row.columns),
        layout=row.layout,
        is_own=row.owner_id == viewer.person_id,
        owner=(en or zh) if english else (zh or en),
        unit_id=row.unit_id,
        unit=unit.name(viewer.language) if unit else "",
        is_unit_default=row.is_unit_default,
        version=row.version,
    )


def _unit_default(viewer: Viewer, rows: tuple[ViewRow, ...], today: date) -> int | None:
    """Give the default of the nearest unit that has one."""
    defaults = {row.unit_id: row.id for row in rows if row.is_unit_default}
    if not defaults:
        return None
    return next((defaults[unit] for unit in units_above(viewer, today) if unit in defaults), None)
