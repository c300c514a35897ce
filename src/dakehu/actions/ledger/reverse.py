"""Taking back and correcting: mirrors at the original days, and the chain posted anew (FUN-5)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db import connection

from dakehu.actions.ledger.post import Drafted, Posting, write_movements
from dakehu.actions.together import gathering
from dakehu.core.errors import Conflict, NotFound, RuleBroken
from dakehu.core.ledger import (
    Category,
    Kind,
    NewEntry,
    Place,
    Position,
    Standing,
    Step,
    entries_for,
    replayed,
)
from dakehu.models import MethodStage


@dataclass(frozen=True, slots=True)
class Lived:
    """A movement that still counts, with its entries and the standing it led to."""

    id: int
    kind: Kind
    on: date
    correlation_id: UUID
    entries: tuple[NewEntry, ...]
    base_minor: int | None
    before: Standing | None
    after: Standing | None


@dataclass(frozen=True, slots=True)
class Correction:
    """What was wrong with a movement: its day, its amount, or that it was posted at all."""

    movement_id: int
    on: date | None = None
    amount_minor: int | None = None
    drop: bool = False


def standing_chain(opportunity_id: int) -> list[Lived]:
    """Give the movements of an opportunity that still count, in order, with their standings."""
    gathered = gathering()
    if gathered is not None and opportunity_id in gathered.chains:
        return _lengthened(gathered.chains[opportunity_id], gathered.posted.get(opportunity_id, ()))
    return standing_chains([opportunity_id])[opportunity_id]


def _lengthened(chain: list[Lived], drafts: Iterable[Drafted]) -> list[Lived]:
    """Give a chain as it will stand when the drafts are written; new ones have no id yet."""
    found = list(chain)
    for draft in drafts:
        if draft.reverses_id is not None:
            found = [step for step in found if step.id != draft.reverses_id]
        else:
            step, on = draft.step, draft.posting.on
            entries = draft.entries or entries_for(step)
            found.append(
                Lived(
                    0, step.kind, on, draft.posting.correlation_id, entries, draft.base_minor,
                    step.before, step.after,
                )
            )  # fmt: skip
    return found


_CHAINS = """
SELECT m.opportunity_id, m.id, m.kind, m."on", m.correlation_id, e.count, e.amount_minor,
  e.base_minor, e.place, e.owner_id, e.unit_id, e.stage_id, e.category, e.close_month, e.currency,
  e.own_rate_bp
FROM dakehu_movement m JOIN dakehu_entry e ON e.movement_id = m.id
WHERE m.opportunity_id IN ({ids}) AND m.reverses_id IS NULL
  AND NOT EXISTS (SELECT 1 FROM dakehu_movement r WHERE r.reverses_id = m.id)
