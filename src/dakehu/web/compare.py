"""Any two days compared: a waterfall, the flow between stages, what moved most (FUN-5)."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction

from django.http import HttpResponse
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from dakehu.core.funnel import Figure, Scope
from dakehu.core.periods import parse_day
from dakehu.core.waterfall import Bar
from dakehu.http import SignedRequest, render_page, signed_in
from dakehu.http.frame import layout_of
from dakehu.queries.compare import MovedRow, Span, moved_most
from dakehu.queries.flow import OUTSIDE, Flow, stage_flow
from dakehu.queries.funnel import MethodLabel, method_labels
from dakehu.queries.waterfall import Between, waterfall_between
from dakehu.web.funnel import Asked, asked_of, whose
from dakehu.web.health import stage_name
from dakehu.web.speed import method_of

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
IN_PERIOD: frozenset[Scope] = frozenset({"in_period"})

#: What the bars measure: the weighted amount of what closes within the period, or of all.
MEASURES = {
    "weighted": lazy("Weighted, within the period"),
    "all": lazy("Weighted, all"),
    "amount": lazy("Amount"),
    "count": lazy("Opportunities"),
}
BARS: dict[str, str | Promise] = {
    "opening": lazy("Opening"), "closing": lazy("Closing"), "created": lazy("Created"),
    "method_moved": lazy("Method moved"), "reassigned": lazy("Reassigned"),
    "unit_moved": lazy("Unit moved"), "category_changed": lazy("Category changed"),
    "slipped": lazy("Slipped"), "pulled_in": lazy("Pulled in"), "grown": lazy("Grown"),
    "shrunk": lazy("Shrunk"), "own_rate_set": lazy("Own win rate set"),
    "advanced": lazy("Advanced"), "regressed": lazy("Moved back"), "won": lazy("Won"),
    "lost": lazy("Lost"), "abandoned": lazy("Abandoned"), "reopened": lazy("Reopened"),
    "account_merged": lazy("Account merged"), "voided": lazy("Voided"),
    "restored": lazy("Restored"), "reversed": lazy("Reversed"),
    "reorganised": lazy("Reorganised"), "win_rates": lazy("Win rates"),
    "exchange_rates": lazy("Exchange rates"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class BarShown:
    """One bar: its word and figures, and where it is drawn in thousandths of the widest."""

    kind: str
    word: str
    count: int
    value: Figure
    is_total: bool
    left: int
    width: int

    @property
    def falls(self) -> bool:
        """Test if the bar takes away."""
        return (self.value.value or 0) < 0


def span_of(request: SignedRequest, asked: Asked, method: MethodLabel | None) -> tuple[str, Span]:
    """Read the measure and the days: from the end of `since` to the end of `on`."""
    measure = request.GET.get("measure", "")
    measure = measure if measure in MEASURES else "weighted"
    text = request.GET.get("since", "")
    since = parse_day(text) if text else asked.question.on - WEEK
    scopes = IN_PERIOD if measure == "weighted" else None
    key = method.key if method else None
    return measure, Span(since + DAY, asked.question.on + DAY, key, scopes)


@signed_in
@require_safe
def compare(request: SignedRequest) -> HttpResponse:
    """Show what happened between two days: a part of the funnel page, or a page of its own."""
    asked = asked_of(request)
    method = method_of(asked)
    measure, span = span_of(request, asked, method)
    found = waterfall_between(
        request.viewer,
        question=asked.question,
        start=span.start,
        end=span.end,
        today=request.today,
        method_key=span.method_key,
        scopes=span.scopes,
    )
    is_part = layout_of(request) == "layouts/part.html"
    bars = bars_shown(found, measure)
    return render_page(
        request,
        "funnel/compare.html",
        {
            "whose": whose(request, asked, method),
            "bars": bars,
            "measure": measure,
            "measures": MEASURES.items(),
            "question": asked.question,
            "since": span.start - DAY,
            "today": request.today,
            "currency": found.result.currency,
            "method": method,
            "is_part": is_part,
            "kept": [
                (name, value)
                for name, value in request.GET.items()
                if name not in {"on", "since", "measure"}
            ],
            "largest_figure": max((bar.value.value or Fraction(0) for bar in bars), default=0),
        },
    )


@signed_in
@require_safe
def most(request: SignedRequest) -> HttpResponse:
    """Show which opportunities moved most: after the bars, since every one that moved is read."""
    asked = asked_of(request)
    method = method_of(asked)
    _measure, span = span_of(request, asked, method)
    found = moved_most(request.viewer, question=asked.question, span=span, today=request.today)
    figures = [figure.value or Fraction(0) for r in found.rows for figure in (r.weighted, r.closed)]
    return render_page(
        request,
        "funnel/most.html",
        {
            "whose": whose(request, asked, method),
            "most": found,
            "moved": [(row, _bars_of(row)) for row in found.rows],
            "question": asked.question,
            "since": first_day(span),
            "currency": found.currency,
            "largest_figure": max(map(abs, figures), default=0),
        },
    )


@signed_in
@require_safe
def flow(request: SignedRequest) -> HttpResponse:
    """Show the flow between stages: a part of the comparison, or a page of its own."""
    asked = asked_of(request)
    method = method_of(asked)
    _measure, span = span_of(request, asked, method)
    flows = stage_flow(request.viewer, question=asked.question, span=span, today=request.today)
    amounts = [one.amount.value or Fraction(0) for one in flows]
    return render_page(
        request,
        "funnel/flow.html",
        {
            "whose": whose(request, asked, method, with_period=False),
            "flow": _matrix(flows, method, request.viewer.language),
            "question": asked.question,
            "since": first_day(span),
            "currency": asked.question.currency or request.organisation.base_currency,
            "largest_figure": max(amounts, default=0),
        },
    )


def bars_shown(found: Between, measure: str) -> list[BarShown]:
    """Draw opening, the bars that change something, and closing, each where the last one ended."""
    result = found.result
    running = _value(result.opening, measure).value or Fraction(0)
    levels = [running]
    for bar in result.bars:
        levels.append(levels[-1] + (_value(bar, measure).value or 0))
    low, high = min(Fraction(0), *levels), max(Fraction(0), *levels)
    whole = (high - low) or Fraction(1)

    def drawn(bar: Bar, start: Fraction, end: Fraction, *, is_total: bool = False) -> BarShown:
        left = round(1000 * (min(start, end) - low) / whole)
        width = max(2, round(1000 * abs(end - start) / whole))
        value = _value(bar, measure)
        return BarShown(
            bar.kind, str(BARS[bar.kind]), bar.count, value, is_total, min(left, 998), width
        )

    shown = [drawn(result.opening, Fraction(0), levels[0], is_total=True)]
    for number, bar in enumerate(result.bars):
        if bar.count or _value(bar, measure) != Figure(Fraction(0)):
            shown.append(drawn(bar, levels[number], levels[number + 1]))
    closing = _value(result.closing, measure).value or levels[-1]
    return [*shown, drawn(result.closing, Fraction(0), closing, is_total=True)]


def _value(bar: Bar, measure: str) -> Figure:
    if measure == "count":
        return Figure(Fraction(bar.count))
    return bar.amount if measure == "amount" else bar.weighted


def _bars_of(row: MovedRow) -> str:
    words = [str(BARS[bar]) for bar in row.bars]
    return " · ".join(words)


@dataclass(frozen=True, slots=True)
class FlowCell:
    """One cell of the flow: how many, how much, and the places as the address has them."""

    was: str
    now: str
    count: int
    amount: Figure


@dataclass(frozen=True, slots=True)
class FlowTable:
    """Rows: where they stood; columns: where they stand."""

    columns: list[str]
    rows: list[tuple[str, list[FlowCell]]]


def _matrix(flows: tuple[Flow, ...], method: MethodLabel | None, language: str) -> FlowTable | None:
    if not flows or method is None:
        return None
    stages: dict[int | str, tuple[str, str]] = {
        stage.lineage_id: (stage.key, stage_name(stage, language)) for stage in method.stages
    }
    words: dict[int | str, tuple[str, str]] = {
        **stages,
        "won": ("won", _("Won")), "lost": ("lost", _("Lost")),
        "abandoned": ("abandoned", _("Abandoned")),
    }  # fmt: skip
    other = (OUTSIDE, _("elsewhere"))
    held: dict[tuple[str, str], FlowCell] = {}
    for flow in flows:
        # A stage of another method is no part of this table.
        was, now = words.get(flow.was, other)[0], words.get(flow.now, other)[0]
        before = held.get((was, now), FlowCell(was, now, 0, Figure(Fraction(0))))
        held[was, now] = replace(
            before, count=before.count + flow.count, amount=before.amount + flow.amount
        )
    names = dict((*words.values(), other))
    rows_used = [key for key in names if any(was == key for was, _now in held)]
    columns = [key for key in names if any(now == key for _was, now in held)]
    empty = Figure(Fraction(0))
    return FlowTable(
        [names[key] for key in columns],
        [
            (
                _("new or from elsewhere") if was == OUTSIDE else names[was],
                [held.get((was, now), FlowCell(was, now, 0, empty)) for now in columns],
            )
            for was in rows_used
        ],
    )


def place_of(text: str, methods: tuple[MethodLabel, ...], method: MethodLabel | None) -> int | str:
    """Read a place of a flow from the address: a stage's key, an outcome, or outside."""
    for label in (method,) if method else methods:
        for stage in label.stages:
            if stage.key == text:
                return stage.lineage_id
    return text if text in {"won", "lost", "abandoned"} else OUTSIDE


def places_in(request: SignedRequest, method: MethodLabel | None) -> tuple[int | str, int | str]:
    """Read both places of a flow from the address."""
    labels = method_labels()
    was, now = request.GET.get("was", ""), request.GET.get("now", "")
    return place_of(was, labels, method), place_of(now, labels, method)


def first_day(span: Span) -> date:
    """Give the day at whose end a span opens."""
    return span.start - DAY


urlpatterns = [
    path("funnel/compare/", compare, name="funnel_compare"),
    path("funnel/most/", most, name="funnel_most"),
    path("funnel/flow/", flow, name="funnel_flow"),
]
