"""Writing whole histories: the same movements and entries as `post`, very many at once."""

from collections.abc import Iterator, Sequence

from dakehu.actions.bulk import Row, insert_rows, take_ids
from dakehu.actions.ledger.carry import Carried, carry_rows
from dakehu.actions.ledger.post import Drafted, booked, hold_of
from dakehu.core.ledger import entries_for
from dakehu.models import Entry, Movement, MovementNote

_MOVEMENT = (
    "id", "opportunity_id", "kind", "on", "recorded_at", "actor_id", "for_person_id", "way",
    "correlation_id", "reverses_id",
)  # fmt: skip
_ENTRY = (
    "movement_id", "opportunity_id", "kind", "on", "recorded_at", "count", "amount_minor",
    "place", "owner_id", "unit_id", "stage_id", "category", "close_month", "currency",
    "own_rate_bp", "base_minor",
)  # fmt: skip
_NOTE = ("movement_id", "reason", "competitor", "text")


def write_histories(drafts: Sequence[Drafted], *, carry: bool = False) -> int:
    """Write movements inside the caller's transaction; give how many.

    Differs from `write_movements` in speed alone. With `carry=False` the caller rebuilds the
    months since the first day.
    """
    if not drafts:
        return 0
    hold = hold_of(drafts) if carry else None
    ids = take_ids(Movement, len(drafts))
    insert_rows(Movement, _MOVEMENT, map(_movement, ids, drafts))
    entries = [
        (row, draft.mirrors)
        for movement_id, draft in zip(ids, drafts, strict=True)
        for row in _entries(movement_id, draft)
    ]
    insert_rows(Entry, _ENTRY, (row for row, _mirrors in entries))
    if hold is not None:
        carry_rows(
            [
                Carried(row[2], mirrors, row[3], row[7:15], row[5], row[6], row[15] or 0)
                for row, mirrors in entries
            ],
            hold,
        )
    insert_rows(
        MovementNote,
        _NOTE,
        (
            (movement_id, draft.reason, draft.competitor, draft.text)
            for movement_id, draft in zip(ids, drafts, strict=True)
            if draft.reason or draft.competitor or draft.text
        ),
    )
    return len(drafts)


def _movement(movement_id: int, draft: Drafted) -> Row:
    posting = draft.posting
    return (
        movement_id, draft.opportunity_id, int(draft.step.kind), posting.on, posting.at,
        posting.actor_id, posting.for_person_id, int(posting.way), posting.correlation_id,
        draft.reverses_id,
    )  # fmt: skip


def _entries(movement_id: int, draft: Drafted) -> Iterator[Row]:
    posting = draft.posting
    kind = int(draft.entry_kind or draft.step.kind)
    for new in draft.entries or entries_for(draft.step):
        at = new.position
        yield (
            movement_id, draft.opportunity_id, kind, posting.on, posting.at, new.count,
            new.amount_minor, int(at.place), at.owner_id, at.unit_id, at.stage_id,
            int(at.category), at.close_month, at.currency,
            -1 if at.own_rate_bp is None else at.own_rate_bp, booked(new, draft.base_minor),
        )  # fmt: skip
