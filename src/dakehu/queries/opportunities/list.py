"""A page of the list of opportunities: filtered, ordered, by keyset, as somebody may see them."""

from collections.abc import Collection, Iterator
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
from dakehu.core.currency import Exchange
from dakehu.core.funnel import Cell, Scope, weighted
from dakehu.core.ledger import Category, Place
from dakehu.core.methods import WON, evidence_missing
from dakehu.core.money import from_minor, round_money
from dakehu.core.opportunities import is_overdue
from dakehu.models import Evidence
from dakehu.queries.opportunities.filters import (
    OpportunityFilter,
    Order,
    check_filter,
    cursor_of,
    narrowing,
    place_of,
)
from dakehu.queries.opportunities.statements import facts_of, ordered_keys
from dakehu.queries.organisation import organisation
from dakehu.queries.rates import exchange_book, win_rates
from dakehu.queries.stages import versions_in_force
from dakehu.queries.units import all_units

PAGE = 50
#: Counting goes no further: "more than a thousand" is as good an answer, and quick.
MOST_COUNTED = 1000

#: What of a row costs more to find than its columns: told only to those who show it.
DEARER = frozenset({"weighted", "missing"})


@dataclass(frozen=True, slots=True)
class OpportunityRow:
    """An opportunity as a list shows it; amounts in units of its currency.

    `weighted` and `missing` (how many items of evidence the next stage lacks) are None where
    nobody asked for them; a decided one weighs nothing and lacks nothing.
    """

    id: int
    version: int
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
    weighted: Decimal | None
    close_on: date | None
    category: Category
    own_rate_bp: int | None
    source: str
    next_step: str
    next_step_on: date | None
    last_contact_on: date | None
    updated_at: datetime
    decided_on: date | None
    created_on: date
    days_in_stage: int | None
    missing: int | None
    start_unknown: bool
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class OpportunityPageOfList:
    """A page of rows; the cursors lead on (`after`) and back (`before`), empty at the ends.

    `total` counts up to MOST_COUNTED and is None beyond, on pages reached by a cursor, and where
    nobody asked for it.
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
    counted: bool = True,
    wanted: Collection[str] = (),
) -> OpportunityPageOfList:
    """Give a page of the opportunities that the viewer may see and the filter asks for.

    `wanted` are those of DEARER that are shown; who asks for the totals as well counts nothing
    here. RuleBroken `list.unknown_state`, `list.upside_down`, `list.unknown_sort`,
    `list.bad_cursor`.
    """
    check_filter(asked)
    order = Order.of(sort)
    back = bool(before)
    cursor = before or after
    place = place_of(order, cursor) if cursor else None
    where = _where(viewer, asked, today)
    # The first page reads as many keys as are counted: one question for both.
    counting = counted and not cursor
    most = max(limit, MOST_COUNTED) + 1 if counting else limit + 1
    found = _merged(viewer, where, order, place, back=back, limit=most)
    more, over = len(found) > limit, len(found) > MOST_COUNTED
    total = len(found) if counting and not over else None
    found = found[:limit]
    if back:
        found.reverse()
    return OpportunityPageOfList(
        rows=_Shaping(viewer, today, wanted).rows(_facts(found)),
        after=cursor_of(order, found[-1]) if found and (back or more) else "",
        before=cursor_of(order, found[0]) if found and (more if back else cursor) else "",
        total=total,
        more_than_counted=over and counting,
    )


def every_opportunity(
    *,
    viewer: Viewer,
    asked: OpportunityFilter,
    sort: str = "close",
    today: date,
    chunk: int = 2000,
    wanted: Collection[str] = (),
) -> Iterator[OpportunityRow]:
    """Give all rows of the filtered list in its order, read chunk by chunk (for exports)."""
    check_filter(asked)
    order = Order.of(sort)
    where = _where(viewer, asked, today)
    place: tuple[Any, ...] | None = None
    shaping = _Shaping(viewer, today, wanted)
    while True:
        found = _merged(viewer, where, order, place, back=False, limit=chunk)
        yield from shaping.rows(_facts(found))
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


def _where(viewer: Viewer, asked: OpportunityFilter, today: date) -> Q:
    return narrowing(viewer, asked, today=today, base_digits=organisation().base_digits)


Key = tuple[Any, ...]


def _merged(
    viewer: Viewer,
    where: Q,
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
    if order.key != "amount" or (place is None and not viewer.sees_all):
        return _segment(viewer, where, order, place, back=back, limit=limit)
    known, unknown = (where & Q(base_minor__isnull=none) for none in (False, True))
    segments = [unknown, known] if back else [known, unknown]
    if place is not None and (place[0] is None) != back:
        segments = segments[1:]
    found: list[Key] = []
    for number, segment in enumerate(segments):
        if len(found) < limit:
            here = place if number == 0 else None
            wanted = limit - len(found)
            found += _segment(viewer, segment, order, here, back=back, limit=wanted)
    return found


def _segment(
    viewer: Viewer, where: Q, order: Order, place: Key | None, *, back: bool, limit: int
) -> list[Key]:
    falling = order.descending != back
    columns = order.columns
    if place is not None and place[0] is None:
        columns, place = columns[1:], place[1:]
    signs: list[str | OrderBy] = [f"-{c}" if falling else c for c in columns]
    if columns[0] == "base_minor" and not viewer.sees_all and not back:
        amount = F("base_minor")
        signs[0] = amount.desc(nulls_last=True) if falling else amount.asc(nulls_last=True)
    beyond = None if place is None else _beyond(columns, place, falling=falling)
    found = set(
        ordered_keys(viewer, where, beyond, columns=order.columns, order=signs, limit=limit)
    )
    known = sorted((key for key in found if key[0] is not None), reverse=falling)
    unknown = sorted((key for key in found if key[0] is None), key=_last, reverse=falling)
    return [*known, *unknown][:limit]


def _last(key: Key) -> int:
    return int(key[-1])


def _facts(keys: list[Key]) -> list[dict[str, Any]]:
    """Read what a page shows of the rows with these keys, in their order."""
    return facts_of([key[-1] for key in keys])


def _beyond(columns: tuple[str, ...], place: tuple[Any, ...], *, falling: bool) -> Q | Expression:
    if len(columns) == 1:
        return Q(**{f"{columns[0]}__{'lt' if falling else 'gt'}": place[0]})
    lookup = TupleLessThan if falling else TupleGreaterThan
    beyond: Expression = lookup(Tuple(*(F(column) for column in columns)), place)
    return beyond


class _Shaping:
    """Makes rows of what was read, with all that the whole page has in common read once."""

    def __init__(self, viewer: Viewer, today: date, wanted: Collection[str]) -> None:
        self.today = today
        self.wanted = DEARER & set(wanted)
        self.language = viewer.language
        self.english = viewer.language.startswith("en")
        self.stages = stage_names(viewer.language)
        self.units = all_units().names
        self.digits = {c.code: c.digits for c in exchange_book().currencies.values()}
        org = organisation()
        self.base_digits = org.base_digits
        self.rates = win_rates(org.win_rate_kind).on(today) if "weighted" in self.wanted else {}

    def rows(self, found: list[dict[str, Any]]) -> tuple[OpportunityRow, ...]:
        """Give the rows, in the order in which they were found."""
        lacking = _missing(found) if "missing" in self.wanted else {}
        return tuple(self._row(raw, lacking) for raw in found)

    def _row(self, raw: dict[str, Any], lacking: dict[int, int]) -> OpportunityRow:
        zh, en = raw["owner__name"], raw["owner__name_en"]
        is_open = raw["place"] == Place.OPEN
        digits = self.digits[raw["currency_id"]]
        unit = self.units.get(raw["unit_id"])
        overdue = is_open and is_overdue(raw["close_on"], self.today)
        base = raw["base_minor"]
        return OpportunityRow(
            id=raw["id"],
            version=raw["version"],
            code=raw["code"],
            name=raw["name"],
            account_id=raw["account_id"],
            account=raw["account__name"] or "",
            owner_id=raw["owner_id"],
            owner=(en or zh) if self.english else (zh or en),
            unit=unit.name(self.language) if unit else "",
            stage=self.stages.get((raw["method_version_id"], raw["stage_id"]), ""),
            place=Place(raw["place"]),
            amount=from_minor(raw["amount_minor"], digits),
            currency=raw["currency_id"],
            base_amount=None if base is None else from_minor(base, self.base_digits),
            weighted=self._weighted(raw, digits, overdue) if is_open else None,
            close_on=raw["close_on"],
            category=Category(raw["category"]),
            own_rate_bp=raw["own_rate_bp"],
            source=raw["source"],
            next_step=raw["next_step"],
            next_step_on=raw["next_step_on"],
            last_contact_on=raw["last_contact_on"],
            updated_at=raw["updated_at"],
            decided_on=raw["decided_on"],
            created_on=raw["created_on"],
            days_in_stage=(self.today - raw["stage_since"]).days if is_open else None,
            missing=lacking.get(raw["id"]),
            start_unknown=raw["start_unknown"],
            is_overdue=overdue,
        )

    def _weighted(self, raw: dict[str, Any], digits: int, overdue: bool) -> Decimal | None:
        """Give the weighted amount by the funnel's own formula, in the deal's currency."""
        if "weighted" not in self.wanted:
            return None
        own, currency = raw["own_rate_bp"], raw["currency_id"]
        rate = self.rates.get(raw["stage_id"]) if own is None else own
        scope: Scope = "overdue" if overdue else "in_period"
        cell = Cell(raw["stage_id"], rate, currency, scope, 1, raw["amount_minor"])
        figure = weighted([cell], {}, Exchange(currency, {currency: digits}))
        return None if figure.value is None else round_money(figure.value, digits)


def _missing(found: list[dict[str, Any]]) -> dict[int, int]:
    """Give how many items of evidence each open one lacks for its next stage, or for the win."""
    there = {raw["id"]: raw for raw in found if raw["place"] == Place.OPEN}
    # By method: keys are unique within one only.
    ticked: dict[tuple[int, int], set[str]] = {}
    rows = Evidence.objects.filter(opportunity_id__in=list(there))
    for opportunity, method, key in rows.values_list("opportunity_id", "stage__method_id", "key"):
        ticked.setdefault((opportunity, method), set()).add(key)
    versions = versions_in_force()
    lacking: dict[int, int] = {}
    for pk, raw in there.items():
        version = versions.get(raw["method_version_id"])
        here = version.by_id(raw["stage_id"]) if version else None
        if version is None or here is None:
            continue
        later = [stage.key for stage in version.open_stages if stage.order > here.order]
        to = later[0] if later else WON
        held = ticked.get((pk, version.method_id), set())
        lacks = evidence_missing(version.spec, leaving=here.key, to=to, ticked=held)
        lacking[pk] = len(lacks)
    return lacking
