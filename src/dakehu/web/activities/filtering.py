"""The words of the filters of activities: fields, values, and what a form offers of them."""

from collections.abc import Mapping, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from dakehu.core.filters import Field, Value
from dakehu.http import SignedRequest
from dakehu.messages import activities as words
from dakehu.queries.activities.asked import KINDS, OUTCOMES, PLACES, STATES
from dakehu.web.lists.records import (
    account_called,
    people_options,
    unit_called,
    unit_options,
    vocabulary_of,
)
from dakehu.web.lists.words import Vocabulary

LABELS: Mapping[str, str | Promise] = {
    "subject": lazy("Subject"),
    "kind": lazy("Kind"),
    "state": lazy("State"),
    "on": lazy("Day"),
    "minutes": lazy("Minutes"),
    "account": lazy("Account and its group"),
    "whose": lazy("Owner or participant"),
    "unit": lazy("Unit and all below it"),
    "outcome": lazy("Outcome"),
    "result": lazy("Result"),
    "next_step": lazy("Next step"),
    "next_step_on": lazy("Day of the next step"),
    "created": lazy("Created on"),
}


def vocabulary(request: SignedRequest) -> Vocabulary:
    """Give the words of the filters for whoever asks."""
    return vocabulary_of(request, PLACES, LABELS, called=_called, options=_options)


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
            return unit_called(request, value)
        case _:
            return dict(_options(request, field)).get(key, f"#{value}")


def _options(request: SignedRequest, field: Field) -> Sequence[tuple[str, str]]:
    if field.key == "unit":
        return unit_options(request)
    return people_options(request) if field.key == "whose" else ()
