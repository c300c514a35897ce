"""Out-of-funnel sales (FUN-4) as somebody may see them: of their own, their units, or all."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Exists, OuterRef

from dakehu.core.access import Viewer
from dakehu.core.money import from_minor
from dakehu.models import SmallSale
from dakehu.queries.paging import Cut, Page, page_of


@dataclass(frozen=True, slots=True)
class SmallSaleRow:
    """A sale, a total of [on, until_on), or what takes one back; amounts in units."""

    id: int
    on: date
    until_on: date | None
    owner: str
    unit: str
    account: str
    orders: int
    amount: Decimal
    currency: str
    note: str
    is_mirror: bool
    is_reversed: bool
    may_reverse: bool


def small_sales(*, viewer: Viewer, cut: Cut) -> Page[SmallSaleRow]:
    """Give a page of out-of-funnel sales, the latest first. RuleBroken `list.bad_cursor`.

    The account is named only to those whose scope holds the sale, which is everybody here.
    """
    rows = SmallSale.objects.select_related("owner", "unit", "account", "currency").annotate(
        taken_back=Exists(SmallSale.objects.filter(reverses=OuterRef("pk")))
    )
    sets = [rows]
    if not viewer.sees_all:
        sets = [rows.filter(owner_id=person) for person in sorted(viewer.owners)] or [rows.none()]
        if viewer.units:
            sets.append(rows.filter(unit_id__in=viewer.units))
    page = page_of(sets, order=("on", "id"), descending=True, cut=cut)
    english = viewer.language.startswith("en")

    def either(zh: str, en: str) -> str:
        return (en or zh) if english else (zh or en)

    return Page(
        rows=tuple(
            SmallSaleRow(
                id=row.pk,
                on=row.on,
                until_on=row.until_on,
                owner=either(row.owner.name, row.owner.name_en),
                unit=either(row.unit.name_zh, row.unit.name_en) or row.unit.code,
                account=row.account.name if row.account else "",
                orders=row.orders,
                amount=from_minor(row.amount_minor, row.currency.digits),
                currency=row.currency_id,
                note=row.note,
                is_mirror=row.reverses_id is not None,
                is_reversed=row.taken_back,
                may_reverse=row.reverses_id is None
                and not row.taken_back
                and viewer.may("small_sale.record", owner_id=row.owner_id, unit_id=row.unit_id),
            )
            for row in page.rows
        ),
        next=page.next,
        previous=page.previous,
    )
