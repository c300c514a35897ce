"""What auditors read: who looked for accounts that they can't see."""

from django.http import HttpResponse, HttpResponseBase
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dakehu.http import SignedRequest, render_page, signed_in
from dakehu.queries.audit import look_ups
from dakehu.queries.paging import Cut
from dakehu.web.exports import every_row, list_as_file


@signed_in
@require_safe
def look_up_list(request: SignedRequest) -> HttpResponse:
    """Show the look-ups beyond people's sight, the latest first."""
    cut = Cut(after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    page = look_ups(viewer=request.viewer, cut=cut)
    language = request.viewer.language
    rows = [(row, timezone.localtime(row.at), row.who.shown(language)) for row in page.rows]
    return render_page(request, "audit/look_ups.html", {"page": page, "rows": rows})


@signed_in
@require_safe
def look_up_export(request: SignedRequest, kind: str) -> HttpResponseBase:
    """Give the look-ups as a file."""
    language = request.viewer.language
    head = [_("When"), _("Who"), _("Name looked for"), _("Hidden accounts told of")]
    rows = every_row(lambda cut: look_ups(viewer=request.viewer, cut=cut))
    lines = ((row.at, row.who.shown(language), row.name, row.hidden) for row in rows)
    return list_as_file(request, kind, name="look-ups", head=head, rows=lines)


urlpatterns = [
    path("audit/look-ups/", look_up_list, name="look_ups"),
    path("audit/look-ups/export.<str:kind>", look_up_export, name="look_up_export"),
]
