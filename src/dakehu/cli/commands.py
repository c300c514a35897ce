"""The command `dakehu` with all that hangs under it."""

import click
from django.utils.translation import gettext_lazy as _

import dakehu as product
from dakehu.cli.backup import backup, restore, upgrade
from dakehu.cli.calibrate import calibrate
from dakehu.cli.funnel import funnel, indicators
from dakehu.cli.imports import import_files
from dakehu.cli.installing import init
from dakehu.cli.ledger import ledger
from dakehu.cli.mail import mail
from dakehu.cli.outcomes import outcomes
from dakehu.cli.people import person
from dakehu.cli.reverting import revert_import
from dakehu.cli.serving import serve
from dakehu.cli.waterfall import waterfall
from dakehu.cli.working import work


@click.group(
    help=_("Dakehu: the workplace of a sales organisation that lives from key accounts."),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(getattr(product, "__version__", None), package_name="dakehu")
def dakehu() -> None:
    """Hold the commands together."""


for command in (
    init, serve, work, import_files, revert_import, funnel, indicators, waterfall, outcomes,
    ledger, calibrate, person, backup, restore, upgrade, mail,
):  # fmt: skip
    dakehu.add_command(command)
