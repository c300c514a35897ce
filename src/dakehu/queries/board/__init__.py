"""The board: columns with their whole sums and their first cards."""

from dakehu.queries.board.cards import FIRST, Card, card
from dakehu.queries.board.columns import BoardQuestion, By, Column, by_of, same_day_in
from dakehu.queries.board.read import (
    Board,
    BoardMethod,
    Touched,
    board,
    board_heads,
    is_on_board,
    last_touch,
    more,
)
from dakehu.queries.board.rights import CardRights
from dakehu.queries.board.sums import ColumnSum

__all__ = [
    "FIRST",
    "Board",
    "BoardMethod",
    "BoardQuestion",
    "By",
    "Card",
    "CardRights",
    "Column",
    "ColumnSum",
    "Touched",
    "board",
    "board_heads",
    "by_of",
    "card",
    "is_on_board",
    "last_touch",
    "more",
    "same_day_in",
]
