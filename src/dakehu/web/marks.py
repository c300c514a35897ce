"""Pins, follows, and what was looked at: buttons on the pages of records, pins in the side."""

from contextlib import suppress

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dakehu.actions.marks import mark_seen, toggle_follow, toggle_pin
from dakehu.core.errors import NotFound
from dakehu.http import SignedRequest, render_page, signed_in, toast
from dakehu.queries.marks import pins, record_at_hand


@signed_in
@require_safe
def mark_buttons(request: SignedRequest, object_type: str, object_id: int) -> HttpResponse:
    """Give the buttons of one record: loaded after its page, as they stand now."""
    return _buttons(request, object_type, object_id)


def _buttons(request: SignedRequest, object_type: str, object_id: int) -> HttpResponse:
    record = record_at_hand(request.viewer, object_type=object_type, object_id=object_id)
    return render_page(request, "marks/_buttons.html", {"record": record})


@signed_in
@require_POST
def mark_pin(request: SignedRequest, object_type: str, object_id: int) -> HttpResponse:
    """Pin a record, or let it go."""
    is_pinned = toggle_pin(
        actor=request.viewer, object_type=object_type, object_id=object_id, at=request.now
    )
    if request.htmx and not request.htmx.boosted:
        answer = _buttons(request, object_type, object_id)
        answer["HX-Trigger"] = "dakehu:pins"
        return answer
    toast(request, _("Pinned.") if is_pinned else _("No longer pinned."))
    return _back(request, object_type, object_id)


@signed_in
@require_POST
def mark_follow(request: SignedRequest, object_type: str, object_id: int) -> HttpResponse:
    """Follow an opportunity, or no longer."""
    is_followed = toggle_follow(
        actor=request.viewer, object_type=object_type, object_id=object_id, at=request.now
    )
    if request.htmx and not request.htmx.boosted:
        # What went out of sight since has no buttons: its page goes.
        with suppress(NotFound):
            return _buttons(request, object_type, object_id)
    toast(request, _("You follow it.") if is_followed else _("You follow it no longer."))
    return _back(request, object_type, object_id)


@signed_in
@require_POST
def mark_as_seen(request: SignedRequest, object_type: str, object_id: int) -> HttpResponse:
    """Note that a record was looked at."""
    mark_seen(actor=request.viewer, object_type=object_type, object_id=object_id, at=request.now)
    return HttpResponse()


@signed_in
@require_safe
def pin_list(request: SignedRequest) -> HttpResponse:
    """Give the pins of the side: loaded after each page."""
    return render_page(request, "marks/_pins.html", {"pins": pins(request.viewer)})


def _back(request: SignedRequest, object_type: str, object_id: int) -> HttpResponse:
    page = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(page, {request.get_host()}, request.is_secure()):
        page = reverse(object_type, args=[object_id])
    return HttpResponseRedirect(page, status=303)


_ONE = "marks/<slug:object_type>/<int:object_id>"

urlpatterns = [
    path("marks/pins/", pin_list, name="pins"),
    path(f"{_ONE}/", mark_buttons, name="mark"),
    path(f"{_ONE}/pin/", mark_pin, name="mark_pin"),
    path(f"{_ONE}/follow/", mark_follow, name="mark_follow"),
    path(f"{_ONE}/seen/", mark_as_seen, name="mark_seen"),
]
