"""The forms of an account: its fields, whom it is given to, where it hangs."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as lazy

from dakehu.actions import accounts as actions
from dakehu.queries.people import PersonName
from dakehu.web.accounts.words import WORDS


class AccountForm(forms.Form):
    """The fields that people edit."""

    name = forms.CharField(label=WORDS["name"], max_length=200)
    name_en = forms.CharField(label=WORDS["name_en"], max_length=200, required=False)
    aliases = forms.CharField(
        label=WORDS["aliases"],
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=lazy("Abbreviations, former and foreign names, one a line."),
    )
    industry = forms.CharField(label=WORDS["industry"], max_length=80, required=False)
    region = forms.CharField(label=WORDS["region"], max_length=80, required=False)
    address = forms.CharField(label=WORDS["address"], max_length=240, required=False)
    phone = forms.CharField(label=WORDS["phone"], max_length=60, required=False)
    website = forms.CharField(label=WORDS["website"], max_length=200, required=False)
    tax_code = forms.CharField(label=WORDS["tax_code"], max_length=30, required=False)
    employees = forms.IntegerField(label=WORDS["employees"], min_value=0, required=False)
    founded = forms.IntegerField(label=WORDS["founded"], min_value=1000, required=False)
    note = forms.CharField(label=WORDS["note"], required=False, widget=forms.Textarea)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def values(self) -> dict[str, Any]:
        """Give the columns typed."""
        return {name: self.cleaned_data[name] for name in actions.FIELDS}

    def aliases_typed(self) -> list[str]:
        """Give the other names, one a line."""
        return str(self.cleaned_data["aliases"]).splitlines()


class NewAccountForm(AccountForm):
    """A new account, with whom it is given to."""

    parent_id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    same_name_is_fine = forms.BooleanField(
        label=lazy("It is another company: create it all the same"), required=False
    )

    def __init__(self, data: QueryDict | None, *, people: list[PersonName], **kwargs: Any) -> None:
        language = kwargs.pop("language")
        super().__init__(data, **kwargs)
        self.fields["manager_id"] = _person_field(people, language, required=True)


class AssignForm(forms.Form):
    """Whom an account is given to."""

    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self,
        data: QueryDict | None,
        *,
        people: list[PersonName],
        units: list[tuple[str, str]],
        language: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        self.fields["manager_id"] = _person_field(people, language, required=False)
        self.fields["unit_id"] = forms.TypedChoiceField(
            label=WORDS["unit"],
            choices=[("", lazy("The unit of the new manager")), *units],
            coerce=int,
            empty_value=None,
            required=False,
        )


class MoveForm(forms.Form):
    """Where an account hangs in its group."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    parent_id = forms.CharField(
        label=lazy("Code or name of the parent account"),
        required=False,
        help_text=lazy("Leave it empty to take the account out of its group."),
    )


def _person_field(
    people: list[PersonName], language: str, *, required: bool
) -> forms.TypedChoiceField:
    named = [(str(person.id), person.shown(language)) for person in people]
    nobody = [] if required else [("", lazy("Nobody yet"))]
    return forms.TypedChoiceField(
        label=WORDS["manager"],
        choices=[*nobody, *named],
        coerce=int,
        empty_value=None,
        required=required,
    )
