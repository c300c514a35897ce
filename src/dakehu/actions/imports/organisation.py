"""Units, people and their appointments from an import."""

from datetime import date

from django.contrib.auth.hashers import make_password

from dakehu.actions.imports.work import Work
from dakehu.actions.names import person_key, sort_key
from dakehu.actions.unit_tree import lock_unit_tree
from dakehu.core.access import ROLES
from dakehu.core.errors import NotAllowed, RuleBroken
from dakehu.core.imports.plan import At, Plan, PlannedPerson, PlannedUnit, path_of
from dakehu.core.names import folded
from dakehu.models import Appointment, Organisation, Person, SalesUnit, UnitPlace
from dakehu.queries.units import Units, all_units

#: Roles that see or settle more than the unit they are in: an import is no way round that.
_DIGITS = "0123456789"
_FAR_REACHING = {"executive", "finance", "auditor", "administrator"}


def write_units(work: Work, plan: Plan, method_id: int | None) -> None:
    """Hang the planned units into the tree, from the first day of the data on."""
    if plan.units:
        lock_unit_tree()
    units = all_units()
    _name_units(work, units)
    if not plan.units:
        work.root = _home(work, units)
        return
    root = work.root = _root(work, units, plan.units[0].at, method_id)
    tree = units.tree(work.today)
    known = work.known("unit")
    codes = {name.code for name in units.names.values()}
    fresh: list[tuple[str, int]] = []
    for planned in plan.units:
        path = _below(root, planned.path, units)
        key = path_of(planned.path)
        parent = root if len(path) == 1 else work.units.get(path_of(planned.path[:-1]))
        present = known.get(key) or (root if not path else None)
        if present is None and parent is not None:
            present = _child(units, tree.children(parent), path[-1])
            if present is not None:
                fresh.append((key, present))
        if present is not None:
            work.units[key] = present
            work.mark(planned.at, "unchanged")
        elif parent is None or not work.reaches(parent):
            work.refuse(planned.at, "import.unit_out_of_reach", unit=key)
        else:
            code = path[-1] if path[-1] not in codes else key[-60:]
            codes.add(code)
            work.units[key] = _create_unit(work, planned, code, parent, method_id)
            fresh.append((key, work.units[key]))
    work.remember("unit", fresh)


def _name_units(work: Work, units: Units) -> None:
    """Let rows call a unit by its path, its code, or a name that only it has."""
    tree = units.tree(work.today)
    named: dict[str, set[int]] = {}
    for unit, name in units.names.items():
        if unit not in tree:
            continue
        for said in {name.code, name.name_zh, name.name_en} - {""}:
            named.setdefault(said, set()).add(unit)
        for language in ("zh", "en"):
            path = tuple(units.names[u].name(language) for u in tree.path(unit))
            named.setdefault(path_of(path), set()).add(unit)
            named.setdefault(path_of(path[1:]), set()).add(unit)
    named.pop("", None)
    work.units = {said: min(found) for said, found in named.items() if len(found) == 1}


def _below(root: int, path: tuple[str, ...], units: Units) -> tuple[str, ...]:
    """Give the path without the root's own name, where somebody wrote it in front."""
    name = units.names.get(root)
    own = {name.code, name.name_zh, name.name_en} if name else set()
    return path[1:] if path and path[0] in own else path


def _child(units: Units, children: tuple[int, ...], called: str) -> int | None:
    for unit in children:
        name = units.names[unit]
        if called in (name.code, name.name_zh, name.name_en):
            return unit
    return None


def _home(work: Work, units: Units) -> int | None:
    """Give where things go of which no row says the unit: the highest that the actor reaches."""
    tree = units.tree(work.today)
    for root in tree.roots():
        for unit in tree.walk(root):
            if work.reaches(unit):
                return unit
    return None


def _create_unit(
    work: Work, planned: PlannedUnit, code: str, parent: int, method_id: int | None
) -> int:
    name = planned.path[-1]
    unit = SalesUnit.objects.create(
        code=code,
        name_zh=name,
        name_en=name,
        kind=planned.kind,
        sort_key=sort_key(name),
        method_id=method_id,
    )
    _place(work, unit.pk, parent, work.first_on)
    work.allow(unit.pk)
    work.make("units", planned.at)
    work.made.append(("unit", unit.pk))
    return unit.pk


def _place(work: Work, unit: int, parent: int | None, on: date) -> None:
    UnitPlace.objects.create(
        unit_id=unit,
        parent_id=parent,
        on=on,
        recorded_at=work.at,
        actor_id=work.actor.person_id,
    )


