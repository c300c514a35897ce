"""Activities as pages: the list with its filters and file, one of them, and its verbs."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from dakehu.actions import activities as actions
from dakehu.actions.activities import EditActivity
from dakehu.core.activities import CallOutcome, takes_outcome
from dakehu.core.errors import NotAllowed
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.messages.activities import KINDS, OUTCOME_HELP, OUTCOMES, STATES
from dakehu.queries import activities as queries
from dakehu.queries.activities import ActivityFilter, ActivityPage, ActivityRow
from dakehu.queries.funnel import person_in_sight
from dakehu.queries.paging import Cut
from dakehu.queries.units import all_units, units_in_sight
from dakehu.web.activities import wording
from dakehu.web.activities.forms import ActivityForm, FinishForm, day_in_url, outcome_of
from dakehu.web.activities.log import moment_of
from dakehu.web.exports import Cell, list_as_file
from dakehu.web.forms import done, status_of, unit_choices, whole_in_url
from dakehu.web.history import events_of
from dakehu.web.links import dial

MOST_EXPORTED = 100_000
DAY = timedelta(days=1)
#: Periods of the list by their name in the URL.
PERIODS: dict[str, str | Promise] = {
    "today": lazy("Today"),
    "week": lazy("This week"),
    "next": lazy("Next week"),
    "ahead": lazy("From today on"),
    "30": lazy("Last 30 days"),
    "90": lazy("Last 90 days"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the URL of the list asks for, and how it is named."""

    where: ActivityFilter
    period: str
    unit: str
    person: str
    account: str


def period_of(name: str, today: date) -> tuple[date | None, date | None]:
    """Give the days [since, until) of a period; anything else is no bound."""
    monday = today - timedelta(days=today.weekday())
    known: dict[str, tuple[date | None, date | None]] = {
        "today": (today, today + DAY),
        "week": (monday, monday + 7 * DAY),
        "next": (monday + 7 * DAY, monday + 14 * DAY),
        "ahead": (today, None),
        "30": (today - 29 * DAY, today + DAY),
        "90": (today - 89 * DAY, today + DAY),
    }
    return known.get(name, (None, None))


def asked_of(request: SignedRequest) -> Asked:
    """Read the filter; an account or a person out of sight is not found."""
    get, viewer = request.GET, request.viewer
    since, until = period_of(get.get("period", ""), request.today)
    since = day_in_url(get.get("since", "")) or since
    until = day_in_url(get.get("until", "")) or until
    units = None
    unit = whole_in_url(get.get("unit", ""))
    if unit is not None:
        tree = units_in_sight(viewer, units=all_units(), today=request.today)
        units = tree.subtree(unit) if unit in tree.parents else frozenset()
    person_id = whole_in_url(get.get("person", ""))
    person = ""
    if get.get("person") == "me":
        person_id, person = viewer.person_id, _("me")
    elif person_id is not None:
        person = person_in_sight(viewer, person_id=person_id).shown(viewer.language)
    account_id = whole_in_url(get.get("account", ""))
    account = ""
    if account_id is not None:
        account = queries.log_context(viewer=viewer, account_id=account_id).account
    return Asked(
        ActivityFilter(
            kind=wording.kind_of(get.get("kind", "")),
            state=wording.state_of(get.get("state", "")),
            person_id=person_id,
            unit_ids=units,
            since=since,
            until=until,
            account_id=account_id,
            without_result=get.get("result") == "none",
            sort="on" if get.get("sort") == "on" else "-on",
        ),
        get.get("period", ""),
        get.get("unit", ""),
        person,
        account,
    )


