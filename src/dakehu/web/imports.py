"""Import as pages: upload, the report of the dry run with problems by row, confirm, past runs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from dakehu.actions import imports as actions
from dakehu.core.errors import NotAllowed
from dakehu.core.imports.recipes import recipes
from dakehu.http import SignedRequest, go, render_page, signed_in, toast
from dakehu.messages import sentence
from dakehu.queries import imports as queries
from dakehu.queries.paging import Cut
from dakehu.web.exports import Cell, rows_as_csv
from dakehu.web.forms import DayField, done, status_of

MOST_FILES = 20

#: How a run ended, with the light that stands beside the word.
STATES: dict[str, tuple[str | Promise, str]] = {
    "dry_run": (lazy("Tried, not taken in"), "watch"),
    "done": (lazy("Taken in"), "good"),
    "refused": (lazy("Refused"), "act"),
}
KINDS: dict[str, str | Promise] = {
    "units": lazy("Units"),
    "people": lazy("People"),
    "appointments": lazy("Appointments"),
    "products": lazy("Products"),
    "accounts": lazy("Accounts"),
    "contacts": lazy("Contacts"),
    "quotas": lazy("Quotas"),
    "methods": lazy("Sales methods"),
    "opportunities": lazy("Opportunities"),
    "movements": lazy("Movements in the ledger"),
}
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
    ("cp1252", "Windows-1252"),
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


class UploadForm(forms.Form):
    """What to import and how it is written."""

    uploads = FilesField(
        label=lazy("Files"),
        allow_empty_file=True,
        help_text=lazy("CSV or Excel, several at once where they belong together."),
        widget=FilesInput(attrs={"multiple": True, "accept": ".csv,.tsv,.txt,.xlsx,.xlsm,.xls"}),
    )
    recipe = forms.ChoiceField(label=lazy("Recipe"), required=False)
    dates = forms.ChoiceField(label=lazy("Order of days"), choices=DATES, required=False)
    encoding = forms.ChoiceField(label=lazy("Encoding"), choices=ENCODINGS, required=False)
    state_of = DayField(
        label=lazy("State of"),
        required=False,
        help_text=lazy("The day whose state the files show; empty: their last day."),
    )

    def __init__(self, *args: Any, language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(recipe.key, recipe.name.in_language(language)) for recipe in recipes()]
        self.fields["recipe"].choices = [  # type: ignore[attr-defined]
            ("", _("Recognise by the headings")), *choices,
        ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProblemShown:
    """A finding in the reader's language."""

    file: str
    row: int | None
    column: str
    refused: bool
    words: str


@dataclass(frozen=True, slots=True)
class RunShown:
    """A run of the list in the reader's language."""

    row: queries.RunRow
    recipe: str
    state: str
    light: str


@signed_in
def import_list(request: SignedRequest) -> HttpResponse:
    """Show the upload and the past runs; try what was uploaded."""
    if not request.viewer.holds("import.run"):
        raise NotAllowed("import.run")
    language = request.viewer.language
    data = (request.POST, request.FILES) if request.method == "POST" else ()
    form = UploadForm(*data, language=language)
    if data:
        report = done(form, lambda typed: _try(request, typed))
        if report is not None:
            return go(request, "import", report.run_id)
    cut = Cut(after=request.GET.get("after", ""), before=request.GET.get("before", ""), size=20)
    page = queries.import_runs(viewer=request.viewer, cut=cut)
    facts = {
        "form": form,
        "page": page,
        "runs": [_shown(row, language) for row in page.rows],
    }
    return render_page(request, "imports/list.html", facts, status=status_of(form))


def _try(request: SignedRequest, typed: Mapping[str, Any]) -> actions.ImportReport:
    return actions.try_upload(
        actor=request.viewer,
        files=[actions.SourceFile(file.name, file.read()) for file in typed["uploads"]],
        recipe=typed["recipe"] or None,
        options=actions.ImportOptions(
            dates=typed["dates"] or None,
            encoding=typed["encoding"] or None,
            state_of=typed["state_of"],
        ),
        today=request.today,
        at=request.now,
    )


