"""Sales methods as pages: the list, each method to be read, its win rates, its gate, its copy."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST, require_safe

from dakehu.actions import methods as actions
from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed
from dakehu.core.methods import GateMode, Words
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.queries import methods as queries
from dakehu.web.forms import DayField, PercentField, done, percent_typed, status_of

#: How strictly a gate asks, and what that means for the salesperson (FUN-3).
GATES: dict[GateMode, tuple[str | Promise, str | Promise]] = {
    GateMode.ADVISE: (
        lazy("Advise"),
        lazy("A move without its evidence is done, with a warning that stays visible."),
    ),
    GateMode.REQUIRE: (
        lazy("Require"),
        lazy("A move without its evidence is refused, saying what is missing."),
    ),
    GateMode.VALIDATE: (
        lazy("Validate"),
        lazy("The manager marks each item; the move waits until then."),
    ),
}


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A labelled text of a stage."""

    label: str
    text: str


@dataclass(frozen=True)
class StageShown:
    """A stage in the reader's language."""

    id: int
    number: int
    key: str
    name: str
    buyer: str
    seller: str
    rate: queries.Rate | None
    rate_by: str
    older_rates: tuple[tuple[queries.Rate, str], ...]
    #: Name, and whether it is only advised.
    evidence: tuple[tuple[str, bool], ...]
    paragraphs: tuple[Paragraph, ...]
    good_habit: str
    bad_habit: str
    review_question: str
    after_win: bool
    is_signing: bool
    is_winning: bool


