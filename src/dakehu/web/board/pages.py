"""The board as a page, and more cards of one of its columns."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from dakehu.http import SignedRequest, render_page, signed_in
from dakehu.http.frame import reads_customers
from dakehu.queries.board import FIRST, Board, BoardQuestion, By, board, by_of, more
from dakehu.web.board.cards import cards_of, column_of_cards, more_of
from dakehu.web.board.cells import OUTCOMES, HeadCells, heads_of, outcome_name
from dakehu.web.lists.standing import Standing, standing_of
from dakehu.web.lists.words import chips_of_where
from dakehu.web.opportunities.asked import asked_of, chips_of, url_without
from dakehu.web.opportunities.filtering import vocabulary
from dakehu.web.opportunities.list import names_asked

BY_WORDS: dict[By, str | Promise] = {
    "stage": lazy("Stage"),
    "owner": lazy("Owner"),
    "category": lazy("Forecast category"),
    "month": lazy("Close month"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose above the board, with its URL."""

    word: str
    url: str
    is_on: bool
    count: int | None = None


@dataclass(frozen=True, slots=True)
class ColumnShown:
    """A column: its head, how many cards of it are shown, and all of it as HTML."""

    head: HeadCells
    shown: int
    written: SafeString


def question_of(request: SignedRequest) -> BoardQuestion:
    """Read what the URL asks of the board. RuleBroken as the list's filters, `board.…`."""
    return BoardQuestion(asked_of(request.GET), by_of(request.GET.get("by", "")))


@signed_in
@require_safe
def board_page(request: SignedRequest) -> HttpResponse:
    """Show the board."""
    standing = standing_of(request, "opportunities", "opportunities", "board")
    question = question_of(request)
    asked = question.asked
    found = board(request.viewer, question=question, today=request.today, org=request.organisation)
    query = _query(request, found)
    first: Any = next((cards[0] for cards in found.cards.values() if cards), None)
    names = names_asked(request, asked)
    words = vocabulary(request, short=True)
    chips = (
        *chips_of(request.GET, asked, rows=(first,) if first else (), names=names),
        *(chips_of_where(request.GET, asked.where, words) if asked.where else ()),
    )
    # The tabs show the method, and take it away by another.
    without = [chip for chip in chips if question.by != "stage" or chip.label != _("Method")]
    columns = _columns(request, found, query)
    return render_page(
        request,
        "board/page.html",
        {
            "board": found,
            "standing": standing,
            "by": question.by,
            "columns": columns,
            "full": sum(bool(column.shown) for column in columns),
            "empty": sum(not column.shown for column in columns),
            "outcomes": [(token, outcome_name(token)) for token in OUTCOMES],
            "query": query,
            "here": _url(request),
            "list_query": _list_query(request, standing),
            "clear_url": f"{reverse('board')}?base=0&by={question.by}",
            "filter_query": _with(request, layout="board"),
            "ways": [
                Choice(str(word), _url(request, by=way), way == question.by)
                for way, word in BY_WORDS.items()
            ],
            "methods": [
                Choice(m.name, _url(request, method=m.id, stage=None), m.is_shown, m.count)
                for m in found.methods
            ],
            "asked": asked,
            "own_url": _url(request, own=None if asked.own else 1),
            "chips": without,
            "filtered": bool(without or asked.text.strip() or asked.own),
            "kept": [(k, v) for k, v in request.GET.items() if k not in ("q", "after", "column")],
            "may_create": request.viewer.holds("opportunity.create"),
            "reads_customers": reads_customers(request.viewer),
        },
    )


def _list_query(request: SignedRequest, standing: Standing) -> str:
    """Give the query of the same as a list: never that of a view which would lead back here."""
    left = request.GET.copy()
    for name in ("by", "after", "before", "deleted"):
        left.pop(name, None)
    if standing.views.default_id is not None:
        left.setdefault("base", "0")
    return left.urlencode()


def _columns(request: SignedRequest, found: Board, query: str) -> list[ColumnShown]:
    shown = []
    for head in heads_of(request, found):
        cards = found.cards[head.token]
        rest = head.count > len(cards) and len(cards) >= FIRST
        more = more_of(_more_url(query, head.token, cards[-1].cursor)) if rest else SafeString()
        written = cards_of(request, cards, by=found.question.by, query=query)
        shown.append(ColumnShown(head, len(cards), column_of_cards(head, written, more)))
    return shown


def _more_url(query: str, token: str, after: str) -> str:
    return f"{reverse('board_cards')}?{query}&column={token}&after={after}"


@signed_in
@require_safe
def board_cards(request: SignedRequest) -> HttpResponse:
    """Give the next cards of a column."""
    get = request.GET
    question = question_of(request)
    token = get.get("column", "")
    cards = more(
        request.viewer,
        question=question,
        token=token,
        after=get.get("after", ""),
        today=request.today,
        org=request.organisation,
    )
    query = url_without(get, "column").removeprefix("?")
    return render_page(
        request,
        "board/more.html",
        {
            "cards": cards_of(request, cards, by=question.by, query=query),
            "more_url": _more_url(query, token, cards[-1].cursor) if len(cards) == FIRST else "",
            "query": query,
        },
    )


def _query(request: SignedRequest, found: Board) -> str:
    """Give the board's query for what it asks for later: with its method, where none was named."""
    named = {"method": found.method_id} if found.question.by == "stage" else {}
    return _with(request, **named)


def _url(request: SignedRequest, **changed: object) -> str:
    return f"?{_with(request, **changed)}"


def _with(request: SignedRequest, **changed: object) -> str:
    query = request.GET.copy()
    for name in ("after", "before", "column"):
        query.pop(name, None)
    for name, value in changed.items():
        query.pop(name, None)
        if value is not None:
            query[name] = str(value)
    return query.urlencode()
