"""Planning the next day by thumb: what is planned, what could be, each one tap."""

from datetime import date, datetime, time, timedelta

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dakehu.actions.activities import YEARS_AWAY, NewActivity, log_activity
from dakehu.core.activities import ActivityKind, ActivityState
from dakehu.core.errors import NotFound
from dakehu.http import SignedRequest, go, render_page, signed_in
from dakehu.messages.activities import KINDS
from dakehu.queries import today as queries
from dakehu.queries.activities import ActivityRow
from dakehu.web.activities.forms import day_in_url
from dakehu.web.activities.log import moment_of
from dakehu.web.activities.wording import all_shown, kind_of
from dakehu.web.forms import whole_in_url
from dakehu.web.undoing import STAY, toast_with_undo

DAY = timedelta(days=1)
#: The hours at which a visit and a call are put where they are free.
VISITS = (time(9), time(10, 30), time(14), time(15, 30), time(17))
CALLS = (time(8, 30), time(11, 30), time(13, 30), time(16, 30), time(17, 30))


@signed_in
@require_safe
def tomorrow_page(request: SignedRequest) -> HttpResponse:
    """Show what is planned for the next day, and what could be."""
    return _page(request)


def _page(request: SignedRequest) -> HttpResponse:
    viewer, on = request.viewer, _day(request)
    found = queries.tomorrow(viewer=viewer, today=request.today, on=on)
    return render_page(
        request,
        "today/tomorrow.html",
        {
            "on": on,
            "today": request.today,
            "is_tomorrow": on == request.today + DAY,
            "planned": all_shown(found.planned, viewer.language),
            "suggested": found.suggested,
            "days": [request.today + n * DAY for n in range(1, 8)],
            "may_log": viewer.holds("activity.log"),
        },
    )


def _day(request: SignedRequest) -> date:
    """Give the day that is planned: tomorrow unless another is asked for."""
    said = (request.POST if request.method == "POST" else request.GET).get("day", "")
    day = day_in_url(said)
    if day is None or abs(day.year - request.today.year) > YEARS_AWAY:
        return request.today + DAY
    return day


@signed_in
@require_POST
def tomorrow_plan(request: SignedRequest) -> HttpResponse:
    """Plan a visit or a call on an opportunity at the next free hour, and show the day anew."""
    viewer, on = request.viewer, _day(request)
    opportunity = whole_in_url(request.POST.get("opportunity", ""))
    if opportunity is None:
        raise NotFound("opportunity.not_found", opportunity_id=0)
    kind = kind_of(request.POST.get("kind", "")) or ActivityKind.VISIT
    found = queries.tomorrow(viewer=viewer, today=request.today, on=on)
    at = _free(found.planned, VISITS if kind is ActivityKind.VISIT else CALLS)
    made = log_activity(
        actor=viewer,
        new=NewActivity(
            kind=kind,
            state=ActivityState.PLANNED,
            on=on,
            starts_at=moment_of(request, on, at),
            minutes=60 if kind is ActivityKind.VISIT else 15,
            opportunity_id=opportunity,
        ),
        today=request.today,
        at=request.now,
    )
    words = _("%(kind)s planned: %(day)s %(time)s.") % {
        "kind": KINDS[kind], "day": on.isoformat(), "time": f"{at:%H:%M}",
    }  # fmt: skip
    undo = {**STAY, "seen": 1}  # as it was made: what somebody changed since stays
    toast_with_undo(request, words, reverse("activity_delete", args=[made.activity_id]), undo)
    return _page(request) if request.htmx else go(request, "tomorrow")


def _free(planned: tuple[ActivityRow, ...], hours: tuple[time, ...]) -> time:
    """Give the first of the hours at which nothing else is; the last where all are taken."""
    taken = [
        (local := timezone.localtime(row.starts_at), local + timedelta(minutes=row.minutes or 60))
        for row in planned
        if row.starts_at is not None
    ]
    for hour in hours:
        if not any(_time(start) <= hour < _time(end) for start, end in taken):
            return hour
    return hours[-1]


def _time(moment: datetime) -> time:
    return moment.time()
