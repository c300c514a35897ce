"""The hygiene list: what open opportunities lack, by unit, person, method and finding."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpResponse, HttpResponseBase
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from dakehu.core.errors import RuleBroken
from dakehu.http import SignedRequest, render_page, signed_in
from dakehu.queries.funnel import method_labels, person_in_sight
from dakehu.queries.hygiene import (
    FINDINGS,
    Finding,
    Hygiene,
    HygieneFilter,
    HygieneRow,
    every_untidy,
    finding_of,
    hygiene,
)
from dakehu.queries.paging import Cut
from dakehu.queries.units import all_units, units_in_sight
from dakehu.web.exports import Cell, amount_head, list_as_file
from dakehu.web.forms import unit_choices

WORDS: dict[Finding, str | Promise] = {
    "close_passed": lazy("Close date passed"),
    "no_next_step": lazy("No next step"),
    "no_amount": lazy("No amount"),
    "stuck": lazy("Stands still"),
}


@dataclass(frozen=True, slots=True)
class Tab:
    """A finding to choose, with how many opportunities have it."""

    word: str
    count: int
    url: str
    is_on: bool


def asked_of(request: SignedRequest) -> HygieneFilter:
    """Read the filter. RuleBroken `url.not_a_number`, `method.unknown`, `hygiene.…`."""
    get = request.GET
    method_id = None
    if get.get("method"):
        ids = {label.key: label.id for label in method_labels()}
        if get["method"] not in ids:
            raise RuleBroken("method.unknown", method=get["method"][:40])
        method_id = ids[get["method"]]
    return HygieneFilter(
        unit_id=_number(get.get("unit")),
        owner_id=_number(get.get("person")),
        method_id=method_id,
        finding=finding_of(get.get("finding", "")),
    )


def _number(text: str | None) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise RuleBroken("url.not_a_number", text=text[:40])
    return int(text)


@signed_in
@require_safe
def hygiene_list(request: SignedRequest) -> HttpResponse:
    """Show what lacks something, with counts per finding."""
    asked, viewer = asked_of(request), request.viewer
    cut = Cut(after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    found = hygiene(viewer, asked=asked, today=request.today, cut=cut)
    units = all_units()
    tree = units_in_sight(viewer, units=units, today=request.today)
    person = person_in_sight(viewer, person_id=asked.owner_id) if asked.owner_id else None
    english = viewer.language == "en"
    return render_page(
        request,
        "hygiene/list.html",
        {
            "page": found.page,
            "rows": [(row, [_word(f, row) for f in row.findings]) for row in found.page.rows],
            "counts": found.counts,
            "total": _total(found, asked),
            "asked": asked,
            "method": request.GET.get("method", ""),
            "tabs": _tabs(request, found, asked),
            "units": unit_choices(units, tree, viewer.language),
            "unit": request.GET.get("unit", ""),
            "person": person.shown(viewer.language) if person else "",
            "may_choose_people": viewer.sees_all or bool(viewer.units),
            "methods": [(m.key, m.name_en if english else m.name_zh) for m in method_labels()],
            "filtered": bool(asked.unit_id or asked.owner_id or asked.method_id),
            "query": _query(request),
        },
    )


def _word(finding: Finding, row: HygieneRow) -> str:
    """Word a finding for one row: a step that was due is not the same as none."""
    if finding == "no_next_step" and row.next_step:
        return _("Next step overdue")
    return str(WORDS[finding])


def _query(request: SignedRequest, **other: str) -> str:
    left = request.GET.copy()
    for gone in ("after", "before", *other):
        left.pop(gone, None)
    for name, value in other.items():
        if value:
            left[name] = value
    return left.urlencode()


def _total(found: Hygiene, asked: HygieneFilter) -> int:
    counts = found.counts
    return counts.untidy if asked.finding is None else counts.by_finding[asked.finding]


def _tabs(request: SignedRequest, found: Hygiene, asked: HygieneFilter) -> list[Tab]:
    counts = found.counts
    rows: list[tuple[str, str, int]] = [("", _("All findings"), counts.untidy)]
    rows += [(f, str(WORDS[f]), counts.by_finding[f]) for f in FINDINGS]
    return [
        Tab(word, count, f"{reverse('hygiene')}?{_query(request, finding=finding)}",
            finding == (asked.finding or ""))
        for finding, word, count in rows
    ]  # fmt: skip


@signed_in
@require_safe
def hygiene_export(request: SignedRequest, kind: str) -> HttpResponseBase:
    """Give the filtered list, all of it and nothing else, as a file."""
    asked = asked_of(request)
    head = [
        _("Code"), _("Name"), _("Account"), _("Owner"), _("Unit"), _("Stage"),
        amount_head(request), _("Currency"), _("Expected close date"), _("Next step"),
        _("Day of the next step"), _("Last moved on"), _("Days without a movement"),
        _("Median days at the stage"), *(str(WORDS[finding]) for finding in FINDINGS),
    ]  # fmt: skip
    rows = every_untidy(request.viewer, asked=asked, today=request.today)
    return list_as_file(request, kind, name="hygiene", head=head, rows=_lines(rows))


def _lines(rows: Iterator[HygieneRow]) -> Iterator[tuple[Cell, ...]]:
    for row in rows:
        yield (
            row.code, row.name, row.account, row.owner, row.unit, row.stage, row.amount,
            row.currency, row.close_on, row.next_step, row.next_step_on, row.last_on,
            row.still_days, row.median_days, *(1 if f in row.findings else 0 for f in FINDINGS),
        )  # fmt: skip


urlpatterns = [
    path("hygiene/", hygiene_list, name="hygiene"),
    path("hygiene/export.<str:kind>", hygiene_export, name="hygiene_export"),
]
