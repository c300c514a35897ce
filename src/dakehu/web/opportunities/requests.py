"""Asking a superior for a move whose evidence is ticked but not confirmed, and taking it back."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dakehu.actions.validations import AskedMove, request_move, withdraw_request
from dakehu.core.errors import RuleBroken
from dakehu.core.ledger import Way
from dakehu.core.validations import VERBS as ASKED
from dakehu.http import SignedRequest, go, layout_of, render_page, signed_in, toast
from dakehu.queries import opportunities as queries
from dakehu.queries.validations import validation_of
from dakehu.web.forms import done
from dakehu.web.opportunities.edit import seen_version
from dakehu.web.opportunities.moves import VERBS, show_verb
from dakehu.web.opportunities.verb_forms import Shown


@signed_in
@require_POST
def request_create(request: SignedRequest, opportunity_id: int) -> HttpResponse:
    """Ask for the move of `verb`; what is wrong is shown by the dialog of that verb.

    A part of a page (the board) is answered with the notice that says who is asked since when.
    """
    page = queries.opportunity(
        viewer=request.viewer, opportunity_id=opportunity_id, today=request.today
    )
    verb = request.POST.get("verb", "")
    if verb not in ASKED:
        raise RuleBroken("request.unknown_verb", verb=verb[:40])
    form = VERBS[verb].form(_posted(request), request=request, page=page)
    if "overrule" in form.fields:
        # Who asks overrules nothing; whether they may ask is said by the action.
        form.fields["overrule"].required = False
    note = request.POST.get("note", "")
    waiting: list[str] = []

    def ask(said: dict[str, Any]) -> int:
        try:
            return request_move(
                actor=request.viewer,
                opportunity_id=opportunity_id,
                move=_move(verb, form, said),
                note=note,
                seen_version=seen_version(request),
                today=request.today,
                at=request.now,
                way=Way.FORM,
            )
        except RuleBroken as refused:
            if refused.facts.get("field") == "note":
                waiting.extend(_names(request, page, verb))
            raise

    made = done(form, ask)
    in_part = layout_of(request) == "layouts/part.html"
    if made is None and in_part:
        return _refused(request, form)
    if made is None:
        return show_verb(request, page, VERBS[verb], form, unconfirmed=tuple(waiting), note=note)
    toast(request, _("Asked. The move is made on the day of approval."))
    if in_part:
        return _notice(request, opportunity_id)
    return go(request, "opportunity", opportunity_id)


def _refused(request: SignedRequest, form: forms.Form) -> HttpResponse:
    """Say what is wrong as a toast: the part that asked has no place for the dialog of the verb."""
    words = next(word for errors in form.errors.values() for word in errors)
    answer = render_page(request, "parts/_refusal.html", {"sentence": words}, status=422)
    answer["HX-Retarget"] = "#toasts"
    answer["HX-Reswap"] = "beforeend"
    return answer


def _posted(request: SignedRequest) -> QueryDict:
    """Give what was sent; a stage may be called `to_stage`, none is the next one."""
    typed = request.POST.copy()
    if "stage" not in typed:
        typed["stage"] = typed.get("to_stage", "")
    return typed


def _move(verb: str, form: Any, said: Mapping[str, Any]) -> AskedMove:
    if verb == "win":
        return AskedMove("win", outcome=form.outcome)
    if verb == "advance":
        return AskedMove("advance", said["stage"])
    version, _sep, stage = said["stage"].partition(":")
    return AskedMove("move_method", stage, int(version), why=said["why"])


def _names(request: SignedRequest, page: Shown, verb: str) -> tuple[str, ...]:
    found = validation_of(request.viewer, page=page, today=request.today)
    return {"advance": found.for_next, "win": found.for_win}.get(verb, ())


def _notice(request: SignedRequest, opportunity_id: int) -> HttpResponse:
    page = queries.opportunity(
        viewer=request.viewer, opportunity_id=opportunity_id, today=request.today
    )
    validation = validation_of(request.viewer, page=page, today=request.today)
    return render_page(
        request, "opportunities/request.html", {"page": page, "validation": validation}
    )


@signed_in
@require_POST
def request_withdraw(request: SignedRequest, opportunity_id: int, request_id: int) -> HttpResponse:
    """Take back what was asked for."""
    withdraw_request(
        actor=request.viewer,
        opportunity_id=opportunity_id,
        request_id=request_id,
        today=request.today,
        at=request.now,
        way=Way.FORM,
    )
    toast(request, _("Withdrawn."))
    return go(request, "opportunity", opportunity_id)
