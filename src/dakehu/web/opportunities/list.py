"""The list of opportunities with its filters, totals and export."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dakehu.core.ledger import Category
from dakehu.http import SignedRequest, go, render_page, signed_in
from dakehu.http.frame import frame_of, reads_customers
from dakehu.queries import opportunities as queries
from dakehu.queries.opportunities.list import DEARER, stage_names
from dakehu.queries.units import all_units
from dakehu.templatetags.dakehu import unit_word
from dakehu.templatetags.figures import unit_of_column
from dakehu.web.exports import Cell, amount_head, list_as_file, vat_words
from dakehu.web.lists.builder import has_lines
from dakehu.web.lists.columns import Column, Look, escape, head_cells, keys_of, writer
from dakehu.web.lists.pages import export_query
from dakehu.web.lists.standing import Standing, link_with, standing_of
from dakehu.web.lists.words import chips_of_where
from dakehu.web.opportunities.asked import (
    asked_of,
    asks_for_states,
    chips_of,
    read_filter,
    url_without,
)
from dakehu.web.opportunities.columns import COLUMNS
from dakehu.web.opportunities.filter import built, filter_shown
from dakehu.web.opportunities.filtering import vocabulary
from dakehu.web.opportunities.wording import CATEGORIES, PLACES, STATES

Row = queries.OpportunityRow


@dataclass(frozen=True, slots=True)
class Tab:
    """A state to choose, with its URL."""

    word: str
    url: str
    is_on: bool


@signed_in
@require_safe
def opportunity_list(request: SignedRequest) -> HttpResponse:
    """Show the opportunities that the reader may see and the URL asks for, and what they add to."""
    if has_lines(request.GET):
        return built(request)
    changed_here = "base" in request.GET
    standing = standing_of(request, "opportunities", "opportunities")
    get = standing.get
    if standing.view is not None and standing.view.layout == "board" and not changed_here:
        return go(request, "board", query=get.urlencode())
    asked, wrong = read_filter(get)
    if wrong:
        return filter_shown(request, wrong)
    if get.get("layout") == "board":
        # The same filters, laid out as a board: the dialog was opened there.
        return go(request, "board", query=url_without(get, "layout", "sort").removeprefix("?"))
    if request.htmx.target == "dialog-content":
        # The filters were chosen in the dialog: it closes, and the page becomes the list.
        return go(request, "opportunities", query=get.urlencode())
    columns = COLUMNS.chosen(standing.columns)
    sort = get.get("sort") or "close"
    page = queries.opportunities(
        viewer=request.viewer,
        asked=asked,
        sort=sort,
        after=get.get("after", ""),
        before=get.get("before", ""),
        today=request.today,
        counted=False,
        wanted=DEARER & {column.key for column in columns},
    )
    totals = queries.opportunity_totals(viewer=request.viewer, asked=asked, today=request.today)
    chips = (
        *chips_of(get, asked, rows=page.rows, names=names_asked(request, asked)),
        *(chips_of_where(get, asked.where, vocabulary(request, short=True)) if asked.where else ()),
    )
    return render_page(
        request,
        "opportunities/list.html",
        {
            "page": page,
            "totals": totals,
            "standing": standing,
            **_table(request, standing, page.rows, columns, sort),
            "asked": asked,
            "sort": sort,
            "chips": chips,
            "filtered": bool(chips or asked.text.strip() or asked.own),
            "tabs": _tabs(get, asked),
            "own_url": _own_url(get, asked),
            "kept": [(k, v) for k, v in get.items() if k not in ("q", "after", "before")],
            "query": url_without(get).removeprefix("?"),
            "all_query": standing.query,
            "export_query": export_query(get, columns),
            "may_create": request.viewer.holds("opportunity.create"),
            "reads_customers": reads_customers(request.viewer),
            "clear_url": _clear_url(standing),
            "vat_words": vat_words(request),
        },
    )


def _table(
    request: SignedRequest,
    standing: Standing,
    rows: tuple[Row, ...],
    columns: tuple[Column[Row], ...],
    sort: str,
) -> dict[str, object]:
    """Give heads and rows, written out, and what picking rows leads to."""
    frame = frame_of(request)
    largest = max((abs(row.amount) for row in rows), default=Decimal(0))
    unit = unit_of_column(largest, frame.amount_unit, frame.language)
    look = Look(
        language=frame.language,
        unit=unit,
        editable=request.viewer.holds("opportunity.edit"),
        today=request.today,
        overdue=_("Overdue"),
        zone=timezone.get_current_timezone(),
    )
    words = {}
    if scale := unit_word(unit):
        for key in ("amount", "weighted", "base"):
            label = str(COLUMNS.all[key].label)
            words[key] = _("%(label)s, %(unit)s") % {"label": label, "unit": scale}
    pick = escape(_("Pick"))
    write = writer(columns, look)
    body = "".join(
        f'<tr data-row="{row.id}" data-version="{row.version}"><td class="picks">'
        f'<input type="checkbox" class="pick" name="pick" value="{row.id}"'
        f' aria-label="{pick} {escape(row.name)}"></td>{write(row)}</tr>'
        for row in rows
    )
    return {
        "heads": head_cells(columns, sort=sort, get=standing.get, words=words),
        "body": SafeString(body),
        "width": len(columns) + 1,
        "unit": unit,
        "bulk_url": reverse("bulk_opportunities"),
        "board_url": f"{reverse('board')}?{standing.get.urlencode()}",
    }


def _clear_url(standing: Standing) -> str:
    plain = reverse("opportunities")
    return f"{plain}?base=0" if standing.views.default_id is not None else plain


def _tabs(get: QueryDict, asked: queries.OpportunityFilter) -> list[Tab]:
    tabs, state = [], asked.state
    usual = "all" if asks_for_states(asked.where) else "open"
    for key in queries.STATES:

        def change(left: QueryDict, key: str = key) -> None:
            left.pop("state", None)
            if key != usual:
                left["state"] = key

        if key != "voided" or state == key:
            tabs.append(Tab(str(STATES[key]), link_with(get, change), key == state))
    return tabs


def _own_url(get: QueryDict, asked: queries.OpportunityFilter) -> str:
    def change(left: QueryDict) -> None:
        left.pop("own", None)
        if not asked.own:
            left["own"] = "1"

    return link_with(get, change)


def names_asked(request: SignedRequest, asked: queries.OpportunityFilter) -> dict[str, str]:
    """Give the names of what the filter says by number; asks only for what is needed."""
    names: dict[str, str] = {}
    language = request.viewer.language
    if asked.unit_id is not None:
        unit = all_units().names.get(asked.unit_id)
        names["unit"] = unit.name(language) if unit else f"#{asked.unit_id}"
    if asked.method_id is not None:
        for stage in queries.choices(viewer=request.viewer).stages:
            if stage.method_id == asked.method_id:
                names["method"] = stage.method
    if asked.stage_id is not None:
        for (_version, stage_id), name in stage_names(language).items():
            if stage_id == asked.stage_id:
                names["stage"] = name
    if asked.product_id is not None:
        for product in queries.product_choices(viewer=request.viewer):
            if product.id == asked.product_id:
                names["product"] = product.name
    return names


@signed_in
@require_safe
def opportunity_export(request: SignedRequest, kind: str) -> HttpResponseBase:
    """Give the filtered list, all of it and nothing else, as a file; with `columns` those alone."""
    asked = asked_of(request.GET)
    keys = keys_of(request.GET.get("columns", ""))
    columns = COLUMNS.chosen(keys) if keys else ()
    rows = queries.every_opportunity(
        viewer=request.viewer,
        asked=asked,
        sort=request.GET.get("sort") or "close",
        today=request.today,
        wanted=DEARER & {column.key for column in columns},
    )
    if columns:
        head, lines = _as_seen(request, columns, rows)
    else:
        head, lines = _every_column(request), _lines(rows)
    return list_as_file(request, kind, name="opportunities", head=head, rows=lines)


def _as_seen(
    request: SignedRequest, columns: tuple[Column[Row], ...], rows: Iterator[Row]
) -> tuple[list[str], Iterator[tuple[Cell, ...]]]:
    """Give the columns of the page in their order; amounts have their currency beside them."""
    heads: list[str] = []
    with_currency = False
    for column in columns:
        match column.key:
            case "amount":
                heads.append(amount_head(request))
            case "base":
                heads.append(amount_head(request, request.organisation.base_currency))
            case "weighted":
                heads.append(f"{column.label} ({vat_words(request)})")
            case _:
                heads.append(str(column.label))
        with_currency = with_currency or column.key in ("amount", "weighted")
    if with_currency:
        heads.append(_("Currency"))

    def lines() -> Iterator[tuple[Cell, ...]]:
        for row in rows:
            cells = tuple(column.plain(row) for column in columns)
            yield (*cells, row.currency) if with_currency else cells

    return heads, lines()


def _every_column(request: SignedRequest) -> list[str]:
    return [
        _("Code"), _("Name"), _("Account"), _("Owner"), _("Unit"), _("Stage"), _("State"),
        amount_head(request), _("Currency"),
        amount_head(request, request.organisation.base_currency), _("Expected close date"),
        _("Forecast category"), _("Next step"), _("Day of the next step"), _("Created on"),
        _("Decided on"),
    ]  # fmt: skip


def _lines(rows: Iterator[queries.OpportunityRow]) -> Iterator[tuple[Cell, ...]]:
    for row in rows:
        yield (
            row.code, row.name, row.account, row.owner, row.unit, row.stage,
            str(PLACES[row.place]), row.amount, row.currency, row.base_amount, row.close_on,
            str(CATEGORIES[Category(row.category)]), row.next_step, row.next_step_on,
            row.created_on, row.decided_on,
        )  # fmt: skip
