"""The sales organisation: making units, hanging them elsewhere from a day on, closing them."""

from datetime import date, datetime
from decimal import Decimal
from uuid import uuid4

from django.db import transaction
from django.db.models import Q

from dakehu.actions.audit import record_changes
from dakehu.actions.ledger import hold_books
from dakehu.actions.names import sort_key
from dakehu.actions.unit_tree import first_circle, lock_unit_tree, places_now
from dakehu.core.access import Viewer
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Place, Way
from dakehu.core.money import to_minor
from dakehu.core.units import Placed, tree_on
from dakehu.models import Appointment, Method, Opportunity, SalesUnit, UnitPlace
from dakehu.queries.appointments import in_force
from dakehu.queries.organisation import organisation

KINDS = ("company", "business_unit", "region", "team")


@transaction.atomic
def create_unit(
    *,
    actor: Viewer,
    code: str,
    name_zh: str,
    name_en: str,
    kind: str,
    parent_id: int | None,
    on: date,
    at: datetime,
    method_id: int | None = None,
    small_sale_threshold: Decimal = Decimal(0),
    way: Way = Way.FORM,
) -> int:
    """Make a unit that hangs under a parent (None: a root) from a day on; gives its id.

    The threshold of small sales is in units of the base currency (FUN-4), 0 for none. Raises
    NotAllowed("unit.edit"), NotFound("unit.unknown"), RuleBroken("unit.code_missing",
    "unit.code_taken", "unit.name_missing", "unit.unknown_kind", "method.unknown", money.…).
    """
    _check_may_edit(actor)
    code = code.strip()
    if not code or len(code) > 60:
        raise RuleBroken("unit.code_missing", field="code")
    if SalesUnit.objects.filter(code=code).exists():
        raise RuleBroken("unit.code_taken", field="code", taken=code)
    columns = _columns(name_zh, name_en, kind, method_id, small_sale_threshold)
    lock_unit_tree()
    if parent_id is not None and parent_id not in tree_on(places_now(), on):
        raise NotFound("unit.unknown", unit=parent_id)
    row = SalesUnit.objects.create(code=code, **columns)
    UnitPlace.objects.create(
        unit=row, parent_id=parent_id, on=on, recorded_at=at, actor_id=actor.person_id
    )
    _record(actor, row.pk, {"created": (None, code)}, way, at)
    return row.pk


@transaction.atomic
def edit_unit(
    *,
    actor: Viewer,
    unit_id: int,
    seen_version: int,
    name_zh: str,
    name_en: str,
    kind: str,
    at: datetime,
    method_id: int | None = None,
    small_sale_threshold: Decimal = Decimal(0),
    way: Way = Way.FORM,
) -> None:
    """Change names, kind, default method and threshold of a unit.

    Raises NotAllowed("unit.edit"), NotFound("unit.unknown"), Conflict("unit.changed"),
    RuleBroken as in `create_unit`.
    """
    _check_may_edit(actor)
    row = _held(unit_id)
    columns = _columns(name_zh, name_en, kind, method_id, small_sale_threshold)
    before = {name: getattr(row, name) for name in columns}
    if row.version != seen_version:
        differing = [n for n in columns if before[n] != columns[n] and n != "sort_key"]
        raise Conflict(
            "unit.changed",
            version=row.version,
            theirs={n: before[n] for n in differing},
            yours={n: columns[n] for n in differing},
        )
    SalesUnit.objects.filter(pk=unit_id).update(**columns, version=row.version + 1)
    changes = {n: (before[n], columns[n]) for n in columns if n != "sort_key"}
    _record(actor, unit_id, changes, way, at)


