"""What a person asks for when they log or change an activity: frozen commands."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from dakehu.actions.opportunities import NextStep
from dakehu.core.activities import ActivityKind, ActivityState, CallOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class NewActivity:
    """A new activity, done or planned; `starts_at` where the time of day is known.

    `client_key` is named by the device: sent twice, it is one activity.
    """

    kind: ActivityKind
    on: date
    state: ActivityState = ActivityState.DONE
    subject: str = ""
    opportunity_id: int | None = None
    account_id: int | None = None
    contact_ids: tuple[int, ...] = ()
    person_ids: tuple[int, ...] = ()
    starts_at: datetime | None = None
    minutes: int | None = None
    location: str = ""
    outcome: CallOutcome = CallOutcome.NONE
    result: str = ""
    next_step: str = ""
    next_step_on: date | None = None
    #: The opportunity's next step as the form showed it; None where none was shown.
    seen_step: NextStep | None = None
    #: Whether the opportunity's next step is done by it.
    finishes_step: bool = False
    client_key: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EditActivity:
    """An activity as it shall be: a form sends all of it."""

    kind: ActivityKind
    on: date
    state: ActivityState
    subject: str
    contact_ids: tuple[int, ...] = ()
    person_ids: tuple[int, ...] = ()
    starts_at: datetime | None = None
    minutes: int | None = None
    location: str = ""
    outcome: CallOutcome = CallOutcome.NONE
    result: str = ""


@dataclass(frozen=True, slots=True)
class Logged:
    """What was logged.

    `is_new` is false for a draft that had come before; `took_next_step` says whether the
    opportunity has the next step now, or none where its own is done (None: none was given, or no
    opportunity).
    """

    activity_id: int
    is_new: bool = True
    took_next_step: bool | None = None
