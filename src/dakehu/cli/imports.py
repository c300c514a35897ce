"""dakehu import: read files of another system into this one."""

from pathlib import Path
from typing import Literal

import click
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dakehu.actions.imports import ImportOptions, ImportReport, run_import, source_files
from dakehu.cli.asking import asking_as, moment
from dakehu.cli.output import (
    answering,
    as_json_option,
    print_json,
    print_table,
)
from dakehu.core.periods import parse_day
from dakehu.messages import sentence

SHOWN_PROBLEMS = 40


@click.command("import", help=gettext_lazy("Import CSV and Excel files of another system."))
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--recipe", default=None, help=gettext_lazy("How to read them, by its key."))
@click.option(
    "--dates", type=click.Choice(["dmy", "mdy", "ymd"]), default=None,
    help=gettext_lazy("The order of day, month and year in the files."),
)  # fmt: skip
@click.option("--encoding", default=None, help=gettext_lazy("Like utf-8 or gb18030."))
@click.option(
    "--state-of", default=None,
    help=gettext_lazy("The day whose state the files show; by default their last day."),
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help=gettext_lazy("Only say what would come of it."))
@click.option("--as", "login", default=None, help=gettext_lazy("Import as this person."))
@as_json_option
@answering
def import_files(
    *, paths: tuple[Path, ...], recipe: str | None, dates: Literal["dmy", "mdy", "ymd"] | None,
    encoding: str | None, state_of: str | None, dry_run: bool, login: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Import, and report by row what could not go in."""
    asker = asking_as(login)
    report = run_import(
        actor=asker.viewer,
        files=source_files(paths),
        recipe=recipe,
        options=ImportOptions(
            dates=dates,
            encoding=encoding,
            state_of=None if state_of is None else parse_day(state_of),
            dry_run=dry_run,
        ),
        today=asker.today,
        at=moment(),
    )
    if as_json:
        print_json(report.as_json())
    else:
        _print(report)


def _print(report: ImportReport) -> None:
    if report.dry_run:
        click.echo(_("Dry run: nothing was kept."))
    click.echo(
        _("Recipe %(recipe)s, state of %(day)s")
        % {"recipe": report.recipe, "day": report.state_of or "—"}
    )
    print_table(
        (_("File"), _("Encoding"), _("Rows")),
        [(file.name, file.encoding, file.rows) for file in report.files],
    )
    click.echo()
    print_table(
        (_("Rows"), _("Count")),
        [
            (_("read"), report.read),
            (_("taken in"), report.accepted),
            (_("unchanged"), report.unchanged),
            (_("changed"), report.changed),
            (_("refused"), report.refused),
        ],
    )
    if report.problems:
        click.echo()
        for problem in report.problems[:SHOWN_PROBLEMS]:
            place = f"{problem.file}:{problem.row}" if problem.row else problem.file
            column = f" [{problem.column}]" if problem.column else ""
            words = sentence(problem.code, problem.facts)
            click.echo(f"{problem.severity.value}  {place}{column}  {words}")
        more = report.problem_count - SHOWN_PROBLEMS
        if more > 0:
            click.echo(_("… and %(count)d more; --json lists them all.") % {"count": more})
