"""dakehu funnel, indicators, waterfall, outcomes: the figures of the pages, for scripts."""

from datetime import timedelta
from typing import Any

import click
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dakehu.cli.asking import (
    asker,
    day_of,
    default_organisation,
    figure_options,
    question_of,
    today_of,
)
from dakehu.cli.output import (
    NOT_KNOWN,
    amount_text,
    answering,
    as_json_option,
    check_database,
    print_json,
    print_table,
    ratio_text,
    reason_text,
    shown_amount,
    shown_percent,
)
from dakehu.core.errors import RuleBroken
from dakehu.core.funnel import Figure, FunnelSum, Indicator
from dakehu.core.waterfall import Bar
from dakehu.queries.funnel import FunnelOnDay, MethodFunnel, StageLabel, funnel_on
from dakehu.queries.outcomes import BYS, outcomes_between
from dakehu.queries.rates import currency_digits
from dakehu.queries.snapshot import reading
from dakehu.queries.waterfall import waterfall_between

on_option = click.option("--on", required=True, help=gettext_lazy("The day, like 2017-06-30."))
from_option = click.option("--from", "start", required=True, help=gettext_lazy("The first day."))
to_option = click.option(
    "--to", "end", required=True, help=gettext_lazy("The day after the last one.")
)
period_option = click.option(
    "--period", default=None, help=gettext_lazy("Like 2017Q4, 2017-11 or 2017.")
)


def _ask(
    on: str, period: str | None, unit: str | None, method: str | None, login: str | None,
    currency: str | None,
) -> FunnelOnDay:  # fmt: skip
    check_database()
    org = default_organisation()
    today = today_of(org)
    viewer = asker(login, today)
    with reading():
        question = question_of(
            viewer=viewer, org=org, on=day_of(on), today=today, period=period, unit=unit,
            method=method, currency=currency,
        )  # fmt: skip
        return funnel_on(viewer, question=question, today=today)


