"""A block pasted into the list: other values for each row, tried cell by cell, done as one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from dakehu.actions.bulk_edits.run import Picked, Ran, do_many, try_many
from dakehu.actions.opportunities import KEEP, EditOpportunity, Saved, edit_opportunity
from dakehu.actions.together import within
from dakehu.core.access import Viewer
from dakehu.core.errors import DakehuError, RuleBroken
from dakehu.core.ledger import Way
from dakehu.models import Opportunity


@dataclass(frozen=True, slots=True)
class Pasted:
    """One row of a paste: the opportunity, its version when looked at, and its new values."""

    opportunity_id: int
    edit: EditOpportunity
    version: int | None = None


@dataclass(slots=True)
class CellProblems:
    """What is wrong with single cells; the others of their rows are done all the same."""

    by_cell: dict[tuple[int, str], DakehuError] = field(default_factory=dict)


def preview_paste(
    *, actor: Viewer, rows: Sequence[Pasted], today: date, at: datetime
) -> tuple[Ran, CellProblems]:
    """Say what a paste would do, cell by cell, by trying it: nothing is kept.

    RuleBroken `bulk.nothing_picked`, `bulk.too_many`.
    """
    problems = CellProblems()
    ran = try_many(
        actor=actor, picked=_picked(rows), act=_act(rows, problems), follows_chains=False,
        today=today, at=at, way=Way.GRID,
    )  # fmt: skip
    return ran, problems


def do_paste(*, actor: Viewer, rows: Sequence[Pasted], today: date, at: datetime) -> Ran:
    """Do it to all rows that allow it as one edit, which can be taken back as one.

    RuleBroken `bulk.nothing_done` where no row changes.
    """
    fields = sorted({name for row in rows for name in _asked(row.edit)})
    return do_many(
        actor=actor, picked=_picked(rows), act=_act(rows, CellProblems()), follows_chains=False,
        asked={"verb": "paste", "fields": fields}, today=today, at=at, way=Way.GRID,
    )  # fmt: skip


def _picked(rows: Sequence[Pasted]) -> list[Picked]:
    return [Picked(row.opportunity_id, row.version) for row in rows]


def _asked(edit: EditOpportunity) -> list[str]:
    names = (name for name in EditOpportunity.__slots__ if name != "amount_follows_lines")
    return [name for name in names if getattr(edit, name) is not KEEP]


def _act(rows: Sequence[Pasted], problems: CellProblems) -> Any:
    edits: Mapping[int, EditOpportunity] = {row.opportunity_id: row.edit for row in rows}

    def act(row: Opportunity, how: dict[str, Any]) -> Saved:
        if row.voided:
            raise RuleBroken("bulk.is_voided")
        edit = edits[row.pk]
        while True:
            try:
                return within(edit_opportunity)(**how, edit=edit)
            except RuleBroken as refusal:
                # A cell that is refused leaves the others of its row alone.
                name = str(refusal.facts.get("field", ""))
                if refusal.code.startswith("money."):
                    name = "amount"
                left = [one for one in _asked(edit) if one != name]
                if name not in _asked(edit) or not left:
                    raise
                problems.by_cell[row.pk, name] = refusal
                edit = replace(edit, **dict[str, Any]({name: KEEP}))

    return act
