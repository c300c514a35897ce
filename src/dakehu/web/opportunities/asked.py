"""What the URL of the list asks for: filters and order, checked, and the chips that show them."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import QueryDict
from django.utils.translation import gettext as _

from dakehu.core.errors import RuleBroken
from dakehu.core.filters import Expression, conditions_of
from dakehu.core.filters import read as read_where
from dakehu.core.ledger import Category
from dakehu.core.money import parse_amount
from dakehu.core.periods import parse_day
from dakehu.messages import worded
from dakehu.queries.opportunities import OpportunityFilter, OpportunityRow
from dakehu.queries.opportunities.conditions import PLACES
from dakehu.queries.opportunities.filters import check_filter
from dakehu.web.lists.words import Chip
from dakehu.web.opportunities.wording import CATEGORIES

T = TypeVar("T")

_FIELDS = {key: place.field for key, place in PLACES.items()}


def read_filter(get: QueryDict) -> tuple[OpportunityFilter, dict[str, RuleBroken]]:
    """Read the filter, and what is wrong by the name of its field; the rest narrows all the same.

    Of a range that ends before it begins the end is what is wrong.
    """
    wrong: dict[str, RuleBroken] = {}

    def read(name: str, parse: Callable[[str], T]) -> T | None:
        text = get.get(name, "").strip()
        try:
            return parse(text) if text else None
        except RuleBroken as error:
            wrong[name] = error
            return None

    where = read("where", _where)
    asked = OpportunityFilter(
        state=get.get("state") or ("all" if asks_for_states(where) else "open"),
        unit_id=read("unit", _number),
        owner_id=read("owner", _number),
        method_id=read("method", _number),
        stage_id=read("stage", _number),
        category=read("category", _number),
        close_from=read("close_from", parse_day),
        close_to=read("close_to", parse_day),
        amount_from=read("amount_from", parse_amount),
        amount_to=read("amount_to", parse_amount),
        account_id=read("account", _number),
        product_id=read("product", _number),
        text=get.get("q", ""),
        own=get.get("own") == "1",
        where=where,
    )
    try:
        check_filter(asked)
    except RuleBroken as error:
        wrong[_END_OF.get(error.facts.get("field", ""), "state")] = error
    return asked, wrong


#: The field that a range which is upside down is told at.
_END_OF = {"close": "close_to", "amount": "amount_to"}


def asks_for_states(where: Expression | None) -> bool:
    """Test if the conditions choose the states themselves: then no state means all of them."""
    return where is not None and any(one.field in _OF_STATES for one in conditions_of(where))


_OF_STATES = frozenset({"state", "decided"})


def asked_of(get: QueryDict) -> OpportunityFilter:
    """Read the filter. RuleBroken `url.not_a_number`, `day.…`, `money.…`, `list.…`, `filter.…`."""
    asked, wrong = read_filter(get)
    for error in wrong.values():
        raise error
    return asked


def _where(text: str) -> Expression | None:
    return read_where(text, _FIELDS)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise RuleBroken("url.not_a_number", text=text[:40])
    return int(text)


def chips_of(
    get: QueryDict,
    asked: OpportunityFilter,
    *,
    rows: tuple[OpportunityRow, ...],
    names: dict[str, str],
) -> tuple[Chip, ...]:
    """Give a chip per filter that is set.

    `names` words ids of units, methods, stages, products; owner and account are named by the rows
    found, so that nobody learns a name from a number in the URL.
    """
    first = rows[0] if rows else None
    found: list[tuple[str, str, Any]] = [
        ("unit", _("Unit"), asked.unit_id and names.get("unit", f"#{asked.unit_id}")),
        (
            "owner",
            _("Owner"),
            asked.owner_id and (first.owner if first else f"#{asked.owner_id}"),
        ),
        ("method", _("Method"), asked.method_id and names.get("method", "?")),
        ("stage", _("Stage"), asked.stage_id and names.get("stage", "?")),
        ("category", _("Forecast category"), _category(asked.category)),
        ("close_from", _("Closes from"), asked.close_from),
        ("close_to", _("Closes before"), asked.close_to),
        ("amount_from", _("Amount from"), asked.amount_from),
        ("amount_to", _("Amount below"), asked.amount_to),
        (
            "account",
            _("Account"),
            asked.account_id and (first.account if first else f"#{asked.account_id}"),
        ),
        ("product", _("Product"), asked.product_id and names.get("product", "?")),
    ]
    return tuple(
        Chip(label, str(worded(value)), url_without(get, name))
        for name, label, value in found
        if value is not None and value != ""
    )


def _category(number: int | None) -> str | None:
    if number is None:
        return None
    known = number in {int(c) for c in Category}
    return str(CATEGORIES[Category(number)]) if known else f"#{number}"


def url_without(get: QueryDict, *names: str) -> str:
    """Give the query of the URL without some parts, from page one."""
    left = get.copy()
    for name in (*names, "after", "before", "deleted"):
        left.pop(name, None)
    return f"?{left.urlencode()}" if left else "?"
