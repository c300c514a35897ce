"""Posting: the movements and entries of a change, written in one transaction (FUN-5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from dakehu.actions.ledger.carry import Carried, carried_of, carry_rows
from dakehu.actions.ledger.hold import LedgerHold, hold_ledger
from dakehu.actions.ledger.rows import insert
from dakehu.actions.together import gathering
from dakehu.core.ledger import Kind, NewEntry, Place, Step, Way, entries_for
from dakehu.models import Entry, Movement, MovementNote


@dataclass(frozen=True, slots=True)
class Posting:
    """What the movements of one save share: the day, the moment, who, and by which way."""

    on: date
    at: datetime
    actor_id: int | None
    way: Way
    correlation_id: UUID
    for_person_id: int | None = None
    #: The ledger's lock, where the save took it before.
    hold: LedgerHold | None = None


@dataclass(frozen=True, slots=True)
class Drafted:
    """A movement about to be written.

    `base_minor` is what an outcome books in base currency: positive when entered, and it is
    taken back with the sign turned when the outcome is left.
    """

    opportunity_id: int
    step: Step
    posting: Posting
    base_minor: int | None = None
    reason: str = ""
    competitor: str = ""
    text: str = ""
    reverses_id: int | None = None
    #: Mirrors carry the entries and the kind of what they reverse.
    entries: tuple[NewEntry, ...] | None = None
    entry_kind: int | None = None

    @property
    def mirrors(self) -> bool:
        """Test if it takes back another movement."""
        return self.step.kind is Kind.REVERSED


def post(
    *,
    opportunity_id: int,
    steps: Sequence[Step],
    posting: Posting,
    base_minor: int | None = None,
    reason: str = "",
    competitor: str = "",
    text: str = "",
) -> list[int]:
    """Post the movements of one save, one per kind, under one correlation id; give their ids."""
    drafts = [
        Drafted(opportunity_id, step, posting, base_minor, reason, competitor, text)
        for step in steps
    ]
    return write_movements(drafts)


def write_movements(drafts: Sequence[Drafted], *, carry: bool = True) -> list[int]:
    """Write movements with their entries; must run inside the caller's transaction.

    With `carry=False` the caller rebuilds the months it touched (bulk import). Where many saves
    are written together they have no ids yet, and none are given.
    """
    if not drafts:
        return []
    gathered = gathering()
    if gathered is not None:
        gathered.post(drafts)
        return []
    hold = hold_of(drafts) if carry else None
    movements = [_movement(draft) for draft in drafts]
    insert(movements)
    entries: list[Entry] = []
    carried: list[Carried] = []
    notes: list[MovementNote] = []
    for movement, draft in zip(movements, drafts, strict=True):
        rows = _entries(movement, draft)
        entries += rows
        carried += (carried_of(row, mirrors=draft.mirrors) for row in rows)
        if draft.reason or draft.competitor or draft.text:
            notes.append(
                MovementNote(
                    movement=movement,
                    reason=draft.reason,
                    competitor=draft.competitor,
                    text=draft.text,
                )
            )
    insert(entries)
    insert(notes)
    if hold is not None:
        carry_rows(carried, hold)
    return [movement.pk for movement in movements]


def hold_of(drafts: Sequence[Drafted]) -> LedgerHold:
    """Give the hold that these drafts were made under, else take the one that they need."""
    earliest, hold = min(draft.posting.on for draft in drafts), drafts[0].posting.hold
    if hold is not None and hold.since <= earliest:
        return hold
    return hold_ledger(earliest)


def _movement(draft: Drafted) -> Movement:
    posting = draft.posting
    return Movement(
        opportunity_id=draft.opportunity_id,
        kind=draft.step.kind,
        on=posting.on,
        recorded_at=posting.at,
        actor_id=posting.actor_id,
        for_person_id=posting.for_person_id,
        way=posting.way,
        correlation_id=posting.correlation_id,
        reverses_id=draft.reverses_id,
    )


def _entries(movement: Movement, draft: Drafted) -> list[Entry]:
    rows = []
    for new in draft.entries or entries_for(draft.step):
        position = new.position
        rows.append(
            Entry(
                movement=movement,
                opportunity_id=draft.opportunity_id,
                kind=draft.entry_kind or draft.step.kind,
                on=draft.posting.on,
                recorded_at=draft.posting.at,
                count=new.count,
                amount_minor=new.amount_minor,
                place=position.place,
                owner_id=position.owner_id,
                unit_id=position.unit_id,
                stage_id=position.stage_id,
                category=position.category,
                close_month=position.close_month,
                currency=position.currency,
                own_rate_bp=-1 if position.own_rate_bp is None else position.own_rate_bp,
                base_minor=booked(new, draft.base_minor),
            )
        )
    return rows


def booked(new: NewEntry, base_minor: int | None) -> int | None:
    """Give what an entry books in base currency: only outcomes do, with the sign of the entry."""
    if base_minor is None or new.position.place <= Place.OPEN:
        return None
    sign = new.count or (1 if new.amount_minor > 0 else -1)
    return sign * abs(base_minor)
