"""What is carried from the ledger per month: balances at its start, turnover within it.

A cache: `rebuild` remakes it from the entries. The month M is carried when its balance stands and
the turnover of every month before it. Readers start at the last carried month, so the current
month needs no carrying and a change of today writes nothing here.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from dakehu.core.errors import Conflict
from dakehu.core.ledger import Place
from dakehu.models import Balance, CarriedMonth, Entry, Turnover

POSITION = (
    "place", "owner_id", "unit_id", "stage_id", "category", "close_month", "currency",
    "own_rate_bp",
)  # fmt: skip
_COLUMNS = ", ".join(POSITION)
#: One lock for all that carries; the number only has to be ours.
_LOCK = 7042018


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
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
            row = cursor.fetchone()
        if row is None or not row[0]:
            raise Conflict("ledger.busy")
    return True


def _is_carried_after(day: date) -> bool:
    return CarriedMonth.objects.filter(month__gt=day).exists()


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
    entries = list(entries)
    earliest = min(entry.on for entry in entries)
    months = list(
        CarriedMonth.objects.filter(month__gt=earliest.replace(day=1))
        .order_by("month")
        .values_list("month", flat=True)
    )
    balances: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    turnovers: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0, 0])
    for entry in entries:
        position = tuple(getattr(entry, column) for column in POSITION)
        if entry.place == Place.OPEN:
            for month in months:
                if month > entry.on:
                    sums = balances[(month, *position)]
                    sums[0] += entry.count
                    sums[1] += entry.amount_minor
        own_month = entry.on.replace(day=1)
        if entry.place != Place.NOWHERE and any(month > entry.on for month in months):
            flows = turnovers[(own_month, entry.kind, *position)]
            flows[0] += entry.count
            flows[1] += entry.amount_minor
            flows[2] += entry.base_minor or 0
    _upsert(
        Balance._meta.db_table,
        ("month", *POSITION),
        ("count", "amount_minor"),
        balances,
    )
    _upsert(
        Turnover._meta.db_table,
        ("month", "kind", *POSITION),
        ("count", "amount_minor", "base_minor"),
        turnovers,
    )


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
    with connection.cursor() as cursor:
        # Sorted: two postings that touch the same rows take them in the same order.
        cursor.executemany(sql, [(*k, *v) for k, v in sorted(rows.items())])
