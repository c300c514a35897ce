"""Proving what is carried of stays, leaks and flows: what chains and entries tell, day by day."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from dakehu.core.periods import containing, next_month
from dakehu.models import CarriedMonth, FlowSum, LeakSum, StaySum
from dakehu.queries.flow_pairs import PAIR, days_sql, week_sql
from dakehu.queries.funnel import FunnelQuestion
from dakehu.queries.leaks.entries import RIVAL, RIVALS, Window, leaving
from dakehu.queries.ledger import Where, day_literal
from dakehu.queries.stays import COLUMNS, month_of, turned_sql

Span, Leaked, By = StaySum.Span, LeakSum.Span, LeakSum.By
NAMES = ("span", "on", "came", "stage_id", "days", "forward", "number")
KEY = 'span, "on", came, stage_id, days, forward'
_DAYS = ", ".join(
    str(int(one)) for one in (Span.ENDED_DAY, Span.CAME_DAY, Span.AGAIN_DAY, Span.FORWARD_AGAIN_DAY)
)


def stays_deviating() -> list[tuple[str, Sequence[Any]]]:
    """Give the statements that find the sums of stays which are not what they must be."""
    found = CarriedMonth.objects.filter(stays_until__isnull=False)
    until = found.values_list("stays_until", flat=True).first()
    if until is None:
        return []
    first = StaySum.objects.order_by("on").values_list("on", flat=True).first()
    months = _of_months((first or until).replace(day=1), until)
    return [_of_days(until), *months, *_of_leaks(until), *_of_flows(until)]


def _of_days(until: date) -> tuple[str, Sequence[Any]]:
    """The days before `until`, walked anew from the first."""
    walked, params = turned_sql(date.min, until)
    sql = (
        f"SELECT {KEY}, SUM(number) FROM (SELECT {COLUMNS} FROM dakehu_staysum"
        f' WHERE span IN ({_DAYS}) AND "on" < %s'
        f" UNION ALL SELECT {KEY}, -number FROM ({walked}) AS walked) AS both_sides"
        f" GROUP BY {KEY} HAVING SUM(number) <> 0"
    )
    return sql, [until, *params]


def _of_leaks(until: date) -> list[tuple[str, Sequence[Any]]]:
    """By stage and rival each day's leaks are its entries'; by product they add up to the same.

    And a month's are those of its days. The column of days names the kind of movement.
    """
    last = until - timedelta(days=1)
    window = Window(FunnelQuestion(on=last, period=containing(last, "month")), date.min)
    leaking, params = leaving(Where(), window)
    columns = '"on", by, key_id, rival, stage_id, kind, currency'
    at = 'dakehu_leaksum WHERE span = {} AND "on" < %s'
    days, months = at.format(int(Leaked.DAY)), at.format(int(Leaked.MONTH))
    told = 'SELECT 7, "on", NULL, stage_id, kind, SUM(n), SUM(minor) FROM ({} UNION ALL {})'
    alike = f"{told} AS both_sides GROUP BY {columns} HAVING SUM(minor) <> 0 OR SUM(n) <> 0"
    by_stage, by_rival = (
        f"SELECT {columns}, count AS n, amount_minor AS minor FROM {days} AND by = {int(by)}"
        for by in (By.STAGE, By.RIVAL)
    )
    entry = 'SELECT e."on", {}, 0, {}, e.stage_id, e.kind, e.currency, -1, e.amount_minor'
    entries = entry.format(int(By.STAGE), "''") + f" FROM dakehu_entry e WHERE {leaking}"
    rivals = entry.format(int(By.RIVAL), f"COALESCE({RIVAL}, '')")
    rivals += f" FROM dakehu_entry e {RIVALS} WHERE {leaking}"
    stages = (
        f"SELECT \"on\", 1 AS by, 0 AS key_id, '' AS rival, stage_id, kind, currency, 0 AS n,"
        f" amount_minor AS minor FROM {days} AND by = {int(By.STAGE)}"
    )
    products = (
        f"SELECT \"on\", 1, 0, '', stage_id, kind, currency, 0, -amount_minor FROM {days}"
        f" AND by = {int(By.PRODUCT)}"
    )
    month = month_of('"on"')
    of_days = (
        f'SELECT {month} AS "on", by, key_id, rival, stage_id, kind, currency, -count AS n,'
        f" -amount_minor AS minor FROM {days}"
    )
    of_months = f"SELECT {columns}, count, amount_minor FROM {months}"
    first = until.replace(day=1)
    return [
        (alike.format(by_stage, entries), [until, *params]),
        (alike.format(by_rival, rivals), [until, *params]),
        (alike.format(stages, products), [until, until]),
        (alike.format(of_days, of_months), [first, first]),
    ]


def _of_flows(until: date) -> list[tuple[str, Sequence[Any]]]:
    """The pairs of each day and of each carried week before `until`, counted anew.

    Told by where they came to.
    """
    weeks = FlowSum.objects.filter(on__lt=until, days__gt=1).order_by("on", "days")
    return [
        _of_pairs('"on"', '"on" < %s AND days = 1', days_sql(date.min, until), until),
        *(
            _of_pairs(day_literal(on), f'"on" = %s AND days = {days}', week_sql(on, days), on)
            for on, days in weeks.values_list("on", "days").distinct()
        ),
    ]


def _of_pairs(day: str, carried: str, anew: str, on: date) -> tuple[str, Sequence[Any]]:
    key = f'"on", {PAIR}' if day == '"on"' else PAIR
    sql = (
        f"SELECT 8, {day}, NULL, now_stage, now_place, SUM(n), SUM(now_sum) FROM ("
        f"SELECT {key}, count AS n, was_minor AS was_sum, now_minor AS now_sum"
        f" FROM dakehu_flowsum WHERE {carried}"
        f" UNION ALL SELECT {key}, -count, -was_minor, -now_minor FROM ({anew}) AS anew"
        f") AS both_sides GROUP BY {key}"
        " HAVING SUM(n) <> 0 OR SUM(was_sum) <> 0 OR SUM(now_sum) <> 0"
    )
    return sql, [on]


def _of_months(month: date, until: date) -> list[tuple[str, Sequence[Any]]]:
    """Each month's own sums, from its days; and what stood open after it."""
    checks: list[tuple[str, Sequence[Any]]] = []
    while (after := next_month(month)) <= until:
        alike = "SELECT {} AS came, stage_id, days, forward, {} AS n FROM dakehu_staysum"
        alike += " WHERE span = {} AND"
        ended = alike.format("came", "number", int(Span.ENDED_MONTH)) + ' "on" = %s'
        by_day = alike.format(month_of("came"), "-number", int(Span.ENDED_DAY))
        by_day += ' "on" >= %s AND "on" < %s'
        checks.append(
            (
                (
                    f"SELECT {int(Span.ENDED_MONTH)}, %s, came, stage_id, days, forward, SUM(n)"
                    f" FROM ({ended} UNION ALL {by_day}) AS both_sides"
                    " GROUP BY came, stage_id, days, forward HAVING SUM(n) <> 0"
                ),
                [month.isoformat(), month, month, after],
            )
        )
        one = 'SELECT came, stage_id, {} AS n FROM dakehu_staysum WHERE span = {} AND "on" {}'
        still = " UNION ALL ".join(
            (
                one.format("number", int(Span.OPEN_MONTH), "= %s"),
                one.format("-number", int(Span.CAME_DAY), "< %s"),
                one.format("number", int(Span.ENDED_DAY), "< %s"),
            )
        )
        checks.append(
            (
                (
                    f"SELECT {int(Span.OPEN_MONTH)}, %s, came, stage_id, 0, 0, SUM(n)"
                    f" FROM ({still}) AS both_sides GROUP BY came, stage_id HAVING SUM(n) <> 0"
                ),
                [after.isoformat(), after, after, after],
            )
        )
        month = after
    return checks
