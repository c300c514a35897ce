"""Recording and taking back out-of-funnel sales (FUN-4): orders under the unit's threshold."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from dakehu.actions.opportunities.checks import check_account, unit_of_owner
from dakehu.actions.opportunities.held import (
    Save,
    booked_base,
    check_posting_day,
    digits_of,
)
from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Way
from dakehu.core.money import from_minor, to_minor
from dakehu.models import Person, SalesUnit, SmallSale
from dakehu.models.visibility import in_scope
from dakehu.queries.organisation import organisation

MOST_ORDERS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSmallSale:
    """An order of a day, or with `until_on` the total of the orders in [on, until_on)."""

    owner_id: int
    amount: Decimal
    currency: str
    on: date
    until_on: date | None = None
    orders: int = 1
    account_id: int | None = None
    #: One of the owner's units; None takes that in which they sell.
    unit_id: int | None = None
    note: str = ""


@transaction.atomic
def record_small_sale(
    *, actor: Viewer, sale: NewSmallSale, today: date, at: datetime, reason: str = ""
) -> int:
    """Record an out-of-funnel sale of an owner; give its id.

    Without a threshold there are none (our reading of FUN-4: 0 is no threshold). A total is
    judged by its orders' mean, lies within one month, and stands instead of its orders.
    NotAllowed `small_sale.record`, NotFound `account.not_found`, RuleBroken
    `small_sale.no_threshold`, `small_sale.too_large`, `small_sale.over_months`,
    `small_sale.counted_already`, `money.…`, `ledger.…`.
    """
    unit_id = unit_of_owner(sale.owner_id, sale.on, chosen=sale.unit_id)
    if not actor.may("small_sale.record", owner_id=sale.owner_id, unit_id=unit_id):
        raise NotAllowed("small_sale.record")
    save = Save.begin(actor=actor, on=sale.on, today=today, at=at, way=Way.FORM)
    check_posting_day(save, last_on=None, reason=reason)
    _check_period(sale, today)
    check_account(actor, sale.account_id)
    digits = digits_of(sale.currency)
    amount = to_minor(sale.amount, digits)
    if amount <= 0:
        raise RuleBroken("small_sale.not_positive", field="amount")
    if not 1 <= sale.orders <= MOST_ORDERS:
        raise RuleBroken("small_sale.orders", field="orders", limit=MOST_ORDERS)
    base = booked_base(amount, sale.currency, sale.on)
    _check_threshold(unit_id, base, sale.orders)
    if len(sale.note.strip()) > 240:
        raise RuleBroken("opportunity.text_too_long", field="note", limit=240)
    _check_counted_once(sale)
    row = SmallSale.objects.create(
        on=sale.on,
        until_on=sale.until_on,
        owner_id=sale.owner_id,
        unit_id=unit_id,
        account_id=sale.account_id,
        orders=sale.orders,
        amount_minor=amount,
        currency_id=sale.currency,
        base_minor=base,
        note=sale.note.strip(),
        recorded_at=at,
        actor_id=actor.person_id,
    )
    return row.pk


@transaction.atomic
def reverse_small_sale(
    *, actor: Viewer, small_sale_id: int, today: date, at: datetime, reason: str = ""
) -> int:
    """Take a sale back by a mirror row of its own day; give the mirror's id.

    NotFound `small_sale.not_found`, NotAllowed `small_sale.record`, RuleBroken
    `small_sale.already_reversed`, `ledger.books_closed`.
    """
    row = SmallSale.objects.filter(in_scope(actor), pk=small_sale_id).select_for_update().first()
    if row is None:
        raise NotFound("small_sale.not_found")
    if not actor.may("small_sale.record", owner_id=row.owner_id, unit_id=row.unit_id):
        raise NotAllowed("small_sale.record")
    if row.reverses_id is not None or SmallSale.objects.filter(reverses=row).exists():
        raise RuleBroken("small_sale.already_reversed")
    save = Save.begin(actor=actor, on=row.on, today=today, at=at, way=Way.FORM)
    check_posting_day(save, last_on=None, reason=reason)
    mirror = SmallSale.objects.create(
        on=row.on,
        until_on=row.until_on,
        owner_id=row.owner_id,
        unit_id=row.unit_id,
        account_id=row.account_id,
        orders=-row.orders,
        amount_minor=-row.amount_minor,
        currency_id=row.currency_id,
        base_minor=-row.base_minor,
        note=reason.strip()[:240],
        reverses=row,
        recorded_at=at,
        actor_id=actor.person_id,
    )
    return mirror.pk


def _check_period(sale: NewSmallSale, today: date) -> None:
    if sale.until_on is None:
        return
    if sale.until_on <= sale.on:
        raise RuleBroken("small_sale.upside_down", field="until_on")
    last = sale.until_on - timedelta(days=1)
    if last > today:
        raise RuleBroken("ledger.future", on=last, today=today, field="until_on")
    if last.replace(day=1) != sale.on.replace(day=1):
        # Periods are whole fiscal months: only within a month is it of every one or of none.
        raise RuleBroken("small_sale.over_months", field="until_on")


def _check_counted_once(sale: NewSmallSale) -> None:
    """Refuse orders beside the total that holds them; either may have come first (FUN-4: or)."""
    # Two totals of one owner at the same time: the second one waits and sees the first.
    Person.objects.select_for_update(no_key=True).filter(pk=sale.owner_id).first()
    end = sale.until_on or sale.on + timedelta(days=1)
    taken_back = SmallSale.objects.filter(reverses=OuterRef("pk"))
    standing = SmallSale.objects.filter(
        ~Exists(taken_back), owner_id=sale.owner_id, reverses__isnull=True, on__lt=end
    )
    inside = Q(until_on__gt=sale.on)
    if sale.until_on is not None:
        inside |= Q(until_on__isnull=True, on__gte=sale.on)
    if sale.account_id is not None:
        inside &= Q(account_id=sale.account_id) | Q(account_id__isnull=True)
    found = standing.filter(inside).order_by("on", "id").values_list("on", "until_on").first()
    if found is not None:
        last = found[1] - timedelta(days=1) if found[1] else found[0]
        raise RuleBroken("small_sale.counted_already", start=found[0], last=last, field="on")


def _check_threshold(unit_id: int, base_minor: int, orders: int) -> None:
    unit = SalesUnit.objects.get(pk=unit_id)
    threshold = unit.small_sale_threshold_minor
    if threshold <= 0:
        name = unit.name_zh or unit.name_en or unit.code
        raise RuleBroken("small_sale.no_threshold", unit=name, field="owner")
    if base_minor >= threshold * orders:
        org = organisation()
        raise RuleBroken(
            "small_sale.too_large",
            threshold=from_minor(threshold, org.base_digits),
            currency=org.base_currency,
            field="amount",
        )
