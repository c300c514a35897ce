"""dakehu waterfall: how the open funnel of one day became that of another."""

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
    period_help,
    question_of,
    range_of,
    to_option,
)
from dakehu.cli.output import (
    amount_text,
    answering,
    as_json_option,
    print_json,
    print_table,
    shown_amount,
)
from dakehu.core.waterfall import Bar
from dakehu.queries.rates import currency_digits
from dakehu.queries.snapshot import reading
from dakehu.queries.waterfall import waterfall_between

DAY = timedelta(days=1)


@click.command(help=gettext_lazy("Explain how the open funnel changed between two days."))
@from_option
@to_option
@click.option("--period", default=None, help=period_help)
@figure_options
@as_json_option
@answering
def waterfall(*, start: str, end: str, period: str | None, options: Options, as_json: bool) -> None:
    """Answer with opening, movements by kind, computed bars, closing (FUN-5)."""
    asker = asking_as(options.login)
    first, after = range_of(start, end)
    with reading():
        question = question_of(asker, options, on=after - DAY, period=period)
        found = waterfall_between(
            asker.viewer, question=question, start=first, end=after, today=asker.today,
            method_key=options.method,
        )  # fmt: skip
        digits = currency_digits()[found.result.currency]
    result = found.result
    if as_json:
        print_json(
            {
                "currency": result.currency,
                "from": found.start,
                "to": found.end,
                "opening": _bar_json(result.opening, digits),
                "kinds": [{"kind": bar.kind, **_bar_json(bar, digits)} for bar in result.bars],
                "closing": _bar_json(result.closing, digits),
            }
        )
        return
    click.echo(f"{found.start} → {found.end} · {result.currency}")
    print_table(
        (_("Movement"), _("Count"), _("Amount"), _("Weighted")),
        [
            (
                kind_names().get(bar.kind, bar.kind),
                bar.count,
                shown_amount(bar.amount, digits),
                shown_amount(bar.weighted, digits),
            )
            for bar in (result.opening, *result.bars, result.closing)
        ],
    )


def _bar_json(bar: Bar, digits: int) -> dict[str, Any]:
    return {
        "count": bar.count,
        "amount": amount_text(bar.amount, digits),
        "weighted": amount_text(bar.weighted, digits),
    }


def kind_names() -> dict[str, str]:
    """Give the names of the bars of a waterfall."""
    return {
        "opening": _("Opening"), "closing": _("Closing"), "created": _("Created"),
        "method_moved": _("Method moved"), "reassigned": _("Reassigned"),
        "unit_moved": _("Unit moved"), "category_changed": _("Category changed"),
        "slipped": _("Slipped"), "pulled_in": _("Pulled in"), "grown": _("Grown"),
        "shrunk": _("Shrunk"), "own_rate_set": _("Own win rate set"),
        "advanced": _("Advanced"), "regressed": _("Moved back"), "won": _("Won"),
        "lost": _("Lost"), "abandoned": _("Abandoned"), "reopened": _("Reopened"),
        "account_merged": _("Account merged"), "voided": _("Voided"),
        "restored": _("Restored"), "reversed": _("Reversed"),
        "reorganised": _("Reorganised"), "win_rates": _("Win rates"),
        "exchange_rates": _("Exchange rates"),
    }  # fmt: skip
