"""What an account's move to another parent would do to the figures of the groups, before it is."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound
from dakehu.models import Account
from dakehu.queries.accounts.page import AccountPage
from dakehu.queries.accounts.rollup import (
    Figures,
    Scales,
    Sum,
    along_the_tree,
    scales_of,
    sums_below,
)


@dataclass(frozen=True, slots=True)
class MovedFigures:
    """An account above, with all below it, before and after."""

    id: int
    name: str
    before: Figures
    after: Figures


@dataclass(frozen=True)
class GroupMove:
    """Where it would hang, what comes along, and whose figures change, from the top."""

    parent_id: int | None
    parent_name: str
    parent_code: str
    is_cycle: bool
    is_same: bool
    #: Accounts in sight that move along, the account itself among them.
    moving: int
    with_it: Figures
    leaves: tuple[MovedFigures, ...]
    joins: tuple[MovedFigures, ...]


def group_move(
    *, viewer: Viewer, account: AccountPage, parent_id: int | None, today: date
) -> GroupMove:
    """Give what would roll up differently. Raises NotFound("account.unknown_parent")."""
    parent = None
    if parent_id is not None:
        parent = Account.visible_to(viewer).filter(pk=parent_id).first()
        if parent is None:
            raise NotFound("account.unknown_parent")
    step = Account.steplen
    old_root = account.path[:step]
    totals = along_the_tree(sums_below(viewer, old_root, today)[0])
    if parent is not None and parent.path[:step] != old_root:
        totals |= along_the_tree(sums_below(viewer, parent.path[:step], today)[0])
    scales = scales_of(today)
    moved = totals.get(account.path, Sum())
    left = {account.path[:n] for n in range(step, len(account.path), step)}
    joined = {parent.path[:n] for n in range(step, len(parent.path) + 1, step)} if parent else set()
    named = {row.path: row for row in Account.visible_to(viewer).filter(path__in=left ^ joined)}
    below = Account.visible_to(viewer).filter(path__startswith=account.path)
    return GroupMove(
        parent_id=parent.pk if parent else None,
        parent_name=parent.name if parent else "",
        parent_code=parent.code if parent else "",
        is_cycle=parent is not None and parent.path.startswith(account.path),
        is_same=(parent.path if parent else "") == account.path[:-step],
        moving=below.count(),
        with_it=scales.figures(moved),
        leaves=_changed(named, left - joined, totals, moved, scales, joins=False),
        joins=_changed(named, joined - left, totals, moved, scales, joins=True),
    )


def _changed(
    named: dict[str, Any],
    paths: set[str],
    totals: dict[str, Sum],
    moved: Sum,
    scales: Scales,
    *,
    joins: bool,
) -> tuple[MovedFigures, ...]:
    found = []
    for path in sorted(paths & named.keys()):
        before = totals.get(path, Sum())
        after = Sum()
        after.add(before)
        if joins:
            after.add(moved)
        else:
            after = _without(before, moved)
        row = named[path]
        found.append(MovedFigures(row.pk, row.name, scales.figures(before), scales.figures(after)))
    return tuple(found)


def _without(whole: Sum, part: Sum) -> Sum:
    """Take a part out of a sum that holds it, cell by cell."""
    left = Sum(cells=list(whole.cells), won=dict(whole.won))
    for cell in part.cells:
        left.cells.remove(cell)
    for this_year, (count, minor) in part.won.items():
        held = left.won[this_year]
        left.won[this_year] = (held[0] - count, held[1] - minor)
    return left
