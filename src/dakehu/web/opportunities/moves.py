"""One verb, one dialog, one POST: advance, regress, win, lose, abandon, reopen, void, and more."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods

from dakehu.actions import opportunities as actions
from dakehu.actions.ledger import Correction
from dakehu.actions.opportunities import Outcome, Saved
from dakehu.core.errors import NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Way
from dakehu.core.money import to_minor
from dakehu.core.opportunities import ABANDON_REASONS, LOSS_REASONS, WIN_REASONS
from dakehu.http import SignedRequest, go, render_page, signed_in
from dakehu.queries import opportunities as queries
from dakehu.web.forms import AmountField, DayField, done, status_of
from dakehu.web.opportunities import wording
from dakehu.web.opportunities.edit import say_saved, seen_version

Shown = queries.OpportunityShown


class MoveForm(forms.Form):
    """What every verb may ask: the day, and why."""

    on = DayField(label=lazy("Day"), required=False)

    def __init__(self, data: Any, *, request: SignedRequest, page: Shown) -> None:
        super().__init__(data, initial={"on": request.today})
        self.page = page
        self.prepare(request)

    def prepare(self, request: SignedRequest) -> None:
        """Offer what there is to choose from."""


def _text(label: Any, *, required: bool, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=2000,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


_OVERRULE = lazy("Overrule the gate, because")


class AdvanceForm(MoveForm):
    """To which stage; a superior may overrule."""

    stage = forms.ChoiceField(label=lazy("To stage"))
    overrule = _text(_OVERRULE, required=False)

    def prepare(self, request: SignedRequest) -> None:
        place = [s.id for s in self.page.stages].index(self.page.here.id)
        later = [s for s in self.page.stages[place + 1 :] if not s.after_win]
        _offer(self, "stage", [(s.key, s.name) for s in later])
        if not self.page.may.overrule:
            del self.fields["overrule"]


class StageForm(forms.Form):
    """A move to a stage as it comes in: the action knows which stages there are."""

    on = DayField(required=False)
    stage = forms.CharField(max_length=50)
    overrule = forms.CharField(required=False, max_length=2000)


class RegressForm(MoveForm):
    """To which earlier stage, and why."""

    stage = forms.ChoiceField(label=lazy("To stage"))
    why = _text(lazy("Why"), required=True)

    def prepare(self, request: SignedRequest) -> None:
        place = [s.id for s in self.page.stages].index(self.page.here.id)
        earlier = reversed(self.page.stages[:place])
        _offer(self, "stage", [(s.key, s.name) for s in earlier])


class OutcomeForm(MoveForm):
    """How it ended, and why."""

    reasons: tuple[str, ...] = ()
    reason = forms.ChoiceField(label=lazy("Reason"))
    competitor = forms.CharField(
        label=lazy("Competitor"),
        max_length=120,
        required=False,
        help_text=lazy("Leave it empty where nobody knows."),
        widget=forms.TextInput(attrs={"list": "rivals", "autocomplete": "off"}),
    )
    text = _text(lazy("In words"), required=False)

    def prepare(self, request: SignedRequest) -> None:
        blank: list[tuple[object, object]] = [("", _("Choose a reason"))]
        _offer(self, "reason", blank + [(key, wording.REASONS[key]) for key in self.reasons])

    @property
    def outcome(self) -> Outcome:
        """Give what was said."""
        said = self.cleaned_data
        return Outcome(said["reason"], said["competitor"], said["text"])


class WinForm(OutcomeForm):
    """A win: why, against whom; a superior may overrule the gate."""

    reasons = WIN_REASONS
    overrule = _text(_OVERRULE, required=False)

    def prepare(self, request: SignedRequest) -> None:
        super().prepare(request)
        if not self.page.may.overrule:
            del self.fields["overrule"]


class LoseForm(OutcomeForm):
    """A loss: why, and to whom."""

    reasons = LOSS_REASONS


class AbandonForm(OutcomeForm):
    """Given up: why."""

    reasons = ABANDON_REASONS


class ReopenForm(MoveForm):
    """Opened again: why, and when it is expected to close."""

    why = _text(lazy("Why"), required=True)
    close_on = DayField(label=lazy("Expected close date"), required=False)

    def prepare(self, request: SignedRequest) -> None:
        self.initial["close_on"] = self.page.close_on


class TodayForm(MoveForm):
    """What is done today and on no other day (FUN-5)."""

    def prepare(self, request: SignedRequest) -> None:
        del self.fields["on"]


class VoidForm(TodayForm):
    """Voided: out of the funnel, why."""

    why = _text(lazy("Why"), required=False)


class ReassignForm(MoveForm):
    """To whom, and why."""

    owner = forms.TypedChoiceField(label=lazy("New owner"), coerce=int)
    why = _text(lazy("Why"), required=False)

    def prepare(self, request: SignedRequest) -> None:
        people = queries.owner_choices(
            viewer=request.viewer, opportunity_id=self.page.id, today=request.today
        )
        language = request.viewer.language
        _offer(self, "owner", [("", "—"), *((p.id, p.shown(language)) for p in people)])


class MethodForm(MoveForm):
    """To which method and which stage of it."""

    stage = forms.ChoiceField(label=lazy("Method and stage"))
    why = _text(lazy("Why"), required=False)
    overrule = _text(_OVERRULE, required=False)

    def prepare(self, request: SignedRequest) -> None:
        if not self.page.may.overrule:
            del self.fields["overrule"]
        groups: dict[str, list[tuple[str, str]]] = {}
        for stage in queries.choices(viewer=request.viewer).stages:
            if stage.version_id != self.page.method_version_id:
                option = (f"{stage.version_id}:{stage.key}", stage.name)
                groups.setdefault(stage.method, []).append(option)
        _offer(self, "stage", list(groups.items()))


class CorrectForm(MoveForm):
    """What was wrong with a movement: its day, its amount, or that it was posted at all."""

    amount = AmountField(label=lazy("Right amount"), required=False)
    drop = forms.BooleanField(label=lazy("It should not have been posted at all"), required=False)
    why = _text(lazy("Why"), required=True)


def _offer(form: forms.Form, name: str, options: list[Any]) -> None:
    form.fields[name].choices = options  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Verb:
    """A verb of an opportunity: its dialog and its action."""

    name: str
    title: str | Promise
    button: str | Promise
    done: str | Promise
    form: type[MoveForm]
    act: Callable[[SignedRequest, Shown, Any, Mapping[str, Any]], Saved]
    danger: bool = False


def _how(request: SignedRequest, page: Shown, said: Mapping[str, Any]) -> dict[str, Any]:
    """Give what every action is told: who, what, which version was seen, when, by which way."""
    return {
        "actor": request.viewer,
        "opportunity_id": page.id,
        "seen_version": seen_version(request),
        "on": said.get("on") or request.today,
        "today": request.today,
        "at": request.now,
        "way": Way.FORM,
    }


def _advance(request: SignedRequest, page: Shown, form: Any, said: Mapping[str, Any]) -> Saved:
    return actions.advance_opportunity(
        **_how(request, page, said),
        to_stage=said["stage"],
        overrule=said.get("overrule", ""),
    )


def _regress(request: SignedRequest, page: Shown, form: Any, said: Mapping[str, Any]) -> Saved:
    return actions.regress_opportunity(
        **_how(request, page, said), to_stage=said["stage"], why=said["why"]
    )


def _win(request: SignedRequest, page: Shown, form: Any, said: Mapping[str, Any]) -> Saved:
    return actions.win_opportunity(
        **_how(request, page, said),
        outcome=form.outcome,
        overrule=said.get("overrule", ""),
    )


def _lose(request: SignedRequest, page: Shown, form: Any, said: Mapping[str, Any]) -> Saved:
    return actions.lose_opportunity(**_how(request, page, said), outcome=form.outcome)


def _abandon(request: SignedRequest, page: Shown, form: Any, said: Mapping[str, Any]) -> Saved:
    return actions.abandon_opportunity(**_how(request, page, said), outcome=form.outcome)


def _reopen(request: SignedRequest, page: Shown, form: Any, said: Mapping[str, Any]) -> Saved:
    return actions.reopen_opportunity(
        **_how(request, page, said), why=said["why"], close_on=said["close_on"]
    )


def _void(request: SignedRequest, page: Shown, form: Any, said: Mapping[str, Any]) -> Saved:
    return actions.void_opportunity(**_how(request, page, said), why=said["why"])


def _restore(request: SignedRequest, page: Shown, form: Any, said: Mapping[str, Any]) -> Saved:
    return actions.restore_opportunity(**_how(request, page, said))


def _reassign(request: SignedRequest, page: Shown, form: Any, said: Mapping[str, Any]) -> Saved:
    return actions.reassign_opportunity(
        **_how(request, page, said), owner_id=said["owner"], why=said["why"]
    )


def _method(request: SignedRequest, page: Shown, form: Any, said: Mapping[str, Any]) -> Saved:
    version, _sep, stage = said["stage"].partition(":")
    return actions.move_opportunity_method(
        **_how(request, page, said),
        method_version_id=int(version),
        to_stage=stage,
        why=said["why"],
        overrule=said.get("overrule", ""),
    )


VERBS: dict[str, Verb] = {
    verb.name: verb
    for verb in (
        Verb(
            "advance", lazy("Advance"), lazy("Advance"), lazy("Advanced."), AdvanceForm, _advance
        ),
        Verb(
            "regress", lazy("Move back"), lazy("Move back"), lazy("Moved back."), RegressForm,
            _regress,
        ),
        Verb("win", lazy("Won"), lazy("Won"), lazy("Won. Congratulations!"), WinForm, _win),
        Verb("lose", lazy("Lost"), lazy("Lost"), lazy("Entered as lost."), LoseForm, _lose),
        Verb(
            "abandon", lazy("Abandon"), lazy("Abandon"), lazy("Abandoned."), AbandonForm, _abandon
        ),
        Verb("reopen", lazy("Reopen"), lazy("Reopen"), lazy("Reopened."), ReopenForm, _reopen),
        Verb(
            "void", lazy("Void"), lazy("Void"),
            lazy("Voided. It can be restored."), VoidForm, _void, danger=True,
        ),
        Verb("restore", lazy("Restore"), lazy("Restore"), lazy("Restored."), TodayForm, _restore),
        Verb(
            "reassign", lazy("Reassign"), lazy("Reassign"), lazy("Reassigned."), ReassignForm,
            _reassign,
        ),
        Verb(
            "move_method", lazy("Move to another method"), lazy("Move"),
            lazy("Moved to the other method."), MethodForm, _method,
        ),
    )
}  # fmt: skip


@signed_in
@require_http_methods(["GET", "POST"])
def opportunity_verb(request: SignedRequest, opportunity_id: int, verb: str) -> HttpResponse:
    """Show the dialog of a verb, and do it."""
    asked = VERBS.get(verb)
    if asked is None:
        raise NotFound("opportunity.unknown_verb", verb=verb[:40])
    if verb == "advance" and request.method == "POST" and _moved(request, opportunity_id):
        return go(request, "opportunity", opportunity_id)
    page = queries.opportunity(
        viewer=request.viewer, opportunity_id=opportunity_id, today=request.today
    )
    if not getattr(page.may, verb):
        raise _why_not(page, verb)
    data = request.POST if request.method == "POST" else None
    form = asked.form(data, request=request, page=page)
    if data is not None:
        saved = done(form, lambda said: asked.act(request, page, form, said))
        if saved is not None:
            say_saved(request, saved, str(asked.done))
            gone = verb == "void"
            return (
                go(request, "opportunities") if gone else go(request, "opportunity", opportunity_id)
            )
    missing = {"advance": page.missing_for_next, "win": page.missing_for_win}
    return render_page(
        request,
        "opportunities/verb.html",
        {
            "form": form,
            "page": page,
            "verb": asked,
            "missing": missing.get(verb, ()),
            "strict": page.gate.value != "advise",
            "loss_proof": page.loss_proof if verb == "lose" else (),
        },
        status=status_of(form),
    )


def _moved(request: SignedRequest, opportunity_id: int) -> bool:
    """Move a stage without reading the page first; what is refused is shown by the dialog."""

    def act(said: dict[str, Any]) -> Saved:
        return actions.advance_opportunity(
            actor=request.viewer,
            opportunity_id=opportunity_id,
            to_stage=said["stage"],
            overrule=said["overrule"],
            seen_version=seen_version(request),
            on=said["on"] or request.today,
            today=request.today,
            at=request.now,
            way=Way.FORM,
        )

    saved = done(StageForm(request.POST), act)
    if saved is not None:
        say_saved(request, saved, str(VERBS["advance"].done))
    return saved is not None


def _why_not(page: Shown, verb: str) -> NotAllowed | RuleBroken:
    """Tell what the state forbids from what the role forbids."""
    if verb == "reopen" and page.is_open:
        return RuleBroken("opportunity.already_open")
    if verb == "restore" and not page.voided:
        return RuleBroken("opportunity.not_voided")
    stateful = {"advance", "regress", "win", "lose", "abandon", "reassign", "move_method"}
    if verb in stateful and not page.is_open:
        return RuleBroken("opportunity.not_open", place=page.place.name.lower())
    permission = "opportunity.edit" if verb == "move_method" else f"opportunity.{verb}"
    return NotAllowed(permission)


@signed_in
@require_http_methods(["POST"])
def opportunity_undo(request: SignedRequest, opportunity_id: int) -> HttpResponse:
    """Take back the save that the page named."""
    try:
        correlation = UUID(request.POST.get("save", ""))
    except ValueError as error:
        raise NotFound("ledger.nothing_to_undo") from error
    saved = actions.undo_opportunity(
        actor=request.viewer,
        opportunity_id=opportunity_id,
        correlation_id=correlation,
        seen_version=seen_version(request),
        today=request.today,
        at=request.now,
    )
    say_saved(request, saved, _("Taken back."))
    return go(request, "opportunity", opportunity_id)


@signed_in
@require_http_methods(["GET", "POST"])
def opportunity_correct(
    request: SignedRequest, opportunity_id: int, movement_id: int
) -> HttpResponse:
    """Show the dialog that corrects a movement, and do it."""
    page = queries.opportunity(
        viewer=request.viewer, opportunity_id=opportunity_id, today=request.today
    )
    if not page.may.correct:
        raise NotAllowed("ledger.correct")
    event = next((e for e in page.history if e.id == movement_id and not e.reversed), None)
    if event is None:
        raise NotFound("ledger.no_movement", movement_id=movement_id)
    data = request.POST if request.method == "POST" else None
    form = CorrectForm(data, request=request, page=page)
    form.initial["on"] = event.on

    def act(said: dict[str, Any]) -> Saved:
        amount = said["amount"]
        return actions.correct_opportunity(
            actor=request.viewer,
            opportunity_id=opportunity_id,
            correction=Correction(
                movement_id=movement_id,
                on=None if said["on"] == event.on else said["on"],
                amount_minor=None if amount is None else to_minor(amount, page.digits),
                drop=said["drop"],
            ),
            why=said["why"],
            seen_version=seen_version(request),
            today=request.today,
            at=request.now,
            way=Way.FORM,
        )

    if data is not None:
        saved = done(form, act)
        if saved is not None:
            say_saved(request, saved, _("Corrected."))
            return go(request, "opportunity", opportunity_id)
    return render_page(
        request,
        "opportunities/correct.html",
        {"form": form, "page": page, "event": wording.told(event)},
        status=status_of(form),
    )
