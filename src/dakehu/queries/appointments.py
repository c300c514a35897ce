"""Who works where, in which role, from which day on; and people as administrators see them."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, Value
from django.db.models.functions import Replace

from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed, NotFound, RuleBroken
from dakehu.models import Appointment, Person
from dakehu.queries.audit import ChangeRow, changes
from dakehu.queries.paging import Cut, Page, page_of
from dakehu.queries.people import PersonName


def in_force(day: date) -> Q:
    """Give the condition for appointments that hold on a day."""
    return Q(from_on__lte=day) & (Q(until_on__isnull=True) | Q(until_on__gt=day))


@dataclass(frozen=True, slots=True)
class Seat:
    """An appointment: a role in a unit for [from_on, until_on)."""

    id: int
    person: PersonName
    unit_id: int
    role: str
    from_on: date
    until_on: date | None
    for_person: str


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Somebody in the administrator's list."""

    id: int
    login: str
    name: str
    name_en: str
    email: str
    is_active: bool
    can_log_in: bool
    seats: tuple[Seat, ...]


@dataclass(frozen=True, slots=True)
class PersonPage:
    """Somebody with all their appointments and what was changed about them."""

    person: PersonRow
    phone: str
    version: int
    changes: tuple[ChangeRow, ...]


def seats_on(*, viewer: Viewer, day: date) -> tuple[Seat, ...]:
    """Give every appointment in force on a day; who works where is no secret inside."""
    del viewer
    rows = (
        Appointment.objects.filter(in_force(day), person__is_active=True)
        .select_related("person", "for_person")
        .order_by("person__sort_key", "person_id", "id")
    )
    return tuple(_seat(row) for row in rows)


def staff(*, viewer: Viewer, text: str, cut: Cut, today: date) -> Page[PersonRow]:
    """Give a page of all people, for those who administer them.

    Raises NotAllowed("person.edit").
    """
    _check_administers(viewer)
    rows = Person.objects.all()
    text = text.strip()
    if text:
        spelt = "".join(c for c in text.casefold() if c.isascii() and c.isalnum())
        rows = rows.annotate(spelt=Replace("sort_key", Value(" "), Value(""))).filter(
            Q(name__icontains=text)
            | Q(name_en__icontains=text)
            | Q(login__icontains=text)
            | (Q(spelt__contains=spelt) if spelt else Q(pk__in=[]))
        )
    page = page_of([rows], order=("sort_key", "id"), cut=cut)
    seats: dict[int, list[Seat]] = {}
    for row in (
        Appointment.objects.filter(in_force(today), person_id__in=[p.pk for p in page.rows])
        .select_related("person", "for_person")
        .order_by("id")
    ):
        seats.setdefault(row.person_id, []).append(_seat(row))
    shown = tuple(_person_row(p, seats.get(p.pk, [])) for p in page.rows)
    return Page(shown, page.next, page.previous)


def staff_member(*, viewer: Viewer, person_id: int) -> PersonPage:
    """Give somebody with all their appointments, the newest first.

    Raises NotAllowed("person.edit"), NotFound("person.unknown").
    """
    _check_administers(viewer)
    row = Person.objects.filter(pk=person_id).first()
    if row is None:
        raise NotFound("person.unknown", person=person_id)
    held = (
        Appointment.objects.filter(person=row)
        .select_related("person", "for_person")
        .order_by("-from_on", "-id")
    )
    return PersonPage(
        person=_person_row(row, [_seat(seat) for seat in held]),
        phone=row.phone,
        version=row.version,
        changes=changes(viewer=viewer, object_type="person", object_id=person_id),
    )


def staff_id(*, viewer: Viewer, login: str) -> int | None:
    """Give who has the log-in, None for an empty one.

    Raises NotAllowed("person.edit"), RuleBroken("person.unknown_login").
    """
    _check_administers(viewer)
    if not login:
        return None
    found = Person.objects.filter(login=login).values_list("id", flat=True).first()
    if found is None:
        raise RuleBroken("person.unknown_login", field="for_login", login=login)
    return found


def person_of_appointment(*, viewer: Viewer, appointment_id: int) -> int:
    """Give whose appointment it is.

    Raises NotAllowed("person.edit"), NotFound("appointment.unknown").
    """
    _check_administers(viewer)
    found = Appointment.objects.filter(pk=appointment_id).values_list("person_id", flat=True)
    person_id = found.first()
    if person_id is None:
        raise NotFound("appointment.unknown")
    return person_id


def _check_administers(viewer: Viewer) -> None:
    if not viewer.holds("person.edit"):
        raise NotAllowed("person.edit")


def _seat(row: Appointment) -> Seat:
    person = row.person
    return Seat(
        id=row.pk,
        person=PersonName(person.pk, person.login, person.name, person.name_en),
        unit_id=row.unit_id,
        role=row.role,
        from_on=row.from_on,
        until_on=row.until_on,
        for_person=row.for_person.name if row.for_person else "",
    )


def _person_row(row: Person, seats: list[Seat]) -> PersonRow:
    return PersonRow(
        id=row.pk,
        login=row.login,
        name=row.name,
        name_en=row.name_en,
        email=row.email,
        is_active=row.is_active,
        can_log_in=row.is_active and row.has_usable_password(),
        seats=tuple(seats),
    )
