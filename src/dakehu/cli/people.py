"""dakehu person: the first administrator of an installation, and new passwords."""

import sys

import click
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dakehu.actions.people import add_person, set_password
from dakehu.cli.asking import asking_as, moment
from dakehu.cli.output import answering, as_json_option, print_json
from dakehu.core.access import ROLES


@click.group(help=gettext_lazy("Add people and set their passwords."))
def person() -> None:
    """Hold the commands about people together."""


@person.command(help=gettext_lazy("Add somebody who can log in, and ask for the password."))
@click.argument("login")
@click.option("--name", required=True, help=gettext_lazy("Their name."))
@click.option("--role", type=click.Choice(sorted(ROLES)), default="administrator",
              help=gettext_lazy("What they may see and do."))  # fmt: skip
@click.option(
    "--unit", default=None,
    help=gettext_lazy("The code of their unit; by default the whole company."),
)  # fmt: skip
@as_json_option
@answering
def add(*, login: str, name: str, role: str, unit: str | None, as_json: bool) -> None:
    """Add a person with one appointment from today on."""
    asker = asking_as(None)
    add_person(
        actor=asker.viewer, login=login, name=name, role=role, unit_code=unit,
        password=_password(), today=asker.today, at=moment(),
    )  # fmt: skip
    _done(login, _("%(login)s can log in now."), as_json=as_json)


@person.command(help=gettext_lazy("Set a new password for somebody."))
@click.argument("login")
@as_json_option
@answering
def password(*, login: str, as_json: bool) -> None:
    """Set a password, asked for twice or read from the first line of standard input."""
    asker = asking_as(None)
    set_password(actor=asker.viewer, login=login, password=_password(), at=moment())
    _done(login, _("%(login)s has a new password."), as_json=as_json)


def _done(login: str, said: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"login": login})
    else:
        click.echo(said % {"login": login})


def _password() -> str:
    if sys.stdin.isatty():
        asked: str = click.prompt(_("Password"), hide_input=True, confirmation_prompt=True)
        return asked
    return sys.stdin.readline().rstrip("\n")
