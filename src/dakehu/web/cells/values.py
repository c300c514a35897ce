"""What stands in a cell: read as it is typed or pasted, written for its input and its reader."""

from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from dakehu.core.bulk_edits import CELLS
from dakehu.core.errors import RuleBroken
from dakehu.core.ledger import Category
from dakehu.core.money import parse_amount
from dakehu.core.periods import parse_day
from dakehu.messages import worded
from dakehu.web.bulk_edits import wording
from dakehu.web.forms import percent_typed
from dakehu.web.opportunities.columns import COLUMNS
from dakehu.web.opportunities.wording import CATEGORIES, SOURCES, rate_words

LANGUAGES = ("en", "zh-hans")
#: The field of `EditOpportunity` behind a cell, where it has another name.
BEHIND = {"own_rate": "own_rate_bp"}


def edit_of(name: str, text: str) -> dict[str, Any]:
    """Read what was typed or pasted into a cell, as a part of an edit.

    RuleBroken `cell.…`, `money.…`, `day.…`.
    """
    text = text.strip().replace("\u00a0", " ")
    if name not in CELLS:
        raise RuleBroken("cell.unknown_field", field=name[:40])
    return {BEHIND.get(name, name): _READ[name](text)}


def _text(text: str) -> str:
    return text


def _day(text: str) -> date | None:
    return parse_day(text) if text not in ("", "—") else None


def _rate(text: str) -> int | None:
    plain = text.replace("％", "%").removesuffix("%").strip()
    if plain in ("", "—"):
        return None
    try:
        points = Fraction(parse_amount(plain)) * 100
    except RuleBroken:
        points = Fraction(-1)
    if points.denominator != 1 or not 0 <= points <= 10_000:
        raise RuleBroken("cell.bad_percent")
    return points.numerator


def _choice(text: str, words: Mapping[Any, Any]) -> Any:
    """Find a choice by its key, or by its word in either language."""
    wanted = text.casefold()
    for key in words:
        if wanted == str(int(key) if isinstance(key, Category) else key).casefold():
            return key
    for language in LANGUAGES:
        with override(language):
            for key, word in words.items():
                if wanted == str(word).casefold():
                    return key
    offered = [str(word) for word in words.values()]
    raise RuleBroken("cell.unknown_choice", text=text[:60], choices=offered)


def _category(text: str) -> Category:
    offered = {c: word for c, word in CATEGORIES.items() if c is not Category.CLOSED}
    found: Category = _choice(text, offered)
    return found


def _source(text: str) -> str:
    return "" if text in ("", "—") else str(_choice(text, SOURCES))


_READ: Mapping[str, Callable[[str], Any]] = {
    "name": _text,
    "amount": parse_amount,
    "close_on": _day,
    "category": _category,
    "next_step": _text,
    "next_step_on": _day,
    "own_rate": _rate,
    "source": _source,
}


def plain(name: str, value: Any) -> str:
    """Write a value as it stands in the input of its cell."""
    if value is None:
        return ""
    match name:
        case "amount":
            return f"{value:,f}"
        case "category":
            return str(int(value))
        case "own_rate":
            return percent_typed(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def shown(name: str, value: Any) -> str:
    """Write a value as a reader sees it in the cell; nothing is a dash."""
    if value is None or value == "":
        return "—"
    match name:
        case "category":
            return str(CATEGORIES[Category(value)])
        case "source":
            return str(SOURCES.get(value, value))
        case "own_rate":
            return rate_words(value)
    return str(worded(value))


HEADS: Mapping[str, Any] = {
    "name": wording.COLUMNS["name"],
    "amount": wording.COLUMNS["amount_minor"],
    "close_on": wording.COLUMNS["close_on"],
    "category": wording.COLUMNS["category"],
    "next_step": wording.COLUMNS["next_step"],
    "next_step_on": wording.COLUMNS["next_step_on"],
    "own_rate": wording.COLUMNS["own_rate_bp"],
    "source": wording.COLUMNS["source"],
}


_LISTED = [(one.field, one.label) for one in COLUMNS.all.values() if one.field in CELLS]


def named(head: str) -> str:
    """Find the column that a head of a block names, in either language.

    Columns are named as their history names them, or as the list and its files do.
    """
    wanted = head.strip().casefold()
    if wanted in (*CELLS, "code"):
        return wanted
    for language in LANGUAGES:
        with override(language):
            if wanted == _("Code").casefold():
                return "code"
            for name, word in (*HEADS.items(), *_LISTED):
                # The export writes the currency behind the amount.
                if wanted == str(word).casefold() or wanted.startswith(f"{word} (".casefold()):
                    return name
    return ""
