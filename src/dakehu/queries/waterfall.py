"""What happened to the open funnel between two days (FUN-5): opening + bars = closing."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from dakehu.core.access import Viewer
from dakehu.core.errors import RuleBroken
from dakehu.core.funnel import Cell, Scope
from dakehu.core.ledger import Kind
from dakehu.core.waterfall import REORGANISED, Waterfall, waterfall
from dakehu.queries.funnel import FunnelQuestion, method_labels, sight
from dakehu.queries.ledger import Where, carried_until, is_company, open_cells
from dakehu.queries.ledger_moved import moved_cells
from dakehu.queries.organisation import organisation
from dakehu.queries.rates import exchange_on, win_rates
from dakehu.queries.units import Units, all_units

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Between:
    """The waterfall of [start, end), and the question it answers."""

    start: date
    end: date
    result: Waterfall


def waterfall_between(
    viewer: Viewer,
    *,
    question: FunnelQuestion,
    start: date,
    end: date,
    today: date,
    method_key: str | None = None,
    scopes: frozenset[Scope] | None = None,
) -> Between:
    """Explain the change from the end of the day before `start` to the end of the day before `end`.

    `question.period` scopes what is overdue; `scopes` leaves only positions whose close month
    lies so to it. Units that came into or left the asked unit by a
    reorganisation are the computed bar `reorganised`. Raises RuleBroken("range.upside_down"),
    RuleBroken("funnel.future").
    """
    if end <= start:
        raise RuleBroken("range.upside_down", start=start, end=end)
    if end - DAY > today:
        raise RuleBroken("funnel.future", on=end - DAY, today=today)
    org, units = organisation(), all_units()
    stages = stages_of(method_key)
    first, last = start - DAY, end - DAY
    segments = segments_of(viewer, question, units, first, last, today)
    exchange = exchange_on((first, last), base=org.base_currency, known_at=question.known_at)
    movements: dict[str, list[Cell]] = defaultdict(list)
    apart = _uncarried_apart(segments, question)
    for where, begin, finish in apart:
        fresh = []
        for moved in moved_cells(
            where, start=begin, end=finish, period=question.period, known_at=question.known_at
        ):
            movements[bar_of(moved.kind, shrunk=moved.shrunk)].append(moved.cell)
            fresh.append(moved.cell)
    closing_where, turn, _finish = apart[-1]
    if len(apart) > len(segments):
        # A month of a large company's entries is read once, as movements: it stood where the
        # month began, and moved so since.
        closing = _added(_open(closing_where, question, turn - DAY), fresh)
    else:
        closing = list(_open(closing_where, question, last))
    for (was, _b, _f), (now, turn, _g) in pairwise(segments):
        at = turn - DAY
        movements[REORGANISED] += _signed(_open(was, question, at), -1)
        movements[REORGANISED] += _signed(_open(now, question, at), 1)
    rates = win_rates(org.win_rate_kind)
    shown = question.currency or org.base_currency
    return Between(
        start,
        end,
        waterfall(
            opening=_of(stages, scopes, _open(segments[0][0], question, first)),
            movements={kind: _of(stages, scopes, cells) for kind, cells in movements.items()},
            closing=_of(stages, scopes, closing),
            opening_rates=rates.on(first, question.known_at),
            closing_rates=rates.on(last, question.known_at),
            opening_exchange=exchange[first].restated(shown),
            closing_exchange=exchange[last].restated(shown),
        ),
    )


def segments_of(
    viewer: Viewer,
    question: FunnelQuestion,
    units: Units,
    first: date,
    last: date,
    today: date,
) -> list[tuple[list[Where], date, date]]:
    """Cut (first, last] where the asked unit's tree changes: sight, first day, day after."""
    turns = [] if question.as_organised_today else list(units.changes(first, last))
    bounds = [first + DAY, *turns, last + DAY]
    segments: list[tuple[list[Where], date, date]] = []
    # The tree of the opening day rules until the first turn, even when that is the next day.
    sights = [sight(viewer, question, units, day, today) for day in (first, *turns)]
    for where, begin, finish in zip(sights, bounds, bounds[1:], strict=False):
        if segments and segments[-1][0] == where:
            segments[-1] = (where, segments[-1][1], finish)
        else:
            segments.append((where, begin, finish))
    return segments


def _uncarried_apart(
    segments: list[tuple[list[Where], date, date]], question: FunnelQuestion
) -> list[tuple[list[Where], date, date]]:
    """Cut the last segment of the whole company where what is carried of it ends."""
    where, begin, finish = segments[-1]
    turn = carried_until()
    if question.known_at is None and is_company(where) and begin < turn < finish:
        return [*segments[:-1], (where, begin, turn), (where, turn, finish)]
    return segments


def _added(standing: Iterable[Cell], moved: Iterable[Cell]) -> list[Cell]:
    """Add movements to what stood, position by position."""
    held: dict[tuple[object, ...], Cell] = {}
    for cell in (*standing, *moved):
        position = (cell.lineage_id, cell.rate_bp, cell.currency, cell.scope)
        before = held.get(position)
        held[position] = cell if before is None else cell._replace(
            count=before.count + cell.count,
            amount_minor=before.amount_minor + cell.amount_minor,
        )  # fmt: skip
    return [cell for cell in held.values() if cell.count or cell.amount_minor]


def _open(where: list[Where], question: FunnelQuestion, on: date) -> tuple[Cell, ...]:
    return open_cells(
        where, on=on, before=on, period=question.period, known_at=question.known_at
    ).now


def bar_of(kind: Kind, *, shrunk: bool) -> str:
    """Name the bar of a kind of movement; changes of amount are told apart by sign."""
    if kind is Kind.AMOUNT_CHANGED:
        return "shrunk" if shrunk else "grown"
    return kind.name.lower()


def _signed(cells: tuple[Cell, ...], sign: int) -> list[Cell]:
    return [
        cell._replace(count=sign * cell.count, amount_minor=sign * cell.amount_minor)
        for cell in cells
    ]


def stages_of(method_key: str | None) -> frozenset[int] | None:
    """Give the stage lineages of a method; None: of all. Raises RuleBroken("method.unknown")."""
    if method_key is None:
        return None
    found = [label for label in method_labels() if label.key == method_key]
    if not found:
        raise RuleBroken("method.unknown", method=method_key)
    return frozenset(stage.lineage_id for stage in found[0].stages)


def _of(
    stages: frozenset[int] | None,
    scopes: frozenset[Scope] | None,
    cells: list[Cell] | tuple[Cell, ...],
) -> list[Cell]:
    return [
        cell
        for cell in cells
        if (stages is None or cell.lineage_id in stages)
        and (scopes is None or cell.scope in scopes)
    ]
