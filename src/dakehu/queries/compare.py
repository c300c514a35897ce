"""Which opportunities stand behind what happened between two days (FUN-5).

A bar's rows and what moved most: the sums of queries/waterfall.py told by opportunity. Of those
that have moved out of the viewer's sight only numbers are told.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

from dakehu.core.access import Viewer
from dakehu.core.currency import Exchange
from dakehu.core.errors import NotFound, RuleBroken
from dakehu.core.funnel import Cell, Figure, Rates, Scope, amount, known, weighted
from dakehu.core.ledger import NO_MONTH, Kind, Place
from dakehu.core.waterfall import BARS, REORGANISED
from dakehu.models import Opportunity
from dakehu.queries.funnel import FunnelQuestion
from dakehu.queries.ledger import SCOPES, Where, fetch
from dakehu.queries.ledger_moved import shrunk_sql
from dakehu.queries.opportunities.path import in_tongue
from dakehu.queries.organisation import organisation
from dakehu.queries.rates import exchange_on, win_rates
from dakehu.queries.units import all_units
from dakehu.queries.waterfall import bar_of, segments_of, stages_of

DAY = timedelta(days=1)
CANDIDATES = 200
_SCOPE_SQL = (
    "CASE WHEN e.close_month = %s THEN 3 WHEN e.close_month < %s THEN 0"
    " WHEN e.close_month < %s THEN 1 ELSE 2 END"
)


@dataclass(frozen=True, slots=True)
class Span:
    """The days [start, end) of a comparison, of which method and close months."""

    start: date
    end: date
    method_key: str | None = None
    scopes: frozenset[Scope] | None = None


@dataclass(frozen=True, slots=True)
class MovedRow:
    """One opportunity, and what the movements of the bar did to its part of the funnel."""

    id: int
    code: str
    name: str
    owner: str
    #: The bars it is part of, in their order.
    bars: tuple[str, ...]
    count: int
    amount: Figure
    weighted: Figure
    closed: Figure


@dataclass(frozen=True, slots=True)
class Moved:
    """A page of rows; `elsewhere` moved out of sight since and stay nameless."""

    currency: str
    rows: tuple[MovedRow, ...]
    count: int
    elsewhere: int
    elsewhere_amount: Figure
    next_offset: int | None


@dataclass(frozen=True)
class _Values:
    """What cells of movements are worth: at the opening day's rates, as in the waterfall."""

    rates: Rates
    exchange: Exchange
    base_rate: Fraction


def bar_rows(
    viewer: Viewer,
    *,
    question: FunnelQuestion,
    span: Span,
    bar: str,
    today: date,
    offset: int = 0,
    limit: int = 20,
) -> Moved:
    """Give the opportunities behind one bar of a waterfall, the largest effect first.

    Their counts, amounts and weighted amounts add up to the bar. Raises NotFound("bar.unknown"),
    RuleBroken("range.upside_down", "funnel.future").
    """
    if bar not in BARS:
        raise NotFound("bar.unknown", bar=bar[:40])
    segments = checked_segments(viewer, question, span, today)
    held: dict[int, list[tuple[str, Cell]]] = defaultdict(list)
    if bar == REORGANISED:
        for (was, _b, _f), (now, turn, _g) in pairwise(segments):
            for where, sign in ((was, -1), (now, 1)):
                for pk, cell in _standing(where, question, turn - DAY, sign):
                    held[pk].append((bar, cell))
    else:
        for where, begin, finish in segments:
            for pk, name, cell in _moved(where, question, begin, finish, bar=bar):
                if name == bar:
                    held[pk].append((name, cell))
    return _page(viewer, question, span, _within(held, span), {}, offset, limit)


def moved_most(
    viewer: Viewer, *, question: FunnelQuestion, span: Span, today: date, limit: int = 8
) -> Moved:
    """Give the opportunities whose weighted or closed amount moved most between the two days.

    Looked for among those with the largest amounts that moved, per currency.
    """
    segments = checked_segments(viewer, question, span, today)
    ids: set[int] = set()
    for where, begin, finish in segments:
        ids |= _largest(where, question, begin, finish)
    held: dict[int, list[tuple[str, Cell]]] = defaultdict(list)
    closed: dict[int, int] = defaultdict(int)
    for where, begin, finish in segments:
        for pk, name, cell in _moved(where, question, begin, finish, among=ids):
            held[pk].append((name, cell))
        for pk, minor in _closed(where, question, begin, finish, ids):
            closed[pk] += minor
    return _page(viewer, question, span, _within(held, span), closed, 0, limit)


