"""Days drawn as columns: where each activity lies between the hours, or beside which other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.utils import timezone

from dakehu.queries.calendar import StepDue
from dakehu.web.activities.wording import Shown

#: The hours that a day shows at least; more where something lies outside of them.
FIRST, LAST = 8, 19
#: How long is drawn what nobody said the length of.
USUAL_MINUTES = 60
#: Of a day of the month so many are named.
MOST_NAMED = 4


@dataclass(frozen=True, slots=True)
class Block:
    """An activity between hours: all in hundredths of the column."""

    one: Shown
    top: float
    height: float
    left: float
    width: float


@dataclass(slots=True)
class Column:
    """A day: what has an hour, what has none, next steps due."""

    on: date
    is_today: bool
    is_chosen: bool
    is_outside: bool = False
    blocks: list[Block] = field(default_factory=list)
    loose: list[Shown] = field(default_factory=list)
    steps: list[StepDue] = field(default_factory=list)

    @property
    def is_weekend(self) -> bool:
        """Test for Saturday and Sunday."""
        return self.on.weekday() > 4

    @property
    def count(self) -> int:
        """Give how much the day holds."""
        return len(self.blocks) + len(self.loose) + len(self.steps)

    @property
    def named(self) -> list[Shown]:
        """Give the first of what the day holds, for the month."""
        return [*self.loose, *(block.one for block in self.blocks)][:MOST_NAMED]

    @property
    def unnamed(self) -> int:
        """Give how many more there are than the month names."""
        return max(len(self.blocks) + len(self.loose) - MOST_NAMED, 0)


def hours_of(ones: Iterable[Shown]) -> tuple[int, int]:
    """Give the first hour drawn and the hour after the last."""
    first, last = FIRST, LAST
    for one in ones:
        if one.row.starts_at is not None:
            start, end = _minutes(one)
            first, last = min(first, start // 60), max(last, -(-end // 60))
    return max(first, 0), min(last, 24)


def columns_of(
    days: Sequence[date],
    ones: Sequence[Shown],
    steps: Sequence[StepDue],
    *,
    today: date,
    chosen: date,
    hours: tuple[int, int],
) -> list[Column]:
    """Draw each day."""
    found = {on: Column(on, on == today, on == chosen) for on in days}
    timed: dict[date, list[Shown]] = {}
    for one in ones:
        if one.row.on not in found:
            continue
        if one.row.starts_at is None:
            found[one.row.on].loose.append(one)
        else:
            timed.setdefault(one.row.on, []).append(one)
    for on, there in timed.items():
        found[on].blocks = _side_by_side(there, hours)
    for step in steps:
        if step.on in found:
            found[step.on].steps.append(step)
    return list(found.values())


def _minutes(one: Shown) -> tuple[int, int]:
    assert one.row.starts_at is not None
    local = timezone.localtime(one.row.starts_at)
    start = local.hour * 60 + local.minute
    return start, min(start + (one.row.minutes or USUAL_MINUTES), 24 * 60)


def _side_by_side(ones: Sequence[Shown], hours: tuple[int, int]) -> list[Block]:
    """Put what meets into lanes; each group of meetings shares the width among its lanes."""
    first, last = hours
    whole = (last - first) * 60
    ordered = sorted(ones, key=lambda one: (_minutes(one), one.row.id))
    groups: list[list[tuple[Shown, int]]] = []
    lanes: list[int] = []
    ends = -1
    for one in ordered:
        start, end = _minutes(one)
        if start >= ends:
            groups.append([])
            lanes = []
        lane = next((n for n, until in enumerate(lanes) if until <= start), len(lanes))
        lanes[lane:] = [end, *lanes[lane + 1 :]]
        groups[-1].append((one, lane))
        ends = max(ends, end)
    blocks = []
    for group in groups:
        width = 100 / (max(lane for _one, lane in group) + 1)
        for one, lane in group:
            start, end = _minutes(one)
            blocks.append(
                Block(
                    one,
                    top=round((start - first * 60) * 100 / whole, 3),
                    height=round((end - start) * 100 / whole, 3),
                    left=round(lane * width, 3),
                    width=round(width, 3),
                )
            )
    return blocks
