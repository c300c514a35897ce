"""The page of one opportunity."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from dakehu.core.ledger import Place
from dakehu.http import SignedRequest, render_page, signed_in
from dakehu.queries import opportunities as queries
from dakehu.queries.deal_reviews import deal_reviews
from dakehu.queries.validations import validation_of
from dakehu.web.opportunities.claims import told_reviews
from dakehu.web.opportunities.competitors import RivalForm
from dakehu.web.opportunities.next_step import step_forms
from dakehu.web.opportunities.wording import (
    CATEGORIES,
    PLACES,
    REASONS,
    SOURCES,
    rate_words,
)


@signed_in
@require_safe
def opportunity_page(request: SignedRequest, opportunity_id: int) -> HttpResponse:
    """Show one opportunity."""
    page = queries.opportunity(
        viewer=request.viewer, opportunity_id=opportunity_id, today=request.today
    )
    return render_page(
        request,
        "opportunities/page.html",
        {
            "page": page,
            "may_edit": page.may.edit,
            "step_forms": step_forms(page, request.today),
            "rival_form": RivalForm(auto_id="rival_%s"),
            "category": CATEGORIES[page.category],
            "place": PLACES[page.place],
            "source": SOURCES.get(page.source, ""),
            "rate": rate_words(page.rates.used_bp),
            "outcome": _outcome(page),
            "validation": validation_of(request.viewer, page=page, today=request.today),
            "reviews": told_reviews(
                deal_reviews(request.viewer, page=page), request.viewer.language
            ),
            "now_days": page.here.days or 0,
        },
    )


def _outcome(page: queries.OpportunityShown) -> str:
    if page.place is Place.OPEN:
        return ""
    for event in page.history:
        if event.after and event.after.place is page.place and not event.reversed:
            words = [str(REASONS.get(event.reason, "")), event.competitor, event.text]
            return " · ".join(word for word in words if word)
    return ""