def checked_segments(
    viewer: Viewer, question: FunnelQuestion, span: Span, today: date
) -> list[tuple[list[Where], date, date]]:
    """Cut the span where the asked unit's tree changes, or refuse it."""
    if span.end <= span.start:
        raise RuleBroken("range.upside_down", start=span.start, end=span.end)
    if span.end - DAY > today:
        raise RuleBroken("funnel.future", on=span.end - DAY, today=today)
    return segments_of(viewer, question, all_units(), span.start - DAY, span.end - DAY, today)


def _days(question: FunnelQuestion) -> list[Any]:
    return [NO_MONTH, question.period.start.replace(day=1), question.period.end]


def known_by_then(question: FunnelQuestion, table: str = "e.") -> tuple[str, list[Any]]:
    """Give the condition that an entry had been recorded by the moment asked for."""
    if question.known_at is None:
        return "", []
    return f" AND {table}recorded_at <= %s", [question.known_at]


def _moved(
    where: Sequence[Where],
    question: FunnelQuestion,
    begin: date,
    finish: date,
    *,
    bar: str | None = None,
    among: Iterable[int] | None = None,
) -> list[tuple[int, str, Cell]]:
    """Sum what movements did to open positions by opportunity, bar and position."""
    known_by, last = known_by_then(question)
    chosen = ""
    if bar is not None:
        name = "AMOUNT_CHANGED" if bar in {"grown", "shrunk"} else bar.upper()
        if name not in Kind.__members__:
            return []
        chosen = f" AND e.kind = {int(Kind[name])}"
    if among is not None:
        listed = ", ".join(str(int(pk)) for pk in sorted(among))
        if not listed:
            return []
        chosen += f" AND e.opportunity_id IN ({listed})"
    found = []
    for part in where:
        rows = fetch(
            f"SELECT e.opportunity_id, e.kind, {shrunk_sql('m.kind')} AS shrunk, e.stage_id,"
            f" e.own_rate_bp, e.currency, {_SCOPE_SQL} AS scope, SUM(e.count),"
            " SUM(e.amount_minor) FROM dakehu_entry e LEFT JOIN dakehu_movement m"
            f" ON m.id = e.movement_id AND e.kind = {int(Kind.AMOUNT_CHANGED)}"
            f' WHERE e."on" >= %s AND e."on" < %s AND e.place = {int(Place.OPEN)}'
            f" AND {part.sql('e.')}{chosen}{known_by} GROUP BY 1, 2, 3, 4, 5, 6, 7"
            " HAVING SUM(e.count) <> 0 OR SUM(e.amount_minor) <> 0",
            [*_days(question), begin, finish, *last],
        )
        for pk, kind, shrunk, stage, own, currency, scope, n, minor in rows:
            cell = Cell(
                stage, None if own < 0 else own, currency, SCOPES[scope], int(n), int(minor)
            )
            found.append((int(pk), bar_of(Kind(kind), shrunk=bool(shrunk)), cell))
    return found


def _standing(
    where: Sequence[Where], question: FunnelQuestion, on: date, sign: int
) -> list[tuple[int, Cell]]:
    known_by, last = known_by_then(question)
    found = []
    for part in where:
        rows = fetch(
            f"SELECT e.opportunity_id, e.stage_id, e.own_rate_bp, e.currency, {_SCOPE_SQL},"
            " SUM(e.count), SUM(e.amount_minor) FROM dakehu_entry e"
            f' WHERE e."on" <= %s AND e.place = {int(Place.OPEN)} AND {part.sql("e.")}{known_by}'
            " GROUP BY 1, 2, 3, 4, 5 HAVING SUM(e.count) <> 0",
            [*_days(question), on, *last],
        )
        for pk, stage, own, currency, scope, n, minor in rows:
            cell = Cell(
                stage, None if own < 0 else own, currency, SCOPES[scope], sign * int(n),
                sign * int(minor),
            )  # fmt: skip
            found.append((int(pk), cell))
    return found


def _largest(
    where: Sequence[Where], question: FunnelQuestion, begin: date, finish: date
) -> set[int]:
    known_by, last = known_by_then(question, "")
    found: set[int] = set()
    for part in where:
        rows = fetch(
            "SELECT opportunity_id FROM (SELECT opportunity_id, ROW_NUMBER() OVER"
            " (PARTITION BY currency ORDER BY MAX(ABS(amount_minor)) DESC, opportunity_id) AS nth"
            ' FROM dakehu_entry WHERE "on" >= %s AND "on" < %s'
            f" AND place IN ({int(Place.OPEN)}, {int(Place.WON)}) AND {part.sql()}{known_by}"
            f" GROUP BY opportunity_id, currency) AS ranked WHERE nth <= {CANDIDATES}",
            [begin, finish, *last],
        )
        found |= {int(row[0]) for row in rows}
    return found


