"""Deleting an account: asked first, with what hangs on it."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dakehu.actions import accounts as actions
from dakehu.core.errors import NotAllowed
from dakehu.core.past import KEPT
from dakehu.http import SignedRequest, go, render_page, signed_in
from dakehu.queries import accounts as queries
from dakehu.web.forms import whole_in_url
from dakehu.web.links import link
from dakehu.web.undoing import toast_with_undo


@signed_in
@require_http_methods(["GET", "POST"])
def account_delete(request: SignedRequest, account_id: int) -> HttpResponse:
    """Say what hangs on an account; then delete it."""
    viewer = request.viewer
    page = queries.account(viewer=viewer, account_id=account_id)
    if not page.may_delete:
        raise NotAllowed("account.delete")
    if request.method == "POST":
        actions.delete_account(
            actor=viewer,
            account_id=account_id,
            seen_version=whole_in_url(request.POST.get("seen", "")) or 0,
            at=request.now,
        )
        undo = reverse("bin_restore", args=["account", account_id])
        toast_with_undo(request, _("The account is deleted."), undo)
        return go(request, "accounts")
    facts = {
        "page": page,
        "hangs": queries.account_consequences(viewer=viewer, account=page),
        "days": KEPT.days,
        "open_url": link("opportunities", query=f"account={account_id}"),
        "group_url": link("accounts", query=f"group={account_id}"),
    }
    return render_page(request, "accounts/delete.html", facts)
