"""What is carried from the ledger per month: balances at its start, turnover within it.

A cache: `rebuild` remakes it from the entries. The month M is carried when its balance stands and
the turnover of every month before it. Readers start at the last carried month, so the current
month needs no carrying and a change of today writes nothing here.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from dakehu.core.errors import Conflict
from dakehu.core.ledger import Place
from dakehu.models import Balance, CarriedMonth, Entry, Turnover
from dakehu.queries.organisation import organisation

POSITION = (
    "place", "owner_id", "unit_id", "stage_id", "category", "close_month", "currency",
    "own_rate_bp",
)  # fmt: skip
_COLUMNS = ", ".join(POSITION)
#: One lock for all that carries; the number only has to be ours.
_LOCK = 7042018
_BOOKS = 7042019
#: From so many rows on, COPY is faster than statement by statement.
_MANY = 50


def lock_shared() -> None:
    """Hold off carrying until this transaction ends; SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_LOCK])


def lock_alone() -> None:
    """Wait for every posting under way and hold off new ones until this transaction ends."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def hold_books(*, alone: bool = False) -> None:
    """Keep the books as they are read until this transaction ends; `alone` to close them.

    Closing waits for postings under way, and postings that come later see it. A lock of its own,
    always taken before the ledger's: then nobody waits in a circle.
    """
    if connection.vendor == "postgresql":
        taken = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {taken}(%s)", [_BOOKS])


@dataclass(frozen=True, slots=True)
class LedgerHold:
    """The ledger held for postings from a day on; `late` where they change carried months."""

    since: date
    late: bool


def hold_for_posting(on: date, *, today: date) -> LedgerHold:
    """Take both locks of a posting on a day by one statement, as the first of a save.

    Months are carried up to that of `today`, so the calendar says which lock it takes; what is
    carried says after it whether that was right. Raises Conflict("ledger.busy") as `hold_ledger`.
    """
    late = on < today.replace(day=1)
    if connection.vendor == "postgresql":
        taken = "pg_advisory_xact_lock" if late else "pg_advisory_xact_lock_shared"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_advisory_xact_lock_shared(%s), {taken}(%s)", [_BOOKS, _LOCK])
    if late:
        return LedgerHold(on, late=True)
    carried = organisation().carried
    if carried is None or carried[1] <= on:
        return LedgerHold(on, late=False)
    _from_shared_to_alone()
    return LedgerHold(on, late=True)


def hold_ledger(earliest: date) -> bool:
    """Take the lock that a posting from that day on needs; tell if it changes carried months.

    The lock is chosen before it is taken: two late postings that both went from shared to alone
    would wait for each other. Raises Conflict("ledger.busy") where a month was carried in between.
    """
    if _is_carried_after(earliest):
        lock_alone()
        return True
    lock_shared()
    if not _is_carried_after(earliest):
        return False
    _from_shared_to_alone()
    return True


def _from_shared_to_alone() -> None:
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        row = cursor.fetchone()
    if row is None or not row[0]:
        raise Conflict("ledger.busy")


def _is_carried_after(day: date) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM dakehu_carriedmonth WHERE month > %s LIMIT 1", [day])
        return cursor.fetchone() is not None


def next_month(month: date) -> date:
    """Give the first day of the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def carry_forward(*, upto: date, at: datetime) -> int:
    """Carry every month up to the one that holds `upto`; give how many were carried anew."""
    carried = 0
    target = upto.replace(day=1)
    while True:
        with transaction.atomic():
            lock_alone()
            month = _next_to_carry()
            if month is None or month > target:
                return carried
            _carry_month(month, at)
            carried += 1


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
            Turnover.objects.all().delete()
        else:
            start = since.replace(day=1)
            CarriedMonth.objects.filter(month__gt=start).delete()
            Balance.objects.filter(month__gt=start).delete()
            Turnover.objects.filter(month__gte=start).delete()
    return carry_forward(upto=upto, at=at)


def _next_to_carry() -> date | None:
    last = CarriedMonth.objects.order_by("-month").values_list("month", flat=True).first()
    if last is not None:
        return next_month(last)
    first = Entry.objects.order_by("on").values_list("on", flat=True).first()
    return None if first is None else first.replace(day=1)


