"""How the filters of all lists call accounts, units and people, and what they offer of them."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from dakehu.core.errors import RuleBroken
from dakehu.core.filters import Field, Value
from dakehu.http import SignedRequest
from dakehu.queries.conditions import Places, fields_of
from dakehu.queries.opportunities import account_by_name, accounts_by_id
from dakehu.queries.people import people_in_sight
from dakehu.queries.units import all_units, units_in_sight
from dakehu.web.forms import unit_choices
from dakehu.web.lists.words import Vocabulary, Words


def vocabulary_of(
    request: SignedRequest,
    places: Places,
    labels: Mapping[str, Words],
    *,
    called: Callable[[SignedRequest, Field, Value], str],
    options: Callable[[SignedRequest, Field], Sequence[tuple[str, str]]] | None = None,
    amount_unit: str = "auto",
) -> Vocabulary:
    """Give the words of a list's filters for whoever asks; names are looked up when needed."""
    return Vocabulary(
        fields=fields_of(request.viewer, places),
        labels=labels,
        name=partial(called, request),
        language=request.viewer.language,
        amount_unit=amount_unit,
        options=partial(options, request) if options else None,
        typed=partial(account_typed, request),
        meant=partial(account_meant, request),
    )


def unit_called(request: SignedRequest, value: Value) -> str:
    """Name a unit."""
    unit = all_units().names.get(int(value))
    return unit.name(request.viewer.language) if unit else f"#{value}"


def unit_options(request: SignedRequest) -> list[tuple[str, str]]:
    """Give the units in sight to choose from."""
    units = all_units()
    tree = units_in_sight(request.viewer, units=units, today=request.today)
    return unit_choices(units, tree, request.viewer.language)


def people_options(request: SignedRequest) -> list[tuple[str, str]]:
    """Give the people whose records are in sight to choose from."""
    people = people_in_sight(request.viewer, units=None, today=request.today)
    return [(str(p.id), p.shown(request.viewer.language)) for p in people]


def account_called(request: SignedRequest, value: Value) -> str:
    """Name an account in sight; of another only the number that was asked for."""
    found = accounts_by_id(viewer=request.viewer, ids=[int(value)]).get(int(value))
    return found.name if found else f"#{value}"


def account_typed(request: SignedRequest, field: Field, value: Value) -> str:
    """Write an account as one types it: by its code; one out of sight by its number."""
    del field
    found = accounts_by_id(viewer=request.viewer, ids=[int(value)]).get(int(value))
    return found.code if found else f"#{value}"


def account_meant(request: SignedRequest, field: Field, typed: str) -> str:
    """Find the account that is typed by code or name. RuleBroken `filter.bad_value`."""
    if field.key not in ("account", "group"):
        return typed
    if typed.startswith("#"):
        return typed[1:]
    named = account_by_name(viewer=request.viewer, text=typed)
    if len(named) != 1:
        raise RuleBroken("filter.bad_value", field=field.key, text=typed[:40], at=1)
    return str(named[0].id)
