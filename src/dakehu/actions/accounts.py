"""Creating, editing, assigning and grouping accounts (CUS-1 to CUS-3, simple form)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from dakehu.actions.audit import record_changes
from dakehu.actions.names import index_accounts, look_up_name, sort_key
from dakehu.core.access import Right, Viewer
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Way
from dakehu.core.names import folded
from dakehu.models import Account, AccountName, Grant, Person, SalesUnit, UnitPlace
from dakehu.queries.people import appointed_unit

#: The fields that people edit, with the longest text of each (None: a number).
FIELDS: dict[str, int | None] = {
    "name": 200, "name_en": 200, "industry": 80, "region": 80, "address": 240, "phone": 60,
    "website": 200, "tax_code": 30, "employees": None, "founded": None, "note": 20_000,
}  # fmt: skip
MOST_ALIASES = 50
#: One lock for all that changes group trees; the number only has to be ours.
_LOCK = 7042020


def create_account(
    *,
    actor: Viewer,
    values: Mapping[str, Any],
    manager_id: int | None,
    unit_id: int | None,
    today: date,
    at: datetime,
    parent_id: int | None = None,
    aliases: Sequence[str] = (),
    code: str | None = None,
    same_name_is_fine: bool = False,
    way: Way = Way.FORM,
) -> int:
    """Create an account and assign it; without a unit it goes to its manager's. Gives its id.

    Looking for the same name is an act of its own, which stays on record when this one is
    refused. Raises NotAllowed("account.create"), NotFound("account.unknown_parent"), and
    RuleBroken: "account.same_name" and "account.look_ups_used_up" (unless `same_name_is_fine`),
    "account.no_unit", "account.code_taken", and what `_checked` says of the values.
    """
    checked = _checked(values, today)
    if not checked.get("name"):
        raise RuleBroken("account.name_missing", field="name")
    if unit_id is None and manager_id is not None:
        unit_id = appointed_unit(person_id=manager_id, on=today)
    right = actor.right_to("account.create", owner_id=manager_id, unit_id=unit_id)
    if right is None:
        raise NotAllowed("account.create")
    if unit_id is None:
        raise RuleBroken("account.no_unit", field="manager_id")
    _check_assignee(manager_id, unit_id, today)
    looked = look_up_name(actor=actor, name=checked["name"], at=at)
    if not same_name_is_fine:
        if looked.found:
            raise RuleBroken("account.same_name", field="name", name=checked["name"])
        if looked.used_up:
            raise RuleBroken("account.look_ups_used_up", field="name", limit=looked.limit)
    columns = {
        **checked,
        "manager_id": manager_id,
        "unit_id": unit_id,
        "created_on": today,
    }
    same = bool(looked.found) or None
    changes = {"same_name": (None, same)}
    return _write_new(actor, columns, parent_id, aliases, code, changes, right, way, at)


@transaction.atomic
def _write_new(
    actor: Viewer,
    columns: dict[str, Any],
    parent_id: int | None,
    aliases: Sequence[str],
    code: str | None,
    changes: dict[str, tuple[Any, Any]],
    right: Right,
    way: Way,
    at: datetime,
) -> int:
    code = (code or "").strip()
    if code and Account.objects.filter(code=code).exists():
        raise RuleBroken("account.code_taken", field="code", taken=code)
    columns |= {
        "code": code or uuid4().hex,
        "folded": folded(columns["name"])[:200],
        "sort_key": sort_key(columns["name"], 240),
    }
    lock_groups()
    if parent_id is None:
        row = Account.objects.add_root(columns)
    else:
        row = Account.objects.add_child(_parent(actor, parent_id), columns)
    if not code:
        row.code = _free_code(row.pk)
        row.save(update_fields=["code"])
    _write_aliases(row.pk, _checked_aliases(aliases))
    index_accounts([row.pk])
    _record(actor, row.pk, {"created": (None, row.code), **changes}, right, way, at)
    return int(row.pk)


@transaction.atomic
def edit_account(
    *,
    actor: Viewer,
    account_id: int,
    seen_version: int,
    values: Mapping[str, Any],
    today: date,
    at: datetime,
    aliases: Sequence[str] | None = None,
    way: Way = Way.FORM,
) -> None:
    """Change fields, and the aliases where they are given.

    Raises NotFound("account.unknown"), NotAllowed("account.edit"), Conflict("account.changed")
    with both values, RuleBroken as `_checked` says.
    """
    row, right = _held(actor, account_id, "account.edit")
    checked = _checked(values, today)
    if "name" in checked and not checked["name"]:
        raise RuleBroken("account.name_missing", field="name")
    before = {name: getattr(row, name) for name in checked}
    if row.version != seen_version:
        raise _conflict(row, before, checked)
    changes: dict[str, tuple[Any, Any]] = {
        name: (before[name], value) for name, value in checked.items()
    }
    if aliases is not None:
        held = list(
            AccountName.objects.filter(account=row).order_by("id").values_list("name", flat=True)
        )
        wanted = _checked_aliases(aliases)
        if wanted != held:
            changes["aliases"] = (held, wanted)
            AccountName.objects.filter(account=row).delete()
            _write_aliases(row.pk, wanted)
    if "name" in checked:
        checked["folded"] = folded(checked["name"])[:200]
        checked["sort_key"] = sort_key(checked["name"], 240)
    _write(row, checked)
    if aliases is not None or checked.keys() & {"name", "name_en", "tax_code"}:
        index_accounts([row.pk])
    _record(actor, row.pk, changes, right, way, at)


@transaction.atomic
def assign_account(
    *,
    actor: Viewer,
    account_id: int,
    seen_version: int,
    manager_id: int | None,
    unit_id: int | None,
    today: date,
    at: datetime,
    way: Way = Way.FORM,
) -> None:
    """Give the account to a manager and a unit (CUS-3); open opportunities stay where they are.

    Without a unit it goes to its new manager's. Raises NotFound("account.unknown"),
    NotAllowed("account.assign"), Conflict("account.changed"), RuleBroken("account.no_unit",
    "person.unknown", "unit.unknown").
    """
    row, right = _held(actor, account_id, "account.assign")
    if unit_id is None and manager_id is not None:
        unit_id = appointed_unit(person_id=manager_id, on=today)
    if unit_id is None:
        raise RuleBroken("account.no_unit", field="manager_id")
    wanted = {"manager_id": manager_id, "unit_id": unit_id}
    before = {"manager_id": row.manager_id, "unit_id": row.unit_id}
    if row.version != seen_version:
        raise _conflict(row, before, wanted)
    _check_assignee(manager_id, unit_id, today)
    # Both ends of a transfer are within the assigner's reach: nobody gives away what they
    # may not take, nor hands over into a unit that is not theirs to fill.
    if not actor.may("account.assign", owner_id=None, unit_id=unit_id):
        raise NotAllowed("account.assign")
    _write(row, wanted)
    _record(
        actor,
        row.pk,
        {
            "manager": (_person(before["manager_id"]), _person(manager_id)),
            "unit": (_unit(before["unit_id"]), _unit(unit_id)),
        },
        right,
        way,
        at,
    )


@transaction.atomic
def move_account(
    *,
    actor: Viewer,
    account_id: int,
    seen_version: int,
    parent_id: int | None,
    at: datetime,
    way: Way = Way.FORM,
) -> None:
    """Hang the account, with all below it, under another one of the group, or under none.

    Raises NotFound("account.unknown", "account.unknown_parent"), NotAllowed("account.edit"),
    Conflict("account.changed"), RuleBroken("account.group_cycle").
    """
    lock_groups()
    row, right = _held(actor, account_id, "account.edit")
    before = Account.objects.get_parent(row)
    held = None if before is None else before.pk
    if row.version != seen_version:
        raise _conflict(row, {"parent": held}, {"parent": parent_id})
    if held == parent_id:
        return
    if parent_id is None:
        last = Account.objects.get_last_root_node()
        Account.objects.move(row, last, pos="last-sibling")
        now = None
    else:
        now = _parent(actor, parent_id)
        if now.pk == row.pk or now.is_descendant_of(row):
            raise RuleBroken("account.group_cycle", field="parent_id", name=now.name)
        Account.objects.move(row, now, pos="last-child")
    Account.objects.filter(pk=row.pk).update(version=row.version + 1)
    _record(
        actor,
        row.pk,
        {"parent": (before.name if before else None, now.name if now else None)},
        right,
        way,
        at,
    )


def _checked(values: Mapping[str, Any], today: date) -> dict[str, Any]:
    """Give the values trimmed.

    Raises RuleBroken: "account.unknown_field", "text.too_long", "text.unreadable",
    "account.bad_website", "account.bad_employees", "account.bad_founded".
    """
    checked: dict[str, Any] = {}
    for name, value in values.items():
        if name not in FIELDS:
            raise RuleBroken("account.unknown_field", field=name)
        limit = FIELDS[name]
        if limit is None:
            checked[name] = value
            continue
        text = str(value or "").strip()
        if len(text) > limit:
            raise RuleBroken("text.too_long", field=name, limit=limit)
        if "\x00" in text:
            raise RuleBroken("text.unreadable", field=name)
        checked[name] = text
    website = checked.get("website")
    if website and "://" not in website:
        website = checked["website"] = f"https://{website}"
    # The address becomes a link on the page: nothing but the web may stand there.
    if website and not website.lower().startswith(("http://", "https://")):
        raise RuleBroken("account.bad_website", field="website")
    employees = checked.get("employees")
    if employees is not None and not 0 <= employees <= 10_000_000:
        raise RuleBroken("account.bad_employees", field="employees")
    founded = checked.get("founded")
    if founded is not None and not 1000 <= founded <= today.year:
        raise RuleBroken("account.bad_founded", field="founded", year=today.year)
    return checked


def _checked_aliases(aliases: Sequence[str]) -> list[str]:
    wanted: list[str] = []
    for alias in aliases:
        text = alias.strip()
        if len(text) > 200:
            raise RuleBroken("text.too_long", field="aliases", limit=200)
        if text and text not in wanted:
            wanted.append(text)
    if len(wanted) > MOST_ALIASES:
        raise RuleBroken("account.too_many_aliases", field="aliases", limit=MOST_ALIASES)
    return wanted


def _write_aliases(account_id: int, aliases: Sequence[str]) -> None:
    AccountName.objects.bulk_create(
        AccountName(account_id=account_id, name=name, folded=folded(name)) for name in aliases
    )


def _held(actor: Viewer, account_id: int, permission: str) -> tuple[Any, Right]:
    """Lock the row for writing, if the actor may do this to it."""
    work = Grant.objects.filter(
        person_id=actor.person_id or 0, account_id=OuterRef("pk"), right="work"
    )
    row = (
        Account.visible_to(actor)
        .select_for_update(of=("self",))
        .annotate(granted_work=Exists(work))
        .filter(pk=account_id)
        .first()
    )
    if row is None:
        raise NotFound("account.unknown")
    granted = "work" if row.granted_work else None
    right = actor.right_to(
        permission, owner_id=row.manager_id, unit_id=row.unit_id, granted=granted
    )
    if right is None:
        raise NotAllowed(permission)
    return row, right


def _parent(actor: Viewer, parent_id: int) -> Any:
    row = Account.visible_to(actor).filter(pk=parent_id).first()
    if row is None:
        raise NotFound("account.unknown_parent")
    return row


def _check_assignee(manager_id: int | None, unit_id: int, today: date) -> None:
    places = UnitPlace.objects.filter(unit_id=unit_id, on__lte=today)
    place = places.order_by("-on", "-recorded_at", "-id").first()
    if place is None or place.closed:
        raise RuleBroken("unit.unknown", field="unit_id")
    active = Person.objects.filter(pk=manager_id or 0, is_active=True)
    if manager_id is not None and not active.exists():
        raise RuleBroken("person.unknown", field="manager_id")


def _conflict(row: Any, now: Mapping[str, Any], wanted: Mapping[str, Any]) -> Conflict:
    differing = [name for name, value in wanted.items() if now[name] != value]
    return Conflict(
        "account.changed",
        version=row.version,
        theirs={name: now[name] for name in differing},
        yours={name: wanted[name] for name in differing},
    )


def _write(row: Any, columns: Mapping[str, Any]) -> None:
    Account.objects.filter(pk=row.pk).update(**columns, version=row.version + 1)


def _record(
    actor: Viewer,
    account_id: int,
    changes: Mapping[str, tuple[Any, Any]],
    right: Right,
    way: Way,
    at: datetime,
) -> None:
    record_changes(
        actor=actor,
        object_type="account",
        object_id=account_id,
        changes=changes,
        correlation_id=uuid4(),
        way=way,
        at=at,
        for_person_id=right.for_person,
    )


def _person(person_id: int | None) -> str | None:
    return Person.objects.filter(pk=person_id or 0).values_list("name", flat=True).first()


def _unit(unit_id: int | None) -> dict[str, str] | None:
    row = SalesUnit.objects.filter(pk=unit_id or 0).first()
    if row is None:
        return None
    return {"zh": row.name_zh or row.code, "en": row.name_en or row.code}


def _free_code(account_id: int) -> str:
    code = f"A-{account_id:05d}"
    while Account.objects.filter(code=code).exists():
        code += "0"
    return code


def lock_groups() -> None:
    """Let group trees be changed one at a time: two new siblings would take the same path."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
