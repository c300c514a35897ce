"""Reading the ledger: sums of positions on a day and of movements between two (FUN-5).

A figure reads the last carried balance and at most a month or two of entries after it; what had
been known at an earlier moment is read from the entries alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connections

from dakehu.core.access import Viewer
from dakehu.core.funnel import Cell, Scope
from dakehu.core.ledger import NO_MONTH, Place
from dakehu.core.periods import Period, next_month
from dakehu.models import BooksClosing, Turnover
from dakehu.queries.organisation import organisation
from dakehu.queries.snapshot import read_alias

DAY = timedelta(days=1)
SCOPES: tuple[Scope, ...] = ("overdue", "in_period", "later", "undated")


@dataclass(frozen=True, slots=True)
class Where:
    """Positions of these units (None: of all), of this owner, and not of those units.

    `accounts` narrows to opportunities of these accounts. Carried balances know no opportunity,
    so what is narrowed so is read from entries alone.
    """

    units: frozenset[int] | None = None
    owner_id: int | None = None
    not_units: frozenset[int] = frozenset()
    accounts: frozenset[int] | None = None

    def sql(self, table: str = "", *, has_account: bool = False) -> str:
        """Give the condition; ids are whole numbers of ours, so they stand in the text.

        `table` is the alias of the table with its dot, where several are joined; with
        `has_account` it has a column of the account, else one of the opportunity.
        """
        parts = []
        if self.units is not None:
            parts.append(f"{table}unit_id IN ({_ids(self.units)})")
        if self.owner_id is not None:
            parts.append(f"{table}owner_id = {int(self.owner_id)}")
        if self.not_units:
            parts.append(f"{table}unit_id NOT IN ({_ids(self.not_units)})")
        if self.accounts is not None:
            of_them = f"account_id IN ({_ids(self.accounts) or '-1'})"
            parts.append(
                f"{table}{of_them}"
                if has_account
                else f"{table}opportunity_id IN"
                f" (SELECT grp.id FROM dakehu_opportunity grp WHERE grp.{of_them})"
            )
        return " AND ".join(parts) or "1 = 1"


def is_company(where: Sequence[Where]) -> bool:
    """Test if these are all positions there are: the whole company's own sums hold them."""
    return list(where) == [Where()]


def _ids(units: Iterable[int]) -> str:
    return ", ".join(str(int(unit)) for unit in sorted(units))


def positions_of(
    viewer: Viewer,
    *,
    units: frozenset[int] | None = None,
    owner_id: int | None = None,
    accounts: frozenset[int] | None = None,
) -> list[Where]:
    """Give the positions that the viewer may add up, among those asked for, in disjoint parts.

    Units and owners in the viewer's scope today, without grants; who may see a position sees
    every entry ever posted to it (DESIGN: Permission). An empty list: nothing is in sight.
    """
    if viewer.sees_all:
        return [Where(units, owner_id, accounts=accounts)]
    parts = []
    within = viewer.units if units is None else viewer.units & units
    if within:
        parts.append(Where(within, owner_id, accounts=accounts))
    rest = None if units is None else units - viewer.units
    if rest is None or rest:
        not_units = viewer.units if units is None else frozenset()
        parts += [
            Where(rest, person, not_units, accounts)
            for person in sorted(viewer.owners)
            if owner_id in (None, person)
        ]
    return parts


@dataclass(frozen=True, slots=True)
class Source:
    """A table with its condition that adds up open positions; `day` is its column of the day.

    Balances have none: they stand before every day that is asked for.
    """

    sql: str
    params: tuple[Any, ...]
    day: str = ""


def open_sources(
    part: Where, month: date | None, on: date, known_at: datetime | None = None
) -> list[Source]:
    """Give what adds up to the open positions at the end of a day, from a carried month on.

    `month` None: from the entries alone. The whole company is read from its own sums: as far as
    they are carried, up to today as a rule, no entry is read.
    """
    known, last = ("", ()) if known_at is None else (" AND recorded_at <= %s", (known_at,))
    since = month or date.min
    sources = []
    if month is not None and is_company([part]):
        sources.append(Source("dakehu_companybalance WHERE month = %s", (month,)))
        sources.append(
            Source(
                f'dakehu_turnover WHERE span = {int(Turnover.Span.DAY)} AND "on" >= %s'
                f' AND "on" <= %s AND place = {int(Place.OPEN)}',
                (month, on),
                '"on"',
            )
        )
        since = carried_until()
        if since > on:
            return sources
    elif month is not None:
        sources.append(Source(f"dakehu_balance WHERE month = %s AND {part.sql()}", (month,)))
    sources.append(
        Source(
            f'dakehu_entry WHERE "on" >= %s AND "on" <= %s AND place = {int(Place.OPEN)}'
            f" AND {part.sql()}{known}",
            (since, on, *last),
            '"on"',
        )
    )
    return sources