ORDER BY m.opportunity_id, m."on", m.id, e.id
"""


def standing_chains(opportunity_ids: Sequence[int]) -> dict[int, list[Lived]]:
    """Give `standing_chain` of several opportunities in one query.

    Plain SQL: as model objects the entries of a thousand chains take seconds to make.
    """
    chains: dict[int, list[Lived]] = {key: [] for key in opportunity_ids}
    if not chains:
        return chains
    with connection.cursor() as cursor:
        cursor.execute(_CHAINS.format(ids=", ".join(str(int(key)) for key in chains)))
        rows = cursor.fetchall()
    for _movement_id, sides in groupby(rows, key=itemgetter(1)):
        _live(chains, list(sides))
    return chains


def _live(chains: dict[int, list[Lived]], sides: list[tuple[Any, ...]]) -> None:
    """Put the movement whose entries these are at the end of its chain."""
    opportunity_id, movement_id, kind, on, correlation = sides[0][:5]
    chain = chains[opportunity_id]
    entries = tuple(NewEntry(_position(*side[8:]), side[5], side[6]) for side in sides)
    before = chain[-1].after if chain else None
    booked = next((side[7] for side in sides if side[7] is not None), None)
    chain.append(
        Lived(
            movement_id, Kind(kind), _day(on), _uuid(correlation), entries, booked, before,
            _after(entries, before),
        )
    )  # fmt: skip


def _after(entries: tuple[NewEntry, ...], before: Standing | None) -> Standing | None:
    for entry in entries:
        if entry.count == 1:
            if entry.position.place is Place.NOWHERE:
                return None
            return Standing(entry.position, entry.amount_minor)
    for entry in entries:
        if entry.position.place is not Place.NOWHERE and before is not None:
            return Standing(entry.position, before.amount_minor + entry.amount_minor)
    return before


@lru_cache(maxsize=4096)
def _position(
    place: int, owner_id: int, unit_id: int, stage_id: int, category: int,
    close_month: date | str, currency: str, own_rate_bp: int,
) -> Position:  # fmt: skip
    rate = None if own_rate_bp < 0 else own_rate_bp
    return Position(
        Place(place), owner_id, unit_id, stage_id, Category(category), _day(close_month), currency,
        rate,
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _day(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


@lru_cache(maxsize=4096)
def _uuid(value: UUID | str) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


def mirror_of(lived: Lived, opportunity_id: int, posting: Posting) -> Drafted:
    """Draft the movement that takes back another, at the other's own day."""
    mirrored = tuple(NewEntry(e.position, -e.count, -e.amount_minor) for e in lived.entries)
    return Drafted(
        opportunity_id,
        Step(Kind.REVERSED, lived.after, lived.before),
        replace(posting, on=lived.on),
        base_minor=lived.base_minor,
        reverses_id=lived.id,
        entries=mirrored,
        entry_kind=lived.kind,
    )


def reverse_correlation(
    *, opportunity_id: int, correlation_id: UUID, posting: Posting
) -> Standing | None:
    """Take back all that one save posted on an opportunity; give the standing it falls back to.

    Only the end of the chain can be taken back: Conflict("ledger.changed_since") names the first
    later movement that somebody posted meanwhile.
    """
    chain = standing_chain(opportunity_id)
    ours = [step for step in chain if step.correlation_id == correlation_id]
    if not ours:
        raise NotFound("ledger.nothing_to_undo")
    first = chain.index(ours[0])
    later = [step for step in chain[first:] if step.correlation_id != correlation_id]
    if later:
        raise Conflict("ledger.changed_since", movement_id=later[0].id, on=later[0].on)
    write_movements([mirror_of(step, opportunity_id, posting) for step in reversed(ours)])
    return ours[0].before


@dataclass(frozen=True, slots=True)
class Booked:
    """An amount and what it was booked at: the rate that a corrected amount keeps."""

    amount_minor: int
    base_minor: int


#: What an outcome of that standing books on a day, in minor units of the base currency: at the
#: rate of the booking that is given, else at the day's.
Booking = Callable[[Standing, date, Booked | None], int]


def correct_movement(
    *, opportunity_id: int, correction: Correction, posting: Posting, book: Booking
) -> Standing | None:
    """Correct one movement: mirror it and all later ones, and post the chain anew.

    Later movements keep what they changed, on the corrected ground; one that changes nothing any
    more is left out. Gives the standing at the end. Raises RuleBroken("ledger.chain_order") for a
    day that does not lie between its neighbours', "ledger.stands_on_it" where a later movement
    could not have been made without the one that is dropped.
    """
    chain = standing_chain(opportunity_id)
    found = [index for index, step in enumerate(chain) if step.id == correction.movement_id]
    if not found:
        raise NotFound("ledger.no_movement", movement_id=correction.movement_id)
    index = found[0]
    wrong, rest = chain[index], chain[index:]
    on = correction.on or wrong.on
    before_on = chain[index - 1].on if index else None
    after_on = chain[index + 1].on if index + 1 < len(chain) else None
    if (before_on is not None and on < before_on) or (after_on is not None and on > after_on):
        raise RuleBroken("ledger.chain_order", on=on, before_on=before_on, after_on=after_on)
    if correction.drop and wrong.before is None:
        raise RuleBroken("ledger.drop_creation")
    start = _corrected(wrong, correction)
    standings = [start, *replayed([s.after for s in rest], start)[1:]]
    again = [
        Again(step, was, now, on if step is wrong else step.on)
        for (was, now), step in zip(pairwise([wrong.before, *standings]), rest, strict=True)
        if was != now
    ]
    drafts = [mirror_of(step, opportunity_id, posting) for step in reversed(rest)]
    drafts += _anew(opportunity_id, again, posting, book)
    write_movements(drafts)
    return standings[-1]


