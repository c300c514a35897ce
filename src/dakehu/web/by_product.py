"""The open funnel by product: a row a product, and the stages of the one that is chosen."""

from fractions import Fraction

from django.http import HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dakehu.core.funnel import FunnelSum
from dakehu.http import SignedRequest, render_page, signed_in
from dakehu.queries.by_product import ProductFunnel, funnel_by_product
from dakehu.queries.funnel import MethodLabel
from dakehu.web.forms import whole_in_url
from dakehu.web.funnel import asked_of, whose
from dakehu.web.health import stage_name
from dakehu.web.speed import method_of

NONE = "none"
"""How the address names what has no product lines."""


@signed_in
@require_safe
def by_product(request: SignedRequest) -> HttpResponse:
    """Show what stands open of each product, by the lines as of the day."""
    asked = asked_of(request)
    method = method_of(asked)
    stages = [stage.lineage_id for stage in method.open_stages] if method else []
    found = funnel_by_product(
        request.viewer, question=asked.question, today=request.today, stages=stages
    )
    text = request.GET.get("product", "")
    chosen = None if text == NONE else whole_in_url(text)
    one = next((p for p in found.products if text and p.id == chosen), None)
    return render_page(
        request,
        "funnel/by_product.html",
        {
            "whose": whose(request, asked, method),
            "found": found,
            "question": asked.question,
            "rows": [
                (NONE if product.id is None else str(product.id), product.name or _("no product"),
                 product)
                for product in found.products
            ],
            "chosen": one,
            "chosen_key": text,
            "chosen_name": (one.name or _("no product")) if one else "",
            "stages": _stages(method, one, request.viewer.language),
            "largest_figure": max(
                (p.total.amount.value or Fraction(0) for p in found.products), default=0
            ),
        },
    )  # fmt: skip


def _stages(
    method: MethodLabel | None, one: ProductFunnel | None, language: str
) -> list[tuple[str, str, FunnelSum]]:
    if method is None or one is None:
        return []
    return [
        (stage.key, stage_name(stage, language), one.stages[stage.lineage_id])
        for stage in method.open_stages
    ]


urlpatterns = [path("funnel/products/", by_product, name="funnel_products")]
