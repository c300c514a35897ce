"""The toast that says what was done and offers to take it back at once."""

import json
from collections.abc import Mapping

from django.utils.html import format_html
from django.utils.translation import gettext as _

from dakehu.http import SignedRequest, toast


def toast_with_undo(
    request: SignedRequest,
    sentence: str,
    undo: str,
    *,
    kind: str = "good",
    what: Mapping[str, object] | None = None,
) -> None:
    """Say what was done, with a button that posts `what` to `undo`.

    Without scripts there are no toasts that act: the history and the bin do the same.
    """
    button = format_html(
        '<button type="button" class="btn toast-undo" hx-post="{}" hx-vals="{}" hx-swap="none">'
        "{}</button>",
        undo,
        json.dumps(dict(what or {})),
        _("Undo"),
    )
    toast(request, format_html("{} {}", sentence, button), kind=kind)