def _root(work: Work, units: Units, at: At, method_id: int | None) -> int:
    """Give the unit under which all is hung: the organisation's root, made where there is none.

    It must stand in the tree of the data's first day too. Raises NotAllowed("import.run") where
    the actor does not reach it, RuleBroken("import.several_roots").
    """
    roots = units.tree(work.today).roots()
    companies = [u for u in roots if units.names[u].kind == "company"] or list(roots)
    if len(companies) > 1:
        raise RuleBroken("import.several_roots", units=[units.names[u].code for u in companies])
    if companies:
        root = companies[0]
        if not work.reaches(root):
            raise NotAllowed("import.run")
        if root not in units.tree(work.first_on):
            _place(work, root, None, work.first_on)
        if method_id is not None:
            SalesUnit.objects.filter(pk=root, method__isnull=True).update(method_id=method_id)
        return root
    if not work.reaches(None):
        raise NotAllowed("import.run")
    organisation = Organisation.objects.get()
    name = organisation.name_en or organisation.name_zh or "Company"
    root = SalesUnit.objects.create(
        code=name[:60],
        name_zh=organisation.name_zh or name,
        name_en=name,
        kind="company",
        sort_key=sort_key(name),
        method_id=method_id,
    ).pk
    _place(work, root, None, work.first_on)
    work.allow(root)
    work.make("units", at)
    return root


def write_people(work: Work, plan: Plan) -> None:
    """Create the people without a password, and appoint them."""
    known = work.known("person")
    by_login = dict(Person.objects.values_list("login", "id"))
    names = dict(Person.objects.values_list("id", "name"))
    rows: list[Person] = []
    made: list[PlannedPerson] = []
    reused: list[tuple[str, int]] = []
    for planned in plan.people:
        if planned.key in known:
            work.people[planned.key] = known[planned.key]
            work.mark(planned.at, "unchanged")
            continue
        login = planned.login or sort_key(planned.name).replace(" ", "")[:80]
        present = by_login.get(login)
        if present is not None and names.get(present) == planned.name:
            work.people[planned.key] = present
            reused.append((planned.key, present))
            work.mark(planned.at, "unchanged")
            continue
        if not login:
            work.refuse(planned.at, "import.no_login", name=planned.name)
            continue
        number = 2
        while login in by_login:
            login, number = f"{login.rstrip(_DIGITS)[:76]}{number}", number + 1
        by_login[login] = 0
        made.append(planned)
        rows.append(
            Person(
                login=login,
                name=planned.name,
                sort_key=person_key(planned.name),
                email=planned.email,
                phone=planned.phone,
                password=make_password(None),
            )
        )
    for planned, person in zip(made, Person.objects.bulk_create(rows, 500), strict=True):
        work.people[planned.key] = person.pk
        work.make("people", planned.at)
        work.made.append(("person", person.pk))
        reused.append((planned.key, person.pk))
    work.remember("person", reused)
    _appoint(work, plan)


def _appoint(work: Work, plan: Plan) -> None:
    present = set(
        Appointment.objects.filter(person_id__in=work.people.values()).values_list(
            "person_id", "unit_id", "role"
        )
    )
    rows = []
    # Who sold in an imported history sold from its first day; anybody else starts today.
    default = work.first_on if plan.deals else work.today
    for planned in plan.appointments:
        person, unit = work.people.get(planned.person), work.units.get(planned.unit)
        if person is None:
            continue
        if unit is None:
            work.refuse(planned.at, "import.unknown_unit", unit=planned.unit)
        elif planned.role not in ROLES:
            work.refuse(planned.at, "import.unknown_role", role=planned.role)
        elif planned.role in _FAR_REACHING and not work.actor.holds("person.edit"):
            work.refuse(planned.at, "import.role_not_allowed", role=planned.role)
        elif not work.reaches(unit):
            work.refuse(planned.at, "import.unit_out_of_reach", unit=planned.unit)
        elif (person, unit, planned.role) in present:
            work.mark(planned.at, "unchanged")
        else:
            present.add((person, unit, planned.role))
            rows.append(
                Appointment(
                    person_id=person,
                    unit_id=unit,
                    role=planned.role,
                    from_on=planned.from_on or default,
                    recorded_at=work.at,
                )
            )
            work.make("appointments", planned.at)
    for row in Appointment.objects.bulk_create(rows, 500):
        work.made.append(("appointment", row.pk))


def people_by_name(work: Work) -> dict[str, set[int]]:
    """Give people by folded log-in or name; those of this import by the name it gives them."""
    found: dict[str, set[int]] = {}
    rows = Person.objects.values_list("id", "login", "name", "name_en", "email")
    for pk, *names in rows:
        for fold in {folded(name) for name in names} - {""}:
            found.setdefault(fold, set()).add(pk)
    for name, pk in work.people.items():
        found[folded(name)] = {pk}
    return found


def units_of_sellers() -> dict[int, list[tuple[int, date, date | None]]]:
    """Give where people sell, as (unit, from, until), by person."""
    rows = Appointment.objects.filter(role__in=("salesperson", "unit_head"))
    found: dict[int, list[tuple[int, date, date | None]]] = {}
    # 'salesperson' sorts before 'unit_head': who is both sells in the unit they sell in.
    for person, unit, from_on, until_on in rows.order_by("role", "from_on", "id").values_list(
        "person_id", "unit_id", "from_on", "until_on"
    ):
        found.setdefault(person, []).append((unit, from_on, until_on))
    return found
