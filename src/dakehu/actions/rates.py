"""Exchange rates and currencies, and closing the books: what finance keeps (FUN-5)."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.db import transaction

from dakehu.actions.audit import record_changes
from dakehu.actions.ledger import hold_books
from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Way
from dakehu.models import BooksClosing, Currency, ExchangeRate
from dakehu.queries.organisation import organisation
from dakehu.queries.rates import is_used

LARGEST_RATE = Decimal(10) ** 10
RATE_DIGITS = 8


@transaction.atomic
def set_exchange_rate(
    *, actor: Viewer, currency: str, on: date, rate: Decimal, at: datetime
) -> None:
    """Set how many units of the base currency one unit is worth, from a day on: a dated row.

    Raises NotAllowed("rate.set"), NotFound("money.unknown_currency"), RuleBroken
    ("rate.of_base", "money.exchange_rate_not_positive", "rate.too_large",
    "money.too_many_digits").
    """
    if not actor.holds("rate.set"):
        raise NotAllowed("rate.set")
    if not Currency.objects.filter(pk=currency).exists():
        raise NotFound("money.unknown_currency", currency=currency)
    if currency == organisation().base_currency:
        raise RuleBroken("rate.of_base", field="currency", currency=currency)
    if not rate.is_finite() or rate <= 0:
        raise RuleBroken(
            "money.exchange_rate_not_positive", field="rate", currency=currency, rate=rate
        )
    if rate > LARGEST_RATE:
        raise RuleBroken("rate.too_large", field="rate", limit=LARGEST_RATE)
    exponent = rate.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > RATE_DIGITS:
        raise RuleBroken("money.too_many_digits", field="rate", amount=rate, digits=RATE_DIGITS)
    ExchangeRate.objects.create(
        currency_id=currency, on=on, rate=rate, recorded_at=at, actor_id=actor.person_id
    )


@transaction.atomic
def set_currency(
    *,
    actor: Viewer,
    code: str,
    name_zh: str,
    name_en: str,
    digits: int,
    is_active: bool,
    at: datetime,
    way: Way = Way.FORM,
) -> None:
    """Add a currency, or change one; its digits are frozen once an amount is in it.

    Raises NotAllowed("rate.set"), RuleBroken("money.unknown_currency", "currency.bad_digits",
    "currency.digits_frozen", "currency.name_missing", "currency.base_stays").
    """
    if not actor.holds("rate.set"):
        raise NotAllowed("rate.set")
    code = code.strip().upper()
    if not re.fullmatch(r"[A-Z]{3}", code):
        raise RuleBroken("money.unknown_currency", field="code", currency=code)
    if not 0 <= digits <= 4:
        raise RuleBroken("currency.bad_digits", field="digits")
    if not (name_zh.strip() or name_en.strip()):
        raise RuleBroken("currency.name_missing", field="name_zh")
    wanted: dict[str, Any] = {
        "name_zh": name_zh.strip()[:40],
        "name_en": name_en.strip()[:40],
        "digits": digits,
        "is_active": is_active,
    }
    row = Currency.objects.select_for_update().filter(pk=code).first()
    changes: dict[str, tuple[Any, Any]] = {}
    if row is None:
        Currency.objects.create(code=code, **wanted)
        changes["created"] = (None, code)
    else:
        if digits != row.digits and is_used(code):
            raise RuleBroken("currency.digits_frozen", field="digits", currency=code)
        if not is_active and code == organisation().base_currency:
            raise RuleBroken("currency.base_stays", field="is_active", currency=code)
        changes = {n: (getattr(row, n), v) for n, v in wanted.items()}
        Currency.objects.filter(pk=code).update(**wanted)
    _record(actor, "currency", _number(code), changes, way, at)


@transaction.atomic
def close_books(*, actor: Viewer, until_on: date, today: date, at: datetime) -> None:
    """Close the books up to and including a day; an earlier day than now opens them again.

    Movements on or before it then need a right and a reason. Raises NotAllowed("books.close"),
    RuleBroken("books.in_future", "books.already").
    """
    if not actor.holds("books.close"):
        raise NotAllowed("books.close")
    if until_on >= today:
        raise RuleBroken("books.in_future", field="until_on", today=today)
    hold_books(alone=True)
    last = BooksClosing.objects.order_by("-recorded_at", "-id").first()
    if last is not None and last.until_on == until_on:
        raise RuleBroken("books.already", field="until_on", until_on=until_on)
    BooksClosing.objects.create(until_on=until_on, recorded_at=at, actor_id=actor.person_id)


def _number(code: str) -> int:
    """Give a currency a number to keep its history under: its three letters in base 26."""
    first, second, third = (ord(letter) - ord("A") for letter in code)
    return first * 676 + second * 26 + third


def _record(
    actor: Viewer,
    kind: str,
    object_id: int,
    changes: dict[str, tuple[Any, Any]],
    way: Way,
    at: datetime,
) -> None:
    record_changes(
        actor=actor,
        object_type=kind,
        object_id=object_id,
        changes=changes,
        correlation_id=uuid4(),
        way=way,
        at=at,
        for_person_id=actor.acts_for("rate.set"),
    )
