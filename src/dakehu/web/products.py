"""Products as pages: the list, creating, editing with the list price."""

from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from dakehu.actions import products as actions
from dakehu.core.errors import NotAllowed
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.queries import products as queries
from dakehu.queries.paging import Cut
from dakehu.queries.rates import currencies
from dakehu.web.exports import every_row, list_as_file, vat_words
from dakehu.web.forms import AmountField, done, status_of
from dakehu.web.history import events_of

WORDS = {
    "name_zh": lazy("Name in Chinese"),
    "name_en": lazy("Name in English"),
    "series": lazy("Series"),
    "list_price": lazy("List price"),
    "currency_id": lazy("Currency"),
    "is_active": lazy("Sold now"),
    "created": lazy("Created"),
}


class ProductForm(forms.Form):
    """The fields of a product; the code stays what it was made with."""

    name_zh = forms.CharField(label=WORDS["name_zh"], max_length=160, required=False)
    name_en = forms.CharField(label=WORDS["name_en"], max_length=160, required=False)
    series = forms.CharField(label=WORDS["series"], max_length=80, required=False)
    list_price = AmountField(label=WORDS["list_price"], digits=6, required=False)
    is_active = forms.BooleanField(label=WORDS["is_active"], required=False, initial=True)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, data: QueryDict | None, *, codes: list[tuple[str, str]], is_new: bool, **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        self.fields["currency_id"] = forms.ChoiceField(
            label=WORDS["currency_id"], choices=[("", "—"), *codes], required=False
        )
        if is_new:
            self.fields["code"] = forms.CharField(label=lazy("Code"), max_length=60)

    def values(self) -> dict[str, Any]:
        """Give what both actions take."""
        typed = self.cleaned_data
        return {
            "name_zh": typed["name_zh"],
            "name_en": typed["name_en"],
            "series": typed["series"],
            "list_price": typed["list_price"],
            "currency": typed["currency_id"] or None,
        }


@signed_in
@require_safe
def product_list(request: SignedRequest) -> HttpResponse:
    """Show a page of the list."""
    text = request.GET.get("q", "")[:100].replace("\x00", "")
    cut = Cut(after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    page = queries.products(viewer=request.viewer, text=text, cut=cut)
    facts = {
        "page": page,
        "rows": [(row, row.name(request.viewer.language)) for row in page.rows],
        "text": text,
        "may_edit": request.viewer.holds("product.edit"),
    }
    return render_page(request, "products/list.html", facts)


@signed_in
@require_safe
def product_export(request: SignedRequest, kind: str) -> HttpResponseBase:
    """Give the filtered list as a file."""
    text = request.GET.get("q", "")[:100].replace("\x00", "")
    head = [
        _("Code"), _("Name in Chinese"), _("Name in English"), _("Series"),
        f"{_('List price')} ({vat_words(request)})", _("Currency"), _("On sale"),
    ]  # fmt: skip
    rows = every_row(lambda cut: queries.products(viewer=request.viewer, text=text, cut=cut))
    lines = (
        (r.code, r.name_zh, r.name_en, r.series, r.list_price, r.currency, r.is_active)
        for r in rows
    )
    return list_as_file(request, kind, name="products", head=head, rows=lines)


@signed_in
def product_create(request: SignedRequest) -> HttpResponse:
    """Create a product."""
    if not request.viewer.holds("product.edit"):
        raise NotAllowed("product.edit")
    form = ProductForm(
        request.POST if request.method == "POST" else None,
        codes=_codes(request, held=""),
        is_new=True,
        initial={"currency_id": request.organisation.base_currency},
    )

    def save(cleaned: dict[str, Any]) -> int:
        return actions.create_product(
            actor=request.viewer, code=cleaned["code"], at=request.now, **form.values()
        )

    if done(form, save) is not None:
        toast(request, _("The product is created."))
        return go(request, "products")
    return render_page(request, "products/form.html", {"form": form}, status=status_of(form))


@signed_in
def product_edit(request: SignedRequest, product_id: int) -> HttpResponse:
    """Edit a product."""
    row, changed = queries.product(viewer=request.viewer, product_id=product_id)
    if not request.viewer.holds("product.edit"):
        raise NotAllowed("product.edit")
    form = ProductForm(
        request.POST if request.method == "POST" else None,
        codes=_codes(request, held=row.currency),
        is_new=False,
        initial={
            "name_zh": row.name_zh,
            "name_en": row.name_en,
            "series": row.series,
            "list_price": "" if row.list_price is None else f"{row.list_price.normalize():f}",
            "currency_id": row.currency,
            "is_active": row.is_active,
            "seen": row.version,
        },
    )

    def save(cleaned: dict[str, Any]) -> bool:
        actions.edit_product(
            actor=request.viewer,
            product_id=product_id,
            seen_version=cleaned["seen"] or 0,
            is_active=cleaned["is_active"],
            at=request.now,
            **form.values(),
        )
        return True

    if done(form, save):
        toast(request, _("The product is saved."))
        return go(request, "products")
    facts = {
        "form": form,
        "product": row,
        "name": row.name(request.viewer.language),
        "events": events_of(changed, words=WORDS, language=request.viewer.language),
    }
    return render_page(request, "products/form.html", facts, status=status_of(form))


def _codes(request: SignedRequest, *, held: str) -> list[tuple[str, str]]:
    rows = currencies(
        viewer=request.viewer, on=request.today, base=request.organisation.base_currency
    )
    return [(row.code, row.code) for row in rows if row.is_active or row.code == held]


urlpatterns = [
    path("products/", product_list, name="products"),
    path("products/export.<str:kind>", product_export, name="product_export"),
    path("products/create/", product_create, name="product_create"),
    path("products/<int:product_id>/", product_edit, name="product"),
]
