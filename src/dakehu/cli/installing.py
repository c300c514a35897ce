"""dakehu init: tables, currencies, methods, and with --demo the demo company."""

import time
from zoneinfo import ZoneInfo

import click
from django.core.management import call_command
from django.db import OperationalError, connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dakehu.actions.demo import init_demo
from dakehu.actions.organisation import set_up_organisation
from dakehu.cli.asking import moment
from dakehu.cli.output import answering, as_json_option, print_json
from dakehu.core.access import operator
from dakehu.core.errors import NotFound
from dakehu.queries.organisation import organisation


@click.command(help=gettext_lazy("Set up the database; doing it again is harmless."))
@click.option("--demo", is_flag=True, help=gettext_lazy("Fill it with a made-up company."))
@as_json_option
@answering
def init(*, demo: bool, as_json: bool) -> None:
    """Migrate, make what every installation needs, and the demo company where it is asked for."""
    begun = time.monotonic()
    _migrate()
    at = moment()
    # Before there is an organisation, the day is that of its default time zone.
    today = at.astimezone(ZoneInfo("Asia/Shanghai")).date()
    made = 0
    if demo:
        built = init_demo(actor=operator(), today=today, at=at)
        made = built.opportunities
    set_up = set_up_organisation(actor=operator(), today=today, at=at)
    if as_json:
        print_json(
            {
                "organisation": organisation().name_en,
                "is_demo": organisation().is_demo,
                "organisation_made": set_up.organisation or made > 0,
                "opportunities_made": made,
            }
        )
        return
    if made:
        seconds = round(time.monotonic() - begun)
        click.echo(
            ngettext(
                "The demo company stands, with %(count)d opportunity (%(seconds)d s).",
                "The demo company stands, with %(count)d opportunities (%(seconds)d s).",
                made,
            )
            % {"count": made, "seconds": seconds}
        )
    elif set_up.organisation:
        click.echo(_("The database is set up."))
    else:
        click.echo(_("The database was set up already; nothing was changed."))
    if not set_up.has_people:
        click.echo(_("Now make the first administrator, who can log in:"))
        click.echo("  dakehu person add LOGIN --name NAME --role administrator")


def _migrate() -> None:
    try:
        connection.ensure_connection()
    except OperationalError as error:
        raise NotFound("database.unreachable", problem=str(error).strip()) from error
    call_command("migrate", verbosity=0, interactive=False)
