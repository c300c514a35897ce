"""What figure commands share: whom they ask as, of which unit, on which day."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import click
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from dakehu.core.access import Viewer, operator
from dakehu.core.errors import NotFound
from dakehu.core.periods import Period, containing, parse_day, parse_period
from dakehu.queries.funnel import FunnelQuestion, method_labels
from dakehu.queries.organisation import Org, organisation
from dakehu.queries.people import viewer_by_login
from dakehu.queries.units import all_units, units_in_sight

C = TypeVar("C", bound=Callable[..., Any])


def figure_options(command: C) -> C:
    """Add --unit, --method, --as and --currency."""
    for option in (
        click.option("--currency", default=None, help=_("Currency to show amounts in.")),
        click.option(
            "--as", "login", default=None,
            help=_("Ask as this person; by default as the operator, who sees all."),
        ),
        click.option("--method", default=None, help=_("Only this sales method, by its key.")),
        click.option("--unit", default=None, help=_("Only this unit, by its code or name.")),
    ):  # fmt: skip
        command = option(command)
    return command


def moment() -> datetime:
    """Read the clock: here, where the command comes in."""
    return datetime.now(UTC)


def today_of(org: Org) -> date:
    """Give the business day of the organisation."""
    return org.today(moment())


def asker(login: str | None, today: date) -> Viewer:
    """Give the viewer of --as. Raises NotFound("person.unknown_login")."""
    language = "en" if translation.get_language() == "en" else "zh-hans"
    if login is None:
        return operator(language)
    return viewer_by_login(login=login, today=today, language=language)


def question_of(
    *,
    viewer: Viewer,
    org: Org,
    on: date,
    today: date,
    period: str | None,
    unit: str | None,
    method: str | None,
    currency: str | None,
) -> FunnelQuestion:
    """Give the question that the options ask.

    Raises NotFound("unit.unknown", "method.unknown"), RuleBroken `period.malformed`.
    """
    if method is not None and method not in {label.key for label in method_labels()}:
        raise NotFound("method.unknown", method=method)
    return FunnelQuestion(
        on=on,
        period=_period(period, on, org),
        unit_id=None if unit is None else _unit_id(viewer, unit, today),
        currency=currency,
    )


def day_of(text: str) -> date:
    """Read a day as it is written for scripts. Raises RuleBroken `day.malformed` and others."""
    return parse_day(text)


def default_organisation() -> Org:
    """Give the organisation. Raises NotFound("organisation.missing")."""
    return organisation()


def _period(text: str | None, on: date, org: Org) -> Period:
    if text is None:
        return containing(on, "quarter", org.fiscal_first_month)
    return parse_period(text, org.fiscal_first_month)


def _unit_id(viewer: Viewer, text: str, today: date) -> int:
    units = all_units()
    found = units.by_code(text)
    # Not visible = not found.
    seen = viewer.sees_all or (
        found is not None
        and (
            found.id in units_in_sight(viewer, units=units, today=today)
            or found.id in {reach.unit_id for reach in viewer.reaches}
        )
    )
    if found is None or not seen:
        raise NotFound("unit.unknown", unit=text)
    return found.id
