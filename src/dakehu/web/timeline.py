"""All that happened to a record in words, as a part that its page loads and as a page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from dakehu.core.activities import ActivityKind, ActivityState, CallOutcome
from dakehu.core.notes import Piece
from dakehu.http import SignedRequest, render_page, signed_in
from dakehu.messages import activities
from dakehu.queries import timeline as queries
from dakehu.queries.files import FileRow
from dakehu.queries.notes import NoteRow
from dakehu.queries.opportunities import Event, FieldChange
from dakehu.queries.records import Record
from dakehu.queries.timeline_sources import ActivityRow, Headline
from dakehu.web.accounts.words import WORDS as ACCOUNT_WORDS
from dakehu.web.contacts.words import WORDS as CONTACT_WORDS
from dakehu.web.history import who_and_way, who_for
from dakehu.web.opportunities.wording import FIELDS, KINDS, Names, told
from dakehu.web.past.words import kept_shown

Words = str | Promise

TABS: Mapping[str, Words] = {
    "all": lazy("All"),
    "changes": lazy("Changes"),
    "activities": lazy("Activities"),
    "notes": lazy("Notes"),
    "files": lazy("Files"),
}
#: What the tabs swap.
LIST = "timeline-list"


class NoteForm(forms.Form):
    """What is written; who cannot see the deal may be let in."""

    text = forms.CharField(
        label=lazy("Note"),
        widget=forms.Textarea(
            attrs={"rows": 2, "placeholder": lazy("Write a note. @ mentions a colleague.")}
        ),
        strip=False,
    )
    add_to_team = forms.BooleanField(label=lazy("Put them on the selling team"), required=False)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)


@dataclass(frozen=True, slots=True)
class Row:
    """Something that happened, as the page shows it."""

    source: str
    icon: str
    on: date
    at: datetime
    title: str
    words: str
    who: str
    note: str = ""
    is_new: bool = False
    struck: bool = False
    #: Of a movement that can be corrected.
    movement_id: int | None = None
    #: Where the title leads.
    url_name: str = ""
    url_id: int = 0
    pieces: tuple[Piece, ...] = ()
    written: NoteRow | None = None
    file: FileRow | None = None
    contacts: tuple[tuple[int, str], ...] = field(default_factory=tuple)


@signed_in
@require_safe
def record_timeline(request: SignedRequest, of_kind: str, of_id: int) -> HttpResponse:
    """Show the timeline of a record."""
    return timeline_shown(request, of_kind, of_id)


def timeline_shown(
    request: SignedRequest,
    kind: str,
    record_id: int,
    *,
    form: NoteForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Give the timeline; after a note with what was wrong with it."""
    get = request.GET
    page = queries.timeline(
        request.viewer,
        kind=kind,
        record_id=record_id,
        tab=get.get("tab", "all"),
        after=get.get("after", ""),
        since=_since(request),
        today=request.today,
    )
    template = "timeline/page.html"
    if request.htmx and get.get("after"):
        template = "timeline/_items.html"
    elif request.htmx.target == LIST:
        template = "timeline/_list.html"
    facts = {
        "page": page,
        "record": page.record,
        "rows": [_row(request, item, page) for item in page.items],
        "tabs": [(key, word, key == page.tab) for key, word in TABS.items()],
        "note_form": form or NoteForm(),
        "offer_team": offers_team(request, form, page.record),
        "since": get.get("since", ""),
    }
    return render_page(request, template, facts, status=status)


def offers_team(request: SignedRequest, form: NoteForm | None, record: Record) -> bool:
    """Test if who is mentioned may be let in: it was refused because they don't see the deal."""
    if form is None or record.kind != "opportunity":
        return False
    unseen = getattr(form, "refusal", "") == "note.mention_out_of_sight"
    chosen = bool(form.errors) and bool(form.data.get("add_to_team"))
    return (unseen or chosen) and record.right(request.viewer, "team.edit") is not None


