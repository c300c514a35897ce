"""What is carried from the ledger: balances at the start of a month, turnover of days and months.

A cache: `rebuild` remakes it from the entries. The month M is carried when its balances stand and
the turnover of every day and month before it. Balances stand by position and, added up, of the
whole company; turnover is the whole company's alone (decision 16). Of the month that is not over
the turnover of its finished days is carried, and a change of today writes nothing here. How far
the days are carried is up to whoever carries: what is posted before that day adds to them.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from dakehu.actions.bulk import count_the_uncounted
from dakehu.actions.ledger.carry_flow import carry_weeks
from dakehu.actions.ledger.carry_stays import carry_stays, stays_are_stale_from
from dakehu.actions.ledger.hold import LedgerHold, lock_alone
from dakehu.core.ledger import Place, shrank
from dakehu.core.periods import next_month
from dakehu.models import (
    Balance,
    CarriedMonth,
    CompanyBalance,
    Entry,
    FlowSum,
    LeakSum,
    StaySum,
    Turnover,
)
from dakehu.models.carried import ALIKE
from dakehu.queries.ledger_moved import shrunk_sql

POSITION = (
    "place", "owner_id", "unit_id", "stage_id", "category", "close_month", "currency",
    "own_rate_bp",
)  # fmt: skip
_COLUMNS = ", ".join(POSITION)
#: Of POSITION, what the whole company's sums tell apart.
_ALIKE_AT = tuple(POSITION.index(column) for column in ALIKE)
_ALIKE = ", ".join(ALIKE)
_TOLD_APART = ("place", "kind", "shrunk", *ALIKE)
_MOVED = ", ".join(_TOLD_APART)
#: From so many rows on, one statement is faster than one for each.
_MANY = 20


def carry_forward(*, upto: date, at: datetime) -> int:
    """Carry every month up to the one that holds `upto`, and its days before `upto`.

    Gives how many months were carried anew. Each under a short lock of its own.
    """
    count_the_uncounted()
    carried = 0
    target = upto.replace(day=1)
    while True:
        with transaction.atomic():
            lock_alone()
            month = _next_to_carry()
            if month is None or month > target:
                _carry_days(upto)
                break
            _carry_month(month, at)
            carried += 1
    carry_stays(upto)
    carry_weeks(upto)
    return carried


def open_months(*, since: date, upto: date, at: datetime) -> None:
    """Carry the empty months from `since` on, before anything is posted in them.

    What is posted then keeps them right, and nobody reads a long history from its entries. Where
    something was posted before the first carried month nothing is opened.
    """
    with transaction.atomic():
        lock_alone()
        first = CarriedMonth.objects.order_by("month").values_list("month", flat=True).first()
        entries = Entry.objects.all() if first is None else Entry.objects.filter(on__lt=first)
        if entries.exists():
            return
        month, until = since.replace(day=1), first or next_month(upto.replace(day=1))
        rows = []
        while month < until:
            rows.append(CarriedMonth(month=month, carried_at=at))
            month = next_month(month)
        CarriedMonth.objects.bulk_create(rows)


def rebuild(*, since: date | None, upto: date, at: datetime) -> int:
    """Remake the carried months from `since` (None: all) on from the entries; give how many."""
    with transaction.atomic():
        lock_alone()
        if since is None:
            CarriedMonth.objects.all().delete()
            Balance.objects.all().delete()
            CompanyBalance.objects.all().delete()
            Turnover.objects.all().delete()
            StaySum.objects.all().delete()
            LeakSum.objects.all().delete()
            FlowSum.objects.all().delete()
        else:
            start = since.replace(day=1)
            found = CarriedMonth.objects.filter(stays_until__isnull=False)
            until = found.values_list("stays_until", flat=True).first()
            stays = None if until is None else min(until, start)
            CarriedMonth.objects.filter(month__gt=start).delete()
            Balance.objects.filter(month__gt=start).delete()
            CompanyBalance.objects.filter(month__gt=start).delete()
            Turnover.objects.filter(on__gte=start).delete()
            CarriedMonth.objects.filter(month=start).update(days_until=None, stays_until=stays)
    return carry_forward(upto=upto, at=at)


def _next_to_carry() -> date | None:
    last = CarriedMonth.objects.order_by("-month").values_list("month", flat=True).first()
    if last is not None:
        return next_month(last)
    first = Entry.objects.order_by("on").values_list("on", flat=True).first()
    return None if first is None else first.replace(day=1)


def _carry_days(upto: date) -> None:
    """Carry the turnover of the finished days of the last month, as far as it is not yet."""
    last = CarriedMonth.objects.order_by("-month").first()
    if last is None:
        return
    start, end = last.days_until or last.month, min(upto, next_month(last.month))
    if start < end:
        _carry_turnover_of_days(start, end)
        CarriedMonth.objects.filter(month=last.month).update(days_until=end)


def _carry_month(month: date, at: datetime) -> None:
    last = CarriedMonth.objects.order_by("-month").first()
    previous = None if last is None else last.month
    balance, company, entry = (m._meta.db_table for m in (Balance, CompanyBalance, Entry))
    start = previous or date.min
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {balance} (month, {_COLUMNS}, count, amount_minor)"
            f" SELECT %s, {_COLUMNS}, SUM(count), SUM(amount_minor) FROM ("
            f"  SELECT {_COLUMNS}, count, amount_minor FROM {balance} WHERE month = %s"
            f"  UNION ALL SELECT {_COLUMNS}, count, amount_minor FROM {entry}"
            f'  WHERE {entry}."on" >= %s AND {entry}."on" < %s AND place = %s) AS moved'
            f" GROUP BY {_COLUMNS} HAVING SUM(count) <> 0 OR SUM(amount_minor) <> 0",
            [month, start, start, month, int(Place.OPEN)],
        )
        cursor.execute(
            f"INSERT INTO {company} (month, {_ALIKE}, count, amount_minor)"
            f" SELECT month, {_ALIKE}, SUM(count), SUM(amount_minor) FROM {balance}"
            f" WHERE month = %s GROUP BY month, {_ALIKE}"
            " HAVING SUM(count) <> 0 OR SUM(amount_minor) <> 0",
            [month],
        )
    if last is not None:
        _carry_turnover_of_days(last.days_until or last.month, month)
        _carry_turnover_of_month(last.month, month)
        CarriedMonth.objects.filter(month=last.month).update(days_until=None, stays_until=None)
    CarriedMonth.objects.create(
        month=month, carried_at=at, stays_until=None if last is None else last.stays_until
    )


_INTO_TURNOVER = (
    f'INSERT INTO {Turnover._meta.db_table} (span, "on", {_MOVED}, count, amount_minor, base_minor)'
)


def _carry_turnover_of_days(start: date, end: date) -> None:
    """Add up the days of [start, end) from their entries."""
    entry = Entry._meta.db_table
    # Few entries change an amount: the movements of those alone are looked up.
    kind = "(SELECT m.kind FROM dakehu_movement m WHERE m.id = e.movement_id)"
    with connection.cursor() as cursor:
        cursor.execute(
            f'{_INTO_TURNOVER} SELECT {int(Turnover.Span.DAY)}, "on", {_MOVED}, SUM(count),'
            ' SUM(amount_minor), SUM(base_minor) FROM (SELECT e."on", e.place, e.kind,'
            f" {shrunk_sql(kind)} AS shrunk, {', '.join(f'e.{c}' for c in ALIKE)}, e.count,"
            f" e.amount_minor, COALESCE(e.base_minor, 0) AS base_minor FROM {entry} e"
            f' WHERE e."on" >= %s AND e."on" < %s AND e.place <> {int(Place.NOWHERE)}) AS moved'
            f' GROUP BY "on", {_MOVED}',
            [start, end],
        )


def _carry_turnover_of_month(start: date, end: date) -> None:
    """Add up a month from its days."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_INTO_TURNOVER} SELECT {int(Turnover.Span.MONTH)}, %s, {_MOVED}, SUM(count),"
            f" SUM(amount_minor), SUM(base_minor) FROM {Turnover._meta.db_table}"
            f' WHERE span = {int(Turnover.Span.DAY)} AND "on" >= %s AND "on" < %s'
            f" GROUP BY {_MOVED}",
            [start, start, end],
        )


