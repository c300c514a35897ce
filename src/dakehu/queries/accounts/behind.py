"""The opportunities behind a figure of an account, the largest first, page by page."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from dakehu.core.access import Viewer
from dakehu.core.funnel import Cell, Figure, amount, known, weighted
from dakehu.core.ledger import Place
from dakehu.core.money import from_minor
from dakehu.models import Account, Opportunity
from dakehu.queries.accounts.page import AccountPage, path_end
from dakehu.queries.accounts.rollup import Scales, fiscal_years, scales_of
from dakehu.queries.paging import cursor_of, key_of
from dakehu.queries.people import PersonName, person_name

What = Literal["open", "weighted", "won", "won_last"]
SHOWN = 100


@dataclass(frozen=True, slots=True)
class AccountBehindRow:
    """An opportunity, and what it adds to the figure in the base currency."""

    id: int
    code: str
    name: str
    account: str
    owner: PersonName
    amount: Decimal
    currency: str
    adds: Figure
    is_overdue: bool


@dataclass(frozen=True)
class AccountBehind:
    """A page of rows; `after` leads on, empty at the end."""

    currency: str
    lines: int
    rows: tuple[AccountBehindRow, ...]
    after: str


def account_behind(
    *,
    viewer: Viewer,
    account: AccountPage,
    what: What,
    with_group: bool,
    today: date,
    after: str = "",
) -> AccountBehind:
    """Give the rows of a figure: exactly the opportunities that it adds up.

    RuleBroken `list.bad_cursor`.
    """
    rows: Any = Opportunity.objects.filter(voided=False).visible_to(viewer)
    if with_group:
        below = Account.objects.filter(path__gte=account.path, path__lt=path_end(account.path))
        rows = rows.filter(account_id__in=below.values("pk"))
    else:
        rows = rows.filter(account_id=account.id)
    rows = rows.filter(_which(what, today)).annotate(size=Coalesce(F("base_minor"), Value(-1)))
    lines = rows.count()
    if after:
        size, pk = key_of(after, length=2)
        rows = rows.filter(Q(size__lt=size) | Q(size=size, pk__gt=pk))
    found = list(
        rows.select_related("account", "owner", "currency").order_by("-size", "pk")[: SHOWN + 1]
    )
    shown = found[:SHOWN]
    scales = scales_of(today)
    return AccountBehind(
        currency=scales.org.base_currency,
        lines=lines,
        rows=tuple(_row(row, what, scales, today) for row in shown),
        after=cursor_of([shown[-1].size, shown[-1].pk]) if len(found) > SHOWN else "",
    )


def _which(what: What, today: date) -> Q:
    if what in ("open", "weighted"):
        return Q(place=Place.OPEN)
    year, last = fiscal_years(today)
    period = year if what == "won" else last
    return Q(place=Place.WON, decided_on__gte=period.start, decided_on__lt=period.end)


def _row(row: Any, what: What, scales: Scales, today: date) -> AccountBehindRow:
    overdue = row.close_sort < today.replace(day=1)
    cell = Cell(
        row.stage_id, row.own_rate_bp, row.currency_id, "overdue" if overdue else "in_period", 1,
        row.amount_minor,
    )  # fmt: skip
    if what == "open":
        adds = amount([cell], scales.exchange)
    elif what == "weighted":
        adds = weighted([cell], scales.rates, scales.exchange)
    else:
        adds = known(_units(row.base_minor or 0, scales))
    return AccountBehindRow(
        id=row.pk,
        code=row.code,
        name=row.name,
        account=row.account.name if row.account else "",
        owner=person_name(row.owner),
        amount=from_minor(row.amount_minor, row.currency.digits),
        currency=row.currency_id,
        adds=adds,
        is_overdue=overdue and row.place == Place.OPEN,
    )


def _units(minor: int, scales: Scales) -> Fraction:
    return Fraction(from_minor(minor, scales.org.base_digits))
