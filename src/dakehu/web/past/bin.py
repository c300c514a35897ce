"""The bin: what was deleted in the last 30 days, and bringing it back."""

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dakehu.actions import accounts, contacts
from dakehu.actions.opportunities import restore_opportunity
from dakehu.actions.stakeholders import restore_stakeholder
from dakehu.actions.teams import restore_member
from dakehu.core.errors import NotFound
from dakehu.core.ledger import Way
from dakehu.core.past import KEPT
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.queries.past import BIN_KINDS, BinRow, bin_rows
from dakehu.web.links import link
from dakehu.web.past.words import KINDS

ICONS = {
    "opportunity": "target",
    "account": "building",
    "contact": "user",
    "activity": "calendar",
    "note": "note",
    "file": "paperclip",
    "stakeholder": "user",
    "member": "users",
    "view": "list-details",
}
#: Where a kind is brought back by the pages of its own subject.
_ELSEWHERE = {
    "activity": "activity_restore",
    "note": "note_restore",
    "file": "file_restore",
    "view": "view_restore",
}


@signed_in
@require_safe
def bin_page(request: SignedRequest) -> HttpResponse:
    """Show what the viewer or their units deleted, the last first."""
    kind = request.GET.get("kind", "")
    found = bin_rows(viewer=request.viewer, at=request.now, kind=kind if kind in BIN_KINDS else "")
    facts = {
        "rows": [(row, KINDS[row.kind], ICONS[row.kind], _by(request, row), _back(row))
                 for row in found.rows],
        "cut": found.cut,
        "kinds": [(key, KINDS[key]) for key in BIN_KINDS],
        "chosen": kind,
        "days": KEPT.days,
    }  # fmt: skip
    return render_page(request, "past/bin.html", facts)


def _by(request: SignedRequest, row: BinRow) -> str:
    return row.by.shown(request.viewer.language) if row.by else ""


def _back(row: BinRow) -> str:
    """Give the address that brings it back, empty where the viewer may not."""
    if not row.may_restore:
        return ""
    if row.kind in _ELSEWHERE:
        return link(_ELSEWHERE[row.kind], row.id)
    return link("bin_restore", row.kind, row.id)


@signed_in
@require_POST
def bin_restore(request: SignedRequest, bin_kind: str, record_id: int) -> HttpResponse:
    """Bring an account, a contact, an opportunity or somebody's place on one back."""
    actor, at = request.viewer, request.now
    if bin_kind == "stakeholder":
        deal = restore_stakeholder(actor=actor, removal_id=record_id, at=at)
        toast(request, _("Back on the map."))
        return go(request, "opportunity", deal)
    if bin_kind == "member":
        deal = restore_member(actor=actor, removal_id=record_id, today=request.today, at=at)
        toast(request, _("The colleague is back on the team."))
        return go(request, "opportunity", deal)
    if bin_kind == "account":
        accounts.restore_account(actor=actor, account_id=record_id, at=at)
        toast(request, _("The account is back."))
    elif bin_kind == "contact":
        contacts.restore_contact(actor=actor, contact_id=record_id, at=at)
        toast(request, _("The contact is back."))
    elif bin_kind == "opportunity":
        restore_opportunity(
            actor=actor, opportunity_id=record_id, seen_version=None, on=request.today,
            today=request.today, at=at, way=Way.FORM,
        )  # fmt: skip
        toast(request, _("The opportunity is back."))
    else:
        raise NotFound("past.unknown_kind")
    return go(request, bin_kind, record_id)
