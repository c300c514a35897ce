"""Proving the ledger: movements, positions, rows, and what is carried, by sums in SQL (FUN-5)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

from django.db import connections

from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed
from dakehu.core.ledger import NO_MONTH, Kind, Place
from dakehu.models import CarriedMonth, Turnover
from dakehu.models.carried import ALIKE, POSITION
from dakehu.models.stamps import FAMILIES
from dakehu.models.triggers import APPEND_ONLY
from dakehu.queries.ledger import carried_until, fetch
from dakehu.queries.ledger_booked import booked_apart_sql, held_booked_sql, wrongly_booked
from dakehu.queries.ledger_most import MOST_HELD
from dakehu.queries.ledger_moved import shrunk_sql
from dakehu.queries.snapshot import read_alias
from dakehu.queries.stays_check import NAMES, stays_deviating

#: Deviations that are listed per check; all are counted.
LISTED = 20
MARKED = tuple(table for tables in FAMILIES.values() for table in tables)
_PLACED = ("place", *POSITION)
_COLUMNS = ", ".join(_PLACED)
_ALIKE = ", ".join(ALIKE)
_OPEN, _NOWHERE = int(Place.OPEN), int(Place.NOWHERE)


@dataclass(frozen=True, slots=True)
class Deviation:
    """One thing that is not as it must be, with what stands and what should."""

    what: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Check:
    """One promise of the ledger: how many cases were looked at, and which break it."""

    key: str
    checked: int
    deviating: int
    deviations: tuple[Deviation, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Verified:
    """What verifying found."""

    checks: tuple[Check, ...]

    @property
    def right(self) -> bool:
        """Test if nothing deviates."""
        return not any(check.deviating for check in self.checks)


def verify_ledger(viewer: Viewer) -> Verified:
    """Prove what FUN-5 promises of every movement, opportunity and carried month.

    For the operator and auditors: NotAllowed("ledger.verify").
    """
    if not (viewer.is_operator or viewer.holds("audit.read")):
        raise NotAllowed("ledger.verify")
    months = list(CarriedMonth.objects.order_by("month").values_list("month", flat=True))
    return Verified(
        (
            _movement_sums(),
            _entry_facts(),
            _one_position(),
            _left_positions(),
            _rows(),
            _reversals(),
            _bookings(),
            _dates(),
            _most(),
            _balances(months),
            _company(),
            _turnover(months),
            _months(months),
            _stays(),
            _guards(),
        )
    )


# --- of entries alone ------------------------------------------------------------------------


def _movement_sums() -> Check:
    sql = (
        "SELECT m.id, m.opportunity_id, COUNT(e.id), COALESCE(SUM(e.count), 0),"
        " COALESCE(SUM(e.amount_minor), 0) FROM dakehu_movement m"
        " LEFT JOIN dakehu_entry e ON e.movement_id = m.id GROUP BY m.id, m.opportunity_id"
        " HAVING COUNT(e.id) < 2 OR SUM(e.count) <> 0 OR SUM(e.amount_minor) <> 0"
    )
    return _check(
        "movement_sums", "SELECT COUNT(*) FROM dakehu_movement", sql,
        ("movement", "opportunity", "entries", "count", "amount_minor"),
    )  # fmt: skip


def _entry_facts() -> Check:
    # A mirror's entries carry the kind of what they take back.
    sql = (
        "SELECT e.id, e.movement_id FROM dakehu_entry e"
        " JOIN dakehu_movement m ON m.id = e.movement_id"
        ' WHERE e.opportunity_id <> m.opportunity_id OR e."on" <> m."on"'
        " OR e.recorded_at <> m.recorded_at"
        f" OR (e.kind <> m.kind AND m.kind <> {int(Kind.REVERSED)})"
    )
    return _check("entry_facts", "SELECT COUNT(*) FROM dakehu_entry", sql, ("entry", "movement"))


def _held() -> str:
    """Give the sums per opportunity and position; nowhere is no position."""
    return (
        f"SELECT opportunity_id, {_COLUMNS}, SUM(count) AS n, SUM(amount_minor) AS amount"
        f" FROM dakehu_entry WHERE place <> {_NOWHERE} GROUP BY opportunity_id, {_COLUMNS}"
    )


def _one_position() -> Check:
    sql = (
        "SELECT o.id, o.voided, COALESCE(h.positions, 0), COALESCE(h.n, 0)"
        " FROM dakehu_opportunity o LEFT JOIN"
        " (SELECT opportunity_id, COUNT(*) AS positions, SUM(n) AS n, MAX(n) AS most"
        f"  FROM ({_held()}) AS held WHERE n <> 0 GROUP BY opportunity_id) AS h"
        " ON h.opportunity_id = o.id"
        " WHERE (o.voided AND h.positions IS NOT NULL)"
        " OR (NOT o.voided AND (h.positions IS NULL OR h.positions <> 1 OR h.n <> 1))"
    )
    return _check(
        "one_position", "SELECT COUNT(*) FROM dakehu_opportunity", sql,
        ("opportunity", "voided", "positions", "count"),
    )  # fmt: skip


def _left_positions() -> Check:
    sql = (
        f"SELECT opportunity_id, {_COLUMNS}, n, amount FROM ({_held()}) AS held"
        " WHERE (n = 0 AND amount <> 0) OR n < 0 OR n > 1"
    )
    return _check(
        "left_positions", f"SELECT COUNT(*) FROM ({_held()}) AS held", sql,
        ("opportunity", *_PLACED, "count", "amount_minor"),
    )  # fmt: skip


def _rows() -> Check:
    month = (
        "DATE(o.close_on, 'start of month')"
        if _vendor() == "sqlite"
        else "CAST(DATE_TRUNC('month', o.close_on) AS DATE)"
    )
    same = {
        "place": "o.place",
        "owner_id": "o.owner_id",
        "unit_id": "o.unit_id",
        "stage_id": "o.stage_id",
        "category": "o.category",
        "close_month": f"COALESCE({month}, '{NO_MONTH.isoformat()}')",
        "currency": "o.currency_id",
        "own_rate_bp": "COALESCE(o.own_rate_bp, -1)",
        "amount": "o.amount_minor",
    }
    differ = " OR ".join(f"h.{entry} <> {row}" for entry, row in same.items())
    sql = (
        f"SELECT o.id, {', '.join(f'h.{entry}, {row}' for entry, row in same.items())}"
        f" FROM dakehu_opportunity o JOIN ({_held()}) AS h ON h.opportunity_id = o.id"
        f" WHERE h.n = 1 AND NOT o.voided AND ({differ})"
    )
    names = ["opportunity"]
    for entry in same:
        names += [f"{entry} by entries", f"{entry} in the row"]
    checked = "SELECT COUNT(*) FROM dakehu_opportunity o WHERE NOT o.voided"
    found = _check("rows", checked, sql, names)
    return Check(
        found.key, found.checked, found.deviating, tuple(map(_only_what_differs, found.deviations))
    )


def _only_what_differs(deviation: Deviation) -> Deviation:
    facts: dict[str, Any] = {}
    for (name, by_entries), (_other, in_row) in list(pairwise(deviation.facts.items()))[::2]:
        if str(by_entries) != str(in_row):
            facts[name] = by_entries
            facts[_other] = in_row
    return Deviation(deviation.what, facts)


def _reversals() -> Check:
    sql = (
        f"SELECT pair, {_COLUMNS}, SUM(count), SUM(amount_minor) FROM ("
        f" SELECT m.reverses_id AS pair, {_COLUMNS}, e.count, e.amount_minor"
        "  FROM dakehu_movement m JOIN dakehu_entry e ON e.movement_id = m.id"
        "  WHERE m.reverses_id IS NOT NULL"
        f" UNION ALL SELECT m.reverses_id, {_COLUMNS}, e.count, e.amount_minor"
        "  FROM dakehu_movement m JOIN dakehu_entry e ON e.movement_id = m.reverses_id"
        f" ) AS both_sides GROUP BY pair, {_COLUMNS}"
        " HAVING SUM(count) <> 0 OR SUM(amount_minor) <> 0"
    )
    checked = "SELECT COUNT(*) FROM dakehu_movement WHERE reverses_id IS NOT NULL"
    names = ("movement reversed", *_PLACED, "count", "amount_minor")
    return _check("reversals", checked, sql, names)


def _bookings() -> Check:
    """What an outcome books is its amount at the day's rate, and goes when it is left."""
    checked = f"SELECT COUNT(*) FROM dakehu_entry WHERE place > {_OPEN}"
    held = _check(
        "bookings", checked, held_booked_sql(),
        ("opportunity", "count", "base_minor by entries", "base_minor in the row"),
    )  # fmt: skip
    apart = _check("bookings", checked, booked_apart_sql(), ("entry", "opportunity", "base_minor"))
    total = held.deviating + apart.deviating
    listed = [*held.deviations, *apart.deviations]
    for facts in wrongly_booked():
        total += 1
        if len(listed) < LISTED:
            entry = facts.pop("entry")
            listed.append(Deviation(f"entry {entry}", facts))
    return Check("bookings", held.checked, total, tuple(listed[:LISTED]))


