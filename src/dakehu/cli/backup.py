"""dakehu backup, restore, upgrade: keep all there is, bring it back, and move to a new version."""

import sys
import time
from pathlib import Path

import click
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dakehu.actions.backup import restore_backup
from dakehu.cli.asking import moment
from dakehu.cli.output import answering, as_json_option, check_database, print_json
from dakehu.core.access import operator
from dakehu.core.backup import Manifest
from dakehu.queries.backup import backup as make_backup


@click.command(help=gettext_lazy("Write every table and file into one archive; people go on."))
@click.argument("file", type=click.Path(path_type=Path))
@as_json_option
@answering
def backup(*, file: Path, as_json: bool) -> None:
    """Back up a running installation."""
    check_database()
    begun = time.monotonic()
    manifest = make_backup(viewer=operator(), to=file, at=moment())
    if as_json:
        print_json(_facts(manifest, begun))
        return
    words = _("Backed up: %(tables)d tables, %(rows)s rows, %(files)d files (%(seconds)d s).")
    _say(words, manifest, begun)
    for name in manifest.missing:
        click.echo(_("Missing in the folder of files: %(name)s") % {"name": name}, err=True)


@click.command(help=gettext_lazy("Bring an archive into an empty database, of either kind."))
@click.argument("file", type=click.Path(path_type=Path))
@as_json_option
@answering
def restore(*, file: Path, as_json: bool) -> None:
    """Restore a backup and prove that every table and file is the same."""
    begun = time.monotonic()
    manifest = restore_backup(actor=operator(), source=file)
    if as_json:
        print_json(_facts(manifest, begun))
        return
    words = _(
        "Restored, the same: %(tables)d tables, %(rows)s rows, %(files)d files (%(seconds)d s)."
    )
    _say(words, manifest, begun)


@click.command(
    help=gettext_lazy("Bring the tables to this version; --check only says what is due.")
)
@click.option(
    "--check", "only_check", is_flag=True,
    help=gettext_lazy("Change nothing; exit 1 where something is due."),
)  # fmt: skip
@as_json_option
@answering
def upgrade(*, only_check: bool, as_json: bool) -> None:
    """Apply what is due, or only tell."""
    check_database()
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    due = [f"{migration.app_label}.{migration.name}" for migration, _back in plan]
    unknown = sorted(
        f"{app}.{name}"
        for app, name in executor.loader.applied_migrations
        if (app, name) not in executor.loader.disk_migrations
    )
    if due and not only_check:
        call_command("migrate", verbosity=0, interactive=False)
    if as_json:
        print_json({"due": due, "unknown": unknown, "applied": bool(due) and not only_check})
    else:
        _tell(due, unknown, only_check=only_check)
    if unknown or (due and only_check):
        sys.exit(1)


def _tell(due: list[str], unknown: list[str], *, only_check: bool) -> None:
    if unknown:
        click.echo(_("The database was made by a newer version; install it:"), err=True)
        for name in unknown:
            click.echo(f"  {name}", err=True)
    elif not due:
        click.echo(_("The database is of this version; nothing is due."))
    elif only_check:
        click.echo(_("Due: make a backup (dakehu backup FILE), then run dakehu upgrade."))
    else:
        click.echo(_("Upgraded."))
    for name in due:
        click.echo(f"  {name}")


def _facts(manifest: Manifest, begun: float) -> dict[str, object]:
    return {
        "version": manifest.version,
        "tables": len(manifest.tables),
        "rows": sum(part.rows for part in manifest.tables),
        "files": len(manifest.files),
        "missing": list(manifest.missing),
        "seconds": round(time.monotonic() - begun, 1),
    }


def _say(sentence: str, manifest: Manifest, begun: float) -> None:
    facts = _facts(manifest, begun)
    click.echo(
        sentence
        % {
            "tables": facts["tables"],
            "rows": f"{facts['rows']:,}",
            "files": facts["files"],
            "seconds": round(time.monotonic() - begun),
        }
    )
