"""Where an account hangs in its group: chosen or dragged, and shown what would roll up anew."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from dakehu.actions import accounts as actions
from dakehu.core.errors import NotAllowed
from dakehu.http import SignedRequest, go, render_page, signed_in
from dakehu.queries import accounts as queries
from dakehu.queries import names
from dakehu.web.accounts.forms import MoveForm
from dakehu.web.forms import done, status_of, whole_in_url
from dakehu.web.undoing import toast_with_undo

#: What `sure` says where the account is taken out of its group.
ALONE = "0"


@signed_in
def account_move(request: SignedRequest, account_id: int) -> HttpResponse:
    """Hang the account elsewhere: first what would change is shown, then it is done.

    `?parent=ID` comes from a drag in the tree, empty for out of the group.
    """
    viewer = request.viewer
    page = queries.account(viewer=viewer, account_id=account_id)
    if not page.may_edit:
        raise NotAllowed("account.edit")
    dragged = "parent" in request.GET
    parent_id = whole_in_url(request.GET.get("parent", "")) if dragged else page.parent_id
    code = names.account_code(viewer=viewer, account_id=parent_id)
    form = MoveForm(
        request.POST if request.method == "POST" else None,
        initial={"seen": page.version, "parent_id": code},
    )
    asked: list[int | None] = [parent_id] if dragged and (code or parent_id is None) else []

    def save(cleaned: dict[str, Any]) -> str:
        text = cleaned["parent_id"].strip()
        parent = names.account_by_code(viewer=viewer, code=text) if text else None
        asked[:] = [parent]
        # Nothing is moved before what it does was shown.
        if request.POST.get("sure") != str(parent or ALONE):
            return "shown"
        saved = actions.move_account(
            actor=viewer,
            account_id=account_id,
            seen_version=cleaned["seen"],
            parent_id=parent,
            at=request.now,
        )
        return str(saved or "same")

    saved = done(form, save)
    if saved not in (None, "shown", "same"):
        undo = reverse("history_undo", args=["account", account_id, saved])
        toast_with_undo(request, _("The group is changed."), undo)
    if saved not in (None, "shown"):
        return go(request, "account", account_id)
    facts: dict[str, object] = {"page": page, "form": form}
    if asked and not form.errors:
        move = queries.group_move(
            viewer=viewer, account=page, parent_id=asked[0], today=request.today
        )
        currency = request.organisation.base_currency
        facts |= {"move": move, "sure": asked[0] or ALONE, "currency": currency}
    return render_page(request, "accounts/move.html", facts, status=status_of(form))
