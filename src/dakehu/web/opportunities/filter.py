"""The form of all filters of opportunities: the usual ones, and conditions line by line."""

from collections.abc import Mapping, Sequence

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from dakehu.core.errors import RuleBroken
from dakehu.core.filters import written
from dakehu.http import SignedRequest, go, render_page, signed_in
from dakehu.messages import sentence
from dakehu.queries import opportunities as queries
from dakehu.queries.people import people_in_sight
from dakehu.queries.units import all_units, units_in_sight
from dakehu.web.forms import status_of, unit_choices
from dakehu.web.lists.builder import (
    Line,
    both,
    is_of_line,
    shown_lines,
    typed_lines,
    with_spare,
    without_lines,
)
from dakehu.web.opportunities.asked import read_filter
from dakehu.web.opportunities.filtering import vocabulary
from dakehu.web.opportunities.wording import CATEGORIES, STATES


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
    return filter_shown(request, wrong)


def built(request: SignedRequest) -> HttpResponse:
    """Answer a form of conditions: the list that they ask for, or the form with what is wrong."""
    words = vocabulary(request)
    typed = typed_lines(request.GET, words)
    asked, wrong = read_filter(request.GET)
    if typed.is_wrong or wrong:
        return filter_shown(request, wrong, typed.lines)
    where = both(asked.where, typed.asked)
    query = without_lines(request.GET)
    query.pop("where", None)
    if where is not None:
        query["where"] = written(where)
    return go(request, "opportunities", query=query.urlencode())


def filter_shown(
    request: SignedRequest, wrong: Mapping[str, RuleBroken], lines: list[Line] | None = None
) -> HttpResponse:
    """Show the form as the URL fills it, with what is wrong at its field; nothing is dropped."""
    viewer, today = request.viewer, request.today
    units = all_units()
    tree = units_in_sight(viewer, units=units, today=today)
    found = queries.choices(viewer=viewer)
    methods = {stage.method_id: stage.method for stage in found.stages}
    form = FilterForm(request.GET if wrong else None, initial=request.GET.dict())
    everything = [("", _("All"))]
    offered: dict[str, list[tuple[object, object]]] = {
        "state": [("", _("Open, unless a condition asks for a state")), *STATES.items()],
        "unit": list(unit_choices(units, tree, viewer.language)),
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
        options.extend(_not_offered(request.GET.get(name, "").strip(), options))
        form.fields[name].choices = options if name == "state" else everything + options  # type: ignore[attr-defined]
    kept = [
        (name, value)
        for name, value in request.GET.items()
        if name not in form.fields
        and name not in ("after", "before", "deleted", "where")
        and not is_of_line(name)
    ]
    form.full_clean()
    form.errors.clear()
    for name, error in wrong.items():
        if name != "where":
            form.add_error(name if name in form.fields else None, sentence(error))
    words = vocabulary(request)
    asked, _wrong = read_filter(request.GET)
    held, text = shown_lines(asked.where, words) if lines is None else (lines, "")
    return render_page(
        request,
        "opportunities/filter.html",
        {
            "form": form,
            "kept": kept,
            "lines": with_spare(held, words),
            "line_url": reverse("view_filter_line", args=["opportunities"]),
            "where_text": request.GET.get("where", "") if "where" in wrong else text,
            "where_error": sentence(wrong["where"]) if "where" in wrong else "",
        },
        status=422 if wrong or any(one.error for one in held) else status_of(form),
    )


def _not_offered(
    held: str, options: Sequence[tuple[object, object]]
) -> list[tuple[object, object]]:
    """Give what is asked for, yet out of sight, closed or past: it stays until it is taken off."""
    known = {str(key) for key, _word in options}
    return [(held, f"#{held[:40]}")] if held and held not in known else []
