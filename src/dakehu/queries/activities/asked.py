"""What a list of activities can be filtered by, and where it stands."""

from datetime import date

from django.db.models import Q

from dakehu.core.access import Viewer
from dakehu.core.activities import ActivityKind, ActivityState, CallOutcome
from dakehu.core.filters import Condition, Expression, Field, Kind
from dakehu.models import ActivityPerson
from dakehu.queries.conditions import Asking, Place, accounts_meet, asked_for, numbered, units_meet
from dakehu.queries.organisation import organisation

KINDS = {kind.name.lower(): kind for kind in ActivityKind}
STATES = {state.name.lower(): state for state in ActivityState}
OUTCOMES = {outcome.name.lower(): outcome for outcome in CallOutcome if outcome}


def activities_asked_for(viewer: Viewer, asked: Expression, *, today: date) -> Q:
    """Give the condition of a filter. RuleBroken `filter.unknown_field`."""
    return asked_for(viewer, asked, PLACES, today=today, org=organisation())


def taken_part_in(people: list[int]) -> Q:
    """Ask for what any of these did or took part in."""
    part = ActivityPerson.objects.filter(person_id__in=people)
    return Q(owner_id__in=people) | Q(pk__in=part.values("activity_id"))


def _whose(_asking: Asking, condition: Condition) -> Q:
    own = taken_part_in([int(value) for value in condition.values])
    return ~own if condition.operator == "not" else own


PLACES: dict[str, Place] = {
    place.field.key: place
    for place in (
        Place(Field("subject", Kind.TEXT, optional=False), "subject"),
        Place(
            Field("kind", Kind.CHOICE, tuple(KINDS), optional=False), "kind",
            meets=numbered("kind", KINDS),
        ),
        Place(
            Field("state", Kind.CHOICE, tuple(STATES), optional=False), "state",
            meets=numbered("state", STATES),
        ),
        Place(Field("on", Kind.DAY, optional=False), "on"),
        Place(Field("minutes", Kind.NUMBER), "minutes"),
        Place(Field("account", Kind.TREE), "account", meets=accounts_meet("account")),
        Place(Field("whose", Kind.RECORD, optional=False), "owner_id", meets=_whose),
        Place(Field("unit", Kind.TREE, optional=False), "unit_id", meets=units_meet("unit_id")),
        Place(
            Field("outcome", Kind.CHOICE, tuple(OUTCOMES)), "outcome",
            meets=numbered("outcome", OUTCOMES),
        ),
        Place(Field("result", Kind.TEXT), "result", is_text=True),
        Place(Field("next_step", Kind.TEXT), "next_step", is_text=True),
        Place(Field("next_step_on", Kind.DAY), "next_step_on"),
        Place(Field("created", Kind.DAY, optional=False), "created_at", is_moment=True),
    )
}  # fmt: skip
