"""Competitors in place on the opportunity's page, and won deals like it."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import trigger_client_event

from dakehu.actions.opportunities import add_competitor, edit_competitor, remove_competitor
from dakehu.core.errors import NotAllowed, NotFound
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.queries.opportunities import deal_in_place, similar_won
from dakehu.web.forms import done, status_of

#: Why a deal is alike.
ALIKE = {
    "product": lazy("same product"),
    "industry": lazy("same industry"),
    "amount": lazy("same size"),
    "method": lazy("same method"),
}


class RivalForm(forms.Form):
    """A competitor's name, and what is known of them on this deal."""

    name = forms.CharField(
        label=lazy("Competitor"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    note = forms.CharField(
        label=lazy("Note"),
        max_length=240,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    seen = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)


@signed_in
@require_http_methods(["GET", "POST"])
def competitors(request: SignedRequest, opportunity_id: int) -> HttpResponse:
    """Show the card, and take a competitor in."""
    deal = deal_in_place(request.viewer, opportunity_id=opportunity_id, today=request.today)
    form = RivalForm(request.POST) if request.method == "POST" else None
    if form is not None:
        if not deal.may_edit:
            raise NotAllowed("opportunity.edit")
        saved = done(
            form,
            lambda said: add_competitor(
                name=said["name"], note=said["note"], **_how(request, deal.id)
            ),
        )
        if saved is not None:
            return _answer(request, opportunity_id, _("The competitor is noted."))
    return _shown(request, deal, form)


@signed_in
@require_http_methods(["GET", "POST"])
def competitor_edit(
    request: SignedRequest, opportunity_id: int, competitor_id: int
) -> HttpResponse:
    """Change what is known of a competitor, or take them off."""
    deal = deal_in_place(request.viewer, opportunity_id=opportunity_id, today=request.today)
    rival = next((r for r in deal.rivals if r.id == competitor_id), None)
    if rival is None:
        raise NotFound("competitor.not_found")
    if not deal.may_edit:
        raise NotAllowed("opportunity.edit")
    if request.method == "POST" and "remove" in request.POST:
        remove_competitor(competitor_id=competitor_id, **_how(request, deal.id))
        toast(request, _("The competitor is off the list."))
        return go(request, "opportunity", opportunity_id)
    form = RivalForm(
        request.POST if request.method == "POST" else None,
        initial={"note": rival.note, "seen": rival.note},
    )
    del form.fields["name"]

    def save(said: dict[str, Any]) -> object:
        return edit_competitor(
            competitor_id=competitor_id, note=said["note"], seen=said["seen"],
            **_how(request, deal.id),
        )  # fmt: skip

    if request.method == "POST":
        if done(form, save) is not None:
            toast(request, _("Saved."))
            return go(request, "opportunity", opportunity_id)
        typed = form.data.copy()  # type: ignore[attr-defined]
        typed["seen"] = rival.note
        form.data = typed
    facts = {"form": form, "page": deal, "rival": rival}
    return render_page(request, "opportunities/competitor.html", facts, status=status_of(form))


def _how(request: SignedRequest, opportunity_id: int) -> dict[str, Any]:
    return {
        "actor": request.viewer,
        "opportunity_id": opportunity_id,
        "today": request.today,
        "at": request.now,
    }


def _answer(request: SignedRequest, opportunity_id: int, words: str) -> HttpResponse:
    toast(request, words)
    if not request.htmx:
        return go(request, "opportunity", opportunity_id)
    deal = deal_in_place(request.viewer, opportunity_id=opportunity_id, today=request.today)
    return trigger_client_event(_shown(request, deal, None), "record:changed")


def _shown(request: SignedRequest, deal: Any, form: RivalForm | None) -> HttpResponse:
    facts = {
        "page": deal,
        "may_edit": deal.may_edit,
        "rival_form": form or RivalForm(auto_id="rival_%s"),
        "opened": form is not None,
    }
    status = status_of(form) if form else 200
    return render_page(request, "opportunities/competitors.html", facts, status=status)


@signed_in
@require_safe
def similar_deals(request: SignedRequest, opportunity_id: int) -> HttpResponse:
    """Show won deals like this one, and what they took."""
    rows = [
        (deal, [ALIKE[code] for code in deal.why])
        for deal in similar_won(request.viewer, opportunity_id=opportunity_id)
    ]
    facts = {"rows": rows, "opportunity_id": opportunity_id}
    return render_page(request, "opportunities/similar.html", facts)
