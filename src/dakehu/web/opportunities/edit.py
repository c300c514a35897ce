"""Creating and editing opportunities on a page; what was typed is kept through every refusal."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from dakehu.actions.opportunities import Saved, create_opportunity, edit_opportunity
from dakehu.core.access import Viewer
from dakehu.core.errors import Conflict, NotAllowed
from dakehu.core.ledger import Way
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.queries import opportunities as queries
from dakehu.queries.people import people_in_sight
from dakehu.web.forms import Clashes, ask_unit, done, status_of
from dakehu.web.opportunities import wording
from dakehu.web.opportunities.forms import OpportunityForm, initial_of
from dakehu.web.undoing import toast_with_undo


@signed_in
@require_http_methods(["GET", "POST"])
def opportunity_create(request: SignedRequest) -> HttpResponse:
    """Show the form of a new opportunity, and create it.

    The owner is who fills it in, or for whom they stand in.
    """
    viewer = request.viewer
    owners = _owners(viewer)
    if not owners:
        raise NotAllowed("opportunity.create")
    offered = queries.choices(viewer=viewer)
    form = OpportunityForm(
        request.POST if request.method == "POST" else None,
        viewer=viewer,
        offered=offered,
        initial=_first_values(request),
    )
    _offer_owners(request, form, owners)
    more = "more_lines" in request.POST
    if request.method == "POST" and not more:
        saved = done(
            form,
            lambda said: create_opportunity(
                actor=viewer,
                new=form.new(owner_id=said.get("owner") or owners[0], unit_id=said.get("unit")),
                on=said["on"] or request.today,
                today=request.today,
                at=request.now,
                way=Way.FORM,
            ),
        )
        if saved is not None:
            say_saved(request, saved, _("Opportunity created."))
            return go(request, "opportunity", saved.opportunity_id)
    if more:
        form.forgive()
    return _shown(request, form, None, status=status_of(form))


def _owners(viewer: Viewer) -> list[int]:
    """Give for whom the viewer may create, themselves first."""
    people = sorted(viewer.owners, key=lambda person: (person != viewer.person_id, person))
    return [p for p in people if viewer.may("opportunity.create", owner_id=p, unit_id=None)]


def _offer_owners(request: SignedRequest, form: OpportunityForm, owners: list[int]) -> None:
    """Ask whose it is and where, of those for whom there is a choice."""
    viewer, today = request.viewer, request.today
    named = dict.fromkeys(owners, "")
    if len(owners) > 1:
        people = people_in_sight(viewer, units=None, today=today)
        named |= {p.id: p.shown(viewer.language) for p in people if p.id in named}
        form.fields["owner"] = forms.TypedChoiceField(
            label=_("Owner"),
            coerce=int,
            choices=list(named.items()),
            initial=owners[0],
            help_text=_("You, or whom you stand in for."),
        )
    units = queries.unit_choices(viewer=viewer, owners=named, today=today)
    ask_unit(form, units, one_owner=len(owners) < 2)


def _first_values(request: SignedRequest) -> dict[str, Any]:
    account = ""
    wanted = request.GET.get("account", "")
    if wanted:
        found = queries.account_by_name(viewer=request.viewer, text=wanted)
        account = found[0].name if len(found) == 1 else ""
    return {
        "account": account,
        "currency": request.organisation.base_currency,
        "category": 1,
        "on": request.today,
    }


@signed_in
@require_http_methods(["GET", "POST"])
def opportunity_edit(request: SignedRequest, opportunity_id: int) -> HttpResponse:
    """Show the form of an opportunity, and save what changed."""
    viewer = request.viewer
    page = queries.opportunity(viewer=viewer, opportunity_id=opportunity_id, today=request.today)
    if not page.may.edit:
        raise NotAllowed("opportunity.edit")
    form = OpportunityForm(
        request.POST if request.method == "POST" else None,
        viewer=viewer,
        offered=queries.choices(viewer=viewer),
        page=page,
        initial=initial_of(page) | {"on": request.today},
    )
    more = "more_lines" in request.POST
    clashes: list[tuple[str, str, str]] = []
    seen = page.version
    if request.method == "POST" and not more:
        seen = seen_version(request) or page.version

        def act(said: dict[str, Any]) -> Saved:
            try:
                return edit_opportunity(
                    actor=viewer,
                    opportunity_id=opportunity_id,
                    edit=form.edit(),
                    seen_version=seen,
                    on=said["on"] or request.today,
                    today=request.today,
                    at=request.now,
                    way=Way.FORM,
                )
            except Conflict as error:
                clashes.extend(_clashes(error, page))
                raise

        saved = done(form, act)
        if saved is not None:
            say_saved(request, saved, _("Saved."))
            return go(request, "opportunity", opportunity_id)
        if clashes:
            # Both values are shown, in words; saving again then overwrites knowingly.
            form.clashes = Clashes(tuple(clashes))  # type: ignore[attr-defined]
            seen = page.version
    if more:
        form.forgive()
    return _shown(
        request,
        form,
        page,
        status=409 if clashes else status_of(form),
        seen=seen,
    )


def _clashes(error: Conflict, page: queries.OpportunityShown) -> list[tuple[str, str, str]]:
    theirs, yours = error.facts.get("theirs", {}), error.facts.get("yours", {})
    names = {page.account_id: page.account} if page.account_id else {}
    return [
        (
            str(wording.FIELDS.get(field, field)),
            wording.shown_value(field, theirs[field], names),
            wording.shown_value(field, yours[field], names),
        )
        for field in theirs
    ]


def _shown(
    request: SignedRequest,
    form: OpportunityForm,
    page: queries.OpportunityShown | None,
    *,
    status: int,
    seen: int | None = None,
) -> HttpResponse:
    return render_page(
        request,
        "opportunities/edit.html",
        {
            "form": form,
            "page": page,
            "products": queries.product_choices(viewer=request.viewer),
            "accounts": queries.account_choices(viewer=request.viewer, text=""),
            "seen": seen,
            "vat": request.organisation.amounts_with_vat,
        },
        status=status,
    )


@signed_in
@require_safe
def account_names(request: SignedRequest) -> HttpResponse:
    """Give the accounts whose name holds what was typed, as options of the form's list."""
    text = request.GET.get("account", "") or request.GET.get("group", "")
    found = queries.account_choices(viewer=request.viewer, text=text)
    return render_page(request, "opportunities/_accounts.html", {"accounts": found})


def seen_version(request: SignedRequest) -> int | None:
    """Give the version that the form was made from."""
    text = request.POST.get("seen", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def say_saved(request: SignedRequest, saved: Saved, words: str, *, undo: bool = False) -> None:
    """Say what was done, and which evidence is only advised (FUN-3); `undo` offers it at once."""
    kind = "good"
    if saved.warnings:
        missing = _(", ").join(saved.warnings)
        words = _("%(done)s Still missing: %(missing)s") % {"done": words, "missing": missing}
        kind = "watch"
    if undo and saved.correlation_id:
        url = reverse("opportunity_undo", args=[saved.opportunity_id])
        what = {"save": saved.correlation_id, "seen": saved.version}
        toast_with_undo(request, words, url, what, kind=kind)
    else:
        toast(request, words, kind=kind)
