"""Opportunities with their history from an import: rows, lines, and whole chains (FUN-5)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Model

from dakehu.actions.bulk import insert_rows, take_ids
from dakehu.actions.imports.accounts import known_accounts
from dakehu.actions.imports.currency import Booking
from dakehu.actions.imports.organisation import people_by_name, units_of_sellers
from dakehu.actions.imports.products import Catalogue, catalogue
from dakehu.actions.imports.stages import Stages
from dakehu.actions.imports.work import Work
from dakehu.actions.ledger import Drafted, Posting
from dakehu.actions.ledger.bulk import write_histories
from dakehu.actions.names import sort_key
from dakehu.core.errors import DakehuError
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
    check_day,
    decided,
    month_of,
)
from dakehu.core.money import round_to_minor
from dakehu.core.names import folded
from dakehu.models import (
    BooksClosing,
    LineSet,
    Opportunity,
    Product,
    ProductLine,
)

_BATCH = 2000


@dataclass(frozen=True, slots=True)
class _Ready:
    """A planned opportunity with all that it names found."""

    deal: PlannedDeal
    owner_id: int
    unit_id: int
    version_id: int
    stage_id: int
    product: Product | None
    account_id: int | None
    amount_minor: int
    outcome_minor: int

    @property
    def last_on(self) -> date:
        return self.deal.outcome_on or self.deal.start_on


def write_deals(
    work: Work, deals: Sequence[PlannedDeal], stages: Stages, booking: Booking
) -> date | None:
    """Write the opportunities that are not there yet; give the first day that was written to."""
    finder = _Finder(work, deals, stages, booking)
    known = work.known("opportunity")
    first: date | None = None
    ready: list[_Ready] = []
    again: list[tuple[_Ready, int]] = []
    for deal in deals:
        found = finder.find(deal)
        if found is None:
            continue
        if deal.external_id in known:
            again.append((found, known[deal.external_id]))
            continue
        ready.append(found)
        first = deal.start_on if first is None else min(first, deal.start_on)
    finder.catalogue.say_near_misses(work)
    _compare(work, again)
    ready = _without_taken_codes(work, ready)
    for place in range(0, len(ready), _BATCH):
        _write(work, ready[place : place + _BATCH], booking)
    return first if ready else None


class _Finder:
    """Finds what rows name; what is not found, or not in reach, refuses the row."""

    def __init__(
        self, work: Work, deals: Sequence[PlannedDeal], stages: Stages, booking: Booking
    ) -> None:
        self._work = work
        self._stages = stages
        self._booking = booking
        self.catalogue: Catalogue = catalogue(deals)
        self._accounts = known_accounts(work)
        self._people = people_by_name(work)
        self._units = units_of_sellers()
        closing = BooksClosing.objects.order_by("-id").first()
        self._closed_until = closing.until_on if closing else None

    def find(self, deal: PlannedDeal) -> _Ready | None:
        work = self._work
        owners = self._people.get(folded(deal.owner), ())
        if len(owners) != 1:
            code = "import.several_people" if owners else "import.unknown_owner"
            work.refuse(deal.at, code, name=deal.owner)
            return None
        owner = next(iter(owners))
        unit = self._unit(owner, deal.start_on)
        if unit is None or not work.reaches(unit):
            code = "import.owner_without_unit" if unit is None else "import.owner_out_of_reach"
            work.refuse(deal.at, code, name=deal.owner)
            return None
        stage = self._stages.find(deal.method, deal.stage, deal.outcome)
        if stage is None:
            work.refuse(deal.at, "import.unknown_stage", stage=deal.stage)
            return None
        product = self.catalogue.find(deal.product, deal.at) if deal.product else None
        if deal.product and product is None:
            work.refuse(deal.at, "import.unknown_product", name=deal.product)
            return None
        accounts = self._accounts.get(folded(deal.account), []) if deal.account else []
        if deal.account and len(accounts) != 1:
            code = "import.several_accounts" if accounts else "import.unknown_account"
            work.refuse(deal.at, code, name=deal.account)
            return None
        amount = self._amount(deal, product)
        if amount is None or not self._days_hold(deal):
            return None
        outcome = deal.outcome_amount
        return _Ready(
            deal, owner, unit, stage.version_id, stage.stage_id, product,
            accounts[0] if accounts else None,
            amount,
            amount if outcome is None else round_to_minor(outcome, self._booking.digits),
        )  # fmt: skip

    def _unit(self, owner: int, on: date) -> int | None:
        """Give the unit in which the owner sold on that day, else the first they sold in."""
        held = self._units.get(owner, [])
        for unit, from_on, until_on in held:
            if from_on <= on and (until_on is None or on < until_on):
                return unit
        return held[0][0] if held else None

    def _amount(self, deal: PlannedDeal, product: Product | None) -> int | None:
        amount = deal.amount
        if amount is None and product is not None:
            if product.currency_id not in (None, self._booking.currency):
                self._work.refuse(
                    deal.at, "import.price_in_other_currency", name=deal.product,
                    currency=product.currency_id,
                )  # fmt: skip
                return None
            amount = product.list_price
        if amount is None:
            amount = deal.outcome_amount
        if amount is None:
            self._work.refuse(deal.at, "import.no_amount", name=deal.product)
            return None
        return round_to_minor(amount, self._booking.digits)

    def _days_hold(self, deal: PlannedDeal) -> bool:
        try:
            for on in (deal.start_on, deal.outcome_on):
                if on is not None:
                    check_day(
                        on=on, last_on=deal.start_on, today=self._work.today,
                        closed_until=self._closed_until,
                    )  # fmt: skip
        except DakehuError as error:
            self._work.refuse(deal.at, error.code, **error.facts)
            return False
        return True


def _without_taken_codes(work: Work, ready: list[_Ready]) -> list[_Ready]:
    taken: set[str] = set()
    codes = [r.deal.code for r in ready if r.deal.code]
    for place in range(0, len(codes), 500):
        taken.update(
            Opportunity.objects.filter(code__in=codes[place : place + 500]).values_list(
                "code", flat=True
            )
        )
    for found in ready:
        if found.deal.code in taken:
            work.refuse(found.deal.at, "import.code_taken", name=found.deal.external_id)
    return [r for r in ready if r.deal.code not in taken]


def _compare(work: Work, again: Sequence[tuple[_Ready, int]]) -> None:
    """Tell rows that came before and are as they were from those that differ (kept as here)."""
    ids = [pk for _ready, pk in again]
    held: dict[int, dict[str, Any]] = {}
    products: dict[int, set[int]] = {}
    for place in range(0, len(ids), 500):
        part = ids[place : place + 500]
        for row in Opportunity.objects.filter(pk__in=part).values(
            "id", "owner_id", "account_id", "place", "stage_id", "amount_minor",
            "created_on", "decided_on", "voided",
        ):  # fmt: skip
            held[row["id"]] = row
        for opportunity, product in ProductLine.objects.filter(
            line_set__opportunity_id__in=part, line_set__is_current=True
        ).values_list("line_set__opportunity_id", "product_id"):
            products.setdefault(opportunity, set()).add(product)
    for found, pk in again:
        deal, row = found.deal, held.get(pk, {})
        wanted = {
            "owner_id": found.owner_id,
            "account_id": found.account_id,
            "place": int(deal.outcome or Place.OPEN),
            "stage_id": found.stage_id,
            "amount_minor": found.outcome_minor,
            "decided_on": deal.outcome_on,
            "voided": False,
        }
        if not deal.start_unknown:
            wanted["created_on"] = deal.start_on
        differing = [name for name, value in wanted.items() if row.get(name) != value]
        if found.product is not None and products.get(pk) != {found.product.pk}:
            differing.append("product")
        if differing:
            work.changed(deal.at, deal.external_id, differing)
        else:
            work.mark(deal.at, "unchanged")


def _write(work: Work, ready: Sequence[_Ready], booking: Booking) -> None:
    ids = take_ids(Opportunity, len(ready))
    rows = [_row(work, found, booking, pk) for pk, found in zip(ids, ready, strict=True)]
    _insert(Opportunity, rows)
    pairs = list(zip(ready, rows, strict=True))
    drafts = [draft for found, row in pairs for draft in _drafts(work, found, row, booking)]
    write_histories(drafts)
    _write_lines(work, pairs)
    work.remember("opportunity", ((found.deal.external_id, row.pk) for found, row in pairs))
    for found in ready:
        work.make("opportunities", found.deal.at)
    work.created["movements"] += len(drafts)


def _insert(model: type[Model], rows: Sequence[Model]) -> None:
    """Write rows that carry their ids already, with the defaults of the model."""
    fields = model._meta.concrete_fields
    names = [field.attname for field in fields]
    insert_rows(
        model,
        [str(field.column) for field in fields],
        (tuple(row.__dict__[name] for name in names) for row in rows),
    )


def _row(work: Work, found: _Ready, booking: Booking, pk: int) -> Opportunity:
    deal = found.deal
    place = deal.outcome or Place.OPEN
    category = Category.CLOSED if place is Place.WON else Category.PIPELINE
    return Opportunity(
        id=pk,
        code=deal.code or f"IM-{work.correlation_id.hex[:8]}-{deal.at.row}",
        name=deal.name,
        sort_key=sort_key(deal.name, 240),
        account_id=found.account_id,
        owner_id=found.owner_id,
        unit_id=found.unit_id,
        method_version_id=found.version_id,
        stage_id=found.stage_id,
        place=int(place),
        amount_minor=found.outcome_minor,
        currency_id=booking.currency,
        base_minor=booking.base_minor(found.outcome_minor, found.last_on),
        close_on=deal.close_on,
        close_sort=deal.close_on or date.max,
        category=int(category),
        source=deal.source,
        next_step=deal.next_step,
        created_on=deal.start_on,
        stage_since=deal.start_on,
        last_on=found.last_on,
        decided_on=deal.outcome_on,
        start_unknown=deal.start_unknown,
        evidence_unknown=True,
        updated_at=work.at,
    )


def _drafts(work: Work, found: _Ready, row: Opportunity, booking: Booking) -> Iterable[Drafted]:
    """Give the chain: created, and for a decided one its last amount and the outcome."""
    deal = found.deal
    position = Position(
        Place.OPEN, found.owner_id, found.unit_id, found.stage_id, Category.PIPELINE,
        month_of(deal.close_on), booking.currency,
    )  # fmt: skip

    def on(day: date) -> Posting:
        return Posting(day, work.at, work.actor.person_id, Way.IMPORT, work.correlation_id)

    standing = Standing(position, found.amount_minor)
    yield Drafted(row.pk, Step(Kind.CREATED, None, standing), on(deal.start_on))
    if deal.outcome is None or deal.outcome_on is None:
        return
    last = Standing(position, found.outcome_minor)
    if last != standing:
        yield Drafted(row.pk, Step(Kind.AMOUNT_CHANGED, standing, last), on(deal.outcome_on))
    left = Standing(decided(position, deal.outcome), found.outcome_minor)
    yield Drafted(
        row.pk,
        Step(OUTCOMES[deal.outcome], last, left),
        on(deal.outcome_on),
        base_minor=row.base_minor,
        text=deal.reason,
    )


def _write_lines(work: Work, pairs: Sequence[tuple[_Ready, Opportunity]]) -> None:
    """Keep the product line as of the start, and again where the win changed its amount."""
    sets: list[LineSet] = []
    lines: list[tuple[Product, int]] = []
    for found, row in pairs:
        if found.product is None:
            continue
        days = [(found.deal.start_on, found.amount_minor)]
        if found.outcome_minor != found.amount_minor:
            days.append((found.last_on, found.outcome_minor))
        for number, (day, minor) in enumerate(days, start=1):
            sets.append(
                LineSet(
                    opportunity_id=row.pk,
                    on=day,
                    recorded_at=work.at,
                    correlation_id=work.correlation_id,
                    is_current=number == len(days),
                )
            )
            lines.append((found.product, minor))
    scale = Decimal(10) ** work.digits
    for pk, line_set in zip(take_ids(LineSet, len(sets)), sets, strict=True):
        line_set.pk = pk
    _insert(LineSet, sets)
    insert_rows(
        ProductLine,
        ("line_set_id", "product_id", "quantity", "unit_price", "amount_minor", "delivery_month"),
        (
            (row.pk, product.pk, Decimal(1), Decimal(minor) / scale, minor, None)
            for row, (product, minor) in zip(sets, lines, strict=True)
        ),
    )
