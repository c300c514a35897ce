"""Deleting a contact: asked first; and erasing all that is known of a deleted one."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dakehu.actions import contacts as actions
from dakehu.core.errors import NotAllowed, NotFound
from dakehu.core.past import KEPT
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.queries import contacts as queries
from dakehu.queries.past import bin_rows
from dakehu.web.forms import whole_in_url
from dakehu.web.undoing import toast_with_undo


@signed_in
@require_http_methods(["GET", "POST"])
def contact_delete(request: SignedRequest, contact_id: int) -> HttpResponse:
    """Say what a contact took part in; then delete them."""
    viewer = request.viewer
    page = queries.contact(viewer=viewer, contact_id=contact_id)
    if not page.may_delete:
        raise NotAllowed("contact.delete")
    if request.method == "POST":
        actions.delete_contact(
            actor=viewer,
            contact_id=contact_id,
            seen_version=whole_in_url(request.POST.get("seen", "")) or 0,
            at=request.now,
        )
        undo = reverse("bin_restore", args=["contact", contact_id])
        toast_with_undo(request, _("The contact is deleted."), undo)
        return go(request, "account", page.contact.account_id)
    facts = {
        "contact": page.contact,
        "hangs": queries.contact_consequences(viewer=viewer, contact_id=contact_id),
        "days": KEPT.days,
    }
    return render_page(request, "contacts/delete.html", facts)


@signed_in
@require_http_methods(["GET", "POST"])
def contact_erase(request: SignedRequest, contact_id: int) -> HttpResponse:
    """Ask once more; then take all that is known of a deleted contact out for good."""
    found = bin_rows(viewer=request.viewer, at=request.now, kind="contact").rows
    row = next((one for one in found if one.id == contact_id), None)
    if row is None:
        raise NotFound("contact.unknown")
    if not row.may_erase:
        raise NotAllowed("contact.delete")
    if request.method == "POST":
        actions.erase_contact(actor=request.viewer, contact_id=contact_id, at=request.now)
        toast(request, _("All that was known of this contact is erased."))
        return go(request, "bin")
    return render_page(request, "contacts/erase.html", {"row": row})
