"""Evidence on pages: tick an item in place, add files, plan what is missing, mark it."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.http import (
    FileResponse,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import trigger_client_event

from dakehu.actions.evidence import (
    MOST_PLAN,
    Proof,
    Upload,
    add_evidence_file,
    plan_evidence,
    remove_evidence_file,
    tick_evidence,
    untick_evidence,
)
from dakehu.actions.validations import mark_evidence
from dakehu.core.errors import NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Way
from dakehu.core.methods import Marks
from dakehu.http import SignedRequest, go, layout_of, render_page, signed_in, toast
from dakehu.queries.evidence import evidence_file
from dakehu.queries.opportunities import OpportunityShown, opportunity
from dakehu.queries.opportunities.path import EvidenceShown, StageShown
from dakehu.queries.validations import validation_of
from dakehu.web.forms import DayField, done, status_of, whole_in_url
from dakehu.web.opportunities.wording import PLACES


class TickForm(forms.Form):
    """The proof of an item."""

    #: One of them is needed, whichever it is.
    one_needed = ("note", "link", "file")
    note = forms.CharField(
        label=lazy("Note"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    link = forms.CharField(
        label=lazy("Link"),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off"}),
    )
    file = forms.FileField(
        label=lazy("File"), required=False, help_text=lazy("At most 20 MB; no programs.")
    )
    #: The moment of the tick that is looked at; empty where there is none.
    seen = forms.CharField(required=False, widget=forms.HiddenInput(attrs={"id": "tick-seen"}))


class PlanForm(forms.Form):
    """How a missing item is to be got, and by when."""

    action = forms.CharField(
        label=lazy("How to get it"),
        required=False,
        max_length=MOST_PLAN,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    due_on = DayField(label=lazy("By"), required=False)
    seen = forms.CharField(required=False, widget=forms.HiddenInput(attrs={"id": "plan-seen"}))


Found = tuple[OpportunityShown, StageShown, EvidenceShown]


def _found(request: SignedRequest, opportunity_id: int, stage_id: int, key: str) -> Found:
    """Give the item of an opportunity in sight. NotFound `evidence.unknown_item`."""
    page = opportunity(viewer=request.viewer, opportunity_id=opportunity_id, today=request.today)
    for stage in page.stages:
        for item in stage.evidence:
            if (stage.id, item.key) == (stage_id, key):
                return page, stage, item
    raise NotFound("evidence.unknown_item", key=key[:50])


def _what(request: SignedRequest, opportunity_id: int, stage_id: int, key: str) -> dict[str, Any]:
    """Give what every action on an item is told."""
    return {
        "actor": request.viewer,
        "opportunity_id": opportunity_id,
        "stage_id": stage_id,
        "key": key,
        "today": request.today,
        "at": request.now,
        "way": Way.FORM,
    }


@signed_in
@require_http_methods(["GET", "POST"])
def evidence_tick(
    request: SignedRequest, opportunity_id: int, stage_id: int, key: str
) -> HttpResponse:
    """Show the form of an item, in its row, in a dialog or as a page; tick it or take it away."""
    page, stage, item = _found(request, opportunity_id, stage_id, key)
    if not page.may.tick:
        raise NotAllowed("evidence.tick")
    what = _what(request, opportunity_id, stage_id, key) | {"seen": request.POST.get("seen")}
    if request.method != "POST":
        return _form(request, page, stage, item, _tick_form(item), _plan_form(item))
    form = TickForm(request.POST, request.FILES)

    untick = "untick" in request.POST

    def act(said: dict[str, Any]) -> bool:
        if untick:
            untick_evidence(**what)
        else:
            tick_evidence(**what, proof=_proof(said))
        return True

    if done(form, act) is None:
        return _form(request, page, stage, item, form, _plan_form(item))
    gone, ticked = _("The tick is gone."), _("Ticked: %(name)s") % {"name": item.name}
    toast(request, gone if untick else ticked)
    return _back(request, opportunity_id, item.ref)


def _tick_form(item: EvidenceShown) -> TickForm:
    tick = item.tick
    held = {"note": tick.note, "link": tick.link, "seen": tick.seen} if tick else {}
    return TickForm(initial=held)


def _plan_form(item: EvidenceShown) -> PlanForm:
    plan = item.plan
    held = {"action": plan.action, "due_on": plan.due_on, "seen": plan.seen} if plan else {}
    return PlanForm(initial=held)


def _proof(said: dict[str, Any]) -> Proof:
    file = said["file"]
    upload = _upload(file) if file else None
    return Proof(note=said["note"], link=said["link"], file=upload)


def _upload(file: Any) -> Upload:
    return Upload(file.name, file.chunks(), file.size, file.content_type or "")


def _form(
    request: SignedRequest,
    page: OpportunityShown,
    stage: StageShown,
    item: EvidenceShown,
    form: TickForm,
    plan: PlanForm,
) -> HttpResponse:
    in_row = layout_of(request) == "layouts/part.html"
    wrong = form if form.is_bound and form.errors else plan
    answer = render_page(
        request,
        "opportunities/tick.html",
        {"form": form, "plan": plan, "page": page, "item": item, "stage": stage, "in_row": in_row},
        status=status_of(wrong),
    )
    if in_row and answer.status_code != 200:
        # What was sent to change the card changes the form of the row alone.
        answer["HX-Retarget"] = f"#slot-{stage.id}-{item.key}"
        answer["HX-Reswap"] = "innerHTML"
    return answer


def _back(request: SignedRequest, opportunity_id: int, ref: str = "") -> HttpResponse:
    """Show what stands now: the card in place, or the opportunity's page."""
    if layout_of(request) != "layouts/part.html":
        return go(request, "opportunity", opportunity_id)
    card = _card(request, opportunity_id, ref)
    # What else tells of it on the page (timeline, files) asks anew.
    return trigger_client_event(card, "record:changed")


