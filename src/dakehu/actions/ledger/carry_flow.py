"""Carrying the flow of the whole company: of each day, and of the weeks that end on the last days.

Made anew with stays: a posting into carried days makes stale whatever ends on or after its day.
"""

from datetime import date, timedelta

from django.db import connection, transaction

from dakehu.actions.ledger.hold import lock_alone
from dakehu.models import CarriedMonth, FlowSum
from dakehu.queries.flow_pairs import ENDS, PAIR, WEEKS, days_sql, week_sql
from dakehu.queries.ledger import day_literal

DAY = timedelta(days=1)
_SUMS = f"{PAIR}, count, was_minor, now_minor"
_INTO = f'INSERT INTO {FlowSum._meta.db_table} ("on", days, {_SUMS})'


def forget_flow(start: date, end: date) -> None:
    """Throw away what was carried of days of [start, end), and of weeks that end on them."""
    FlowSum.objects.filter(on__gte=start, on__lt=end).delete()


def carry_flow(start: date, end: date) -> None:
    """Add up each day's pairs."""
    with connection.cursor() as cursor:
        cursor.execute(f'{_INTO} SELECT "on", 1, {_SUMS} FROM ({days_sql(start, end)}) AS days')


def carry_weeks(upto: date) -> None:
    """Add up the weeks that end on the last carried days where they are missing; drop older ones.

    Those of a day under a short lock of its own. Where somebody posts into them meanwhile, so that
    not all days before `upto` are carried, the rest is left to the next time.
    """
    until = _carried_until()
    if until is None or until < upto:
        return
    ends = [until - back * DAY for back in range(1, ENDS + 1)]
    FlowSum.objects.filter(days__gt=1, on__lt=ends[-1]).delete()
    carried = FlowSum.objects.filter(days__gt=1, on__gte=ends[-1])
    there = set(carried.values_list("on", "days").distinct())
    for on in ends:
        missing = [days for days in WEEKS if (on, days) not in there]
        if not missing:
            continue
        with transaction.atomic():
            lock_alone()
            until = _carried_until()
            if until is None or until < upto:
                return
            for days in missing:
                _carry_week(on, days)


def _carried_until() -> date | None:
    carried = CarriedMonth.objects.filter(stays_until__isnull=False)
    return carried.values_list("stays_until", flat=True).first()


def _carry_week(on: date, days: int) -> None:
    if FlowSum.objects.filter(on=on, days=days).exists():
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_INTO} SELECT {day_literal(on)}, {days}, {_SUMS} FROM ({week_sql(on, days)}) AS week"
        )
