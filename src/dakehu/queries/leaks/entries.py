"""The entries by which value leaks, and their shares by product and by rival (FUN-9).

What was taken back is left out, and so is a change of currency, which passes through nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, Literal

from dakehu.core.access import Viewer
from dakehu.core.currency import Exchange
from dakehu.core.funnel import Figure
from dakehu.core.ledger import Kind, Place
from dakehu.core.money import split_minor
from dakehu.core.speed import LEAKING
from dakehu.models import Opportunity
from dakehu.queries.by_product import joined_lines
from dakehu.queries.funnel import FunnelQuestion
from dakehu.queries.ledger import Where, day_literal, fetch
from dakehu.queries.opportunities.history import day_of
from dakehu.queries.rates import exchange_on
from dakehu.queries.stays import not_taken_back

LeakBy = Literal["stage", "unit", "owner", "product", "rival"]
LEAK_BYS: tuple[LeakBy, ...] = ("stage", "unit", "owner", "product", "rival")
LEAK_KINDS = ("regressed", "slipped", "lost", "shrunk")
KINDS: dict[int, str] = {
    Kind.REGRESSED: "regressed", Kind.SLIPPED: "slipped", Kind.LOST: "lost",
    Kind.AMOUNT_CHANGED: "shrunk",
}  # fmt: skip
COLUMNS: dict[str, str] = {"stage": "e.stage_id", "unit": "e.unit_id", "owner": "e.owner_id"}


@dataclass(frozen=True, slots=True)
class Window:
    """Which entries are looked at: the question, the window's first day, the stages (None: all)."""

    question: FunnelQuestion
    begin: date
    stages: Sequence[int] | None = None
    #: Only entries of this kind; None: of every kind that leaks.
    kind: int | None = None
    #: Only entries of this opportunity; None: of all.
    opportunity_id: int | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """What of an opportunity's leaks of a kind falls to a product or a rival; None: to none.

    The amount is in minor units of the currency. Day and stage are told of one movement alone.
    """

    key: int | str | None
    opportunity_id: int
    kind: int
    currency: str
    count: int
    minor: int
    on: date | None = None
    stage_id: int = 0


def leaving(part: Where, window: Window) -> tuple[str, list[Any]]:
    """Give the condition of entries by which something leaks, and its parameters."""
    question, stages = window.question, window.stages
    changed = int(Kind.AMOUNT_CHANGED)
    known = "" if question.known_at is None else " AND e.recorded_at <= %s"
    last = [question.known_at] if question.known_at else []
    standing, more = not_taken_back("e", question.known_at)
    chosen = ""
    if stages is not None:
        chosen = f" AND e.stage_id IN ({', '.join(str(int(s)) for s in stages) or '-1'})"
    if window.kind is not None:
        chosen += f" AND e.kind = {int(window.kind)}"
    # A change of currency goes down to nothing, over, and up again under one correlation id.
    # Rare, so it is found once and not asked of each entry.
    turned = (
        f"SELECT DISTINCT x.movement_id FROM dakehu_entry x WHERE {_among('x', window)}"
        f" AND {part.sql('x.')} AND x.kind = {changed} AND x.count = -1"
    )
    other_currency = (
        f"SELECT down.id FROM ({turned}) AS turned"
        " JOIN dakehu_movement over_ ON over_.id = turned.movement_id"
        " JOIN dakehu_movement down ON down.correlation_id = over_.correlation_id"
        f" AND down.opportunity_id = over_.opportunity_id AND down.kind = {changed}"
        ' AND down."on" = over_."on"'
    )
    sql = (
        f"{_among('e', window)} AND {part.sql('e.')}"
        f" AND ((e.kind <> {changed} AND e.count = -1) OR (e.kind = {changed} AND e.count = 0"
        f" AND e.amount_minor < 0 AND e.movement_id NOT IN ({other_currency})))"
        f"{chosen}{known}{standing}"
    )
    return sql, [*last, *more]


