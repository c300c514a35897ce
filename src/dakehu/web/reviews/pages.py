"""Reviews of the funnel: saved from its page, listed, shown beside the last one, noted, agreed."""

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST, require_safe

from dakehu.actions.reviews import MOST_TEXT, agree_action, do_action, note_review, save_review
from dakehu.core.errors import NotAllowed
from dakehu.core.money import round_money
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.http.frame import reads_customers
from dakehu.queries.paging import Cut
from dakehu.queries.people import people_in_sight
from dakehu.queries.reviews import ReviewShown, open_actions, review, reviews
from dakehu.queries.stages import versions_in_force
from dakehu.queries.units import all_units
from dakehu.web.exports import Cell, list_as_file
from dakehu.web.forms import DayField, done, status_of
from dakehu.web.funnel import asked_of
from dakehu.web.history import events_of
from dakehu.web.reviews.figures import WORDS, indicator_lines, stage_lines, sum_lines, view_of

#: Both forms of the page have a text; their ids must differ.
NOTE_IDS = "note_%s"


class NoteForm(forms.Form):
    """What was said."""

    text = forms.CharField(
        label=lazy("Notes"), required=False, widget=forms.Textarea(attrs={"rows": 6})
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)


class ActionForm(forms.Form):
    """Who does what by when."""

    text = forms.CharField(label=lazy("What was agreed"), max_length=MOST_TEXT)
    owner = forms.TypedChoiceField(label=lazy("Who"), coerce=int)
    due_on = DayField(label=lazy("By"))