def _corrected(wrong: Lived, correction: Correction) -> Standing | None:
    if correction.drop:
        return wrong.before
    if correction.amount_minor is None or wrong.after is None:
        return wrong.after
    if wrong.kind not in (Kind.CREATED, Kind.AMOUNT_CHANGED):
        raise RuleBroken("ledger.no_amount_here", kind=wrong.kind.name)
    return Standing(wrong.after.position, correction.amount_minor)


@dataclass(frozen=True, slots=True)
class Again:
    """A movement to be posted anew: what it was, from where to where it goes now, and when."""

    step: Lived
    was: Standing | None
    now: Standing | None
    on: date


def _anew(
    opportunity_id: int, again: Sequence[Again], posting: Posting, book: Booking
) -> list[Drafted]:
    order = _order_of_stages(opportunity_id, again)
    drafts: list[Drafted] = []
    held: int | None = None  # what the outcome was booked at that is left or restored later
    for one in again:
        if _is_open(one.step.before) and not _is_open(one.was):
            raise RuleBroken("ledger.stands_on_it", on=one.step.on)
        base = one.step.base_minor
        if base is not None and _is_open(one.was) and one.now is not None:
            held = _booked_again(one, one.now, base, book)
        base = base if base is None or held is None else held
        drafts.append(
            Drafted(
                opportunity_id,
                Step(_kind_of(one, order), one.was, one.now),
                replace(posting, on=one.on),
                base_minor=base,
            )
        )
    return drafts


def _is_open(standing: Standing | None) -> bool:
    return standing is not None and standing.position.place is Place.OPEN


def _booked_again(one: Again, now: Standing, base: int, book: Booking) -> int:
    """Keep the rate at which an outcome was booked; on another day it is that day's.

    From the rate, never from the old booking: what was rounded would be rounded again.
    """
    after = one.step.after
    amount = after.amount_minor if after is not None else 0
    if amount == now.amount_minor and one.on == one.step.on:
        return base
    kept = one.on == one.step.on and amount != 0
    return book(now, one.on, Booked(amount, base) if kept else None)


def _order_of_stages(opportunity_id: int, again: Sequence[Again]) -> dict[int, int]:
    """Give the stages' order in the opportunity's version; of others the latest that has them."""
    stages = {s.position.stage_id for one in again for s in (one.was, one.now) if s is not None}
    rows = MethodStage.objects.filter(stage_id__in=stages).order_by("version__number")
    own = rows.filter(version__opportunity=opportunity_id)
    return dict(rows.values_list("stage_id", "order")) | dict(own.values_list("stage_id", "order"))


def _kind_of(one: Again, order: dict[int, int]) -> Kind:
    """Give the kind of a movement on its new ground: what went forward may go back there."""
    if one.was is None or one.now is None:
        return one.step.kind
    was, now = one.was.position, one.now.position
    if one.step.kind in (Kind.SLIPPED, Kind.PULLED_IN):
        return Kind.SLIPPED if now.close_month > was.close_month else Kind.PULLED_IN
    # Its method may have another order since: between the same stages it stays what it was.
    if one.step.kind in (Kind.ADVANCED, Kind.REGRESSED) and not _between_the_same(
        one.step, was, now
    ):
        forward = order[now.stage_id] > order[was.stage_id]
        return Kind.ADVANCED if forward else Kind.REGRESSED
    return one.step.kind


def _between_the_same(step: Lived, was: Position, now: Position) -> bool:
    return (
        step.before is not None
        and step.after is not None
        and step.before.position.stage_id == was.stage_id
        and step.after.position.stage_id == now.stage_id
    )