def _among(entry: str, window: Window) -> str:
    """Give the days and the words of the index `entry_leak`, which both engines must find again."""
    kinds = ", ".join(str(int(kind)) for kind in LEAKING)
    first, last = day_literal(window.begin), day_literal(window.question.on)
    one = window.opportunity_id
    return (
        ("" if one is None else f"{entry}.opportunity_id = {int(one)} AND ")
        + f'{entry}."on" >= {first} AND {entry}."on" <= {last}'
        f" AND {entry}.place = {int(Place.OPEN)} AND {entry}.count <= 0"
        f" AND {entry}.kind IN ({kinds})"
    )


def product_shares(where: Sequence[Where], window: Window) -> Iterator[Share]:
    """Split each movement over the product lines in force on its day, by their amounts."""
    question = window.question
    last = [question.known_at] if question.known_at else []
    joined = joined_lines("e", 'e."on"', with_known_at=bool(last))
    for part in where:
        condition, params = leaving(part, window)
        rows = fetch(
            'SELECT e.movement_id, e.opportunity_id, e.kind, e.currency, e."on", e.stage_id,'
            f" -e.amount_minor, l.product_id, SUM(l.amount_minor) FROM dakehu_entry e {joined}"
            f" WHERE {condition} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1, 8",
            [*last, *params],
        )
        for _movement, held in groupby(rows, key=lambda row: row[0]):
            lines = list(held)
            parts = split_minor(int(lines[0][6]), [int(line[8] or 0) for line in lines])
            for (_id, opportunity, kind, currency, on, stage, _a, product, _m), minor in zip(
                lines, parts, strict=True
            ):
                yield Share(product, opportunity, kind, currency, 1, minor, day_of(on), stage)


#: The competitors of an entry `e`: that of the loss, else all that are named on the opportunity.
RIVAL = "COALESCE(NULLIF(n.competitor, ''), c.name)"
RIVALS = (
    "LEFT JOIN dakehu_movementnote n ON n.movement_id = e.movement_id"
    " LEFT JOIN dakehu_competitor c ON c.opportunity_id = e.opportunity_id"
    " AND COALESCE(n.competitor, '') = ''"
)


def rival_shares(
    viewer: Viewer, where: Sequence[Where], window: Window, *, by_opportunity: bool = True
) -> Iterator[Share]:
    """Give each movement to the competitor of the loss, else to all named on the opportunity.

    Rivals of what has moved out of sight stand under none. Who sees everything may have those of
    all opportunities added up (id 0): of a large company they are half a million.
    """
    apart = by_opportunity or not viewer.sees_all
    for part in where:
        condition, params = leaving(part, window)
        rows = fetch(
            f"SELECT {RIVAL}, e.kind, e.currency,"
            f" {'e.opportunity_id' if apart else '0'}, COUNT(*), -SUM(e.amount_minor)"
            f" FROM dakehu_entry e {RIVALS} WHERE {condition} GROUP BY 1, 2, 3, 4",
            params,
        )
        told = _told(viewer, {row[3] for row in rows if row[0]})
        nameless: set[tuple[Any, ...]] = set()
        for rival, kind, currency, opportunity, count, minor in rows:
            key = (rival or None) if told is None or opportunity in told else None
            if rival and key is None:
                # Several rivals of one that moved elsewhere are one line without a name.
                if (opportunity, kind, currency) in nameless:
                    continue
                nameless.add((opportunity, kind, currency))
            yield Share(key, opportunity, kind, currency, int(count), int(minor))


def _told(viewer: Viewer, ids: set[int]) -> set[int] | None:
    """Give whose rivals the viewer may read; None: of all."""
    if viewer.sees_all:
        return None
    visible = Opportunity.objects.visible_to(viewer).filter(pk__in=ids, voided=False)
    return set(visible.values_list("pk", flat=True))


def exchange_of(question: FunnelQuestion, base: str) -> Exchange:
    """Give the exchange rates of the day asked for, into the currency asked for."""
    found = exchange_on((question.on,), base=base, known_at=question.known_at)
    return found[question.on].restated(question.currency or base)


def worth(minor: int, currency: str, exchange: Exchange) -> Figure:
    """Give what minor units of a currency are worth; nothing is worth nothing at any rate."""
    value = exchange.value(minor, currency)
    return Figure(value, None if value is not None else "no_exchange_rate")