def _dates() -> Check:
    """No movement that counts lies outside the days that the row gives: readers rely on it."""
    sql = (
        "SELECT o.id, o.created_on, m.first_on, o.last_on, m.final_on FROM dakehu_opportunity o"
        ' JOIN (SELECT opportunity_id, MIN("on") AS first_on, MAX("on") AS final_on'
        "  FROM dakehu_movement m WHERE m.reverses_id IS NULL AND NOT EXISTS"
        "  (SELECT 1 FROM dakehu_movement r WHERE r.reverses_id = m.id)"
        "  GROUP BY opportunity_id) AS m ON m.opportunity_id = o.id"
        " WHERE m.first_on < o.created_on OR m.final_on > o.last_on"
    )
    return _check(
        "dates", "SELECT COUNT(*) FROM dakehu_opportunity", sql,
        ("opportunity", "created_on", "first movement", "last_on", "last movement"),
    )  # fmt: skip


def _most() -> Check:
    """No opportunity ever held more than its row says: a past day's largest are found by it."""
    sql = (
        f"SELECT o.id, o.most_minor, held.most FROM dakehu_opportunity o JOIN ({MOST_HELD}) AS held"
        " ON held.opportunity_id = o.id WHERE held.most > o.most_minor"
    )
    return _check(
        "most", "SELECT COUNT(*) FROM dakehu_opportunity", sql,
        ("opportunity", "most_minor in the row", "most by entries"),
    )  # fmt: skip


