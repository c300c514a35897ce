"""The opportunities behind one figure of the leaks (FUN-9)."""

from collections.abc import Iterator, Sequence
from datetime import date

from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound
from dakehu.core.funnel import ZERO, Figure
from dakehu.core.speed import window_start
from dakehu.queries.compare import Moved, MovedRow, page_of_moved
from dakehu.queries.funnel import FunnelQuestion, sight
from dakehu.queries.leaks.entries import (
    COLUMNS,
    KINDS,
    LeakBy,
    Share,
    Window,
    exchange_of,
    leaving,
    product_shares,
    rival_shares,
    worth,
)
from dakehu.queries.ledger import Where, fetch
from dakehu.queries.organisation import organisation
from dakehu.queries.units import all_units


def leak_rows(
    viewer: Viewer,
    *,
    question: FunnelQuestion,
    today: date,
    kind: str,
    by: LeakBy = "stage",
    key: str | None = None,
    stages: Sequence[int] | None = None,
    start: date | None = None,
    offset: int = 0,
    limit: int = 20,
) -> Moved:
    """Give the opportunities behind one leak, largest first.

    `key`: of one row of the table as text, "" of the row without product or rival; None: of all.
    Raises NotFound("leak.unknown").
    """
    kinds = [code for code, name in KINDS.items() if name == kind]
    if not kinds:
        raise NotFound("leak.unknown", kind=kind[:40])
    window = Window(question, start or window_start(question.on), stages, kinds[0])
    where = sight(viewer, question, all_units(), question.on, today)
    exchange = exchange_of(question, organisation().base_currency)
    found: dict[int, tuple[int, Figure]] = {}
    for one in _shares(viewer, where, window, by, key):
        count, amount = found.get(one.opportunity_id, (0, ZERO))
        more = worth(one.minor, one.currency, exchange)
        found[one.opportunity_id] = (count + one.count, amount + more)
    rows = [
        MovedRow(pk, "", "", "", (kind,), count, amount, ZERO, ZERO)
        for pk, (count, amount) in found.items()
    ]
    return page_of_moved(viewer, exchange.to, rows, offset=offset, limit=limit)


def _shares(
    viewer: Viewer, where: Sequence[Where], window: Window, by: LeakBy, key: str | None
) -> Iterator[Share]:
    if key is None:
        yield from _of_column("0", None, where, window)
    elif by in COLUMNS:
        yield from _of_column(COLUMNS[by], _whole(key), where, window)
    elif by == "product":
        wanted = None if key == "" else _whole(key)
        yield from (one for one in product_shares(where, window) if one.key == wanted)
    else:
        yield from (one for one in rival_shares(viewer, where, window) if one.key == (key or None))


def _of_column(
    column: str, key: int | None, where: Sequence[Where], window: Window
) -> Iterator[Share]:
    chosen = "" if key is None else f" AND {column} = {key}"
    for part in where:
        condition, params = leaving(part, window)
        rows = fetch(
            "SELECT e.opportunity_id, e.kind, e.currency, COUNT(*), -SUM(e.amount_minor)"
            f" FROM dakehu_entry e WHERE {condition}{chosen} GROUP BY 1, 2, 3",
            params,
        )
        for opportunity, kind, currency, count, minor in rows:
            yield Share(key, opportunity, kind, currency, int(count), int(minor))


def _whole(key: str) -> int:
    if not key.isascii() or not key.isdecimal() or len(key) > 17:
        raise NotFound("leak.unknown", kind=key[:40])
    return int(key)
