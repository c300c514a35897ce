"""Evidence on pages: tick an item with its proof, see all items of the method, get a file."""

from typing import Any

from django import forms
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_safe

from dakehu.actions.evidence import Proof, Upload, tick_evidence, untick_evidence
from dakehu.core.errors import NotAllowed, NotFound
from dakehu.core.ledger import Way
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.queries.evidence import evidence_file
from dakehu.queries.opportunities import opportunity
from dakehu.web.forms import done, status_of


class TickForm(forms.Form):
    """The proof of an item."""

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


@signed_in
@require_http_methods(["GET", "POST"])
def evidence_tick(
    request: SignedRequest, opportunity_id: int, stage_id: int, key: str
) -> HttpResponse:
    """Show the dialog of an item, tick it, or take the tick away."""
    page = opportunity(viewer=request.viewer, opportunity_id=opportunity_id, today=request.today)
    found = [
        (stage, item)
        for stage in page.stages
        for item in stage.evidence
        if (stage.id, item.key) == (stage_id, key)
    ]
    if not found:
        raise NotFound("evidence.unknown_item", key=key[:50])
    if not page.may.tick:
        raise NotAllowed("evidence.tick")
    stage, item = found[0]
    what: dict[str, Any] = {
        "actor": request.viewer,
        "opportunity_id": opportunity_id,
        "stage_id": stage_id,
        "key": key,
        "today": request.today,
        "at": request.now,
        "way": Way.FORM,
    }
    if request.method == "POST" and "untick" in request.POST:
        untick_evidence(**what)
        toast(request, _("The tick is gone."))
        return go(request, "opportunity", opportunity_id)
    held = {"note": item.tick.note, "link": item.tick.link} if item.tick else {}
    form = TickForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        initial=held,
    )
    if request.method == "POST":
        ticked = done(form, lambda said: tick_evidence(**what, proof=_proof(said)))
        if ticked is not None:
            toast(request, _("Ticked: %(name)s") % {"name": item.name})
            return go(request, "opportunity", opportunity_id)
    return render_page(
        request,
        "opportunities/tick.html",
        {"form": form, "page": page, "item": item, "stage": stage},
        status=status_of(form),
    )


def _proof(said: dict[str, Any]) -> Proof:
    file = said["file"]
    upload = Upload(file.name, file.chunks(), file.size, file.content_type or "") if file else None
    return Proof(note=said["note"], link=said["link"], file=upload)


@signed_in
@require_safe
def evidence_list(request: SignedRequest, opportunity_id: int) -> HttpResponse:
    """Show the items of every stage: whoever skips stages proves them too."""
    page = opportunity(viewer=request.viewer, opportunity_id=opportunity_id, today=request.today)
    return render_page(request, "opportunities/evidence.html", {"page": page})


@signed_in
@require_safe
def evidence_download(
    request: SignedRequest, opportunity_id: int, evidence_id: int
) -> HttpResponseBase:
    """Give the file of a tick, always to be saved and never to be shown."""
    held = evidence_file(
        viewer=request.viewer, opportunity_id=opportunity_id, evidence_id=evidence_id
    )
    response = FileResponse(
        held.path.open("rb"),
        as_attachment=True,
        filename=held.name,
        content_type="application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response


_ONE = "opportunities/<int:opportunity_id>/evidence"

urlpatterns = [
    path(f"{_ONE}/", evidence_list, name="evidence"),
    path(f"{_ONE}/<int:stage_id>/<slug:key>/", evidence_tick, name="evidence_tick"),
    path(f"{_ONE}/file/<int:evidence_id>/", evidence_download, name="evidence_file"),
]