class RatesForm(forms.Form):
    """Win rates of the stages of one method, in force from one day."""

    on = DayField(label=lazy("In force from"))

    def __init__(
        self,
        data: Any,
        *,
        stages: tuple[queries.StageOnPage, ...],
        language: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        self.stages = stages
        for stage in stages:
            self.fields[f"rate_{stage.id}"] = PercentField(
                label=stage.spec.name.in_language(language),
                required=False,
                initial=percent_typed(stage.rate.rate_bp if stage.rate else None),
            )

    def changed_rates(self) -> dict[int, int]:
        """Give the rates that differ from what is in force; an emptied field changes nothing."""
        typed = {s.id: self.cleaned_data[f"rate_{s.id}"] for s in self.stages}
        held = {s.id: s.rate.rate_bp if s.rate else None for s in self.stages}
        return {s: bp for s, bp in typed.items() if bp is not None and bp != held[s]}


class GateForm(forms.Form):
    """How strictly the method asks for evidence."""

    gate = forms.ChoiceField(
        label=lazy("Gate"),
        choices=[(mode.value, words[0]) for mode, words in GATES.items()],
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)


class CopyForm(forms.Form):
    """A copy under another key and name."""

    name_zh = forms.CharField(label=lazy("Name in Chinese"), max_length=120, required=False)
    name_en = forms.CharField(label=lazy("Name in English"), max_length=120, required=False)
    key = forms.CharField(
        label=lazy("Key"),
        max_length=50,
        help_text=lazy("Lower-case letters, digits and hyphens; used in files and commands."),
    )


@signed_in
@require_safe
def method_list(request: SignedRequest) -> HttpResponse:
    """Show the methods in use."""
    rows = queries.methods(viewer=request.viewer, today=request.today)
    shown = [{"row": row, "gate": GATES[row.gate][0]} for row in rows]
    return render_page(request, "methods/list.html", {"methods": shown})


@signed_in
@require_safe
def method_page(request: SignedRequest, method_id: int) -> HttpResponse:
    """Show one version of a method: the current one, or ?version=N."""
    version = request.GET.get("version", "")
    number = int(version) if version.isdecimal() and len(version) < 6 else None
    page = queries.method(
        viewer=request.viewer, method_id=method_id, today=request.today, number=number
    )
    return _shown(request, page, GateForm(initial=_gate_now(page)))


@signed_in
def method_rates(request: SignedRequest, method_id: int) -> HttpResponse:
    """Edit the win rates of the current version's stages."""
    page = _editable(request, method_id)
    form = RatesForm(
        request.POST if request.method == "POST" else None,
        stages=page.stages,
        language=request.viewer.language,
        initial={"on": request.today},
    )

    def save(cleaned: dict[str, Any]) -> int:
        changed = form.changed_rates()
        actions.set_win_rates(
            actor=request.viewer, rates_bp=changed, on=cleaned["on"], at=request.now
        )
        return len(changed)

    saved = done(form, save)
    if saved is not None:
        toast(request, _("Win rates are set."))
        return go(request, "method", method_id)
    stages = _stages(page, request.viewer)
    rows = [(stage, form[f"rate_{stage.id}"]) for stage in stages]
    return render_page(
        request,
        "methods/rates.html",
        {"page": page, "form": form, "rows": rows},
        status=status_of(form),
    )


@signed_in
@require_POST
def method_gate(request: SignedRequest, method_id: int) -> HttpResponse:
    """Change the gate: a new version of the method."""
    form = GateForm(request.POST)

    def save(cleaned: dict[str, Any]) -> actions.Installed:
        return actions.change_method(
            actor=request.viewer,
            method_id=method_id,
            seen_number=cleaned["seen"],
            gate=GateMode(cleaned["gate"]),
            at=request.now,
        )

    if done(form, save) is not None:
        toast(request, _("The gate is changed in a new version of the method."))
        return go(request, "method", method_id)
    page = queries.method(viewer=request.viewer, method_id=method_id, today=request.today)
    return _shown(request, page, form)


@signed_in
def method_copy(request: SignedRequest, method_id: int) -> HttpResponse:
    """Copy a method under another key."""
    page = _editable(request, method_id)
    form = CopyForm(
        request.POST if request.method == "POST" else None,
        initial={"name_zh": page.spec.name.zh, "name_en": page.spec.name.en},
    )

    def save(cleaned: dict[str, Any]) -> actions.Installed:
        return actions.copy_method(
            actor=request.viewer,
            method_id=method_id,
            key=cleaned["key"],
            name=Words(cleaned["name_zh"], cleaned["name_en"]),
            today=request.today,
            at=request.now,
        )

    made = done(form, save)
    if made is not None:
        toast(request, _("The method is copied."))
        return go(request, "method", made.method_id)
    return render_page(
        request,
        "methods/copy.html",
        {"page": page, "form": form},
        status=status_of(form),
    )


def _editable(request: SignedRequest, method_id: int) -> queries.MethodPage:
    page = queries.method(viewer=request.viewer, method_id=method_id, today=request.today)
    if not page.may_edit:
        raise NotAllowed("method.edit")
    return page


def _gate_now(page: queries.MethodPage) -> dict[str, object]:
    return {"gate": page.version.gate.value, "seen": page.version.number}


def _shown(request: SignedRequest, page: queries.MethodPage, gate_form: GateForm) -> HttpResponse:
    language = request.viewer.language
    cycle = [choice.name.in_language(language) for choice in page.spec.buyer_cycle]
    standings = [choice.name.in_language(language) for choice in page.spec.standings]
    facts = {
        "page": page,
        "note": page.spec.note.in_language(language) if page.spec.note else "",
        "stages": _stages(page, request.viewer),
        "gate": GATES[page.version.gate],
        "cycle": cycle,
        "standings": standings,
        "versions": [(v, GATES[v.gate][0]) for v in page.versions],
        "gate_form": gate_form,
    }
    return render_page(request, "methods/page.html", facts, status=status_of(gate_form))


def _stages(page: queries.MethodPage, viewer: Viewer) -> list[StageShown]:
    return [
        _stage(number, stage, viewer.language) for number, stage in enumerate(page.stages, start=1)
    ]


def _stage(number: int, stage: queries.StageOnPage, language: str) -> StageShown:
    spec = stage.spec

    def words(value: Words | None) -> str:
        return value.in_language(language) if value else ""

    def who(rate: queries.Rate | None) -> str:
        return rate.set_by.shown(language) if rate and rate.set_by else ""

    labelled = (
        (_("Purpose"), words(spec.purpose)),
        (_("Tasks and duties"), words(spec.tasks)),
        (_("Ends when"), words(spec.milestone)),
        (_("Action"), words(spec.action)),
        (_("Value statement"), words(spec.value_statement)),
        (_("Aim"), words(spec.aim.name if spec.aim else None)),
        (
            _("Relationship expected"),
            words(spec.relationship.name if spec.relationship else None),
        ),
    )
    older = [r for r in stage.rate_history if stage.rate is None or r != stage.rate]
    return StageShown(
        id=stage.id,
        number=number,
        key=spec.key,
        name=words(spec.name),
        buyer=words(spec.buyer),
        seller=words(spec.seller),
        rate=stage.rate,
        rate_by=who(stage.rate),
        older_rates=tuple((rate, who(rate)) for rate in older),
        evidence=tuple((item.name.in_language(language), item.advised) for item in spec.evidence),
        paragraphs=tuple(Paragraph(label, text) for label, text in labelled if text),
        good_habit=words(spec.good_habit),
        bad_habit=words(spec.bad_habit),
        review_question=words(spec.review_question),
        after_win=stage.after_win,
        is_signing=stage.is_signing,
        is_winning=stage.is_winning,
    )
