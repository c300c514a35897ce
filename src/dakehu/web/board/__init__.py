"""The board (看板): opportunities as cards in columns, and moving them there."""

from django.urls import path

from dakehu.web.board.moves import board_move, board_undo
from dakehu.web.board.pages import board_cards, board_page

urlpatterns = [
    path("board/", board_page, name="board"),
    path("board/cards/", board_cards, name="board_cards"),
    path("board/<int:opportunity_id>/move/", board_move, name="board_move"),
    path("board/<int:opportunity_id>/undo/", board_undo, name="board_undo"),
]
