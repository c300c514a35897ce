"""The superior's inbox (FUN-3): what waits, one request with its evidence, answers, checks."""

from typing import Any

from django.http import HttpResponse
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST, require_safe

from dakehu.actions.validations import approve_request, send_back_request
from dakehu.core.errors import Conflict, RuleBroken
from dakehu.core.ledger import Way
from dakehu.core.validations import RequestState
from dakehu.http import SignedRequest, go, layout_of, render_page, signed_in, toast
from dakehu.messages import sentence
from dakehu.queries.deal_reviews import checks_due, deals_to_review
from dakehu.queries.opportunities import opportunity
from dakehu.queries.validations import (
    RequestRow,
    items_asked,
    own_requests,
    request_shown,
    validation_of,
    waiting_requests,
)
from dakehu.web.forms import whole_in_url

STATES: dict[RequestState, str | Promise] = {
    RequestState.WAITING: lazy("waits"),
    RequestState.APPROVED: lazy("approved"),
    RequestState.SENT_BACK: lazy("sent back"),
    RequestState.WITHDRAWN: lazy("withdrawn"),
    RequestState.OVERTAKEN: lazy("overtaken"),
}
FINDINGS: dict[str, str | Promise] = {
    "close_passed": lazy("Close date passed"),
    "stuck": lazy("Stands still"),
}
#: Deals are looked for among those that need it most; what is shown at once.
SHOWN = 20


@signed_in
@require_safe
def inbox(request: SignedRequest) -> HttpResponse:
    """Show what waits for the reader, the oldest opened beside it, and what they asked for."""
    waiting = waiting_requests(request.viewer, today=request.today)
    opened = waiting[0] if waiting else None
    return _inbox(request, waiting, opened, chosen=False)


@signed_in
@require_safe
def inbox_request(request: SignedRequest, request_id: int) -> HttpResponse:
    """Show one request: its evidence with proofs, the marks, and the answer."""
    row = request_shown(request.viewer, request_id=request_id, today=request.today)
    if layout_of(request) == "layouts/part.html":
        return _opened(request, row)
    waiting = waiting_requests(request.viewer, today=request.today)
    return _inbox(request, waiting, row, chosen=True)


def _inbox(
    request: SignedRequest,
    waiting: tuple[RequestRow, ...],
    opened: RequestRow | None,
    *,
    chosen: bool,
    status: int = 200,
    more: dict[str, Any] | None = None,
) -> HttpResponse:
    asked = own_requests(request.viewer, today=request.today)
    return render_page(
        request,
        "validations/inbox.html",
        {
            "waiting": waiting,
            "asked": [(row, STATES[row.state]) for row in asked],
            "chosen": chosen,
            **(_facts(request, opened) if opened else {"opened": None}),
            **(more or {}),
        },
        status=status,
    )


def _opened(
    request: SignedRequest,
    row: RequestRow,
    *,
    status: int = 200,
    more: dict[str, Any] | None = None,
) -> HttpResponse:
    facts = {**_facts(request, row), **(more or {})}
    return render_page(request, "validations/request.html", facts, status=status)


def _facts(request: SignedRequest, row: RequestRow) -> dict[str, Any]:
    viewer, today = request.viewer, request.today
    page = opportunity(viewer=viewer, opportunity_id=row.opportunity_id, today=today)
    items = items_asked(viewer, page=page, request=row)
    confirmed = sum(1 for item in items if item.tick and item.tick.is_confirmed)
    return {
        "opened": row,
        "page": page,
        "items": items,
        "confirmed": confirmed,
        "all_confirmed": confirmed == len(items),
        "validation": validation_of(viewer, page=page, today=today),
        "may_answer": page.may.validate and row.state is RequestState.WAITING,
        "state": STATES[row.state],
    }


@signed_in
@require_POST
def inbox_approve(request: SignedRequest, request_id: int) -> HttpResponse:
    """Approve: the move is made today."""
    return _answered(request, request_id, approve=True)


@signed_in
@require_POST
def inbox_send_back(request: SignedRequest, request_id: int) -> HttpResponse:
    """Send back with an answer."""
    return _answered(request, request_id, approve=False)


def _answered(request: SignedRequest, request_id: int, *, approve: bool) -> HttpResponse:
    row = request_shown(request.viewer, request_id=request_id, today=request.today)
    answer = request.POST.get("answer", "")
    how: dict[str, Any] = {
        "actor": request.viewer,
        "request_id": request_id,
        "seen_version": whole_in_url(request.POST.get("seen", "")),
        "answer": answer,
        "today": request.today,
        "at": request.now,
        "way": Way.FORM,
    }
    try:
        if approve:
            approve_request(**how)
        else:
            send_back_request(**how)
    except (RuleBroken, Conflict) as refused:
        row = request_shown(request.viewer, request_id=request_id, today=request.today)
        status = 409 if isinstance(refused, Conflict) else 422
        said = {"refused": sentence(refused), "answer": answer}
        if layout_of(request) == "layouts/part.html":
            return _opened(request, row, status=status, more=said)
        waiting = waiting_requests(request.viewer, today=request.today)
        return _inbox(request, waiting, row, chosen=True, status=status, more=said)
    words = _("Approved: “%(name)s” has moved.") if approve else _("Sent back: “%(name)s”.")
    toast(request, words % {"name": row.name})
    return go(request, "inbox")


@signed_in
@require_safe
def inbox_checks(request: SignedRequest) -> HttpResponse:
    """Show the checks that are due, and the deals that need a review; only of whom one leads."""
    due = checks_due(request.viewer, today=request.today)
    needed = deals_to_review(request.viewer, today=request.today, limit=SHOWN)
    known = {row.opportunity_id for row in due}
    return render_page(
        request,
        "validations/checks.html",
        {
            "due": due,
            "needed": [
                (row, [str(FINDINGS[reason]) for reason in row.reasons])
                for row in needed
                if row.opportunity_id not in known
            ],
            "waiting": waiting_requests(request.viewer, today=request.today),
        },
    )


@signed_in
@require_safe
def inbox_next(request: SignedRequest) -> HttpResponse:
    """Lead to the review of the next deal that needs one; back to the list where none does."""
    due = checks_due(request.viewer, today=request.today, limit=1)
    rows = due or deals_to_review(request.viewer, today=request.today, limit=1)
    if not rows:
        toast(request, _("Nothing needs a review now."))
        return go(request, "inbox_checks")
    return go(request, "deal_review_create", rows[0].opportunity_id, query="flow=1")


urlpatterns = [
    path("inbox/", inbox, name="inbox"),
    path("inbox/checks/", inbox_checks, name="inbox_checks"),
    path("inbox/next/", inbox_next, name="inbox_next"),
    path("inbox/<int:request_id>/", inbox_request, name="inbox_request"),
    path("inbox/<int:request_id>/approve/", inbox_approve, name="inbox_approve"),
    path("inbox/<int:request_id>/send-back/", inbox_send_back, name="inbox_send_back"),
]
