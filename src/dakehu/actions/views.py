"""Saved views of lists: keeping, changing, sharing and deleting them, and what one begins with."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django.db import transaction

from dakehu.actions.audit import record_changes
from dakehu.actions.notices import tell, untell
from dakehu.core.access import Viewer
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Way
from dakehu.core.past import KEPT
from dakehu.models import Change, SavedView, ViewChoice
from dakehu.queries.views import may_share_with, view_in_sight

MOST_NAME, MOST_QUERY, MOST_COLUMNS = 80, 6000, 60
#: How many views of a page one person keeps.
MOST_VIEWS = 40
LAYOUTS = ("list", "board")


@transaction.atomic
def save_view(
    *,
    actor: Viewer,
    page: str,
    name: str,
    query: str,
    columns: Sequence[str],
    layout: str = "list",
    at: datetime,
    way: Way = Way.FORM,
) -> int:
    """Keep a view under a new name; give its id.

    RuleBroken `view.name_missing`, `view.name_taken`, `view.too_many`, `view.unknown_layout`,
    `text.too_long`, NotAllowed `view.save`.
    """
    if actor.person_id is None:
        raise NotAllowed("view.save")
    name = _name(name)
    _check(query, columns, layout)
    held = SavedView.objects.filter(owner_id=actor.person_id, page=page, deleted_at__isnull=True)
    if held.count() >= MOST_VIEWS:
        raise RuleBroken("view.too_many", limit=MOST_VIEWS)
    if held.filter(name=name).exists():
        raise RuleBroken("view.name_taken", field="name", name=name)
    row = SavedView.objects.create(
        page=page, name=name, owner_id=actor.person_id, query=query, columns=list(columns),
        layout=layout, updated_at=at,
    )  # fmt: skip
    _record(actor, row.pk, {"created": (None, name)}, way, at)
    return row.pk


@transaction.atomic
def change_view(
    *,
    actor: Viewer,
    view_id: int,
    seen_version: int,
    values: dict[str, Any],
    today: date,
    at: datetime,
    way: Way = Way.FORM,
) -> None:
    """Change name, query, columns or layout of a view of one's own.

    NotFound `view.unknown`, NotAllowed `view.edit`, Conflict `view.changed`, RuleBroken as of
    `save_view`.
    """
    row = _own(actor, view_id, seen_version, today)
    after = {name: value for name, value in values.items() if name in _FIELDS}
    if "name" in after:
        after["name"] = _name(after["name"])
        same = SavedView.objects.filter(
            owner_id=row.owner_id, page=row.page, name=after["name"], deleted_at__isnull=True
        )
        if same.exclude(pk=row.pk).exists():
            raise RuleBroken("view.name_taken", field="name", name=after["name"])
    if "columns" in after:
        after["columns"] = list(after["columns"])
    _check(
        after.get("query", row.query), after.get("columns", row.columns),
        after.get("layout", row.layout),
    )  # fmt: skip
    _write(actor, row, after, way, at)


@transaction.atomic
def share_view(
    *,
    actor: Viewer,
    view_id: int,
    seen_version: int,
    unit_id: int | None,
    is_unit_default: bool = False,
    today: date,
    at: datetime,
    way: Way = Way.FORM,
) -> None:
    """Share a view with a unit and all below it, or with nobody any more; as the unit's default.

    What others see through it is what they may see anyway. NotFound `view.unknown`, NotAllowed
    `view.share`, Conflict `view.changed`.
    """
    row = _own(actor, view_id, seen_version, today)
    if unit_id is not None and not may_share_with(actor, unit_id):
        raise NotAllowed("view.share")
    default = is_unit_default and unit_id is not None
    if default:
        # A unit begins a page with one view.
        SavedView.objects.filter(page=row.page, unit_id=unit_id, is_unit_default=True).exclude(
            pk=row.pk
        ).update(is_unit_default=False)
    _write(actor, row, {"unit_id": unit_id, "is_unit_default": default}, way, at)


@transaction.atomic
def delete_view(
    *,
    actor: Viewer,
    view_id: int,
    today: date,
    at: datetime,
    way: Way = Way.FORM,
) -> None:
    """Delete a view; `restore_view` takes that back. NotFound `view.unknown`, NotAllowed.

    Whose view somebody else deletes is told so.
    """
    row = _own(actor, view_id, None, today)
    _write(actor, row, {"deleted_at": at, "is_unit_default": False}, way, at)
    tell(
        kind="view_deleted",
        people=[row.owner_id],
        actor=actor,
        at=at,
        object_type="view",
        object_id=row.pk,
        facts={"name": row.name, "page": row.page},
    )


@transaction.atomic
def restore_view(
    *,
    actor: Viewer,
    view_id: int,
    at: datetime,
    way: Way = Way.FORM,
) -> None:
    """Bring back a view that was deleted: one's own, or a shared one that one deleted oneself.

    NotFound `view.unknown`, RuleBroken `view.name_taken`, `note.too_late`.
    """
    row = SavedView.objects.select_for_update().filter(pk=view_id, deleted_at__isnull=False).first()
    if row is None or not (row.owner_id == actor.person_id or _deleted_by(actor, row)):
        raise NotFound("view.unknown")
    if row.deleted_at is not None and at - row.deleted_at > KEPT:
        raise RuleBroken("note.too_late", limit=KEPT.days)
    there = SavedView.objects.filter(
        owner_id=row.owner_id, page=row.page, name=row.name, deleted_at__isnull=True
    )
    if there.exists():
        raise RuleBroken("view.name_taken", field="name", name=row.name)
    _write(actor, row, {"deleted_at": None}, way, at)
    untell(kind="view_deleted", object_type="view", object_id=row.pk)


def _deleted_by(actor: Viewer, row: SavedView) -> bool:
    """Test if somebody deleted a view that they may share still."""
    if actor.person_id is None or row.unit_id is None or not may_share_with(actor, row.unit_id):
        return False
    gone = Change.objects.filter(object_type="view", object_id=row.pk, field="deleted_at")
    return gone.order_by("-id").values_list("actor_id", flat=True).first() == actor.person_id


@transaction.atomic
def choose_view(
    *,
    actor: Viewer,
    page: str,
    view_id: int | None,
    today: date,
    way: Way = Way.FORM,
) -> None:
    """Begin a page with a view from now on, or with none. NotFound `view.unknown`."""
    del way
    if view_id is not None:
        row = view_in_sight(viewer=actor, view_id=view_id, today=today)
        if row.page != page:
            raise NotFound("view.unknown")
    _choose(actor, page, {"view_id": view_id})


@transaction.atomic
def choose_columns(
    *, actor: Viewer, page: str, columns: Sequence[str], way: Way = Way.FORM
) -> None:
    """Show these columns of a page from now on, in this order, where no view says otherwise."""
    del way
    _check("", columns, "list")
    _choose(actor, page, {"columns": list(columns)})


_FIELDS = ("name", "query", "columns", "layout")


def _own(actor: Viewer, view_id: int, seen_version: int | None, today: date) -> SavedView:
    """Give a view to be changed: by its owner, or whoever may share with its unit."""
    row = SavedView.objects.select_for_update().filter(pk=view_id, deleted_at__isnull=True).first()
    if row is None:
        raise NotFound("view.unknown")
    if row.owner_id != actor.person_id:
        view_in_sight(viewer=actor, view_id=view_id, today=today)
        if row.unit_id is None or not may_share_with(actor, row.unit_id):
            raise NotAllowed("view.edit")
    if seen_version is not None and row.version != seen_version:
        raise Conflict("view.changed", version=row.version)
    return row


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not name or "\x00" in name:
        raise RuleBroken("view.name_missing", field="name")
    if len(name) > MOST_NAME:
        raise RuleBroken("text.too_long", field="name", limit=MOST_NAME)
    return name


def _check(query: str, columns: Sequence[str], layout: str) -> None:
    if len(query) > MOST_QUERY:
        raise RuleBroken("text.too_long", limit=MOST_QUERY)
    if layout not in LAYOUTS:
        raise RuleBroken("view.unknown_layout", layout=layout[:20])
    if len(columns) > MOST_COLUMNS or any(len(key) > MOST_NAME for key in columns):
        raise RuleBroken("text.too_long", limit=MOST_COLUMNS)


def _write(actor: Viewer, row: SavedView, after: dict[str, Any], way: Way, at: datetime) -> None:
    before = {name: getattr(row, name) for name in after}
    SavedView.objects.filter(pk=row.pk).update(**after, updated_at=at, version=row.version + 1)
    changes = {name: (_told(before[name]), _told(after[name])) for name in after}
    _record(actor, row.pk, changes, way, at)


def _told(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _choose(actor: Viewer, page: str, values: dict[str, Any]) -> None:
    if actor.person_id is None:
        raise NotAllowed("view.save")
    ViewChoice.objects.update_or_create(person_id=actor.person_id, page=page, defaults=values)


def _record(
    actor: Viewer, view_id: int, changes: dict[str, tuple[Any, Any]], way: Way, at: datetime
) -> None:
    record_changes(
        actor=actor, object_type="view", object_id=view_id, changes=changes,
        correlation_id=uuid4(), way=way, at=at,
    )  # fmt: skip
