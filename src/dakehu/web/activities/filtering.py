"""The words of the filters of activities: fields, values, and what a form offers of them."""

from collections.abc import Mapping, Sequence
from functools import partial

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from dakehu.core.filters import Field, Value
from dakehu.http import SignedRequest
from dakehu.messages import activities as words
from dakehu.queries.activities.asked import KINDS, OUTCOMES, PLACES, STATES
from dakehu.queries.conditions import fields_of
from dakehu.queries.people import people_in_sight
from dakehu.queries.units import all_units, units_in_sight
from dakehu.web.accounts.columns import account_called, account_meant, account_typed
from dakehu.web.forms import unit_choices
from dakehu.web.lists.words import Vocabulary

LABELS: Mapping[str, str | Promise] = {
    "subject": lazy("Subject"),
    "kind": lazy("Kind"),
    "state": lazy("State"),
    "on": lazy("Day"),
    "minutes": lazy("Minutes"),
    "account": lazy("Account and its group"),
    "whose": lazy("Whose"),
    "unit": lazy("Unit and all below it"),
    "outcome": lazy("Outcome"),
    "result": lazy("Result"),
    "next_step": lazy("Next step"),
    "next_step_on": lazy("Day of the next step"),
    "created": lazy("Created on"),
}


def vocabulary(request: SignedRequest) -> Vocabulary:
    """Give the words of the filters for whoever asks."""
    return Vocabulary(
        fields=fields_of(request.viewer, PLACES),
        labels=LABELS,
        name=partial(_called, request),
        language=request.viewer.language,
        options=partial(_options, request),
        typed=partial(account_typed, request),
        meant=partial(account_meant, request),
    )


def _called(request: SignedRequest, field: Field, value: Value) -> str:
    key = str(value)
    match field.key:
        case "kind":
            return str(words.KINDS[KINDS[key]])
        case "state":
            return str(words.STATES[STATES[key]])
        case "outcome":
            return str(words.OUTCOMES[OUTCOMES[key]])
        case "account":
            return account_called(request, value)
        case "unit":
            unit = all_units().names.get(int(value))
            return unit.name(request.viewer.language) if unit else f"#{value}"
        case _:
            return dict(_options(request, field)).get(key, f"#{value}")


def _options(request: SignedRequest, field: Field) -> Sequence[tuple[str, str]]:
    viewer = request.viewer
    if field.key == "unit":
        units = all_units()
        tree = units_in_sight(viewer, units=units, today=request.today)
        return unit_choices(units, tree, viewer.language)
    if field.key == "whose":
        people = people_in_sight(viewer, units=None, today=request.today)
        return [(str(p.id), p.shown(viewer.language)) for p in people]
    return ()