@transaction.atomic
def place_unit(
    *,
    actor: Viewer,
    unit_id: int,
    parent_id: int | None,
    on: date,
    at: datetime,
) -> None:
    """Hang a unit, with all below it, under another from a day on: a dated row.

    Positions of the ledger stay with the unit: figures of earlier days keep their tree, and a
    switch shows them as organised today. Raises NotAllowed("unit.edit"), NotFound
    ("unit.unknown"), RuleBroken("unit.circle", "unit.already_there").
    """
    _check_may_edit(actor)
    lock_unit_tree()
    _held(unit_id)
    places = places_now()
    tree = tree_on(places, on)
    if unit_id not in tree or (parent_id is not None and parent_id not in tree):
        raise NotFound("unit.unknown", unit=unit_id)
    if tree.parents[unit_id] == parent_id:
        raise RuleBroken("unit.already_there", field="parent_id", on=on)
    # A later row of another unit may close the circle on its day.
    closed_on = first_circle((*places, Placed(unit_id, parent_id, False, on, at)), on)
    if closed_on is not None:
        raise RuleBroken("unit.circle", field="parent_id", on=closed_on)
    UnitPlace.objects.create(
        unit_id=unit_id, parent_id=parent_id, on=on, recorded_at=at, actor_id=actor.person_id
    )


@transaction.atomic
def close_unit(*, actor: Viewer, unit_id: int, on: date, at: datetime) -> None:
    """Close a unit from a day on; nothing may be left in it.

    It waits for appointments and postings under way, and those to come see it closed. Raises
    NotAllowed("unit.edit"), NotFound("unit.unknown"), RuleBroken("unit.has_units",
    "unit.has_people", "unit.has_opportunities").
    """
    _check_may_edit(actor)
    lock_unit_tree()
    # Before the row: a posting under way holds the books and reads the unit.
    hold_books(alone=True)
    _held(unit_id)
    tree = tree_on(places_now(), on)
    if unit_id not in tree:
        raise NotFound("unit.unknown", unit=unit_id)
    if tree.children(unit_id):
        raise RuleBroken("unit.has_units", n=len(tree.children(unit_id)))
    people = Appointment.objects.filter(in_force(on) | Q(from_on__gt=on), unit_id=unit_id).count()
    if people:
        raise RuleBroken("unit.has_people", n=people)
    held = Opportunity.objects.filter(unit_id=unit_id, place=Place.OPEN, voided=False).count()
    if held:
        raise RuleBroken("unit.has_opportunities", n=held)
    UnitPlace.objects.create(
        unit_id=unit_id, closed=True, on=on, recorded_at=at, actor_id=actor.person_id
    )


def _check_may_edit(actor: Viewer) -> None:
    if not actor.holds("unit.edit"):
        raise NotAllowed("unit.edit")


def _held(unit_id: int) -> SalesUnit:
    row = SalesUnit.objects.select_for_update().filter(pk=unit_id).first()
    if row is None:
        raise NotFound("unit.unknown", unit=unit_id)
    return row


def _columns(
    name_zh: str, name_en: str, kind: str, method_id: int | None, threshold: Decimal
) -> dict[str, object]:
    name_zh, name_en = name_zh.strip(), name_en.strip()
    if not (name_zh or name_en):
        raise RuleBroken("unit.name_missing", field="name_zh")
    for field, text in (("name_zh", name_zh), ("name_en", name_en)):
        if len(text) > 120:
            raise RuleBroken("text.too_long", field=field, limit=120)
    if kind not in KINDS:
        raise RuleBroken("unit.unknown_kind", field="kind", kind=kind)
    if method_id is not None and not Method.objects.filter(pk=method_id).exists():
        raise RuleBroken("method.unknown", field="method_id", method=method_id)
    if threshold < 0:
        raise RuleBroken("money.negative", field="small_sale_threshold", text=str(threshold))
    return {
        "name_zh": name_zh,
        "name_en": name_en,
        "kind": kind,
        "sort_key": sort_key(name_zh or name_en, 200),
        "method_id": method_id,
        "small_sale_threshold_minor": to_minor(threshold, organisation().base_digits),
    }


def _record(
    actor: Viewer,
    unit_id: int,
    changes: dict[str, tuple[object, object]],
    way: Way,
    at: datetime,
) -> None:
    record_changes(
        actor=actor,
        object_type="unit",
        object_id=unit_id,
        changes=changes,
        correlation_id=uuid4(),
        way=way,
        at=at,
        for_person_id=actor.acts_for("unit.edit"),
    )
