"""The next step in place on the opportunity's page: done with its result, put off, written anew."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods
from django_htmx.http import trigger_client_event

from dakehu.actions.opportunities import NextStep, Saved, set_next_step
from dakehu.core.errors import NotAllowed, NotFound
from dakehu.core.ledger import Way
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.queries.opportunities import DealInPlace, deal_in_place
from dakehu.web.forms import DayField, done, status_of

#: The card's forms, by the verb that each sends.
VERBS = ("edit", "done", "move")
#: How far ahead the step after the one that is done is proposed.
_WEEK = timedelta(days=7)


class StepForm(forms.Form):
    """What is to be done next, and by when; `seen_…` is what the page showed."""

    next_step = forms.CharField(
        label=lazy("Next step"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "maxlength": 240}),
    )
    next_step_on = DayField(label=lazy("Day of the next step"), required=False)
    seen_step = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
    seen_on = DayField(required=False, widget=forms.HiddenInput)


class DoneForm(StepForm):
    """What came of it, and what is next."""

    result = forms.CharField(
        label=lazy("What came of it"),
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_order = ("result", "next_step", "next_step_on")


class MoveForm(forms.Form):
    """To which day: so many days later, or one that is picked."""

    by = forms.TypedChoiceField(
        choices=[("1", "1"), ("7", "7")], coerce=int, empty_value=None, required=False
    )
    next_step_on = DayField(label=lazy("Day of the next step"), required=False)
    seen_step = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
    seen_on = DayField(required=False, widget=forms.HiddenInput)


@signed_in
@require_http_methods(["GET", "POST"])
def next_step(request: SignedRequest, opportunity_id: int) -> HttpResponse:
    """Show the card, and do what its forms ask."""
    deal = deal_in_place(request.viewer, opportunity_id=opportunity_id, today=request.today)
    if request.method != "POST":
        return shown(request, deal)
    verb = request.POST.get("verb", "edit")
    if verb not in VERBS:
        raise NotFound("opportunity.unknown_verb", verb=verb[:40])
    if not deal.may_edit:
        raise NotAllowed("opportunity.edit")
    forms_by_verb = {"edit": StepForm, "done": DoneForm, "move": MoveForm}
    form = forms_by_verb[verb](request.POST)
    saved = done(form, lambda said: _save(request, deal, verb, said))
    if saved is None:
        if "seen_step" in form.data and any(form.errors):
            now = deal_in_place(request.viewer, opportunity_id=opportunity_id, today=request.today)
            form.data = _seen_now(form.data, now)
        return shown(request, deal, bound=(verb, form))
    if not request.htmx:
        toast(request, str(_SAID[verb]))
        return go(request, "opportunity", opportunity_id)
    now = deal_in_place(request.viewer, opportunity_id=opportunity_id, today=request.today)
    answer = shown(request, now, saved=saved, said=str(_SAID[verb]))
    return trigger_client_event(answer, "record:changed")


_SAID = {
    "edit": lazy("The next step is saved."),
    "done": lazy("Done, and noted."),
    "move": lazy("Put off."),
}


def step_forms(deal: Any, today: date) -> dict[str, forms.Form]:
    """Give the card's forms, filled with what stands."""
    seen = {"seen_step": deal.next_step, "seen_on": deal.next_step_on}
    now = {"next_step": deal.next_step, "next_step_on": deal.next_step_on}
    return {
        "edit": StepForm(initial={**seen, **now}, auto_id="edit_%s"),
        "done": DoneForm(initial={**seen, "next_step_on": today + _WEEK}, auto_id="done_%s"),
        "move": MoveForm(initial={**seen, **now}, auto_id="move_%s"),
    }


def shown(
    request: SignedRequest,
    deal: DealInPlace,
    *,
    bound: tuple[str, forms.Form] | None = None,
    saved: Saved | None = None,
    said: str = "",
) -> HttpResponse:
    """Give the card; after a save with its undo, after a refusal with the form as it was typed."""
    every = step_forms(deal, request.today)
    if bound:
        bound[1].auto_id = f"{bound[0]}_%s"
        every[bound[0]] = bound[1]
    facts = {
        "page": deal,
        "may_edit": deal.may_edit,
        "step_forms": every,
        "opened": bound[0] if bound else "",
        # Saved or cancelled, the form that had the focus is gone.
        "closes": bool(request.htmx) and bound is None,
        "saved": saved,
        "said": said,
        "take_back": _take_back(request, deal, saved),
    }
    status = status_of(bound[1]) if bound else 200
    return render_page(request, "opportunities/next_step.html", facts, status=status)


def _take_back(
    request: SignedRequest, deal: DealInPlace, saved: Saved | None
) -> dict[str, object] | None:
    """Give what the page of the deal, where it is the one that asks, shall offer to take back."""
    asking = urlsplit(request.htmx.current_url or "").path
    if (
        saved is None
        or not saved.correlation_id
        or asking != reverse("opportunity", args=[deal.id])
    ):
        return None
    return {"id": deal.id, "undo": saved, "version": saved.version}


def _save(request: SignedRequest, deal: DealInPlace, verb: str, said: dict[str, Any]) -> Saved:
    text, on = said.get("next_step", deal.next_step), said["next_step_on"]
    if verb == "move":
        text = said["seen_step"]
        if said["by"]:
            start = max(said["seen_on"] or request.today, request.today)
            on = start + timedelta(days=said["by"])
    return set_next_step(
        actor=request.viewer,
        opportunity_id=deal.id,
        step=NextStep(text, on),
        seen=NextStep(said["seen_step"], said["seen_on"]),
        result=said.get("result", ""),
        today=request.today,
        at=request.now,
        way=Way.FORM,
    )


def _seen_now(data: Any, deal: DealInPlace) -> Any:
    """Let the next try overwrite what is shown now."""
    typed = data.copy()
    typed["seen_step"] = deal.next_step
    typed["seen_on"] = deal.next_step_on.isoformat() if deal.next_step_on else ""
    return typed
