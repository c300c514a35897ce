"""The signed-in request: language, viewer, clock, refusals as pages, and the page's frame.

A view of a page is written so:

    @signed_in
    def opportunities(request: SignedRequest) -> HttpResponse:
        rows = queries.opportunities.page(viewer=request.viewer, …, today=request.today)
        return render_page(request, "opportunities/list.html", {"rows": rows})

Its template starts with `{% extends layout %}`: the same page stands in the frame, in the dialog
when a link with `data-dialog` asked for it, or alone as the part that htmx swaps.
"""

from dakehu.http.frame import layout_of, page_context
from dakehu.http.middleware import content_security_policy, speak_their_language
from dakehu.http.refusals import refusals_as_pages
from dakehu.http.signed import SignedRequest, go, render_page, signed_in, toast

__all__ = [
    "SignedRequest",
    "content_security_policy",
    "go",
    "layout_of",
    "page_context",
    "refusals_as_pages",
    "render_page",
    "signed_in",
    "speak_their_language",
    "toast",
]