def _carry_month(month: date, at: datetime) -> None:
    previous = CarriedMonth.objects.order_by("-month").values_list("month", flat=True).first()
    balance, turnover, entry = (m._meta.db_table for m in (Balance, Turnover, Entry))
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
        if previous is not None:
            cursor.execute(
                f"INSERT INTO {turnover}"
                f" (month, kind, {_COLUMNS}, count, amount_minor, base_minor)"
                f" SELECT %s, kind, {_COLUMNS}, SUM(count), SUM(amount_minor),"
                f" SUM(COALESCE(base_minor, 0)) FROM {entry}"
                f' WHERE {entry}."on" >= %s AND {entry}."on" < %s AND place <> %s'
                f" GROUP BY kind, {_COLUMNS}",
                [previous, previous, month, int(Place.NOWHERE)],
            )
    CarriedMonth.objects.create(month=month, carried_at=at)


def update_carried(entries: Iterable[Entry]) -> None:
    """Add new entries to every month already carried after their day; needs `lock_alone`."""
    carry_rows(
        [
            (
                entry.kind, entry.on, tuple(getattr(entry, column) for column in POSITION),
                entry.count, entry.amount_minor, entry.base_minor or 0,
            )
            for entry in entries
        ]
    )  # fmt: skip


#: An entry as carrying needs it: kind, day, position, count, amount, base amount.
Carried = tuple[int, date, tuple[Any, ...], int, int, int]


def carry_rows(entries: Sequence[Carried]) -> None:
    """Add entries to every month already carried after their day; needs `lock_alone`."""
    earliest = min(entry[1] for entry in entries)
    months = list(
        CarriedMonth.objects.filter(month__gt=earliest.replace(day=1))
        .order_by("month")
        .values_list("month", flat=True)
    )
    if not months:
        return
    opened: dict[tuple[Any, ...], dict[int, list[int]]] = {}
    turnovers: dict[tuple[Any, ...], list[int]] = {}
    for kind, on, position, count, amount, base in entries:
        after = bisect_right(months, on)
        if after == len(months):
            continue
        if position[0] == Place.OPEN:
            sums = opened.setdefault(position, {}).setdefault(after, [0, 0])
            sums[0] += count
            sums[1] += amount
        if position[0] != Place.NOWHERE:
            flows = turnovers.setdefault((on.replace(day=1), kind, *position), [0, 0, 0])
            flows[0] += count
            flows[1] += amount
            flows[2] += base
    _upsert(
        Balance._meta.db_table,
        ("month", *POSITION),
        ("count", "amount_minor"),
        _balances(opened, months),
    )
    _upsert(
        Turnover._meta.db_table,
        ("month", "kind", *POSITION),
        ("count", "amount_minor", "base_minor"),
        turnovers,
    )


def _balances(
    opened: dict[tuple[Any, ...], dict[int, list[int]]], months: Sequence[date]
) -> dict[tuple[Any, ...], list[int]]:
    """Sum up what a position gains from one month on: what comes and goes again leaves nothing."""
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


def _upsert(
    table: str,
    key: tuple[str, ...],
    sums: tuple[str, ...],
    rows: dict[tuple[Any, ...], list[int]],
) -> None:
    if not rows:
        return
    marks = ", ".join(["%s"] * (len(key) + len(sums)))
    adding = ", ".join(f"{c} = {table}.{c} + excluded.{c}" for c in sums)
    sql = (
        f"INSERT INTO {table} ({', '.join((*key, *sums))}) VALUES ({marks})"
        f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {adding}"
    )
    if connection.vendor == "postgresql" and len(rows) > _MANY:
        _upsert_by_copy(table, key, sums, rows)
        return
    with connection.cursor() as cursor:
        # Sorted: two postings that touch the same rows take them in the same order.
        cursor.executemany(sql, [(*k, *v) for k, v in sorted(rows.items())])


def _upsert_by_copy(
    table: str,
    key: tuple[str, ...],
    sums: tuple[str, ...],
    rows: dict[tuple[Any, ...], list[int]],
) -> None:
    """Do the same as `_upsert` for very many rows: COPY into a table of this session first."""
    columns = ", ".join((*key, *sums))
    adding = ", ".join(f"{c} = {table}.{c} + excluded.{c}" for c in sums)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMP TABLE {table}_coming ON COMMIT DROP AS"
            f" SELECT {columns} FROM {table} WITH NO DATA"
        )
        with cursor.copy(f"COPY {table}_coming ({columns}) FROM STDIN") as copy:
            for k, v in sorted(rows.items()):
                copy.write_row((*k, *v))
        cursor.execute(
            f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table}_coming"
            f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {adding}"
        )
        cursor.execute(f"DROP TABLE {table}_coming")
