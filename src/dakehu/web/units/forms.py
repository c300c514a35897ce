"""The forms of a unit: its fields, its place in the tree, its closing."""

from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from dakehu.web.forms import AmountField, DayField
from dakehu.web.units.words import KINDS, WORDS


class UnitForm(forms.Form):
    """The fields of a unit."""

    name_zh = forms.CharField(label=WORDS["name_zh"], max_length=120, required=False)
    name_en = forms.CharField(label=WORDS["name_en"], max_length=120, required=False)
    kind = forms.ChoiceField(label=WORDS["kind"], choices=list(KINDS.items()))
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: QueryDict | None,
        *,
        methods: list[tuple[int, str]],
        digits: int,
        currency: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        self.fields["method_id"] = forms.TypedChoiceField(
            label=WORDS["method_id"],
            choices=[("", lazy("None")), *((str(pk), name) for pk, name in methods)],
            coerce=int,
            empty_value=None,
            required=False,
        )
        self.fields["small_sale_threshold"] = AmountField(
            label=WORDS["small_sale_threshold_minor"],
            digits=digits,
            required=False,
            help_text=_("In %(currency)s; orders under it are no opportunities. 0 for none.")
            % {"currency": currency},
        )

    def values(self) -> dict[str, Any]:
        """Give what the actions take."""
        typed = self.cleaned_data
        return {
            "name_zh": typed["name_zh"],
            "name_en": typed["name_en"],
            "kind": typed["kind"],
            "method_id": typed["method_id"],
            "small_sale_threshold": typed["small_sale_threshold"] or Decimal(0),
        }


class PlaceForm(forms.Form):
    """Where a unit hangs, and from which day on."""

    on = DayField(label=lazy("From day"))

    def __init__(self, data: QueryDict | None, *, parents: list[Any], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["parent_id"] = forms.TypedChoiceField(
            label=lazy("Under"),
            choices=[("", lazy("None: it stands at the top")), *parents],
            coerce=int,
            empty_value=None,
            required=False,
        )


class CloseForm(forms.Form):
    """From which day on a unit is closed."""

    on = DayField(label=lazy("Closed from"))
