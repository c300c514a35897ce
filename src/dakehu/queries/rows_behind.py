"""Which opportunities stand behind a figure of the funnel: the rows that its dialog lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from dakehu.core.access import Viewer
from dakehu.core.funnel import Scope
from dakehu.core.ledger import NO_MONTH, Place
from dakehu.core.money import from_minor
from dakehu.models import Opportunity
from dakehu.queries.funnel import WEEK, FunnelQuestion, sight
from dakehu.queries.ledger import Where, fetch
from dakehu.queries.rates import currency_digits
from dakehu.queries.units import all_units

What = Literal["open", "won", "moved"]


@dataclass(frozen=True, slots=True)
class BehindRow:
    """One opportunity behind a figure, as it stood on the day."""

    id: int
    code: str
    name: str
    account: str
    owner: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Behind:
    """A page of the rows behind a figure.

    `elsewhere` counts opportunities that have moved out of the viewer's sight since: they are
    part of the figure, and stay nameless (DESIGN: Permission).
    """

    rows: tuple[BehindRow, ...]
    count: int
    elsewhere: int
    elsewhere_amounts: tuple[tuple[Decimal, str], ...]
    next_offset: int | None


def rows_behind(
    viewer: Viewer,
    *,
    question: FunnelQuestion,
    today: date,
    stages: Sequence[int] | None = None,
    scope: Scope | None = None,
    what: What = "open",
    offset: int = 0,
    limit: int = 20,
) -> Behind:
    """Give the opportunities whose position is counted in a cell of the funnel, largest first.

    `open`: those of the day; `won`: those won in the period so far; `moved`: those with a
    movement in the week up to the day, with what it did to their open and won amounts.
    """
    units = all_units()
    where = sight(viewer, question, units, question.on, today)
    held = _held(where, question, stages, scope, what)
    ordered = sorted(held, key=lambda row: (-row[2], row[0]))
    visible = set(
        Opportunity.objects.visible_to(viewer)
        .filter(pk__in=[row[0] for row in ordered], voided=False)
        .values_list("pk", flat=True)
    )
    digits = currency_digits()
    named = [row for row in ordered if row[0] in visible]
    hidden = [row for row in ordered if row[0] not in visible]
    page = named[offset : offset + limit]
    names = {
        row[0]: row[1:]
        for row in Opportunity.objects.filter(pk__in=[r[0] for r in page]).values_list(
            "pk", "code", "name", "account__name", "owner__name"
        )
    }
    sums: dict[str, int] = {}
    for _pk, currency, minor in hidden:
        sums[currency] = sums.get(currency, 0) + minor
    return Behind(
        rows=tuple(
            BehindRow(
                pk, names[pk][0], names[pk][1], names[pk][2] or "", names[pk][3],
                from_minor(minor, digits[currency]), currency,
            )
            for pk, currency, minor in page
        ),
        count=len(ordered),
        elsewhere=len(hidden),
        elsewhere_amounts=tuple(
            (from_minor(minor, digits[currency]), currency) for currency, minor in sums.items()
        ),
        next_offset=offset + limit if offset + limit < len(named) else None,
    )  # fmt: skip


def _held(
    where: Sequence[Where],
    question: FunnelQuestion,
    stages: Sequence[int] | None,
    scope: Scope | None,
    what: What,
) -> list[tuple[int, str, int]]:
    """Give (opportunity, currency, minor units) of every position held that matches."""
    conditions, params = _conditions(question, stages, scope, what)
    # A sale of an earlier period that was voided in this one is taken off its sum: less than 0.
    held = "" if what == "moved" else " HAVING SUM(count) <> 0"
    rows: list[tuple[int, str, int]] = []
    for part in where:
        found: list[Any] = fetch(
            "SELECT opportunity_id, currency, SUM(amount_minor) FROM dakehu_entry"
            f" WHERE {part.sql()} AND {conditions}"
            f" GROUP BY opportunity_id, currency{held}",
            params,
        )
        rows += [(int(pk), str(currency), int(minor)) for pk, currency, minor in found]
    return rows


def _conditions(
    question: FunnelQuestion, stages: Sequence[int] | None, scope: Scope | None, what: What
) -> tuple[str, list[Any]]:
    places = {"open": [Place.OPEN], "won": [Place.WON], "moved": [Place.OPEN, Place.WON]}[what]
    listed = ", ".join(str(int(place)) for place in places)
    sql = f'place IN ({listed}) AND "on" <= %s'
    params: list[Any] = [question.on]
    if what == "won":
        # What is won after the period is not of it, on whatever day it is asked.
        params = [min(question.on, question.period.last_day)]
        sql += ' AND "on" >= %s'
        params.append(question.period.start)
    elif what == "moved":
        sql += ' AND "on" > %s'
        params.append(question.on - WEEK)
    if stages is not None:
        sql += f" AND stage_id IN ({', '.join(str(int(s)) for s in stages) or '0'})"
    first = question.period.start.replace(day=1)
    if scope == "undated":
        sql, params = sql + " AND close_month = %s", [*params, NO_MONTH]
    elif scope == "overdue":
        sql, params = sql + " AND close_month < %s", [*params, first]
    elif scope == "in_period":
        sql += " AND close_month >= %s AND close_month < %s"
        params += [first, question.period.end]
    elif scope == "later":
        sql += " AND close_month >= %s AND close_month < %s"
        params += [question.period.end, NO_MONTH]
    if question.known_at is not None:
        sql, params = sql + " AND recorded_at <= %s", [*params, question.known_at]
    return sql, params
