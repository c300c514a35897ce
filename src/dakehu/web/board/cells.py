"""Heads of columns as the templates show them, and in which column a card stands."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.template.context import Context
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from dakehu.core.ledger import Place
from dakehu.http import SignedRequest
from dakehu.http.frame import frame_of
from dakehu.queries.board import Board, Card, Column, ColumnSum
from dakehu.templatetags.dakehu import amount, dash, reason_code
from dakehu.web.opportunities.wording import CATEGORIES, PLACES, rate_words

#: What a card may be dropped on, beside its columns.
OUTCOMES: dict[str, Place] = {
    "won": Place.WON, "lost": Place.LOST, "abandoned": Place.ABANDONED,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class HeadCells:
    """The head of a column: its name, and what all of it adds up to."""

    token: str
    name: str
    takes: bool
    count: int
    amount: SafeString
    weighted: SafeString
    #: Which rate weighs a stage's column.
    rate: str
    #: The sum per currency, where there are several.
    apart: SafeString


def column_name(column: Column) -> str:
    """Name a column."""
    if column.category is not None:
        return str(CATEGORIES[column.category])
    match column.token:
        case "month-overdue":
            return _("Close month is over")
        case "month-later":
            return _("Later")
        case "month-none":
            return _("No close date")
    return f"{column.start:%Y-%m}" if column.start else column.name


def outcome_name(token: str) -> str:
    """Name an outcome that a card may be dropped on."""
    return str(PLACES[OUTCOMES[token]])


def heads_of(request: SignedRequest, board: Board) -> list[HeadCells]:
    """Give the heads of all columns."""
    show = _shower(request)
    base = request.organisation.base_currency
    return [_head(column, board.sums[column.token], show, base) for column in board.columns]


Show = Callable[[Decimal | Fraction | None, str], SafeString]


def _shower(request: SignedRequest) -> Show:
    context = Context({"frame": frame_of(request), "language": request.viewer.language})

    def show(value: Decimal | Fraction | None, currency: str) -> SafeString:
        return amount(context, value, currency)

    return show


def _head(column: Column, held: ColumnSum, show: Show, base: str) -> HeadCells:
    several = len(held.amounts) > 1 or held.amount.value is None
    per_currency = [show(value, code) for value, code in held.amounts] if several else []
    return HeadCells(
        token=column.token,
        name=column_name(column),
        takes=column.takes,
        count=held.count,
        amount=_figure(held.amount.value, held.amount.reason, show, base),
        weighted=_figure(held.weighted.value, held.weighted.reason, show, base),
        rate="" if held.rate_bp is None else rate_words(held.rate_bp),
        apart=mark_safe(" ".join(per_currency)),  # noqa: S308  amounts are escaped
    )


def _figure(value: Fraction | None, why: str | None, show: Show, base: str) -> SafeString:
    return dash(reason_code(why)) if value is None else show(value, base)


def column_of(board: Board, card: Card) -> Column | None:
    """Find the column in which a card stands; None where the board has none for it."""
    for column in board.columns:
        if column.stage_id is not None:
            here = column.stage_id == card.stage_id
        elif column.owner_id is not None:
            here = column.owner_id == card.owner_id
        elif column.category is not None:
            here = column.category == card.category
        else:
            close = card.close_on or date.max
            here = (column.start is None or close >= column.start) and (
                column.end is None or close < column.end
            )
        if here:
            return column
    return None
