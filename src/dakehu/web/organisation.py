"""The settings of the organisation."""

import json
from dataclasses import asdict
from typing import Any

from django import forms
from django.http import HttpResponse, QueryDict
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from dakehu.actions.organisation import Settings, edit_settings, settings_of
from dakehu.core.errors import NotAllowed
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.queries.audit import changes
from dakehu.queries.rates import currencies
from dakehu.web.forms import done, status_of
from dakehu.web.history import events_of

WORDS = {
    "name_zh": lazy("Name in Chinese"),
    "name_en": lazy("Name in English"),
    "base_currency": lazy("Base currency"),
    "time_zone": lazy("Time zone"),
    "fiscal_first_month": lazy("First month of the fiscal year"),
    "amounts_with_vat": lazy("Amounts are with VAT"),
    "weighted_scope": lazy("Weighted amount of the indicators"),
    "progress_literal": lazy("Progress index in its literal form"),
}
SCOPES = (
    ("in_period", lazy("Open opportunities expected to close within the period")),
    ("all_open", lazy("All open opportunities")),
)


class SettingsForm(forms.Form):
    """The settings; what they were when the form was opened comes along."""

    name_zh = forms.CharField(label=WORDS["name_zh"], max_length=120, required=False)
    name_en = forms.CharField(label=WORDS["name_en"], max_length=120, required=False)
    time_zone = forms.CharField(label=WORDS["time_zone"], max_length=60)
    fiscal_first_month = forms.TypedChoiceField(
        label=WORDS["fiscal_first_month"],
        choices=[(n, str(n)) for n in range(1, 13)],
        coerce=int,
        help_text=lazy("Quotas of other periods than those of the new year stay on record."),
    )
    weighted_scope = forms.ChoiceField(
        label=WORDS["weighted_scope"], choices=SCOPES, widget=forms.RadioSelect
    )
    amounts_with_vat = forms.BooleanField(
        label=WORDS["amounts_with_vat"],
        required=False,
        help_text=lazy("Shown with every total."),
    )
    progress_literal = forms.BooleanField(
        label=WORDS["progress_literal"],
        required=False,
        help_text=lazy("A sale then counts twice: in the forecast, and as closed."),
    )
    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(
        self, data: QueryDict | None, *, codes: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        self.fields["base_currency"] = forms.ChoiceField(
            label=WORDS["base_currency"],
            choices=codes,
            help_text=lazy("Fixed once an amount is booked."),
        )


@signed_in
def settings_page(request: SignedRequest) -> HttpResponse:
    """Show and change the settings."""
    viewer = request.viewer
    if not viewer.holds("settings.edit"):
        raise NotAllowed("settings.edit")
    held = settings_of(request.organisation)
    rows = currencies(viewer=viewer, on=request.today, base=held.base_currency)
    form = SettingsForm(
        request.POST if request.method == "POST" else None,
        codes=[(row.code, row.code) for row in rows if row.is_active],
        initial={**asdict(held), "seen": json.dumps(asdict(held))},
    )

    def save(cleaned: dict[str, Any]) -> bool:
        seen = _read(str(cleaned.pop("seen")), held)
        edit_settings(actor=viewer, seen=seen, wanted=Settings(**cleaned), at=request.now)
        return True

    if done(form, save):
        toast(request, _("The settings are saved."))
        return go(request, "settings")
    events = events_of(
        changes(viewer=viewer, object_type="organisation", object_id=1),
        words=WORDS,
        language=viewer.language,
    )
    facts = {"form": form, "events": events}
    return render_page(request, "organisation/settings.html", facts, status=status_of(form))


def _read(text: str, held: Settings) -> Settings:
    """Read what the form was opened with; what can't be read counts as something else."""
    try:
        told = json.loads(text)
    except ValueError:
        told = {}
    same = isinstance(told, dict) and told == asdict(held)
    return held if same else Settings(**{**asdict(held), "name_zh": "\x00"})


urlpatterns = [path("settings/", settings_page, name="settings")]
