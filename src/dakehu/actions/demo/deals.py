"""Writing the demo's deals: rows, movements with their entries, lines, evidence, competitors."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time

from dakehu.actions.bulk import Row, insert_rows, take_ids
from dakehu.actions.demo.activities import write_activities
from dakehu.actions.ledger import Drafted, Posting, write_histories
from dakehu.actions.names import sort_key
from dakehu.actions.search import OPPORTUNITY, write_tokens
from dakehu.core.currency import convert
from dakehu.core.demo.activities import activities_of, last_contact
from dakehu.core.demo.deal import DIGITS, Deal, Save
from dakehu.core.demo.world import World
from dakehu.core.ledger import Way
from dakehu.models import Competitor, Evidence, LineSet, Opportunity, ProductLine

_OPPORTUNITY = (
    "id", "code", "name", "sort_key", "account_id", "owner_id", "unit_id", "method_version_id",
    "stage_id", "place", "voided", "amount_minor", "most_minor", "currency_id", "base_minor",
    "close_on", "close_sort", "category", "own_rate_bp", "source", "compelling_event", "next_step",
    "next_step_on", "created_on", "stage_since", "last_on", "decided_on", "start_unknown",
    "evidence_unknown", "last_contact_on", "updated_at", "version",
)  # fmt: skip
_EVIDENCE = (
    "opportunity_id", "stage_id", "key", "ticked_on", "ticked_at", "ticked_by_id", "note", "link",
)  # fmt: skip
_LINE_SET = ("id", "opportunity_id", "on", "recorded_at", "correlation_id", "is_current")
_LINE = (
    "line_set_id", "product_id", "quantity", "unit_price", "amount_minor", "delivery_month",
)  # fmt: skip
Pair = tuple[int, Deal]


def write_deals(
    chunk: Sequence[Deal],
    world: World,
    short_names: Mapping[int, tuple[str, str]],
    contacts: Mapping[int, Sequence[int]],
) -> int:
    """Write some deals inside the caller's transaction; give how many movements they made.

    `short_names`: of each account its short name and that name's sort key; `contacts`: its people.
    """
    pairs = list(zip(take_ids(Opportunity, len(chunk)), chunk, strict=True))
    told = [(key, deal.account_id, activities_of(deal, world)) for key, deal in pairs]
    rows = [
        _row(pair, world, short_names, last_contact(plans))
        for pair, (_key, _account, plans) in zip(pairs, told, strict=True)
    ]
    insert_rows(Opportunity, _OPPORTUNITY, rows)
    write_tokens(OPPORTUNITY, ((row[0], (row[2],), (row[1],)) for row in rows))
    write_activities(told, contacts)
    movements = write_histories(
        [
            Drafted(
                opportunity_id=key,
                step=step,
                posting=Posting(
                    on=save.on,
                    at=save.at,
                    actor_id=save.actor_id,
                    way=Way.DEMO,
                    correlation_id=save.correlation_id,
                ),
                base_minor=save.base_minor,
                reason=save.reason,
                competitor=save.competitor,
                text=save.text,
            )
            for key, deal in pairs
            for save in deal.saves
            for step in save.steps
        ]
    )
    _write_lines(pairs)
    insert_rows(Evidence, _EVIDENCE, _ticks(pairs))
    insert_rows(
        Competitor,
        ("opportunity_id", "name", "note"),
        ((key, name, "") for key, deal in pairs for name in deal.competitors),
    )
    return movements


def _row(
    pair: Pair,
    world: World,
    short_names: Mapping[int, tuple[str, str]],
    touched_on: date | None,
) -> Row:
    key, deal = pair
    held, last = deal.last, deal.saves[-1]
    at = held.position
    short, sorted_by = short_names[deal.account_id]
    rate = world.rates.on(at.currency, last.on)
    steps = (step.after for save in deal.saves for step in save.steps)
    most = max((after.amount_minor for after in steps if after is not None), default=0)
    base = convert(held.amount_minor, from_digits=DIGITS, rate=rate, to_digits=DIGITS)
    return (
        key, f"O{deal.number + 1:06}", f"{short} {deal.label}",
        f"{sorted_by} {sort_key(deal.label)}"[:240], deal.account_id, at.owner_id, at.unit_id,
        deal.method.version_id, at.stage_id, int(at.place), deal.standing is None,
        held.amount_minor, most, at.currency, base, deal.close_on, deal.close_on or date.max,
        int(at.category), at.own_rate_bp, deal.source, deal.event, deal.next_step,
        deal.next_step_on, deal.created_on, deal.stage_since, last.on, deal.decided_on, False,
        False, touched_on, last.at, len(deal.saves),
    )  # fmt: skip


def _ticks(pairs: Sequence[Pair]) -> Iterator[Row]:
    for key, deal in pairs:
        for tick in deal.ticks:
            yield (
                key, tick.stage_id, tick.key, tick.on, _noon(tick.on), tick.person_id, tick.note,
                "",
            )  # fmt: skip


def _write_lines(pairs: Sequence[Pair]) -> None:
    sets: list[tuple[int, Save, bool]] = []
    for key, deal in pairs:
        having = [save for save in deal.saves if save.lines]
        sets += [(key, save, save is having[-1]) for save in having]
    ids = take_ids(LineSet, len(sets))
    insert_rows(
        LineSet,
        _LINE_SET,
        (
            (id_, key, save.on, save.at, save.correlation_id, current)
            for id_, (key, save, current) in zip(ids, sets, strict=True)
        ),
    )
    insert_rows(
        ProductLine,
        _LINE,
        (
            (id_, line.product_id, line.quantity, line.unit_price, line.amount_minor,
             line.delivery_month)
            for id_, (_key, save, _current) in zip(ids, sets, strict=True)
            for line in save.lines or ()
        ),
    )  # fmt: skip


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(4), UTC)
