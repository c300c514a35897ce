"""The indicators' trend by week: three small charts and their table (FUN-6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.http import HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dakehu.http import SignedRequest, render_page, signed_in
from dakehu.http.frame import layout_of
from dakehu.queries.trend import weekly_indicators
from dakehu.web.funnel import asked_of, whose

#: The charts' height; a bar's width and its step from one week to the next.
HEIGHT, BAR, STEP = 64, 14, 20


@dataclass(frozen=True, slots=True)
class Column:
    """One week's bar in the units of the drawing."""

    x: int
    y: str
    height: str
    falls: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """An indicator's bars around its zero line; the table beside it is read out instead."""

    address: str
    word: str
    columns: list[Column]
    zero: str
    width: int


def chart_of(address: str, word: str, values: Sequence[Fraction | None]) -> Chart:
    """Draw values from the oldest on; an unknown one leaves its place empty."""
    known = [value for value in values if value is not None]
    low, high = min([Fraction(0), *known]), max([Fraction(0), *known])
    scale = Fraction(HEIGHT) / ((high - low) or 1)
    zero = float(high * scale)
    columns = []
    for number, value in enumerate(values):
        if value is None:
            continue
        size = float(abs(value) * scale)
        top = zero - size if value >= 0 else zero
        columns.append(
            Column(number * STEP, f"{top:.2f}", f"{max(size, 0.5):.2f}", falls=value < 0)
        )
    return Chart(address, word, columns, f"{zero:.2f}", max(len(values) * STEP, STEP))


@signed_in
@require_safe
def trend(request: SignedRequest) -> HttpResponse:
    """Show the indicators of the last twelve weeks: a part of the funnel page, or a page."""
    asked = asked_of(request)
    weeks = weekly_indicators(request.viewer, question=asked.question, today=request.today)
    charts = [
        chart_of("funnel.forecast_index", _("Forecast index"), [w.forecast.value for w in weeks]),
        chart_of("funnel.progress_index", _("Progress index"), [w.progress.value for w in weeks]),
        chart_of("funnel.small_sales", _("Out-of-funnel sales"), [w.small.value for w in weeks]),
    ]
    return render_page(
        request,
        "funnel/trend.html",
        {
            "whose": whose(request, asked),
            "weeks": weeks,
            "charts": charts,
            "question": asked.question,
            "height": HEIGHT,
            "bar": BAR,
            "currency": asked.question.currency or request.organisation.base_currency,
            "largest_figure": max((week.weighted.value or 0 for week in weeks), default=0),
            "is_part": layout_of(request) == "layouts/part.html",
        },
    )


urlpatterns = [path("funnel/trend/", trend, name="funnel_trend")]
