"""What rows and groups are worth and add to a figure: SQL has gathered, Python weighs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from dakehu.core.funnel import Cell, Figure, Scope, amount, known, weighted
from dakehu.core.money import from_minor
from dakehu.queries.rows_behind.facts import BehindRow, Elsewhere, Group, Part
from dakehu.queries.rows_behind.lines import SCOPES, Ask


@dataclass(frozen=True)
class Scales:
    """What amounts are weighed with: both days' rates, the scopes of the indexes."""

    ask: Ask
    parts: tuple[Part, ...]
    index_scopes: tuple[Scope, ...]
    digits: Mapping[str, int]
    #: Units of the shown currency for a minor unit of the base currency.
    to_shown: Fraction


@dataclass
class _Sum:
    """Lines added up: counts, what was booked, and cells of the day and of a week before."""

    lines: int
    count: int
    base_minor: int
    now: list[Cell]
    before: list[Cell]

    @classmethod
    def empty(cls) -> "_Sum":
        return cls(0, 0, 0, [], [])

    def stand(self, cell: Cell, phase: int) -> None:
        """Take what stood before the week (0), on the day (1), or on both (2)."""
        if phase != 0:
            self.now.append(cell)
        if phase != 1:
            self.before.append(cell)


def groups_of(scales: Scales, sums: Sequence[Any]) -> tuple[Group, ...]:
    """Give the groups of all parts out of sums by part, group and cell."""
    every: dict[tuple[int, int], _Sum] = defaultdict(_Sum.empty)
    hidden: dict[tuple[int, int], _Sum] = defaultdict(_Sum.empty)
    stages: dict[tuple[int, int], int] = {}
    for part, grp, shown, stage, own, currency, scope, phase, lines, n, minor, base in sums:
        key = int(part), int(grp)
        stages[key] = int(stage)
        cell = _cell(stage, own, currency, scope, n, minor)
        for one in (every[key], *([] if shown else [hidden[key]])):
            one.lines += int(lines)
            one.count += int(n)
            one.base_minor += int(base)
            one.stand(cell, int(phase))
    found = []
    for key in sorted(every):
        part_of = scales.parts[key[0]]
        worth, adds = _weighed(scales, part_of, every[key])
        stage_id = stages[key] if part_of.what == "open" else None
        found.append(
            Group(
                *key, part_of.what, stage_id, every[key].lines, every[key].count, worth, adds,
                _elsewhere(scales, part_of, hidden[key]),
            )
        )  # fmt: skip
    return tuple(found)


def _cell(stage: Any, own: Any, currency: str, scope: Any, n: Any, minor: Any) -> Cell:
    rate = None if int(own) < 0 else int(own)
    return Cell(int(stage), rate, currency, SCOPES[int(scope)], int(n), int(minor))


def _elsewhere(scales: Scales, part: Part, one: _Sum) -> Elsewhere:
    worth, adds = _weighed(scales, part, one)
    sums: dict[str, int] = defaultdict(int)
    for cell in one.now:
        sums[cell.currency] += cell.amount_minor
    for cell in one.before:
        sums[cell.currency] -= cell.amount_minor
    amounts = tuple(
        (from_minor(minor, scales.digits[code]), code) for code, minor in sorted(sums.items())
    )
    return Elsewhere(one.lines, one.count, worth, adds, amounts if one.lines else ())


def _weighed(scales: Scales, part: Part, one: _Sum) -> tuple[Figure, Figure]:
    """Give what a sum is worth, and what it adds to the figure."""
    if part.what == "open":
        day = scales.ask.then if part.week_ago else scales.ask.now
        return amount(one.now, day.exchange), weighted(one.now, day.rates, day.exchange)
    if part.what == "moved":
        now, then = scales.ask.now, scales.ask.then
        after, before = _in(scales.index_scopes, one.now), _in(scales.index_scopes, one.before)
        return (
            amount(one.now, now.exchange) - amount(one.before, then.exchange),
            weighted(after, now.rates, now.exchange) - weighted(before, then.rates, then.exchange),
        )
    booked = known(one.base_minor * scales.to_shown)
    return booked, booked


def _in(scopes: Sequence[Scope], cells: Iterable[Cell]) -> list[Cell]:
    return [cell for cell in cells if cell.scope in scopes]


def rows_of(
    scales: Scales, page: Sequence[Any], moved: Mapping[int, list[Any]], language: str
) -> tuple[BehindRow, ...]:
    """Give the rows of a page, in its order."""
    found = []
    for part, grp, _rank, ref, stage, own, currency, scope, n, minor, base, *told in page:
        part_of = scales.parts[int(part)]
        one = _Sum(1, int(n), int(base), [_cell(stage, own, currency, scope, n, minor)], [])
        if part_of.what == "moved":
            one.now = []
            for c_stage, c_own, c_currency, c_scope, phase, c_minor in moved.get(int(ref), ()):
                cell = _cell(c_stage, c_own, c_currency, c_scope, 0, c_minor)
                one.stand(cell, int(phase))
        worth, adds = _weighed(scales, part_of, one)
        code, name, account, owner, owner_en = (text or "" for text in told)
        found.append(
            BehindRow(
                part=int(part), group=int(grp), what=part_of.what, id=int(ref), code=code,
                name=name, account=account,
                owner=(owner_en or owner) if language.startswith("en") else (owner or owner_en),
                amount=_own_amount(scales, one, currency), currency=currency,
                count=int(n), worth=worth, adds=adds,
                own_bp=int(own) if part_of.what == "open" and int(own) >= 0 else None,
            )
        )  # fmt: skip
    return tuple(found)


def _own_amount(scales: Scales, one: _Sum, currency: str) -> Any:
    """Give the amount in its own currency; None where a mover changed its currency."""
    minor = 0
    for sign, cells in ((1, one.now), (-1, one.before)):
        for cell in cells:
            if cell.currency != currency and cell.amount_minor:
                return None
            minor += sign * cell.amount_minor
    return from_minor(minor, scales.digits[currency])
