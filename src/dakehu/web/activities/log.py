"""The quick log: a dialog from anywhere, in which one line of words is enough."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from uuid import uuid4

from django.http import HttpResponse, HttpResponseBase, JsonResponse, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRefresh

from dakehu.actions import activities as actions
from dakehu.actions.activities import YEARS_AWAY, Logged, NewActivity
from dakehu.core.activities import ActivityState, CallOutcome, words_without
from dakehu.core.errors import DakehuError, NotAllowed, RuleBroken
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.messages import sentence
from dakehu.messages.activities import OUTCOME_HELP, OUTCOMES, STATES
from dakehu.queries import activities as queries
from dakehu.queries.activities import ContactName, LogContext, Named
from dakehu.queries.people import PersonName
from dakehu.web.activities import wording
from dakehu.web.activities.forms import (
    ActivityForm,
    IdsField,
    Reading,
    day_in_url,
    outcome_of,
    read_fields,
    said_in,
)
from dakehu.web.forms import done, status_of, whole_in_url

#: A draft of a device that was without connection is answered in plain facts.
DRAFT_HEADER = "X-Draft"


@dataclass(frozen=True, slots=True)
class Offered:
    """A contact to choose, and whether they are chosen."""

    contact: ContactName
    account: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Written:
    """All that the dialog shows: the reading, the record, who may be meant and who is chosen."""

    reading: Reading
    context: LogContext
    named: Named
    contacts: tuple[Offered, ...]
    account_id: int | None
    account: str
    #: Whether the account is the line's: it goes where the line names another.
    is_account_read: bool
    #: What the line says beside who and when.
    subject: str

    @property
    def meant(self) -> tuple[int, ...]:
        """Give whom the line names for certain: ticked, unless the reader took the tick away."""
        return tuple(one.id for one in self.named.meant)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def activity_log(request: SignedRequest) -> HttpResponseBase:
    """Show the dialog, or log what it says."""
    if not request.viewer.holds("activity.log"):
        raise NotAllowed("activity.log")
    if request.method == "POST":
        return _logged(request)
    context = _context(request, request.GET)
    written = _written(request, context, _asked(request))
    form = ActivityForm(initial={"result": request.GET.get("result", "")[:2000]})
    return render_page(request, "activities/log.html", _dialog(request, form, written))


@signed_in
@require_safe
def activity_reading(request: SignedRequest) -> HttpResponse:
    """Give the fields as the line fills them, while one types."""
    if not request.viewer.holds("activity.log"):
        raise NotAllowed("activity.log")
    context = _context(request, request.GET)
    written = _written(request, context, said_in(request.GET))
    return render_page(
        request, "activities/_reading.html", _facts(request, ActivityForm(request.GET), written)
    )


def _asked(request: SignedRequest) -> dict[str, Any]:
    """Read what the address says already: a day and an hour of the calendar, a kind, a line."""
    get = request.GET
    kind, state = wording.kind_of(get.get("kind", "")), wording.state_of(get.get("state", ""))
    try:
        at = time.fromisoformat(get.get("at", "")) if get.get("at") else None
    except ValueError:
        at = None
    return {
        "line": get.get("line", "")[:400],
        "kind": kind,
        "state": state,
        "stated": state is not None,
        "on": day_in_url(get.get("on", "")),
        "at": at,
        "next_step": get.get("next_step", "")[:240],
        "next_step_on": day_in_url(get.get("next_step_on", "")),
        "minutes": whole_in_url(get.get("minutes", "")),
    }


def _context(request: SignedRequest, data: QueryDict) -> LogContext:
    account_id = whole_in_url(data.get("account", ""))
    # An account that only the line named is read from the line again.
    if account_id is not None and account_id == whole_in_url(data.get("read_account", "")):
        account_id = None
    return queries.log_context(
        viewer=request.viewer,
        opportunity_id=whole_in_url(data.get("opportunity", "")),
        account_id=account_id,
        contact_id=whole_in_url(data.get("contact", "")),
        contact_ids=IdsField(required=False).clean(data.getlist("contacts")),
    )


def _written(request: SignedRequest, context: LogContext, said: dict[str, Any]) -> Written:
    """Put line, fields and record together: whom the line names, and who is chosen."""
    reading = read_fields(said, today=request.today, now=timezone.localtime(request.now))
    words, named = reading.line.words, Named()
    # On a deal whose account is out of sight, nobody else's people can be meant.
    if context.account_id is not None or not context.account:
        named = queries.named_in(viewer=request.viewer, words=words, account_id=context.account_id)
    account = named.account if context.account_id is None else None
    chosen = _chosen(said, named, is_changed=reading.is_changed) | context.chosen
    theirs: tuple[ContactName, ...] = ()
    if account is not None:
        theirs = queries.log_context(viewer=request.viewer, account_id=account.id).contacts
    return Written(
        reading=reading,
        context=context,
        named=named,
        contacts=_offered((*context.contacts, *theirs), named, chosen),
        account_id=context.account_id or (account.id if account else None),
        account=context.account or (account.name if account else ""),
        is_account_read=account is not None,
        subject=words_without(words, named.places_of(chosen)),
    )


def _chosen(said: dict[str, Any], named: Named, *, is_changed: bool) -> set[int]:
    """Give who is ticked: by hand, and whom the line means.

    Who was ticked by the line goes with the words that named them, and whose tick was taken away
    is not ticked again.
    """
    ticked, by_line = set(said.get("contacts") or ()), set(said.get("meant") or ())
    if not is_changed:
        return ticked
    meant = {one.id for one in named.meant}
    return (ticked - (by_line - meant)) | (meant - (by_line - ticked))


def _offered(known: Sequence[ContactName], named: Named, chosen: set[int]) -> tuple[Offered, ...]:
    """Give who is offered: whom the line may mean, then the account's people."""
    offered = {
        one.id: Offered(ContactName(one.id, one.name, one.title), one.account, one.id in chosen)
        for one in named.contacts
    }
    for contact in known:
        offered.setdefault(contact.id, Offered(contact, "", contact.id in chosen))
    return tuple(sorted(offered.values(), key=lambda one: not one.is_chosen))


