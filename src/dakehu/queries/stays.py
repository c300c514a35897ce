"""How long opportunities stay at a stage: the median of completed stays (until core/speed does)."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from statistics import median

from dakehu.core.access import Viewer
from dakehu.core.ledger import Kind, Place
from dakehu.queries.ledger import fetch

#: FUN-9's window.
WINDOW = timedelta(days=365)
#: A median of fewer stays says nothing, and might say whose they were.
FEWEST = 5
#: The latest stays say how it goes now; more of them cost a page its speed and change no median.
MOST = 5000

_LEFT_BY = (Kind.ADVANCED, Kind.REGRESSED, Kind.WON, Kind.LOST, Kind.ABANDONED)
_BEGUN_BY = (
    Kind.CREATED, Kind.METHOD_MOVED, Kind.ADVANCED, Kind.REGRESSED, Kind.REOPENED, Kind.RESTORED,
)  # fmt: skip


def median_stays(viewer: Viewer, *, today: date) -> dict[int, Decimal]:
    """Give the median days of the stays at each stage that ended in the last 12 months.

    Of the whole organisation, whoever asks: days of at least FEWEST stays, no amount and no name.
    Corrections that were taken back are left out.
    """
    del viewer
    sql = (
        'SELECT l.stage_id, l."on", (SELECT MAX(b."on") FROM dakehu_entry b'
        " WHERE b.opportunity_id = l.opportunity_id AND b.stage_id = l.stage_id"
        f" AND b.place = {int(Place.OPEN)} AND b.count = 1 AND b.id < l.id"
        f' AND b."on" <= l."on" AND b.kind IN ({_numbers(_BEGUN_BY)}) AND {_stands("b")})'
        f" FROM dakehu_entry l WHERE l.place = {int(Place.OPEN)} AND l.count = -1"
        f" AND l.kind IN ({_numbers(_LEFT_BY)})"
        f' AND l."on" > %s AND l."on" <= %s AND {_stands("l")}'
        f' ORDER BY l."on" DESC, l.id DESC LIMIT {MOST}'
    )
    days: dict[int, list[int]] = defaultdict(list)
    for stage_id, left_on, begun_on in fetch(sql, [today - WINDOW, today]):
        if begun_on is not None:
            days[int(stage_id)].append((_day(left_on) - _day(begun_on)).days)
    return {
        stage_id: Decimal(str(median(found)))
        for stage_id, found in days.items()
        if len(found) >= FEWEST
    }


def _stands(entry: str) -> str:
    reversal = f"SELECT 1 FROM dakehu_movement r WHERE r.reverses_id = {entry}.movement_id"
    return f"NOT EXISTS ({reversal})"


def _numbers(kinds: tuple[Kind, ...]) -> str:
    return ", ".join(str(int(kind)) for kind in kinds)


def _day(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value
