"""dakehu calibrate: find the calibrated win rates, as the nightly job does."""

from dataclasses import asdict

import click
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dakehu.actions.calibration import calibrate_win_rates
from dakehu.cli.asking import asking_as, moment
from dakehu.cli.output import answering, as_json_option, print_json


@click.command(help=gettext_lazy("Find each stage's calibrated win rate from what is decided."))
@as_json_option
@answering
def calibrate(*, as_json: bool) -> None:
    """Write a dated row for each stage whose rate or number of cases changed (FUN-9)."""
    asker = asking_as(None)
    done = calibrate_win_rates(actor=asker.viewer, today=asker.today, at=moment())
    if as_json:
        print_json(asdict(done))
        return
    click.echo(
        _("%(stages)s stages looked at, %(changed)s with a new rate.")
        % {"stages": done.stages, "changed": done.changed}
    )
