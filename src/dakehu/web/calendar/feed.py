"""iCalendar: a feed behind a secret address, and one activity as a file."""

from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from icalendar import Calendar, Event

from dakehu.actions.calendar import close_feed, open_feed
from dakehu.core.activities import ActivityState
from dakehu.core.errors import NotAllowed, NotFound
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.queries import activities as queries
from dakehu.queries.activities import ActivityRow
from dakehu.queries.calendar import StepDue, feed_days, feed_made_at, feed_owner
from dakehu.queries.organisation import organisation
from dakehu.queries.people import viewer_of
from dakehu.queries.snapshot import reading
from dakehu.web.activities.wording import shown

TYPE = "text/calendar; charset=utf-8"
#: The longest secret that is looked up.
LONGEST = 100
USUAL = timedelta(hours=1)
_STATUS = {
    ActivityState.PLANNED: "CONFIRMED",
    ActivityState.DONE: "CONFIRMED",
    ActivityState.CANCELLED: "CANCELLED",
}


@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """Give the feed of whoever opened it: own activities and next steps, nothing of others.

    Asked by a calendar program, which signs in nowhere: the address is the secret.
    """
    now = timezone.now()
    with reading():
        owner = None
        if len(token) <= LONGEST:
            owner = feed_owner(token_hash=sha256(token.encode()).hexdigest())
        if owner is None:
            raise NotFound("calendar.no_feed")
        org = organisation()
        today = org.today(now)
        viewer = viewer_of(
            person_id=owner.person_id, login=owner.login, today=today, language=owner.language
        )
        if not viewer.holds("activity.log"):
            raise NotFound("calendar.no_feed")
        days = feed_days(viewer=viewer, today=today)
    with translation.override(owner.language), timezone.override(ZoneInfo(org.time_zone)):
        book = _book(_("Dakehu"))
        for row in days.activities:
            book.add_component(_event(request, row, now, viewer.language))
        for step in days.steps:
            book.add_component(_step(request, step, now))
    return HttpResponse(
        book.to_ical(), content_type=TYPE, headers={"Cache-Control": "private, no-store"}
    )


@signed_in
@require_safe
def activity_event(request: SignedRequest, activity_id: int) -> HttpResponse:
    """Give one activity as a file that any calendar takes."""
    page = queries.activity(viewer=request.viewer, activity_id=activity_id)
    book = _book("")
    book.add_component(_event(request, page.row, request.now, request.viewer.language))
    return HttpResponse(
        book.to_ical(),
        content_type=TYPE,
        headers={"Content-Disposition": f'attachment; filename="activity-{activity_id}.ics"'},
    )


@signed_in
@require_safe
def calendar_subscribe(request: SignedRequest) -> HttpResponse:
    """Show whether a feed is open, and how to open or close it."""
    return _subscribe(request, "")


@signed_in
@require_POST
def calendar_feed_open(request: SignedRequest) -> HttpResponse:
    """Open the feed and tell its address, this once."""
    token = open_feed(actor=request.viewer, at=request.now)
    return _subscribe(request, request.build_absolute_uri(reverse("calendar_feed", args=[token])))


@signed_in
@require_POST
def calendar_feed_close(request: SignedRequest) -> HttpResponse:
    """Close the feed."""
    close_feed(actor=request.viewer, at=request.now)
    toast(request, _("The calendar address is closed."))
    return go(request, "calendar")


def _subscribe(request: SignedRequest, address: str) -> HttpResponse:
    if not request.viewer.holds("activity.log"):
        raise NotAllowed("activity.log")
    parts = urlsplit(address)
    facts = {
        "made_at": feed_made_at(viewer=request.viewer),
        "address": address,
        "webcal": parts._replace(scheme="webcal").geturl() if address else "",
    }
    return render_page(request, "calendar/subscribe.html", facts)


def _book(name: str) -> Calendar:
    book = Calendar()
    book.add("prodid", "-//Dakehu//Calendar//EN")
    book.add("version", "2.0")
    book.add("calscale", "GREGORIAN")
    book.add("method", "PUBLISH")
    if name:
        book.add("x-wr-calname", name)
        book.add("x-published-ttl", "PT1H")
    return book


def _event(request: HttpRequest, row: ActivityRow, now: datetime, language: str) -> Event:
    one = shown(row, language)
    event = Event()
    event.add("uid", f"activity-{row.id}@{request.get_host()}")
    event.add("dtstamp", now)
    event.add("sequence", row.version - 1)
    title = f"{one.kind}: {one.title}"
    event.add("summary", f"{title} · {row.account}" if row.account else title)
    event.add("status", _STATUS[row.state])
    if row.starts_at is None:
        event.add("dtstart", row.on)
        event.add("dtend", row.on + timedelta(days=1))
        event.add("transp", "TRANSPARENT")
    else:
        event.add("dtstart", row.starts_at)
        length = timedelta(minutes=row.minutes) if row.minutes else USUAL
        event.add("dtend", row.starts_at + length)
    if row.location or row.address:
        event.add("location", row.location or row.address)
    comma = _(", ")
    lines = [row.opportunity, comma.join(c.name for c in row.contacts), comma.join(one.people)]
    event.add("description", "\n".join(line for line in lines if line))
    event.add("url", request.build_absolute_uri(reverse("activity", args=[row.id])))
    return event


def _step(request: HttpRequest, step: StepDue, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"next-step-{step.opportunity_id}@{request.get_host()}")
    event.add("dtstamp", now)
    event.add("summary", f"{_('Next step')}: {step.step}")
    event.add("dtstart", step.on)
    event.add("dtend", step.on + timedelta(days=1))
    event.add("transp", "TRANSPARENT")
    event.add("description", " · ".join(t for t in (step.opportunity, step.account) if t))
    event.add("url", request.build_absolute_uri(reverse("opportunity", args=[step.opportunity_id])))
    return event