def _card(request: SignedRequest, opportunity_id: int, ref: str = "") -> HttpResponse:
    """Give the card, with the focus on the item that was worked on (`ref`).

    On the deal's own page what says how far the next stage is comes along.
    """
    page = opportunity(viewer=request.viewer, opportunity_id=opportunity_id, today=request.today)
    validation = validation_of(request.viewer, page=page, today=request.today)
    shown = {item.ref for item in (*page.here.evidence, *page.gaps)}
    asking = urlsplit(request.htmx.current_url or "").path
    facts = {
        "page": page,
        "validation": validation,
        "focus": ref,
        "focus_card": bool(ref) and ref not in shown,
        "on_page": asking == reverse("opportunity", args=[opportunity_id]),
        "place": PLACES[page.place],
        "now_days": page.here.days or 0,
    }
    return render_page(request, "opportunities/evidence_card.html", facts)


@signed_in
@require_POST
def evidence_upload(
    request: SignedRequest, opportunity_id: int, stage_id: int, key: str
) -> HttpResponse:
    """Put one more file to an item: dropped, pasted, or photographed."""
    page, _stage, _item = _found(request, opportunity_id, stage_id, key)
    if not page.may.tick:
        raise NotAllowed("evidence.tick")
    file = request.FILES.get("file")
    if file is None:
        raise RuleBroken("evidence.proof_missing", field="file")
    add_evidence_file(**_what(request, opportunity_id, stage_id, key), upload=_upload(file))
    if request.htmx:
        return HttpResponse(status=204)
    return go(request, "opportunity", opportunity_id)


@signed_in
@require_POST
def evidence_remove(
    request: SignedRequest, opportunity_id: int, stage_id: int, key: str, file_id: int
) -> HttpResponse:
    """Take one file off an item."""
    _found(request, opportunity_id, stage_id, key)
    what = _what(request, opportunity_id, stage_id, key)
    remove_evidence_file(**what, file_id=file_id)
    return _back(request, opportunity_id, f"{stage_id}-{key}")


@signed_in
@require_POST
def evidence_plan(
    request: SignedRequest, opportunity_id: int, stage_id: int, key: str
) -> HttpResponse:
    """Keep how a missing item is to be got; nothing written drops the plan."""
    page, stage, item = _found(request, opportunity_id, stage_id, key)
    if not page.may.tick:
        raise NotAllowed("evidence.tick")
    plan = PlanForm(request.POST)
    what = _what(request, opportunity_id, stage_id, key) | {"seen": request.POST.get("seen")}

    def keep(said: dict[str, Any]) -> bool:
        plan_evidence(**what, action=said["action"], due_on=said["due_on"])
        return True

    if done(plan, keep):
        toast(request, _("Planned."))
        return _back(request, opportunity_id, item.ref)
    return _form(request, page, stage, item, _tick_form(item), plan)


