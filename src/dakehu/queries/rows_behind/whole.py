"""Open positions of the whole company: added up from what is carried, not from their rows.

Who sees everything reads the same sums as the figure itself; the rows add up to them, as
`ledger verify` proves. A page of today is read in the order of an index, stage by stage; one of
a past day is looked for among the opportunities that ever held most, before it is among all.
"""

from collections.abc import Sequence
from typing import Any

from dakehu.core.funnel import Cell
from dakehu.queries.ledger import fetch, is_company, open_cells
from dakehu.queries.rows_behind.facts import Part
from dakehu.queries.rows_behind.lines import SCOPES, Ask, Day, Sql, held_then, standing

#: A page of a past day is looked for among all that ever held as much as the stage's one of this
#: number holds today, before it is among all.
REACHES = (40, 400)
#: Part, group, rank and id of the last line of the page before.
Beyond = tuple[int, ...] | None


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
    ask: Ask, number: int, part: Part, *, beyond: Beyond, limit: int, least: int | None = None
) -> list[Sql]:
    """Give at most so many lines of each stage of a whole part, the largest first.

    Of what has not moved since the day: of today these are all. `least`: only what holds so much.
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
        if least is not None:
            after += f" AND o.amount_minor >= {int(least)}"
        for where in day.where:
            sql, params = standing(ask, number, one, day, where)
            ordered = f"{sql}{after} ORDER BY o.amount_minor DESC, o.id LIMIT {int(limit)}"
            found.append((f"SELECT * FROM ({ordered}) AS first_{number}_{int(stage)}", params))
    return found


def least_amounts(ask: Ask, parts: Sequence[Part], beyond: Beyond) -> list[int]:
    """Give the amounts from which on a page may be complete, the highest first.

    What held that much on the day is among those that ever held it: a page whose rows all do is
    the first there is. Only for one stage of a past day; other pages are looked for among all.
    """
    (part, *more) = parts
    if more or len(part.stages or ()) != 1 or not is_whole(ask, part):
        return []
    if day_of(ask, part).on >= ask.today:
        return []
    (stage,) = part.stages or ()
    below = "" if beyond is None else f" AND amount_minor <= {int(beyond[2])}"
    one = (
        "SELECT amount_minor FROM (SELECT amount_minor FROM dakehu_opportunity"
        f" WHERE place = 1 AND NOT voided AND stage_id = {int(stage)}{below}"
        " ORDER BY amount_minor DESC LIMIT 1 OFFSET {}) AS one_{}"
    )
    rows = fetch(" UNION ALL ".join(one.format(reach, reach) for reach in REACHES), [])
    return sorted((int(minor) for (minor,) in rows), reverse=True)


def largest_then(
    ask: Ask, number: int, part: Part, *, beyond: Beyond, limit: int, least: int
) -> list[Sql]:
    """Give the lines of a whole part of a past day that can hold `least` or more."""
    day = day_of(ask, part)
    moved = [held_then(ask, number, part, day, where, least=least) for where in day.where]
    still = first_lines(ask, number, part, beyond=beyond, limit=limit, least=least)
    return [*still, *moved]
