"""dakehu outcomes: what was won and lost, by unit, owner, quarter, product or account."""

from datetime import timedelta
from typing import Any

import click
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dakehu.cli.asking import (
    Options,
    asking_as,
    figure_options,
    from_option,
    question_of,
    range_of,
    to_option,
)
from dakehu.cli.output import answering, as_json_option, print_json, print_table
from dakehu.core.errors import RuleBroken
from dakehu.queries.outcomes import BYS, By, OutcomeRow, outcomes_between
from dakehu.queries.snapshot import reading

DAY = timedelta(days=1)


@click.command(help=gettext_lazy("Show what was won and lost in a range of days."))
@from_option
@to_option
@click.option("--by", type=click.Choice(BYS), required=True, help=gettext_lazy("A row for each."))
@figure_options
@as_json_option
@answering
def outcomes(*, start: str, end: str, by: By, options: Options, as_json: bool) -> None:
    """Answer with wins, their amounts and losses, in the base currency as booked."""
    asker = asking_as(options.login)
    first, after = range_of(start, end)
    if options.currency not in (None, asker.org.base_currency):
        raise RuleBroken("outcomes.base_currency_only", base=asker.org.base_currency)
    with reading():
        question = question_of(asker, options, on=min(after - DAY, asker.today))
        found = outcomes_between(
            asker.viewer, question=question, start=first, end=after, by=by, today=asker.today,
            method_key=options.method,
        )  # fmt: skip
    if as_json:
        print_json(
            {
                "currency": found.currency,
                "from": found.start,
                "to": found.end,
                "by": found.by,
                "rows": [_row_json(row) for row in found.rows],
                "total": _row_json(found.total),
            }
        )
        return
    heads = (_("Key"), _("Won"), _("Amount won"), _("Lost"), _("Abandoned"))
    rows = [
        (
            f"{'  ' * row.depth}{row.key or _('(none)')}",
            row.won_count,
            f"{row.won_amount:,f}",
            row.lost_count,
            row.abandoned_count,
        )
        for row in found.rows
    ]
    total = found.total
    rows.append(
        (_("Total"), total.won_count, f"{total.won_amount:,f}", total.lost_count,
         total.abandoned_count)
    )  # fmt: skip
    click.echo(f"{found.start} → {found.end} · {found.currency}")
    print_table(heads, rows)


def _row_json(row: OutcomeRow) -> dict[str, Any]:
    return {
        "key": row.key,
        "id": row.id,
        "depth": row.depth,
        "parent": row.parent,
        "won_count": row.won_count,
        "won_amount": f"{row.won_amount:f}",
        "lost_count": row.lost_count,
        "abandoned_count": row.abandoned_count,
    }
