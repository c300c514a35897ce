"""What columns and names mean, said by somebody where nobody recognises them."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from dakehu.actions import imports as actions
from dakehu.core.errors import RuleBroken
from dakehu.core.imports.mapping import Mapped, named_as, simple_recipes
from dakehu.http import SignedRequest, go, render_page, signed_in
from dakehu.messages import sentence
from dakehu.queries import imports as queries


@dataclass(frozen=True, slots=True)
class Choice:
    """A column of a kind, with its word, and the heading chosen for it."""

    key: str
    word: str
    required: bool
    header: str


@dataclass(frozen=True, slots=True)
class FileMapped:
    """A file of the mapping page: what it is, its columns, its headings and first rows."""

    shown: queries.FileShown
    number: int
    subject: str
    choices: tuple[Choice, ...]


@signed_in
def import_columns(request: SignedRequest, run_id: int) -> HttpResponse:
    """Let somebody say what each file is and what its columns mean."""
    language = request.viewer.language
    files = queries.import_files(viewer=request.viewer, run_id=run_id)
    known = simple_recipes()
    sent = request.POST if request.method == "POST" else request.GET
    said = {name: str(value) for name, value in sent.items()}
    mapped = []
    for number, shown in enumerate(files):
        subject = said.get(f"subject-{number}", shown.mapped.subject)
        columns = shown.mapped.columns if subject == shown.mapped.subject else {}
        if subject in known and not columns:
            columns = named_as(subject, shown.headers)
        choices = tuple(
            Choice(
                column.key, column.label.in_language(language), column.required,
                said.get(f"column-{number}-{column.key}", columns.get(column.key, "")),
            )
            for column in (known[subject].files[0].columns if subject in known else ())
        )  # fmt: skip
        mapped.append(FileMapped(shown, number, subject, choices))
    refusal = ""
    if request.method == "POST":
        try:
            actions.map_columns(
                actor=request.viewer, run_id=run_id, today=request.today, at=request.now,
                mapping={
                    one.shown.file: Mapped(
                        one.subject, {c.key: c.header for c in one.choices if c.header}
                    )
                    for one in mapped
                },
            )  # fmt: skip
        except RuleBroken as error:
            refusal = sentence(error.code, error.facts)
        else:
            return go(request, "import", run_id)
    facts = {
        "run_id": run_id,
        "files": mapped,
        "subjects": [(key, recipe.name.in_language(language)) for key, recipe in known.items()],
        "refusal": refusal,
    }
    return render_page(request, "imports/columns.html", facts, status=422 if refusal else 200)


@signed_in
@require_POST
def import_match(request: SignedRequest, run_id: int) -> HttpResponse:
    """Keep what names mean that nobody has, and check again."""
    run = queries.import_run(viewer=request.viewer, run_id=run_id)
    answers: dict[tuple[str, str], int] = {}
    for number, ask in enumerate(run.asks):
        chosen = request.POST.get(f"ask-{number}", "")
        allowed = {str(one.id) for one in ask.likely} | ({"0"} if ask.kind == "account" else set())
        if chosen in allowed:
            answers[ask.kind, ask.name] = int(chosen)
    actions.match_names(
        actor=request.viewer, run_id=run_id, answers=answers, today=request.today, at=request.now
    )
    return go(request, "import", run_id)
