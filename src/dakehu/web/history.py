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
    changes: Iterable[ChangeRow],
    *,
    words: Mapping[str, str | Promise],
    language: str,
    values: Mapping[str, Mapping[object, str | Promise]] | None = None,
) -> list[Event]:
    """Word changes for the reader; a field without a word is shown by its code.

    `values` words what a field keeps as a code.
    """
    known = values or {}
    return [
        Event(
            on=timezone.localtime(change.at).date(),
            title=str(words.get(change.field, change.field)),
            words=_worded(change, language, known.get(change.field, {})),
            who=who_for(
                change.actor.shown(language) if change.actor else "",
                change.for_person.shown(language) if change.for_person else "",
            ),
        )
        for change in changes
    ]


def who_for(who: str, whom: str) -> str:
    """Name who did it, and for whom where a deputy did."""
    return _("%(who)s for %(whom)s") % {"who": who, "whom": whom} if whom else who


def _worded(change: ChangeRow, language: str, values: Mapping[object, str | Promise]) -> str:
    def shown(value: Any) -> str:
        word = values.get(value) if isinstance(value, str) else None
        return value_shown(value, language) if word is None else str(word)

    return shown(change.new) if change.old is None else f"{shown(change.old)} → {shown(change.new)}"


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
