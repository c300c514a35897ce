"""The form of an activity: one line that is understood, and the fields it fills."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dakehu.actions.opportunities import NextStep
from dakehu.core.activities import (
    ActivityKind,
    ActivityState,
    CallOutcome,
    Line,
    read_line,
    takes_outcome,
)
from dakehu.core.errors import RuleBroken
from dakehu.core.periods import parse_day
from dakehu.messages.activities import OUTCOMES
from dakehu.web.forms import DayField

#: How long a draft may have waited for its connection.
OLDEST_DRAFT = timedelta(days=30)


class IdsField(forms.Field):
    """Several ids of one name; what is no number is not meant."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> tuple[int, ...]:
        """Give the numbers, each once."""
        texts = value if isinstance(value, list | tuple) else []
        wanted = (str(text) for text in texts)
        return tuple(dict.fromkeys(int(t) for t in wanted if t.isdecimal() and len(t) < 18))


class ClockField(forms.TimeField):
    """A time of day as 10:00; seconds are not kept."""

    widget = forms.TimeInput(attrs={"type": "time", "step": "300"}, format="%H:%M")


class ResultForm(forms.Form):
    """What came of it, and what comes next."""

    outcome = forms.TypedChoiceField(
        label=_("Outcome"), coerce=int, empty_value=None, required=False,
        choices=[(int(outcome), word) for outcome, word in OUTCOMES.items()],
    )  # fmt: skip
    result = forms.CharField(
        label=_("Result"), max_length=20_000, required=False, widget=forms.Textarea
    )
    next_step = forms.CharField(label=_("Next step"), max_length=240, required=False)
    next_step_on = DayField(label=_("Day of the next step"), required=False)
    #: The opportunity's next step as it was shown: another since then is a colleague's.
    seen_step = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
    seen_on = DayField(required=False, widget=forms.HiddenInput)

    @property
    def seen_next_step(self) -> NextStep | None:
        """Give the next step that was shown; None where the form showed none."""
        if "seen_step" not in self.data:
            return None
        return NextStep(self.cleaned_data["seen_step"], self.cleaned_data["seen_on"])


class FinishForm(ResultForm):
    """Saying that what was planned is done."""

    on = DayField(label=_("Day"))
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)


class ActivityForm(ResultForm):
    """Everything of an activity; the line above it fills what it says."""

    line = forms.CharField(max_length=400, required=False)
    read_line = forms.CharField(max_length=400, required=False, widget=forms.HiddenInput)
    subject = forms.CharField(label=_("Subject"), max_length=200, required=False)
    kind = forms.TypedChoiceField(
        label=_("Kind"), coerce=lambda text: ActivityKind(int(text)), required=False,
        empty_value=None, choices=[(int(kind), kind.name) for kind in ActivityKind],
    )  # fmt: skip
    state = forms.TypedChoiceField(
        label=_("State"), coerce=lambda text: ActivityState(int(text)), required=False,
        empty_value=None, choices=[(int(state), state.name) for state in ActivityState],
    )  # fmt: skip
    on = DayField(label=_("Day"), required=False)
    at = ClockField(label=_("Time"), required=False)
    minutes = forms.IntegerField(label=_("Minutes"), required=False, min_value=1, max_value=1440)
    location = forms.CharField(label=_("Place"), max_length=240, required=False)
    contacts = IdsField(label=_("With"), required=False)
    people = IdsField(label=_("Colleagues"), required=False)
    account = forms.IntegerField(required=False, widget=forms.HiddenInput)
    #: Whom and which account the line named, as the fields were filled last.
    meant = IdsField(required=False)
    read_account = forms.IntegerField(required=False, widget=forms.HiddenInput)
    opportunity = forms.IntegerField(required=False, widget=forms.HiddenInput)
    client_key = forms.UUIDField(required=False, widget=forms.HiddenInput)
    #: The day on which a draft was written: its 'tomorrow' is meant from there.
    written_on = DayField(required=False, widget=forms.HiddenInput)
    #: And the moment: whether it is to come is judged from there.
    written_at = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)
    finishes_step = forms.BooleanField(required=False, widget=forms.HiddenInput)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    @property
    def key(self) -> UUID | None:
        """Give the device's name of the draft."""
        value: UUID | None = self.cleaned_data.get("client_key")
        return value


