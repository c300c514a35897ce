"""People: who asks, with which rights on a day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import islice

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Replace

from dakehu.core.access import ROLES, Reach, Scope, Viewer
from dakehu.core.errors import NotFound
from dakehu.models import Appointment, Person
from dakehu.queries.seats import seats
from dakehu.queries.units import Units, all_units


def viewer_of(
    *,
    person_id: int,
    login: str,
    today: date,
    language: str,
    units: Units | None = None,
) -> Viewer:
    """Give the viewer that a person is on a day: their appointments in force, resolved to units."""
    held = [seat for seat in seats().of(person_id, today) if seat.role in ROLES]
    tree = None
    if any(ROLES[seat.role].scope is Scope.SUBTREE for seat in held):
        # What a unit decided before it was closed stays with the unit that it last hung under.
        tree = (units or all_units()).tree(today, with_closed=True)
    reaches = tuple(
        Reach(
            seat.role,
            seat.unit_id,
            tree.subtree(seat.unit_id)
            if tree is not None and ROLES[seat.role].scope is Scope.SUBTREE
            else frozenset({seat.unit_id}),
            seat.for_person,
        )
        for seat in held
    )
    return Viewer(person_id, login, language, reaches)


def viewer_by_login(*, login: str, today: date, language: str = "en") -> Viewer:
    """Give the viewer for `--as LOGIN`. Raises NotFound("person.unknown_login")."""
    person = Person.objects.filter(login=login, is_active=True).values_list("id", flat=True).first()
    if person is None:
        raise NotFound("person.unknown_login", login=login)
    return viewer_of(person_id=person, login=login, today=today, language=language)


@dataclass(frozen=True, slots=True)
class PersonName:
    """A person as they are shown."""

    id: int
    login: str
    name: str
    name_en: str

    def shown(self, language: str) -> str:
        """Give the name in the reader's language."""
        return (self.name_en or self.name) if language == "en" else (self.name or self.name_en)


def people_in_sight(
    viewer: Viewer, *, units: frozenset[int] | None, today: date, limit: int = 500
) -> list[PersonName]:
    """Give who can be chosen as the owner of a funnel: the appointed people in those units."""
    rows = Appointment.objects.filter(
        from_on__lte=today, role__in=("salesperson", "unit_head")
    ).filter(Q(until_on__isnull=True) | Q(until_on__gt=today))
    if not viewer.sees_all:
        within = Q(unit_id__in=viewer.units)
        rows = rows.filter(within | Q(person_id__in=viewer.owners))
    if units is not None:
        rows = rows.filter(unit_id__in=units)
    people = rows.order_by("person__sort_key", "person_id").values_list(
        "person_id", "person__login", "person__name", "person__name_en"
    )
    return [PersonName(*row) for row in people.distinct()[:limit]]


def colleagues(viewer: Viewer, *, text: str, today: date, limit: int = 20) -> list[PersonName]:
    """Find active people who have a seat, by name, log-in, pinyin or initials.

    Who works here is no secret inside the organisation.
    """
    del viewer
    rows = named_like(Person.objects.filter(is_active=True), text)
    found = rows.order_by("sort_key", "id").values_list("id", "login", "name", "name_en")
    seated = (PersonName(*row) for row in found[: 5 * limit] if seats().of(row[0], today))
    return list(islice(seated, limit))


def named_like(rows: QuerySet[Person], text: str) -> QuerySet[Person]:
    """Keep the people whose name, log-in, pinyin or initials fit what is typed."""
    text = text.strip()[:40].replace("\x00", "")
    if text:
        said = Q(name__icontains=text) | Q(name_en__icontains=text) | Q(login__istartswith=text)
        spelt = "".join(c for c in text.casefold() if c.isascii() and c.isalnum())
        if spelt and spelt == text.casefold().replace(" ", ""):
            rows = rows.annotate(spelt=Replace("sort_key", Value(" "), Value("")))
            said |= Q(spelt__startswith=spelt)
            if 1 < len(spelt) <= 6:
                said |= Q(sort_key__regex="^" + " ".join(f"{c}[a-z]*" for c in spelt))
        rows = rows.filter(said)
    return rows


def people_named(viewer: Viewer, *, names: Iterable[str], today: date) -> list[PersonName]:
    """Give the active people with a seat whose name or log-in is one of these to the letter."""
    del viewer
    said = sorted(names)
    if not said:
        return []
    rows = Person.objects.filter(is_active=True).filter(
        Q(name__among=said) | Q(name_en__among=said) | Q(login__among=said)
    )
    found = rows.order_by("id").values_list("id", "login", "name", "name_en")[:500]
    return [PersonName(*row) for row in found if seats().of(row[0], today)]


#: The log-ins of the demo company that open with one click, in the order they are offered.
DEMO_LOG_INS = (
    "demo-sales",
    "demo-head",
    "demo-director",
    "demo-finance",
    "demo-ops",
    "demo-admin",
)


def demo_log_ins() -> list[PersonName]:
    """Give the people of the demo company whom one may be by one click, in their order."""
    rows = Person.objects.filter(login__in=DEMO_LOG_INS, is_active=True)
    people = {
        login: PersonName(pk, login, name, name_en)
        for pk, login, name, name_en in rows.values_list("id", "login", "name", "name_en")
    }
    return [people[login] for login in DEMO_LOG_INS if login in people]


def appointed_unit(*, person_id: int, on: date) -> int | None:
    """Give the unit in which a person works on a day: where they sell, else where they head."""
    held = [seat for seat in seats().of(person_id, on) if seat.for_person is None]
    for role in ("salesperson", "unit_head", "sales_operations"):
        for seat in held:
            if seat.role == role:
                return seat.unit_id
    return None


def person_name(person: Person) -> PersonName:
    """Give a person as they are shown."""
    return PersonName(person.pk, person.login, person.name, person.name_en)
