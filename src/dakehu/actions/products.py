"""Products and their list price: kept by those who hold product.edit."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.db import transaction

from dakehu.actions.audit import last_change, record_changes
from dakehu.actions.names import sort_key
from dakehu.core.access import Viewer
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Way
from dakehu.core.money import MAX_UNITS
from dakehu.core.names import folded
from dakehu.models import Currency, Product

PRICE_DIGITS = 6


@transaction.atomic
def create_product(
    *,
    actor: Viewer,
    code: str,
    name_zh: str,
    name_en: str,
    at: datetime,
    series: str = "",
    list_price: Decimal | None = None,
    currency: str | None = None,
    way: Way = Way.FORM,
) -> int:
    """Create a product; gives its id.

    Raises NotAllowed("product.edit"), RuleBroken("product.code_missing", "product.code_taken",
    "product.name_missing", "product.price_without_currency", "money.…", "text.too_long").
    """
    _check_may_edit(actor)
    code = code.strip()
    if not code or len(code) > 60:
        raise RuleBroken("product.code_missing", field="code")
    if Product.objects.filter(code=code).exists():
        raise RuleBroken("product.code_taken", field="code", taken=code)
    columns = _columns(name_zh, name_en, series, list_price, currency, held=None)
    row = Product.objects.create(code=code, **columns)
    _record(actor, row.pk, {"created": (None, code)}, way, at)
    return row.pk


@transaction.atomic
def edit_product(
    *,
    actor: Viewer,
    product_id: int,
    seen_version: int,
    name_zh: str,
    name_en: str,
    series: str,
    list_price: Decimal | None,
    currency: str | None,
    is_active: bool,
    at: datetime,
    way: Way = Way.FORM,
) -> None:
    """Change a product; lines of opportunities keep the price that they were given.

    Raises NotAllowed("product.edit"), NotFound("product.unknown"), Conflict("product.changed"),
    RuleBroken as in `create_product`.
    """
    _check_may_edit(actor)
    row = Product.objects.select_for_update(of=("self",)).filter(pk=product_id).first()
    if row is None:
        raise NotFound("product.unknown")
    columns = _columns(name_zh, name_en, series, list_price, currency, held=row.currency_id)
    columns["is_active"] = is_active
    shown = [n for n in columns if n not in ("sort_key", "folded")]
    changes = {n: (getattr(row, n), columns[n]) for n in shown}
    if row.version != seen_version:
        differing = {n: pair for n, pair in changes.items() if pair[0] != pair[1]}
        raise Conflict(
            "product.changed",
            version=row.version,
            theirs={n: old for n, (old, _new) in differing.items()},
            yours={n: new for n, (_old, new) in differing.items()},
            **last_change("product", product_id),
        )
    Product.objects.filter(pk=product_id).update(**columns, version=row.version + 1)
    _record(actor, product_id, changes, way, at)


def _check_may_edit(actor: Viewer) -> None:
    if not actor.holds("product.edit"):
        raise NotAllowed("product.edit")


def _columns(
    name_zh: str,
    name_en: str,
    series: str,
    list_price: Decimal | None,
    currency: str | None,
    *,
    held: str | None,
) -> dict[str, Any]:
    texts = {"name_zh": name_zh.strip(), "name_en": name_en.strip(), "series": series.strip()}
    for field, limit in (("name_zh", 160), ("name_en", 160), ("series", 80)):
        if len(texts[field]) > limit:
            raise RuleBroken("text.too_long", field=field, limit=limit)
    name = texts["name_zh"] or texts["name_en"]
    if not name:
        raise RuleBroken("product.name_missing", field="name_zh")
    if list_price is not None:
        _check_price(list_price)
        if not currency:
            raise RuleBroken("product.price_without_currency", field="currency_id")
    if currency and currency != held:
        active = Currency.objects.filter(pk=currency).values_list("is_active", flat=True).first()
        if active is None:
            raise RuleBroken("money.unknown_currency", field="currency_id", currency=currency)
        if not active:
            raise RuleBroken("money.currency_not_active", field="currency_id", currency=currency)
    return {
        **texts,
        "folded": folded(name)[:160],
        "sort_key": sort_key(name, 200),
        "list_price": list_price,
        "currency_id": currency or None,
    }


def _check_price(price: Decimal) -> None:
    if not price.is_finite() or price < 0:
        raise RuleBroken("money.negative", field="list_price", text=str(price))
    if price > MAX_UNITS:
        raise RuleBroken("money.too_large", field="list_price", limit=MAX_UNITS)
    exponent = price.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > PRICE_DIGITS:
        raise RuleBroken(
            "money.too_many_digits", field="list_price", amount=price, digits=PRICE_DIGITS
        )


def _record(
    actor: Viewer, product_id: int, changes: dict[str, tuple[Any, Any]], way: Way, at: datetime
) -> None:
    record_changes(
        actor=actor,
        object_type="product",
        object_id=product_id,
        changes=changes,
        correlation_id=uuid4(),
        way=way,
        at=at,
        for_person_id=actor.acts_for("product.edit"),
    )
