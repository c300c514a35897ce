"""One cell of the list, saved where it stands."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.template import Context
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dakehu.actions.opportunities import EditOpportunity, Saved, edit_opportunity
from dakehu.core.errors import Conflict, DakehuError, NotFound, RuleBroken
from dakehu.core.ledger import Category, Way
from dakehu.core.opportunities import is_overdue
from dakehu.http import SignedRequest, render_page, signed_in
from dakehu.http.refusals import STATUS
from dakehu.messages import sentence, worded
from dakehu.queries.bulk_edits import Cells, cells_of
from dakehu.templatetags.dakehu import amount as amount_shown
from dakehu.web.cells.values import BEHIND, edit_of, plain, shown
from dakehu.web.opportunities.wording import CATEGORIES, SOURCES


def _currency(request: SignedRequest) -> str:
    """Give the currency that stands beside the amount on the page."""
    return request.POST.get("currency", "")[:3]


def _cell(request: SignedRequest, name: str, value: Any, currency: str = "") -> dict[str, str]:
    """Give a value as the page keeps it: for the input, for the reader, and its tone."""
    told = {"value": plain(name, value), "shown": shown(name, value)}
    if name == "amount" and isinstance(value, Decimal):
        unit, currency = request.POST.get("unit", ""), currency or _currency(request)
        context = Context({"language": request.viewer.language})
        told["html"] = amount_shown(
            context, value, currency, unit=unit, bare=bool(unit), beside=currency
        )
    if name == "close_on" and is_overdue(value, request.today):
        told["tone"] = "act"
    return told


@signed_in
@require_safe
def cell_editors(request: SignedRequest) -> HttpResponse:
    """Give what the sheet's script needs: choices of columns, notes, and words."""
    return render_page(
        request,
        "cells/_editors.html",
        {
            "categories": [
                (int(c), word) for c, word in CATEGORIES.items() if c is not Category.CLOSED
            ],
            "sources": list(SOURCES.items()),
        },
    )


@signed_in
@require_POST
def cell_save(request: SignedRequest, opportunity_id: int, cell: str) -> JsonResponse:
    """Save one cell. Answers its new value and the row's version; a refusal says why.

    `was` is what stood in the cell when it was opened: what somebody saved in other cells of the
    row meanwhile is no conflict here.
    """
    name, change = cell, dict[str, Any]()
    try:
        if opportunity_id >= 2**63:
            raise NotFound("opportunity.not_found")
        change = edit_of(name, request.POST.get("value", ""))
        saved, overtaken = _saved(request, opportunity_id, name, change)
    except Conflict as conflict:
        return _clash(request, opportunity_id, name, change[BEHIND.get(name, name)], conflict)
    except DakehuError as refusal:
        return JsonResponse({"message": sentence(refusal)}, status=STATUS[type(refusal)])
    value = change[BEHIND.get(name, name)]
    if isinstance(value, str):
        value = " ".join(value.split()) if name == "name" else value.strip()
    answer: dict[str, Any] = {"version": saved.version, **_cell(request, name, value)}
    if overtaken:
        answer["row"] = _row(request, opportunity_id)
    return JsonResponse(answer)


def _saved(
    request: SignedRequest, opportunity_id: int, name: str, change: Mapping[str, Any]
) -> tuple[Saved, bool]:
    """Save, and tell if somebody had saved other cells of the row meanwhile."""
    text = request.POST.get("seen", "")
    seen = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None

    def save(version: int | None) -> Saved:
        return edit_opportunity(
            actor=request.viewer, opportunity_id=opportunity_id, edit=EditOpportunity(**change),
            seen_version=version, on=request.today, today=request.today, at=request.now,
            way=Way.GRID,
        )  # fmt: skip

    try:
        return save(seen), False
    except Conflict as conflict:
        theirs = conflict.facts.get("theirs")
        behind = BEHIND.get(name, name)
        if theirs is None or (behind in theirs and theirs[behind] != _was(request, name)):
            raise
        if name == "amount" and _in_other_currency(request, opportunity_id):
            raise
        return save(conflict.facts["now"]), True


def _in_other_currency(request: SignedRequest, opportunity_id: int) -> bool:
    """Test if the figure was typed beside a currency that somebody has changed meanwhile."""
    beside = _currency(request)
    held = cells_of(viewer=request.viewer, opportunity_id=opportunity_id)
    return bool(beside) and beside != held.currency


def _row(request: SignedRequest, opportunity_id: int) -> dict[str, dict[str, str]]:
    """Give all cells of the row as they stand, for a page that shows older ones."""
    held = cells_of(viewer=request.viewer, opportunity_id=opportunity_id)
    return {name: _cell(request, name, value, held.currency) for name, value in held.values.items()}


def _was(request: SignedRequest, name: str) -> Any:
    """Read what stood in the cell when it was opened; what can't be read equals nothing."""
    try:
        return edit_of(name, request.POST.get("was", ""))[BEHIND.get(name, name)]
    except RuleBroken:
        return ...


def _clash(
    request: SignedRequest, opportunity_id: int, name: str, yours: Any, conflict: Conflict
) -> JsonResponse:
    """Tell what somebody saved in this cell meanwhile, beside what was typed."""
    answer: dict[str, Any] = {"message": sentence(conflict)}
    if "theirs" in conflict.facts:
        held = cells_of(viewer=request.viewer, opportunity_id=opportunity_id)
        who, at = conflict.facts.get("who") or "", worded(conflict.facts.get("at"))
        answer |= {
            "message": _("%(who)s changed this row at %(at)s.") % {"who": who, "at": at}
            if who
            else _("Somebody changed this row at %(at)s.") % {"at": at},
            "version": conflict.facts["now"],
            "theirs": _beside(_cell(request, name, held.values[name], held.currency), held),
            "yours": _beside(_cell(request, name, yours, held.currency), held),
            "row": _row(request, opportunity_id),
        }
    return JsonResponse(answer, status=409)


def _beside(told: dict[str, str], held: Cells) -> dict[str, str]:
    """Write the currency behind an amount: in a clash it may be all that differs."""
    return {**told, "shown": f"{told['shown']} {held.currency}"} if "html" in told else told
