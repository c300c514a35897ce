"""The demo's activities: calls and visits of the last months on each deal, and what is planned.

Each deal has throws of its own here, apart from those of its history.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from random import Random

from dakehu.core.activities import (
    ActivityKind,
    ActivityState,
    CallOutcome,
    is_contact,
    takes_outcome,
)
from dakehu.core.demo.deal import Deal
from dakehu.core.demo.words import words
from dakehu.core.demo.world import World
from dakehu.core.ledger import Place

_SHANGHAI = timezone(timedelta(hours=8))
DAY = timedelta(days=1)
#: How far back activities are told, and how far ahead they are planned.
BACK, AHEAD = 90, 12
MOST_PAST = 7
_KINDS = (
    (ActivityKind.CALL, 34), (ActivityKind.VISIT, 38), (ActivityKind.MEETING, 12),
    (ActivityKind.WORKSHOP, 4), (ActivityKind.EMAIL, 6), (ActivityKind.TASK, 4),
    (ActivityKind.SAMPLE, 2),
)  # fmt: skip
_MINUTES = {
    ActivityKind.CALL: 15, ActivityKind.VISIT: 60, ActivityKind.MEETING: 90,
    ActivityKind.WORKSHOP: 120,
}  # fmt: skip
_STARTS = (510, 540, 570, 600, 630, 840, 870, 900, 930, 960)


@dataclass(frozen=True, slots=True)
class ActivityPlan:
    """An activity on a deal; `contact` chooses among the people of the account."""

    kind: ActivityKind
    state: ActivityState
    subject: str
    owner_id: int
    unit_id: int
    on: date
    starts_at: datetime | None
    minutes: int | None
    outcome: CallOutcome
    result: str
    created_at: datetime
    contact: int


def activities_of(deal: Deal, world: World) -> list[ActivityPlan]:
    """Make up what was done on a deal lately, and what is planned on it."""
    if deal.standing is None:
        return []
    rng = Random(f"{world.seed}/activities/{deal.number}")
    is_open = deal.standing.position.place is Place.OPEN
    end = world.last if is_open else min(deal.decided_on or world.last, world.last)
    start = max(deal.created_on, world.last - timedelta(days=BACK))
    return [*_past(deal, start, end, rng), *(_ahead(deal, world, rng) if is_open else ())]


def last_contact(plans: list[ActivityPlan]) -> date | None:
    """Give the day of the last contact among them."""
    done = (p.on for p in plans if p.state is ActivityState.DONE and is_contact(p.kind))
    return max(done, default=None)


def _past(deal: Deal, start: date, end: date, rng: Random) -> Iterator[ActivityPlan]:
    #: Some deals only ever go on talking.
    only_talk = rng.random() < 0.1
    asleep = rng.random() < 0.12
    on = end - timedelta(days=rng.randrange(30, 60) if asleep else rng.randrange(0, 12))
    won = deal.standing is not None and deal.standing.position.place is Place.WON
    for number in range(MOST_PAST):
        if on < start:
            return
        day = on if on.weekday() < 5 else on - timedelta(days=on.weekday() - 4)
        if day >= start:
            kind = _kind(rng)
            outcome = CallOutcome.NONE
            if takes_outcome(kind):
                outcome = _outcome(rng, only_talk=only_talk)
                if won and number == 0:
                    outcome = CallOutcome.ORDER
            owner, unit = _held_by(deal, day)
            yield _plan(kind, ActivityState.DONE, owner, unit, day, outcome, rng, created=day)
        on -= timedelta(days=rng.randint(5, 24))


def _ahead(deal: Deal, world: World, rng: Random) -> Iterator[ActivityPlan]:
    position = deal.last.position
    seller = world.sellers[deal.seller]
    today = world.last + DAY
    busy = 0.2 if seller.weight >= 2 else 0.07  # the visitor of the demo finds a full day
    throw = rng.random()
    days: list[date] = []
    if throw < busy:
        days.append(today)
    elif throw < 2 * busy:
        days.append(today + DAY)
    elif throw < 0.5:
        day = today + timedelta(days=rng.randint(2, AHEAD))
        days.append(day if day.weekday() < 5 else day + timedelta(days=7 - day.weekday()))
    if rng.random() < 0.04:
        days.append(world.last - timedelta(days=rng.randrange(0, 6)))  # nobody closed it
    for day in days:
        yield _plan(
            _kind(rng), ActivityState.PLANNED, position.owner_id, position.unit_id, day,
            CallOutcome.NONE, rng, created=world.last,
        )  # fmt: skip


def _plan(
    kind: ActivityKind,
    state: ActivityState,
    owner: int,
    unit: int,
    day: date,
    outcome: CallOutcome,
    rng: Random,
    *,
    created: date,
) -> ActivityPlan:
    told = words("activities")
    starts_at = None
    if kind in _MINUTES:
        midnight = datetime(day.year, day.month, day.day, tzinfo=_SHANGHAI)
        starts_at = midnight + timedelta(minutes=rng.choice(_STARTS))
    done = state is ActivityState.DONE
    subject = rng.choice(told["subjects"][str(int(kind))])
    result = rng.choice(told["results"][str(int(outcome))]) if done else ""
    return ActivityPlan(
        kind=kind,
        state=state,
        subject=subject,
        owner_id=owner,
        unit_id=unit,
        on=day,
        starts_at=starts_at,
        minutes=_MINUTES.get(kind),
        outcome=outcome,
        result=result,
        created_at=datetime(created.year, created.month, created.day, 17, tzinfo=_SHANGHAI),
        contact=rng.randrange(6),
    )


def _kind(rng: Random) -> ActivityKind:
    kinds, weights = zip(*_KINDS, strict=True)
    return ActivityKind(rng.choices(kinds, weights)[0])


def _outcome(rng: Random, *, only_talk: bool) -> CallOutcome:
    if only_talk:
        return CallOutcome.CONTINUATION
    return rng.choices(
        (CallOutcome.ADVANCE, CallOutcome.CONTINUATION, CallOutcome.NO_SALE, CallOutcome.NONE),
        (42, 40, 3, 15),
    )[0]


def _held_by(deal: Deal, day: date) -> tuple[int, int]:
    """Give who held the deal on a day, and in which unit."""
    position = deal.last.position
    for save in reversed(deal.saves):
        after = save.steps[-1].after
        if after is not None:
            position = after.position
            if save.on <= day:
                break
    return position.owner_id, position.unit_id