@signed_in
@require_safe
def review_list(request: SignedRequest) -> HttpResponse:
    """Show the reviews in sight, and the reader's own open actions."""
    cut = Cut(after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    return render_page(
        request,
        "reviews/list.html",
        {
            "page": reviews(request.viewer, today=request.today, cut=cut),
            "mine": open_actions(request.viewer, today=request.today),
            "query": "",
        },
    )


@signed_in
@require_safe
def review_export(request: SignedRequest, kind: str) -> HttpResponseBase:
    """Give the reviews in sight as a file: what was agreed is counted, figures are not told."""
    head = [
        _("Day"), _("Unit"), _("Method"), _("Period"), _("Currency"), _("Saved"), _("By whom"),
        _("Agreed actions"), _("Open"), _("Overdue"),
    ]  # fmt: skip

    def lines() -> Iterator[tuple[Cell, ...]]:
        cut = Cut(size=500)
        while True:
            page = reviews(request.viewer, today=request.today, cut=cut)
            for row in page.rows:
                by = row.saved_by.shown(request.viewer.language) if row.saved_by else ""
                yield (
                    row.on, row.unit, row.method, row.period_key, row.currency, row.saved_at, by,
                    row.actions, row.open_actions, row.overdue_actions,
                )  # fmt: skip
            if page.next is None:
                return
            cut = Cut(after=page.next, size=500)

    return list_as_file(request, kind, name="reviews", head=head, rows=lines())


@signed_in
@require_POST
def review_save(request: SignedRequest) -> HttpResponse:
    """Save the view of the funnel that the URL names."""
    if not reads_customers(request.viewer):
        raise NotAllowed("review.save")
    asked = asked_of(request)
    review_id = save_review(
        actor=request.viewer,
        question=asked.question,
        method_key=asked.method_key or "",
        today=request.today,
        at=request.now,
    )
    toast(request, _("The review is saved."))
    return go(request, "review", review_id)


@signed_in
@require_safe
def review_page(request: SignedRequest, review_id: int) -> HttpResponse:
    """Show one review."""
    shown = review(request.viewer, review_id=review_id, today=request.today)
    return _page(request, shown)


@signed_in
@require_POST
def review_note(request: SignedRequest, review_id: int) -> HttpResponse:
    """Write the notes."""
    shown = review(request.viewer, review_id=review_id, today=request.today)
    form = NoteForm(request.POST, auto_id=NOTE_IDS)

    def act(said: dict[str, Any]) -> bool:
        note_review(
            actor=request.viewer,
            review_id=review_id,
            seen_version=said["seen"],
            text=said["text"],
            at=request.now,
        )
        return True

    if done(form, act):
        toast(request, _("The notes are saved."))
        return go(request, "review", review_id)
    return _page(request, shown, note=form)


@signed_in
@require_POST
def review_agree(request: SignedRequest, review_id: int) -> HttpResponse:
    """Agree who does what by when."""
    shown = review(request.viewer, review_id=review_id, today=request.today)
    form = _action_form(request, shown, request.POST)

    def act(said: dict[str, Any]) -> int:
        return agree_action(
            actor=request.viewer,
            review_id=review_id,
            text=said["text"],
            owner_id=said["owner"],
            due_on=said["due_on"],
            today=request.today,
            at=request.now,
        )

    if done(form, act) is not None:
        toast(request, _("Agreed."))
        return go(request, "review", review_id)
    return _page(request, shown, action=form)


@signed_in
@require_POST
def review_do(request: SignedRequest, review_action_id: int) -> HttpResponse:
    """Mark an agreed action as done, or as not done after all."""
    seen = request.POST.get("seen", "")
    do_action(
        actor=request.viewer,
        action_id=review_action_id,
        seen_version=int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 9 else 0,
        done=request.POST.get("done") != "0",
        today=request.today,
        at=request.now,
    )
    toast(request, _("Saved."))
    of = request.POST.get("review", "")
    if of.isascii() and of.isdecimal() and len(of) < 18:
        return go(request, "review", int(of))
    return go(request, "reviews")


def _action_form(request: SignedRequest, shown: ReviewShown, data: Any) -> ActionForm:
    form = ActionForm(data, initial={"due_on": request.today + timedelta(days=7)})
    units = all_units().tree(request.today, with_closed=True).subtree(shown.row.unit_id)
    people = people_in_sight(request.viewer, units=units, today=request.today)
    form.fields["owner"].choices = [  # type: ignore[attr-defined]
        (p.id, p.shown(request.viewer.language)) for p in people
    ]
    return form


def _page(
    request: SignedRequest,
    shown: ReviewShown,
    *,
    note: NoteForm | None = None,
    action: ActionForm | None = None,
) -> HttpResponse:
    if shown.may_edit:
        note = note or NoteForm(
            auto_id=NOTE_IDS, initial={"text": shown.note, "seen": shown.note_version}
        )
        action = action or _action_form(request, shown, None)
    bound = [status_of(form) for form in (note, action) if form is not None]
    language = request.viewer.language
    return render_page(
        request,
        "reviews/page.html",
        {
            "review": shown,
            "row": shown.row,
            "largest": shown.figures.sums["total"].amount.value,
            "indicators": indicator_lines(shown),
            "stages": stage_lines(shown, language),
            "sums": sum_lines(shown),
            "questions": _questions(shown, language),
            "funnel_url": f"{reverse('funnel')}?{urlencode(view_of(shown))}",
            "view": view_of(shown),
            "events": events_of(shown.history, words=WORDS, language=language),
            "note_form": note,
            "action_form": action,
            "today": request.today,
        },
        status=max(bound, default=200),
    )


def _questions(shown: ReviewShown, language: str) -> list[tuple[str, str]]:
    """Give the review question of each stage that the method asks one at."""
    found = []
    for version in versions_in_force().values():
        if version.method_key == shown.row.method_key and version.is_current:
            for stage in version.spec.stages:
                if stage.review_question is not None:
                    asked, name = stage.review_question, stage.name
                    english = language == "en"
                    found.append((name.en if english else name.zh,
                                  asked.en if english else asked.zh))  # fmt: skip
    return found


@signed_in
@require_safe
def review_figures(request: SignedRequest, review_id: int, kind: str) -> HttpResponseBase:
    """Give the frozen figures with what changed as a file."""
    shown = review(request.viewer, review_id=review_id, today=request.today)
    digits, vat = shown.figures.digits, shown.figures.with_vat
    head = [
        _("Stage"), _("Opportunities"), _("Change"), _("Amount"), _("Change"), _("Weighted"),
        _("Change"), _("Currency"), _("VAT"),
    ]  # fmt: skip

    def rounded(value: Fraction | None) -> Cell:
        return None if value is None else round_money(value, digits)

    rows: list[tuple[Cell, ...]] = [
        (
            line.name, line.sum.count, line.change.count, rounded(line.sum.amount.value),
            rounded(line.change.amount), rounded(line.sum.weighted.value),
            rounded(line.change.weighted), shown.row.currency,
            _("with VAT") if vat else _("without VAT"),
        )
        for line in (*stage_lines(shown, request.viewer.language), *sum_lines(shown))
    ]  # fmt: skip
    for one in indicator_lines(shown):
        places = 6 if one.is_ratio else digits
        values = [
            None if v is None else round_money(v, places) for v in (one.now.value, one.change)
        ]
        currency = "" if one.is_ratio else shown.row.currency
        rows.append((one.name, None, None, *values, None, None, currency, ""))
    return list_as_file(request, kind, name="review", head=head, rows=rows, on=shown.row.on)
