"""Open positions of the whole company: added up from what is carried, not from their rows.

Who sees everything reads the same sums as the figure itself; the rows add up to them, as
`ledger verify` proves. A page of today is read in the order of an index, stage by stage.
"""

from typing import Any

from dakehu.core.funnel import Cell
from dakehu.queries.ledger import is_company, open_cells
from dakehu.queries.rows_behind.facts import Part
from dakehu.queries.rows_behind.lines import SCOPES, Ask, Day, Sql, held_then, standing


def is_whole(ask: Ask, part: Part) -> bool:
    """Test if a part is all open positions of a day, and the reader may see them all."""
    day = day_of(ask, part)
    of_all = part.what == "open" and ask.viewer.sees_all
    return of_all and day.known_at is None and is_company(day.where)


def day_of(ask: Ask, part: Part) -> Day:
    """Give the day that a part is about."""
    return ask.then if part.week_ago else ask.now


def voided_since(ask: Ask, number: int, part: Part) -> list[Sql]:
    """Give the lines of a whole part that have no name any more: deleted after the day."""
    day = day_of(ask, part)
    if day.on >= ask.today:
        return []
    return [held_then(ask, number, part, day, where, only_voided=True) for where in day.where]


def whole_sums(ask: Ask, number: int, part: Part, voided: list[Any]) -> list[Any]:
    """Give the sums of a whole part's rows with a name, alike in columns to those of its lines.

    `voided`: the sums of the lines that have none; they are taken off.
    """
    day = day_of(ask, part)
    cells = open_cells(day.where, on=day.on, before=day.on, period=ask.period).now
    without = {(row[3], row[4], row[5], row[6]): row for row in voided if row[0] == number}
    found = []
    for cell in cells:
        if not _is_asked(part, cell):
            continue
        own, scope = -1 if cell.rate_bp is None else cell.rate_bp, SCOPES.index(cell.scope)
        off = without.get((cell.lineage_id, own, cell.currency, scope))
        count = cell.count - int(off[9] if off else 0)
        if count:
            place = ask.order.get(cell.lineage_id, len(ask.order))
            found.append(
                (
                    number, place, 1, cell.lineage_id, own, cell.currency, scope, 1, count, count,
                    cell.amount_minor - int(off[10] if off else 0), 0,
                )
            )  # fmt: skip
    return found


def _is_asked(part: Part, cell: Cell) -> bool:
    return (part.stages is None or cell.lineage_id in part.stages) and (
        part.scopes is None or cell.scope in part.scopes
    )


def first_lines(
    ask: Ask, number: int, part: Part, *, beyond: tuple[int, ...] | None, limit: int
) -> list[Sql]:
    """Give at most so many lines of each stage of a whole part of today, the largest first.

    `beyond`: part, group, rank and id of the last line of the page before.
    """
    day, found = day_of(ask, part), []
    for stage in part.stages or ():
        at = (number, ask.order.get(stage, len(ask.order)))
        if beyond is not None and at < beyond[:2]:
            continue
        one = Part(part.what, (stage,), part.scopes, part.week_ago)
        after = ""
        if beyond is not None and at == beyond[:2]:
            rank, ref = beyond[2:]
            after = f" AND o.amount_minor <= {rank} AND (o.amount_minor < {rank} OR o.id > {ref})"
        for where in day.where:
            sql, params = standing(ask, number, one, day, where)
            ordered = f"{sql}{after} ORDER BY o.amount_minor DESC, o.id LIMIT {int(limit)}"
            found.append((f"SELECT * FROM ({ordered}) AS first_{number}_{int(stage)}", params))
    return found
