"""dakehu funnel and dakehu indicators: what stands in which stage, and whether it is enough."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import click
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dakehu.cli.asking import (
    Asker,
    Options,
    asking_as,
    figure_options,
    on_option,
    period_help,
    question_of,
)
from dakehu.cli.output import (
    NOT_KNOWN,
    amount_text,
    answering,
    as_json_option,
    language,
    print_json,
    print_table,
    ratio_text,
    reason_text,
    shown_amount,
    shown_percent,
)
from dakehu.core.funnel import Figure, FunnelSum, Indicator, known
from dakehu.core.periods import parse_day
from dakehu.queries.funnel import Closed, FunnelOnDay, MethodFunnel, StageLabel, funnel_on
from dakehu.queries.outcomes import outcomes_between
from dakehu.queries.snapshot import reading


def _ask(on: str, period: str | None, options: Options) -> FunnelOnDay:
    asker = asking_as(options.login)
    with reading():
        question = question_of(asker, options, on=parse_day(on), period=period)
        return funnel_on(asker.viewer, question=question, today=asker.today)


@click.command(help=gettext_lazy("Show how much stood in which stage at the end of a day."))
@on_option
@click.option("--period", default=None, help=period_help)
@figure_options
@as_json_option
@answering
def funnel(*, on: str, period: str | None, options: Options, as_json: bool) -> None:
    """Answer with the stage tables of every method, or of one."""
    method = options.method
    found = _ask(on, period, options)
    chosen = [m for m in found.methods if method in (None, m.method.key)]
    if as_json:
        print_json(_funnel_json(found, chosen))
        return
    name = "name_en" if language() == "en" else "name_zh"
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
@click.option("--period", required=True, help=period_help)
@figure_options
@as_json_option
@answering
def indicators(*, on: str, period: str, options: Options, as_json: bool) -> None:
    """Answer with forecast index, progress index and out-of-funnel sales (FUN-6)."""
    found = _ask(on, period, options)
    if options.method is not None:
        found = _of_method(found, options.method, asking_as(options.login))
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


def _of_method(found: FunnelOnDay, key: str, asker: Asker) -> FunnelOnDay:
    """Keep one method's part of the amounts. Quotas are set across methods: no index of one."""
    unknown = Figure(None, "across_methods")
    table = next(one.table for one in found.methods if one.method.key == key)
    part = table.total if asker.org.weighted_scope == "all_open" else table.in_period
    closed = found.closed.by_method.get(key, known(0))
    none = Indicator(None, "across_methods", unknown, {})
    return replace(
        found,
        closed=Closed(closed, _won_count(found, key, asker), {key: closed}),
        weighted=part.weighted,
        weighted_before=unknown,
        small=unknown,
        quota=unknown,
        forecast=replace(none, numerator=closed + part.weighted),
        progress=none,
        total=table.total,
        overdue=table.overdue,
    )


def _won_count(found: FunnelOnDay, key: str, asker: Asker) -> int:
    question = found.question
    start, end = question.period.start, min(question.on + timedelta(days=1), question.period.end)
    if end <= start:
        return 0
    with reading():
        return outcomes_between(
            asker.viewer, question=question, start=start, end=end, by="quarter",
            today=asker.today, method_key=key,
        ).total.won_count  # fmt: skip


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
