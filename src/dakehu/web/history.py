"""Field history in words: what changed, from what to what, by whom."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from dakehu.core.ledger import Way
from dakehu.queries.audit import ChangeRow
from dakehu.queries.opportunities import Event as PastEvent

#: By which way a change came.
WAYS: Mapping[Way, str | Promise] = {
    Way.FORM: lazy("by form"),
    Way.BOARD: lazy("on the board"),
    Way.GRID: lazy("in the list"),
    Way.BULK: lazy("bulk edit"),
    Way.IMPORT: lazy("import"),
    Way.API: lazy("interface"),
    Way.COMMAND: lazy("command"),
    Way.JOB: lazy("by itself, in the background"),
    Way.UNDO: lazy("taken back"),
    Way.DEMO: lazy("demo data"),
}


@dataclass(frozen=True, slots=True)
class Event:
    """A line of a history, as parts/history.html shows it."""

    at: datetime
    title: str
    words: str
    who: str
    way: str


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
            at=change.at,
            title=_title(change, words),
            words=_worded(change, language, known.get(change.field, {})),
            who=who_for(
                change.actor.shown(language) if change.actor else "",
                change.for_person.shown(language) if change.for_person else "",
            ),
            way=str(WAYS[change.way]),
        )
        for change in changes
    ]


def who_for(who: str, whom: str) -> str:
    """Name who did it, and for whom where a deputy did."""
    return _("%(who)s for %(whom)s") % {"who": who, "whom": whom} if whom else who


def who_and_way(event: PastEvent) -> str:
    """Name who did it, and by which way where that says something."""
    who = who_for(event.who, event.whom)
    if event.way in (Way.FORM, Way.DEMO):
        return who
    return f"{who} ({WAYS[event.way]})" if who else str(WAYS[event.way])


def _title(change: ChangeRow, words: Mapping[str, str | Promise]) -> str:
    if change.field == "deleted" and change.new is None:
        return _("Restored")
    return str(words.get(change.field, change.field))


def _worded(change: ChangeRow, language: str, values: Mapping[object, str | Promise]) -> str:
    if change.field == "deleted":
        return ""

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
