"""Speed of the funnel: conversion, median days, calibrated rates, leakage, ageing (FUN-9)."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from dakehu.core.funnel import Figure
from dakehu.core.speed import StageSpeed
from dakehu.http import SignedRequest, render_page, signed_in
from dakehu.http.frame import layout_of
from dakehu.queries.ageing import slow_opportunities
from dakehu.queries.funnel import MethodLabel, method_labels
from dakehu.queries.health import method_asked
from dakehu.queries.leaks import LEAK_BYS, LEAK_KINDS, Leak, LeakBy, Leaks, leaks
from dakehu.queries.rates import DatedRate, calibrated_on, win_rates
from dakehu.queries.speed import FunnelSpeed, funnel_speed
from dakehu.web.forms import whole_in_url
from dakehu.web.funnel import Asked, asked_of, whose
from dakehu.web.health import stage_name

BYS = {
    "stage": lazy("Stage"),
    "unit": lazy("Unit"),
    "owner": lazy("Owner"),
    "product": lazy("Product"),
    "rival": lazy("Competitor"),
}
NOTHING = StageSpeed(0, 0, 0, 0, None)


@dataclass(frozen=True, slots=True)
class SpeedRow:
    """One stage as the table shows it."""

    key: str
    name: str
    speed: StageSpeed
    method_bp: int | None
    calibrated: DatedRate | None


def method_of(asked: Asked) -> MethodLabel | None:
    """Give the method of the URL, else the unit's, else the first."""
    return method_asked(method_labels(), asked.units, asked.question, asked.method_key, ())


def speed_rows(
    request: SignedRequest, asked: Asked, method: MethodLabel | None
) -> tuple[FunnelSpeed, list[SpeedRow]]:
    """Give the lines of the table in the order of the stages."""
    found = funnel_speed(request.viewer, question=asked.question, today=request.today)
    on, known_at = asked.question.on, asked.question.known_at
    method_bp, calibrated = win_rates().on(on, known_at), calibrated_on(on)
    rows = [
        SpeedRow(
            stage.key,
            stage_name(stage, request.viewer.language),
            found.stages.get(stage.lineage_id, NOTHING),
            method_bp.get(stage.lineage_id),
            calibrated.get(stage.lineage_id),
        )
        for stage in (method.open_stages if method else ())
    ]
    return found, rows


@signed_in
@require_safe
def speed(request: SignedRequest) -> HttpResponse:
    """Show conversion, median days and calibrated rates: a part of the funnel page, or a page."""
    asked = asked_of(request)
    method = method_of(asked)
    found, rows = speed_rows(request, asked, method)
    return render_page(
        request,
        "funnel/speed.html",
        {
            "whose": whose(request, asked, method, with_period=False),
            "found": found,
            "rows": rows,
            "method": method,
            "weight": request.organisation.calibration_weight,
            "is_calibrated": request.organisation.win_rate_kind == "calibrated",
            "is_part": layout_of(request) == "layouts/part.html",
        },
    )


@dataclass(frozen=True, slots=True)
class LeakCell:
    """A leak of one kind."""

    kind: str
    leak: Leak


@dataclass(frozen=True, slots=True)
class LeakShown:
    """One line of the table of leaks: what it is called, and its figures by kind in order."""

    key: str
    name: str
    cells: list["LeakCell"]
    total: Figure


def by_of(request: SignedRequest) -> LeakBy:
    """Read by what leaks are told apart; anything else is by stage."""
    asked = request.GET.get("by", "")
    return next((by for by in LEAK_BYS if by == asked), "stage")


@signed_in
@require_safe
def leakage(request: SignedRequest) -> HttpResponse:
    """Show where value leaks: by stage, unit, owner, product or competitor."""
    asked = asked_of(request)
    method = method_of(asked)
    by = by_of(request)
    stages = [stage.lineage_id for stage in method.stages] if method else []
    found = leaks(
        request.viewer, question=asked.question, today=request.today, by=by, stages=stages
    )
    rows = leaks_shown(found, method, request.viewer.language)
    return render_page(
        request,
        "funnel/leaks.html",
        {
            "whose": whose(request, asked, method, with_period=False),
            "found": found,
            "rows": rows,
            "total": [LeakCell(kind, found.total.kinds[kind]) for kind in LEAK_KINDS],
            "bys": BYS.items(),
            "by": by,
            "method": method,
            "largest_figure": max((row.total.value or 0 for row in found.rows), default=0),
        },
    )


def leaks_shown(found: Leaks, method: MethodLabel | None, language: str) -> list[LeakShown]:
    """Word the rows: stages by the method, and what has no product or competitor."""
    names: dict[object, str] = {
        stage.lineage_id: stage_name(stage, language) for stage in (method.stages if method else ())
    }
    nameless = {
        "product": _("no product"),
        "rival": _("no competitor known"),
    }.get(found.by, "")
    return [
        LeakShown(
            "" if row.key is None else str(row.key),
            names.get(row.key, "")
            if found.by == "stage"
            else nameless
            if row.key is None
            else row.name,
            [LeakCell(kind, row.kinds[kind]) for kind in LEAK_KINDS],
            row.total,
        )
        for row in found.rows
    ]


@signed_in
@require_safe
def ageing(request: SignedRequest) -> HttpResponse:
    """List the open opportunities that stand at their stage for 1.5 × its median or longer."""
    asked = asked_of(request)
    method = method_of(asked)
    found, rows = speed_rows(request, asked, method)
    names = {
        stage.lineage_id: stage_name(stage, request.viewer.language)
        for stage in (method.open_stages if method else ())
    }
    medians = {stage: found.stages[stage].median_days for stage in names if stage in found.stages}
    keys = {stage.lineage_id: stage.key for stage in (method.open_stages if method else ())}
    slow = slow_opportunities(
        request.viewer,
        question=asked.question,
        today=request.today,
        medians=medians,
        offset=whole_in_url(request.GET.get("offset", "")) or 0,
    )
    return render_page(
        request,
        "funnel/ageing.html",
        {
            "whose": whose(request, asked, method, with_period=False),
            "slow": slow,
            "rows": [(row, names[row.stage_id], keys[row.stage_id]) for row in slow.rows],
            "has_medians": any(row.speed.median_days is not None for row in rows),
            "method": method,
            "is_part": layout_of(request) == "layouts/part.html",
        },
    )


urlpatterns = [
    path("funnel/speed/", speed, name="funnel_speed"),
    path("funnel/leaks/", leakage, name="funnel_leaks"),
    path("funnel/ageing/", ageing, name="funnel_ageing"),
]
