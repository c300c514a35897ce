"""The toast that says what was done and offers to take it back at once."""

from django.utils.html import format_html
from django.utils.translation import gettext as _

from dakehu.http import SignedRequest, toast


def toast_with_undo(request: SignedRequest, sentence: str, undo: str) -> None:
    """Say what was done, with a button that posts to `undo`.

    Without scripts there are no toasts that act: the history and the bin do the same.
    """
    button = format_html(
        '<button type="button" class="btn toast-undo" hx-post="{}" hx-swap="none">{}</button>',
        undo,
        _("Undo"),
    )
    toast(request, format_html("{} {}", sentence, button))
