"""A page of the list of opportunities: filtered, ordered, by keyset, as somebody may see them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Expression, F, OrderBy, Q
from django.db.models.fields.tuple_lookups import (
    Tuple,
    TupleGreaterThan,
    TupleLessThan,
)

from dakehu.core.access import Viewer
from dakehu.core.ledger import Category, Place
from dakehu.core.money import from_minor
from dakehu.core.opportunities import is_overdue
from dakehu.models import Opportunity
from dakehu.models.visibility import OpportunityQuerySet
from dakehu.queries.opportunities.filters import (
    OpportunityFilter,
    Order,
    check_filter,
    cursor_of,
    narrowed,
    place_of,
)
from dakehu.queries.organisation import organisation
from dakehu.queries.stages import versions_in_force

PAGE = 50
#: Counting goes no further: "more than a thousand" is as good an answer, and quick.
MOST_COUNTED = 1000

_COLUMNS = (
    "id", "code", "name", "account_id", "account__name", "owner_id", "owner__name",
    "owner__name_en", "unit_id", "unit__name_zh", "unit__name_en", "unit__code",
    "method_version_id", "stage_id", "place", "amount_minor", "currency_id", "currency__digits",
    "base_minor", "close_on", "category", "next_step", "next_step_on", "updated_at", "decided_on",
    "created_on", "start_unknown", "version",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OpportunityRow:
    """An opportunity as a list shows it; amounts in units of its currency.

    `base_amount` is told to exports only; the page shows no second currency.
    """

    id: int
    code: str
    name: str
    account_id: int | None
    account: str
    owner_id: int
    owner: str
    unit: str
    stage: str
    place: Place
    amount: Decimal
    currency: str
    base_amount: Decimal | None
    close_on: date | None
    category: Category
    next_step: str
    next_step_on: date | None
    updated_at: datetime
    decided_on: date | None
    created_on: date
    start_unknown: bool
    is_overdue: bool
    version: int


@dataclass(frozen=True, slots=True)
class OpportunityPageOfList:
    """A page of rows; the cursors lead on (`after`) and back (`before`), empty at the ends.

    `total` counts up to MOST_COUNTED and is None beyond, and on pages reached by a cursor.
    """

    rows: tuple[OpportunityRow, ...]
    after: str
    before: str
    total: int | None
    more_than_counted: bool = False


def opportunities(
    *,
    viewer: Viewer,
    asked: OpportunityFilter,
    sort: str = "close",
    after: str = "",
    before: str = "",
    today: date,
    limit: int = PAGE,
) -> OpportunityPageOfList:
    """Give a page of the opportunities that the viewer may see and the filter asks for.

    RuleBroken `list.unknown_state`, `list.upside_down`, `list.unknown_sort`, `list.bad_cursor`.
    """
    check_filter(asked)
    order = Order.of(sort)
    back = bool(before)
    cursor = before or after
    place = place_of(order, cursor) if cursor else None
    sets = _sets(viewer, asked, today)
    # The first page reads as many keys as are counted: one question for both.
    most = limit + 1 if cursor else max(limit, MOST_COUNTED) + 1
    found = _merged(sets, order, place, back=back, limit=most)
    more, over = len(found) > limit, len(found) > MOST_COUNTED
    total = None if cursor or over else len(found)
    found = found[:limit]
    if back:
        found.reverse()
    return OpportunityPageOfList(
        rows=_rows(_facts(found), viewer, today),
        after=cursor_of(order, found[-1]) if found and (back or more) else "",
        before=cursor_of(order, found[0]) if found and (more if back else cursor) else "",
        total=total,
        more_than_counted=over and not cursor,
    )


def every_opportunity(
    *,
    viewer: Viewer,
    asked: OpportunityFilter,
    sort: str = "close",
    today: date,
    chunk: int = 2000,
) -> Iterator[OpportunityRow]:
    """Give all rows of the filtered list in its order, read chunk by chunk (for exports)."""
    check_filter(asked)
    order = Order.of(sort)
    sets = _sets(viewer, asked, today)
    place: tuple[Any, ...] | None = None
    names = stage_names(viewer.language)
    base_digits = organisation().base_digits
    while True:
        found = _merged(sets, order, place, back=False, limit=chunk)
        yield from _rows(_facts(found), viewer, today, names, base_digits)
        if len(found) < chunk:
            return
        place = found[-1]


def stage_names(language: str) -> dict[tuple[int, int], str]:
    """Give the name of each stage of each version of a method."""
    return {
        (version.id, stage.id): stage.name(language)
        for version in versions_in_force().values()
        for stage in version.stages
    }


def _sets(viewer: Viewer, asked: OpportunityFilter, today: date) -> list[OpportunityQuerySet]:
    base_digits = organisation().base_digits if _asks_amount(asked) else 2
    sets = Opportunity.objects.all().pages_for(viewer)
    return [
        narrowed(rows, asked, viewer=viewer, today=today, base_digits=base_digits) for rows in sets
    ]


def _asks_amount(asked: OpportunityFilter) -> bool:
    return asked.amount_from is not None or asked.amount_to is not None


Key = tuple[Any, ...]


def _merged(
    sets: list[OpportunityQuerySet],
    order: Order,
    place: Key | None,
    *,
    back: bool,
    limit: int,
) -> list[Key]:
    """Give the keys (columns of the order) beyond a place, nearest first.

    Amounts that are unknown stand last. NULLs have no place in a keyset, nor in an index read
    backwards, so that known and unknown ones are then asked for one after the other.
    """
    if order.key != "amount" or (place is None and len(sets) > 1):
        return _segment(sets, order, place, back=back, limit=limit)
    known = [rows.filter(base_minor__isnull=False) for rows in sets]
    unknown = [rows.filter(base_minor__isnull=True) for rows in sets]
    segments = [unknown, known] if back else [known, unknown]
    if place is not None and (place[0] is None) != back:
        segments = segments[1:]
    found: list[Key] = []
    for number, segment in enumerate(segments):
        if len(found) < limit:
            here = place if number == 0 else None
            wanted = limit - len(found)
            found += _segment(segment, order, here, back=back, limit=wanted)
    return found


def _segment(
    sets: list[OpportunityQuerySet],
    order: Order,
    place: Key | None,
    *,
    back: bool,
    limit: int,
) -> list[Key]:
    falling = order.descending != back
    columns = order.columns
    if place is not None and place[0] is None:
        columns, place = columns[1:], place[1:]
    signs: list[str | OrderBy] = [f"-{c}" if falling else c for c in columns]
    if columns[0] == "base_minor" and len(sets) > 1 and not back:
        amount = F("base_minor")
        signs[0] = amount.desc(nulls_last=True) if falling else amount.asc(nulls_last=True)
    found: set[Key] = set()
    for rows in sets:
        beyond = rows if place is None else rows.filter(_beyond(columns, place, falling=falling))
        found.update(beyond.order_by(*signs).values_list(*order.columns)[:limit])
    known = sorted((key for key in found if key[0] is not None), reverse=falling)
    unknown = sorted((key for key in found if key[0] is None), key=_last, reverse=falling)
    return [*known, *unknown][:limit]


def _last(key: Key) -> int:
    return int(key[-1])


def _facts(keys: list[Key]) -> list[dict[str, Any]]:
    """Read what a page shows of the rows with these keys, in their order."""
    if not keys:
        return []
    rows = Opportunity.objects.filter(pk__in=[key[-1] for key in keys]).values(*_COLUMNS)
    found = {raw["id"]: raw for raw in rows}
    return [found[key[-1]] for key in keys if key[-1] in found]


def _beyond(columns: tuple[str, ...], place: tuple[Any, ...], *, falling: bool) -> Q | Expression:
    if len(columns) == 1:
        return Q(**{f"{columns[0]}__{'lt' if falling else 'gt'}": place[0]})
    lookup = TupleLessThan if falling else TupleGreaterThan
    beyond: Expression = lookup(Tuple(*(F(column) for column in columns)), place)
    return beyond


def _rows(
    found: list[dict[str, Any]],
    viewer: Viewer,
    today: date,
    names: dict[tuple[int, int], str] | None = None,
    base_digits: int | None = None,
) -> tuple[OpportunityRow, ...]:
    if not found:
        return ()
    stages = stage_names(viewer.language) if names is None else names
    english = viewer.language.startswith("en")

    def either(zh: str, en: str) -> str:
        return (en or zh) if english else (zh or en)

    return tuple(
        OpportunityRow(
            id=raw["id"],
            code=raw["code"],
            name=raw["name"],
            account_id=raw["account_id"],
            account=raw["account__name"] or "",
            owner_id=raw["owner_id"],
            owner=either(raw["owner__name"], raw["owner__name_en"]),
            unit=either(raw["unit__name_zh"], raw["unit__name_en"]) or raw["unit__code"],
            stage=stages.get((raw["method_version_id"], raw["stage_id"]), ""),
            place=Place(raw["place"]),
            amount=from_minor(raw["amount_minor"], raw["currency__digits"]),
            currency=raw["currency_id"],
            base_amount=None
            if raw["base_minor"] is None or base_digits is None
            else from_minor(raw["base_minor"], base_digits),
            close_on=raw["close_on"],
            category=Category(raw["category"]),
            next_step=raw["next_step"],
            next_step_on=raw["next_step_on"],
            updated_at=raw["updated_at"],
            decided_on=raw["decided_on"],
            created_on=raw["created_on"],
            start_unknown=raw["start_unknown"],
            is_overdue=raw["place"] == Place.OPEN and is_overdue(raw["close_on"], today),
            version=raw["version"],
        )
        for raw in found
    )