@signed_in
@require_POST
def evidence_mark(request: SignedRequest, opportunity_id: int, evidence_id: int) -> HttpResponse:
    """Set one of the three marks of a tick, or all of them, and show the place it was done in."""
    page = opportunity(viewer=request.viewer, opportunity_id=opportunity_id, today=request.today)
    marks = _marked(page, evidence_id, request.POST.get("set", ""))
    mark_evidence(
        actor=request.viewer,
        opportunity_id=opportunity_id,
        evidence_id=evidence_id,
        marks=marks,
        note=request.POST.get("note"),
        seen=request.POST.get("seen", "")[:40],
        today=request.today,
        at=request.now,
        way=Way.FORM,
    )
    asked = whole_in_url(request.POST.get("request", ""))
    if asked is not None:
        # A part of the inbox follows as a part: the browser repeats its headers.
        return HttpResponseRedirect(reverse("inbox_request", args=[asked]), status=303)
    return _back(request, opportunity_id)


def _marked(page: OpportunityShown, evidence_id: int, wanted: str) -> Marks:
    """Give the marks with what was asked for: `all:1`, `true:0`, `note:1` keeps them.

    NotAllowed `evidence.validate`, NotFound `evidence.not_ticked`.
    """
    if not page.may.validate:
        raise NotAllowed("evidence.validate")
    ticks = [item.tick for stage in page.stages for item in stage.evidence if item.tick]
    tick = next((tick for tick in ticks if tick.id == evidence_id), None)
    if tick is None:
        raise NotFound("evidence.not_ticked")
    held = tick.mark.marks if tick.mark else Marks()
    said = {"true": held.true, "precise": held.precise, "provable": held.provable}
    name, _sep, value = wanted.partition(":")
    for one in said if name == "all" else {name} & set(said):
        said[one] = True if value == "1" else None
    return Marks(**said)


@signed_in
@require_safe
def evidence_list(request: SignedRequest, opportunity_id: int) -> HttpResponse:
    """Show the items of every stage: whoever skips stages proves them too."""
    if layout_of(request) == "layouts/part.html":
        return _card(request, opportunity_id, request.GET.get("item", ""))
    page = opportunity(viewer=request.viewer, opportunity_id=opportunity_id, today=request.today)
    validation = validation_of(request.viewer, page=page, today=request.today)
    return render_page(
        request, "opportunities/evidence.html", {"page": page, "validation": validation}
    )


@signed_in
@require_safe
def evidence_download(
    request: SignedRequest, opportunity_id: int, evidence_id: int, file_id: int | None = None
) -> HttpResponseBase:
    """Give a file of a tick, always to be saved and never to be shown."""
    held = evidence_file(
        viewer=request.viewer,
        opportunity_id=opportunity_id,
        evidence_id=evidence_id,
        file_id=file_id,
    )
    response = FileResponse(
        held.path.open("rb"),
        as_attachment=True,
        filename=held.name,
        content_type="application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response


@signed_in
@require_safe
def evidence_picture(
    request: SignedRequest, opportunity_id: int, evidence_id: int, file_id: int
) -> HttpResponseBase:
    """Show a picture of a tick: JPEG, PNG, WebP or GIF by what is in it, and nothing else.

    Whatever it holds, it runs nothing: it is named what it is, and may load nothing.
    """
    held = evidence_file(
        viewer=request.viewer,
        opportunity_id=opportunity_id,
        evidence_id=evidence_id,
        file_id=file_id,
    )
    content_type = held.picture_type
    if content_type is None:
        raise NotFound("evidence.no_file")
    response = FileResponse(held.path.open("rb"), filename=held.name, content_type=content_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    # A file never changes under its number; whether one may see it is asked by the page.
    response["Cache-Control"] = "private, max-age=600"
    return response


_ONE = "opportunities/<int:opportunity_id>/evidence"
_ITEM = f"{_ONE}/<int:stage_id>/<slug:key>"
_TICK = "<int:evidence_id>"

urlpatterns = [
    path(f"{_ONE}/", evidence_list, name="evidence"),
    path(f"{_ITEM}/", evidence_tick, name="evidence_tick"),
    path(f"{_ITEM}/files/", evidence_upload, name="evidence_upload"),
    path(f"{_ITEM}/files/<int:file_id>/remove/", evidence_remove, name="evidence_remove"),
    path(f"{_ITEM}/plan/", evidence_plan, name="evidence_plan"),
    path(f"{_ONE}/mark/{_TICK}/", evidence_mark, name="evidence_mark"),
    path(f"{_ONE}/file/{_TICK}/", evidence_download, name="evidence_file"),
    path(f"{_ONE}/file/{_TICK}/<int:file_id>/", evidence_download, name="evidence_file_of"),
    path(f"{_ONE}/picture/{_TICK}/<int:file_id>/", evidence_picture, name="evidence_picture"),
]
