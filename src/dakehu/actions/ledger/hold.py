"""Who holds the ledger: postings together, carrying and postings into carried months alone.

A posting of a day whose turnover is carried, in the month that is not over, holds it together
with the others too: what it changes are sums of that day, and adding to a sum needs no order
among those who add (`carry.carry_rows`). What needs the lock alone is a month's balance: a late
posting changes those of all later months, by positions that another may be making or emptying.
Carrying needs it alone, because between its sum of the entries and its word of how far it came
nothing may be posted; whoever posts takes the lock first and then reads how far that is.
"""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from dakehu.core.errors import Conflict
from dakehu.models import CarriedMonth
from dakehu.queries.organisation import organisation

#: One lock for all that carries; the number only has to be ours.
_LOCK = 7042018
_BOOKS = 7042019


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
    """The ledger held for postings from a day on; `late` where they change carried months.

    `until`: the first day whose turnover is not carried, as read under the lock; where `late`,
    whoever carries reads it with the months. `stays_until`: the first day whose stays are not.
    """

    since: date
    late: bool
    until: date = date.min
    stays_until: date = date.max


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
    org = organisation()
    if org.carried is None or org.carried[1] <= on:
        return LedgerHold(on, late=False, until=org.turnover_until, stays_until=org.stays_until)
    _from_shared_to_alone()
    return LedgerHold(on, late=True)


def hold_ledger(earliest: date) -> LedgerHold:
    """Take the lock that a posting from that day on needs, and tell what it changes.

    The lock is chosen before it is taken: two late postings that both went from shared to alone
    would wait for each other. Raises Conflict("ledger.busy") where a month was carried in between.
    """
    if _carried()[0] > earliest:
        lock_alone()
        return LedgerHold(earliest, late=True)
    lock_shared()
    month, until, stays_until = _carried()
    if month <= earliest:
        return LedgerHold(earliest, late=False, until=until, stays_until=stays_until)
    _from_shared_to_alone()
    return LedgerHold(earliest, late=True)


def _from_shared_to_alone() -> None:
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        row = cursor.fetchone()
    if row is None or not row[0]:
        raise Conflict("ledger.busy")


def _carried() -> tuple[date, date, date]:
    """Give the last carried month and the first days whose turnover and stays aren't carried."""
    months = CarriedMonth.objects.order_by("-month")
    last = months.values_list("month", "days_until", "stays_until").first()
    if last is None:
        return date.min, date.min, date.min
    return last[0], last[1] or last[0], last[2] or date.min
