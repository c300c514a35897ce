"""The pages that show opportunities: the list with its filters and export, and one of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from html import escape

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from dakehu.core.errors import RuleBroken
from dakehu.core.ledger import Category, Place
from dakehu.http import SignedRequest, go, render_page, signed_in
from dakehu.http.frame import reads_customers
from dakehu.messages import sentence
from dakehu.queries import opportunities as queries
from dakehu.queries.opportunities.list import stage_names
from dakehu.queries.people import people_in_sight
from dakehu.queries.units import all_units, units_in_sight
from dakehu.web.exports import Cell, amount_head, list_as_file
from dakehu.web.forms import status_of
from dakehu.web.opportunities.asked import asked_of, chips_of, read_filter, url_without
from dakehu.web.opportunities.competitors import RivalForm
from dakehu.web.opportunities.next_step import step_forms
from dakehu.web.opportunities.wording import (
    CATEGORIES,
    PLACES,
    REASONS,
    SOURCES,
    STATES,
    rate_words,
)


@dataclass(frozen=True, slots=True)
class Tab:
    """A state to choose, with its URL."""

    word: str
    url: str
    is_on: bool


@signed_in
@require_safe
def opportunity_list(request: SignedRequest) -> HttpResponse:
    """Show the opportunities that the reader may see and the URL asks for."""
    get = request.GET
    asked, wrong = read_filter(get)
    if wrong:
        return _filter_shown(request, wrong)
    if request.htmx.target == "dialog-content":
        # The filters were chosen in the dialog: it closes, and the page becomes the list.
        return go(request, "opportunities", query=get.urlencode())
    page = queries.opportunities(
        viewer=request.viewer,
        asked=asked,
        sort=get.get("sort") or "close",
        after=get.get("after", ""),
        before=get.get("before", ""),
        today=request.today,
    )
    chips = chips_of(get, asked, rows=page.rows, names=_names(request, asked))
    filtered = bool(chips or asked.text.strip() or asked.own)
    return render_page(
        request,
        "opportunities/list.html",
        {
            "page": page,
            "rows": [_cells(row) for row in page.rows],
            "largest": max((abs(row.amount) for row in page.rows), default=0),
            "asked": asked,
            "sort": get.get("sort") or "close",
            "chips": chips,
            "filtered": filtered,
            "tabs": _tabs(request, asked.state),
            "own_url": _own_url(request, asked),
            "kept": [(k, v) for k, v in get.items() if k not in ("q", "after", "before")],
            "query": url_without(get).removeprefix("?"),
            "may_create": request.viewer.holds("opportunity.create"),
            "reads_customers": reads_customers(request.viewer),
            "most_counted": queries.MOST_COUNTED,
        },
    )


def _cells(row: queries.OpportunityRow) -> tuple[object, ...]:
    """Give a row as the template unpacks it: escaped here, which costs a third of it there."""
    texts = (
        str(row.id), row.name, row.code, row.account,
        "" if row.place is Place.OPEN else str(PLACES[row.place]), row.stage, row.owner,
        row.next_step, row.close_on.isoformat() if row.close_on else "",
        timezone.localtime(row.updated_at).strftime("%Y-%m-%d"),
    )  # fmt: skip
    safe = (SafeString(escape(text)) for text in texts)
    return (*safe, row.amount, row.currency, row.is_overdue)


def _tabs(request: SignedRequest, state: str) -> list[Tab]:
    tabs = []
    for key in queries.STATES:
        left = request.GET.copy()
        for gone in ("after", "before", "state"):
            left.pop(gone, None)
        if key != "open":
            left["state"] = key
        if key != "voided" or state == key:
            tabs.append(Tab(str(STATES[key]), f"?{left.urlencode()}", key == state))
    return tabs


def _own_url(request: SignedRequest, asked: queries.OpportunityFilter) -> str:
    left = request.GET.copy()
    for gone in ("after", "before", "own"):
        left.pop(gone, None)
    if not asked.own:
        left["own"] = "1"
    return f"?{left.urlencode()}"


def _names(request: SignedRequest, asked: queries.OpportunityFilter) -> dict[str, str]:
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


class FilterForm(forms.Form):
    """All filters of the list at once; sent by GET to the list."""

    state = forms.ChoiceField(label=lazy("State"), required=False)
    unit = forms.ChoiceField(label=lazy("Unit and all below it"), required=False)
    owner = forms.ChoiceField(label=lazy("Owner"), required=False)
    method = forms.ChoiceField(label=lazy("Method"), required=False)
    stage = forms.ChoiceField(label=lazy("Stage"), required=False)
    category = forms.ChoiceField(label=lazy("Forecast category"), required=False)
    product = forms.ChoiceField(label=lazy("Product"), required=False)
    close_from = forms.CharField(
        label=lazy("Closes from"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    close_to = forms.CharField(
        label=lazy("Closes before"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    amount_from = forms.CharField(label=lazy("Amount from"), required=False)
    amount_to = forms.CharField(label=lazy("Amount below"), required=False)


@signed_in
@require_safe
def opportunity_filter(request: SignedRequest) -> HttpResponse:
    """Show the form of all filters, in a dialog or as a page."""
    _asked, wrong = read_filter(request.GET)
    return _filter_shown(request, wrong)


def _filter_shown(request: SignedRequest, wrong: Mapping[str, RuleBroken]) -> HttpResponse:
    """Show the form as the URL fills it, with what is wrong at its field; nothing is dropped."""
    viewer, today = request.viewer, request.today
    units = all_units()
    tree = units_in_sight(viewer, units=units, today=today)
    found = queries.choices(viewer=viewer)
    methods = {stage.method_id: stage.method for stage in found.stages}
    form = FilterForm(request.GET if wrong else None, initial=request.GET.dict())
    everything = [("", _("All"))]
    offered: dict[str, list[tuple[object, object]]] = {
        "state": list(STATES.items()),
        "unit": [
            (unit, "\u2003" * (len(tree.path(unit)) - 1) + units.names[unit].name(viewer.language))
            for root in tree.roots()
            for unit in tree.walk(root)
        ],
        "owner": [
            (p.id, p.shown(viewer.language))
            for p in people_in_sight(viewer, units=None, today=today)
        ],
        "method": list(methods.items()),
        "stage": [(s.stage_id, f"{s.method} · {s.name}") for s in found.stages],
        "category": [(int(c), word) for c, word in CATEGORIES.items()],
        "product": [(p.id, p.name) for p in queries.product_choices(viewer=viewer)],
    }
    for name, options in offered.items():
        form.fields[name].choices = options if name == "state" else everything + options  # type: ignore[attr-defined]
    kept = [
        (name, value)
        for name, value in request.GET.items()
        if name not in form.fields and name not in ("after", "before")
    ]
    form.full_clean()
    form.errors.clear()
    for name, error in wrong.items():
        form.add_error(name if name in form.fields else None, sentence(error))
    return render_page(
        request,
        "opportunities/filter.html",
        {"form": form, "kept": kept},
        status=status_of(form),
    )


@signed_in
@require_safe
def opportunity_page(request: SignedRequest, opportunity_id: int) -> HttpResponse:
    """Show one opportunity."""
    page = queries.opportunity(
        viewer=request.viewer, opportunity_id=opportunity_id, today=request.today
    )
    return render_page(
        request,
        "opportunities/page.html",
        {
            "page": page,
            "may_edit": page.may.edit,
            "step_forms": step_forms(page, request.today),
            "rival_form": RivalForm(auto_id="rival_%s"),
            "marks": leads_somewhere("/marks/opportunity/1/seen/"),
            "activities": leads_somewhere("/activities/log/"),
            "category": CATEGORIES[page.category],
            "place": PLACES[page.place],
            "source": SOURCES.get(page.source, ""),
            "rate": rate_words(page.rates.used_bp),
            "outcome": _outcome(page),
            "ticked": sum(1 for item in page.here.evidence if item.tick),
            "now_days": page.here.days or 0,
        },
    )


@cache
def leads_somewhere(url: str) -> bool:
    """Test if an address is one of this installation's."""
    try:
        resolve(url)
    except Resolver404:
        return False
    return True


