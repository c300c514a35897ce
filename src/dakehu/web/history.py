"""Field history in words: what changed, from what to what, by whom."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from dakehu.queries.audit import ChangeRow


@dataclass(frozen=True, slots=True)
class Event:
    """A line of a history, as parts/history.html shows it."""

    on: date
    title: str
    words: str
    who: str
    note: str = ""


def events_of(
    changes: Iterable[ChangeRow], *, words: Mapping[str, str | Promise], language: str
) -> list[Event]:
    """Word changes for the reader; a field without a word is shown by its code."""
    return [
        Event(
            on=timezone.localtime(change.at).date(),
            title=str(words.get(change.field, change.field)),
            words=_worded(change, language),
            who=change.actor.shown(language) if change.actor else "",
        )
        for change in changes
    ]


def _worded(change: ChangeRow, language: str) -> str:
    if change.old is None:
        return value_shown(change.new, language)
    return f"{value_shown(change.old, language)} → {value_shown(change.new, language)}"


def value_shown(value: Any, language: str) -> str:
    """Give a kept value as text: names in the reader's language, lists in a row, none a dash."""
    match value:
        case None | "":
            return "—"
        case True:
            return _("yes")
        case False:
            return _("no")
        case dict():
            return str(value.get("en" if language.startswith("en") else "zh") or "")
        case list():
            return _(", ").join(value_shown(v, language) for v in value) or "—"
        case _:
            return str(value)
