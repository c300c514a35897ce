"""Figures of an account and of every member of its group, rolled up along the tree.

They add up the opportunities that the viewer may see, one by one, so that each figure has its
rows. One grouped question over the range of the group's paths; Python weighs and adds.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from django.db import connections

from dakehu.core.access import Viewer
from dakehu.core.currency import Exchange
from dakehu.core.funnel import ZERO, Cell, Figure, Rates, amount, known, weighted
from dakehu.core.ledger import Place
from dakehu.core.money import from_minor
from dakehu.core.periods import Period, containing
from dakehu.models import Account
from dakehu.models.visibility import visible_sql
from dakehu.queries.accounts.page import GROUP_SHOWN, AccountPage, GroupMember, path_end
from dakehu.queries.organisation import Org, organisation
from dakehu.queries.people import PersonName
from dakehu.queries.rates import exchange_on, win_rates
from dakehu.queries.snapshot import read_alias

_SUMS = """
SELECT a.id, a.path, a.name, o.place, o.stage_id, o.own_rate_bp, o.currency_id,
  CASE WHEN o.close_sort < %s THEN 1 ELSE 0 END AS overdue,
  CASE WHEN o.decided_on >= %s THEN 1 ELSE 0 END AS this_year,
  COUNT(*), SUM(o.amount_minor), SUM(COALESCE(o.base_minor, 0))
FROM dakehu_account a JOIN dakehu_opportunity o ON o.account_id = a.id
WHERE a.path >= %s AND a.path < %s AND NOT o.voided
  AND (o.place = 1 OR (o.place = 2 AND o.decided_on >= %s AND o.decided_on < %s))
  AND ({seen})
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """What is open and what was won, in the base currency; `won` this fiscal year, then last."""

    open_count: int = 0
    open: Figure = ZERO
    weighted: Figure = ZERO
    won_count: int = 0
    won: Figure = ZERO
    won_last_count: int = 0
    won_last: Figure = ZERO

    @property
    def is_empty(self) -> bool:
        """Test if there is nothing to show."""
        return not (self.open_count or self.won_count or self.won_last_count)


@dataclass(frozen=True, slots=True)
class MemberFigures:
    """A line of the group tree: the member's own figures, and with all below it."""

    id: int | None
    name: str
    depth: int
    is_this: bool
    manager: PersonName | None
    #: Named by an opportunity that the viewer sees; the account itself is not theirs to open.
    is_only_named: bool
    own: Figures
    below: Figures


@dataclass(frozen=True)
class RollUp:
    """The figures of the account alone and with all below it, and the tree of its group."""

    currency: str
    year: Period
    this: Figures
    group: Figures
    members: tuple[MemberFigures, ...]
    #: The group has more lines than are shown; the figures hold all of it.
    is_cut: bool


@dataclass
class Sum:
    """Opportunities added up before they are weighed."""

    cells: list[Cell] = field(default_factory=list)
    won: dict[bool, tuple[int, int]] = field(default_factory=dict)

    def add(self, other: "Sum") -> None:
        """Take another sum in."""
        self.cells += other.cells
        for this_year, (count, minor) in other.won.items():
            held = self.won.get(this_year, (0, 0))
            self.won[this_year] = (held[0] + count, held[1] + minor)


@dataclass(frozen=True)
class Scales:
    """With what sums are weighed: the rates of the day."""

    org: Org
    rates: Rates
    exchange: Exchange

    def figures(self, one: Sum) -> Figures:
        """Weigh a sum."""
        won, last = (one.won.get(this_year, (0, 0)) for this_year in (True, False))

        def booked(minor: int) -> Figure:
            return known(Fraction(from_minor(minor, self.org.base_digits)))

        return Figures(
            open_count=sum(cell.count for cell in one.cells),
            open=amount(one.cells, self.exchange),
            weighted=weighted(one.cells, self.rates, self.exchange),
            won_count=won[0],
            won=booked(won[1]),
            won_last_count=last[0],
            won_last=booked(last[1]),
        )


def scales_of(today: date) -> Scales:
    """Give what the day's figures are weighed with."""
    org = organisation()
    return Scales(
        org,
        win_rates(org.win_rate_kind).on(today),
        exchange_on((today,), base=org.base_currency)[today],
    )


