"""Every number has an address: what it is called, its formula, its inputs, the rows behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from django.http import HttpResponse
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dakehu.core.errors import NotFound
from dakehu.core.funnel import WHOLE_BP, Figure, Scope
from dakehu.http import SignedRequest, render_page, signed_in
from dakehu.queries.funnel import FunnelOnDay, MethodFunnel, funnel_on
from dakehu.queries.opportunities.single import OpportunityShown, opportunity
from dakehu.queries.rows_behind import What, rows_behind
from dakehu.web.forms import whole_in_url
from dakehu.web.funnel import asked_of, method_shown


@dataclass(frozen=True, slots=True)
class Number:
    """An address: the words, the rule of the spec, and the function that computes it."""

    title: str | Promise
    formula: str | Promise
    rule: str
    computed_by: str
    #: What its rows are; None: it has none.
    rows: What | None = None


NUMBERS: dict[str, Number] = {
    "funnel.count": Number(
        _("Opportunities"),
        _("Number of open opportunities that stood at the stage at the end of the day."),
        "FUN-5",
        "dakehu.core.funnel.sum_cells",
        "open",
    ),
    "funnel.amount": Number(
        _("Amount"),
        _("Sum of the amounts of the open opportunities, each currency at the day's rate."),
        "FUN-5",
        "dakehu.core.funnel.amount",
        "open",
    ),
    "funnel.rate": Number(
        _("Win rate"),
        _("The stage's win rate in force on the day; an owner's own rate goes before it."),
        "FUN-2",
        "dakehu.core.funnel.rate_of",
        "open",
    ),
    "funnel.weighted": Number(
        _("Weighted amount"),
        _("Sum of amount × win rate. What is overdue weighs nothing."),
        "FUN-2",
        "dakehu.core.funnel.weighted",
        "open",
    ),
    "funnel.overdue": Number(
        _("Overdue"),
        _("Open opportunities whose expected close month lies before the period; weigh nothing."),
        "FUN-2",
        "dakehu.core.funnel.sum_cells",
        "open",
    ),
    "funnel.in_period": Number(
        _("Expected to close within the period"),
        _("Open opportunities whose expected close month lies within the period."),
        "FUN-6",
        "dakehu.core.funnel.sum_cells",
        "open",
    ),
    "funnel.later": Number(
        _("Expected after the period"),
        _("Open opportunities whose expected close month lies after the period."),
        "FUN-6",
        "dakehu.core.funnel.sum_cells",
        "open",
    ),
    "funnel.undated": Number(
        _("No expected close date"),
        _("Open opportunities without an expected close date; not in the indexes."),
        "FUN-2",
        "dakehu.core.funnel.sum_cells",
        "open",
    ),
    "funnel.closed": Number(
        _("Completed sales"),
        _("Amounts won in the period so far, booked at the rate of the day each was won."),
        "FUN-6",
        "dakehu.queries.ledger.outcome_sums",
        "won",
    ),
    "funnel.forecast_index": Number(
        _("Forecast index"),
        _("(closed + weighted) ÷ quota. Are there enough opportunities?"),
        "FUN-6",
        "dakehu.core.funnel.forecast_index",
        "open",
    ),
    "funnel.progress_index": Number(
        _("Progress index"),
        _(
            "((weighted now − weighted a week ago) + (closed now − closed a week ago)) ÷ quota."
            " How fast do opportunities move?"
        ),
        "FUN-6",
        "dakehu.core.funnel.progress_index",
        "moved",
    ),
    "funnel.small_sales": Number(
        _("Out-of-funnel sales"),
        _("Orders under the threshold, of the period so far."),
        "FUN-6",
        "dakehu.queries.funnel.funnel_on",
    ),
    "funnel.quota": Number(
        _("Quota"),
        _("The target of the unit or person for the period; months add up to quarters and years."),
        "FOR-4",
        "dakehu.queries.quotas.quota_for",
    ),
    "opportunity.amount": Number(
        _("Amount"),
        _("What the opportunity is worth, in its own currency, as last entered or won."),
        "FUN-2",
        "dakehu.queries.opportunities.single.opportunity",
    ),
    "opportunity.weighted": Number(
        _("Weighted amount"),
        _("Amount × win rate: the owner's own, else the stage's. Nothing once overdue or closed."),
        "FUN-2",
        "dakehu.queries.opportunities.single.opportunity",
    ),
}

INPUTS: Mapping[str, str | Promise] = {
    "closed": _("Closed"),
    "closed_now": _("Closed now"),
    "closed_before": _("Closed a week ago"),
    "weighted": _("Weighted"),
    "weighted_now": _("Weighted now"),
    "weighted_before": _("Weighted a week ago"),
    "small": _("Out-of-funnel sales"),
    "small_now": _("Out-of-funnel sales now"),
    "small_before": _("Out-of-funnel sales a week ago"),
    "small_expected": _("Out-of-funnel sales expected in the rest of the period"),
    "quota": _("Quota"),
    "count": _("Count"),
    "amount": _("Amount"),
    "rate": _("Win rate"),
    "days_elapsed": _("Days elapsed"),
    "days_left": _("Days left"),
}
_SCOPED: dict[str, Scope] = {
    "funnel.overdue": "overdue",
    "funnel.in_period": "in_period",
    "funnel.later": "later",
    "funnel.undated": "undated",
}


@dataclass(frozen=True, slots=True)
class InputShown:
    """A term of the formula: its word and value."""

    word: str
    figure: Figure
    kind: str  # amount, count, rate


@signed_in
def number(request: SignedRequest, address: str) -> HttpResponse:
    """Explain one number: of the funnel page with the page's own filters, or of an opportunity."""
    if address not in NUMBERS:
        raise NotFound("number.unknown", address=address)
    about = NUMBERS[address]
    if address.startswith("opportunity."):
        return _of_opportunity(request, address, about)
    asked = asked_of(request)
    answer = funnel_on(request.viewer, question=asked.question, today=request.today)
    shown = method_shown(answer, asked)
    stage = _stage(request.GET.get("stage"), shown)
    behind = None
    if about.rows:
        across = address in {"funnel.closed", "funnel.forecast_index", "funnel.progress_index"}
        scope = _SCOPED.get(address)
        if address == "funnel.forecast_index":
            scope = "in_period"
        behind = rows_behind(
            request.viewer,
            question=asked.question,
            today=request.today,
            stages=None if across else _stages(shown, stage),
            scope=scope,
            what=about.rows,
            offset=whole_in_url(request.GET.get("offset", "")) or 0,
        )
    return render_page(
        request,
        "funnel/number.html",
        {
            "address": address,
            "about": about,
            "currency": answer.currency,
            "on": asked.question.on,
            "period": asked.question.period,
            "inputs": _inputs(address, answer, shown, stage),
            "behind": behind,
            "opportunity_base": "/opportunities/",
        },
    )


