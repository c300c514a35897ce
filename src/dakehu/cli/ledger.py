"""dakehu ledger: prove that the books are right, and carry them forward."""

import sys
from dataclasses import asdict

import click
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dakehu.actions.ledger import carry_forward, raise_most, rebuild
from dakehu.cli.asking import asking_as, moment
from dakehu.cli.output import (
    answering,
    as_json_option,
    print_json,
    print_table,
)
from dakehu.core.errors import NotAllowed
from dakehu.queries.ledger_check import Verified, verify_ledger
from dakehu.queries.snapshot import reading


@click.group(help=gettext_lazy("Prove the ledger and carry it forward."))
def ledger() -> None:
    """Hold the commands of the ledger together."""


@ledger.command(help=gettext_lazy("Prove that rows, balances and turnover are the entries' sums."))
@click.option(
    "--rebuild", "again", is_flag=True,
    help=gettext_lazy("Make the carried months anew from the entries first."),
)  # fmt: skip
@click.option("--as", "login", default=None, help=gettext_lazy("Ask as this person."))
@as_json_option
@answering
def verify(*, again: bool, login: str | None, as_json: bool) -> None:
    """Check everything FUN-5 promises; exit 1 where something deviates."""
    asker = asking_as(login)
    if again:
        if not asker.viewer.is_operator:
            raise NotAllowed("ledger.rebuild")
        rebuild(since=None, upto=asker.today, at=moment())
        raise_most()
    with reading():
        found = verify_ledger(asker.viewer)
    if as_json:
        print_json({"right": found.right, **asdict(found)})
    else:
        _print(found)
    if not found.right:
        sys.exit(1)


@ledger.command(help=gettext_lazy("Carry balances forward to the present month."))
@as_json_option
@answering
def carry(*, as_json: bool) -> None:
    """Carry every month that has begun."""
    carried = carry_forward(upto=asking_as(None).today, at=moment())
    if as_json:
        print_json({"carried": carried})
    else:
        click.echo(_("Months carried forward: %(count)d") % {"count": carried})


def _print(found: Verified) -> None:
    print_table(
        (_("Check"), _("Checked"), _("Deviations")),
        [(check_names()[c.key], c.checked, c.deviating) for c in found.checks],
    )
    for check in found.checks:
        for deviation in check.deviations:
            click.echo(f"{check_names()[check.key]}: {deviation.what}: {deviation.facts}")
        if check.deviating > len(check.deviations):
            click.echo(
                _("… and %(count)d more.") % {"count": check.deviating - len(check.deviations)}
            )
    click.echo(_("The ledger is right.") if found.right else _("The ledger deviates."))


def check_names() -> dict[str, str]:
    """Give the names of what is checked."""
    return {
        "movement_sums": _("Every movement sums to zero"),
        "one_position": _("Each opportunity holds exactly one position"),
        "left_positions": _("Positions that were left hold nothing"),
        "rows": _("Each opportunity's row is what its entries say"),
        "entry_facts": _("Entries repeat what their movement says"),
        "reversals": _("Each reversal mirrors what it reverses"),
        "bookings": _("Outcomes book their amount at the day's rate"),
        "dates": _("No movement lies outside the days of its row"),
        "most": _("No opportunity held more than its row says"),
        "balances": _("Balances are the entries' sums"),
        "company_balances": _("The whole company's balances are the sums of all"),
        "turnover": _("Turnover is the entries' sums"),
        "months": _("Opening and movements give closing, month by month"),
        "stays": _("Stays and leaks are what the chains tell"),
        "guards": _("The database refuses to change history"),
    }
