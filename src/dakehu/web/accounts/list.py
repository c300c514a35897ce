"""The list of accounts, and the same list as a file."""

from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dakehu.core.errors import RuleBroken
from dakehu.core.filters import Expression
from dakehu.http import SignedRequest, render_page, signed_in
from dakehu.queries import accounts as queries
from dakehu.queries.paging import Cut
from dakehu.queries.units import Units, all_units, units_in_sight
from dakehu.web.accounts.columns import COLUMNS, vocabulary
from dakehu.web.accounts.words import person_shown
from dakehu.web.exports import list_as_file
from dakehu.web.forms import unit_choices, whole_in_url
from dakehu.web.lists.builder import has_lines
from dakehu.web.lists.columns import keys_of
from dakehu.web.lists.pages import columns_of, filter_form, lines_applied, list_facts, where_of
from dakehu.web.lists.standing import standing_of

MOST_EXPORTED = 100_000


@signed_in
@require_safe
def account_list(request: SignedRequest) -> HttpResponse:
    """Show a page of the list, narrowed and sorted by the URL."""
    words = vocabulary(request)
    if has_lines(request.GET):
        return lines_applied(request, "accounts", "accounts", words)
    standing = standing_of(request, "accounts", "accounts")
    units = all_units()
    try:
        where = _where(request, units, where_of(standing.get, words))
    except RuleBroken as error:
        return filter_form(request, "accounts", "accounts", words, wrong=error)
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
        "filtered": standing.is_filtered,
        "may_create": request.viewer.holds("account.create"),
        **list_facts(
            request, standing, columns_of(standing, COLUMNS), page.rows, sort=where.sort,
            words=words, where=where.asked,
        ),
    }  # fmt: skip
    return render_page(request, "accounts/list.html", facts)


@signed_in
@require_safe
def account_export(request: SignedRequest, kind: str) -> HttpResponseBase:
    """Give the list as a file: the same rows in the same order, the columns of `columns`."""
    asked = where_of(request.GET, vocabulary(request))
    where = _where(request, all_units(), asked)
    rows = queries.every_account(viewer=request.viewer, where=where, limit=MOST_EXPORTED)
    if keys := keys_of(request.GET.get("columns", "")):
        columns = COLUMNS.chosen(keys)
        seen = [str(column.label) for column in columns]
        cells = (
            tuple(
                person_shown(row.manager, request.viewer) if c.key == "manager" else c.plain(row)
                for c in columns
            )
            for row in rows
        )
        return list_as_file(request, kind, name=_("accounts"), head=seen, rows=cells)
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


def _where(request: SignedRequest, units: Units, asked: Expression | None) -> queries.AccountFilter:
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
        asked=asked,
        today=request.today,
    )
