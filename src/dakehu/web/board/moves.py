"""Moving a card: forward through the gate, back with a reason, to an outcome, to somebody else."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import reswap, retarget

from dakehu.actions import opportunities as actions
from dakehu.actions.opportunities import EditOpportunity, Saved
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.core.ledger import Category, Way
from dakehu.core.methods import WON
from dakehu.core.periods import parse_day
from dakehu.http import SignedRequest, layout_of, render_page, signed_in
from dakehu.messages import sentence
from dakehu.queries import board as boards
from dakehu.queries import opportunities as queries
from dakehu.queries.board import BoardQuestion, Card
from dakehu.queries.stages import StageInForce, version_in_force
from dakehu.web.board.answers import moved, overtaken, sheet, told
from dakehu.web.board.cells import OUTCOMES, outcome_name
from dakehu.web.board.forms import (
    OverruleForm,
    ProofAsked,
    WhyForm,
    keep_typed,
    proofs_asked,
    tick_what_came,
)
from dakehu.web.board.pages import question_of
from dakehu.web.forms import done
from dakehu.web.opportunities.edit import seen_version
from dakehu.web.opportunities.verb_forms import AbandonForm, LoseForm, OutcomeForm, WinForm


@dataclass(frozen=True, slots=True)
class Target:
    """Where a card shall go: to a stage, an outcome, an owner, a category, or a close month."""

    token: str
    stage: StageInForce | None = None
    outcome: str = ""
    owner_id: int | None = None
    category: Category | None = None
    month: date | None = None


@signed_in
@require_http_methods(["GET", "POST"])
def board_move(request: SignedRequest, opportunity_id: int) -> HttpResponse:
    """Offer where the card may go, and move it there; the dialog asks for what that needs."""
    question = question_of(request)
    card = boards.card(request.viewer, opportunity_id, today=request.today)
    if request.method == "GET" and not request.GET.get("to"):
        return sheet(request, question, card)
    said = request.POST if request.method == "POST" else request.GET
    if _is_stale(request, card) and "asked" not in request.POST:
        return overtaken(request, question, card)
    if not card.is_open:
        raise RuleBroken("opportunity.not_open", place=card.place.name.lower())
    target = _target(card, said.get("to", ""))
    try:
        return _answer(request, question, card, target)
    except Conflict as error:
        if error.code != "opportunity.changed":
            raise
        card = boards.card(request.viewer, opportunity_id, today=request.today)
        return overtaken(request, question, card)


def _is_stale(request: SignedRequest, card: Card) -> bool:
    """Test if somebody saved since the card was shown."""
    return request.method == "POST" and seen_version(request) not in (None, card.version)


@signed_in
@require_http_methods(["POST"])
def board_undo(request: SignedRequest, opportunity_id: int) -> HttpResponse:
    """Take back the move that a toast named."""
    question = question_of(request)
    try:
        correlation = UUID(request.POST.get("save", ""))
    except ValueError as error:
        raise NotFound("ledger.nothing_to_undo") from error
    try:
        actions.undo_opportunity(
            actor=request.viewer,
            opportunity_id=opportunity_id,
            correlation_id=correlation,
            seen_version=seen_version(request),
            today=request.today,
            at=request.now,
        )
    except Conflict as error:
        if error.code != "opportunity.changed":
            raise
        card = boards.card(request.viewer, opportunity_id, today=request.today)
        return overtaken(request, question, card)
    return moved(request, question, opportunity_id, None, _("Taken back."))


def _target(card: Card, token: str) -> Target:
    """Read where a card shall go. NotFound `board.no_column`."""
    kind, _dash, what = token.partition("-")
    if token in OUTCOMES:
        return Target(token, outcome=token)
    if kind == "stage":
        stage = version_in_force(card.method_version_id).by_key(what)
        if stage is None:
            raise RuleBroken("opportunity.stage_of_other_method")
        return Target(token, stage=stage)
    number = int(what) if what.isascii() and what.isdecimal() and len(what) < 18 else None
    if kind == "owner" and number is not None:
        return Target(token, owner_id=number)
    if kind == "category" and number in {int(c) for c in Category}:
        return Target(token, category=Category(number))
    if kind == "month" and what not in ("overdue", "later", "none"):
        return Target(token, month=parse_day(f"{what}-01"))
    raise NotFound("board.no_column", column=token[:40])


def _answer(
    request: SignedRequest, question: BoardQuestion, card: Card, target: Target
) -> HttpResponse:
    """Do what the target asks, or ask for what it needs."""
    if target.outcome:
        return _decide(request, question, card, target)
    if target.stage is not None:
        here = version_in_force(card.method_version_id).by_id(card.stage_id)
        if here is not None and target.stage.order < here.order:
            return _back(request, question, card, target)
        return _forward(request, question, card, target)
    if request.method == "GET":
        return sheet(request, question, card)
    if target.owner_id is not None:
        saved = actions.reassign_opportunity(owner_id=target.owner_id, **_how(request, card))
        return moved(request, question, card.id, saved, _("Reassigned."))
    edit = EditOpportunity()
    if target.category is not None:
        edit = EditOpportunity(category=target.category)
    elif target.month is not None:
        edit = EditOpportunity(close_on=boards.same_day_in(target.month, card.close_on))
    saved = actions.edit_opportunity(edit=edit, **_how(request, card))
    return moved(request, question, card.id, saved, _("Saved."))


def _how(request: SignedRequest, card: Card) -> dict[str, Any]:
    """Give what every action is told: who, what, which version was seen, when, by which way."""
    return {
        "actor": request.viewer,
        "opportunity_id": card.id,
        "seen_version": seen_version(request),
        "on": request.today,
        "today": request.today,
        "at": request.now,
        "way": Way.BOARD,
    }


def _forward(
    request: SignedRequest, question: BoardQuestion, card: Card, target: Target
) -> HttpResponse:
    """Advance; where the gate refuses, show what is missing and how to prove it."""
    assert target.stage is not None
    to = target.stage.key
    if not card.rights.advance:
        raise NotAllowed("opportunity.advance")
    refused = ""
    # First as it stands: most moves ask nothing.
    if request.method == "POST" and "asked" not in request.POST and not card.rights.overrules:
        try:
            saved = actions.advance_opportunity(to_stage=to, **_how(request, card))
        except RuleBroken as error:
            if not error.code.startswith("gate."):
                raise
            refused = sentence(error)
        else:
            return moved(request, question, card.id, saved, _("Advanced."))
    page = _page(request, card)
    form = OverruleForm(request.POST if "asked" in request.POST else None, page=page)
    return _gated(
        request, question, card, target, page=page, form=form, to=to,
        words=_("Advanced."), refused=refused,
        act=lambda said: actions.advance_opportunity(
            to_stage=to, overrule=said.get("overrule", ""), **_how(request, card)
        ),
    )  # fmt: skip


def _back(
    request: SignedRequest, question: BoardQuestion, card: Card, target: Target
) -> HttpResponse:
    """Move back: it asks why."""
    assert target.stage is not None
    key = target.stage.key
    if not card.rights.regress:
        raise NotAllowed("opportunity.regress")
    page = _page(request, card)
    form = WhyForm(request.POST if "asked" in request.POST else None)
    return _gated(
        request, question, card, target, page=page, form=form, to=None,
        words=_("Moved back."),
        act=lambda said: actions.regress_opportunity(
            to_stage=key, why=said["why"], **_how(request, card)
        ),
    )  # fmt: skip


def _decide(
    request: SignedRequest, question: BoardQuestion, card: Card, target: Target
) -> HttpResponse:
    """Close as won, lost or abandoned: it asks for the reason, a win for its evidence too."""
    rights = {
        "won": card.rights.win, "lost": card.rights.lose, "abandoned": card.rights.abandon,
    }  # fmt: skip
    verbs = {"won": "win", "lost": "lose", "abandoned": "abandon"}
    if not rights[target.outcome]:
        raise NotAllowed(f"opportunity.{verbs[target.outcome]}")
    page = _page(request, card)
    kinds: dict[str, type[OutcomeForm]] = {
        "won": WinForm, "lost": LoseForm, "abandoned": AbandonForm,
    }  # fmt: skip
    data = request.POST if "asked" in request.POST else None
    form = kinds[target.outcome](data, request=request, page=page)
    del form.fields["on"]

    def act(said: dict[str, Any]) -> Saved:
        how = {**_how(request, card), "outcome": form.outcome}
        match target.outcome:
            case "won":
                return actions.win_opportunity(overrule=said.get("overrule", ""), **how)
            case "lost":
                return actions.lose_opportunity(**how)
            case _:
                return actions.abandon_opportunity(**how)

    words = {
        "won": _("Won. Congratulations!"),
        "lost": _("Entered as lost."),
        "abandoned": _("Abandoned."),
    }[target.outcome]
    to = WON if target.outcome == "won" else None
    return _gated(
        request, question, card, target, page=page, form=form, to=to, words=words, act=act
    )


def _page(request: SignedRequest, card: Card) -> queries.OpportunityShown:
    return queries.opportunity(viewer=request.viewer, opportunity_id=card.id, today=request.today)


def _gated(
    request: SignedRequest,
    question: BoardQuestion,
    card: Card,
    target: Target,
    *,
    page: queries.OpportunityShown,
    form: Any,
    to: str | None,
    words: str,
    act: Callable[[dict[str, Any]], Saved],
    refused: str = "",
) -> HttpResponse:
    """Tick what came with the form, then move; show the dialog where something is still needed."""
    missing = proofs_asked(page, to) if to is not None else []
    if _is_stale(request, card):
        # What was typed stays in the dialog, which now knows the present version.
        keep_typed(request, missing)
        form.full_clean()
        form.add_error(None, told(request, card))
    elif form.is_bound:
        # Evidence is kept before and apart from the move: a reason that lacks loses no file.
        if missing and page.may.tick:
            missing = tick_what_came(request, page, missing)
        if form.is_valid() and not any(item.error for item in missing):
            saved = done(form, act)
            if saved is not None:
                return moved(request, question, card.id, saved, words)
    return _dialog(request, card, target, page=page, form=form, missing=missing, refused=refused)


def _dialog(
    request: SignedRequest,
    card: Card,
    target: Target,
    *,
    page: queries.OpportunityShown,
    form: Any,
    missing: list[ProofAsked],
    refused: str,
) -> HttpResponse:
    """Show what the move needs, in the dialog or as a page."""
    wrong = bool(form.errors) or any(item.error for item in missing)
    waits = page.gate.value == "validate" and all(item.advised for item in missing)
    if form.fields and not form.errors and not (missing and page.may.tick):
        next(iter(form.fields.values())).widget.attrs["autofocus"] = True
    # A card that was dropped asks for no dialog, and is answered with one.
    dropped = request.htmx and request.htmx.target != "dialog-content"
    response = render_page(
        request,
        "board/ask.html",
        {
            "layout": "layouts/dialog.html" if dropped else layout_of(request),
            "page": page,
            "card": card,
            "form": form,
            "missing": missing,
            "to": target.token,
            "to_name": outcome_name(target.outcome)
            if target.outcome
            else target.stage.name(request.viewer.language)
            if target.stage
            else "",
            "from_name": page.here.name,
            "query": request.GET.urlencode(),
            "gate": page.gate.value,
            # What is missing is in the list already.
            "refused": "" if missing else refused,
            "request_url": reverse("request_create", args=[card.id]) if waits else "",
            "request_verb": "win" if target.outcome == "won" else "advance",
            "request_stage": target.stage.key if target.stage else "",
        },
        status=422 if form.is_bound and wrong else 200,
    )
    if dropped:
        response = retarget(reswap(response, "innerHTML"), "#dialog-content")
    return response