# --- of what is carried ----------------------------------------------------------------------


def _balances(months: Sequence[date]) -> Check:
    """Each balance is the one before and the entries between; the first, the entries before it."""
    checks = []
    for before, month in zip([None, *months], months, strict=False):
        since = before or date.min
        opening = (
            f"SELECT {_COLUMNS}, -count AS n, -amount_minor AS amount FROM dakehu_balance"
            " WHERE month = %s UNION ALL "
        )
        sql = (
            f"SELECT %s, {_COLUMNS}, SUM(n), SUM(amount) FROM ({opening}"
            f" SELECT {_COLUMNS}, count, amount_minor FROM dakehu_balance WHERE month = %s"
            f" UNION ALL SELECT {_COLUMNS}, -count, -amount_minor FROM dakehu_entry"
            f' WHERE "on" >= %s AND "on" < %s AND place = {_OPEN}) AS moved'
            f" GROUP BY {_COLUMNS} HAVING SUM(n) <> 0 OR SUM(amount) <> 0"
        )
        checks.append((sql, [month.isoformat(), since, month, since, month]))
    checked = "SELECT COUNT(*) FROM dakehu_balance"
    return _check_each("balances", checked, checks, ("month", *_PLACED, "count", "amount_minor"))


def _company() -> Check:
    """The whole company's balances are the sums of those by position, in every month."""
    sql = (
        f"SELECT month, {_ALIKE}, SUM(n), SUM(amount) FROM ("
        f" SELECT month, {_ALIKE}, count AS n, amount_minor AS amount FROM dakehu_companybalance"
        f" UNION ALL SELECT month, {_ALIKE}, -count, -amount_minor FROM dakehu_balance) AS sums"
        f" GROUP BY month, {_ALIKE} HAVING SUM(n) <> 0 OR SUM(amount) <> 0"
    )
    return _check(
        "company_balances", "SELECT COUNT(*) FROM dakehu_companybalance", sql,
        ("month", *ALIKE, "count", "amount_minor"),
    )  # fmt: skip


