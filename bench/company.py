"""Building the company that is measured: the demo's, with very many deals written quickly."""

import gc
from collections.abc import Callable
from datetime import datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from zoneinfo import ZoneInfo

from django.db import connection, connections

from bench.bare import bare
from dakehu.actions.demo import Written, build, write_share
from dakehu.actions.search import index_share
from dakehu.core.access import operator
from dakehu.core.demo.targets import Sold
from dakehu.models import Organisation

#: From so many deals on they are written by several processes into tables without indexes.
MANY = 10_000
HANDS = 2
TABLES = (
    "dakehu_competitor", "dakehu_entry", "dakehu_evidence", "dakehu_lineset", "dakehu_movement",
    "dakehu_movementnote", "dakehu_nametoken", "dakehu_opportunity", "dakehu_productline",
)  # fmt: skip
CARRIED = ("dakehu_balance", "dakehu_companybalance", "dakehu_turnover")


def build_company(size: int, people: int, at: datetime, say: Callable[[str], None]) -> None:
    """Build a company of so many people and deals, up to yesterday."""
    zone = Organisation._meta.get_field("time_zone").default
    quick = size >= MANY and connection.vendor == "postgresql"

    def writing(written: Written, size: int, sold: Sold, told: Callable[[int], None]) -> int:
        with bare(TABLES):
            movements = _by_hands(written, size, sold, told)
            say("deals are written; making indexes")
        say("indexes are made; carrying")
        return movements

    with bare(CARRIED if quick else ()):
        build(
            actor=operator(), today=at.astimezone(ZoneInfo(zone)).date(), at=at, size=size,
            people=people, years=3 if size >= 10_000 else 2, writing=writing if quick else None,
            say=lambda done: say(f"{done} opportunities") if done % 5_000 == 0 else None,
        )  # fmt: skip


def _by_hands(written: Written, size: int, sold: Sold, say: Callable[[int], None]) -> int:
    """Have every process play and write its share; add up what they counted."""
    connections.close_all()
    forking = get_context("fork")
    hands = []
    for turn in range(HANDS):
        ours, theirs = forking.Pipe(duplex=False)
        hand = forking.Process(target=_hand, args=(written, size, turn, theirs))
        hand.start()
        theirs.close()
        hands.append((hand, ours))
    movements = 0
    for turn, (hand, ours) in enumerate(hands):
        while not isinstance(told := ours.recv(), tuple):
            if turn == 0:
                say(told * HANDS)
        movements += told[0]
        sold.take_in(*told[1:])
        hand.join()
    return movements


def _hand(written: Written, size: int, turn: int, out: Connection) -> None:
    # What stands is never garbage, and what is made holds no circles.
    gc.freeze()
    gc.disable()
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    sold = Sold(written.world)
    index_share(turn, HANDS)
    movements = write_share(written, size, sold, out.send, (turn, HANDS))
    out.send((movements, dict(sold.by_owner), dict(sold.by_unit)))
    out.close()
