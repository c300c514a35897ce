"""What people change about themselves and others."""

from datetime import datetime
from uuid import uuid4

from django.db import transaction

from dakehu.actions.audit import record_changes
from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound, RuleBroken
from dakehu.core.ledger import Way
from dakehu.models import Person

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
