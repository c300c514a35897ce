"""Carrying leaks of the whole company, by stage, product and rival (FUN-9).

Made anew with stays, day by day and month by month. Rivals count as they are named today for what
leaked a year ago, so where they change, what is carried of the opportunity moves with them.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q

from dakehu.actions.bulk import insert_rows
from dakehu.actions.ledger.hold import lock_shared
from dakehu.core.periods import containing, next_month
from dakehu.models import CarriedMonth, LeakSum
from dakehu.queries.funnel import FunnelQuestion
from dakehu.queries.leaks.entries import RIVAL, RIVALS, Window, leaving, product_shares
from dakehu.queries.ledger import Where
from dakehu.queries.stays import month_of

By, Span = LeakSum.By, LeakSum.Span
DAY = timedelta(days=1)
_KEY = ("span", "on", "by", "key_id", "rival", "stage_id", "kind", "currency")
_COLUMNS = ", ".join(f'"{column}"' for column in _KEY)
_INTO = f"INSERT INTO {LeakSum._meta.db_table} ({_COLUMNS}, count, amount_minor)"


def forget_leaks(start: date, end: date) -> None:
    """Throw away what was carried of [start, end) in one month, and of the month."""
    LeakSum.objects.filter(
        Q(span=Span.DAY, on__gte=start, on__lt=end) | Q(span=Span.MONTH, on=start.replace(day=1))
    ).delete()


def carry_leaks(start: date, end: date) -> None:
    """Add up the leaks of days, and of their month where it is over."""
    window = _window(start, end)
    _carry_products(window)
    leaking, params = leaving(Where(), window)
    day = f'SELECT {int(Span.DAY)}, e."on"'
    told = "e.stage_id, e.kind, e.currency, COUNT(*), -SUM(e.amount_minor) FROM dakehu_entry e"
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_INTO} {day}, {int(By.STAGE)}, 0, '', {told} WHERE {leaking} GROUP BY 2, 6, 7, 8",
            params,
        )
        cursor.execute(
            f"{_INTO} {day}, {int(By.RIVAL)}, 0, COALESCE({RIVAL}, ''), {told} {RIVALS}"
            f" WHERE {leaking} GROUP BY 2, 5, 6, 7, 8",
            params,
        )
        month = start.replace(day=1)
        if end == next_month(month):
            cursor.execute(
                f"{_INTO} SELECT {int(Span.MONTH)}, %s, by, key_id, rival, stage_id, kind,"
                f" currency, SUM(count), SUM(amount_minor) FROM {LeakSum._meta.db_table}"
                f' WHERE span = {int(Span.DAY)} AND "on" >= %s AND "on" < %s'
                " GROUP BY 3, 4, 5, 6, 7, 8",
                [month, month, end],
            )


def _carry_products(window: Window) -> None:
    """Add up by product: an amount is split to the last minor unit by the core, not by SQL."""
    sums: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    for one in product_shares([Where()], window):
        key = (one.on, int(By.PRODUCT), one.key or 0, "", one.stage_id, one.kind, one.currency)
        sums[key][0] += one.count
        sums[key][1] += one.minor
    rows = ((int(Span.DAY), *key, *held) for key, held in sums.items())
    insert_rows(LeakSum, (*_KEY, "count", "amount_minor"), rows)


def rivals_change(opportunity_id: int, was: Iterable[str], now: Iterable[str]) -> None:
    """Move what is carried of an opportunity's leaks from the rivals it had to those it has.

    In the transaction that changes them. A loss that names its competitor is that one's alone.
    """
    before, after = set(was) or {""}, set(now) or {""}
    moves = [(name, -1) for name in sorted(before - after)]
    moves += [(name, 1) for name in sorted(after - before)]
    if not moves:
        return
    lock_shared()
    carried = CarriedMonth.objects.filter(stays_until__isnull=False)
    until = carried.values_list("stays_until", flat=True).first()
    if until is None:
        return
    spans = [(Span.DAY, 'e."on"', until), (Span.MONTH, month_of('e."on"'), until.replace(day=1))]
    for span, on, end in spans:
        _move(opportunity_id, f"{int(span)}, {on}", end, moves)


def _move(opportunity_id: int, span: str, end: date, moves: Sequence[tuple[str, int]]) -> None:
    leaking, params = leaving(Where(), _window(date.min, end, opportunity_id))
    named = " UNION ALL ".join(["SELECT %s AS name, CAST(%s AS integer) AS sign"] * len(moves))
    sql = (
        f"{_INTO} SELECT {span}, {int(By.RIVAL)}, 0, moves.name, e.stage_id, e.kind, e.currency,"
        " moves.sign * COUNT(*), -moves.sign * SUM(e.amount_minor) FROM dakehu_entry e"
        " LEFT JOIN dakehu_movementnote n ON n.movement_id = e.movement_id"
        f" CROSS JOIN ({named}) AS moves WHERE {leaking} AND COALESCE(n.competitor, '') = ''"
        " GROUP BY 2, 5, 6, 7, 8, moves.sign"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*(value for move in moves for value in move), *params])


def _window(start: date, end: date, opportunity_id: int | None = None) -> Window:
    last = end - DAY
    question = FunnelQuestion(on=last, period=containing(last, "month"))
    return Window(question, start, opportunity_id=opportunity_id)