def _outcome(page: queries.OpportunityShown) -> str:
    if page.place is Place.OPEN:
        return ""
    for event in page.history:
        if event.after and event.after.place is page.place and not event.reversed:
            words = [str(REASONS.get(event.reason, "")), event.competitor, event.text]
            return " · ".join(word for word in words if word)
    return ""


@signed_in
@require_safe
def opportunity_export(request: SignedRequest, kind: str) -> HttpResponseBase:
    """Give the filtered list, all of it and nothing else, as a file."""
    asked = asked_of(request.GET)
    org = request.organisation
    rows = queries.every_opportunity(
        viewer=request.viewer,
        asked=asked,
        sort=request.GET.get("sort") or "close",
        today=request.today,
    )
    head = [
        _("Code"), _("Name"), _("Account"), _("Owner"), _("Unit"), _("Stage"), _("State"),
        amount_head(request), _("Currency"), amount_head(request, org.base_currency),
        _("Expected close date"), _("Forecast category"), _("Next step"),
        _("Day of the next step"), _("Created on"), _("Decided on"),
    ]  # fmt: skip
    return list_as_file(request, kind, name="opportunities", head=head, rows=_lines(rows))


def _lines(rows: Iterator[queries.OpportunityRow]) -> Iterator[tuple[Cell, ...]]:
    for row in rows:
        yield (
            row.code, row.name, row.account, row.owner, row.unit, row.stage,
            str(PLACES[row.place]), row.amount, row.currency, row.base_amount, row.close_on,
            str(CATEGORIES[Category(row.category)]), row.next_step, row.next_step_on,
            row.created_on, row.decided_on,
        )  # fmt: skip
