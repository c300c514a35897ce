"""Health of the funnel: its card, its table, and the norms that a unit's head enters (FUN-7)."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django import forms
from django.http import HttpResponse, QueryDict
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_safe

from dakehu.actions.norms import StageNorm, set_norms
from dakehu.core.errors import NotAllowed
from dakehu.core.health import Measure, StageHealth
from dakehu.core.money import from_minor
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.http.frame import layout_of
from dakehu.queries.funnel import MethodLabel, StageLabel
from dakehu.queries.health import EnteredNorm, FunnelHealth, funnel_health, norms_in_force
from dakehu.web.forms import AmountField, DayField, done, status_of
from dakehu.web.funnel import asked_of, whose

LIGHTS = {"excellent": "good", "good": "watch", "warning": "act"}
WORDS = {
    "excellent": lazy("excellent"),
    "good": lazy("good, watch"),
    "warning": lazy("warning"),
}


@dataclass(frozen=True, slots=True)
class HealthRow:
    """One stage as the table shows it."""

    key: str
    name: str
    health: StageHealth
    light: str
    word: str

    @property
    def head(self) -> Measure | None:
        """Give the side that heads the row."""
        return self.health.worse

    @property
    def by_amount(self) -> bool:
        """Test if the amount heads the row."""
        return self.health.worse is self.health.amount


@dataclass(frozen=True, slots=True)
class Tally:
    """How many stages have a verdict."""

    light: str
    word: str
    count: int


def health_rows(found: FunnelHealth, language: str) -> list[HealthRow]:
    """Give the lines of the table in the order of the stages."""
    names = {stage.lineage_id: stage for stage in found.method.open_stages}
    rows = []
    for health in found.stages:
        label, verdict = names[health.lineage_id], health.verdict
        rows.append(
            HealthRow(
                label.key,
                stage_name(label, language),
                health,
                LIGHTS[verdict] if verdict else "idle",
                str(WORDS[verdict]) if verdict else "",
            )
        )
    return rows


def stage_name(label: StageLabel, language: str) -> str:
    """Name a stage in the reader's language."""
    first, second = (label.name_en, label.name_zh)
    if language != "en":
        first, second = second, first
    return first or second


@signed_in
@require_safe
def health(request: SignedRequest) -> HttpResponse:
    """Show the health of every stage: a part of the funnel page, or a page of its own."""
    asked = asked_of(request)
    found = funnel_health(
        request.viewer,
        question=asked.question,
        today=request.today,
        method_key=asked.method_key,
    )
    rows = health_rows(found, request.viewer.language) if found else []
    amounts = [row.health.amount.current or 0 for row in rows]
    measured = [row for row in rows if row.head is not None and row.head.ratio is not None]
    worst = min(measured, key=lambda row: (row.head.ratio or 0) if row.head else 0, default=None)
    return render_page(
        request,
        "funnel/health.html",
        {
            "whose": whose(request, asked, found.method if found else None),
            "found": found,
            "question": asked.question,
            "rows": rows,
            "tallies": _tallies(rows),
            "unmeasured": len(rows) - len(measured),
            "worst": worst if worst is not None and worst.health.verdict != "excellent" else None,
            "largest_figure": max(amounts, default=Fraction(0)),
            "is_part": layout_of(request) == "layouts/part.html",
        },
    )


def _tallies(rows: list[HealthRow]) -> list[Tally]:
    return [
        Tally(LIGHTS[verdict], str(word), count)
        for verdict, word in WORDS.items()
        if (count := sum(row.health.verdict == verdict for row in rows))
    ]


class NormForm(forms.Form):
    """Count and amount for each stage, and the day from which they hold."""

    on = DayField(label=lazy("In force from"))
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self, data: QueryDict | None, *, method: MethodLabel, digits: int, **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        self.stages = method.open_stages
        for stage in self.stages:
            self.fields[f"count_{stage.key}"] = forms.IntegerField(
                label=_("Opportunities"), required=False, min_value=0
            )
            self.fields[f"amount_{stage.key}"] = AmountField(
                label=_("Amount"), required=False, digits=digits
            )

    def norms(self) -> list[StageNorm]:
        """Give what was typed, stage by stage; an emptied field takes that side back."""
        said = self.cleaned_data
        return [
            StageNorm(s.lineage_id, said[f"count_{s.key}"], said[f"amount_{s.key}"])
            for s in self.stages
        ]


@signed_in
@require_http_methods(["GET", "POST"])
def norms(request: SignedRequest) -> HttpResponse:
    """Enter the norms of a unit, until there is a year of history."""
    asked, viewer, org = asked_of(request), request.viewer, request.organisation
    found = funnel_health(
        viewer, question=asked.question, today=request.today, method_key=asked.method_key
    )
    unit_id = asked.question.unit_id
    if found is None or unit_id is None or not found.may_set:
        raise NotAllowed("norm.set")
    method = found.method
    stages = [stage.lineage_id for stage in method.open_stages]
    held = norms_in_force(viewer, unit_id=unit_id, stages=stages, on=request.today)
    form = NormForm(
        request.POST if request.method == "POST" else None,
        method=method,
        digits=org.base_digits,
        initial=_initial(method, held, org.base_digits)
        | {"on": request.today.isoformat(), "seen": max((n.id for n in held.values()), default=0)},
    )

    def save(said: dict[str, Any]) -> bool:
        set_norms(
            actor=viewer,
            unit_id=unit_id,
            norms=form.norms(),
            on=said["on"],
            today=request.today,
            at=request.now,
            seen_id=said["seen"],
        )
        return True

    if request.method == "POST" and done(form, save):
        toast(request, _("The norms are set."))
        return go(request, "funnel", query=request.GET.urlencode())
    return render_page(
        request,
        "funnel/norms.html",
        {
            "form": form,
            "rows": [
                {
                    "name": stage_name(stage, viewer.language),
                    "cells": [form[f"count_{stage.key}"], form[f"amount_{stage.key}"]],
                }
                for stage in method.open_stages
            ],
            "unit": asked.units.names[unit_id].name(viewer.language),
            "currency": org.base_currency,
            "has_history": found.has_history,
        },
        status=status_of(form),
    )


def _initial(method: MethodLabel, held: dict[int, EnteredNorm], digits: int) -> dict[str, Any]:
    initial: dict[str, Any] = {}
    for stage in method.open_stages:
        norm = held.get(stage.lineage_id)
        if norm is None:
            continue
        initial[f"count_{stage.key}"] = norm.count
        if norm.amount_minor is not None:
            amount: Decimal = from_minor(norm.amount_minor, digits)
            initial[f"amount_{stage.key}"] = f"{amount:f}"
    return initial


urlpatterns = [
    path("funnel/health/", health, name="funnel_health"),
    path("funnel/norms/", norms, name="funnel_norms"),
]
