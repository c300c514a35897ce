"""What figure commands share: whom they ask as, of which unit, on which day, in what currency."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import click
from django.utils.translation import gettext_lazy as _

from dakehu.cli.output import check_database, language
from dakehu.core.access import Viewer, operator
from dakehu.core.errors import NotFound, RuleBroken
from dakehu.core.periods import Period, containing, parse_day, parse_period
from dakehu.queries.funnel import FunnelQuestion, method_labels
from dakehu.queries.organisation import Org, organisation
from dakehu.queries.people import viewer_by_login
from dakehu.queries.rates import currency_digits
from dakehu.queries.units import all_units, units_in_sight

C = TypeVar("C", bound=Callable[..., Any])

on_option = click.option("--on", required=True, help=_("The day, like 2017-06-30."))
from_option = click.option("--from", "start", required=True, help=_("The first day."))
to_option = click.option("--to", "end", required=True, help=_("The day after the last one."))
period_help = _("Like 2017Q4, 2017-11 or 2017.")


@dataclass(frozen=True, slots=True)
class Options:
    """What --unit, --method, --as, --currency and --known-at say."""

    unit: str | None
    method: str | None
    login: str | None
    currency: str | None
    known_at: str | None = None


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, of which organisation, on which day."""

    viewer: Viewer
    org: Org
    today: date


def figure_options(command: C) -> C:
    """Add --unit, --method, --as, --currency and --known-at."""

    @functools.wraps(command)
    def wrapper(
        *, unit: str | None, method: str | None, login: str | None, currency: str | None,
        known_at: str | None, **others: Any,
    ) -> None:  # fmt: skip
        command(options=Options(unit, method, login, currency, known_at), **others)

    result: Any = wrapper
    for option in (
        click.option(
            "--known-at", default=None,
            help=_("Only what was recorded by this moment, like 2026-11-20T14:00:00+08:00."),
        ),
        click.option("--currency", default=None, help=_("Currency to show amounts in.")),
        click.option(
            "--as", "login", default=None,
            help=_("Ask as this person; by default as the operator, who sees all."),
        ),
        click.option("--method", default=None, help=_("Only this sales method, by its key.")),
        click.option("--unit", default=None, help=_("Only this unit, by its code or name.")),
    ):  # fmt: skip
        result = option(result)
    return result  # type: ignore[no-any-return]


def moment() -> datetime:
    """Read the clock: here, where the command comes in."""
    return datetime.now(UTC)


def asking_as(login: str | None) -> Asker:
    """Give who asks: --as somebody, else the operator, who sees all.

    Raises NotFound("database.unreachable", "organisation.missing", "person.unknown_login").
    """
    check_database()
    org = organisation()
    today = org.today(moment())
    if login is None:
        return Asker(operator(language()), org, today)
    return Asker(viewer_by_login(login=login, today=today, language=language()), org, today)


def question_of(
    asker: Asker, options: Options, *, on: date, period: str | None = None
) -> FunnelQuestion:
    """Give the question that the options ask.

    Raises NotFound("unit.unknown", "method.unknown"), RuleBroken `period.malformed`,
    `money.unknown_currency`, `moment.malformed`.
    """
    method, currency = options.method, options.currency
    if method is not None and method not in {label.key for label in method_labels()}:
        raise NotFound("method.unknown", method=method)
    if currency is not None and currency not in currency_digits():
        raise NotFound("money.unknown_currency", currency=currency)
    return FunnelQuestion(
        on=on,
        period=_period(period, on, asker.org),
        unit_id=None if options.unit is None else _unit_id(asker, options.unit),
        currency=currency,
        known_at=None if options.known_at is None else _moment_of(asker.org, options.known_at),
    )


def _moment_of(org: Org, text: str) -> datetime:
    try:
        return org.moment(text)
    except ValueError as error:
        raise RuleBroken("moment.malformed", text=text[:40]) from error


def range_of(start: str, end: str) -> tuple[date, date]:
    """Read --from and --to. Raises RuleBroken `day.malformed`, `range.upside_down`."""
    first, after = parse_day(start), parse_day(end)
    if after <= first:
        raise RuleBroken("range.upside_down", start=first, end=after)
    return first, after


def _period(text: str | None, on: date, org: Org) -> Period:
    if text is None:
        return containing(on, "quarter", org.fiscal_first_month)
    return parse_period(text, org.fiscal_first_month)


def _unit_id(asker: Asker, text: str) -> int:
    viewer, units = asker.viewer, all_units()
    found = units.by_code(text)
    # Not visible = not found.
    seen = viewer.sees_all or (
        found is not None
        and (
            found.id in units_in_sight(viewer, units=units, today=asker.today)
            or found.id in {reach.unit_id for reach in viewer.reaches}
        )
    )
    if found is None or not seen:
        raise NotFound("unit.unknown", unit=text)
    return found.id
