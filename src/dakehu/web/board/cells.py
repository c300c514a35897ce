"""Heads of columns as the templates show them, and in which column a card stands."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from django.template.context import Context
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from dakehu.core.funnel import Figure
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
    manner = _Manner(
        frame_of(request).amount_unit, request.viewer.language, request.organisation.base_currency
    )
    return [_head(column, board.sums[column.token], manner) for column in board.columns]


class _Manner(NamedTuple):
    """How amounts are shown: in which unit and language, and the base currency of sums.

    It stands for the frame where an amount is written, which asks the frame for the unit alone:
    whatever else it may ask one day belongs here, or heads are kept too long.
    """

    amount_unit: str
    language: str
    base: str

    def show(self, value: Decimal | Fraction, currency: str) -> SafeString:
        """Write an amount as the template tag does."""
        return amount(Context({"frame": self, "language": self.language}), value, currency)

    def figure(self, figure: Figure) -> SafeString:
        """Write a sum in the base currency, or why it is not known."""
        if figure.value is None:
            return dash(reason_code(figure.reason))
        return self.show(figure.value, self.base)


@lru_cache(maxsize=1_024)
def _head(column: Column, held: ColumnSum, manner: _Manner) -> HeadCells:
    """Write the head of a column, kept as long as nothing of its sums changes."""
    several = len(held.amounts) > 1 or held.amount.value is None
    per_currency = [manner.show(value, code) for value, code in held.amounts] if several else []
    return HeadCells(
        token=column.token,
        name=column_name(column),
        takes=column.takes,
        count=held.count,
        amount=manner.figure(held.amount),
        weighted=manner.figure(held.weighted),
        rate="" if held.rate_bp is None else rate_words(held.rate_bp),
        apart=mark_safe(" ".join(per_currency)),  # noqa: S308  amounts are escaped
    )


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