def _of_opportunity(request: SignedRequest, address: str, about: Number) -> HttpResponse:
    text = request.GET.get("opportunity", "")
    if not text.isdecimal():
        raise NotFound("opportunity.not_found", opportunity_id=text[:40])
    shown = opportunity(viewer=request.viewer, opportunity_id=int(text[:18]), today=request.today)
    inputs = [InputShown(str(INPUTS["amount"]), Figure(Fraction(shown.amount)), "amount")]
    if address == "opportunity.weighted":
        inputs += _weighing(shown)
    return render_page(
        request,
        "funnel/number.html",
        {
            "address": address,
            "about": about,
            "currency": shown.currency,
            "on": request.today,
            "inputs": inputs,
        },
    )


def _weighing(shown: OpportunityShown) -> list[InputShown]:
    rate = shown.rates.used_bp
    used = Figure(None, "no_rate") if rate is None else Figure(Fraction(rate, WHOLE_BP))
    inputs = [InputShown(str(INPUTS["rate"]), used, "rate")]
    if shown.is_open:
        known = shown.weighted is not None
        weighted = Figure(Fraction(shown.weighted or 0)) if known else Figure(None, "no_rate")
        inputs.append(InputShown(str(INPUTS["weighted"]), weighted, "amount"))
    return inputs


def _stage(key: str | None, shown: MethodFunnel | None) -> int | None:
    if not key or shown is None:
        return None
    for label in shown.method.stages:
        if label.key == key:
            return label.lineage_id
    raise NotFound("stage.unknown", stage=key)


def _stages(shown: MethodFunnel | None, stage: int | None) -> list[int]:
    if stage is not None:
        return [stage]
    return [label.lineage_id for label in shown.method.stages] if shown else []


def _inputs(
    address: str, answer: FunnelOnDay, shown: MethodFunnel | None, stage: int | None
) -> list[InputShown]:
    indicator = {
        "funnel.forecast_index": answer.forecast,
        "funnel.progress_index": answer.progress,
    }.get(address)
    if indicator is not None:
        skip = () if answer.small_in_use else ("small", "small_now", "small_before")
        return [
            InputShown(str(INPUTS[name]), figure, "amount")
            for name, figure in indicator.inputs.items()
            if name not in (*skip, *(() if answer.small_in_use else ("small_expected",)))
        ]
    if address == "funnel.small_sales":
        period, on = answer.question.period, answer.question.on
        return [
            InputShown(str(INPUTS["count"]), _whole(answer.small_count), "count"),
            InputShown(str(INPUTS["amount"]), answer.small, "amount"),
            InputShown(str(INPUTS["days_elapsed"]), _whole(period.elapsed_days(on)), "count"),
            InputShown(str(INPUTS["days_left"]), _whole(period.days_left(on)), "count"),
            InputShown(str(INPUTS["small_expected"]), answer.small_expected, "amount"),
        ]
    if address == "funnel.closed":
        return [
            InputShown(str(INPUTS["count"]), _whole(answer.closed.count), "count"),
            InputShown(str(INPUTS["closed"]), answer.closed.amount, "amount"),
        ]
    if address == "funnel.quota":
        return [InputShown(str(INPUTS["quota"]), answer.quota, "amount")]
    return _cell_inputs(address, shown, stage)


def _cell_inputs(address: str, shown: MethodFunnel | None, stage: int | None) -> list[InputShown]:
    if shown is None:
        return []
    table = shown.table
    total = {
        "funnel.overdue": table.overdue,
        "funnel.in_period": table.in_period,
        "funnel.later": table.later,
        "funnel.undated": table.undated,
    }.get(address, table.total)
    rows = [row for row in table.rows if row.lineage_id == stage]
    part = rows[0].all if rows else total
    inputs = [
        InputShown(str(INPUTS["count"]), _whole(part.count), "count"),
        InputShown(str(INPUTS["amount"]), part.amount, "amount"),
    ]
    if rows:
        rate = rows[0].rate
        inputs.append(
            InputShown(str(INPUTS["rate"]), Figure(rate, None if rate else "no_rate"), "rate")
        )
    return [*inputs, InputShown(str(INPUTS["weighted"]), part.weighted, "amount")]


def _whole(count: int) -> Figure:
    return Figure(Fraction(count))


urlpatterns = [path("number/<str:address>/", number, name="number")]