@dataclass(frozen=True, slots=True)
class DayCells:
    """The open positions at the end of a day, and what had changed in the days before it."""

    before: tuple[Cell, ...]
    now: tuple[Cell, ...]


def open_cells(
    where: Sequence[Where],
    *,
    on: date,
    before: date,
    period: Period | None,
    known_at: datetime | None = None,
) -> DayCells:
    """Sum the open positions at the end of `before` and of `on` (before ≤ on), in one pass.

    Cells are alike in stage, own rate, currency, and where their close month lies to the period;
    without a period in stage and currency alone, which is quicker.
    """
    narrowed = any(part.accounts is not None for part in where)
    month = None if known_at is not None or narrowed else carried_before(before)
    selects, params = [], []
    for part in where:
        for source in open_sources(part, month, on, known_at):
            phase = f"CASE WHEN {source.day} > %s THEN 1 ELSE 0 END" if source.day else "0"
            selects.append(
                f"SELECT {phase} AS phase, stage_id, own_rate_bp, currency, close_month, count,"
                f" amount_minor FROM {source.sql}"
            )
            params += [*([before] if source.day else []), *source.params]
    if not selects:
        return DayCells((), ())
    own, scope, days = "-1", "1", list[Any]()
    if period is not None:
        own, days = "own_rate_bp", [NO_MONTH, period.start.replace(day=1), period.end]
        scope = (
            "CASE WHEN close_month = %s THEN 3 WHEN close_month < %s THEN 0"
            " WHEN close_month < %s THEN 1 ELSE 2 END"
        )
    sql = (
        f"SELECT phase, stage_id, {own} AS own, currency, {scope} AS scope, SUM(count),"
        f" SUM(amount_minor) FROM ({' UNION ALL '.join(selects)}) AS positions"
        " GROUP BY 1, 2, 3, 4, 5"
    )
    return _two_days(fetch(sql, [*days, *params]))


_Key = tuple[int, int | None, str, Scope]


def _two_days(rows: Sequence[Sequence[Any]]) -> DayCells:
    before: dict[_Key, list[int]] = {}
    now: dict[_Key, list[int]] = {}
    for phase, stage_id, own, currency, scope, count, amount in rows:
        key: _Key = (stage_id, None if own < 0 else own, currency, SCOPES[scope])
        for sums, counts in ((before, phase == 0), (now, True)):
            if counts:
                held = sums.setdefault(key, [0, 0])
                held[0] += int(count)
                held[1] += int(amount)
    return DayCells(_cells(before), _cells(now))


def _cells(sums: dict[_Key, list[int]]) -> tuple[Cell, ...]:
    ordered = sorted(sums.items(), key=lambda item: (item[0][0], str(item[0][1]), *item[0][2:]))
    return tuple(
        Cell(key[0], key[1], key[2], key[3], count, amount)
        for key, (count, amount) in ordered
        if count or amount
    )


@dataclass(frozen=True, slots=True)
class OutcomeSum:
    """Outcomes of one kind by stage they left: count, and amount booked in base currency."""

    place: Place
    stage_id: int
    until_before: bool
    count: int
    base_minor: int


def outcome_sums(
    where: Sequence[Where],
    *,
    start: date,
    on: date,
    before: date,
    places: Sequence[Place] = (Place.WON,),
    known_at: datetime | None = None,
) -> list[OutcomeSum]:
    """Sum what was decided on the days start … on, apart for those up to `before`.

    The small sales of the same days come along as place NOWHERE: one question to the database
    instead of two.
    """
    if not where or on < start:
        return []
    known = "" if known_at is None else " AND recorded_at <= %s"
    wanted = ", ".join(str(int(place)) for place in places)
    since, selects = start, list[str]()
    if known_at is None and is_company(where):
        since = max(start, min(carried_until(), on + DAY))
        selects += _carried_outcomes(start, since, before, wanted)
    selects += [
        'SELECT place, stage_id, CASE WHEN "on" <= %s THEN 1 ELSE 0 END AS early, count,'
        f" COALESCE(base_minor, 0) AS base FROM dakehu_entry WHERE place IN ({wanted})"
        f' AND place >= 2 AND "on" >= {day_literal(since)} AND "on" <= %s AND {part.sql()}{known}'
        for part in where
    ]
    own = [before, on, *([known_at] if known_at else [])] * len(where)
    selects += [
        'SELECT 0 AS place, 0 AS stage_id, CASE WHEN "on" <= %s THEN 1 ELSE 0 END AS early,'
        " orders AS count, base_minor AS base FROM dakehu_smallsale"
        f' WHERE "on" >= %s AND "on" <= %s AND {part.sql(has_account=True)}{known}'
        for part in where
    ]
    last = [known_at] if known_at else []
    params = [*own, *([before, start, on, *last] * len(where))]
    rows = fetch(
        "SELECT place, stage_id, early, SUM(count), SUM(base) FROM"
        f" ({' UNION ALL '.join(selects)}) AS outcomes GROUP BY 1, 2, 3",
        params,
    )
    return [OutcomeSum(Place(p), s, bool(e), int(n), int(b)) for p, s, e, n, b in rows]


