"""One verb, one dialog, one POST: advance, regress, win, lose, abandon, reopen, void, and more."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods

from dakehu.actions import opportunities as actions
from dakehu.actions.ledger import Correction
from dakehu.actions.opportunities import Saved
from dakehu.core.errors import NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Place, Way
from dakehu.core.methods import WON
from dakehu.core.money import to_minor
from dakehu.core.past import KEPT
from dakehu.core.validations import MOST_NOTE
from dakehu.http import SignedRequest, go, render_page, signed_in
from dakehu.queries import opportunities as queries
from dakehu.queries.validations import GateAhead, Validation, gates_ahead, validation_of
from dakehu.web.forms import done, status_of
from dakehu.web.opportunities import wording
from dakehu.web.opportunities.edit import say_saved, seen_version
from dakehu.web.opportunities.verb_forms import (
    AbandonForm,
    AdvanceForm,
    CorrectForm,
    LoseForm,
    MethodForm,
    MoveForm,
    ReassignForm,
    RegressForm,
    ReopenForm,
    Shown,
    StageForm,
    TodayForm,
    VoidForm,
    WinForm,
)
from dakehu.web.undoing import staying, toast_with_undo


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
            "void", lazy("Void"), lazy("Void"), lazy("The opportunity is voided."), VoidForm,
            _void, danger=True,
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


#: What is said where there is no stage left to go to.
_AT_THE_END = {"advance": "opportunity.at_last_stage", "regress": "opportunity.at_first_stage"}


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
    if verb in _AT_THE_END and not form.fields["stage"].choices:  # type: ignore[attr-defined]
        raise RuleBroken(_AT_THE_END[verb])
    unconfirmed: list[str] = []
    if data is not None:
        saved = done(form, lambda said: _act(asked, request, page, form, said, unconfirmed))
        if saved is not None:
            if verb == "void":
                undo = reverse("bin_restore", args=["opportunity", opportunity_id])
                toast_with_undo(request, str(asked.done), undo)
                return go(request, "opportunities")
            say_saved(request, saved, str(asked.done), undo=verb != "restore")
            return go(request, "opportunity", opportunity_id)
    return show_verb(request, page, asked, form, unconfirmed=tuple(unconfirmed))


def _act(
    asked: Verb,
    request: SignedRequest,
    page: Shown,
    form: MoveForm,
    said: Mapping[str, Any],
    unconfirmed: list[str],
) -> Saved:
    """Do what the verb says, and remember what only waits for a superior."""
    try:
        return asked.act(request, page, form, said)
    except RuleBroken as refused:
        if refused.code == "gate.validation_needed":
            unconfirmed.extend(refused.facts["items"])
        raise


def show_verb(
    request: SignedRequest,
    page: Shown,
    asked: Verb,
    form: MoveForm,
    *,
    unconfirmed: tuple[str, ...] = (),
    note: str = "",
) -> HttpResponse:
    """Show the dialog of a verb; where evidence is only unconfirmed it offers to ask for it."""
    validation = validation_of(request.viewer, page=page, today=request.today)
    gates = _gates(request, page, asked, validation, unconfirmed)
    chosen = form["stage"].value() if asked.name == "advance" else ""
    gate = next((gate for gate in gates if gate.to == chosen), gates[0] if gates else None)
    return render_page(
        request,
        "opportunities/verb.html",
        {
            "form": form,
            "page": page,
            "verb": asked,
            "gates": gates,
            "gate": gate,
            "strict": page.gate.value != "advise",
            "loss_proof": page.loss_proof if asked.name == "lose" else (),
            "validation": validation,
            "note": note,
            "most_note": MOST_NOTE,
            **(_before_voiding(request, page) if asked.name == "void" else {}),
        },
        status=status_of(form),
    )


def _before_voiding(request: SignedRequest, page: Shown) -> dict[str, Any]:
    """Give what is said before an opportunity goes: what hangs on it, how it comes back."""
    hangs = queries.opportunity_consequences(viewer=request.viewer, opportunity=page)
    return {"hangs": hangs, "days": KEPT.days}


def _gates(
    request: SignedRequest,
    page: Shown,
    asked: Verb,
    validation: Validation,
    unconfirmed: tuple[str, ...],
) -> tuple[GateAhead, ...]:
    """Give what stands before the move, of each stage that it may lead to."""
    if asked.name == "advance":
        return gates_ahead(request.viewer, page=page)
    if asked.name == "win":
        missing = page.missing_for_win
        return (GateAhead(WON, missing, () if missing else unconfirmed or validation.for_win),)
    return (GateAhead("", (), unconfirmed),)


def _moved(request: SignedRequest, opportunity_id: int) -> bool:
    """Move a stage without reading the page first; what is refused is shown by the dialog."""

    def act(said: dict[str, Any]) -> Saved | None:
        try:
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
        except NotAllowed as error:
            # A superior gave no reason: the dialog asks for it.
            if error.code != "opportunity.advance" or said["overrule"]:
                raise
            return None

    saved = done(StageForm(request.POST), act)
    if saved is not None:
        say_saved(request, saved, str(VERBS["advance"].done), undo=True)
    return saved is not None


def _why_not(page: Shown, verb: str) -> NotAllowed | RuleBroken:
    """Tell what the state forbids from what the role forbids."""
    if verb == "reopen" and page.is_open:
        return RuleBroken("opportunity.already_open")
    if verb == "restore" and not page.voided:
        return RuleBroken("opportunity.not_voided")
    if verb == "void" and page.place is Place.WON and not page.voided:
        return RuleBroken("opportunity.void_won")
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
    return staying(request) or go(request, "opportunity", opportunity_id)


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