@click.command(help=gettext_lazy("Show how much stood in which stage at the end of a day."))
@on_option
@period_option
@figure_options
@as_json_option
@answering
def funnel(
    on: str, period: str | None, unit: str | None, method: str | None, login: str | None,
    currency: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Answer with the stage tables of every method, or of one."""
    found = _ask(on, period, unit, method, login, currency)
    chosen = [m for m in found.methods if method in (None, m.method.key)]
    if as_json:
        print_json(_funnel_json(found, chosen))
        return
    name = "name_en" if _language() == "en" else "name_zh"
    for one in chosen:
        if method is None and not one.table.total.count:
            continue
        click.echo(f"{getattr(one.method, name)} · {found.question.on} · {found.currency}")
        rows: list[tuple[object, ...]] = [
            (
                getattr(label, name),
                row.all.count,
                shown_amount(row.all.amount, found.digits),
                NOT_KNOWN if row.rate is None else f"{float(row.rate * 100):g}%",
                shown_amount(row.all.weighted, found.digits),
            )
            for label, row in _labelled(one)
        ]
        rows.append((_("Total"), *_sum_cells(one.table.total, found.digits)))
        rows.append((_("of it overdue"), *_sum_cells(one.table.overdue, found.digits)))
        heads = (_("Stage"), _("Count"), _("Amount"), _("Win rate"), _("Weighted"))
        print_table(heads, rows)
        click.echo()
    if not any(m.table.total.count for m in chosen):
        click.echo(_("Nothing was open."))


def _sum_cells(part: FunnelSum, digits: int) -> tuple[object, ...]:
    return (
        part.count,
        shown_amount(part.amount, digits),
        "",
        shown_amount(part.weighted, digits),
    )


def _labelled(one: MethodFunnel) -> list[tuple[StageLabel, Any]]:
    labels = {label.lineage_id: label for label in one.method.stages}
    return [(labels[row.lineage_id], row) for row in one.table.rows]


def _funnel_json(found: FunnelOnDay, chosen: list[MethodFunnel]) -> dict[str, Any]:
    digits = found.digits
    return {
        "currency": found.currency,
        "on": found.question.on,
        "period": found.question.period.key,
        "stages": [
            {
                "method": one.method.key,
                "key": label.key,
                "name_zh": label.name_zh,
                "name_en": label.name_en,
                "rate": ratio_text(None if row.rate is None else Figure(row.rate), 4),
                **_sum_json(row.all, digits),
                "overdue": _sum_json(row.overdue, digits),
                "in_period": _sum_json(row.in_period, digits),
            }
            for one in chosen
            for label, row in _labelled(one)
        ],
        "methods": [
            {
                "method": one.method.key,
                **_sum_json(one.table.total, digits),
                "overdue": _sum_json(one.table.overdue, digits),
            }
            for one in chosen
        ],
        "total": _sum_json(found.total, digits)
        if len(chosen) != 1
        else _sum_json(chosen[0].table.total, digits),
    }


def _sum_json(part: FunnelSum, digits: int) -> dict[str, Any]:
    return {
        "count": part.count,
        "amount": amount_text(part.amount, digits),
        "weighted": amount_text(part.weighted, digits),
    }


@click.command(help=gettext_lazy("Show the three indicators of a period as of a day."))
@on_option
@click.option("--period", required=True, help=gettext_lazy("Like 2017Q4, 2017-11 or 2017."))
@figure_options
@as_json_option
@answering
def indicators(
    on: str, period: str, unit: str | None, method: str | None, login: str | None,
    currency: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Answer with forecast index, progress index and out-of-funnel sales (FUN-6)."""
    if method is not None:
        # Quotas are set across methods, so an index of one method would be of nothing.
        raise RuleBroken("indicators.across_methods", method=method)
    found = _ask(on, period, unit, method, login, currency)
    digits = found.digits
    if as_json:
        print_json(_indicators_json(found))
        return
    click.echo(f"{found.question.period.key} · {found.question.on} · {found.currency}")
    rows = [
        (_("Forecast index"), shown_percent(_ratio(found.forecast))),
        (_("Forecast amount"), shown_amount(found.forecast.numerator, digits)),
        (_("Progress index"), shown_percent(_ratio(found.progress))),
        (_("Out-of-funnel sales"), shown_amount(found.small, digits)),
        (_("Closed"), f"{shown_amount(found.closed.amount, digits)} ({found.closed.count})"),
        (_("Weighted"), shown_amount(found.weighted, digits)),
        (_("Weighted a week ago"), shown_amount(found.weighted_before, digits)),
        (
            _("Quota"),
            shown_amount(found.quota, digits)
            if found.quota.value is not None
            else f"{NOT_KNOWN} ({reason_text(found.quota.reason)})",
        ),
    ]
    print_table((_("Indicator"), _("Value")), rows)


def _ratio(indicator: Indicator) -> Figure:
    return Figure(indicator.value, indicator.reason)


def _indicators_json(found: FunnelOnDay) -> dict[str, Any]:
    digits = found.digits
    return {
        "currency": found.currency,
        "on": found.question.on,
        "period": found.question.period.key,
        "forecast_index": ratio_text(_ratio(found.forecast)),
        "forecast_index_reason": found.forecast.reason,
        "forecast_amount": amount_text(found.forecast.numerator, digits),
        "progress_index": ratio_text(_ratio(found.progress)),
        "progress_index_reason": found.progress.reason,
        "progress_amount": amount_text(found.progress.numerator, digits),
        "small": amount_text(found.small, digits),
        "small_count": found.small_count,
        "closed": amount_text(found.closed.amount, digits),
        "closed_count": found.closed.count,
        "closed_by_method": {
            key: amount_text(value, digits) for key, value in found.closed.by_method.items()
        },
        "weighted": amount_text(found.weighted, digits),
        "weighted_week_ago": amount_text(found.weighted_before, digits),
        "quota": amount_text(found.quota, digits),
        "quota_reason": found.quota.reason,
        "open": _sum_json(found.total, digits),
        "overdue": _sum_json(found.overdue, digits),
    }


@click.command(help=gettext_lazy("Explain how the open funnel changed between two days."))
@from_option
@to_option
@period_option
@figure_options
@as_json_option
@answering
def waterfall(
    start: str, end: str, period: str | None, unit: str | None, method: str | None,
    login: str | None, currency: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Answer with opening, movements by kind, computed bars, closing (FUN-5)."""
    check_database()
    org = default_organisation()
    today = today_of(org)
    viewer = asker(login, today)
    first, after = day_of(start), day_of(end)
    if after <= first:
        raise RuleBroken("range.upside_down", start=first, end=after)
    with reading():
        question = question_of(
            viewer=viewer, org=org, on=after - timedelta(days=1), today=today, period=period,
            unit=unit, method=method, currency=currency,
        )  # fmt: skip
        found = waterfall_between(
            viewer, question=question, start=first, end=after, today=today, method_key=method
        )
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
        (_("Change"), _("Count"), _("Amount"), _("Weighted")),
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


@click.command(help=gettext_lazy("Show what was won and lost in a range of days."))
@from_option
@to_option
@click.option("--by", type=click.Choice(BYS), required=True, help=gettext_lazy("A row for each."))
@figure_options
@as_json_option
@answering
def outcomes(
    start: str, end: str, by: Any, unit: str | None, method: str | None, login: str | None,
    currency: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Answer with wins, their amounts and losses, in the base currency as booked."""
    check_database()
    org = default_organisation()
    today = today_of(org)
    viewer = asker(login, today)
    first, after = day_of(start), day_of(end)
    if after <= first:
        raise RuleBroken("range.upside_down", start=first, end=after)
    if currency not in (None, org.base_currency):
        raise RuleBroken("outcomes.base_currency_only", base=org.base_currency)
    with reading():
        question = question_of(
            viewer=viewer, org=org, on=min(after - timedelta(days=1), today), today=today,
            period=None, unit=unit, method=method, currency=None,
        )  # fmt: skip
        found = outcomes_between(
            viewer, question=question, start=first, end=after, by=by, today=today,
            method_key=method,
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


def _row_json(row: Any) -> dict[str, Any]:
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


def _language() -> str:
    from django.utils import translation

    return "en" if translation.get_language() == "en" else "zh"