@signed_in
@require_safe
def import_page(request: SignedRequest, run_id: int) -> HttpResponse:
    """Show what came of a run, with its problems by row."""
    run = queries.import_run(viewer=request.viewer, run_id=run_id)
    severity = request.GET.get("show", "")
    severity = severity if severity in {"refused", "warning"} else ""
    cut = Cut(after=request.GET.get("after", ""), before=request.GET.get("before", ""), size=100)
    problems = queries.import_problems(
        viewer=request.viewer, run_id=run_id, cut=cut, severity=severity
    )
    facts = {
        "run": run,
        "shown": _shown(run.row, request.viewer.language),
        "created": [(KINDS.get(kind, kind), n) for kind, n in sorted(run.created.items())],
        "problems": [_worded(problem) for problem in problems.rows],
        "page": problems,
        "severity": severity,
        "refusal": sentence(run.code, run.facts) if run.code else "",
    }
    return render_page(request, "imports/page.html", facts)


@signed_in
@require_POST
def import_confirm(request: SignedRequest, run_id: int) -> HttpResponse:
    """Take in what was tried."""
    report = actions.confirm_upload(
        actor=request.viewer, run_id=run_id, today=request.today, at=request.now
    )
    words = ngettext(
        "%(count)d row is taken in.", "%(count)d rows are taken in.", report.accepted
    ) % {"count": report.accepted}  # fmt: skip
    toast(request, words, kind="watch" if report.refused else "good")
    return go(request, "import", report.run_id)


@signed_in
@require_safe
def import_rows(request: SignedRequest, run_id: int, which: str) -> HttpResponse:
    """Give the refused rows with their reasons, or the others, as a file to correct."""
    refused = which == "refused"
    rows = queries.import_rows(viewer=request.viewer, run_id=run_id, refused=refused)
    reasons = queries.problems_by_row(viewer=request.viewer, run_id=run_id) if refused else {}
    name = _("refused rows") if refused else _("accepted rows")
    return rows_as_csv(
        name=f"{name} {run_id}",
        head=[_("File"), _("Row"), _("Reason")],
        rows=_lines(rows, reasons),
    )


def _lines(
    rows: Iterator[queries.KeptRow],
    reasons: Mapping[tuple[str, int], list[queries.ProblemRow]],
) -> Iterator[list[Cell]]:
    """Give each file's own headings before its rows: files of one import differ in columns."""
    file = ""
    for row in rows:
        if row.file != file:
            file = row.file
            yield [row.file, 1, "", *row.headers]
        words = [_reason(problem) for problem in reasons.get((row.file, row.row), [])]
        yield [row.file, row.row, " · ".join(words), *row.cells]


def _reason(problem: queries.ProblemRow) -> str:
    words = sentence(problem.code, problem.facts)
    return f"{problem.column}: {words}" if problem.column else words


def _worded(problem: queries.ProblemRow) -> ProblemShown:
    return ProblemShown(
        problem.file,
        problem.row,
        problem.column,
        problem.severity == "refused",
        sentence(problem.code, problem.facts),
    )


def _shown(row: queries.RunRow, language: str) -> RunShown:
    names = {recipe.key: recipe.name.in_language(language) for recipe in recipes()}
    state, light = STATES[row.status]
    return RunShown(row, names.get(row.recipe, row.recipe), str(state), light)


urlpatterns = [
    path("imports/", import_list, name="imports"),
    path("imports/<int:run_id>/", import_page, name="import"),
    path("imports/<int:run_id>/confirm/", import_confirm, name="import_confirm"),
    path("imports/<int:run_id>/refused.csv", import_rows, {"which": "refused"},
         name="import_refused"),
    path("imports/<int:run_id>/accepted.csv", import_rows, {"which": "accepted"},
         name="import_accepted"),
]  # fmt: skip
