"""Bulk edits that were done: the list of one's own, one of them, its file, and taking it back."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from dakehu.actions.bulk_edits import undo_bulk_edit
from dakehu.core.bulk_edits import RowState
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.messages import sentence, worded
from dakehu.queries.bulk_edits import (
    SHOWN,
    BulkEditRowShown,
    BulkEditShown,
    bulk_edit,
    bulk_edits,
    people_named,
)
from dakehu.web.bulk_edits import wording
from dakehu.web.exports import Cell, list_as_file

STATES: Mapping[RowState, wording.Words] = {
    RowState.DONE: lazy("Done"),
    RowState.REFUSED: lazy("Refused"),
    RowState.TAKEN_BACK: lazy("Taken back"),
    RowState.LEFT: lazy("Changed since, left"),
}


@signed_in
@require_safe
def bulk_list(request: SignedRequest) -> HttpResponse:
    """Show what the reader did to many rows at once."""
    edits = bulk_edits(viewer=request.viewer)
    owners = {edit.asked["owner_id"] for edit in edits if "owner_id" in edit.asked}
    people = people_named(viewer=request.viewer, ids=sorted(owners)) if owners else {}
    names = wording.Names.of(request.viewer.language, people)
    rows = [
        {
            "edit": edit,
            "verb": wording.VERBS.get(edit.asked.get("verb", ""), ""),
            "asked": wording.asked_words(edit.asked, names),
        }
        for edit in edits
    ]
    return render_page(request, "bulk_edits/list.html", {"rows": rows})


@signed_in
@require_safe
def bulk_page(request: SignedRequest, bulk_id: int) -> HttpResponse:
    """Show what became of the rows of a bulk edit."""
    page = bulk_edit(viewer=request.viewer, bulk_id=bulk_id)
    names = _names(request, page)
    by_state: dict[RowState, list[dict[str, object]]] = {}
    for row in page.rows:
        if row.state is not RowState.REFUSED:
            by_state.setdefault(row.state, []).append(_row(row, names))
    refused = [
        (row.id, row.code, row.name, row.problem, row.facts)
        for row in page.rows
        if row.state is RowState.REFUSED
    ]
    order = (RowState.LEFT, RowState.DONE, RowState.TAKEN_BACK)
    return render_page(
        request,
        "bulk_edits/page.html",
        {
            "page": page,
            "verb": wording.VERBS.get(page.asked.get("verb", ""), ""),
            "asked": wording.asked_words(page.asked, names),
            "parts": [
                {
                    "title": STATES[state],
                    "count": page.counts[state],
                    "rows": by_state[state],
                    "left": state is RowState.LEFT,
                }
                for state in order
                if state in by_state
            ],
            "groups": wording.groups_of(refused, SHOWN),
            "refused": page.counts.get(RowState.REFUSED, 0),
            "left": page.counts.get(RowState.DONE, 0) + page.counts.get(RowState.LEFT, 0),
            "shown": SHOWN,
            # Read and written anew: nothing but the filters of the list can stand in it.
            "list_query": QueryDict(request.GET.get("list", "")).urlencode(),
        },
    )


def _names(request: SignedRequest, page: BulkEditShown) -> wording.Names:
    people = dict(page.people)
    owner = page.asked.get("owner_id")
    if owner is not None and owner not in people:
        people |= people_named(viewer=request.viewer, ids=[owner])
    return wording.Names.of(request.viewer.language, people)


def _row(row: BulkEditRowShown, names: wording.Names) -> dict[str, object]:
    return {
        "id": row.id,
        "code": row.code,
        "name": row.name,
        "voided": row.voided,
        "changes": wording.changes_shown(row.facts.get("changes", {}), names, row.digits),
        "why": _why(row) if row.state is RowState.LEFT else "",
        "who": row.who,
        "since": row.since,
    }


def _why(row: BulkEditRowShown) -> str:
    """Word why a row was left, where it is not just that somebody changed it since."""
    if row.problem in ("", "ledger.changed_since"):
        return ""
    return sentence(row.problem, row.facts)


@signed_in
@require_POST
def bulk_undo(request: SignedRequest, bulk_id: int) -> HttpResponse:
    """Take back what may be taken back, and say what was left."""
    undone = undo_bulk_edit(
        actor=request.viewer, bulk_id=bulk_id, today=request.today, at=request.now
    )
    words = [
        ngettext("%(n)s row was taken back.", "%(n)s rows were taken back.", undone.taken_back)
        % {"n": f"{undone.taken_back:,}"}
    ]
    if undone.left:
        words.append(
            ngettext(
                "%(n)s was changed since and left.", "%(n)s were changed since and left.",
                undone.left,
            )
            % {"n": f"{undone.left:,}"}
        )  # fmt: skip
    if undone.not_theirs:
        words.append(
            ngettext(
                "%(n)s is not yours to take back.", "%(n)s are not yours to take back.",
                undone.not_theirs,
            )
            % {"n": f"{undone.not_theirs:,}"}
        )  # fmt: skip
    rest = undone.left or undone.not_theirs
    toast(request, " ".join(words), kind="watch" if rest else "good")
    return go(request, "bulk_edit", bulk_id, query=request.GET.urlencode())


@signed_in
@require_safe
def bulk_export(request: SignedRequest, bulk_id: int, kind: str) -> HttpResponseBase:
    """Give every row in the reader's sight as a file: what was done, what refused, and why."""
    page = bulk_edit(viewer=request.viewer, bulk_id=bulk_id, limit=None)
    head = [_("Code"), _("Name"), _("State"), _("What changed"), _("Why not"), _("Changed by")]
    names = _names(request, page)
    return list_as_file(request, kind, name=f"bulk-{bulk_id}", head=head, rows=_lines(page, names))


def _lines(page: BulkEditShown, names: wording.Names) -> Iterator[tuple[Cell, ...]]:
    for row in page.rows:
        changes: dict[str, Any] = row.facts.get("changes", {})
        told = wording.changes_shown(changes, names, row.digits)
        yield (
            row.code,
            row.name,
            str(STATES[row.state]),
            _("; ").join(f"{one.column}: {one.old} → {one.new}" for one in told),
            sentence(row.problem, row.facts) if row.problem else "",
            " ".join(filter(None, (row.who, str(worded(row.since)) if row.since else ""))),
        )
