"""dakehu mail: the weekly mail of the Monday review, for cron."""

import click
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dakehu.actions.weekly import send_weekly_review_mails
from dakehu.cli.asking import asking_as, moment
from dakehu.cli.output import answering, as_json_option, print_json
from dakehu.messages.weekly import worded_weekly


@click.group(help=gettext_lazy("Write to people."))
def mail() -> None:
    """Hold the commands about mail together."""


@mail.command(help=gettext_lazy("Write the weekly mails; nobody is written to twice in a week."))
@as_json_option
@answering
def weekly(*, as_json: bool) -> None:
    """Send what was not sent this week."""
    asker = asking_as(None)
    done = send_weekly_review_mails(actor=asker.viewer, at=moment(), word=worded_weekly)
    if as_json:
        print_json({"sent": done.sent, "already": done.already, "failed": done.failed})
        return
    click.echo(
        _("%(sent)s mails sent, %(already)s sent before this week, %(failed)s not taken.")
        % {"sent": done.sent, "already": done.already, "failed": done.failed}
    )
