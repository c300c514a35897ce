"""Appointments: who works where in which role from which day on, and moving from unit to unit."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, Q

from dakehu.actions.audit import record_changes, record_changes_of_many
from dakehu.actions.ledger import Drafted, Posting, write_movements
from dakehu.actions.opportunities.held import standing_of
from dakehu.actions.unit_tree import lock_unit_tree
from dakehu.core.access import ROLES, Viewer
from dakehu.core.errors import NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Kind, Place, Standing, Step, Way, check_day
from dakehu.models import (
    Account,
    Appointment,
    BooksClosing,
    Opportunity,
    Person,
    SalesUnit,
)
from dakehu.queries.appointments import in_force
from dakehu.queries.units import all_units


@transaction.atomic
def appoint_person(
    *,
    actor: Viewer,
    person_id: int,
    unit_id: int,
    role: str,
    from_on: date,
    at: datetime,
    until_on: date | None = None,
    for_person_id: int | None = None,
    way: Way = Way.FORM,
) -> int:
    """Give a person a role in a unit for [from_on, until_on); gives the appointment's id.

    Raises NotAllowed("person.edit"), NotFound("person.unknown", "unit.unknown"), RuleBroken
    ("person.unknown_role", "range.upside_down", "appointment.overlaps",
    "appointment.unit_closes": the unit is closed before the end). With `for_person_id` it is
    a deputy's: RuleBroken("appointment.for_oneself", "appointment.deputy_without_end").
    """
    _check_may_edit(actor)
    lock_unit_tree()
    person = _person(person_id)
    if role not in ROLES:
        raise RuleBroken("person.unknown_role", field="role", role=role)
    _check_unit(unit_id, from_on, until_on)
    if until_on is not None and until_on <= from_on:
        raise RuleBroken("range.upside_down", field="until_on", start=from_on, end=until_on)
    if for_person_id is not None:
        _check_deputy(person_id, for_person_id, until_on)
    same = Appointment.objects.filter(
        person=person, unit_id=unit_id, role=role, for_person=for_person_id
    ).filter(Q(until_on__isnull=True) | Q(until_on__gt=from_on))
    if until_on is not None:
        same = same.filter(from_on__lt=until_on)
    if same.exists():
        raise RuleBroken("appointment.overlaps", field="from_on")
    row = Appointment.objects.create(
        person=person,
        unit_id=unit_id,
        role=role,
        from_on=from_on,
        until_on=until_on,
        for_person_id=for_person_id,
        recorded_at=at,
    )
    _record(actor, person_id, {"appointed": (None, _told(row))}, uuid4(), way, at)
    return row.pk


@transaction.atomic
def end_appointment(
    *,
    actor: Viewer,
    appointment_id: int,
    until_on: date,
    at: datetime,
    way: Way = Way.FORM,
) -> None:
    """End an appointment: `until_on` is the first day on which it no longer holds.

    What the person owns stays theirs until it is handed over. Raises NotAllowed("person.edit"),
    NotFound("appointment.unknown"), RuleBroken("range.upside_down",
    "person.last_administrator").
    """
    _check_may_edit(actor)
    row = _appointment(appointment_id)
    _end(actor, row, until_on, uuid4(), way, at)


@transaction.atomic
def transfer_person(
    *,
    actor: Viewer,
    appointment_id: int,
    unit_id: int,
    on: date,
    today: date,
    at: datetime,
    with_accounts: bool = True,
    way: Way = Way.FORM,
) -> int:
    """Move a person to another unit in the same role from a day on; gives the moved count.

    The open opportunities that they own in the old unit go along, one `unit moved` each, on that
    day or on that of their last movement where it is later; outcomes stay where they were won
    (FUN-5). With `with_accounts` the accounts that they manage there go along too (our reading:
    the new head answers for them). Raises NotAllowed("person.edit"), NotFound
    ("appointment.unknown", "unit.unknown"), RuleBroken("appointment.same_unit",
    "appointment.unit_closes", "appointment.deputy_moves", "ledger.future",
    "ledger.books_closed", "range.upside_down").
    """
    _check_may_edit(actor)
    lock_unit_tree()
    row = _appointment(appointment_id)
    if row.unit_id == unit_id:
        raise RuleBroken("appointment.same_unit", field="unit_id")
    if row.for_person_id is not None:
        raise RuleBroken("appointment.deputy_moves")
    closed = BooksClosing.objects.order_by("-recorded_at", "-id").first()
    check_day(on=on, last_on=None, today=today, closed_until=closed.until_on if closed else None)
    correlation_id = uuid4()
    _end(actor, row, on, correlation_id, way, at)
    appoint_person(
        actor=actor, person_id=row.person_id, unit_id=unit_id, role=row.role, from_on=on,
        at=at, way=way,
    )  # fmt: skip
    moved = _move_opportunities(actor, row, unit_id, on, correlation_id, way, at)
    if with_accounts:
        _move_accounts(actor, row, unit_id, correlation_id, way, at)
    return moved


def _move_opportunities(
    actor: Viewer,
    row: Appointment,
    unit_id: int,
    on: date,
    correlation_id: UUID,
    way: Way,
    at: datetime,
) -> int:
    open_there = Opportunity.objects.select_for_update().filter(
        owner_id=row.person_id, unit_id=row.unit_id, place=Place.OPEN, voided=False
    )
    drafts, ids = [], []
    for held in open_there.order_by("id"):
        before = standing_of(held)
        position = replace(before.position, unit_id=unit_id)
        step = Step(Kind.UNIT_MOVED, before, Standing(position, before.amount_minor))
        posting = Posting(
            on=max(on, held.last_on),
            at=at,
            actor_id=actor.person_id,
            way=way,
            correlation_id=correlation_id,
            for_person_id=actor.acts_for("person.edit"),
        )
        drafts.append(Drafted(held.pk, step, posting))
        ids.append(held.pk)
    # Whole blocks: one posting day after another, as the ledger keeps them.
    drafts.sort(key=lambda draft: (draft.posting.on, draft.opportunity_id))
    write_movements(drafts)
    for start in range(0, len(ids), 500):
        moved = Opportunity.objects.filter(pk__in=ids[start : start + 500])
        moved.filter(last_on__lt=on).update(last_on=on)
        moved.update(unit_id=unit_id, version=F("version") + 1, updated_at=at)
    return len(ids)


def _move_accounts(
    actor: Viewer,
    row: Appointment,
    unit_id: int,
    correlation_id: UUID,
    way: Way,
    at: datetime,
) -> None:
    there = Account.objects.filter(manager_id=row.person_id, unit_id=row.unit_id)
    ids = list(there.order_by("id").values_list("pk", flat=True))
    units = SalesUnit.objects.in_bulk([row.unit_id, unit_id])
    told = [
        {"zh": units[u].name_zh or units[u].code, "en": units[u].name_en or units[u].code}
        for u in (row.unit_id, unit_id)
    ]
    record_changes_of_many(
        actor=actor, object_type="account", object_ids=ids,
        changes={"unit": (told[0], told[1])}, correlation_id=correlation_id, way=way, at=at,
        for_person_id=actor.acts_for("person.edit"),
    )  # fmt: skip
    there.update(unit_id=unit_id, version=F("version") + 1)


def _end(
    actor: Viewer,
    row: Appointment,
    until_on: date,
    correlation_id: UUID,
    way: Way,
    at: datetime,
) -> None:
    if until_on <= row.from_on:
        raise RuleBroken("range.upside_down", field="until_on", start=row.from_on, end=until_on)
    others = Appointment.objects.filter(
        in_force(until_on), role="administrator", person__is_active=True
    ).exclude(pk=row.pk)
    if row.role == "administrator" and not others.exists():
        raise RuleBroken("person.last_administrator")
    before = _told(row)
    row.until_on = until_on
    row.save(update_fields=["until_on"])
    changes = {"appointed": (before, _told(row))}
    _record(actor, row.person_id, changes, correlation_id, way, at)


def _check_may_edit(actor: Viewer) -> None:
    if not actor.holds("person.edit"):
        raise NotAllowed("person.edit")


def _check_unit(unit_id: int, from_on: date, until_on: date | None) -> None:
    units = all_units()
    if unit_id not in units.tree(from_on):
        raise NotFound("unit.unknown", unit=unit_id)
    closed_on = units.closing_after(unit_id, from_on)
    if closed_on is not None and (until_on is None or until_on > closed_on):
        raise RuleBroken("appointment.unit_closes", field="until_on", on=closed_on)


def _check_deputy(person_id: int, for_person_id: int, until_on: date | None) -> None:
    _person(for_person_id)
    if for_person_id == person_id:
        raise RuleBroken("appointment.for_oneself", field="for_login")
    if until_on is None:
        raise RuleBroken("appointment.deputy_without_end", field="until_on")


def _person(person_id: int) -> Person:
    row = Person.objects.filter(pk=person_id).first()
    if row is None:
        raise NotFound("person.unknown", person=person_id)
    return row


def _appointment(appointment_id: int) -> Appointment:
    row = Appointment.objects.select_for_update().filter(pk=appointment_id).first()
    if row is None:
        raise NotFound("appointment.unknown")
    return row


def _told(row: Appointment) -> str:
    until = row.until_on.isoformat() if row.until_on else ""
    return f"{row.role} · {row.unit.code} · {row.from_on.isoformat()} – {until}".rstrip()


def _record(
    actor: Viewer,
    person_id: int,
    changes: dict[str, tuple[Any, Any]],
    correlation_id: UUID,
    way: Way,
    at: datetime,
) -> None:
    record_changes(
        actor=actor,
        object_type="person",
        object_id=person_id,
        changes=changes,
        correlation_id=correlation_id,
        way=way,
        at=at,
        for_person_id=actor.acts_for("person.edit"),
    )
