"""Taking back one save of an account, a contact or a product, where nothing changed since."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from dakehu.actions.accounts import lock_groups
from dakehu.actions.accounts.checks import check_assignee
from dakehu.actions.accounts.edit import set_fields as set_account
from dakehu.actions.accounts.groups import hang
from dakehu.actions.audit import record_changes
from dakehu.actions.contacts.edit import set_fields as set_contact
from dakehu.actions.names import sort_key
from dakehu.core.access import Viewer
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Way
from dakehu.core.names import folded
from dakehu.core.past import ACCOUNT_REFERENCES
from dakehu.models import Account, Change, Contact, Product
from dakehu.queries.past.held import (
    HeldRecord,
    held_record,
    is_held,
    is_undoable,
    kept_id,
    price_of,
    undo_right,
    values_now,
)
from dakehu.queries.people import person_name


@transaction.atomic
def undo_save(
    *,
    actor: Viewer,
    kind: str,
    object_id: int,
    correlation_id: UUID,
    today: date,
    at: datetime,
) -> UUID:
    """Set back all that one save changed; doing it to an undo is doing it again.

    Gives the correlation id of the new save. NotFound of the record, "past.nothing_to_undo";
    NotAllowed("past.undo"); RuleBroken("past.not_undoable") of a save that made the record,
    or what setting back itself refuses; Conflict("past.changed_since") with `since`: per field
    what it holds now, by whom and when.
    """
    if kind == "account":
        lock_groups()
    _lock(kind, object_id)
    held = held_record(viewer=actor, kind=kind, object_id=object_id)
    rows = list(
        Change.objects.filter(
            object_type=kind, object_id=object_id, correlation_id=correlation_id
        ).order_by("id")
    )
    if not rows:
        raise NotFound("past.nothing_to_undo")
    pairs = {row.field: (row.old, row.new) for row in rows}
    if not is_undoable(kind, pairs):
        raise RuleBroken("past.not_undoable")
    own = actor.person_id in (rows[0].actor_id, rows[0].for_person_id)
    right = undo_right(actor, held, pairs, own=own, today=today)
    if right is None:
        raise NotAllowed("past.undo")
    now = values_now(held, pairs)
    _check_unchanged(held, rows, pairs, now)
    _set_back(actor, held, {field: old for field, (old, _new) in pairs.items()}, today)
    saved = uuid4()
    record_changes(
        actor=actor,
        object_type=kind,
        object_id=object_id,
        changes={field: (new, old) for field, (old, new) in pairs.items()},
        correlation_id=saved,
        way=Way.UNDO,
        at=at,
        for_person_id=right.for_person,
    )
    return saved


def _lock(kind: str, object_id: int) -> None:
    model: Any = {"account": Account, "contact": Contact, "product": Product}.get(kind)
    if model is None:
        raise NotFound("past.unknown_kind")
    list(model.objects.select_for_update(of=("self",)).filter(pk=object_id).values_list("pk"))


def _check_unchanged(
    held: HeldRecord,
    rows: list[Change],
    pairs: Mapping[str, tuple[Any, Any]],
    now: Mapping[str, Any],
) -> None:
    """Refuse where a field holds something else than the save left in it."""
    changed = [f for f, (_old, new) in pairs.items() if not is_held(f, now[f], new)]
    if not changed:
        return
    later: dict[str, Change] = {}
    found = Change.objects.filter(
        object_type=held.kind, object_id=held.row.pk, field__in=changed, pk__gt=rows[-1].pk
    )
    for row in found.select_related("actor").order_by("id"):
        later[row.field] = row
    since = []
    for field in changed:
        last = later.get(field)
        who = person_name(last.actor) if last is not None and last.actor else None
        value = last.new if last is not None else pairs[field][1]
        since.append((field, value, who, last.at if last is not None else None))
    raise Conflict("past.changed_since", since=since, number=len(since))


def _set_back(actor: Viewer, held: HeldRecord, old: dict[str, Any], today: date) -> None:
    if held.kind == "contact":
        set_contact(held.row, old)
    elif held.kind == "product":
        _set_product(held.row, old)
    else:
        _set_account(actor, held.row, old, today)


def _set_account(actor: Viewer, row: Any, old: dict[str, Any], today: date) -> None:
    fields = {name: value for name, value in old.items() if name not in ACCOUNT_REFERENCES}
    if "parent" in old:
        hang(actor, row, kept_id(old["parent"]))
        row.refresh_from_db(fields=["path", "depth", "version"])
    columns: dict[str, Any] = {}
    if old.keys() & {"manager", "unit"}:
        columns = {
            "manager_id": kept_id(old["manager"]) if "manager" in old else row.manager_id,
            "unit_id": kept_id(old["unit"]) if "unit" in old else row.unit_id,
        }
        if columns["unit_id"] is not None:
            check_assignee(columns["manager_id"], columns["unit_id"], today)
        if not actor.may("account.assign", owner_id=None, unit_id=columns["unit_id"]):
            raise NotAllowed("account.assign")
    set_account(row, fields | columns)


def _set_product(row: Product, old: dict[str, Any]) -> None:
    columns = dict(old)
    if "list_price" in columns:
        columns["list_price"] = price_of(columns["list_price"])
    named = {n: columns.get(n, getattr(row, n)) for n in ("name_zh", "name_en")}
    name = named["name_zh"] or named["name_en"]
    columns |= {"folded": folded(name)[:160], "sort_key": sort_key(name, 200)}
    Product.objects.filter(pk=row.pk).update(**columns, version=row.version + 1)
