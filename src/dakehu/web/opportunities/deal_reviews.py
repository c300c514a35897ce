"""The review of one opportunity (issue 4): claimed, evidence seen, agreed, next check."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_safe

from dakehu.actions.deal_reviews import MOST_TEXT, create_deal_review
from dakehu.core.errors import NotAllowed
from dakehu.core.ledger import Way
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.queries.deal_reviews import claim_of, deal_review, deal_reviews
from dakehu.queries.opportunities import opportunity
from dakehu.queries.validations import validation_of
from dakehu.web.forms import DayField, done, status_of, whole_in_url
from dakehu.web.opportunities.claims import claims_of, told_reviews


class ReviewForm(forms.Form):
    """What the owner says, what was agreed, when it is looked at again."""

    claim = forms.CharField(
        label=lazy("The owner says"),
        required=False,
        max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    agreed = forms.CharField(
        label=lazy("Agreed"),
        max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    next_check_on = DayField(label=lazy("Next check"), required=False)


@signed_in
@require_http_methods(["GET", "POST"])
def deal_review_create(request: SignedRequest, opportunity_id: int) -> HttpResponse:
    """Show the session with all that is claimed and proven, and keep it."""
    viewer = request.viewer
    page = opportunity(viewer=viewer, opportunity_id=opportunity_id, today=request.today)
    if not page.may.validate:
        raise NotAllowed("deal_review.create")
    form = ReviewForm(request.POST if request.method == "POST" else None)
    flow = "flow" in request.GET or "flow" in request.POST

    def keep(said: dict[str, Any]) -> int:
        return create_deal_review(
            actor=viewer,
            opportunity_id=opportunity_id,
            **said,
            seen_version=whole_in_url(request.POST.get("seen", "")),
            seen_evidence=request.POST.get("seen_evidence"),
            today=request.today,
            at=request.now,
            way=Way.FORM,
        )

    if request.method == "POST" and done(form, keep) is not None:
        toast(request, _("The review is kept."))
        return go(request, "inbox_next") if flow else go(request, "opportunity", opportunity_id)
    return render_page(
        request,
        "deal_reviews/create.html",
        {
            "form": form,
            "page": page,
            "flow": flow,
            "claims": claims_of(claim_of(page), page.here.name),
            "last": next(
                iter(told_reviews(deal_reviews(viewer, page=page), viewer.language)), None
            ),
            "validation": validation_of(viewer, page=page, today=request.today),
        },
        status=status_of(form),
    )


@signed_in
@require_safe
def deal_review_page(
    request: SignedRequest, opportunity_id: int, deal_review_id: int
) -> HttpResponse:
    """Show a review as it was kept."""
    page = opportunity(viewer=request.viewer, opportunity_id=opportunity_id, today=request.today)
    review = deal_review(
        request.viewer, opportunity_id=opportunity_id, deal_review_id=deal_review_id
    )
    return render_page(
        request,
        "deal_reviews/page.html",
        {"page": page, "review": review, "claims": claims_of(review.claimed, review.stage)},
    )
