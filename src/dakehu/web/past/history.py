"""The history of a record, and taking one save of it back."""

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dakehu.actions.past import undo_save
from dakehu.core.errors import Conflict, NotFound
from dakehu.core.past import KINDS as RECORDS
from dakehu.http import SignedRequest, go, render_page, signed_in
from dakehu.messages import sentence, worded
from dakehu.queries import opportunities
from dakehu.queries.past import RecordHistory, SaveRow, record_history
from dakehu.web.forms import whole_in_url
from dakehu.web.history import WAYS, value_shown, who_for
from dakehu.web.links import link
from dakehu.web.opportunities import wording
from dakehu.web.past.words import FIELDS, KINDS, change_shown
from dakehu.web.undoing import toast_with_undo


@signed_in
@require_safe
def history(request: SignedRequest, record_kind: str, record_id: int) -> HttpResponse:
    """Show who changed what of a record when, from what to what, by which way."""
    if record_kind not in RECORDS:
        raise NotFound("past.unknown_kind")
    if record_kind == "opportunity":
        return _of_opportunity(request, record_id)
    shown = record_history(
        viewer=request.viewer,
        kind=record_kind,
        object_id=record_id,
        today=request.today,
        before=whole_in_url(request.GET.get("before", "")) or 0,
    )
    return _shown(request, shown)


def _shown(
    request: SignedRequest, page: RecordHistory, *, refused: Conflict | None = None
) -> HttpResponse:
    language = request.viewer.language
    facts = {
        "page": page,
        "kind": KINDS[page.kind],
        "record_url": link(page.kind if page.kind != "unit" else "unit_edit", page.id),
        "saves": [
            {
                "save": save,
                "who": _who(save, language),
                "way": WAYS.get(save.way, ""),
                "changes": [change_shown(page.kind, one, language) for one in save.changes],
                "undo": reverse("history_undo", args=[page.kind, page.id, save.correlation_id])
                if save.may_undo
                else "",
            }
            for save in page.saves
        ],
        "refused": _since(page.kind, refused, language) if refused else None,
        "sentence": sentence(refused) if refused else "",
    }
    return render_page(request, "past/history.html", facts, status=409 if refused else 200)


def _who(save: SaveRow, language: str) -> str:
    return who_for(
        save.actor.shown(language) if save.actor else "",
        save.for_person.shown(language) if save.for_person else "",
    )


def _since(kind: str, refused: Conflict, language: str) -> list[tuple[str, str, str, str]]:
    """Give what changed since: field, what it holds now, by whom, when."""
    return [
        (
            str(FIELDS[kind].get(field, field)),
            value_shown(value, language),
            who.shown(language) if who else "",
            str(worded(at)) if at else "",
        )
        for field, value, who, at in refused.facts.get("since", ())
    ]


def _of_opportunity(request: SignedRequest, opportunity_id: int) -> HttpResponse:
    page = opportunities.opportunity(
        viewer=request.viewer, opportunity_id=opportunity_id, today=request.today
    )
    accounts = {page.account_id: page.account} if page.account_id else {}
    names = wording.Names(accounts, language=request.viewer.language)
    facts = {
        "page": page,
        "kind": KINDS["opportunity"],
        "record_url": link("opportunity", opportunity_id),
        "events": [
            (wording.told(event, names=names), WAYS.get(event.way, "")) for event in page.history
        ],
    }
    return render_page(request, "past/opportunity.html", facts)


@signed_in
@require_POST
def history_undo(
    request: SignedRequest, record_kind: str, record_id: int, save: UUID
) -> HttpResponse:
    """Take one save back; where something changed since, say what, by whom and when."""
    try:
        saved = undo_save(
            actor=request.viewer,
            kind=record_kind,
            object_id=record_id,
            correlation_id=save,
            today=request.today,
            at=request.now,
        )
    except Conflict as error:
        if request.htmx and not request.htmx.boosted:
            raise
        shown = record_history(
            viewer=request.viewer, kind=record_kind, object_id=record_id, today=request.today
        )
        return _shown(request, shown, refused=error)
    again = reverse("history_undo", args=[record_kind, record_id, saved])
    toast_with_undo(request, _("The change is taken back."), again)
    return go(request, record_kind, record_id)