def _carried_outcomes(start: date, end: date, before: date, places: str) -> list[str]:
    """Give the statements that add up the company's outcomes of [start, end) from its turnover.

    Whole months where neither day cuts them; and days by name: of each an index finds the few
    rows of these places, where a range of days would read all that moved.
    """
    spans: dict[int, list[date]] = {Turnover.Span.MONTH: [], Turnover.Span.DAY: []}
    early = f'CASE WHEN "on" <= {day_literal(before)} THEN 1 ELSE 0 END'
    day = start
    while day < end:
        after = next_month(day)
        whole = day.day == 1 and after <= end and not day <= before < after - DAY
        spans[Turnover.Span.MONTH if whole else Turnover.Span.DAY].append(day)
        day = after if whole else day + DAY
    return [
        f"SELECT place, stage_id, {early} AS early, count, base_minor AS base"
        f" FROM dakehu_turnover WHERE span = {int(span)}"
        f' AND "on" IN ({", ".join(map(day_literal, days))}) AND place IN ({places})'
        for span, days in spans.items()
        if days
    ]


@dataclass(frozen=True, slots=True)
class Closing:
    """The books are closed up to `until_on`; what was posted into them afterwards, in sight."""

    until_on: date
    changed: int
    amounts_minor: tuple[tuple[str, int], ...]


def closing(where: Sequence[Where], *, known_at: datetime | None = None) -> Closing | None:
    """Give the books' closing in force and what has changed before it since (FUN-5).

    `changed` counts movements; amounts are what they did to open positions, per currency.
    """
    rows = BooksClosing.objects.order_by("-recorded_at", "-id")
    if known_at is not None:
        rows = rows.filter(recorded_at__lte=known_at)
    found = rows.values_list("until_on", "recorded_at").first()
    if found is None:
        return None
    until_on, closed_at = found
    known = "" if known_at is None else " AND m.recorded_at <= %s"
    movements: set[int] = set()
    amounts: dict[str, int] = {}
    for part in where:
        for movement, currency, minor in fetch(
            "SELECT m.id, e.currency, SUM(CASE WHEN e.place = 1 THEN e.amount_minor ELSE 0 END)"
            " FROM dakehu_movement m JOIN dakehu_entry e ON e.movement_id = m.id"
            f' WHERE m.recorded_at > %s AND m."on" <= %s AND {part.sql("e.")}{known}'
            " GROUP BY m.id, e.currency",
            [closed_at, until_on, *([known_at] if known_at else [])],
        ):
            movements.add(int(movement))
            amounts[currency] = amounts.get(currency, 0) + int(minor)
    return Closing(until_on, len(movements), tuple(sorted(amounts.items())))


def carried_before(day: date) -> date | None:
    """Give the carried month that a day is read from, None where nothing is carried so early."""
    carried = organisation().carried
    if carried is None or day < carried[0]:
        return None
    return min(day.replace(day=1), carried[1])


def carried_until() -> date:
    """Give the first day whose turnover is not carried; date.min where nothing is."""
    return organisation().turnover_until


def day_literal(day: date) -> str:
    """Give a day as SQL writes it: of a placeholder PostgreSQL plans for any day at all.

    A statement that is prepared is planned without its values; for the days of a long window that
    is the wrong plan.
    """
    return f"'{day.isoformat()}'"


def fetch(sql: str, params: Sequence[Any]) -> list[Any]:
    """Run plain SQL where this request reads; days are handed over as the engine stores them."""
    connection = connections[read_alias()]
    if connection.vendor == "sqlite":
        params = [
            connection.ops.adapt_datetimefield_value(p)
            if isinstance(p, datetime)
            else p.isoformat()
            if isinstance(p, date)
            else p
            for p in params
        ]
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())
