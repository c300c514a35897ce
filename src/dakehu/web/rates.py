"""Exchange rates, currencies and the closing of the books on one page of finance."""

from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST, require_safe

from dakehu.actions import rates as actions
from dakehu.core.errors import NotAllowed
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.queries import rates as queries
from dakehu.web.exports import list_as_file
from dakehu.web.forms import DayField, RateField, done, status_of

MOST_EXPORTED = 100_000


class RateForm(forms.Form):
    """A rate from a day on."""

    on = DayField(label=lazy("In force from"))
    rate = RateField(label=lazy("Rate"))

    def __init__(
        self, data: QueryDict | None, *, codes: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        self.fields["currency"] = forms.ChoiceField(label=lazy("Currency"), choices=codes)


class CurrencyForm(forms.Form):
    """A currency: added by its code, or changed."""

    code = forms.CharField(label=lazy("ISO code"), min_length=3, max_length=3)
    name_zh = forms.CharField(label=lazy("Name in Chinese"), max_length=40, required=False)
    name_en = forms.CharField(label=lazy("Name in English"), max_length=40, required=False)
    digits = forms.IntegerField(label=lazy("Decimals"), min_value=0, max_value=4, initial=2)
    is_active = forms.BooleanField(label=lazy("In use"), required=False, initial=True)


class BooksForm(forms.Form):
    """The last day that is closed."""

    until_on = DayField(label=lazy("Closed up to and including"))


@signed_in
@require_safe
def rate_page(request: SignedRequest) -> HttpResponse:
    """Show the currencies with their rates, and how the books are closed."""
    return _shown(request)


@signed_in
@require_safe
def rate_export(request: SignedRequest, kind: str) -> HttpResponseBase:
    """Give the exchange rates as a file, the one set last first."""
    base, language = request.organisation.base_currency, request.viewer.language
    head = [_("Currency"), _("In force from"), f"{_('Rate')} ({base})", _("Set"), _("By whom")]
    lines = (
        (r.currency, r.on, r.rate, r.recorded_at, r.actor.shown(language) if r.actor else "")
        for r in queries.rates_set(viewer=request.viewer, limit=MOST_EXPORTED)
    )
    return list_as_file(request, kind, name="rates", head=head, rows=lines)


@signed_in
@require_POST
def rate_set(request: SignedRequest) -> HttpResponse:
    """Set an exchange rate."""
    _check(request, "rate.set")
    form = RateForm(request.POST, codes=_codes(request))

    def save(cleaned: dict[str, Any]) -> bool:
        actions.set_exchange_rate(actor=request.viewer, at=request.now, **cleaned)
        return True

    if done(form, save):
        toast(request, _("The rate is set."))
        return go(request, "rates")
    return _shown(request, rate=form)


@signed_in
def currency_set(request: SignedRequest) -> HttpResponse:
    """Add or change a currency, ?code= for one that is there."""
    _check(request, "rate.set")
    held = next((c for c in _currencies(request) if c.code == request.GET.get("code")), None)
    initial: dict[str, Any] = {}
    if held is not None:
        initial = {n: getattr(held, n) for n in CurrencyForm.base_fields}
    form = CurrencyForm(request.POST if request.method == "POST" else None, initial=initial)

    def save(cleaned: dict[str, Any]) -> bool:
        actions.set_currency(actor=request.viewer, at=request.now, **cleaned)
        return True

    if done(form, save):
        toast(request, _("The currency is saved."))
        return go(request, "rates")
    facts = {"form": form, "currency": held}
    return render_page(request, "rates/currency.html", facts, status=status_of(form))


@signed_in
@require_POST
def books_close(request: SignedRequest) -> HttpResponse:
    """Close the books up to a day."""
    _check(request, "books.close")
    form = BooksForm(request.POST)

    def save(cleaned: dict[str, Any]) -> bool:
        actions.close_books(actor=request.viewer, today=request.today, at=request.now, **cleaned)
        return True

    if done(form, save):
        toast(request, _("The books are closed up to that day."))
        return go(request, "rates")
    return _shown(request, books=form)


def _shown(
    request: SignedRequest, *, rate: RateForm | None = None, books: BooksForm | None = None
) -> HttpResponse:
    viewer, language = request.viewer, request.viewer.language
    rows = _currencies(request)
    rate = rate or RateForm(None, codes=_codes(request), initial={"on": request.today})
    books = books or BooksForm()
    closings = queries.closings(viewer=viewer)
    facts = {
        "currencies": [(row, row.name(language)) for row in rows],
        "rates": [
            (row, row.actor.shown(language) if row.actor else "")
            for row in queries.rates_set(viewer=viewer)
        ],
        "closings": [(row, row.actor.shown(language) if row.actor else "") for row in closings],
        "closed_until": closings[0].until_on if closings else None,
        "base": request.organisation.base_currency,
        "rate_form": rate,
        "books_form": books,
        "may_set": viewer.holds("rate.set"),
        "may_close": viewer.holds("books.close"),
    }
    status = max(status_of(rate), status_of(books))
    return render_page(request, "rates/page.html", facts, status=status)


def _currencies(request: SignedRequest) -> tuple[queries.CurrencyRow, ...]:
    return queries.currencies(
        viewer=request.viewer, on=request.today, base=request.organisation.base_currency
    )


def _codes(request: SignedRequest) -> list[tuple[str, str]]:
    return [(row.code, row.code) for row in _currencies(request) if not row.is_base]


def _check(request: SignedRequest, permission: str) -> None:
    if not request.viewer.holds(permission):
        raise NotAllowed(permission)


urlpatterns = [
    path("rates/", rate_page, name="rates"),
    path("rates/export.<str:kind>", rate_export, name="rate_export"),
    path("rates/set/", rate_set, name="rate_set"),
    path("rates/currency/", currency_set, name="currency_set"),
    path("rates/books/", books_close, name="books_close"),
]