def _turnover(months: Sequence[date]) -> Check:
    """What moved in each month before the last carried one and on each finished day; no more."""
    key = f'span, "on", place, kind, shrunk, {_ALIKE}'
    names = ("span", "on", "place", "kind", "shrunk", *ALIKE, "count", "amount_minor", "base_minor")
    carried = f"SELECT {key}, count AS n, amount_minor AS amount, base_minor AS base"
    month = "STRFTIME('%%Y-%%m-01', e.\"on\")" if _vendor() == "sqlite" else (
        "CAST(DATE_TRUNC('month', e.\"on\") AS DATE)"
    )  # fmt: skip
    alike = ", ".join(f"e.{column}" for column in ALIKE)
    spans = [(Turnover.Span.DAY, 'e."on"'), (Turnover.Span.MONTH, month)]
    of_entries = "".join(
        f" UNION ALL SELECT {int(span)}, {on}, e.place, e.kind, {shrunk_sql('m.kind')}, {alike},"
        " -e.count, -e.amount_minor, -COALESCE(e.base_minor, 0)"
        " FROM dakehu_entry e JOIN dakehu_movement m ON m.id = e.movement_id"
        f' WHERE e."on" < %s AND e.place <> {_NOWHERE}'
        for span, on in spans
    )
    until = {
        Turnover.Span.DAY: carried_until(),
        Turnover.Span.MONTH: months[-1] if months else date.min,
    }
    sql = (
        f"SELECT {key}, SUM(n), SUM(amount), SUM(base) FROM ({carried} FROM dakehu_turnover"
        f"{of_entries}) AS moved GROUP BY {key}"
        " HAVING SUM(n) <> 0 OR SUM(amount) <> 0 OR SUM(base) <> 0"
    )
    checked = "SELECT COUNT(*) FROM dakehu_turnover"
    return _check_each("turnover", checked, [(sql, [until[span] for span, _on in spans])], names)


def _months(months: Sequence[date]) -> Check:
    """Opening + turnover = closing, of the whole company's carried sums alone."""
    checks = []
    for month, after in pairwise(months):
        sql = (
            f"SELECT %s, {_ALIKE}, SUM(n), SUM(amount) FROM ("
            f" SELECT {_ALIKE}, count AS n, amount_minor AS amount FROM dakehu_companybalance"
            "  WHERE month = %s"
            f" UNION ALL SELECT {_ALIKE}, count, amount_minor FROM dakehu_turnover"
            f'  WHERE span = {int(Turnover.Span.MONTH)} AND "on" >= %s AND "on" < %s'
            f"  AND place = {_OPEN}"
            f" UNION ALL SELECT {_ALIKE}, -count, -amount_minor FROM dakehu_companybalance"
            "  WHERE month = %s) AS moved"
            f" GROUP BY {_ALIKE} HAVING SUM(n) <> 0 OR SUM(amount) <> 0"
        )
        checks.append((sql, [month.isoformat(), month, month, after, after]))
    checked = "SELECT COUNT(*) FROM dakehu_carriedmonth"
    return _check_each("months", checked, checks, ("month", *ALIKE, "count", "amount_minor"))


def _stays() -> Check:
    """Carried stays are what the chains tell: by day, by month, and open at each month's start."""
    checked = "SELECT COUNT(*) FROM dakehu_staysum"
    return _check_each("stays", checked, stays_deviating(), NAMES)


def _guards() -> Check:
    """The triggers stand: those that refuse to change history, and those that mark a change."""
    if _vendor() == "sqlite":
        wanted = {f"{table}_no_{verb}" for table in APPEND_ONLY for verb in ("update", "delete")}
        wanted |= {f"{t}_mark_{verb}" for t in MARKED for verb in ("insert", "update", "delete")}
        rows = fetch("SELECT name FROM sqlite_master WHERE type = 'trigger'", [])
    else:
        wanted = {f"{table}_no_{what}" for table in APPEND_ONLY for what in ("change", "truncate")}
        wanted |= {f"{table}_mark" for table in MARKED}
        rows = fetch("SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'", [])
    missing = sorted(wanted - {row[0] for row in rows})
    return Check(
        "guards", len(wanted), len(missing), tuple(Deviation(name, {}) for name in missing)
    )


# --- asking ----------------------------------------------------------------------------------


def _vendor() -> str:
    return connections[read_alias()].vendor


def _check(key: str, checked: str, sql: str, names: Sequence[str]) -> Check:
    return _check_each(key, checked, [(sql, [])], names)


def _check_each(
    key: str,
    checked: str,
    queries: Sequence[tuple[str, Sequence[Any]]],
    names: Sequence[str],
) -> Check:
    total = 0
    listed: list[Deviation] = []
    for sql, params in queries:
        rows = fetch(f"{sql} LIMIT {LISTED}", params)
        if not rows:
            continue
        total += int(fetch(f"SELECT COUNT(*) FROM ({sql}) AS found", params)[0][0])
        for row in rows[: LISTED - len(listed)]:
            facts = dict(zip(names[1:], row[1:], strict=True))
            listed.append(Deviation(f"{names[0]} {row[0]}", facts))
    return Check(key, int(fetch(checked, [])[0][0]), total, tuple(listed))
