"""Out-of-funnel sales on a page: the list, recording one, taking one back (FUN-4)."""

from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dakehu.actions.small_sales import (
    NewSmallSale,
    record_small_sale,
    reverse_small_sale,
)
from dakehu.core.access import Viewer
from dakehu.core.errors import NotAllowed
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.queries.opportunities import (
    account_by_name,
    account_choices,
    choices,
    unit_choices,
)
from dakehu.queries.paging import Cut
from dakehu.queries.people import people_in_sight
from dakehu.queries.small_sales import small_sales
from dakehu.web.exports import amount_head, every_row, list_as_file
from dakehu.web.forms import AmountField, DayField, ask_unit, done, status_of


class SmallSaleForm(forms.Form):
    """An order, or with a last day the total of a period."""

    owner = forms.TypedChoiceField(label=lazy("Owner"), coerce=int)
    account = forms.CharField(
        label=lazy("Account"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"list": "account-names", "autocomplete": "off"}),
    )
    amount = AmountField(label=lazy("Amount"))
    currency = forms.ChoiceField(label=lazy("Currency"))
    on = DayField(label=lazy("Day, or first day of the period"))
    last_on = DayField(
        label=lazy("Last day of the period"),
        required=False,
        help_text=lazy("Only for the total of a period, within one month."),
    )
    orders = forms.IntegerField(label=lazy("Orders"), min_value=1, initial=1)
    note = forms.CharField(label=lazy("Note"), required=False, max_length=240)

    def __init__(self, data: Any, *, request: SignedRequest) -> None:
        super().__init__(
            data,
            initial={
                "on": request.today,
                "currency": request.organisation.base_currency,
                "owner": request.viewer.owns,
            },
        )
        self.viewer: Viewer = request.viewer
        self.account_id: int | None = None
        codes = [code for code, _digits in choices(viewer=self.viewer).currencies]
        self.fields["currency"].choices = [(code, code) for code in codes]  # type: ignore[attr-defined]
        people = {
            p.id: p.shown(self.viewer.language)
            for p in people_in_sight(self.viewer, units=None, today=request.today)
            if self.viewer.sees_all or p.id in self.viewer.owners
        }
        self.fields["owner"].choices = list(people.items())  # type: ignore[attr-defined]
        units = unit_choices(viewer=self.viewer, owners=people, today=request.today)
        ask_unit(self, units, one_owner=len(people) < 2)

    def clean_account(self) -> str:
        """Resolve the account by its name or code."""
        text: str = self.cleaned_data["account"].strip()
        if text:
            found = account_by_name(viewer=self.viewer, text=text)
            if len(found) != 1:
                raise forms.ValidationError(_("No account that you see is called so."))
            self.account_id = found[0].id
        return text


@signed_in
@require_safe
def small_sale_list(request: SignedRequest) -> HttpResponse:
    """Show the out-of-funnel sales that the reader may see."""
    cut = Cut(after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    page = small_sales(viewer=request.viewer, cut=cut)
    return render_page(
        request,
        "small_sales/list.html",
        {"page": page, "may_record": request.viewer.holds("small_sale.record")},
    )


@signed_in
@require_safe
def small_sale_export(request: SignedRequest, kind: str) -> HttpResponseBase:
    """Give the list as a file; what was taken back stands in it with its mirror."""
    head = [
        _("Day"), _("Until before"), _("Account"), _("Owner"), _("Unit"), _("Orders"),
        amount_head(request), _("Currency"), _("Note"), _("Taken back"),
    ]  # fmt: skip
    rows = every_row(lambda cut: small_sales(viewer=request.viewer, cut=cut))
    lines = (
        (
            r.on, r.until_on, r.account, r.owner, r.unit, r.orders, r.amount, r.currency, r.note,
            r.is_reversed or r.is_mirror,
        )
        for r in rows
    )  # fmt: skip
    return list_as_file(request, kind, name="small-sales", head=head, rows=lines)


@signed_in
@require_http_methods(["GET", "POST"])
def small_sale_record(request: SignedRequest) -> HttpResponse:
    """Show the form of a sale, and record it."""
    if not request.viewer.holds("small_sale.record"):
        raise NotAllowed("small_sale.record")
    form = SmallSaleForm(request.POST if request.method == "POST" else None, request=request)

    def act(said: dict[str, Any]) -> int:
        last = said["last_on"]
        return record_small_sale(
            actor=request.viewer,
            sale=NewSmallSale(
                owner_id=said["owner"],
                amount=said["amount"],
                currency=said["currency"],
                on=said["on"],
                until_on=last + timedelta(days=1) if last else None,
                orders=said["orders"],
                account_id=form.account_id,
                unit_id=said.get("unit"),
                note=said["note"],
            ),
            today=request.today,
            at=request.now,
        )

    if request.method == "POST" and done(form, act) is not None:
        toast(request, _("Out-of-funnel sale recorded."))
        return go(request, "small_sales")
    accounts = account_choices(viewer=request.viewer, text="")
    return render_page(
        request,
        "small_sales/record.html",
        {"form": form, "accounts": accounts},
        status=status_of(form),
    )


@signed_in
@require_POST
def small_sale_reverse(request: SignedRequest, small_sale_id: int) -> HttpResponse:
    """Take a sale back."""
    reverse_small_sale(
        actor=request.viewer,
        small_sale_id=small_sale_id,
        today=request.today,
        at=request.now,
    )
    toast(request, _("Taken back."))
    return go(request, "small_sales")


urlpatterns = [
    path("small-sales/", small_sale_list, name="small_sales"),
    path("small-sales/export.<str:kind>", small_sale_export, name="small_sale_export"),
    path("small-sales/record/", small_sale_record, name="small_sale_record"),
    path(
        "small-sales/<int:small_sale_id>/reverse/",
        small_sale_reverse,
        name="small_sale_reverse",
    ),
]