def _closed(
    where: Sequence[Where],
    question: FunnelQuestion,
    begin: date,
    finish: date,
    among: Iterable[int],
) -> list[tuple[int, int]]:
    listed = ", ".join(str(int(pk)) for pk in sorted(among))
    if not listed:
        return []
    known_by, last = known_by_then(question, "")
    found = []
    for part in where:
        rows = fetch(
            "SELECT opportunity_id, SUM(COALESCE(base_minor, 0)) FROM dakehu_entry"
            f' WHERE "on" >= %s AND "on" < %s AND place = {int(Place.WON)} AND place >= 2'
            f" AND opportunity_id IN ({listed}) AND {part.sql()}{known_by} GROUP BY 1",
            [begin, finish, *last],
        )
        found += [(int(pk), int(minor)) for pk, minor in rows]
    return found


def _within(
    held: Mapping[int, list[tuple[str, Cell]]], span: Span
) -> dict[int, list[tuple[str, Cell]]]:
    stages = stages_of(span.method_key)
    kept = {
        pk: [
            (bar, cell)
            for bar, cell in cells
            if (stages is None or cell.lineage_id in stages)
            and (span.scopes is None or cell.scope in span.scopes)
        ]
        for pk, cells in held.items()
    }
    return {pk: cells for pk, cells in kept.items() if cells}


def _values(question: FunnelQuestion, span: Span) -> _Values:
    """Give the rates that value movements: the opening day's, else the first that are known."""
    org = organisation()
    shown = question.currency or org.base_currency
    first, last = span.start - DAY, span.end - DAY
    days = exchange_on((first, last), base=org.base_currency, known_at=question.known_at)
    early, late = days[first].restated(shown), days[last].restated(shown)
    rates = win_rates(org.win_rate_kind)
    opening = rates.on(first, question.known_at)
    closing = rates.on(last, question.known_at)
    set_then = {stage: rate for stage, rate in opening.items() if rate is not None}
    exchange = Exchange(
        to=shown, digits={**late.digits, **early.digits}, rates={**late.rates, **early.rates}
    )
    base = late.rate(org.base_currency) or Fraction(1)
    return _Values({**closing, **set_then}, exchange, base / 10**org.base_digits)


def _page(
    viewer: Viewer,
    question: FunnelQuestion,
    span: Span,
    held: Mapping[int, list[tuple[str, Cell]]],
    closed: Mapping[int, int],
    offset: int,
    limit: int,
) -> Moved:
    values = _values(question, span)
    rows = []
    for pk, cells in held.items():
        own = [cell for _bar, cell in cells]
        rows.append(
            MovedRow(
                pk, "", "", "",
                tuple(bar for bar in BARS if any(bar == name for name, _cell in cells)),
                sum(cell.count for cell in own),
                amount(own, values.exchange),
                weighted(own, values.rates, values.exchange),
                known(closed.get(pk, 0) * values.base_rate),
            )
        )  # fmt: skip
    return page_of_moved(viewer, values.exchange.to, rows, offset=offset, limit=limit)


def page_of_moved(
    viewer: Viewer, currency: str, rows: list[MovedRow], *, offset: int, limit: int
) -> Moved:
    """Give a page of rows, the largest effect first, named as far as the viewer may read them."""
    rows = sorted(rows, key=_effect)
    seen = Opportunity.objects.visible_to(viewer).filter(
        pk__in=[row.id for row in rows], voided=False
    )
    told = set(seen.values_list("pk", flat=True))
    named = [row for row in rows if row.id in told]
    away = [row for row in rows if row.id not in told]
    page = named[offset : offset + limit]
    facts = {
        row[0]: row[1:]
        for row in Opportunity.objects.filter(pk__in=[row.id for row in page]).values_list(
            "pk", "code", "name", "owner__name", "owner__name_en"
        )
    }
    lost = known(0)
    for row in away:
        lost = lost + row.amount
    return Moved(
        currency,
        tuple(
            replace(row, code=code, name=name, owner=in_tongue(viewer.language, zh or "", en or ""))
            for row in page
            for code, name, zh, en in (facts[row.id],)
        ),
        len(rows),
        len(away),
        lost,
        offset + limit if offset + limit < len(named) else None,
    )


def _effect(row: MovedRow) -> tuple[Fraction, Fraction, int]:
    nothing = Fraction(0)
    moved = max(abs(row.weighted.value or nothing), abs(row.closed.value or nothing))
    return -moved, -abs(row.amount.value or nothing), row.id
