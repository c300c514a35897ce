"""What people change about themselves and others."""

from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from dakehu.actions.audit import record_changes
from dakehu.actions.names import person_key
from dakehu.actions.search import PERSON, index_name
from dakehu.core.access import ROLES, Viewer
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Way
from dakehu.models import Appointment, Organisation, Person, SalesUnit, UnitPlace
from dakehu.queries.units import all_units

LANGUAGES = ("zh-hans", "en")
THEMES = ("auto", "light", "dark")
AMOUNT_UNITS = ("auto", "plain", "wan", "yi")


@transaction.atomic
def set_preferences(
    *,
    actor: Viewer,
    language: str | None = None,
    theme: str | None = None,
    amount_unit: str | None = None,
    at: datetime,
    way: Way = Way.FORM,
) -> None:
    """Set one's own language, theme and unit of amounts; None leaves a preference as it is.

    Raises RuleBroken person.unknown_language, person.unknown_theme, person.unknown_amount_unit.
    """
    if language is not None and language not in LANGUAGES:
        raise RuleBroken("person.unknown_language", language=language)
    if theme is not None and theme not in THEMES:
        raise RuleBroken("person.unknown_theme", theme=theme)
    if amount_unit is not None and amount_unit not in AMOUNT_UNITS:
        raise RuleBroken("person.unknown_amount_unit", amount_unit=amount_unit)
    mine = Person.objects.select_for_update().filter(id=actor.person_id or 0)
    person = mine.first()
    if person is None:
        raise NotFound("person.unknown_login", login=actor.login)
    wanted = {"language": language, "theme": theme, "amount_unit": amount_unit}
    changes = {
        name: (getattr(person, name), value)
        for name, value in wanted.items()
        if value is not None and value != getattr(person, name)
    }
    if not changes:
        return
    for name, (_old, new) in changes.items():
        setattr(person, name, new)
    person.save(update_fields=list(changes))
    record_changes(
        actor=actor,
        object_type="person",
        object_id=person.pk,
        changes=changes,
        correlation_id=uuid4(),
        way=way,
        at=at,
    )


@transaction.atomic
def add_person(
    *,
    actor: Viewer,
    login: str,
    name: str,
    role: str,
    unit_code: str | None,
    password: str,
    today: date,
    at: datetime,
) -> int:
    """Add somebody who can log in, with one appointment from today on; give the id.

    Without `unit_code` they are appointed in the company itself, which is made where there is no
    unit yet. Raises NotAllowed("person.edit"), RuleBroken("person.login_taken",
    "person.bad_login", "person.name_missing", "person.unknown_role", "person.weak_password"),
    NotFound("unit.unknown").
    """
    if not actor.holds("person.edit"):
        raise NotAllowed("person.edit")
    if role not in ROLES:
        raise RuleBroken("person.unknown_role", role=role)
    if not login.strip() or login != login.strip() or len(login) > 80 or " " in login:
        raise RuleBroken("person.bad_login", login=login)
    if not name.strip():
        raise RuleBroken("person.name_missing")
    if Person.objects.filter(login=login).exists():
        raise RuleBroken("person.login_taken", login=login)
    person = Person(login=login, name=name.strip(), sort_key=person_key(name), joined_at=at)
    _check_password(password, person)
    person.set_password(password)
    person.save()
    index_name(PERSON, person.pk, is_new=True)
    Appointment.objects.create(
        person=person,
        unit_id=_unit_of(actor, unit_code, today, at),
        role=role,
        from_on=today,
        recorded_at=at,
    )
    return person.pk


@transaction.atomic
def set_password(*, actor: Viewer, login: str, password: str, at: datetime) -> None:
    """Set somebody's password; `Change` records that it was set, not what to.

    Raises NotAllowed("person.edit"), NotFound("person.unknown_login"),
    RuleBroken("person.weak_password").
    """
    if not actor.holds("person.edit"):
        raise NotAllowed("person.edit")
    person = Person.objects.select_for_update().filter(login=login).first()
    if person is None:
        raise NotFound("person.unknown_login", login=login)
    _check_password(password, person)
    person.set_password(password)
    person.save(update_fields=["password"])
    record_changes(
        actor=actor,
        object_type="person",
        object_id=person.pk,
        changes={"password": (None, True)},
        correlation_id=uuid4(),
        way=Way.COMMAND,
        at=at,
        for_person_id=actor.acts_for("person.edit"),
    )


