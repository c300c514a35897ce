"""Who works where, as what and for whom: every appointment, kept while none changes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from dakehu.models import Appointment
from dakehu.queries.stamps import kept_while


@dataclass(frozen=True, slots=True)
class Seat:
    """An appointment: a role of a person in a unit for [from_on, until_on)."""

    person_id: int
    unit_id: int
    role: str
    from_on: date
    until_on: date | None
    for_person: int | None
    is_active: bool

    def is_held(self, day: date) -> bool:
        """Test if it is in force on a day."""
        return self.from_on <= day and (self.until_on is None or self.until_on > day)


@dataclass(frozen=True)
class Seats:
    """Every appointment by person and, of heads, by unit; in the order in which they were made."""

    by_person: dict[int, tuple[Seat, ...]]
    heads: dict[int, tuple[Seat, ...]]

    def of(self, person_id: int, day: date) -> tuple[Seat, ...]:
        """Give the appointments of a person in force on a day."""
        return tuple(seat for seat in self.by_person.get(person_id, ()) if seat.is_held(day))

    def heads_of(self, units: Iterable[int], day: date) -> list[Seat]:
        """Give the active heads in force of some units."""
        return [
            seat
            for unit in units
            for seat in self.heads.get(unit, ())
            if seat.is_active and seat.is_held(day)
        ]


def units_of_owner(person_id: int, day: date) -> tuple[int, ...]:
    """Give the units in which a person may own a sale: where they sell first, then where they head.

    Whom somebody stands in for does not count: their own sales stay in their own units.
    """
    held = [s for s in seats().of(person_id, day) if s.is_active and s.for_person is None]
    found = [s.unit_id for role in ("salesperson", "unit_head") for s in held if s.role == role]
    return tuple(dict.fromkeys(found))


@kept_while("people")
def seats() -> Seats:
    """Read every appointment. Who works where is no secret inside the organisation."""
    rows = Appointment.objects.order_by("id").values_list(
        "person_id", "unit_id", "role", "from_on", "until_on", "for_person_id",
        "person__is_active",
    )  # fmt: skip
    by_person: dict[int, list[Seat]] = {}
    heads: dict[int, list[Seat]] = {}
    for row in rows:
        seat = Seat(*row)
        by_person.setdefault(seat.person_id, []).append(seat)
        if seat.role == "unit_head":
            heads.setdefault(seat.unit_id, []).append(seat)
    return Seats(
        {person: tuple(held) for person, held in by_person.items()},
        {unit: tuple(held) for unit, held in heads.items()},
    )