def _logged(request: SignedRequest) -> HttpResponseBase:
    form = ActivityForm(request.POST)
    is_draft = DRAFT_HEADER in request.headers
    try:
        context = _context(request, request.POST)
        made = done(form, lambda said: _log(request, context, form, said))
    except DakehuError as error:
        if not is_draft:
            raise
        return JsonResponse({"refused": [sentence(error)]}, status=422)
    if made is None:
        if is_draft:
            return JsonResponse({"refused": _errors(form)}, status=422)
        written = _written(request, context, dict(form.cleaned_data))
        facts = _dialog(request, form, written)
        shown = render_page(request, "activities/log.html", facts, status=status_of(form))
        return _has_it(shown)
    if is_draft:
        return JsonResponse({"taken": made.activity_id})
    _say(request, made, form)
    if request.htmx:
        return _has_it(HttpResponseClientRefresh())
    if context.opportunity_id is not None:
        return go(request, "opportunity", context.opportunity_id)
    return go(request, "activity", made.activity_id)


def _has_it(answer: HttpResponse) -> HttpResponse:
    """Tell the device that it need not keep what was sent: it was taken, or the form shows it."""
    answer[DRAFT_HEADER] = "1"
    return answer


def _log(
    request: SignedRequest, context: LogContext, form: ActivityForm, said: dict[str, Any]
) -> Logged:
    written = _written(request, context, said)
    reading = written.reading
    if not (said.get("line") or said.get("subject") or said.get("result") or written.account_id):
        raise RuleBroken("activity.nothing_said", field="line")
    contacts = tuple(one.contact.id for one in written.contacts if one.is_chosen)
    outcome = outcome_of(said) if reading.takes_outcome else CallOutcome.NONE
    return actions.log_activity(
        actor=request.viewer,
        new=NewActivity(
            kind=reading.kind,
            state=reading.state,
            on=reading.on,
            starts_at=moment_of(request, reading.on, reading.at),
            minutes=reading.minutes,
            subject=(said.get("subject") or written.subject)[:200],
            opportunity_id=context.opportunity_id,
            account_id=written.account_id,
            contact_ids=contacts,
            person_ids=said.get("people") or (),
            location=said.get("location") or "",
            outcome=outcome,
            result=said.get("result") or "",
            next_step=reading.next_step,
            next_step_on=reading.next_step_on,
            seen_step=form.seen_next_step,
            finishes_step=said["finishes_step"] and reading.state is ActivityState.DONE,
            client_key=form.key,
        ),
        today=request.today,
        at=request.now,
    )


