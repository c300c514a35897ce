"""Reading the rows behind a figure: two questions to the database for all of its parts."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from dakehu.core.access import Viewer
from dakehu.core.errors import RuleBroken
from dakehu.core.funnel import Scope
from dakehu.queries.funnel import (
    WEEK,
    FunnelQuestion,
    method_labels,
    shown_for_base,
    sight,
    week_known_at,
)
from dakehu.queries.ledger import fetch
from dakehu.queries.organisation import Org, organisation
from dakehu.queries.paging import cursor_of, key_of
from dakehu.queries.rates import exchange_on, win_rates
from dakehu.queries.rows_behind.facts import Behind, Part
from dakehu.queries.rows_behind.lines import SCOPES, Ask, Day, Sql, cells_of_moved, lines_of
from dakehu.queries.rows_behind.weigh import Scales, groups_of, rows_of
from dakehu.queries.rows_behind.whole import (
    day_of,
    first_lines,
    is_whole,
    largest_then,
    least_amounts,
    voided_since,
    whole_sums,
)
from dakehu.queries.units import all_units

PAGE = 20
OPEN = (Part("open"),)


def rows_behind(
    viewer: Viewer,
    *,
    question: FunnelQuestion,
    today: date,
    parts: Sequence[Part] = OPEN,
    after: str = "",
    limit: int = PAGE,
) -> Behind:
    """Give all groups of the parts and a page of their rows, those that the viewer may see.

    Rows and what moved elsewhere add up to their group, groups to the figure. RuleBroken
    `list.bad_cursor`.
    """
    org = organisation()
    ask = _asked(viewer, question, today, org)
    lines = [lines_of(ask, number, part) for number, part in enumerate(parts)]
    if not any(lines):
        return Behind((), (), "")
    cells = [
        sql
        for number, part in enumerate(parts)
        if part.what == "moved"
        for sql in cells_of_moved(ask, number)
    ]
    scales = Scales(
        ask,
        tuple(parts),
        index_scopes(org),
        ask.now.exchange.digits,
        shown_for_base(org, ask.now.exchange),
    )
    page = _page(ask, lines, parts, after, limit + 1)
    on_page = page[:limit]
    return Behind(
        groups=groups_of(scales, list(_sums_of(ask, lines, parts, cells))),
        rows=rows_of(scales, on_page, _moved_cells(ask, parts, on_page), viewer.language),
        after=cursor_of([int(value) for value in page[limit - 1][:4]]) if len(page) > limit else "",
    )


def _asked(viewer: Viewer, question: FunnelQuestion, today: date, org: Org) -> Ask:
    units, before = all_units(), question.on - WEEK
    shown = question.currency or org.base_currency
    was_known = week_known_at(question, before, org.time_zone)
    rates = win_rates(org.win_rate_kind)
    days = exchange_on((before, question.on), base=org.base_currency, known_at=question.known_at)
    days_then = days
    if was_known != question.known_at:
        days_then = exchange_on((before,), base=org.base_currency, known_at=was_known)
    stages = [stage.lineage_id for label in method_labels() for stage in label.stages]
    return Ask(
        viewer=viewer,
        today=today,
        period=question.period,
        now=Day(
            question.on,
            sight(viewer, question, units, question.on, today),
            question.known_at,
            rates.on(question.on, question.known_at),
            days[question.on].restated(shown),
        ),
        then=Day(
            before,
            sight(viewer, question, units, before, today),
            was_known,
            rates.on(before, was_known),
            days_then[before].restated(shown),
        ),
        order={stage: at for at, stage in enumerate(stages)},
    )


def index_scopes(org: Org) -> tuple[Scope, ...]:
    """Give where a close month lies that weighs in the indexes (FUN-6, a setting)."""
    return SCOPES[1:] if org.weighted_scope == "all_open" else ("in_period",)


def _union(lines: Iterable[Sql]) -> Sql:
    """Join the lines under the names of their columns, whichever part comes first."""
    named = (
        "SELECT 0 AS part, 0 AS grp, 0 AS ref, 0 AS shown, 0 AS stage_id, 0 AS own,"
        " '' AS currency, 0 AS scope, 0 AS phase, 0 AS lines, 0 AS n, 0 AS amount, 0 AS base,"
        " 0 AS rank WHERE 1 = 0"
    )
    listed = list(lines)
    sql = " UNION ALL ".join([named, *(text for text, _params in listed)])
    return sql, [value for _text, params in listed for value in params]


def _sums_of(
    ask: Ask, lines: Sequence[Sequence[Sql]], parts: Sequence[Part], cells: Sequence[Sql]
) -> Iterator[Any]:
    """Add up all parts: those of the whole company from what is carried of it."""
    whole = [number for number, part in enumerate(parts) if is_whole(ask, part)]
    one_by_one = [
        sql
        for number, part in enumerate(parts)
        for sql in (voided_since(ask, number, part) if number in whole else lines[number])
    ]
    sums = _sums([*one_by_one, *cells])
    yield from sums
    for number in whole:
        yield from whole_sums(ask, number, parts[number], sums)


def _sums(lines: Sequence[Sql]) -> list[Any]:
    if not lines:
        return []
    union, params = _union(lines)
    return fetch(
        "SELECT part, grp, shown, stage_id, own, currency, scope, phase, SUM(lines), SUM(n),"
        f" SUM(amount), SUM(base) FROM ({union}) AS lines GROUP BY 1, 2, 3, 4, 5, 6, 7, 8"
        " ORDER BY 1, 2, 3, 4, 5, 6, 7, 8",
        params,
    )


def _page(
    ask: Ask, lines: Sequence[Sequence[Sql]], parts: Sequence[Part], after: str, limit: int
) -> list[Any]:
    """Give the rows beyond a cursor: part, group, rank, id, then what is told of them."""
    key = tuple(_whole(value) for value in key_of(after, length=4)) if after else None
    for least in least_amounts(ask, parts, key):
        largest = largest_then(ask, 0, parts[0], beyond=key, limit=limit, least=least)
        page = _rows_beyond(key, largest, parts, limit)
        if len(page) == limit and page[-1][2] >= least:
            return page
    in_order = [
        sql
        for number, part in enumerate(parts)
        for sql in (
            first_lines(ask, number, part, beyond=key, limit=limit)
            if part.stages and is_whole(ask, part) and day_of(ask, part).on >= ask.today
            else lines[number]
        )
    ]
    return _rows_beyond(key, in_order, parts, limit)


def _rows_beyond(
    key: tuple[int, ...] | None, lines: Sequence[Sql], parts: Sequence[Part], limit: int
) -> list[Any]:
    union, params = _union(lines)
    beyond = ""
    if key is not None:
        last, grp, rank, ref = key
        beyond = (
            f" AND (part > {last} OR (part = {last} AND (grp > {grp} OR (grp = {grp}"
            f" AND (rank < {rank} OR (rank = {rank} AND ref > {ref}))))))"
        )
    sales = [str(number) for number, one in enumerate(parts) if one.what.startswith("small")]
    is_sale = f"p.part IN ({', '.join(sales) or '-1'})"
    return fetch(
        "SELECT p.part, p.grp, p.rank, p.ref, p.stage_id, p.own, p.currency, p.scope, p.n,"
        " p.amount, p.base, o.code, COALESCE(o.name, s.note), a.name, w.name, w.name_en FROM"
        " (SELECT part, grp, rank, ref, stage_id, own, currency, scope, n, amount, base"
        f" FROM ({union}) AS lines WHERE shown = 1{beyond}"
        f" ORDER BY part, grp, rank DESC, ref LIMIT {int(limit)}) AS p"
        f" LEFT JOIN dakehu_opportunity o ON o.id = p.ref AND NOT ({is_sale})"
        f" LEFT JOIN dakehu_smallsale s ON s.id = p.ref AND {is_sale}"
        " LEFT JOIN dakehu_account a ON a.id = COALESCE(o.account_id, s.account_id)"
        " LEFT JOIN dakehu_person w ON w.id = COALESCE(o.owner_id, s.owner_id)"
        " ORDER BY p.part, p.grp, p.rank DESC, p.ref",
        params,
    )


def _whole(value: Any) -> int:
    if not isinstance(value, int) or abs(value) >= 2**63:
        raise RuleBroken("list.bad_cursor")
    return value


def _moved_cells(ask: Ask, parts: Sequence[Part], page: Sequence[Any]) -> dict[int, list[Any]]:
    """Give what the movers of a page held before and after the week."""
    moved = {number for number, part in enumerate(parts) if part.what == "moved"}
    refs = sorted({int(row[3]) for row in page if row[0] in moved})
    found: dict[int, list[Any]] = defaultdict(list)
    if refs:
        union, params = _union(cells_of_moved(ask, 0, refs))
        for ref, *cell in fetch(
            "SELECT ref, stage_id, own, currency, scope, phase, SUM(amount)"
            f" FROM ({union}) AS cells GROUP BY 1, 2, 3, 4, 5, 6",
            params,
        ):
            found[int(ref)].append(cell)
    return found
