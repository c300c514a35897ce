"""The funnel page: whose funnel, on which day, for which period, in which currency and method."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from dakehu.core.funnel import Figure
from dakehu.core.money import from_minor, round_money
from dakehu.http import SignedRequest, render_page, signed_in
from dakehu.http.frame import reads_customers
from dakehu.queries.funnel import (
    FunnelOnDay,
    funnel_on,
)
from dakehu.web.exports import Cell, list_as_file, vat_words
from dakehu.web.funnel.asked import Asked, asked_of
from dakehu.web.funnel.choices import unit_path
from dakehu.web.funnel.shown import gap_of, method_shown, periods_of, rows_shown, stack_of, tabs_of

YEARS_BACK = 3


@signed_in
def funnel(request: SignedRequest) -> HttpResponse:
    """Show the funnel."""
    if not reads_customers(request.viewer):
        return redirect("people")
    asked = asked_of(request)
    answer = funnel_on(request.viewer, question=asked.question, today=request.today)
    shown = method_shown(answer, asked)
    language = request.viewer.language
    return render_page(
        request,
        "funnel/page.html",
        {
            "answer": answer,
            "question": asked.question,
            "group": asked.group,
            "is_today": asked.question.on == request.today,
            "today": request.today,
            "first_day": request.today - timedelta(days=366 * YEARS_BACK),
            "week_ago": asked.question.on - timedelta(days=7),
            "method": shown.method if shown else None,
            "table": shown.table if shown else None,
            "rows": rows_shown(shown, language) if shown else [],
            "tabs": tabs_of(answer, shown, language),
            "periods": periods_of(asked.question, request.organisation.fiscal_first_month),
            "may_choose_units": bool(asked.tree.parents),
            "units_url": f"{reverse('funnel_units')}?{request.GET.urlencode()}",
            "may_save": asked.question.person_id is None
            and asked.group is None
            and asked.question.unit_id is not None
            and request.viewer.may("review.save", owner_id=None, unit_id=asked.question.unit_id),
            "query": request.GET.urlencode(),
            "hygiene_url": _hygiene_url(asked),
            "unit_path": unit_path(asked, language),
            "may_choose_people": request.viewer.sees_all or bool(request.viewer.units),
            "currencies": answer.currencies,
            "stack": stack_of(answer),
            "gap": gap_of(answer),
            "largest_figure": answer.quota.value or answer.total.amount.value,
            "weekly": {
                "weighted": (answer.weighted - answer.weighted_before).value,
                "closed": (answer.closed.amount - answer.closed_before).value,
                "small": (answer.small - answer.small_before).value,
            },
            "kept": _kept(request),
            "known_at": (
                asked.question.known_at.astimezone(
                    ZoneInfo(request.organisation.time_zone)
                ).strftime("%Y-%m-%dT%H:%M")
                if asked.question.known_at
                else ""
            ),
            "changed_since": [
                (from_minor(minor, answer.digits_of[code]), code)
                for code, minor in (answer.closing.amounts_minor if answer.closing else ())
            ],
        },
    )


def _hygiene_url(asked: Asked) -> str:
    """Lead to what the same unit's or person's open opportunities lack."""
    question, parts = asked.question, dict[str, object]()
    if question.unit_id is not None and question.unit_id in asked.tree:
        parts["unit"] = question.unit_id
    if question.person_id is not None:
        parts["person"] = question.person_id
    return f"{reverse('hygiene')}?{urlencode(parts)}"


def _kept(request: SignedRequest) -> list[tuple[str, str]]:
    """Give what the form of days leaves alone but the URL must keep."""
    own = {"on", "person", "currency", "organised", "week", "known_at", "group"}
    return [(name, request.GET[name]) for name in request.GET if name not in own]


@signed_in
def funnel_export(request: SignedRequest, kind: str) -> HttpResponseBase:
    """Hand out the stage tables of every method as csv or xlsx."""
    asked = asked_of(request)
    answer = funnel_on(request.viewer, question=asked.question, today=request.today)
    language = request.viewer.language
    vat = vat_words(request)
    head = [
        _("Method"), _("Stage"), _("Opportunities"), _("Amount"), _("Win rate"), _("Weighted"),
        _("Currency"), _("VAT"), _("As of"),
    ]  # fmt: skip
    rows: list[list[Cell]] = []
    for one in answer.methods:
        name = one.method.name_en if language == "en" else one.method.name_zh
        for line in rows_shown(one, language):
            whole = line.row.all
            rows.append(
                [
                    name, line.name, whole.count, _rounded(whole.amount, answer),
                    _plain_rate(line.row.rate), _rounded(whole.weighted, answer),
                    answer.currency, vat, asked.question.on,
                ]
            )  # fmt: skip
    return list_as_file(request, kind, name="funnel", head=head, rows=rows, on=asked.question.on)


def _rounded(figure: Figure, answer: FunnelOnDay) -> Decimal | None:
    return None if figure.value is None else round_money(figure.value, answer.digits)


def _plain_rate(rate: Fraction | None) -> Decimal | None:
    return None if rate is None else Decimal(rate.numerator) / Decimal(rate.denominator)


def home(request: HttpRequest) -> HttpResponse:
    """Lead to Today: what do I do next is the question of every morning."""
    return redirect("today")