def _errors(form: ActivityForm) -> list[str]:
    return [str(error) for errors in form.errors.values() for error in errors]


def _say(request: SignedRequest, made: Logged, form: ActivityForm) -> None:
    has_step = bool(form["next_step"].value())
    if made.took_next_step is False and has_step:
        toast(
            request,
            _("It is logged. The next step stands with it; the opportunity's own is not changed."),
            kind="watch",
        )
    elif made.took_next_step is False:
        toast(request, _("It is logged. The opportunity's next step is not changed."), kind="watch")
    elif made.took_next_step and has_step:
        toast(request, _("It is logged, and the opportunity has its next step."))
    elif made.took_next_step:
        toast(request, _("It is logged, and the opportunity's next step is done."))
    else:
        toast(request, _("It is logged."))


def _facts(request: SignedRequest, form: ActivityForm, written: Written) -> dict[str, Any]:
    data = form.data if form.is_bound else request.GET
    outcome = str(data.get("outcome", ""))
    return {
        "form": form,
        "written": written,
        "reading": written.reading,
        "context": written.context,
        "line": str(data.get("line", ""))[:400],
        "kinds": wording.KIND_CHOICES,
        "states": [
            (int(state), STATES[state]) for state in (ActivityState.DONE, ActivityState.PLANNED)
        ],
        "outcomes": [(int(one), OUTCOMES[one], OUTCOME_HELP[one]) for one in OUTCOME_HELP],
        "outcome": int(outcome) if outcome.isdecimal() and len(outcome) < 3 else 0,
        "client_key": data.get("client_key") or str(uuid4()),
        "finishes_step": bool(data.get("finishes_step")),
        "written_on": data.get("written_on") or request.today.isoformat(),
        "language": request.viewer.language,
    }


def _dialog(request: SignedRequest, form: ActivityForm, written: Written) -> dict[str, Any]:
    """Give what stands in the dialog beside what the line fills: colleagues to name."""
    named = set(form.cleaned_data.get("people") or ()) if form.is_bound else set()
    return {**_facts(request, form, written), **colleagues_offered(request, named)}


#: So many are given to what is typed.
_FOUND = 50


@signed_in
@require_safe
def activity_colleagues(request: SignedRequest) -> HttpResponse:
    """Give the colleagues who fit what is typed, behind those who are chosen."""
    if not request.viewer.holds("activity.log"):
        raise NotAllowed("activity.log")
    chosen = set(IdsField(required=False).clean(request.GET.getlist("people")))
    text = request.GET.get("colleague", "")
    facts = colleagues_offered(request, chosen, text=text, limit=_FOUND)
    return render_page(request, "activities/_found.html", facts)


def colleagues_offered(
    request: SignedRequest,
    chosen: set[int],
    *,
    text: str = "",
    limit: int = queries.MOST_COLLEAGUES,
    along: Sequence[PersonName] = (),
) -> dict[str, Any]:
    """Give who may be named, and whether there are more than that.

    Who is `along` already can be left in though they could not be named anew.
    """
    people = queries.people_to_take_along(
        viewer=request.viewer, today=request.today, text=text, chosen=chosen, limit=limit + 1
    )
    language = request.viewer.language
    others = sum(one.id not in chosen for one in people)
    shown = people[:-1] if others > limit else people
    there = {one.id: one for one in (*along, *shown)}
    return {
        "colleagues": [(pk, one.shown(language), pk in chosen) for pk, one in there.items()],
        "colleagues_are_cut": others > limit,
        "nobody_fits": bool(text) and not others,
        "found_said": _("There are more. Type a name, pinyin or initials to find them.")
        if others > limit
        else ngettext("%(count)s colleague fits.", "%(count)s colleagues fit.", others)
        % {"count": others},
    }


def moment_of(request: SignedRequest, on: Any, at: time | None) -> datetime | None:
    """Give the moment of a day and an hour where the organisation is; None without an hour.

    RuleBroken `activity.day_far_off`: the first and the last day have no moments.
    """
    if abs(on.year - request.today.year) > YEARS_AWAY:
        raise RuleBroken("activity.day_far_off", field="on", on=on, years=YEARS_AWAY)
    return None if at is None else request.organisation.moment(f"{on}T{at:%H:%M}")
