"""The toast that says what was done and offers to take it back at once."""

import json
from collections.abc import Mapping

from django.http import HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh

from dakehu.http import SignedRequest, toast

#: Sent by the button where the page that one is on shall stay.
STAY = {"stay": "1"}


def toast_with_undo(
    request: SignedRequest,
    sentence: str,
    undo: str,
    values: Mapping[str, object] | None = None,
    *,
    kind: str = "good",
) -> None:
    """Say what was done, with a button that posts `values` to `undo`.

    Without scripts there are no toasts that act: the history and the bin do the same.
    """
    button = format_html(
        '<button type="button" class="btn toast-undo" hx-post="{}" hx-vals="{}" hx-swap="none">'
        "{}</button>",
        undo,
        json.dumps(dict(values or {})),
        _("Undo"),
    )
    toast(request, format_html("{} {}", sentence, button), kind=kind)


def staying(request: SignedRequest) -> HttpResponse | None:
    """Give the page anew on which a toast was clicked, where it said that one stays there."""
    stays = request.htmx and "stay" in request.POST
    return HttpResponseClientRefresh() if stays else None
