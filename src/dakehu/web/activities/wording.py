"""Activities in words, as lists, calendar and Today show them; how to ring and to get there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from dakehu.core.activities import ActivityKind, ActivityState, CallOutcome
from dakehu.messages.activities import ICONS, KINDS, OUTCOMES, STATES
from dakehu.queries.activities import ActivityRow
from dakehu.web.links import dial, on_map

#: Fields of an activity as its history names them.
FIELDS: dict[str, str | Promise] = {
    "created": lazy("Created"),
    "kind": lazy("Kind"),
    "state": lazy("State"),
    "subject": lazy("Subject"),
    "on": lazy("Day"),
    "starts_at": lazy("Time"),
    "minutes": lazy("Minutes"),
    "location": lazy("Place"),
    "outcome": lazy("Outcome"),
    "result": lazy("Result"),
    "next_step": lazy("Next step"),
    "next_step_on": lazy("Day of the next step"),
    "contacts": lazy("With"),
    "people": lazy("Colleagues"),
    "deleted": pgettext_lazy("activity", "Deleted"),
    "restored": pgettext_lazy("activity", "Brought back"),
}
#: What the history keeps as a code.
VALUES: dict[str, dict[object, str | Promise]] = {
    "kind": {kind.name.lower(): word for kind, word in KINDS.items()},
    "state": {state.name.lower(): word for state, word in STATES.items()},
    "outcome": {outcome.name.lower(): word for outcome, word in OUTCOMES.items()},
    "created": {kind.name.lower(): word for kind, word in KINDS.items()},
}


@dataclass(frozen=True, slots=True)
class Shown:
    """An activity in the reader's words; `tone` is its light, `time` empty where none is known."""

    row: ActivityRow
    title: str
    kind: str
    icon: str
    state: str
    outcome: str
    tone: str
    time: str
    until: str
    owner: str
    people: tuple[str, ...]
    tel: str
    tel_of: str
    map_url: str

    @property
    def is_planned(self) -> bool:
        """Test if it is still to be done."""
        return self.row.state is ActivityState.PLANNED

    @property
    def is_done(self) -> bool:
        """Test if it was done."""
        return self.row.state is ActivityState.DONE


def shown(row: ActivityRow, language: str) -> Shown:
    """Word an activity for the reader."""
    phone, whose = _phone(row)
    start, end = clock(row.starts_at), ""
    if row.starts_at is not None and row.minutes:
        end = clock(row.starts_at + timedelta(minutes=row.minutes))
    return Shown(
        row=row,
        title=row.subject or _named(row),
        kind=str(KINDS[row.kind]),
        icon=ICONS[row.kind],
        state=str(STATES[row.state]),
        outcome="" if row.outcome is CallOutcome.NONE else str(OUTCOMES[row.outcome]),
        tone=_tone(row),
        time=start,
        until=end,
        owner=row.owner.shown(language),
        people=tuple(one.shown(language) for one in row.people),
        tel=dial(phone),
        tel_of=whose,
        map_url=on_map(row.location or row.address, language),
    )


def all_shown(rows: Iterable[ActivityRow], language: str) -> list[Shown]:
    """Word activities for the reader."""
    return [shown(row, language) for row in rows]


def clock(moment: datetime | None) -> str:
    """Give the time of day of a moment where the organisation is; nothing where none is known."""
    return "" if moment is None else timezone.localtime(moment).strftime("%H:%M")


def _named(row: ActivityRow) -> str:
    names = ", ".join(contact.name for contact in row.contacts)
    return names or row.opportunity or row.account or str(KINDS[row.kind])


def _tone(row: ActivityRow) -> str:
    if row.outcome in (CallOutcome.ORDER, CallOutcome.ADVANCE):
        return "good"
    if row.outcome is CallOutcome.NO_SALE:
        return "act"
    return "watch" if row.outcome is CallOutcome.CONTINUATION else "idle"


def _phone(row: ActivityRow) -> tuple[str, str]:
    for contact in row.contacts:
        if contact.phone:
            return contact.phone, contact.name
    return (row.phone, row.account) if row.phone else ("", "")


KIND_CHOICES = [(int(kind), word, ICONS[kind]) for kind, word in KINDS.items()]


def kind_of(text: str) -> ActivityKind | None:
    """Read a kind from a URL; anything else narrows nothing."""
    known = {kind.name.lower(): kind for kind in ActivityKind}
    return known.get(text.lower())


def state_of(text: str) -> ActivityState | None:
    """Read a state from a URL; anything else narrows nothing."""
    known = {state.name.lower(): state for state in ActivityState}
    return known.get(text.lower())
