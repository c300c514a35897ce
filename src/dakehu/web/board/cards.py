"""Cards as HTML: worded, escaped, and kept as long as nothing of them changes."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from html import escape

from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from dakehu.http import SignedRequest
from dakehu.http.frame import frame_of
from dakehu.queries.board import By, Card, CardRights
from dakehu.queries.opportunities.list import stage_names
from dakehu.queries.stamps import stamps
from dakehu.templatetags.dakehu import amount, icon, light
from dakehu.web.board.cells import HeadCells
from dakehu.web.opportunities.wording import CATEGORIES

#: Where the cards of a column go; no name holds it.
_HOLE = "\x00"
#: So many cards are kept by a process: some ten megabytes, a few dozen boards.
KEPT = 8192


@dataclass(frozen=True, slots=True)
class Style:
    """All that a card's HTML depends on beside the card itself."""

    by: By
    #: The board's query, which the link that moves a card carries on.
    query: str
    language: str
    amount_unit: str
    #: The mark under which stages have the names that they have.
    methods: str


def cards_of(
    request: SignedRequest, cards: Iterable[Card], *, by: By, query: str
) -> list[SafeString]:
    """Give cards as HTML.

    Of a hundred cards on a board nearly all are as they were when they were last looked at: each
    is written once as long as nothing of it changes.
    """
    frame = frame_of(request)
    style = Style(by, query, frame.language, frame.amount_unit, stamps().get("methods", ""))
    return [_written(card, style) for card in cards]


@dataclass(frozen=True, slots=True)
class _Ink:
    """What all cards of a style share: words, names of stages, and the HTML with its holes."""

    words: dict[str, str]
    stages: dict[tuple[int, int], str]
    movable: str
    fixed: str
    context: Context


@lru_cache(maxsize=64)
def _ink(style: Style) -> _Ink:
    return _Ink(
        _words(),
        stage_names(style.language),
        _form(may=True, query=style.query),
        _form(may=False, query=style.query),
        # What `amount` asks of the frame is the unit alone.
        Context({"frame": style, "language": style.language}),
    )


@lru_cache(maxsize=KEPT)
def _written(card: Card, style: Style) -> SafeString:
    """Fill the holes of the card's HTML; all that goes in is escaped here."""
    ink = _ink(style)
    may = letters(card.rights)
    place = [ink.words[f"category {int(card.category)}"]] if style.by != "category" else []
    if style.by != "stage":
        place.insert(0, ink.stages.get((card.method_version_id, card.stage_id), ""))
    return SafeString(
        (ink.movable if may else ink.fixed)
        % {
            "id": card.id,
            "version": card.version,
            "may": may,
            "name": escape(card.name),
            "code": escape(card.code),
            "account": escape(card.account),
            "amount": amount(ink.context, card.amount, card.currency),
            "closes": _closes(card, ink.words),
            "place": escape(" · ".join(filter(None, place))),
            "owner": escape(card.owner),
            "initial": escape(card.owner[:1].upper()),
            "lights": _lights(card, ink.words),
        }
    )


#: What differs from card to card.
HOLES = (
    "id", "version", "may", "name", "code", "account", "amount", "closes", "place", "owner",
    "initial", "lights",
)  # fmt: skip


def _form(*, may: bool, query: str) -> str:
    """Give the HTML of a card with holes; what stands in the URL has no holes of its own."""
    holes = {name: f"%({name})s" for name in HOLES}
    facts = {"card": holes, "may": may, "query": query.replace("%", "%%")}
    # A hundred times over, what indents the template would weigh more than what it says.
    return " ".join(render_to_string("board/_card.html", facts).split()).replace("> <", "><")


def column_of_cards(head: HeadCells, cards: Iterable[SafeString], more: SafeString) -> SafeString:
    """Give a column as HTML: its head, its cards, and what asks for the next ones."""
    before, after = _around(head, get_language() or "")
    return SafeString("".join((before, *cards, more, after)))


@lru_cache(maxsize=1_024)
def _around(head: HeadCells, _language: str) -> tuple[str, str]:
    """Give what stands before and behind the cards of a column, kept while its sums stay."""
    whole = render_to_string("board/_column.html", {"head": head, "cards": _HOLE})
    before, after = whole.split(_HOLE)
    return before, after


def more_of(url: str) -> SafeString:
    """Give the place that asks for a column's next cards."""
    return _asking(url, get_language() or "")


@lru_cache(maxsize=1_024)
def _asking(url: str, _language: str) -> SafeString:
    return render_to_string("board/_cards.html", {"more_url": url})


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


_STEP_LIGHTS = {"overdue": "act", "due": "watch", "none": "idle"}


def _lights(card: Card, words: dict[str, str]) -> str:
    """Give the lights: next step, days at the stage, evidence; each has a shape and a word."""
    told = [_step(card, words), _age(card, words)]
    if card.is_waiting:
        told.append(light("watch", words["waiting"]))
    if card.missing:
        told.append(_lacks(card.missing))
    elif not card.is_waiting:
        told.append(light("good", words["ready"]))
    return "".join(told)


def _step(card: Card, words: dict[str, str]) -> str:
    day = "" if card.next_step_on is None else card.next_step_on.strftime("%m-%d")
    if card.step in _STEP_LIGHTS:
        shown = light(_STEP_LIGHTS[card.step], words[card.step] % {"day": day})
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
        shown = light("watch", words["slow"] % facts)
    else:
        shown = mark_safe(  # noqa: S308  words and a number
            f'<span class="board-note">{icon("hourglass")}{escape(words["days"] % facts)}</span>'
        )
    return f'<span title="{escape(told)}">{shown}</span>'
