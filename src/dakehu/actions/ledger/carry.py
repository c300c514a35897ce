"""What is carried from the ledger: balances at the start of a month, turnover of days and months.

A cache: `rebuild` remakes it from the entries. The month M is carried when its balances stand and
the turnover of every day and month before it. Balances stand by position and, added up, of the
whole company; turnover is the whole company's alone (decision 16). The month that is not over
needs no carrying, and a change of today writes nothing here.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from dakehu.core.errors import Conflict
from dakehu.core.ledger import Place, shrank
from dakehu.core.periods import next_month
from dakehu.models import Balance, CarriedMonth, CompanyBalance, Entry, Turnover
from dakehu.models.ledger import ALIKE
from dakehu.queries.ledger_moved import shrunk_sql
from dakehu.queries.organisation import organisation

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
#: One lock for all that carries; the number only has to be ours.
_LOCK = 7042018
_BOOKS = 7042019
#: From so many rows on, one statement is faster than one for each.
_MANY = 20


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
            CompanyBalance.objects.all().delete()
            Turnover.objects.all().delete()
        else:
            start = since.replace(day=1)
            CarriedMonth.objects.filter(month__gt=start).delete()
            Balance.objects.filter(month__gt=start).delete()
            CompanyBalance.objects.filter(month__gt=start).delete()
            Turnover.objects.filter(on__gte=start).delete()
    return carry_forward(upto=upto, at=at)


def _next_to_carry() -> date | None:
    last = CarriedMonth.objects.order_by("-month").values_list("month", flat=True).first()
    if last is not None:
        return next_month(last)
    first = Entry.objects.order_by("on").values_list("on", flat=True).first()
    return None if first is None else first.replace(day=1)


def _carry_month(month: date, at: datetime) -> None:
    previous = CarriedMonth.objects.order_by("-month").values_list("month", flat=True).first()
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
    if previous is not None:
        _carry_turnover(previous, month)
    CarriedMonth.objects.create(month=month, carried_at=at)


def _carry_turnover(start: date, end: date) -> None:
    """Add up the days of a month from its entries, and the month from its days."""
    turnover, entry = Turnover._meta.db_table, Entry._meta.db_table
    into = f'INSERT INTO {turnover} (span, "on", {_MOVED}, count, amount_minor, base_minor)'
    # Few entries change an amount: the movements of those alone are looked up.
    kind = "(SELECT m.kind FROM dakehu_movement m WHERE m.id = e.movement_id)"
    with connection.cursor() as cursor:
        cursor.execute(
            f'{into} SELECT {int(Turnover.Span.DAY)}, "on", {_MOVED}, SUM(count),'
            ' SUM(amount_minor), SUM(base_minor) FROM (SELECT e."on", e.place, e.kind,'
            f" {shrunk_sql(kind)} AS shrunk, {', '.join(f'e.{c}' for c in ALIKE)}, e.count,"
            f" e.amount_minor, COALESCE(e.base_minor, 0) AS base_minor FROM {entry} e"
            f' WHERE e."on" >= %s AND e."on" < %s AND e.place <> {int(Place.NOWHERE)}) AS moved'
            f' GROUP BY "on", {_MOVED}',
            [start, end],
        )
        cursor.execute(
            f"{into} SELECT {int(Turnover.Span.MONTH)}, %s, {_MOVED}, SUM(count),"
            f" SUM(amount_minor), SUM(base_minor) FROM {turnover}"
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


def carry_rows(entries: Sequence[Carried]) -> None:
    """Add entries to everything carried already after their day; needs `lock_alone`."""
    earliest = min(entry.on for entry in entries)
    months = list(
        CarriedMonth.objects.filter(month__gt=earliest.replace(day=1))
        .order_by("month")
        .values_list("month", flat=True)
    )
    if not months:
        return
    late = [entry for entry in entries if entry.on < months[-1]]
    opened = [entry for entry in late if entry.position[0] == Place.OPEN]
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
    _upsert(
        Turnover._meta.db_table,
        ("span", "on", *_TOLD_APART),
        ("count", "amount_minor", "base_minor"),
        _turnovers(late),
    )


def _turnovers(entries: Sequence[Carried]) -> dict[tuple[Any, ...], list[int]]:
    found: dict[tuple[Any, ...], list[int]] = {}
    for entry in entries:
        place = entry.position[0]
        if place == Place.NOWHERE:
            continue
        less = int(shrank(entry.kind, entry.amount_minor, mirrors=entry.mirrors))
        alike = (place, entry.kind, less, *(entry.position[at] for at in _ALIKE_AT))
        for span, on in (
            (Turnover.Span.DAY, entry.on), (Turnover.Span.MONTH, entry.on.replace(day=1)),
        ):  # fmt: skip
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