@dataclass(frozen=True, slots=True)
class Reading:
    """What the line and the fields say together, with what nobody said filled in."""

    line: Line
    kind: ActivityKind
    state: ActivityState
    on: date
    at: time | None
    minutes: int | None
    next_step: str
    next_step_on: date | None
    #: Whether the line says something else than when the fields were filled last.
    is_changed: bool

    @property
    def takes_outcome(self) -> bool:
        """Test if there is an outcome to tell."""
        return self.state is ActivityState.DONE and takes_outcome(self.kind)


def read_fields(said: Mapping[str, Any], *, today: date, now: datetime) -> Reading:
    """Read line and fields together: a field follows the line where the line has changed.

    A `stated` state stands whatever day the line names: what is done was done by today.
    """
    written = written_at(said, today=today, now=now)
    day = written.date()
    line = read_line(said.get("line") or "", today=day)
    before = read_line(said.get("read_line") or "", today=day)
    changed = (said.get("line") or "") != (said.get("read_line") or "")

    def merged(name: str) -> Any:
        new, old = getattr(line, name), getattr(before, name)
        return new if new is not None and new != old else said.get(name)

    on, at = merged("on") or day, merged("at")
    kind = merged("kind") or ActivityKind.CALL
    moved = any(getattr(line, n) != getattr(before, n) for n in ("on", "at", "kind"))
    state = said.get("state")
    stated = state is not None and bool(said.get("stated"))
    if stated and state is ActivityState.DONE:
        on = min(on, day)
    elif state is None or (moved and not stated):
        state = state_meant(kind, on, at, now=written)
    step = line.next_step if line.next_step != before.next_step else said.get("next_step")
    step_on = (
        line.next_step_on if line.next_step_on != before.next_step_on else said.get("next_step_on")
    )
    return Reading(line, kind, state, on, at, merged("minutes"), step or "", step_on, changed)


def state_meant(kind: ActivityKind, on: date, at: time | None, *, now: datetime) -> ActivityState:
    """Give whether it is to come: a later day, a later hour of today, a task without either."""
    today = now.date()
    later = on == today and at is not None and at > now.time()
    task = on >= today and kind is ActivityKind.TASK
    return ActivityState.PLANNED if on > today or later or task else ActivityState.DONE


def written_at(said: Mapping[str, Any], *, today: date, now: datetime) -> datetime:
    """Give when it was written: now, unless a draft has waited.

    Where a draft tells its day alone, that day is over.
    """
    try:
        moment = timezone.localtime(datetime.fromisoformat(said.get("written_at") or ""))
    except (ValueError, OverflowError):
        pass
    else:
        if now - OLDEST_DRAFT <= moment <= now:
            return moment
    on = said.get("written_on")
    if on is None or not today - OLDEST_DRAFT <= on < today:
        return now
    return datetime.combine(on, time.max, now.tzinfo)


def said_in(data: QueryDict) -> dict[str, Any]:
    """Read the fields of a form that is still being written: what can't be read is not said."""
    form = ActivityForm(data)
    form.is_valid()
    said: dict[str, Any] = dict(form.cleaned_data)
    return said


def day_in_url(text: str) -> date | None:
    """Read a day from a URL; anything else is none."""
    try:
        return parse_day(text) if text else None
    except RuleBroken:
        return None


def outcome_of(said: Mapping[str, Any]) -> CallOutcome:
    """Give the outcome that was chosen."""
    return CallOutcome(said.get("outcome") or 0)
