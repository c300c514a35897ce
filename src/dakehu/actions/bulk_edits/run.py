"""One action on many rows: what becomes of each, tried or done, by the rules of one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction

from dakehu.actions.opportunities import Saved
from dakehu.actions.opportunities.many import many_opportunities, write_many
from dakehu.actions.together import Together
from dakehu.core.access import Viewer
from dakehu.core.bulk_edits import RowState, check_count
from dakehu.core.errors import DakehuError, RuleBroken
from dakehu.core.imports.problems import plain
from dakehu.core.ledger import Way
from dakehu.models import BulkEdit, BulkEditRow, Opportunity

#: What a bulk edit tells of a row that it changed: the column, from what to what.
_TOLD = (
    "name", "owner_id", "stage_id", "place", "voided", "amount_minor", "category", "close_on",
    "next_step", "next_step_on", "own_rate_bp", "source",
)  # fmt: skip
#: Codes that say that a row is already as it shall be.
_SO_ALREADY = frozenset({"opportunity.same_owner"})
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Picked:
    """A row that was chosen, and its version when it was looked at (None: as it stands)."""

    opportunity_id: int
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of one row; `after` None: it stays as it is, because of `refusal`."""

    before: Opportunity
    after: Opportunity | None = None
    refusal: DakehuError | None = None
    #: Evidence that is only advised (FUN-3).
    warnings: tuple[str, ...] = ()

    @property
    def changes(self) -> dict[str, tuple[Any, Any]]:
        """Give what changes in the row, column by column."""
        if self.after is None:
            return {}
        pairs = {name: (getattr(self.before, name), getattr(self.after, name)) for name in _TOLD}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


@dataclass(frozen=True, slots=True)
class Ran:
    """What becomes of all rows; `hidden` ones are not, or no longer, in the actor's sight."""

    done: tuple[Outcome, ...] = ()
    refused: tuple[Outcome, ...] = ()
    unchanged: tuple[Outcome, ...] = ()
    hidden: int = 0
    #: Where it was done and kept: the bulk edit's number.
    bulk_id: int | None = None


Act = Callable[[Opportunity, dict[str, Any]], Saved]


@dataclass(slots=True)
class _Tally:
    done: list[Outcome] = field(default_factory=list)
    refused: list[Outcome] = field(default_factory=list)
    unchanged: list[Outcome] = field(default_factory=list)
    hidden: int = 0

    def ran(self, bulk_id: int | None = None) -> Ran:
        return Ran(
            tuple(self.done), tuple(self.refused), tuple(self.unchanged), self.hidden, bulk_id
        )


def try_many(
    *,
    actor: Viewer,
    picked: Sequence[Picked],
    act: Act,
    follows_chains: bool,
    today: date,
    at: datetime,
    way: Way,
) -> Ran:
    """Find out what would become of each row, by doing it and keeping nothing."""
    check_count(len(picked))
    ids = [one.opportunity_id for one in picked]
    with (
        transaction.atomic(),
        many_opportunities(
            actor=actor, opportunity_ids=ids, today=today, follows_chains=follows_chains
        ) as gathered,
    ):
        tally = act_on_each(
            actor=actor, picked=picked, act=act, gathered=gathered, today=today, at=at, way=way
        )
        transaction.set_rollback(True)
    return tally.ran()


def do_many(
    *,
    actor: Viewer,
    picked: Sequence[Picked],
    act: Act,
    follows_chains: bool,
    asked: Mapping[str, Any],
    today: date,
    at: datetime,
    way: Way,
) -> Ran:
    """Do it to each row that allows it, under one correlation id, and keep what became of all.

    RuleBroken `bulk.nothing_done` where no row changes.
    """
    check_count(len(picked))
    ids = [one.opportunity_id for one in picked]
    with (
        transaction.atomic(),
        many_opportunities(
            actor=actor, opportunity_ids=ids, today=today, follows_chains=follows_chains
        ) as gathered,
    ):
        tally = act_on_each(
            actor=actor, picked=picked, act=act, gathered=gathered, today=today, at=at, way=way
        )
        if not tally.done:
            raise RuleBroken("bulk.nothing_done", refused=len(tally.refused))
        bulk = BulkEdit.objects.create(
            object_type="opportunity", way=way, correlation_id=gathered.correlation_id,
            actor_id=actor.person_id, at=at, changed=len(tally.done), refused=len(tally.refused),
            asked={**asked, "unchanged": len(tally.unchanged), "hidden": tally.hidden},
        )  # fmt: skip
        write_many(actor=actor, gathered=gathered, bulk_id=bulk.pk, at=at)
        BulkEditRow.objects.bulk_create(
            [_kept(bulk, one) for one in (*tally.done, *tally.refused)], _BATCH
        )
    return tally.ran(bulk.pk)


def act_on_each(
    *,
    actor: Viewer,
    picked: Sequence[Picked],
    act: Act,
    gathered: Together,
    today: date,
    at: datetime,
    way: Way,
) -> _Tally:
    """Do the action to one row after the other; what is refused leaves the others alone.

    A row that is named twice is done once: each starts from what stood before.
    """
    tally = _Tally()
    for one in {one.opportunity_id: one for one in picked}.values():
        pk = one.opportunity_id
        row = gathered.rows.get(pk)
        if row is None:
            tally.hidden += 1
            continue
        how = {
            "actor": actor, "opportunity_id": pk, "seen_version": one.version, "on": today,
            "today": today, "at": at, "way": way,
        }  # fmt: skip
        try:
            with gathered.one(pk):
                saved = act(row, how)
        except DakehuError as refusal:
            if refusal.code in _SO_ALREADY:
                tally.unchanged.append(Outcome(row))
            else:
                tally.refused.append(Outcome(row, refusal=refusal))
            continue
        after = gathered.stored.get(pk)
        if after is None:
            tally.unchanged.append(Outcome(row))
        else:
            tally.done.append(Outcome(row, after, warnings=saved.warnings))
    return tally


def _kept(bulk: BulkEdit, one: Outcome) -> BulkEditRow:
    if one.refusal is not None:
        return BulkEditRow(
            bulk=bulk, object_id=one.before.pk, state=RowState.REFUSED,
            problem=one.refusal.code[:60], facts=plain(dict(one.refusal.facts)),
        )  # fmt: skip
    changes = {name: [_plain(old), _plain(new)] for name, (old, new) in one.changes.items()}
    return BulkEditRow(
        bulk=bulk, object_id=one.before.pk, state=RowState.DONE, facts={"changes": changes}
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
