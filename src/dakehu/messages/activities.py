"""Refusals about activities, the calendar and Today; and what their codes are called."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dakehu.core.activities import ActivityKind, ActivityState, CallOutcome

SENTENCES: dict[str, str | Promise] = {
    "activity.account_elsewhere": _(
        "This opportunity belongs to another account. Log it there, or without the opportunity."
    ),
    "activity.changed": _(
        "Somebody else changed this activity meanwhile. Look at what they saved, then save again."
    ),
    "activity.contact_elsewhere": _(
        "Somebody named works at another account. Log one activity per account."
    ),
    "activity.day_far_off": _("%(on)s is more than %(years)s years away. Check the day."),
    "activity.done_in_future": _("%(on)s is still to come. Plan it, or give the day it was done."),
    "activity.done_stays": _("What is done stays on its day. Edit it if the day was wrong."),
    "activity.edit": _(
        "You may not change this activity. Ask whose it is, or the head of the unit."
    ),
    "activity.gone": _("It was deleted more than %(days)s days ago and cannot be brought back."),
    "activity.key_taken": _("This draft was sent by somebody else. Log it anew."),
    "activity.log": _("You may not log activities. Only who has to do with customers does."),
    "activity.minutes": _("Write how many minutes it takes, from 1 to %(limit)s."),
    "activity.no_outcome": _(
        "Only a call, visit, meeting or workshop that is done has an outcome."
    ),
    "activity.not_found": _("There is no such activity, or it is not yours to see."),
    "activity.not_planned": _("It is done or cancelled already."),
    "activity.nothing_said": _("Write in one line what it is, like: visit Li tomorrow 10:00."),
    "activity.person_unknown": _("A colleague named here is not active. Choose another."),
    "activity.too_many": _("At most %(limit)s people take part."),
    "calendar.no_feed": _("There is no calendar at this address, or it was closed."),
    "calendar.team": _("You head no unit, so there is no team's calendar for you."),
    "calendar.too_far": _("The calendar ends here."),
    "install.not_built": _("The assets are not built yet, so nothing can be installed."),
    "mention.not_found": _("There is no such mention, or it is not yours."),
}

KINDS: dict[ActivityKind, str | Promise] = {
    ActivityKind.CALL: pgettext_lazy("activity", "Call"),
    ActivityKind.VISIT: pgettext_lazy("activity", "Visit"),
    ActivityKind.MEETING: pgettext_lazy("activity", "Meeting"),
    ActivityKind.WORKSHOP: pgettext_lazy("activity", "Workshop"),
    ActivityKind.TASK: pgettext_lazy("activity", "Task"),
    ActivityKind.EMAIL: pgettext_lazy("activity", "E-mail"),
    ActivityKind.SAMPLE: pgettext_lazy("activity", "Sample"),
}
STATES: dict[ActivityState, str | Promise] = {
    ActivityState.PLANNED: pgettext_lazy("activity", "Planned"),
    ActivityState.DONE: pgettext_lazy("activity", "Done"),
    ActivityState.CANCELLED: pgettext_lazy("activity", "Cancelled"),
}
OUTCOMES: dict[CallOutcome, str | Promise] = {
    CallOutcome.NONE: pgettext_lazy("outcome", "Not said"),
    CallOutcome.ORDER: pgettext_lazy("outcome", "Order"),
    CallOutcome.ADVANCE: pgettext_lazy("outcome", "Advance"),
    CallOutcome.CONTINUATION: pgettext_lazy("outcome", "Continuation"),
    CallOutcome.NO_SALE: pgettext_lazy("outcome", "No sale"),
}
#: What each outcome means (PRJ-4), beside its name where one chooses.
OUTCOME_HELP: dict[CallOutcome, str | Promise] = {
    CallOutcome.ORDER: _("They bought."),
    CallOutcome.ADVANCE: _("They agreed to do something that moves it on."),
    CallOutcome.CONTINUATION: _("The talk goes on, nothing was agreed."),
    CallOutcome.NO_SALE: _("They said no."),
}


def _drawn(*, icon: str) -> str:
    """Name an icon so that the build of the assets finds it (assets/build.mjs)."""
    return icon


ICONS: dict[ActivityKind, str] = {
    ActivityKind.CALL: _drawn(icon="phone"),
    ActivityKind.VISIT: _drawn(icon="map-pin"),
    ActivityKind.MEETING: _drawn(icon="users"),
    ActivityKind.WORKSHOP: _drawn(icon="presentation"),
    ActivityKind.TASK: _drawn(icon="checkbox"),
    ActivityKind.EMAIL: _drawn(icon="mail"),
    ActivityKind.SAMPLE: _drawn(icon="package"),
}
