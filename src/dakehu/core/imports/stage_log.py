"""A log of stage changes, told as the history of the opportunities of the same import."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from dakehu.core.imports.plan import Plan, PlannedDeal
from dakehu.core.imports.problems import refused
from dakehu.core.imports.records import Record
from dakehu.core.names import folded


def plan_stage_log(records: Sequence[Record], plan: Plan) -> None:
    """Give opportunities the stages that the log tells; what contradicts itself is refused.

    An opportunity begins at the stage that it left first; where the log does not say which, it
    begins with the first change: what lay before is not known and not invented.
    """
    here = {deal.external_id: place for place, deal in enumerate(plan.deals)}
    logged: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        if record.text("external_id") in here:
            logged[record.text("external_id")].append(record)
        else:
            plan.problems.append(
                refused(
                    record.file, record.row, "", "import.log_without_opportunity",
                    name=record.text("external_id"),
                )
            )  # fmt: skip
    out: set[int] = set()
    for external, rows in logged.items():
        place = here[external]
        deal = plan.deals[place]
        told = _told(deal, sorted(rows, key=_day))
        if isinstance(told, PlannedDeal):
            plan.deals[place] = told
            continue
        out.add(place)
        places = [(deal.at.file, deal.at.row), *((row.file, row.row) for row in rows)]
        plan.problems += [refused(file, row, "", told, name=external) for file, row in places]
    plan.deals[:] = [deal for place, deal in enumerate(plan.deals) if place not in out]
    plan.first_on = min((deal.start_on for deal in plan.deals), default=plan.first_on)


def _day(record: Record) -> date:
    day = record.day("on")
    assert day is not None  # the column must be filled
    return day


def _told(deal: PlannedDeal, rows: Sequence[Record]) -> PlannedDeal | str:
    """Give the opportunity with its way, or the code of what contradicts it."""
    moves = [(_day(row), row.text("stage")) for row in rows]
    first, start = rows[0].text("from_stage"), deal.start_on
    if not first:
        start, first = moves.pop(0)
    elif deal.start_unknown or start > moves[0][0]:
        start = moves[0][0]
    last_on = moves[-1][0] if moves else start
    if deal.outcome_on is not None and last_on > deal.outcome_on:
        return "import.log_after_outcome"
    last = moves[-1][1] if moves else first
    if deal.stage and folded(deal.stage) != folded(last):
        return "import.log_ends_elsewhere"
    return replace(deal, start_on=start, stage=first, moves=tuple(moves), start_unknown=False)