@dataclass(frozen=True, slots=True)
class Carried:
    """An entry as carrying needs it; `mirrors`: its movement takes back another."""

    kind: int
    mirrors: bool
    on: date
    position: tuple[Any, ...]
    count: int
    amount_minor: int
    base_minor: int


def carried_of(entry: Entry, *, mirrors: bool) -> Carried:
    """Read an entry for carrying."""
    return Carried(
        entry.kind, mirrors, entry.on, tuple(getattr(entry, column) for column in POSITION),
        entry.count, entry.amount_minor, entry.base_minor or 0,
    )  # fmt: skip


def carry_rows(entries: Sequence[Carried], hold: LedgerHold) -> None:
    """Add entries, in the transaction that posts them, to all that is carried after their day.

    Stays and leaks become stale from the earliest day on. Where the hold is not `late` only
    turnover of days is touched besides, and others who hold the ledger too may be adding to the
    same rows: each adds its own to what stands, in the order of the key, so none is lost and two
    do not wait for each other over sums; the row that is missing is made by whoever comes first.
    """
    earliest = min(entry.on for entry in entries)
    if earliest < hold.stays_until:
        stays_are_stale_from(earliest)
    if hold.late:
        _carry_late(entries)
        return
    finished = [entry for entry in entries if entry.on < hold.until]
    if finished:
        _upsert_turnover(_turnovers(finished, months_until=date.min))