def _check_password(password: str, person: Person) -> None:
    try:
        validate_password(password, user=person)
    except ValidationError as weak:
        # One sentence lists them: each is a part of it.
        problems = [words.rstrip(".。") for words in weak.messages]
        raise RuleBroken("person.weak_password", problems=problems) from weak


def _unit_of(actor: Viewer, code: str | None, today: date, at: datetime) -> int:
    units = all_units()
    if code is not None:
        found = units.by_code(code)
        if found is None:
            raise NotFound("unit.unknown", unit=code)
        return found.id
    roots = units.tree(today).roots()
    if roots:
        return roots[0]
    org = Organisation.objects.get()
    root = SalesUnit.objects.create(
        code="company",
        name_zh=org.name_zh or "公司",  # han: what the first unit is called until renamed
        name_en=org.name_en or "Company",
        kind="company",
    )
    UnitPlace.objects.create(unit=root, on=today, recorded_at=at, actor_id=actor.person_id)
    return root.pk


@transaction.atomic
def create_person(
    *,
    actor: Viewer,
    login: str,
    name: str,
    at: datetime,
    name_en: str = "",
    email: str = "",
    phone: str = "",
    password: str = "",
    way: Way = Way.FORM,
) -> int:
    """Create somebody without an appointment; without a password they can't log in yet.

    Raises NotAllowed("person.edit"), RuleBroken("person.login_taken", "person.bad_login",
    "person.name_missing", "person.weak_password", "text.too_long").
    """
    if not actor.holds("person.edit"):
        raise NotAllowed("person.edit")
    login = login.strip()
    if not login or len(login) > 80 or not login.isprintable() or " " in login:
        raise RuleBroken("person.bad_login", field="login", login=login)
    if Person.objects.filter(login=login).exists():
        raise RuleBroken("person.login_taken", field="login", login=login)
    columns = _person_columns(name=name, name_en=name_en, email=email, phone=phone)
    person = Person(login=login, joined_at=at, **columns)
    if password:
        _check_password(password, person)
        person.set_password(password)
    else:
        person.set_unusable_password()
    person.save()
    index_name(PERSON, person.pk, is_new=True)
    _record_person(actor, person.pk, {"created": (None, login)}, way, at)
    return person.pk


@transaction.atomic
def edit_person(
    *,
    actor: Viewer,
    person_id: int,
    seen_version: int,
    name: str,
    name_en: str,
    email: str,
    phone: str,
    is_active: bool,
    at: datetime,
    way: Way = Way.FORM,
) -> None:
    """Change somebody's names and ways to reach them, and whether they may log in at all.

    Raises NotAllowed("person.edit"), NotFound("person.unknown"), Conflict("person.changed"),
    RuleBroken("person.not_oneself", "person.name_missing", "text.too_long").
    """
    if not actor.holds("person.edit"):
        raise NotAllowed("person.edit")
    row = Person.objects.select_for_update().filter(pk=person_id).first()
    if row is None:
        raise NotFound("person.unknown", person=person_id)
    if person_id == actor.person_id and not is_active:
        raise RuleBroken("person.not_oneself", field="is_active")
    columns = _person_columns(name=name, name_en=name_en, email=email, phone=phone)
    wanted = {**columns, "is_active": is_active}
    changes = {n: (getattr(row, n), v) for n, v in wanted.items() if n != "sort_key"}
    if row.version != seen_version:
        differing = {n: pair for n, pair in changes.items() if pair[0] != pair[1]}
        raise Conflict(
            "person.changed",
            version=row.version,
            theirs={n: old for n, (old, _new) in differing.items()},
            yours={n: new for n, (_old, new) in differing.items()},
        )
    Person.objects.filter(pk=person_id).update(**wanted, version=row.version + 1)
    index_name(PERSON, person_id)
    _record_person(actor, person_id, changes, way, at)


def _person_columns(**texts: str) -> dict[str, Any]:
    columns = {name: text.strip() for name, text in texts.items()}
    if not columns["name"]:
        raise RuleBroken("person.name_missing", field="name")
    for name, limit in (("name", 80), ("name_en", 80), ("email", 254), ("phone", 40)):
        if len(columns[name]) > limit:
            raise RuleBroken("text.too_long", field=name, limit=limit)
    return {**columns, "sort_key": person_key(columns["name"])}


def _record_person(
    actor: Viewer,
    person_id: int,
    changes: dict[str, tuple[Any, Any]],
    way: Way,
    at: datetime,
) -> None:
    record_changes(
        actor=actor,
        object_type="person",
        object_id=person_id,
        changes=changes,
        correlation_id=uuid4(),
        way=way,
        at=at,
        for_person_id=actor.acts_for("person.edit"),
    )
