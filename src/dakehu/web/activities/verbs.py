"""What one does with an activity: finishing, editing, moving, cancelling, deleting, restoring."""

import re
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from dakehu.actions import activities as actions
from dakehu.actions.activities import EditActivity
from dakehu.core.activities import ActivityState, takes_outcome
from dakehu.core.errors import Conflict, NotAllowed
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.messages.activities import KINDS, OUTCOME_HELP, OUTCOMES, STATES
from dakehu.queries import activities as queries
from dakehu.queries.activities import ActivityPage, ActivityRow
from dakehu.web.activities import wording
from dakehu.web.activities.forms import ActivityForm, FinishForm, day_in_url, outcome_of
from dakehu.web.activities.log import colleagues_offered, moment_of
from dakehu.web.forms import done, status_of, whole_in_url
from dakehu.web.undoing import staying, toast_with_undo

#: People by their id.
Names = dict[int, str]


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def activity_finish(request: SignedRequest, activity_id: int) -> HttpResponse:
    """Say that it is done, and what came of it."""
    page = _to_change(request, activity_id)
    row = page.row
    deal = None
    if row.opportunity_id is not None:
        deal = queries.log_context(viewer=request.viewer, opportunity_id=row.opportunity_id)
    form = FinishForm(
        request.POST if request.method == "POST" else None,
        initial={
            "on": min(row.on, request.today), "seen": row.version,
            "seen_step": deal.next_step if deal else "",
            "seen_on": deal.next_step_on if deal else None,
        },
    )  # fmt: skip

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
            seen_step=form.seen_next_step,
            today=request.today,
            at=request.now,
        )
        return (took,)

    took = done(form, save)
    if took is not None:
        if took[0] is False:
            words = _("It is done. The next step stands with it; the opportunity's own is not "
                      "changed.")  # fmt: skip
            toast(request, words, kind="watch")
        else:
            toast(request, _("It is done."))
        return _back(request, activity_id)
    facts = {
        "one": wording.shown(row, request.viewer.language),
        "row": row,
        "form": form,
        "deal": deal,
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
    row = page.row
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
        try:
            _change(request, row, said)
        except Conflict as error:
            names = (_contacts(request, row, ()), _people(request, row, said["people"]))
            raise _in_words(error, *names) from error
        return True

    if done(form, save):
        toast(request, _("The activity is saved."))
        return _back(request, activity_id)
    return render_page(
        request, "activities/edit.html", _edit_facts(request, row, form), status=status_of(form)
    )


def _change(request: SignedRequest, row: ActivityRow, said: dict[str, Any]) -> None:
    actions.edit_activity(
        actor=request.viewer,
        activity_id=row.id,
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
            outcome=outcome_of(said),
            result=said["result"],
        ),
        today=request.today,
        at=request.now,
    )


def _in_words(error: Conflict, contacts: Names, people: Names) -> Conflict:
    """Give a conflict whose values are worded: a kind is no number to a reader."""
    words: dict[str, Any] = {"kind": KINDS, "state": STATES, "outcome": OUTCOMES}
    names = {"contacts": contacts, "people": people}

    def word(name: str, value: Any) -> Any:
        if name in names:
            return [names[name][one] for one in value if one in names[name]]
        if name == "starts_at":
            return wording.clock(value)
        return str(words[name].get(value, value)) if name in words else value

    def worded(values: Any) -> dict[str, Any]:
        # As the form names it.
        return {
            "at" if name == "starts_at" else name: word(name, value)
            for name, value in values.items()
        }

    facts = {**error.facts, "theirs": worded(error.facts["theirs"]),
             "yours": worded(error.facts["yours"])}  # fmt: skip
    return Conflict(error.code, **facts)


def _edit_facts(request: SignedRequest, row: ActivityRow, form: ActivityForm) -> dict[str, Any]:
    language = request.viewer.language
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
        "contacts": [
            (pk, name, pk in chosen) for pk, name in _contacts(request, row, chosen).items()
        ],
        **colleagues_offered(request, along, along=row.people),
    }


def _contacts(request: SignedRequest, row: ActivityRow, chosen: Collection[int]) -> Names:
    """Give who may be named of the customer's people."""
    viewer = request.viewer
    contacts = {c.id: c.name for c in row.contacts}
    if row.may_open_account and row.account_id is not None:
        context = queries.log_context(viewer=viewer, account_id=row.account_id, contact_ids=chosen)
        contacts |= {c.id: c.name for c in context.contacts}
    return contacts


def _people(request: SignedRequest, row: ActivityRow, chosen: Collection[int]) -> Names:
    """Give the names of our people who take part, or were to."""
    language = request.viewer.language
    others = queries.people_to_take_along(viewer=request.viewer, today=request.today, chosen=chosen)
    return {p.id: p.shown(language) for p in (*row.people, *others)}


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
    if on != page.row.on and not request.POST.get("quiet"):
        _say_moved(request, page.row, on)
    return _back(request, activity_id)


def _say_moved(request: SignedRequest, row: ActivityRow, on: date) -> None:
    """Say where it went, for it is out of the list; what was cancelled is not cancelled again."""
    words = _("Moved to %(day)s.") % {"day": on.isoformat()}
    if row.state is not ActivityState.PLANNED:
        toast(request, words)
        return
    # Whoever changes it meanwhile is not overwritten: the move made it the next version.
    back = {
        "on": row.on.isoformat(), "at": wording.clock(row.starts_at), "seen": row.version + 1,
    }  # fmt: skip
    toast_with_undo(request, words, reverse("activity_move", args=[row.id]), back)


def _moved(request: SignedRequest, row: ActivityRow) -> tuple[date, datetime | None]:
    """Give the day and moment to move to; an hour that was known is kept unless another is said."""
    said, days = request.POST, request.POST.get("days", "")
    on = day_in_url(said.get("on", ""))
    if on is None:
        ahead = _number(days, digits=3)
        # What is overdue is put off from today: a day after a day that is past helps nobody.
        on = max(row.on, request.today) + timedelta(days=ahead)
    clock = said.get("at", wording.clock(row.starts_at))
    try:
        at = datetime.strptime(clock, "%H:%M").time() if clock else None  # noqa: DTZ007
    except ValueError:
        at = None
    moment = moment_of(request, on, at)
    if moment is not None:
        moment += timedelta(minutes=_number(said.get("minutes_later", ""), digits=4))
    return on, moment


def _number(text: str, *, digits: int) -> int:
    """Read a number that may be below nought; anything else is none."""
    return int(text) if re.fullmatch(rf"-?[0-9]{{1,{digits}}}", text) else 0


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
    return staying(request) or go(request, "activity", activity_id)


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