def _since(request: SignedRequest) -> datetime | None:
    """Give the last look as the page says: it has marked this one since."""
    try:
        moment = datetime.fromisoformat(request.GET.get("since", ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _row(request: SignedRequest, item: queries.Item, page: queries.Timeline) -> Row:
    language = request.viewer.language
    body = item.body
    common: dict[str, Any] = {
        "source": item.source, "on": item.on, "at": item.at, "is_new": item.is_new,
    }  # fmt: skip
    match body:
        case Event():
            return _event(body, page, language, common)
        case NoteRow():
            whom = body.for_person.shown(language) if body.for_person else ""
            return Row(
                icon="note", title="", words="", who=who_for(body.author.shown(language), whom),
                pieces=body.pieces, written=body, **common,
            )  # fmt: skip
        case FileRow():
            who = body.added_by.shown(language) if body.added_by else ""
            return Row(icon="paperclip", title=_("File"), words="", who=who, file=body, **common)
        case ActivityRow():
            return _activity(body, language, common)
        case Headline():
            return _headline(body, common)


def _event(event: Event, page: queries.Timeline, language: str, common: Mapping[str, Any]) -> Row:
    record = page.record
    accounts = {record.account_id: record.account_name} if record.account_id else {}
    names = Names(accounts=accounts, contacts=page.contacts, language=language)
    if page.record.kind == "opportunity":
        words = told(event, names=names)
        return Row(
            icon="arrow-right" if event.kind else "pencil",
            title=words.title,
            words=words.words,
            who=who_and_way(event),
            note=words.note,
            struck=words.struck,
            movement_id=words.id if words.correctable else None,
            **common,
        )
    known = CONTACT_WORDS if page.record.kind == "contact" else ACCOUNT_WORDS
    said = [
        f"{known.get(c.field, FIELDS.get(c.field, c.field))}: {_from_to(c, language)}"
        for c in event.changes
    ]
    created = any(c.field == "created" for c in event.changes)
    return Row(
        icon="pencil",
        title=_("Created") if created else _("Edited"),
        words="" if created else _("; ").join(said),
        who=who_and_way(event),
        **common,
    )


def _from_to(change: FieldChange, language: str) -> str:
    old, new = kept_shown(change, change.old, language), kept_shown(change, change.new, language)
    return new if change.old is None else f"{old} → {new}"


def _activity(body: ActivityRow, language: str, common: Mapping[str, Any]) -> Row:
    state = ActivityState(body.state)
    title = str(activities.KINDS[ActivityKind(body.kind)])
    if state is not ActivityState.DONE:
        title = f"{title} ({activities.STATES[state]})"
    outcome = str(activities.OUTCOMES[CallOutcome(body.outcome)]) if body.outcome else ""
    note = [outcome, body.result]
    if body.next_step:
        said = {"step": body.next_step, "on": body.next_step_on or ""}
        note.append(_("Next step: %(step)s %(on)s") % said)
    people = [body.owner, *body.people]
    return Row(
        icon=activities.ICONS[ActivityKind(body.kind)],
        title=title,
        words=body.subject,
        who=_(", ").join(person.shown(language) for person in people),
        note=" · ".join(word.strip() for word in note if word),
        contacts=body.contacts,
        **common,
    )


def _headline(body: Headline, common: Mapping[str, Any]) -> Row:
    said = {"before": body.before, "after": body.after}
    both = body.before and body.after and body.before != body.after
    words = "{before} → {after}".format(**said) if both else body.after
    return Row(
        icon="arrow-right",
        title=str(KINDS[body.kind]),
        words=words,
        who=body.who,
        note=body.name,
        url_name="opportunity",
        url_id=body.opportunity_id,
        **common,
    )


urlpatterns = [
    path("timeline/<str:of_kind>/<int:of_id>/", record_timeline, name="timeline"),
]
