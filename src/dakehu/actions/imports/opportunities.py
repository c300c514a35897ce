"""Opportunities with their history from an import: rows, lines, and whole chains (FUN-5)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from dakehu.actions.bulk import insert_models, insert_rows, take_ids
from dakehu.actions.imports.currency import Booking
from dakehu.actions.imports.finding import (
    Finder,
    Lookups,
    Ready,
    compare,
    without_taken_codes,
)
from dakehu.actions.imports.stages import Stages
from dakehu.actions.imports.updating import FOLLOWS, update
from dakehu.actions.imports.work import Work
from dakehu.actions.ledger import Drafted, Posting, hold_books
from dakehu.actions.ledger.bulk import write_histories
from dakehu.actions.names import sort_key
from dakehu.core.imports.plan import PlannedDeal
from dakehu.core.ledger import (
    OUTCOMES,
    Category,
    Kind,
    Place,
    Position,
    Standing,
    Step,
    Way,
    decided,
    month_of,
)
from dakehu.models import BooksClosing, LineSet, Opportunity, Product, ProductLine
from dakehu.queries.units import all_units


class Deals:
    """Takes opportunities in, some at a time: `find` reads only, `write` writes what was found."""

    def __init__(
        self,
        work: Work,
        stages: Stages,
        booking: Booking,
        lookups: Lookups,
        accounts: Mapping[str, list[int]],
        *,
        updating: bool = False,
    ) -> None:
        self._work = work
        self._updating = updating
        self._differ: list[tuple[Ready, int, list[str]]] = []
        self._booking = booking
        self._finder = Finder(work, stages, booking, lookups, accounts)

    def find(self, deals: Sequence[PlannedDeal]) -> list[Ready]:
        """Find what the rows name; give those that are new, say what is wrong with the others."""
        work = self._work
        known = work.known_among("opportunity", [deal.external_id for deal in deals])
        ready: list[Ready] = []
        again: list[tuple[Ready, int]] = []
        for deal in deals:
            found = self._finder.find(deal)
            if found is None:
                continue
            if deal.external_id in known:
                again.append((found, known[deal.external_id]))
            else:
                ready.append(found)
        self._differ = compare(work, again, updating=self._updating)
        return without_taken_codes(work, ready)

    def write(self, ready: Sequence[Ready], *, carry: bool) -> None:
        """Write what `find` gave, inside the caller's transaction.

        With `carry=False` the caller rebuilds the months since the first day.
        """
        work = self._work
        for found, pk, differing in self._differ:
            update(work, found, pk, differing)
        self._differ = []
        ready = self._still_open(ready)
        if not ready:
            return
        ids = take_ids(Opportunity, len(ready))
        insert_rows(
            Opportunity,
            _COLUMNS,
            (_row(work, found, self._booking, pk) for pk, found in zip(ids, ready, strict=True)),
        )
        drafts = [
            draft
            for pk, found in zip(ids, ready, strict=True)
            for draft in _drafts(work, found, pk, self._booking)
        ]
        write_histories(drafts, carry=carry)
        _write_lines(work, ids, ready)
        work.remember(
            "opportunity",
            ((found.deal.external_id, pk) for pk, found in zip(ids, ready, strict=True)),
        )
        for found in ready:
            work.make("opportunities", found.deal.at)
        work.created["movements"] += len(drafts)

    def _still_open(self, ready: Sequence[Ready]) -> list[Ready]:
        """Leave out whose books or unit were closed since it was found; both hold till the end."""
        hold_books()
        closing = BooksClosing.objects.order_by("-id").first()
        tree, today = all_units(), self._work.today
        within = []
        for found in ready:
            deal = found.deal
            if closing is not None and deal.start_on <= closing.until_on:
                self._work.refuse(
                    deal.at, "ledger.books_closed", on=deal.start_on, closed_until=closing.until_on
                )
            elif deal.outcome is None and found.unit_now not in tree.tree(today):
                self._work.refuse(deal.at, "import.unit_closed", on=today)
            else:
                within.append(found)
        return within

    def count_updates(self) -> None:
        """Count the updates that would be made, where an import is only tried."""
        for found, _pk, differing in self._differ:
            if set(differing) & FOLLOWS:
                self._work.created["updated"] += 1
                self._work.mark(found.deal.at, "created")
            if left := sorted(set(differing) - FOLLOWS):
                self._work.changed(found.deal.at, found.deal.external_id, left)
        self._differ = []

    def count(self, found: Ready) -> None:
        """Count what would come of a row, where an import is only tried."""
        deal = found.deal
        self._work.make("opportunities", deal.at)
        changed = deal.outcome is not None and found.outcome_minor != found.amount_minor
        self._work.created["movements"] += len(found.way) + (deal.outcome is not None) + changed

    def end(self, refused: Sequence[PlannedDeal]) -> None:
        """Report what refused rows name, and which spellings of products were taken for which.

        In this order: what refused rows name is the same however often one comes here.
        """
        near = dict(self._finder.catalogue.near)
        for deal in refused:
            self._finder.say_unknown(deal)
        for (written, meant), (first, rows) in near.items():
            self._work.warn(first, "import.name_folded", written=written, meant=meant, rows=rows)


_COLUMNS = (
    "id", "code", "name", "sort_key", "account_id", "owner_id", "unit_id", "method_version_id",
    "stage_id", "place", "amount_minor", "most_minor", "currency_id", "base_minor", "close_on",
    "close_sort", "category", "source", "next_step", "created_on", "stage_since", "last_on",
    "decided_on", "start_unknown", "evidence_unknown", "updated_at", "voided", "own_rate_bp",
    "compelling_event", "next_step_on", "version",
)  # fmt: skip


def _row(work: Work, found: Ready, booking: Booking, pk: int) -> tuple[Any, ...]:
    """Give the columns of `_COLUMNS`, as the ledger will add up to."""
    deal = found.deal
    place = deal.outcome or Place.OPEN
    category = Category.CLOSED if place is Place.WON else Category.PIPELINE
    code = deal.code or f"IM-{work.correlation_id.hex[:8]}-{deal.at.row}"
    base = booking.base_minor(found.outcome_minor, found.last_on)
    return (
        pk, code, deal.name, sort_key(deal.name, 240), found.account_id, found.owner_id,
        found.unit_now, found.version_id, found.stage_id, int(place), found.outcome_minor,
        max(found.amount_minor, found.outcome_minor), booking.currency, base, deal.close_on,
        deal.close_on or date.max, int(category),
        deal.source, deal.next_step, deal.start_on, found.way[-1][0], found.last_on,
        deal.outcome_on, deal.start_unknown, True, work.at, False, None, "", None, 1,
    )  # fmt: skip


def _drafts(work: Work, found: Ready, pk: int, booking: Booking) -> Iterator[Drafted]:
    """Give the chain: created, its way, home from a closed unit, its last amount, the outcome."""
    deal = found.deal
    position = Position(
        Place.OPEN, found.owner_id, found.unit_id, found.way[0][1].stage_id, Category.PIPELINE,
        month_of(deal.close_on), booking.currency,
    )  # fmt: skip

    def on(day: date) -> Posting:
        return Posting(day, work.at, work.actor.person_id, Way.IMPORT, work.correlation_id)

    standing = Standing(position, found.amount_minor)
    yield Drafted(pk, Step(Kind.CREATED, None, standing), on(deal.start_on))
    for (_on, was), (day, now) in pairwise(found.way):
        kind = Kind.ADVANCED if now.order > was.order else Kind.REGRESSED
        position = replace(position, stage_id=now.stage_id)
        then = Standing(position, found.amount_minor)
        yield Drafted(pk, Step(kind, standing, then), on(day))
        standing = then
    if found.home is not None:
        unit_id, day = found.home
        position = replace(position, unit_id=unit_id)
        then = Standing(position, found.amount_minor)
        yield Drafted(pk, Step(Kind.UNIT_MOVED, standing, then), on(day))
        standing = then
    if deal.outcome is None or deal.outcome_on is None:
        return
    last = Standing(position, found.outcome_minor)
    if last != standing:
        yield Drafted(pk, Step(Kind.AMOUNT_CHANGED, standing, last), on(deal.outcome_on))
    left = Standing(decided(position, deal.outcome), found.outcome_minor)
    yield Drafted(
        pk,
        Step(OUTCOMES[deal.outcome], last, left),
        on(deal.outcome_on),
        base_minor=booking.base_minor(found.outcome_minor, found.last_on),
        text=deal.reason,
    )


def _write_lines(work: Work, ids: Iterable[int], ready: Sequence[Ready]) -> None:
    """Keep the product line as of the start, and again where the win changed its amount."""
    sets: list[LineSet] = []
    lines: list[tuple[Product, int]] = []
    for pk, found in zip(ids, ready, strict=True):
        if found.product is None:
            continue
        days = [(found.deal.start_on, found.amount_minor)]
        if found.outcome_minor != found.amount_minor:
            days.append((found.last_on, found.outcome_minor))
        for number, (day, minor) in enumerate(days, start=1):
            sets.append(
                LineSet(
                    opportunity_id=pk,
                    on=day,
                    recorded_at=work.at,
                    correlation_id=work.correlation_id,
                    is_current=number == len(days),
                )
            )
            lines.append((found.product, minor))
    if not sets:
        return
    scale = Decimal(10) ** work.digits
    insert_models(LineSet, sets)
    insert_rows(
        ProductLine,
        ("line_set_id", "product_id", "quantity", "unit_price", "amount_minor", "delivery_month"),
        (
            (row.pk, product.pk, Decimal(1), Decimal(minor) / scale, minor, None)
            for row, (product, minor) in zip(sets, lines, strict=True)
        ),
    )
