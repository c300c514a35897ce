"""What is asked before an import: the files, and how they are written."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from dakehu.core.imports.recipes import recipes
from dakehu.web.forms import DayField

MOST_FILES = 20

DATES: tuple[tuple[str, str | Promise], ...] = (
    ("", lazy("As the files show")),
    ("ymd", lazy("Year, month, day")),
    ("dmy", lazy("Day, month, year")),
    ("mdy", lazy("Month, day, year")),
)
ENCODINGS: tuple[tuple[str, str | Promise], ...] = (
    ("", lazy("As the files show")),
    ("utf-8", "UTF-8"),
    ("gb18030", "GB18030 (GBK)"),
    ("big5", "Big5"),
    ("utf-16", "UTF-16"),
    ("utf-32", "UTF-32"),
    ("cp1252", "Windows-1252"),
)


SEPARATORS: tuple[tuple[str, str | Promise], ...] = (
    ("", lazy("As the files show")),
    (",", lazy("Comma")),
    (";", lazy("Semicolon")),
    ("\t", lazy("Tab")),
    ("|", "|"),
)


class FilesInput(forms.ClearableFileInput):
    """A choice of several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files; cleaned to a list."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> "list[UploadedFile[Any]]":
        """Check each file."""
        given = (data if isinstance(data, list | tuple) else [data]) or [None]
        if len(given) > MOST_FILES:
            raise forms.ValidationError(_("Choose %(most)d files at most.") % {"most": MOST_FILES})
        return [super(FilesField, self).clean(file, initial) for file in given]


class HowForm(forms.Form):
    """How the files are written; changed later, they are checked again."""

    dates = forms.ChoiceField(label=lazy("Order of days"), choices=DATES, required=False)
    encoding = forms.ChoiceField(label=lazy("Encoding"), choices=ENCODINGS, required=False)
    separator = forms.ChoiceField(label=lazy("Separator"), choices=SEPARATORS, required=False)
    state_of = DayField(
        label=lazy("State of"),
        required=False,
        help_text=lazy("The day whose state the files show; empty: their last day."),
    )
    make_accounts = forms.BooleanField(
        label=lazy("Create accounts that opportunities name and nobody knows"), required=False
    )
    update = forms.BooleanField(
        label=lazy("Let opportunities that came before follow the file"),
        help_text=lazy("Amount, close date, account, name, next step; stages need their evidence."),
        required=False,
    )


class UploadForm(HowForm):
    """What to import and how it is written."""

    uploads = FilesField(
        label=lazy("Files"),
        allow_empty_file=True,
        help_text=lazy("CSV or Excel, several at once where they belong together."),
        widget=FilesInput(attrs={"multiple": True, "accept": ".csv,.tsv,.txt,.xlsx,.xlsm,.xls"}),
    )
    recipe = forms.ChoiceField(label=lazy("Recipe"), required=False)

    def __init__(self, *args: Any, language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(recipe.key, recipe.name.in_language(language)) for recipe in recipes()]
        self.fields["recipe"].choices = [  # type: ignore[attr-defined]
            ("", _("Recognise by the headings")), *choices,
        ]  # fmt: skip
