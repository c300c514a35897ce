"""dakehu revert-import: take a whole import back, the operator's or one's own (FUN-5)."""

import click
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dakehu.actions.imports import revert, work_import
from dakehu.cli.asking import asking_as, moment
from dakehu.cli.output import answering, as_json_option, print_json
from dakehu.core.errors import RuleBroken
from dakehu.messages import sentence
from dakehu.queries.imports import import_run, left_by_revert


@click.command("revert-import", help=gettext_lazy("Take a whole import back, by its number."))
@click.argument("run_id", type=int)
@click.option("--as", "login", default=None, help=gettext_lazy("Take back as this person."))
@as_json_option
@answering
def revert_import(*, run_id: int, login: str | None, as_json: bool) -> None:
    """Mirror what the import posted, and list what stays because it was changed since."""
    asker = asking_as(login)
    revert(actor=asker.viewer, run_id=run_id, at=moment())
    work_import(run_id=run_id, clock=moment)
    run = import_run(viewer=asker.viewer, run_id=run_id)
    if run.row.status != "reverted":
        raise RuleBroken(run.code or "import.failed", **run.facts)
    left = left_by_revert(viewer=asker.viewer, run_id=run_id)
    if as_json:
        kept = [{"code": row.code, "facts": row.facts} for row in left]
        print_json({"run_id": run_id, "status": "reverted", "kept": kept})
        return
    click.echo(_("Import %(run)s is taken back.") % {"run": run_id})
    for row in left:
        click.echo(sentence(row.code, row.facts))
