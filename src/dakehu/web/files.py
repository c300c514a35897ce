"""Files on records: attached by choosing, dragging, pasting or a photo; served to be saved."""

from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dakehu.actions.evidence import Upload
from dakehu.actions.files import attach_files, delete_attachment, restore_attachment
from dakehu.core.errors import RuleBroken
from dakehu.core.past import KEPT
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.messages import sentence
from dakehu.queries import files as queries
from dakehu.queries.evidence import proof_files
from dakehu.queries.records import record_in_sight
from dakehu.web.undoing import toast_with_undo


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def record_files(request: SignedRequest, of_kind: str, of_id: int) -> HttpResponse:
    """Show the files of a record, and attach more."""
    if request.method != "POST":
        return _shown(request, of_kind, of_id)
    record_in_sight(request.viewer, kind=of_kind, record_id=of_id)
    uploads = [
        Upload(file.name or "", file.chunks(), file.size or 0, file.content_type or "")
        for file in request.FILES.getlist("files")
    ]
    try:
        made = attach_files(
            actor=request.viewer, kind=of_kind, record_id=of_id, uploads=uploads, at=request.now
        )
    except RuleBroken as error:
        return _shown(request, of_kind, of_id, wrong=sentence(error))
    words = ngettext("%(n)s file attached.", "%(n)s files attached.", len(made)) % {"n": len(made)}
    toast(request, words)
    if not request.htmx:
        return go(request, of_kind, of_id)
    return _shown(request, of_kind, of_id)


def _shown(request: SignedRequest, kind: str, record_id: int, *, wrong: str = "") -> HttpResponse:
    record = record_in_sight(request.viewer, kind=kind, record_id=record_id)
    files = queries.files_on(request.viewer, record=record)
    proofs = proof_files(request.viewer, record=record)
    language = request.viewer.language
    facts = {
        "record": record,
        "files": [(f, f.added_by.shown(language) if f.added_by else "") for f in files],
        "proofs": proofs,
        "count": len(files) + len(proofs),
        "may_attach": queries.may_attach(request.viewer, record),
        "wrong": wrong,
    }
    return render_page(request, "files/page.html", facts, status=422 if wrong else 200)


@signed_in
@require_safe
def file_download(request: SignedRequest, attachment_id: int) -> HttpResponseBase:
    """Give a file, always to be saved and never to be shown."""
    held = queries.attached_file(request.viewer, attachment_id=attachment_id)
    response = FileResponse(
        held.path.open("rb"),
        as_attachment=True,
        filename=held.name,
        content_type="application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response


@signed_in
@require_http_methods(["GET", "POST"])
def file_delete(request: SignedRequest, attachment_id: int) -> HttpResponse:
    """Ask; then delete a file."""
    file, record = queries.deletable_file(request.viewer, attachment_id=attachment_id)
    if request.method == "POST":
        delete_attachment(actor=request.viewer, attachment_id=attachment_id, at=request.now)
        undo = reverse("file_restore", args=[attachment_id])
        toast_with_undo(request, _("The file is deleted."), undo)
        return go(request, record.kind, record.id)
    who = file.added_by.shown(request.viewer.language) if file.added_by else ""
    facts = {"file": file, "who": who, "record": record, "days": KEPT.days}
    return render_page(request, "files/delete.html", facts)


@signed_in
@require_POST
def file_restore(request: SignedRequest, attachment_id: int) -> HttpResponse:
    """Bring a file back."""
    record = queries.record_of_file(request.viewer, attachment_id=attachment_id)
    restore_attachment(actor=request.viewer, attachment_id=attachment_id, at=request.now)
    toast(request, _("The file is back."))
    return go(request, record.kind, record.id)


urlpatterns = [
    path("files/<str:of_kind>/<int:of_id>/", record_files, name="record_files"),
    path("files/<int:attachment_id>/", file_download, name="file_download"),
    path("files/<int:attachment_id>/delete/", file_delete, name="file_delete"),
    path("files/<int:attachment_id>/restore/", file_restore, name="file_restore"),
]
