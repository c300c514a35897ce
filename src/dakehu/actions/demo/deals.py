"""Writing the demo's deals: rows, movements with their entries, lines, evidence, competitors."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from dakehu.actions.ledger import Drafted, Posting, write_movements
from dakehu.actions.names import sort_key
from dakehu.core.currency import convert
from dakehu.core.demo.deals import DIGITS, Deal
from dakehu.core.demo.world import World
from dakehu.core.ledger import Way
from dakehu.models import Competitor, Evidence, LineSet, Opportunity, ProductLine

BATCH = 500


def write_deals(chunk: Sequence[Deal], world: World, short_names: dict[int, str]) -> int:
    """Write some deals inside the caller's transaction; give how many movements they made."""
    rows = Opportunity.objects.bulk_create(
        [_row(deal, world, short_names) for deal in chunk], BATCH
    )
    pairs = [(row.pk, deal) for row, deal in zip(rows, chunk, strict=True)]
    drafts = [
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
    write_movements(drafts, carry=False)
    _write_lines(pairs)
    Evidence.objects.bulk_create(
        [
            Evidence(
                opportunity_id=key,
                stage_id=tick.stage_id,
                key=tick.key,
                ticked_on=tick.on,
                ticked_at=_noon(tick.on),
                ticked_by_id=tick.person_id,
                note=tick.note,
            )
            for key, deal in pairs
            for tick in deal.ticks
        ],
        BATCH,
    )
    Competitor.objects.bulk_create(
        [
            Competitor(opportunity_id=key, name=name)
            for key, deal in pairs
            for name in deal.competitors
        ],
        BATCH,
    )
    return len(drafts)


def _row(deal: Deal, world: World, short_names: dict[int, str]) -> Opportunity:
    held = deal.last
    position = held.position
    name = f"{short_names[deal.account_id]} {deal.label}"
    last = deal.saves[-1]
    rate = world.rates.on(position.currency, last.on)
    return Opportunity(
        code=f"O{deal.number + 1:06}",
        name=name,
        sort_key=sort_key(name, 240),
        account_id=deal.account_id,
        owner_id=position.owner_id,
        unit_id=position.unit_id,
        method_version_id=deal.method.version_id,
        stage_id=position.stage_id,
        place=int(position.place),
        voided=deal.standing is None,
        amount_minor=held.amount_minor,
        currency_id=position.currency,
        base_minor=convert(held.amount_minor, from_digits=DIGITS, rate=rate, to_digits=DIGITS),
        close_on=deal.close_on,
        close_sort=deal.close_on or date.max,
        category=int(position.category),
        own_rate_bp=position.own_rate_bp,
        source=deal.source,
        compelling_event=deal.event,
        next_step=deal.next_step,
        next_step_on=deal.next_step_on,
        created_on=deal.created_on,
        stage_since=deal.stage_since,
        last_on=last.on,
        decided_on=deal.decided_on,
        updated_at=last.at,
        version=len(deal.saves),
    )


def _write_lines(pairs: Sequence[tuple[int, Deal]]) -> None:
    sets: list[LineSet] = []
    lines: list[tuple[Any, ...]] = []
    for key, deal in pairs:
        with_lines = [save for save in deal.saves if save.lines]
        for save in with_lines:
            sets.append(
                LineSet(
                    opportunity_id=key,
                    on=save.on,
                    recorded_at=save.at,
                    correlation_id=save.correlation_id,
                    is_current=save is with_lines[-1],
                )
            )
            lines.append(save.lines or ())
    written = LineSet.objects.bulk_create(sets, BATCH)
    ProductLine.objects.bulk_create(
        [
            ProductLine(
                line_set=line_set,
                product_id=line.product_id,
                quantity=line.quantity,
                unit_price=line.unit_price,
                amount_minor=line.amount_minor,
                delivery_month=line.delivery_month,
            )
            for line_set, sold in zip(written, lines, strict=True)
            for line in sold
        ],
        BATCH,
    )


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(4), UTC)
