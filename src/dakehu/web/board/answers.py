"""What the board answers: where a card may go, where it stands now, and who was quicker."""

from datetime import datetime

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import reswap, trigger_client_event

from dakehu.actions.opportunities import Saved
from dakehu.core.errors import Conflict, NotFound
from dakehu.http import SignedRequest, go, render_page, toast
from dakehu.queries import board as boards
from dakehu.queries.board import Board, BoardQuestion, Card
from dakehu.queries.stages import version_in_force
from dakehu.web.board.cards import cards_of, letters
from dakehu.web.board.cells import OUTCOMES, column_name, column_of, heads_of, outcome_name
from dakehu.web.opportunities.edit import say_saved
from dakehu.web.opportunities.wording import CATEGORIES


def sheet(request: SignedRequest, question: BoardQuestion, card: Card) -> HttpResponse:
    """Show all that the card may go to: what a thumb chooses instead of dragging."""
    heads = boards.board_heads(
        request.viewer, question=question, today=request.today, org=request.organisation
    )
    here = column_of(heads, card)
    may = letters(card.rights) if card.is_open else ""
    version = version_in_force(card.method_version_id)
    stand = version.by_id(card.stage_id)
    language = request.viewer.language
    order = stand.order if stand else 0
    stages = [
        (f"stage-{stage.key}", stage.name(language), stage.order < order)
        for stage in version.open_stages
        if stage.id != card.stage_id and ("b" if stage.order < order else "f") in may
    ]
    right = {"owner": "r", "category": "e", "month": "e"}.get(question.by, "")
    columns = [
        (column.token, column_name(column))
        for column in heads.columns
        if column.takes and column is not here and right and right in may
    ]
    outcomes = [
        (token, outcome_name(token))
        for token, letter in zip(OUTCOMES, "wla", strict=True)
        if letter in may
    ]
    return render_page(
        request,
        "board/sheet.html",
        {
            "card": card,
            "stages": stages,
            "here": stand.name(language) if stand else "",
            "columns": columns,
            "outcomes": outcomes,
            "by": question.by,
            "query": request.GET.urlencode(),
        },
    )


def moved(
    request: SignedRequest,
    question: BoardQuestion,
    opportunity_id: int,
    saved: Saved | None,
    words: str,
) -> HttpResponse:
    """Answer with the card where it stands now, every column's sums, and a toast that undoes."""
    if not request.htmx:
        if saved is None:
            toast(request, words)
        else:
            say_saved(request, saved, words)
        return go(request, "board", query=request.GET.urlencode())
    try:
        card = boards.card(request.viewer, opportunity_id, today=request.today)
    except NotFound:
        card = None
    return _refreshed(
        request,
        question,
        opportunity_id,
        card,
        toast={
            "kind": "watch" if saved and saved.warnings else "good",
            "words": words,
            "warnings": saved.warnings if saved else (),
            "save": saved.correlation_id if saved else "",
            "seen": saved.version if saved else "",
        },
    )


def overtaken(request: SignedRequest, question: BoardQuestion, card: Card) -> HttpResponse:
    """Tell that somebody was quicker, who, and where the card is now; it goes there."""
    words = told(request, card)
    if not request.htmx:
        raise Conflict("opportunity.changed")
    return _refreshed(
        request, question, card.id, card, toast={"kind": "watch", "words": words}, status=409
    )


def told(request: SignedRequest, card: Card) -> str:
    """Say who changed the card meanwhile, and where it stands now."""
    last = boards.last_touch(request.viewer, opportunity_id=card.id)
    version = version_in_force(card.method_version_id)
    stage = version.by_id(card.stage_id)
    where = stage.name(request.viewer.language) if stage else ""
    if not card.is_open:
        where = outcome_name(card.place.name.lower()) if card.place.name.lower() in OUTCOMES else ""
    facts = {
        "name": card.name,
        "where": _("; ").join(filter(None, (where, card.owner, str(CATEGORIES[card.category])))),
        "who": last.who if last else "",
        "at": _moment(request, last.at) if last else "",
    }
    if last is None or not last.who:
        return _("“%(name)s” was changed meanwhile. It stands here now: %(where)s.") % facts
    return (
        _("“%(name)s” was changed meanwhile, last by %(who)s at %(at)s. It stands here now:"
          " %(where)s.")
        % facts
    )  # fmt: skip


def _moment(request: SignedRequest, at: datetime) -> str:
    """Write the time, and the day where it is not today."""
    here = timezone.localtime(at)
    return here.strftime("%H:%M" if here.date() == request.today else "%Y-%m-%d %H:%M")


def _refreshed(
    request: SignedRequest,
    question: BoardQuestion,
    opportunity_id: int,
    card: Card | None,
    *,
    toast: dict[str, object],
    status: int = 200,
) -> HttpResponse:
    board = boards.board_heads(
        request.viewer, question=question, today=request.today, org=request.organisation
    )
    here = _column_now(request, board, card)
    query = request.GET.urlencode()
    response = render_page(
        request,
        "board/answer.html",
        {
            "heads": heads_of(request, board),
            "cards": cards_of(request, [card], by=question.by, query=query)
            if card and here
            else [],
            "query": query,
            "opportunity_id": opportunity_id,
            "toast": toast,
            "by": question.by,
        },
        status=status,
    )
    placed = {"id": opportunity_id, "column": here, "refused": status != 200}
    return trigger_client_event(reswap(response, "none"), "board:placed", placed, after="swap")


def _column_now(request: SignedRequest, board: Board, card: Card | None) -> str:
    """Give the column where the card belongs now, empty where it left the board."""
    if card is None or not card.is_open:
        return ""
    column = column_of(board, card)
    shown = column is not None and boards.is_on_board(
        request.viewer,
        question=board.question,
        opportunity_id=card.id,
        today=request.today,
        org=request.organisation,
    )
    return column.token if column is not None and shown else ""
