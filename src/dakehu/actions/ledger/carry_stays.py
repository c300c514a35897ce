"""Carrying stays in stages and leaks of the whole company: what FUN-9 is read from.

A cache like balances and turnover, but one that is made anew and not added to: of what was taken
back neither side counts, so a posting into carried days says from which day on they are stale,
and whoever carries next makes those again.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from dakehu.actions.bulk import insert_rows
from dakehu.actions.ledger.hold import lock_alone, lock_shared
from dakehu.core.periods import containing, next_month
from dakehu.models import CarriedMonth, Entry, LeakSum, StaySum
from dakehu.queries.funnel import FunnelQuestion
from dakehu.queries.leaks.entries import Window, leaving, product_shares
from dakehu.queries.ledger import Where
from dakehu.queries.stays import COLUMNS, month_of, turned_sql

Span = StaySum.Span
By = LeakSum.By
_LEAKED = ("on", "by", "key_id", "stage_id", "kind", "currency")
_LEAK = ", ".join(f'"{column}"' for column in _LEAKED)
_INTO = f"INSERT INTO {StaySum._meta.db_table} ({COLUMNS})"


def carry_stays(upto: date) -> None:
    """Carry the stays of the days before `upto`, as far as months are: each under a short lock.

    Where somebody posts into what has just been carried it is left to the next time: an import
    of history would be followed month by month, and held up by it.
    """
    done = date.min
    while True:
        with transaction.atomic():
            lock_alone()
            last = CarriedMonth.objects.order_by("-month").first()
            if last is None:
                return
            first = _first_day(last.month)
            start = max(last.stays_until or first, first)
            end = min(upto, next_month(last.month), next_month(start.replace(day=1)))
            if start >= end or start < done:
                return
            _forget(start, end)
            _carry(start, end)
            CarriedMonth.objects.filter(month=last.month).update(stays_until=end)
            done = end


def stays_are_stale_from(day: date) -> None:
    """Say, in the transaction that posts into it, that a day's stays and leaks count no more.

    Asked first: even an update of no row marks the books as changed, and waits for others that do.
    """
    later = CarriedMonth.objects.filter(stays_until__gt=day)
    if later.exists():
        later.update(stays_until=day)


def lines_change_on(day: date) -> None:
    """Say the same of product lines, which may be kept without anything being posted."""
    lock_shared()
    stays_are_stale_from(day)


def _first_day(otherwise: date) -> date:
    first = Entry.objects.order_by("on").values_list("on", flat=True).first()
    return (first or otherwise).replace(day=1)


def _forget(start: date, end: date) -> None:
    """Throw away what was carried of [start, end) in one month; later days nobody reads."""
    month = start.replace(day=1)
    StaySum.objects.filter(
        Q(on__gte=start, on__lt=end) & ~Q(span__in=[Span.OPEN_MONTH, Span.ENDED_MONTH])
        | Q(span=Span.OPEN_MONTH, on__gt=start, on__lte=end)
        | Q(span=Span.ENDED_MONTH, on=month)
    ).delete()
    LeakSum.objects.filter(
        Q(span=LeakSum.Span.DAY, on__gte=start, on__lt=end) | Q(span=LeakSum.Span.MONTH, on=month)
    ).delete()


def _carry(start: date, end: date) -> None:
    sql, params = turned_sql(start, end)
    with connection.cursor() as cursor:
        cursor.execute(f"{_INTO} {sql}", params)
        month = start.replace(day=1)
        if end == next_month(month):
            _carry_month(cursor.execute, month, end)
    _carry_leaks(start, end)


def _carry_month(execute: Callable[[str, list[date]], object], month: date, end: date) -> None:
    """Add up what ended in a month from its days, and what stands open after it."""
    execute(
        f"{_INTO} SELECT {int(Span.ENDED_MONTH)}, %s, {month_of('came')}, stage_id, days, forward,"
        f" SUM(number) FROM {StaySum._meta.db_table}"
        f' WHERE span = {int(Span.ENDED_DAY)} AND "on" >= %s AND "on" < %s GROUP BY 3, 4, 5, 6',
        [month, month, end],
    )
    execute(
        f"{_INTO} SELECT {int(Span.OPEN_MONTH)}, %s, came, stage_id, 0, 0, SUM(number) FROM ("
        f" SELECT came, stage_id, number FROM {StaySum._meta.db_table}"
        f'  WHERE span = {int(Span.OPEN_MONTH)} AND "on" = %s'
        f" UNION ALL SELECT came, stage_id, number FROM {StaySum._meta.db_table}"
        f'  WHERE span = {int(Span.CAME_DAY)} AND "on" >= %s AND "on" < %s'
        f" UNION ALL SELECT came, stage_id, -number FROM {StaySum._meta.db_table}"
        f'  WHERE span = {int(Span.ENDED_DAY)} AND "on" >= %s AND "on" < %s'
        ") AS stays GROUP BY 3, 4 HAVING SUM(number) <> 0",
        [end, month, month, end, month, end],
    )


def _carry_leaks(start: date, end: date) -> None:
    """Add up the leaks of days, and of their month where it is over.

    A movement's amount is split over products to the last minor unit by the core, not by SQL.
    """
    last = end - timedelta(days=1)
    window = Window(FunnelQuestion(on=last, period=containing(last, "month")), start)
    sums: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    for one in product_shares([Where()], window):
        held = sums[one.on, int(By.PRODUCT), one.key or 0, one.stage_id, one.kind, one.currency]
        held[0] += one.count
        held[1] += one.minor
    insert_rows(
        LeakSum,
        ("span", *_LEAKED, "count", "amount_minor"),
        ((int(LeakSum.Span.DAY), *key, *held) for key, held in sums.items()),
    )
    leaking, params = leaving(Where(), window)
    into = f"INSERT INTO {LeakSum._meta.db_table} (span, {_LEAK}, count, amount_minor)"
    with connection.cursor() as cursor:
        cursor.execute(
            f'{into} SELECT {int(LeakSum.Span.DAY)}, e."on", {int(By.STAGE)}, 0, e.stage_id,'
            " e.kind, e.currency, COUNT(*), -SUM(e.amount_minor) FROM dakehu_entry e"
            f" WHERE {leaking} GROUP BY 2, 5, 6, 7",
            params,
        )
        month = start.replace(day=1)
        if end == next_month(month):
            cursor.execute(
                f"{into} SELECT {int(LeakSum.Span.MONTH)}, %s, by, key_id, stage_id, kind,"
                f" currency, SUM(count), SUM(amount_minor) FROM {LeakSum._meta.db_table}"
                f' WHERE span = {int(LeakSum.Span.DAY)} AND "on" >= %s AND "on" < %s'
                " GROUP BY 3, 4, 5, 6, 7",
                [month, month, end],
            )
