"""Where value leaks: moved back, slipped, lost, shrunk, by stage, unit, owner, product or rival.

What was taken back is left out, and so is a change of currency, which passes through nothing.
Amounts are what stood at the position that was left, at the exchange rates of the day asked for.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any, Literal

from dakehu.core.access import Viewer
from dakehu.core.currency import Exchange
from dakehu.core.errors import NotFound, RuleBroken
from dakehu.core.funnel import ZERO, Figure
from dakehu.core.ledger import Kind, Place
from dakehu.core.speed import window_start
from dakehu.models import Opportunity, Person, Product
from dakehu.queries.compare import Moved, MovedRow, page_of_moved
from dakehu.queries.funnel import FunnelQuestion, person_in_sight, sight
from dakehu.queries.ledger import Where, fetch
from dakehu.queries.organisation import organisation
from dakehu.queries.rates import exchange_on
from dakehu.queries.speed import not_taken_back
from dakehu.queries.units import all_units

LeakBy = Literal["stage", "unit", "owner", "product", "rival"]
LEAK_BYS: tuple[LeakBy, ...] = ("stage", "unit", "owner", "product", "rival")
LEAK_KINDS = ("regressed", "slipped", "lost", "shrunk")
_KINDS = {
    Kind.REGRESSED: "regressed", Kind.SLIPPED: "slipped", Kind.LOST: "lost",
    Kind.AMOUNT_CHANGED: "shrunk",
}  # fmt: skip
_COLUMNS: dict[str, str] = {"stage": "e.stage_id", "unit": "e.unit_id", "owner": "e.owner_id"}
ROWS = 50


@dataclass(frozen=True, slots=True)
class Leak:
    """How often, and how much."""

    count: int = 0
    amount: Figure = field(default_factory=lambda: ZERO)


@dataclass(frozen=True, slots=True)
class LeakRow:
    """One stage, unit, owner, product or rival, and what leaked there by kind."""

    key: int | str | None
    name: str
    kinds: Mapping[str, Leak]

    @property
    def total(self) -> Figure:
        """Give all that leaked here; a loss after a slip counts both."""
        total = ZERO
        for one in self.kinds.values():
            total = total + one.amount
        return total


@dataclass(frozen=True, slots=True)
class Leaks:
    """The rows, largest first, and the total in which every movement counts once."""

    start: date
    end: date
    by: LeakBy
    currency: str
    rows: tuple[LeakRow, ...]
    left_out: int
    total: LeakRow


_Sums = dict[Any, dict[str, dict[str, list[Fraction]]]]


def leaks(
    viewer: Viewer,
    *,
    question: FunnelQuestion,
    today: date,
    by: LeakBy,
    stages: Sequence[int] | None = None,
    start: date | None = None,
) -> Leaks:
    """Sum what leaked in the window that ends with the day, twelve months unless told.

    By product a movement's amount is split over the lines in force on its day, by rival it
    stands with every competitor named; the total counts it once. Rivals of what has moved out of
    sight stand under none (DESIGN: Permission).
    """
    if question.on > today:
        raise RuleBroken("funnel.future", on=question.on, today=today)
    if question.person_id is not None:
        person_in_sight(viewer, person_id=question.person_id)
    org, units = organisation(), all_units()
    begin = start or window_start(question.on)
    where = sight(viewer, question, units, question.on, today)
    exchange = _exchange(question, org.base_currency)
    if by == "product":
        sums = _by_product(where, question, begin, stages)
    elif by == "rival":
        sums = _by_rival(viewer, where, question, begin, stages)
    else:
        sums = _sums(_COLUMNS[by], where, question, begin, stages)
    # A movement of two products or rivals stands in two rows; the total counts it once.
    whole = _sums("0", where, question, begin, stages) if by in {"product", "rival"} else sums
    names = _names(by, [key for key in sums if key is not None], viewer.language)
    if by == "unit":
        names = {unit: units.names[unit].name(viewer.language) for unit in names}
    rows = [_row(key, names.get(key, ""), kinds, exchange) for key, kinds in sums.items()]
    rows.sort(key=lambda row: (-(row.total.value or 0), row.name))
    total = _row(None, "", _together(whole), exchange)
    return Leaks(
        begin, question.on, by, exchange.to, tuple(rows[:ROWS]), max(0, len(rows) - ROWS), total
    )


def leak_rows(
    viewer: Viewer,
    *,
    question: FunnelQuestion,
    today: date,
    kind: str,
    by: LeakBy = "stage",
    key: int | None = None,
    stages: Sequence[int] | None = None,
    start: date | None = None,
    offset: int = 0,
    limit: int = 20,
) -> Moved:
    """Give the opportunities behind one leak, largest first; `key`: of one stage, unit or owner.

    Raises NotFound("leak.unknown").
    """
    kinds = [code for code, name in _KINDS.items() if name == kind]
    column = _COLUMNS.get(by)
    if not kinds or (key is not None and column is None):
        raise NotFound("leak.unknown", kind=kind[:40])
    org = organisation()
    begin = start or window_start(question.on)
    where = sight(viewer, question, all_units(), question.on, today)
    exchange = _exchange(question, org.base_currency)
    chosen = "" if key is None else f" AND {column} = {int(key)}"
    rows = []
    for part in where:
        condition, params = _leaving(part, question, begin, stages)
        found = fetch(
            "SELECT e.opportunity_id, e.currency, COUNT(*), -SUM(e.amount_minor)"
            f" FROM dakehu_entry e WHERE {condition} AND e.kind = {int(kinds[0])}{chosen}"
            " GROUP BY 1, 2",
            params,
        )
        for pk, currency, count, minor in found:
            value = exchange.value(int(minor), currency)
            worth = Figure(value, None if value is not None else "no_exchange_rate")
            rows.append(MovedRow(int(pk), "", "", "", (kind,), int(count), worth, ZERO, ZERO))
    return page_of_moved(viewer, exchange.to, rows, offset=offset, limit=limit)


def _exchange(question: FunnelQuestion, base: str) -> Exchange:
    found = exchange_on((question.on,), base=base, known_at=question.known_at)
    return found[question.on].restated(question.currency or base)


def _row(
    key: Any, name: str, kinds: Mapping[str, Mapping[str, list[Fraction]]], exchange: Exchange
) -> LeakRow:
    found = {}
    for kind in LEAK_KINDS:
        count, amount = Fraction(0), ZERO
        for currency, (n, minor) in kinds.get(kind, {}).items():
            rate = exchange.rate(currency)
            count += n
            worth = Figure(Fraction(0)) if not minor else Figure(None, "no_exchange_rate")
            if minor and rate is not None:
                worth = Figure(minor / 10 ** exchange.digits[currency] * rate)
            amount = amount + worth
        found[kind] = Leak(int(count), amount)
    return LeakRow(key, name, found)


def _together(sums: _Sums) -> dict[str, dict[str, list[Fraction]]]:
    found: dict[str, dict[str, list[Fraction]]] = defaultdict(dict)
    for kinds in sums.values():
        for kind, currencies in kinds.items():
            for currency, (count, minor) in currencies.items():
                held = found[kind].get(currency, [Fraction(0), Fraction(0)])
                found[kind][currency] = [held[0] + count, held[1] + minor]
    return found


def _leaving(
    part: Where, question: FunnelQuestion, begin: date, stages: Sequence[int] | None
) -> tuple[str, list[Any]]:
    """Give the condition of entries by which something leaks, and its parameters."""
    left = f"{int(Kind.REGRESSED)}, {int(Kind.SLIPPED)}, {int(Kind.LOST)}"
    changed = int(Kind.AMOUNT_CHANGED)
    known = "" if question.known_at is None else " AND e.recorded_at <= %s"
    last = [question.known_at] if question.known_at else []
    standing, more = not_taken_back("e", question.known_at)
    chosen = ""
    if stages is not None:
        chosen = f" AND e.stage_id IN ({', '.join(str(int(s)) for s in stages) or '-1'})"
    # A change of currency goes down to nothing, over, and up again under one correlation id.
    # Rare, so it is found once and not asked of each entry.
    turned = (
        'SELECT DISTINCT x.movement_id FROM dakehu_entry x WHERE x."on" >= %s AND x."on" <= %s'
        f" AND x.place = {int(Place.OPEN)} AND {part.sql('x.')} AND x.kind = {changed}"
        " AND x.count = -1"
    )
    other_currency = (
        f"SELECT down.id FROM ({turned}) AS turned"
        " JOIN dakehu_movement over_ ON over_.id = turned.movement_id"
        " JOIN dakehu_movement down ON down.correlation_id = over_.correlation_id"
        f" AND down.opportunity_id = over_.opportunity_id AND down.kind = {changed}"
    )
    sql = (
        f'e."on" >= %s AND e."on" <= %s AND e.place = {int(Place.OPEN)} AND {part.sql("e.")}'
        f" AND ((e.kind IN ({left}) AND e.count = -1) OR (e.kind = {changed} AND e.count = 0"
        f" AND e.amount_minor < 0 AND e.movement_id NOT IN ({other_currency})))"
        f"{chosen}{known}{standing}"
    )
    return sql, [begin, question.on, begin, question.on, *last, *more]


def _sums(
    column: str,
    where: Sequence[Where],
    question: FunnelQuestion,
    begin: date,
    stages: Sequence[int] | None,
) -> _Sums:
    sums = _nothing()
    for part in where:
        condition, params = _leaving(part, question, begin, stages)
        rows = fetch(
            f"SELECT {column}, e.kind, e.currency, COUNT(*), -SUM(e.amount_minor)"
            f" FROM dakehu_entry e WHERE {condition} GROUP BY 1, 2, 3",
            params,
        )
        for key, kind, currency, count, minor in rows:
            _add(sums, key, Kind(kind), currency, int(count), Fraction(int(minor)))
    return sums


def _nothing() -> _Sums:
    return defaultdict(lambda: defaultdict(lambda: defaultdict(lambda: [Fraction(0)] * 2)))


def _add(sums: _Sums, key: Any, kind: Kind, currency: str, count: int, minor: Fraction) -> None:
    held = sums[key][_KINDS[kind]][currency]
    sums[key][_KINDS[kind]][currency] = [held[0] + count, held[1] + minor]


def _by_product(
    where: Sequence[Where],
    question: FunnelQuestion,
    begin: date,
    stages: Sequence[int] | None,
) -> _Sums:
    """Split each movement over the product lines in force on its day, by their amounts."""
    sums = _nothing()
    known = "" if question.known_at is None else " AND s.recorded_at <= %s"
    last = [question.known_at] if question.known_at else []
    for part in where:
        condition, params = _leaving(part, question, begin, stages)
        rows = fetch(
            "SELECT e.id, e.kind, e.currency, -e.amount_minor, l.product_id,"
            " SUM(l.amount_minor) FROM dakehu_entry e"
            " LEFT JOIN dakehu_lineset s ON s.id = (SELECT s.id FROM dakehu_lineset s"
            f' WHERE s.opportunity_id = e.opportunity_id AND s."on" <= e."on"{known}'
            ' ORDER BY s."on" DESC, s.id DESC LIMIT 1)'
            " LEFT JOIN dakehu_productline l ON l.line_set_id = s.id"
            f" WHERE {condition} GROUP BY e.id, e.kind, e.currency, e.amount_minor, l.product_id"
            " ORDER BY e.id",
            [*last, *params],
        )
        lines: dict[int, list[Any]] = defaultdict(list)
        for entry, *facts in rows:
            lines[entry].append(facts)
        for held in lines.values():
            whole = sum(int(minor or 0) for *_f, minor in held)
            for kind, currency, amount, product, minor in held:
                share = Fraction(int(minor or 0), whole) if whole else Fraction(1, len(held))
                _add(sums, product, Kind(kind), currency, 1, int(amount) * share)
    return sums


def _by_rival(
    viewer: Viewer,
    where: Sequence[Where],
    question: FunnelQuestion,
    begin: date,
    stages: Sequence[int] | None,
) -> _Sums:
    """Sum by the competitor of the loss, else by all that are named on the opportunity."""
    sums = _nothing()
    for part in where:
        condition, params = _leaving(part, question, begin, stages)
        rows = fetch(
            "SELECT COALESCE(NULLIF(n.competitor, ''), c.name), e.kind, e.currency,"
            " e.opportunity_id, COUNT(DISTINCT e.id), -SUM(e.amount_minor) FROM dakehu_entry e"
            " LEFT JOIN dakehu_movementnote n ON n.movement_id = e.movement_id"
            " LEFT JOIN dakehu_competitor c ON c.opportunity_id = e.opportunity_id"
            " AND COALESCE(n.competitor, '') = ''"
            f" WHERE {condition} GROUP BY 1, 2, 3, 4",
            params,
        )
        told = _told(viewer, {row[3] for row in rows if row[0]})
        nameless: set[tuple[Any, ...]] = set()
        for rival, kind, currency, opportunity, count, minor in rows:
            key = rival if told is None or opportunity in told else None
            if rival and key is None:
                # Several rivals of one that moved elsewhere are one line without a name.
                if (opportunity, kind, currency) in nameless:
                    continue
                nameless.add((opportunity, kind, currency))
            _add(sums, key, Kind(kind), currency, int(count), Fraction(int(minor)))
    return sums


def _told(viewer: Viewer, ids: set[int]) -> set[int] | None:
    """Give whose rivals the viewer may read; None: of all."""
    if viewer.sees_all:
        return None
    visible = Opportunity.objects.visible_to(viewer).filter(pk__in=ids, voided=False)
    return set(visible.values_list("pk", flat=True))


def _names(by: LeakBy, ids: Sequence[Any], language: str) -> dict[Any, str]:
    if by == "owner":
        return dict(Person.objects.filter(pk__in=ids).values_list("pk", "name"))
    if by == "product":
        rows = Product.objects.filter(pk__in=ids).values_list("pk", "name_zh", "name_en", "code")
        return {
            pk: ((en or zh) if language == "en" else (zh or en)) or code
            for pk, zh, en, code in rows
        }
    return {key: str(key) for key in ids}
