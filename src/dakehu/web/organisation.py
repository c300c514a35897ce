"""The settings of the organisation."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django import forms
from django.http import HttpResponse, QueryDict
from django.urls import path, reverse
from django.utils.dates import MONTHS
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from dakehu.actions.organisation import Settings, edit_settings, settings_of
from dakehu.core.access import Viewer
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
    "win_rate_kind": lazy("Win rates that weigh the funnel"),
    "calibration_weight": lazy("How many cases the method's rate counts for"),
}
SCOPES = (
    ("in_period", lazy("Open opportunities expected to close within the period")),
    ("all_open", lazy("All open opportunities")),
)
RATE_KINDS = (
    ("method", lazy("The method's own")),
    ("calibrated", lazy("Calibrated from what was won and lost")),
)
#: The words of values that are kept as codes, for the history of changes.
VALUES: Mapping[str, Mapping[object, str | Promise]] = {
    "weighted_scope": dict(SCOPES),
    "win_rate_kind": dict(RATE_KINDS),
}
#: Where the rest of what the organisation agrees on is set, and what right that needs.
ELSEWHERE: tuple[tuple[str, str, str | Promise, str | Promise], ...] = (
    ("methods", "method.edit", lazy("Sales methods"),
     lazy("Stages, evidence, win rates, and how strictly the gate of each method asks.")),
    ("units", "unit.edit", lazy("Team and units"),
     lazy("Each unit's default method, and its threshold of out-of-funnel sales.")),
    ("rates", "rate.set", lazy("Rates and books"),
     lazy("Currencies, exchange rates, and the day up to which the books are closed.")),
    ("people", "person.edit", lazy("People"), lazy("Log-ins, appointments and roles.")),
    ("preferences", "", lazy("Preferences"),
     lazy("Language, theme, and 万 or 亿: each person's own.")),  # han: the units by their name
)  # fmt: skip


class SettingsForm(forms.Form):
    """The settings; what they were when the form was opened comes along."""

    name_zh = forms.CharField(label=WORDS["name_zh"], max_length=120, required=False)
    name_en = forms.CharField(label=WORDS["name_en"], max_length=120, required=False)
    time_zone = forms.CharField(
        label=WORDS["time_zone"],
        max_length=60,
        help_text=lazy("In it the business day begins and ends."),
    )
    fiscal_first_month = forms.TypedChoiceField(
        label=WORDS["fiscal_first_month"],
        choices=list(MONTHS.items()),
        coerce=int,
        help_text=lazy(
            "Quarters and years begin with it. Quotas of other periods than those of the new year"
            " stay on record."
        ),
    )
    weighted_scope = forms.ChoiceField(
        label=WORDS["weighted_scope"],
        choices=SCOPES,
        widget=forms.RadioSelect,
        help_text=lazy("What the forecast index adds to closed sales."),
    )
    win_rate_kind = forms.ChoiceField(
        label=WORDS["win_rate_kind"],
        choices=RATE_KINDS,
        widget=forms.RadioSelect,
        help_text=lazy(
            "An owner's own rate of an opportunity goes first in any case. Calibrated ones can be"
            " chosen once some are on record."
        ),
    )
    calibration_weight = forms.IntegerField(
        label=WORDS["calibration_weight"],
        min_value=0,
        max_value=1000,
        help_text=lazy(
            "In calibrating: the larger, the slower experience moves the method's rate."
        ),
    )
    amounts_with_vat = forms.BooleanField(
        label=WORDS["amounts_with_vat"],
        required=False,
        help_text=lazy("A word beside every total; no amount is changed by it."),
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
        values=VALUES,
        language=viewer.language,
    )
    facts = {"form": form, "events": events, "elsewhere": _elsewhere(viewer)}
    return render_page(request, "organisation/settings.html", facts, status=status_of(form))


def _elsewhere(viewer: Viewer) -> list[tuple[str, str | Promise, str | Promise, bool]]:
    """Give the other pages of settings, and whether this viewer may change what they show."""
    return [
        (reverse(name), title, words, not right or viewer.holds(right))
        for name, right, title, words in ELSEWHERE
    ]


def _read(text: str, held: Settings) -> Settings:
    """Read what the form was opened with; what can't be read counts as something else."""
    try:
        told = json.loads(text)
    except ValueError:
        told = {}
    same = isinstance(told, dict) and told == asdict(held)
    return held if same else Settings(**{**asdict(held), "name_zh": "\x00"})


urlpatterns = [path("settings/", settings_page, name="settings")]
