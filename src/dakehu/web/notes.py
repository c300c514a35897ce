"""Notes on pages: written beside the timeline, changed in a dialog, mentions picked and done."""

from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dakehu.actions.notes import (
    delete_note,
    edit_note,
    finish_mention,
    restore_note,
    write_note,
)
from dakehu.core.past import KEPT
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.queries import notes as queries
from dakehu.queries.records import record_in_sight
from dakehu.web.forms import done, status_of
from dakehu.web.history import events_of
from dakehu.web.timeline import NoteForm, offers_team, timeline_shown
from dakehu.web.undoing import toast_with_undo

#: Fields of a note, as its history names them.
_WORDS = {"text": lazy("Text"), "deleted": lazy("Deleted")}


@signed_in
@require_POST
def note_write(request: SignedRequest, of_kind: str, of_id: int) -> HttpResponse:
    """Write a note; the answer is the timeline with it, or with what was wrong."""
    record_in_sight(request.viewer, kind=of_kind, record_id=of_id)
    form = NoteForm(request.POST)
    written = done(
        form,
        lambda said: write_note(
            actor=request.viewer,
            kind=of_kind,
            record_id=of_id,
            text=said["text"],
            add_to_team=said["add_to_team"],
            today=request.today,
            at=request.now,
        ),
    )
    if written is None:
        return timeline_shown(request, of_kind, of_id, form=form, status=422)
    return _answered(request, of_kind, of_id)


@signed_in
@require_safe
def note_people(request: SignedRequest, of_kind: str, of_id: int) -> HttpResponse:
    """Offer colleagues to mention, by name, log-in, pinyin or initials."""
    found = record_in_sight(request.viewer, kind=of_kind, record_id=of_id)
    people = queries.mentionable(
        request.viewer, record=found, text=request.GET.get("q", ""), today=request.today
    )
    rows = [(row, row.person.shown(request.viewer.language)) for row in people]
    return render_page(request, "notes/_people.html", {"people": rows})


@signed_in
@require_http_methods(["GET", "POST"])
def note_edit(request: SignedRequest, note_id: int) -> HttpResponse:
    """Change one's own note."""
    note, record = queries.note_of(request.viewer, note_id=note_id)
    form = NoteForm(
        request.POST if request.method == "POST" else None,
        initial={"text": note.text, "seen": note.version},
    )

    def save(said: dict[str, object]) -> bool:
        edit_note(
            actor=request.viewer,
            note_id=note_id,
            text=str(said["text"]),
            seen_version=said["seen"] if isinstance(said["seen"], int) else None,
            add_to_team=bool(said["add_to_team"]),
            today=request.today,
            at=request.now,
        )
        return True

    if request.method == "POST" and done(form, save):
        toast(request, _("The note is saved."))
        return go(request, record.kind, record.id)
    facts = {
        "form": form,
        "note": note,
        "record": record,
        "offer_team": offers_team(request, form, record),
    }
    return render_page(request, "notes/edit.html", facts, status=status_of(form))


@signed_in
@require_safe
def note_history(request: SignedRequest, note_id: int) -> HttpResponse:
    """Show what a note said before, who changed it and when."""
    record, changed = queries.note_history(request.viewer, note_id=note_id)
    facts = {
        "record": record,
        "events": events_of(changed, words=_WORDS, language=request.viewer.language),
    }
    return render_page(request, "notes/history.html", facts)


@signed_in
@require_http_methods(["GET", "POST"])
def note_delete(request: SignedRequest, note_id: int) -> HttpResponse:
    """Ask; then delete one's own note."""
    note, record = queries.note_of(request.viewer, note_id=note_id)
    if request.method == "POST":
        delete_note(actor=request.viewer, note_id=note_id, at=request.now)
        undo = reverse("note_restore", args=[note_id])
        toast_with_undo(request, _("The note is deleted."), undo)
        return go(request, record.kind, record.id)
    facts = {"note": note, "record": record, "days": KEPT.days}
    return render_page(request, "notes/delete.html", facts)


@signed_in
@require_POST
def note_restore(request: SignedRequest, note_id: int) -> HttpResponse:
    """Bring one's own note back."""
    record = queries.record_of_note(request.viewer, note_id=note_id)
    restore_note(actor=request.viewer, note_id=note_id, at=request.now)
    toast(request, _("The note is back."))
    return go(request, record.kind, record.id)


@signed_in
@require_POST
def mention_done(request: SignedRequest, note_id: int) -> HttpResponse:
    """Say that one's mention is dealt with; without scripts one comes back where one was."""
    record = queries.record_of_note(request.viewer, note_id=note_id)
    finish_mention(actor=request.viewer, note_id=note_id, at=request.now)
    if request.htmx and request.htmx.target != "timeline":
        return HttpResponse("")
    return _answered(request, record.kind, record.id)


def _answered(request: SignedRequest, kind: str, record_id: int) -> HttpResponse:
    if not request.htmx:
        return go(request, kind, record_id)
    return timeline_shown(request, kind, record_id)


_ONE = "notes/<int:note_id>"

urlpatterns = [
    path("notes/<str:of_kind>/<int:of_id>/", note_write, name="note_write"),
    path("notes/<str:of_kind>/<int:of_id>/people/", note_people, name="note_people"),
    path(f"{_ONE}/edit/", note_edit, name="note_edit"),
    path(f"{_ONE}/history/", note_history, name="note_history"),
    path(f"{_ONE}/delete/", note_delete, name="note_delete"),
    path(f"{_ONE}/restore/", note_restore, name="note_restore"),
    path(f"{_ONE}/done/", mention_done, name="mention_done"),
]
