"""The calendar as a page: week, month and day of one's own, the week of a team."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from dakehu.core.activities import ActivityState
from dakehu.core.errors import RuleBroken
from dakehu.http import SignedRequest, render_page, signed_in
from dakehu.queries.calendar import Days, TeamDays, own_days, team_days
from dakehu.queries.units import all_units, units_in_sight
from dakehu.web.activities.forms import day_in_url
from dakehu.web.activities.wording import Shown, all_shown
from dakehu.web.calendar.drawn import Column, columns_of, hours_of
from dakehu.web.forms import unit_choices, whole_in_url

DAY = timedelta(days=1)
VIEWS = ("day", "week", "month")


@dataclass(frozen=True, slots=True)
class Span:
    """The days that are shown, and the day that stands for them in the URL."""

    view: str
    on: date
    since: date
    until: date

    @property
    def days(self) -> list[date]:
        """Give each day."""
        return [self.since + n * DAY for n in range((self.until - self.since).days)]


@dataclass(frozen=True, slots=True)
class TeamRow:
    """A person of the team with what they have on, day by day."""

    person_id: int
    name: str
    days: list[list[Shown]]


def span_of(view: str, on: date) -> Span:
    """Give the days of a view. RuleBroken `calendar.too_far` at the ends of all days."""
    try:
        if view == "day":
            return Span(view, on, on, on + DAY)
        if view == "month":
            first = on.replace(day=1)
            since = first - timedelta(days=first.weekday())
            after = (first + timedelta(days=31)).replace(day=1)
            until = after + timedelta(days=(7 - after.weekday()) % 7)
            return Span(view, on, since, until)
        since = on - timedelta(days=on.weekday())
        return Span("week", on, since, since + 7 * DAY)
    except OverflowError as error:
        raise RuleBroken("calendar.too_far") from error


@signed_in
@require_safe
def calendar(request: SignedRequest) -> HttpResponse:
    """Show the calendar: `view`, `on`, `whose` (me, team), `unit`."""
    get, viewer = request.GET, request.viewer
    view = get.get("view", "week")
    on = day_in_url(get.get("on", "")) or request.today
    span = span_of(view if view in VIEWS else "week", on)
    has_team = viewer.sees_all or bool(viewer.units)
    is_team = has_team and get.get("whose") == "team"
    facts: dict[str, Any] = {
        "span": span,
        "is_team": is_team,
        "has_team": has_team,
        "may_log": viewer.holds("activity.log"),
        "today": request.today,
        "links": _links(request, span, is_team=is_team),
    }
    if is_team:
        facts |= _team(request, span_of("week", on))
    else:
        facts |= _own(request, span)
    return render_page(request, "calendar/page.html", facts)


def _own(request: SignedRequest, span: Span) -> dict[str, Any]:
    found: Days = own_days(viewer=request.viewer, since=span.since, until=span.until)
    ones = [
        one
        for one in all_shown(found.activities, request.viewer.language)
        if one.row.state is not ActivityState.CANCELLED
    ]
    hours = hours_of(ones)
    columns = columns_of(
        span.days, ones, found.steps, today=request.today, chosen=span.on, hours=hours
    )
    if span.view == "month":
        for column in columns:
            column.is_outside = column.on.month != span.on.month
    return {
        "columns": columns,
        "weeks": _weeks(columns) if span.view == "month" else [],
        "hours": [f"{hour:02}:00" for hour in range(*hours)],
        "first_hour": hours[0],
        "hour_count": hours[1] - hours[0],
        "is_cut": found.is_cut,
        "is_empty": not (ones or found.steps),
    }


def _weeks(columns: list[Column]) -> list[list[Column]]:
    return [columns[n : n + 7] for n in range(0, len(columns), 7)]


def _team(request: SignedRequest, span: Span) -> dict[str, Any]:
    viewer = request.viewer
    units = all_units()
    tree = units_in_sight(viewer, units=units, today=request.today)
    unit = whole_in_url(request.GET.get("unit", ""))
    wanted = None
    if unit is not None:
        wanted = tree.subtree(unit) if unit in tree.parents else frozenset()
    found: TeamDays = team_days(
        viewer=viewer, units=wanted, since=span.since, until=span.until, today=request.today
    )
    by_person: dict[int, dict[date, list[Shown]]] = {}
    for one in all_shown(found.activities, viewer.language):
        by_person.setdefault(one.row.owner.id, {}).setdefault(one.row.on, []).append(one)
    rows = [
        TeamRow(
            person.id,
            person.shown(viewer.language),
            [by_person.get(person.id, {}).get(on, []) for on in span.days],
        )
        for person in found.people
    ]
    return {
        "span": span,
        "team": rows,
        "team_days": [(on, on == request.today) for on in span.days],
        "units": unit_choices(units, tree, viewer.language),
        "unit": request.GET.get("unit", ""),
        "is_cut": found.is_cut,
    }


def _links(request: SignedRequest, span: Span, *, is_team: bool) -> dict[str, Any]:
    """Give where the arrows and the choices of the page lead."""

    def to(on: date, view: str = span.view, **more: str) -> str:
        query = request.GET.copy()
        query["view"], query["on"] = view, on.isoformat()
        for name, value in more.items():
            query[name] = value
        return f"{reverse('calendar')}?{query.urlencode()}"

    try:
        if span.view == "month":
            first = span.on.replace(day=1)
            before = (first - DAY).replace(day=1)
            after = (first + timedelta(days=31)).replace(day=1)
        else:
            step = DAY if span.view == "day" else 7 * DAY
            before, after = span.on - step, span.on + step
    except OverflowError as error:
        raise RuleBroken("calendar.too_far") from error
    words = {
        "day": pgettext("calendar", "Day"),
        "week": pgettext("calendar", "Week"),
        "month": pgettext("calendar", "Month"),
    }
    shown = ("week",) if is_team else VIEWS
    return {
        "before": to(before),
        "after": to(after),
        "today": to(request.today),
        "views": [(words[view], to(span.on, view), view == span.view) for view in shown],
        "me": to(span.on, whose="me"),
        "team": to(span.on, "week", whose="team"),
    }
