"""Import as pages: upload, the report of the dry run with problems by row, confirm, past runs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dakehu.actions import imports as actions
from dakehu.core.errors import NotAllowed, NotFound
from dakehu.core.imports.recipes import recipes
from dakehu.http import SignedRequest, go, render_page, signed_in
from dakehu.messages import sentence
from dakehu.queries import imports as queries
from dakehu.queries.paging import Cut
from dakehu.web.exports import Cell, list_as_file
from dakehu.web.forms import done, status_of
from dakehu.web.imports.forms import HowForm, UploadForm
from dakehu.web.imports.mapping import import_columns, import_match

#: How a run ended, with the light that stands beside the word.
STATES: dict[str, tuple[str | Promise, str]] = {
    "dry_run": (lazy("Tried, not taken in"), "watch"),
    "uploaded": (lazy("Being checked"), "watch"),
    "asking": (lazy("Waiting for you"), "watch"),
    "checked": (lazy("Checked, not taken in"), "watch"),
    "running": (lazy("Being taken in"), "watch"),
    "stopped": (lazy("Stopped"), "watch"),
    "done": (lazy("Taken in"), "good"),
    "refused": (lazy("Refused"), "act"),
    "failed": (lazy("Failed"), "act"),
    "reverting": (lazy("Being taken back"), "watch"),
    "reverted": (lazy("Taken back"), "good"),
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
    "updated": lazy("Opportunities updated"),
}
ASKED: dict[str, str | Promise] = {
    "account": lazy("Account"),
    "person": lazy("Person"),
    "product": lazy("Product"),
}
REASONS: dict[str, str | Promise] = {
    "same": lazy("the same name"),
    "core": lazy("the same distinctive part"),
    "short": lazy("a short form"),
    "pinyin": lazy("sounds the same"),
    "initials": lazy("its initials"),
    "similar": lazy("similar"),
}


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
        run_id = done(form, lambda typed: _upload(request, typed))
        if run_id is not None:
            return go(request, "import", run_id)
    cut = Cut(after=request.GET.get("after", ""), before=request.GET.get("before", ""), size=20)
    page = queries.import_runs(viewer=request.viewer, cut=cut)
    facts = {
        "form": form,
        "page": page,
        "runs": [_shown(row, language) for row in page.rows],
    }
    return render_page(request, "imports/list.html", facts, status=status_of(form))


def _upload(request: SignedRequest, typed: Mapping[str, Any]) -> int:
    return actions.upload_files(
        actor=request.viewer,
        files=[actions.SourceFile(file.name, file.read()) for file in typed["uploads"]],
        recipe=typed["recipe"] or None,
        options=actions.ImportOptions(
            dates=typed["dates"] or None,
            encoding=typed["encoding"] or None,
            separator=typed["separator"] or None,
            state_of=typed["state_of"],
            make_accounts=typed["make_accounts"],
            update=typed["update"],
        ),
        today=request.today,
        at=request.now,
    )


@signed_in
@require_safe
def import_page(request: SignedRequest, run_id: int) -> HttpResponse:
    """Show what came of a run, with its problems by row."""
    return _page(request, run_id)


def _page(request: SignedRequest, run_id: int, how: HowForm | None = None) -> HttpResponse:
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
        "created": _created(run),
        "problems": [_worded(problem) for problem in problems.rows],
        "page": problems,
        "severity": severity,
        "refusal": sentence(run.code, run.facts) if run.code else "",
        "asks": [
            (n, ask, str(ASKED[ask.kind]), [(one, str(REASONS[one.reason])) for one in ask.likely])
            for n, ask in enumerate(run.asks)
        ],
        "how": how or HowForm(initial={n: run.options.get(n) for n in HowForm.base_fields}),
        "steps": [(str(KINDS.get(step.name, step.name)), step) for step in run.steps],
    }
    answer = render_page(request, "imports/page.html", facts, status=422 if how else 200)
    if request.htmx and not run.working:
        # It has ended: what stands around the part changes too.
        answer["HX-Refresh"] = "true"
    return answer


@signed_in
@require_POST
def import_step(request: SignedRequest, run_id: int, step: str) -> HttpResponse:
    """Go a step on: take in, stop, go on, or check again."""
    viewer, today, at = request.viewer, request.today, request.now
    match step:
        case "take-in":
            actions.take_in(actor=viewer, run_id=run_id, today=today, at=at)
        case "stop":
            actions.stop(actor=viewer, run_id=run_id)
        case "go-on":
            actions.go_on(actor=viewer, run_id=run_id, at=at)
        case _:
            form = HowForm(request.POST)
            if not form.is_valid():
                return _page(request, run_id, form)
            typed = form.cleaned_data
            said = {**typed, "state_of": typed["state_of"] and typed["state_of"].isoformat()}
            said = {name: value or None for name, value in said.items()}
            said |= {name: bool(typed[name]) for name in ("make_accounts", "update")}
            actions.check_again(actor=viewer, run_id=run_id, said=said, today=today, at=at)
    return go(request, "import", run_id)


STEPS = ("take-in", "stop", "go-on", "check")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def import_revert(request: SignedRequest, run_id: int) -> HttpResponse:
    """Ask, say what goes out again, and take the whole import back."""
    if request.method == "POST":
        actions.revert(actor=request.viewer, run_id=run_id, at=request.now)
        return go(request, "import", run_id)
    run = queries.import_run(viewer=request.viewer, run_id=run_id)
    if not run.may_revert:
        raise NotFound("import.unknown_run")
    facts = {
        "run": run,
        "shown": _shown(run.row, request.viewer.language),
        "rows": run.row.accepted or 0,
        "created": _created(run),
    }
    return render_page(request, "imports/revert.html", facts)


def _created(run: queries.RunPage) -> list[tuple[str | Promise, int]]:
    return [(KINDS.get(kind, kind), n) for kind, n in sorted(run.created.items())]


@signed_in
@require_safe
def import_rows(request: SignedRequest, run_id: int, which: str, kind: str) -> HttpResponseBase:
    """Give the refused rows with their reasons, or the others, as a file to correct."""
    refused = which == "refused"
    rows = queries.import_rows(viewer=request.viewer, run_id=run_id, refused=refused)
    reasons = queries.problems_by_row(viewer=request.viewer, run_id=run_id) if refused else {}
    name = _("refused rows") if refused else _("accepted rows")
    return list_as_file(
        request,
        kind,
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
    path("imports/<int:run_id>/columns/", import_columns, name="import_columns"),
    path("imports/<int:run_id>/revert/", import_revert, name="import_revert"),
    path("imports/<int:run_id>/match/", import_match, name="import_match"),
    *[
        path(f"imports/<int:run_id>/{step}/", import_step, {"step": step},
             name=f"import_{step.replace('-', '_')}")
        for step in STEPS
    ],
    *[
        path(f"imports/<int:run_id>/{which}.{kind}", import_rows, {"which": which, "kind": kind},
             name=f"import_{which}_{kind}")
        for which in ("refused", "accepted") for kind in ("csv", "xlsx")
    ],
]  # fmt: skip
