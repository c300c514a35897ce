"""Taking a bulk edit back: each row by the rules of one undo; what changed since is left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from dakehu.actions.bulk import update_rows
from dakehu.actions.bulk_edits.run import Outcome, Picked, act_on_each
from dakehu.actions.opportunities import Saved, undo_opportunity
from dakehu.actions.opportunities.many import many_opportunities, write_many
from dakehu.actions.together import within
from dakehu.core.access import Viewer
from dakehu.core.bulk_edits import RowState
from dakehu.core.errors import NotAllowed, NotFound
from dakehu.core.imports.problems import plain
from dakehu.core.ledger import Way
from dakehu.models import BulkEdit, BulkEditRow, Change, Movement, Opportunity

#: What stays done where it may not be taken back by this person: another may.
_NOT_THEIRS = frozenset({"opportunity.undo"})
_GONE = "ledger.nothing_to_undo"


@dataclass(frozen=True, slots=True)
class Undone:
    """How many rows were taken back, were left because somebody changed them, or are not theirs."""

    taken_back: int
    left: int
    not_theirs: int


@transaction.atomic
def undo_bulk_edit(*, actor: Viewer, bulk_id: int, today: date, at: datetime) -> Undone:
    """Take back what a bulk edit or a paste did, row by row, at its own days.

    By the rules of `undo_opportunity`: who did it may, for whom a deputy did it, the owner's
    superior, and who holds `ledger.correct`. What somebody changed since is left and kept with
    who and when; it may be tried again. NotFound `bulk.unknown`, `bulk.nothing_to_undo`,
    NotAllowed `opportunity.undo` where nothing at all is theirs to take back.
    """
    bulk = BulkEdit.objects.select_for_update().filter(pk=bulk_id).first()
    if bulk is None:
        raise NotFound("bulk.unknown", bulk_id=bulk_id)
    open_rows = BulkEditRow.objects.filter(bulk=bulk, state__in=(RowState.DONE, RowState.LEFT))
    ids = list(open_rows.order_by("object_id").values_list("object_id", flat=True))
    with many_opportunities(
        actor=actor, opportunity_ids=ids, today=today, undoing=bulk.correlation_id
    ) as gathered:
        if bulk.actor_id != actor.person_id and not gathered.rows and not actor.is_operator:
            raise NotFound("bulk.unknown", bulk_id=bulk_id)
        if not ids:
            raise NotFound("bulk.nothing_to_undo")

        def act(_row: Opportunity, how: dict[str, Any]) -> Saved:
            del how["on"]
            return within(undo_opportunity)(**how, correlation_id=bulk.correlation_id)

        tally = act_on_each(
            actor=actor, picked=[Picked(pk) for pk in ids], act=act, gathered=gathered,
            today=today, at=at, way=Way.UNDO,
        )  # fmt: skip
        not_theirs = [r for r in tally.refused if _code(r) in _NOT_THEIRS]
        gone = [r.before.pk for r in tally.refused if _code(r) == _GONE]
        left = [r for r in tally.refused if _code(r) not in {*_NOT_THEIRS, _GONE}]
        if not tally.done and not left and not gone:
            raise NotAllowed("opportunity.undo")
        write_many(actor=actor, gathered=gathered, bulk_id=bulk.pk, at=at)
        back = [one.before.pk for one in tally.done]
        open_rows.filter(object_id__among=back + gone).update(state=RowState.TAKEN_BACK, problem="")
        _keep_left(bulk, left)
        bulk.undone_at, bulk.undone_by_id = at, actor.person_id
        bulk.undone += len(back)
        bulk.save(update_fields=["undone_at", "undone_by", "undone"])
    # How many rows lie out of sight is told to who did it alone, as on its page.
    hidden = tally.hidden if bulk.actor_id == actor.person_id else 0
    return Undone(len(back), len(left), len(not_theirs) + hidden)


def _code(one: Outcome) -> str:
    return "" if one.refusal is None else one.refusal.code


def _keep_left(bulk: BulkEdit, left: Sequence[Outcome]) -> None:
    """Keep why rows were left, and who changed them when."""
    if not left:
        return
    since = _changed_since(bulk, [one.before.pk for one in left])
    kept = BulkEditRow.objects.filter(bulk=bulk, object_id__among=[one.before.pk for one in left])
    rows = {row.object_id: row for row in kept}
    for one in left:
        row = rows[one.before.pk]
        facts = {} if one.refusal is None else plain(dict(one.refusal.facts))
        row.state, row.problem = RowState.LEFT, _code(one)[:60]
        row.facts = {**row.facts, **facts, **since.get(one.before.pk, {})}
    update_rows(BulkEditRow, ("state", "problem", "facts"), rows.values())


def _changed_since(bulk: BulkEdit, ids: Sequence[int]) -> Mapping[int, dict[str, Any]]:
    """Give who last changed each row after the bulk edit, and when."""
    found: dict[int, dict[str, Any]] = {}
    moved = (
        Movement.objects.filter(opportunity_id__in=ids, recorded_at__gte=bulk.at)
        .exclude(correlation_id=bulk.correlation_id)
        .order_by("recorded_at", "id")
        .values_list("opportunity_id", "actor_id", "recorded_at")
    )
    changed = (
        Change.objects.filter(object_type="opportunity", object_id__among=ids, at__gte=bulk.at)
        .exclude(correlation_id=bulk.correlation_id)
        .order_by("at", "id")
        .values_list("object_id", "actor_id", "at")
    )
    for pk, who, moment in sorted([*moved, *changed], key=lambda row: row[2]):
        found[pk] = {"who": who, "at": moment.isoformat()}
    return found
