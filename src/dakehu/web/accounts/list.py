"""The list of accounts, and the same list as a file."""

from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dakehu.http import SignedRequest, render_page, signed_in
from dakehu.queries import accounts as queries
from dakehu.queries.paging import Cut
from dakehu.queries.units import Units, all_units, units_in_sight
from dakehu.web.accounts.words import person_shown
from dakehu.web.exports import list_as_file
from dakehu.web.forms import unit_choices, whole_in_url

MOST_EXPORTED = 100_000


@signed_in
@require_safe
def account_list(request: SignedRequest) -> HttpResponse:
    """Show a page of the list, narrowed and sorted by the URL."""
    units = all_units()
    where = _where(request, units)
    cut = Cut(after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    page = queries.accounts(viewer=request.viewer, where=where, cut=cut)
    choices = queries.account_choices(viewer=request.viewer)
    tree = units_in_sight(request.viewer, units=units, today=request.today)
    facts = {
        "page": page,
        "total": queries.account_count(viewer=request.viewer, where=where),
        "where": where,
        "industries": choices.industries,
        "managers": [(p.id, p.shown(request.viewer.language)) for p in choices.managers],
        "units": unit_choices(units, tree, request.viewer.language),
        "unit": request.GET.get("unit", ""),
        "rows": [(row, person_shown(row.manager, request.viewer)) for row in page.rows],
        "filtered": bool(where.text or where.industry or where.manager_id or where.root_id)
        or where.unit_ids is not None,
        "may_create": request.viewer.holds("account.create"),
        "query": request.GET.urlencode(),
    }
    return render_page(request, "accounts/list.html", facts)


@signed_in
@require_safe
def account_export(request: SignedRequest, kind: str) -> HttpResponseBase:
    """Give the list as a file: the same rows in the same order."""
    where = _where(request, all_units())
    rows = queries.every_account(viewer=request.viewer, where=where, limit=MOST_EXPORTED)
    head = [
        _("Code"), _("Name"), _("Name in English"), _("Industry"), _("Region"), _("Unit"),
        _("Account manager"), _("Open opportunities"), _("Last contact"), _("Created on"),
    ]  # fmt: skip
    lines = (
        (
            row.code, row.name, row.name_en, row.industry, row.region, row.unit_name,
            person_shown(row.manager, request.viewer), row.open_count,
            row.last_contact_on, row.created_on,
        )
        for row in rows
    )  # fmt: skip
    return list_as_file(request, kind, name=_("accounts"), head=head, rows=lines)


def _where(request: SignedRequest, units: Units) -> queries.AccountFilter:
    unit, manager, group = (
        whole_in_url(request.GET.get(n, "")) for n in ("unit", "manager", "group")
    )
    below = None
    if unit is not None:
        below = units.tree(request.today, with_closed=True).subtree(unit)
    return queries.AccountFilter(
        text=request.GET.get("q", "")[:100].replace("\x00", ""),
        industry=request.GET.get("industry", "")[:80].replace("\x00", ""),
        unit_ids=below,
        manager_id=manager,
        root_id=group,
        sort=request.GET.get("sort", "name"),
    )
