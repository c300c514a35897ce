"""The words of the filters of opportunities: fields, values, and what a form offers of them."""

from collections.abc import Mapping, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from dakehu.core.filters import Field, Value
from dakehu.http import SignedRequest
from dakehu.http.frame import frame_of
from dakehu.queries import opportunities as queries
from dakehu.queries.opportunities.conditions import CATEGORIES as CATEGORY_KEYS
from dakehu.queries.opportunities.conditions import OUTCOMES, PLACES
from dakehu.queries.opportunities.list import stage_names
from dakehu.web.lists.records import (
    account_called,
    people_options,
    unit_called,
    unit_options,
    vocabulary_of,
)
from dakehu.web.lists.words import Vocabulary
from dakehu.web.opportunities import wording

LABELS: Mapping[str, str | Promise] = {
    "name": lazy("Name"),
    "code": lazy("Code"),
    "account": lazy("Account and its group"),
    "state": lazy("State"),
    "stage": lazy("Stage"),
    "method": lazy("Method"),
    "category": lazy("Forecast category"),
    "amount": lazy("Amount"),
    "closes": lazy("Closes"),
    "owner": lazy("Owner"),
    "unit": lazy("Unit and all below it"),
    "product": lazy("Product"),
    "source": lazy("Source"),
    "next_step": lazy("Next step"),
    "next_step_on": lazy("Day of the next step"),
    "contact": lazy("Last contact"),
    "own_rate": lazy("Own win rate"),
    "days_in_stage": lazy("Days in the stage"),
    "created": lazy("Created on"),
    "changed": lazy("Changed"),
    "decided": lazy("Decided on"),
}
#: What a chip says where the form says more.
SHORT: Mapping[str, str | Promise] = {"account": lazy("Account"), "unit": lazy("Unit")}


def vocabulary(request: SignedRequest, *, short: bool = False) -> Vocabulary:
    """Give the words for whoever asks; names are looked up as they are needed."""
    return vocabulary_of(
        request,
        PLACES,
        {**LABELS, **SHORT} if short else LABELS,
        called=_name,
        options=_options,
        amount_unit=frame_of(request).amount_unit,
    )


def _name(request: SignedRequest, field: Field, value: Value) -> str:
    key = str(value)
    match field.key:
        case "state":
            return str(wording.PLACES[OUTCOMES[key]])
        case "category":
            return str(wording.CATEGORIES[CATEGORY_KEYS[key]])
        case "source":
            return str(wording.SOURCES.get(key, key))
        case "account":
            return account_called(request, value)
        case "unit":
            return unit_called(request, value)
        case "stage":
            names = stage_names(request.viewer.language)
            return next((n for (_v, stage), n in names.items() if stage == value), f"#{value}")
        case _:
            return dict(_options(request, field)).get(key, f"#{value}").strip()


def _options(request: SignedRequest, field: Field) -> Sequence[tuple[str, str]]:
    viewer = request.viewer
    match field.key:
        case "stage":
            stages = queries.choices(viewer=viewer).stages
            return [(str(s.stage_id), f"{s.method} · {s.name}") for s in stages]
        case "method":
            stages = queries.choices(viewer=viewer).stages
            return list({str(s.method_id): s.method for s in stages}.items())
        case "owner":
            return people_options(request)
        case "unit":
            return unit_options(request)
        case "product":
            products = queries.product_choices(viewer=viewer)
            return [(str(p.id), p.name) for p in products]
        case _:
            return ()