@signed_in
@require_safe
def activity_list(request: SignedRequest) -> HttpResponse:
    """Show a page of the list."""
    asked, viewer = asked_of(request), request.viewer
    cut = Cut(after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    page = queries.activities(viewer=viewer, where=asked.where, cut=cut)
    units = all_units()
    tree = units_in_sight(viewer, units=units, today=request.today)
    return render_page(
        request,
        "activities/list.html",
        {
            "page": page,
            "rows": wording.all_shown(page.rows, viewer.language),
            "total": queries.activity_count(viewer=viewer, where=asked.where),
            "asked": asked,
            "where": asked.where,
            "kinds": [(kind.name.lower(), word) for kind, word in KINDS.items()],
            "states": [(state.name.lower(), word) for state, word in STATES.items()],
            "kind": asked.where.kind.name.lower() if asked.where.kind else "",
            "state": asked.where.state.name.lower() if asked.where.state else "",
            "periods": list(PERIODS.items()),
            "units": unit_choices(units, tree, viewer.language),
            "may_choose_people": viewer.sees_all or bool(viewer.units),
            "query": _query(request.GET),
            "today": request.today,
        },
    )


def _query(get: QueryDict) -> str:
    left = get.copy()
    for gone in ("after", "before"):
        left.pop(gone, None)
    return left.urlencode()


@signed_in
@require_safe
def activity_export(request: SignedRequest, kind: str) -> HttpResponseBase:
    """Give the filtered list, all of it and nothing else, as a file."""
    asked = asked_of(request)
    rows = queries.every_activity(viewer=request.viewer, where=asked.where, limit=MOST_EXPORTED)
    head = [
        _("Day"), _("Time"), _("Minutes"), _("Kind"), _("State"), _("Subject"), _("Account"),
        _("With"), _("Opportunity"), _("Whose"), _("Colleagues"), _("Unit"), _("Outcome"),
        _("Result"), _("Next step"), _("Day of the next step"),
    ]  # fmt: skip
    language = request.viewer.language
    lines = (_line(row, language) for row in rows)
    return list_as_file(request, kind, name="activities", head=head, rows=lines)


def _line(row: ActivityRow, language: str) -> tuple[Cell, ...]:
    comma = _(", ")
    outcome = "" if row.outcome is CallOutcome.NONE else str(OUTCOMES[row.outcome])
    return (
        row.on, wording.clock(row.starts_at), row.minutes, str(KINDS[row.kind]),
        str(STATES[row.state]), row.subject, row.account,
        comma.join(contact.name for contact in row.contacts), row.opportunity,
        row.owner.shown(language), comma.join(p.shown(language) for p in row.people), row.unit,
        outcome, row.result, row.next_step, row.next_step_on,
    )  # fmt: skip


@signed_in
@require_safe
def activity_page(request: SignedRequest, activity_id: int) -> HttpResponse:
    """Show one activity."""
    viewer = request.viewer
    page = queries.activity(viewer=viewer, activity_id=activity_id, deleted=True)
    row = page.row
    not_moving = row.opportunity_id is not None and queries.is_deal_not_moving(
        viewer=viewer, opportunity_id=row.opportunity_id
    )
    events = events_of(
        page.changes, words=wording.FIELDS, language=viewer.language, values=wording.VALUES
    )
    return render_page(
        request,
        "activities/page.html",
        {
            "page": page,
            "one": wording.shown(row, viewer.language),
            "row": row,
            "is_not_moving": not_moving,
            "events": events,
            "today": request.today,
            "contacts": [(c, dial(c.phone)) for c in row.contacts],
            "account_tel": dial(row.phone),
        },
    )


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def activity_finish(request: SignedRequest, activity_id: int) -> HttpResponse:
    """Say that it is done, and what came of it."""
    page = _to_change(request, activity_id)
    row = page.row
    form = FinishForm(
        request.POST if request.method == "POST" else None,
        initial={"on": min(row.on, request.today), "seen": row.version},
    )

    def save(said: dict[str, Any]) -> tuple[bool | None]:
        took = actions.finish_activity(
            actor=request.viewer,
            activity_id=activity_id,
            seen_version=said["seen"],
            on=said["on"],
            outcome=outcome_of(said),
            result=said["result"],
            next_step=said["next_step"],
            next_step_on=said["next_step_on"],
            today=request.today,
            at=request.now,
        )
        return (took,)

    if done(form, save) is not None:
        toast(request, _("It is done."))
        return _back(request, activity_id)
    facts = {
        "one": wording.shown(row, request.viewer.language),
        "row": row,
        "form": form,
        "outcomes": _outcomes() if takes_outcome(row.kind) else [],
        "outcome": str(form["outcome"].value() or "0"),
    }
    return render_page(request, "activities/finish.html", facts, status=status_of(form))


def _outcomes() -> list[tuple[str, str | Promise, str | Promise]]:
    return [(str(int(one)), OUTCOMES[one], OUTCOME_HELP[one]) for one in OUTCOME_HELP]


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def activity_edit(request: SignedRequest, activity_id: int) -> HttpResponse:
    """Edit one activity."""
    page = _to_change(request, activity_id)
    row, viewer = page.row, request.viewer
    form = ActivityForm(
        request.POST if request.method == "POST" else None,
        initial={
            "subject": row.subject, "kind": int(row.kind), "state": int(row.state), "on": row.on,
            "at": wording.clock(row.starts_at), "minutes": row.minutes, "location": row.location,
            "outcome": int(row.outcome), "result": row.result, "seen": row.version,
        },
    )  # fmt: skip
    form.fields["kind"].required = form.fields["on"].required = True

    def save(said: dict[str, Any]) -> bool:
        outcome = outcome_of(said)
        actions.edit_activity(
            actor=viewer,
            activity_id=activity_id,
            seen_version=said["seen"] or 0,
            edit=EditActivity(
                kind=said["kind"],
                on=said["on"],
                state=said["state"] or row.state,
                subject=said["subject"],
                contact_ids=said["contacts"],
                person_ids=said["people"],
                starts_at=moment_of(request, said["on"], said["at"]),
                minutes=said["minutes"],
                location=said["location"],
                outcome=outcome,
                result=said["result"],
            ),
            today=request.today,
            at=request.now,
        )
        return True

    if done(form, save):
        toast(request, _("The activity is saved."))
        return _back(request, activity_id)
    return render_page(
        request, "activities/edit.html", _edit_facts(request, row, form), status=status_of(form)
    )


def _edit_facts(request: SignedRequest, row: ActivityRow, form: ActivityForm) -> dict[str, Any]:
    viewer, language = request.viewer, request.viewer.language
    contacts = {c.id: c.name for c in row.contacts}
    if row.may_open_account and row.account_id is not None:
        context = queries.log_context(viewer=viewer, account_id=row.account_id)
        contacts |= {c.id: c.name for c in context.contacts}
    people = {p.id: p.shown(language) for p in row.people}
    others = queries.people_to_take_along(viewer=viewer, today=request.today)
    people |= {p.id: p.shown(language) for p in others}
    if form.is_bound:
        chosen = set(form.cleaned_data.get("contacts") or ())
        along = set(form.cleaned_data.get("people") or ())
    else:
        chosen = {c.id for c in row.contacts}
        along = {p.id for p in row.people}
    return {
        "form": form,
        "row": row,
        "one": wording.shown(row, language),
        "kinds": wording.KIND_CHOICES,
        "kind": str(form["kind"].value()),
        "states": [(int(state), word) for state, word in STATES.items()],
        "state": str(form["state"].value()),
        "outcomes": _outcomes(),
        "outcome": str(form["outcome"].value() or "0"),
        "contacts": [(pk, name, pk in chosen) for pk, name in contacts.items()],
        "colleagues": [(pk, name, pk in along) for pk, name in people.items()],
    }


@signed_in
@require_POST
def activity_move(request: SignedRequest, activity_id: int) -> HttpResponse:
    """Put it on another day or hour: by `days` from its day or today, or `on` and `at`."""
    page = _to_change(request, activity_id)
    on, starts_at = _moved(request, page.row)
    actions.move_activity(
        actor=request.viewer,
        activity_id=activity_id,
        seen_version=whole_in_url(request.POST.get("seen", "")),
        on=on,
        starts_at=starts_at,
        today=request.today,
        at=request.now,
    )
    return _back(request, activity_id)


def _moved(request: SignedRequest, row: ActivityRow) -> tuple[date, datetime | None]:
    """Give the day and moment to move to; an hour that was known is kept unless another is said."""
    said, days = request.POST, request.POST.get("days", "")
    on = day_in_url(said.get("on", ""))
    if on is None:
        ahead = int(days) if days.lstrip("-").isdecimal() and len(days) < 4 else 0
        # What is overdue is put off from today: a day after a day that is past helps nobody.
        on = max(row.on, request.today) + timedelta(days=ahead)
    clock = said.get("at", wording.clock(row.starts_at))
    try:
        at = datetime.strptime(clock, "%H:%M").time() if clock else None  # noqa: DTZ007
    except ValueError:
        at = None
    minutes = said.get("minutes_later", "")
    moment = moment_of(request, on, at)
    if moment is not None and minutes.lstrip("-").isdecimal() and len(minutes) < 5:
        moment += timedelta(minutes=int(minutes))
    return on, moment


@signed_in
@require_POST
def activity_cancel(request: SignedRequest, activity_id: int) -> HttpResponse:
    """Say that it does not take place."""
    _to_change(request, activity_id)
    actions.cancel_activity(
        actor=request.viewer,
        activity_id=activity_id,
        seen_version=whole_in_url(request.POST.get("seen", "")),
        at=request.now,
    )
    toast(request, _("It is cancelled. Moving it to a day plans it again."))
    return _back(request, activity_id)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def activity_delete(request: SignedRequest, activity_id: int) -> HttpResponse:
    """Ask, say what follows, and take it away."""
    page = _to_change(request, activity_id)
    if request.method != "POST":
        facts = {"row": page.row, "one": wording.shown(page.row, request.viewer.language)}
        return render_page(request, "activities/delete.html", facts)
    actions.delete_activity(
        actor=request.viewer,
        activity_id=activity_id,
        seen_version=whole_in_url(request.POST.get("seen", "")),
        at=request.now,
    )
    toast(request, _("It is deleted. For 30 days it can be brought back from its page."))
    return go(request, "activity", activity_id)


@signed_in
@require_POST
def activity_restore(request: SignedRequest, activity_id: int) -> HttpResponse:
    """Bring back what was deleted."""
    queries.activity(viewer=request.viewer, activity_id=activity_id, deleted=True)
    actions.restore_activity(actor=request.viewer, activity_id=activity_id, at=request.now)
    toast(request, _("It is back."))
    return go(request, "activity", activity_id)


def _to_change(request: SignedRequest, activity_id: int) -> ActivityPage:
    page = queries.activity(viewer=request.viewer, activity_id=activity_id)
    if not page.row.may_change:
        raise NotAllowed("activity.edit")
    return page


def _back(request: SignedRequest, activity_id: int) -> HttpResponse:
    """Give the page anew on which something was done: it may be any. A script may do it itself."""
    if request.POST.get("quiet"):
        return HttpResponse(status=204)
    if request.htmx:
        return HttpResponseClientRefresh()
    return go(request, "activity", activity_id)
