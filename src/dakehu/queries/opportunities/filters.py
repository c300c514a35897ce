"""What a list of opportunities is asked for: filters, order, and the cursor of a page."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q

from dakehu.core.access import Viewer
from dakehu.core.errors import RuleBroken
from dakehu.core.filters import Expression
from dakehu.core.ledger import Place
from dakehu.core.money import limit_in_units, to_minor
from dakehu.core.names import folded
from dakehu.models import Account, LineSet
from dakehu.models.visibility import OpportunityQuerySet
from dakehu.queries.opportunities.conditions import opportunities_asked_for
from dakehu.queries.paging import decoded, storable
from dakehu.queries.units import all_units

STATES = ("open", "won", "lost", "abandoned", "all", "voided")
_PLACES = {"open": Place.OPEN, "won": Place.WON, "lost": Place.LOST, "abandoned": Place.ABANDONED}
SORTS: dict[str, tuple[str, ...]] = {
    "close": ("close_sort", "id"),
    "amount": ("base_minor", "id"),
    "name": ("sort_key", "id"),
    "updated": ("updated_at", "id"),
    # By method, then by stage: lineages are numbered in that order.
    "stage": ("stage_id", "close_sort", "id"),
}


@dataclass(frozen=True, slots=True)
class OpportunityFilter:
    """Which opportunities: every given part narrows. Amounts are in units of base currency.

    Ranges are [from, to): `close_to` and `amount_to` are the first that is left out.
    """

    state: str = "open"
    unit_id: int | None = None
    owner_id: int | None = None
    method_id: int | None = None
    stage_id: int | None = None
    category: int | None = None
    close_from: date | None = None
    close_to: date | None = None
    amount_from: Decimal | None = None
    amount_to: Decimal | None = None
    account_id: int | None = None
    product_id: int | None = None
    text: str = ""
    own: bool = False
    #: Nested conditions of the filter language (core.filters), beside all the others.
    where: Expression | None = None

    @property
    def stands_alone(self) -> bool:
        """Test if it asks the same whatever the day and the tree of units, and is no search."""
        return self.where is None and self.unit_id is None and not self.text.strip()


def check_filter(asked: OpportunityFilter) -> None:
    """Refuse what can't be meant. RuleBroken `list.unknown_state`, `list.upside_down`."""
    if asked.state not in STATES:
        raise RuleBroken("list.unknown_state", state=asked.state)
    for name in ("close", "amount"):
        low, high = getattr(asked, f"{name}_from"), getattr(asked, f"{name}_to")
        if low is not None and high is not None and low >= high:
            raise RuleBroken("list.upside_down", field=name, low=low, high=high)


def narrowed(
    rows: OpportunityQuerySet,
    asked: OpportunityFilter,
    *,
    viewer: Viewer,
    today: date,
    base_digits: int,
) -> OpportunityQuerySet:
    """Keep the rows that the filter asks for."""
    return rows.filter(narrowing(viewer, asked, today=today, base_digits=base_digits))


def narrowing(viewer: Viewer, asked: OpportunityFilter, *, today: date, base_digits: int) -> Q:
    """Give what the filter asks for as one condition: of several sets it is found once."""
    found = asked_by_itself(asked, me=viewer.person_id, base_digits=base_digits)
    if asked.unit_id is not None:
        units = all_units().tree(today, with_closed=True).subtree(asked.unit_id)
        found &= Q(unit_id__in=units)
    if asked.where is not None:
        found &= opportunities_asked_for(viewer, asked.where, today=today)
    return found


def asked_by_itself(asked: OpportunityFilter, *, me: int | None, base_digits: int) -> Q:
    """Give what it asks for beside units and nested conditions; `me` is who asks."""
    found = Q(voided=asked.state == "voided")
    if asked.state in _PLACES:
        found &= Q(place=_PLACES[asked.state])
    same: dict[str, Any] = {
        "owner_id": asked.owner_id,
        "stage__method_id": asked.method_id,
        "stage_id": asked.stage_id,
        "category": asked.category,
        "account_id": asked.account_id,
        "close_sort__gte": asked.close_from,
        "close_sort__lt": asked.close_to,
    }
    found &= Q(**{name: value for name, value in same.items() if value is not None})
    if asked.own:
        found &= Q(owner_id=me)
    if asked.amount_from is not None:
        found &= Q(base_minor__gte=_minor(asked.amount_from, base_digits))
    if asked.amount_to is not None:
        found &= Q(base_minor__lt=_minor(asked.amount_to, base_digits))
    if asked.product_id is not None:
        # As a set of ids: a join would let an opportunity with two such lines count twice.
        sold = LineSet.objects.filter(is_current=True, lines__product_id=asked.product_id)
        found &= Q(pk__in=sold.values("opportunity_id"))
    return found & _named(asked.text) if asked.text.strip() else found


def _minor(amount: Decimal, digits: int) -> int:
    limit = Decimal(limit_in_units(digits))
    return to_minor(round(min(max(amount, -limit), limit), digits), digits)


def _named(text: str) -> Q:
    text = text.strip()[:120].replace("\x00", "")
    called = Q(name__icontains=text) | Q(name_en__icontains=text)
    if folded(text):
        called |= Q(folded__contains=folded(text))
    # The database keeps the accounts: as a list here it would need an end, and lose matches.
    accounts = Account.objects.filter(called).order_by().values("id")
    return Q(name__icontains=text) | Q(code__icontains=text) | Q(account_id__in=accounts)


@dataclass(frozen=True, slots=True)
class Order:
    """A column to order by and the direction; the id settles ties."""

    key: str
    descending: bool

    @classmethod
    def of(cls, sort: str) -> "Order":
        """Read `close` or `-close`. RuleBroken `list.unknown_sort`."""
        key = sort.removeprefix("-")
        if key not in SORTS:
            raise RuleBroken("list.unknown_sort", sort=sort[:40])
        return cls(key, sort.startswith("-"))

    @property
    def columns(self) -> tuple[str, ...]:
        """Give the columns, the deciding one first."""
        return SORTS[self.key]

    @property
    def param(self) -> str:
        """Give the order as the URL writes it."""
        return f"-{self.key}" if self.descending else self.key


def cursor_of(order: Order, values: Sequence[Any]) -> str:
    """Write the place of a row in an order so that the URL can hold it."""
    plain = [v.isoformat() if isinstance(v, date) else v for v in values]
    text = json.dumps([order.param, *plain], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place_of(order: Order, cursor: str) -> tuple[Any, ...]:
    """Read a cursor of the same order. RuleBroken `list.bad_cursor`."""
    try:
        param, *values = decoded(cursor)
        if param != order.param or len(values) != len(order.columns):
            raise RuleBroken("list.bad_cursor")
        return tuple(
            _typed(column, value) for column, value in zip(order.columns, values, strict=True)
        )
    except (ValueError, TypeError) as error:
        raise RuleBroken("list.bad_cursor") from error


def _typed(column: str, value: Any) -> Any:
    match column:
        case "close_sort":
            return date.fromisoformat(value)
        case "updated_at":
            return datetime.fromisoformat(value)
        case "sort_key":
            if not isinstance(value, str) or not storable(value):
                raise TypeError(column)
            return value
        case "base_minor" if value is None:
            return None
        case _:
            if not isinstance(value, int) or abs(value) >= 2**63:
                raise TypeError(column)
            return value
