"""Carrying stays in stages, leaks and flows of the whole company: what FUN-9 is read from.

A cache like balances and turnover, but one that is made anew and not added to: of what was taken
back neither side counts, so a posting into carried days says from which day on they are stale,
and whoever carries next makes those again.
"""

from collections.abc import Callable
from datetime import date

from django.db import connection, transaction
from django.db.models import Q

from dakehu.actions.ledger.carry_flow import carry_flow, forget_flow
from dakehu.actions.ledger.carry_leaks import carry_leaks, forget_leaks
from dakehu.actions.ledger.hold import lock_alone, lock_shared
from dakehu.core.periods import next_month
from dakehu.models import CarriedMonth, Entry, StaySum
from dakehu.queries.stays import COLUMNS, month_of, turned_sql

Span = StaySum.Span
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
    forget_leaks(start, end)
    forget_flow(start, end)


def _carry(start: date, end: date) -> None:
    sql, params = turned_sql(start, end)
    with connection.cursor() as cursor:
        cursor.execute(f"{_INTO} {sql}", params)
        month = start.replace(day=1)
        if end == next_month(month):
            _carry_month(cursor.execute, month, end)
    carry_flow(start, end)
    carry_leaks(start, end)


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
