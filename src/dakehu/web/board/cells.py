"""Cards and heads of columns as the templates show them: worded, escaped, and nothing to decide."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from html import escape

from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dakehu.core.ledger import Place
from dakehu.http import SignedRequest
from dakehu.http.frame import frame_of
from dakehu.queries.board import Board, Card, CardRights, Column, ColumnSum
from dakehu.queries.opportunities.list import stage_names
from dakehu.templatetags.dakehu import amount, dash, icon, light, reason_code
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
        apart=mark_safe(" · ".join(per_currency)),  # noqa: S308  amounts are escaped
    )


def _figure(value: Fraction | None, why: str | None, show: Show, base: str) -> SafeString:
    return dash(reason_code(why)) if value is None else show(value, base)


class CardWriter:
    """Cards as HTML: one template, rendered once, whose holes are filled card by card.

    A template's variable costs ten times as much as a hole, and a board has two thousand. All
    that goes in is escaped here.
    """

    def __init__(self, request: SignedRequest, *, by: str, query: str) -> None:
        self.by = by
        self.words, self.show = _words(), _shower(request)
        self.stages = stage_names(request.viewer.language)
        #: The two kinds of card: with the handle that moves it, and without.
        self.forms = {may: _form(may=may, query=query) for may in (True, False)}
        self.lacks: dict[int, str] = {}

    def written(self, cards: Iterable[Card]) -> list[SafeString]:
        """Give cards as HTML."""
        return [self._written(card) for card in cards]

    def _written(self, card: Card) -> SafeString:
        may = letters(card.rights)
        place = [self.words[f"category {int(card.category)}"]] if self.by != "category" else []
        if self.by != "stage":
            place.insert(0, self.stages.get((card.method_version_id, card.stage_id), ""))
        if card.missing not in self.lacks:
            self.lacks[card.missing] = _lacks(card.missing)
        filled = self.forms[bool(may)] % {
            "id": card.id,
            "version": card.version,
            "may": may,
            "name": escape(card.name),
            "code": escape(card.code),
            "account": escape(card.account),
            "amount": self.show(card.amount, card.currency),
            "closes": _closes(card, self.words),
            "place": escape(" · ".join(filter(None, place))),
            "owner": escape(card.owner),
            "initial": escape(card.owner[:1].upper()),
            "lights": _lights(card, self.words, self.lacks[card.missing]),
        }
        return SafeString(filled)


def _form(*, may: bool, query: str) -> str:
    """Give the HTML of a card with holes; what stands in the URL has no holes of its own."""
    return render_to_string("board/_card.html", {"may": may, "query": query.replace("%", "%%")})


def _lacks(missing: int) -> str:
    lacks = ngettext(
        "%(n)s item of evidence missing", "%(n)s items of evidence missing", missing
    ) % {"n": missing}
    return f'<span class="board-note">{icon("checklist")}{escape(lacks)}</span>'


def _words() -> dict[str, str]:
    """Find the words once: a board has a hundred cards."""
    return {
        **{f"category {int(category)}": str(word) for category, word in CATEGORIES.items()},
        "none": _("No next step"),
        "overdue": _("Next step overdue: %(day)s"),
        "due": _("Next step due: %(day)s"),
        "planned": _("Next step: %(day)s"),
        "planned_undated": _("Next step without a day"),
        "ready": _("Evidence complete"),
        "waiting": _("Waits for the manager"),
        "over": _("Close month is over"),
        "median": _("%(days)s days at this stage; half leave it within %(median)s"),
        "alone": _("%(days)s days at this stage; too few have left it for a median"),
        "slow": _("%(days)s d, median %(median)s"),
        "days": _("%(days)s d"),
        "no_close": _("No close date"),
    }


def letters(rights: CardRights) -> str:
    """Give a letter for each thing that may be done: forward, back, won, lost, abandoned, …"""
    may = (
        ("f", rights.advance), ("b", rights.regress), ("w", rights.win), ("l", rights.lose),
        ("a", rights.abandon), ("r", rights.reassign), ("e", rights.edit),
    )  # fmt: skip
    return "".join(letter for letter, allowed in may if allowed)


def _closes(card: Card, words: dict[str, str]) -> str:
    if card.close_on is None:
        return f'<span class="muted">{escape(words["no_close"])}</span>'
    day = card.close_on.isoformat()
    if not card.is_overdue:
        return f'<time datetime="{day}">{day}</time>'
    over = escape(words["over"])
    return (
        f'<time class="act" datetime="{day}" title="{over}">{day}'
        f'<span class="visually-hidden"> {over}</span></time>'
    )


@lru_cache(maxsize=2048)
def _lit(state: str, label: str) -> SafeString:
    """Keep lights: a hundred cards have a few dozen words between them."""
    return light(state, label)


_STEP_LIGHTS = {"overdue": "act", "due": "watch", "none": "idle"}


def _lights(card: Card, words: dict[str, str], lacks: str) -> str:
    """Give the lights: next step, days at the stage, evidence; each has a shape and a word."""
    told = [_step(card, words), _age(card, words)]
    if card.is_waiting:
        told.append(_lit("watch", words["waiting"]))
    if card.missing:
        told.append(lacks)
    elif not card.is_waiting:
        told.append(_lit("good", words["ready"]))
    return "".join(told)


def _step(card: Card, words: dict[str, str]) -> str:
    day = "" if card.next_step_on is None else card.next_step_on.strftime("%m-%d")
    if card.step in _STEP_LIGHTS:
        shown = _lit(_STEP_LIGHTS[card.step], words[card.step] % {"day": day})
        return f'<span title="{escape(card.next_step)}">{shown}</span>' if card.next_step else shown
    word = words["planned"] % {"day": day} if day else words["planned_undated"]
    return (
        f'<span class="board-note" title="{escape(card.next_step)}">{icon("calendar-event")}'
        f"{escape(word)}</span>"
    )


def _age(card: Card, words: dict[str, str]) -> str:
    facts = {"days": card.days, "median": card.median_days}
    told = words["alone" if card.median_days is None else "median"] % facts
    if card.is_slow:
        shown = _lit("watch", words["slow"] % facts)
    else:
        shown = mark_safe(  # noqa: S308  words and a number
            f'<span class="board-note">{icon("hourglass")}{escape(words["days"] % facts)}</span>'
        )
    return f'<span title="{escape(told)}">{shown}</span>'


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