def fiscal_years(today: date) -> tuple[Period, Period]:
    """Give the fiscal year of the day, and the one before."""
    year = containing(today, "year", organisation().fiscal_first_month)
    return year, year.previous()


def roll_up(*, viewer: Viewer, account: AccountPage, today: date) -> RollUp:
    """Give the figures of an account and of its group, as far as the viewer may see."""
    root = account.path[: Account.steplen] if account.group else account.path
    sums, names = sums_below(viewer, root, today)
    scales = scales_of(today)
    totals = along_the_tree(sums)
    year, _last = fiscal_years(today)
    lines, is_cut = _lines(account, names)
    return RollUp(
        currency=scales.org.base_currency,
        year=year,
        this=scales.figures(sums.get(account.path, Sum())),
        group=scales.figures(totals.get(account.path, Sum())),
        members=tuple(_members(account.group, lines, names, sums, totals, scales)),
        is_cut=is_cut,
    )


def sums_below(
    viewer: Viewer, root: str, today: date
) -> tuple[dict[str, Sum], dict[str, tuple[int, str]]]:
    """Add up by path what the viewer sees of a group; beside it id and name of each account.

    The name of an account may be read with an opportunity of it.
    """
    year, last = fiscal_years(today)
    params: list[Any] = [
        today.replace(day=1), year.start, root, path_end(root), last.start, year.end,
    ]  # fmt: skip
    sums: dict[str, Sum] = defaultdict(Sum)
    names: dict[str, tuple[int, str]] = {}
    with connections[read_alias()].cursor() as cursor:
        cursor.execute(_SUMS.format(seen=visible_sql(viewer, "o")), params)
        for row in cursor.fetchall():
            _take(sums, names, row)
    return dict(sums), names


def _take(sums: dict[str, Sum], names: dict[str, tuple[int, str]], row: Sequence[Any]) -> None:
    pk, path, name, place, stage, own, currency, overdue, this_year, count, minor, base = row
    names[path] = (pk, name)
    one = sums[path]
    if place == Place.OPEN:
        scope: Any = "overdue" if overdue else "in_period"
        one.cells.append(Cell(stage, own, currency, scope, int(count), int(minor)))
        return
    held = one.won.get(bool(this_year), (0, 0))
    one.won[bool(this_year)] = (held[0] + int(count), held[1] + int(base))


def along_the_tree(sums: dict[str, Sum]) -> dict[str, Sum]:
    """Add each account's sum to all above it."""
    totals: dict[str, Sum] = defaultdict(Sum)
    for path, one in sums.items():
        for depth in range(Account.steplen, len(path) + 1, Account.steplen):
            totals[path[:depth]].add(one)
    return dict(totals)


def _lines(account: AccountPage, names: Iterable[str]) -> tuple[list[str], bool]:
    """Give the paths of the tree's lines, bounded, and whether some were left out."""
    known = {member.path for member in account.group}
    if not known:
        return [], False
    only_named = sorted(set(names) - known)
    room = max(GROUP_SHOWN - len(known), 0)
    is_cut = account.group_is_cut or len(only_named) > room
    return sorted([*known, *only_named[:room]]), is_cut


def _members(
    group: Iterable[GroupMember],
    lines: Iterable[str],
    names: dict[str, tuple[int, str]],
    sums: dict[str, Sum],
    totals: dict[str, Sum],
    scales: Scales,
) -> Iterable[MemberFigures]:
    """Give the lines of the tree: members in sight, the path to them, and who is only named."""
    known = {member.path: member for member in group}
    for path in lines:
        member = known.get(path)
        only_named = path in names and (member is None or member.id is None)
        own = scales.figures(sums.get(path, Sum()))
        yield MemberFigures(
            id=member.id if member else None,
            name=names[path][1] if only_named else member.name if member else "",
            depth=len(path) // Account.steplen - 1,
            is_this=member is not None and member.is_this,
            manager=member.manager if member else None,
            is_only_named=only_named,
            own=own,
            below=scales.figures(totals.get(path, Sum())),
        )
