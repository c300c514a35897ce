"""Today as a page: what do I do next; for a head also who needs help."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dakehu.actions.today import put_off_next_step, settle_mention
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.http.frame import reads_customers
from dakehu.queries import today as queries
from dakehu.queries.today import DealRow, Some
from dakehu.web.activities.wording import all_shown
from dakehu.web.forms import whole_in_url
from dakehu.web.links import dial
from dakehu.web.undoing import STAY, toast_with_undo

#: The addresses of records that one marks, by their kind.
MARKED = {"opportunity": "opportunity", "account": "account", "contact": "contact"}
MARK_ICONS = {"opportunity": "target", "account": "building", "contact": "user"}
MOST_QUIET = 200


@dataclass(frozen=True, slots=True)
class Step:
    """A deal with its next step, and how it is rung."""

    deal: DealRow
    days_late: int
    tel: str


@dataclass(frozen=True, slots=True)
class Steps:
    """Some deals, how many there are in all, and whether even that is cut."""

    rows: tuple[Step, ...]
    count: int
    is_cut: bool

    @property
    def more(self) -> int:
        """Give how many are not shown."""
        return self.count - len(self.rows)


@signed_in
@require_safe
def today_page(request: SignedRequest) -> HttpResponse:
    """Show the day."""
    if not reads_customers(request.viewer):
        return redirect("funnel")
    return _page(request)


def _page(request: SignedRequest) -> HttpResponse:
    viewer, on = request.viewer, request.today
    found = queries.today(viewer=viewer, on=on)
    language = viewer.language
    return render_page(
        request,
        "today/page.html",
        {
            "today": on,
            "found": found,
            "late": all_shown(found.late, language),
            "agenda": all_shown(found.agenda, language),
            "tomorrow": all_shown(found.tomorrow, language),
            "steps_late": _steps(found.steps_late, on),
            "steps_today": _steps(found.steps_today, on),
            "steps_tomorrow": _steps(found.steps_tomorrow, on + timedelta(days=1)),
            "close_passed": _steps(found.close_passed, on),
            "stalled": _steps(found.stalled, on),
            "waiting": found.waiting,
            "mentions": [(one, one.author.shown(language)) for one in found.mentions],
            "may_log": viewer.holds("activity.log"),
            "is_seller": bool(viewer.owners),
        },
    )


def _steps(some: Some, on: date) -> Steps:
    rows = tuple(
        Step(deal, max((on - deal.next_step_on).days, 0) if deal.next_step_on else 0,
             dial(deal.phone))
        for deal in some.rows
    )  # fmt: skip
    return Steps(rows, some.count, some.is_cut)


@signed_in
@require_safe
def today_side(request: SignedRequest) -> HttpResponse:
    """Give what stands beside the day: who needs help, pinned and recent records."""
    viewer, on = request.viewer, request.today
    marks = queries.marked(viewer=viewer)
    people = queries.who_needs_help(viewer=viewer, on=on)
    return render_page(
        request,
        "today/_side.html",
        {
            "helped": [(one, one.person.shown(viewer.language)) for one in people],
            "leads": bool(viewer.units) or viewer.sees_all,
            "pinned": [(m, MARKED[m.object_type], MARK_ICONS[m.object_type])
                       for m in marks if m.is_pinned and m.object_type in MARKED],
            "recent": [(m, MARKED[m.object_type], MARK_ICONS[m.object_type])
                       for m in marks if not m.is_pinned and m.object_type in MARKED][:8],
            "quiet": queries.out_of_touch_count(viewer=viewer, on=on),
            "today": on,
        },
    )  # fmt: skip


@signed_in
@require_POST
def next_step_put_off(request: SignedRequest, opportunity_id: int) -> HttpResponse:
    """Put a next step off by some days from today, and show the day anew."""
    days = whole_in_url(request.POST.get("days", "1"))
    days = 1 if days is None else min(days, 10_000)
    saved = put_off_next_step(
        actor=request.viewer,
        opportunity_id=opportunity_id,
        days=days,
        seen_version=whole_in_url(request.POST.get("seen", "")),
        today=request.today,
        at=request.now,
    )
    words = _("Put off to %(day)s.") % {"day": (request.today + timedelta(days)).isoformat()}
    if saved.correlation_id:
        undo = reverse("opportunity_undo", args=[opportunity_id])
        back = {"save": saved.correlation_id, "seen": str(saved.version), **STAY}
        toast_with_undo(request, words, undo, back)
    else:
        toast(request, words)
    return _page(request) if request.htmx else go(request, "today")


@signed_in
@require_POST
def mention_settle(request: SignedRequest, mention_id: int) -> HttpResponse:
    """Say that a mention is dealt with, and show the day anew."""
    settle_mention(actor=request.viewer, mention_id=mention_id, at=request.now)
    return _page(request) if request.htmx else go(request, "today")


@signed_in
@require_safe
def out_of_touch_list(request: SignedRequest) -> HttpResponse:
    """List accounts without contact for 30 days: one's own, or all in sight."""
    viewer = request.viewer
    whole = request.GET.get("whose") == "all" or not viewer.owners
    rows = queries.out_of_touch(viewer=viewer, on=request.today, whole=whole, limit=MOST_QUIET + 1)
    return render_page(
        request,
        "today/quiet.html",
        {
            "rows": [
                (row, row.manager.shown(viewer.language) if row.manager else "",
                 (request.today - row.last_contact_on).days if row.last_contact_on else None)
                for row in rows[:MOST_QUIET]
            ],
            "is_cut": len(rows) > MOST_QUIET,
            "whole": whole,
            "may_choose": bool(viewer.owners),
            "may_log": viewer.holds("activity.log"),
        },
    )  # fmt: skip
