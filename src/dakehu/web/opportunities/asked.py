"""What the URL of the list asks for: filters and order, checked, and the chips that show them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from django.http import QueryDict
from django.utils.translation import gettext as _

from dakehu.core.errors import RuleBroken
from dakehu.core.ledger import Category
from dakehu.core.money import parse_amount
from dakehu.core.periods import parse_day
from dakehu.messages import worded
from dakehu.queries.opportunities import OpportunityFilter, OpportunityRow
from dakehu.web.opportunities.wording import CATEGORIES

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set, and the URL without it."""

    label: str
    value: str
    url: str


def asked_of(get: QueryDict) -> OpportunityFilter:
    """Read the filter. RuleBroken `url.not_a_number`, `day.…`, `money.…`, `list.…`."""
    return OpportunityFilter(
        state=get.get("state") or "open",
        unit_id=_number(get, "unit"),
        owner_id=_number(get, "owner"),
        method_id=_number(get, "method"),
        stage_id=_number(get, "stage"),
        category=_number(get, "category"),
        close_from=_day(get, "close_from"),
        close_to=_day(get, "close_to"),
        amount_from=_amount(get, "amount_from"),
        amount_to=_amount(get, "amount_to"),
        account_id=_number(get, "account"),
        product_id=_number(get, "product"),
        text=get.get("q", ""),
        own=get.get("own") == "1",
    )


def _read(get: QueryDict, name: str, read: Callable[[str], T]) -> T | None:
    text = get.get(name, "").strip()
    return read(text) if text else None


def _number(get: QueryDict, name: str) -> int | None:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdecimal() or len(text) > 18:
            raise RuleBroken("url.not_a_number", text=text[:40])
        return int(text)

    return _read(get, name, read)


def _day(get: QueryDict, name: str) -> date | None:
    return _read(get, name, parse_day)


def _amount(get: QueryDict, name: str) -> Decimal | None:
    return _read(get, name, parse_amount)


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
    for name in (*names, "after", "before"):
        left.pop(name, None)
    return f"?{left.urlencode()}" if left else "?"