def _carry_late(entries: Sequence[Carried]) -> None:
    earliest = min(entry.on for entry in entries).replace(day=1)
    found = list(
        CarriedMonth.objects.filter(month__gte=earliest)
        .order_by("month")
        .values_list("month", "days_until")
    )
    if not found:
        return
    # The last carried month may be that of the posting itself: days of it may be carried.
    last, days_until = found[-1]
    months = [month for month, _days_until in found if month > earliest]
    opened = [e for e in entries if e.on < last and e.position[0] == Place.OPEN]
    for model, key, at in (
        (Balance, POSITION, tuple(range(len(POSITION)))),
        (CompanyBalance, ALIKE, _ALIKE_AT),
    ):
        _upsert(
            model._meta.db_table,
            ("month", *key),
            ("count", "amount_minor"),
            _balances(opened, at, months),
        )
    late = [entry for entry in entries if entry.on < (days_until or last)]
    _upsert_turnover(_turnovers(late, months_until=last))


def _upsert_turnover(rows: dict[tuple[Any, ...], list[int]]) -> None:
    _upsert(
        Turnover._meta.db_table,
        ("span", "on", *_TOLD_APART),
        ("count", "amount_minor", "base_minor"),
        rows,
    )


def _turnovers(
    entries: Sequence[Carried], *, months_until: date
) -> dict[tuple[Any, ...], list[int]]:
    """Sum up what days gain, and months as far as their turnover is carried."""
    found: dict[tuple[Any, ...], list[int]] = {}
    for entry in entries:
        place = entry.position[0]
        if place == Place.NOWHERE:
            continue
        less = int(shrank(entry.kind, entry.amount_minor, mirrors=entry.mirrors))
        alike = (place, entry.kind, less, *(entry.position[at] for at in _ALIKE_AT))
        spans = [(Turnover.Span.DAY, entry.on)]
        if entry.on < months_until:
            spans.append((Turnover.Span.MONTH, entry.on.replace(day=1)))
        for span, on in spans:
            sums = found.setdefault((int(span), on, *alike), [0, 0, 0])
            sums[0] += entry.count
            sums[1] += entry.amount_minor
            sums[2] += entry.base_minor
    return found


def _balances(
    entries: Sequence[Carried], at: Sequence[int], months: Sequence[date]
) -> dict[tuple[Any, ...], list[int]]:
    """Sum up what a position gains from one month on: what comes and goes again leaves nothing.

    `at`: which columns of the position are told apart.
    """
    opened: dict[tuple[Any, ...], dict[int, list[int]]] = {}
    for entry in entries:
        steps = opened.setdefault(tuple(entry.position[place] for place in at), {})
        sums = steps.setdefault(bisect_right(months, entry.on), [0, 0])
        sums[0] += entry.count
        sums[1] += entry.amount_minor
    found: dict[tuple[Any, ...], list[int]] = {}
    for position, steps in opened.items():
        places = sorted(steps)
        count = amount = 0
        for place, until in zip(places, [*places[1:], len(months)], strict=True):
            count += steps[place][0]
            amount += steps[place][1]
            if count or amount:
                for month in months[place:until]:
                    found[(month, *position)] = [count, amount]
    return found


def _named(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _upsert(
    table: str,
    key: tuple[str, ...],
    sums: tuple[str, ...],
    rows: dict[tuple[Any, ...], list[int]],
) -> None:
    if not rows:
        return
    columns = _named((*key, *sums))
    marks = ", ".join(["%s"] * (len(key) + len(sums)))
    adding = ", ".join(f"{c} = {table}.{c} + excluded.{c}" for c in sums)
    sql = (
        f"INSERT INTO {table} ({columns}) VALUES ({marks})"
        f" ON CONFLICT ({_named(key)}) DO UPDATE SET {adding}"
    )
    if connection.vendor == "postgresql" and len(rows) > _MANY:
        _upsert_at_once(table, key, sums, rows)
        return
    with connection.cursor() as cursor:
        # Sorted: two postings that touch the same rows take them in the same order.
        cursor.executemany(sql, [(*k, *v) for k, v in sorted(rows.items())])


def _upsert_at_once(
    table: str,
    key: tuple[str, ...],
    sums: tuple[str, ...],
    rows: dict[tuple[Any, ...], list[int]],
) -> None:
    """Do the same as `_upsert` for very many rows in one statement, a list for each column."""
    columns = _named((*key, *sums))
    adding = ", ".join(f"{c} = {table}.{c} + excluded.{c}" for c in sums)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({columns})"
            f" SELECT * FROM unnest({', '.join(_LIST_OF[c] for c in (*key, *sums))})"
            f" ON CONFLICT ({_named(key)}) DO UPDATE SET {adding}",
            [
                _listed(values)
                for values in zip(*((*k, *v) for k, v in sorted(rows.items())), strict=True)
            ],
        )


def _listed(values: Sequence[Any]) -> str:
    """Write numbers, days, or codes of currencies as PostgreSQL reads a list of them."""
    return f"{{{','.join(map(str, values))}}}"


#: What lists of each column's values are cast to.
_LIST_OF = {
    column: f"%s::{kind}[]"
    for kind, columns in {
        "date": ("month", "on", "close_month"),
        "smallint": ("span", "kind", "shrunk", "place", "category", "own_rate_bp"),
        "integer": ("count",),
        "bigint": ("owner_id", "unit_id", "stage_id", "amount_minor", "base_minor"),
        "varchar": ("currency",),
    }.items()
    for column in columns
}
