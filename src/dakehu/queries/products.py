"""Products: no secret inside the organisation, so everybody reads them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q, Value
from django.db.models.functions import Replace

from dakehu.core.access import Viewer
from dakehu.core.errors import NotFound
from dakehu.core.names import folded
from dakehu.models import Product
from dakehu.queries.audit import ChangeRow, changes
from dakehu.queries.paging import Cut, Page, page_of


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A product with its list price in units of its currency; None where none is set."""

    id: int
    version: int
    code: str
    name_zh: str
    name_en: str
    series: str
    list_price: Decimal | None
    currency: str
    is_active: bool

    def name(self, language: str) -> str:
        """Give the name in the reader's language, else the other one, else the code."""
        first, second = (
            (self.name_en, self.name_zh)
            if language.startswith("en")
            else (self.name_zh, self.name_en)
        )
        return first or second or self.code


def products(*, viewer: Viewer, text: str, cut: Cut) -> Page[ProductRow]:
    """Give a page of products by name, the ones not sold any more among them."""
    del viewer
    rows: Any = Product.objects.all()
    key = folded(text)
    if text.strip():
        rows = rows.annotate(spelt=Replace("sort_key", Value(" "), Value(""))).filter(
            (Q(folded__contains=key) if key else Q(pk__in=[]))
            | Q(name_en__icontains=text.strip())
            | Q(code__icontains=text.strip())
            | Q(series__icontains=text.strip())
            | (Q(spelt__contains=key) if key.isascii() and key else Q(pk__in=[]))
        )
    page = page_of([rows], order=("sort_key", "id"), cut=cut)
    return Page(tuple(_row(row) for row in page.rows), page.next, page.previous)


def product(*, viewer: Viewer, product_id: int) -> tuple[ProductRow, tuple[ChangeRow, ...]]:
    """Give one product with what was changed. Raises NotFound("product.unknown")."""
    row = Product.objects.filter(pk=product_id).first()
    if row is None:
        raise NotFound("product.unknown")
    return _row(row), changes(viewer=viewer, object_type="product", object_id=product_id)


def _row(row: Product) -> ProductRow:
    return ProductRow(
        id=row.pk,
        version=row.version,
        code=row.code,
        name_zh=row.name_zh,
        name_en=row.name_en,
        series=row.series,
        list_price=row.list_price,
        currency=row.currency_id or "",
        is_active=row.is_active,
    )
