"""How long open opportunities stand at their stage, against its median (FUN-9)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from dakehu.core.access import Viewer
from dakehu.core.ledger import Place
from dakehu.core.money import from_minor
from dakehu.core.speed import TURNS, slow_since, slowness
from dakehu.models import Opportunity
from dakehu.queries.funnel import FunnelQuestion, sight
from dakehu.queries.ledger import Where, day_literal, fetch
from dakehu.queries.opportunities.history import day_of
from dakehu.queries.rates import currency_digits
from dakehu.queries.speed import not_taken_back
from dakehu.queries.units import all_units


@dataclass(frozen=True, slots=True)
class SlowRow:
    """An open opportunity that has stood at its stage for 1.5 × the median or longer."""

    id: int
    code: str
    name: str
    owner: str
    stage_id: int
    since: date
    days: int
    median_days: int
    ratio: Fraction
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Slow:
    """A page of the slow ones, the slowest first; `elsewhere` moved out of sight since."""

    rows: tuple[SlowRow, ...]
    count: int
    by_stage: Mapping[int, int]
    elsewhere: int
    next_offset: int | None


def slow_opportunities(
    viewer: Viewer,
    *,
    question: FunnelQuestion,
    today: date,
    medians: Mapping[int, int | None],
    offset: int = 0,
    limit: int = 20,
) -> Slow:
    """Give the open opportunities of a day that stood at a stage for 1.5 × its median or longer.

    `medians`: days of each stage looked at; a stage without a median flags nothing.
    """
    since = {
        stage: slow_since(question.on, days) for stage, days in medians.items() if days is not None
    }
    where = sight(viewer, question, all_units(), question.on, today)
    if not since or not where:
        return Slow((), 0, {}, 0, None)
    now = question.on == today and question.known_at is None
    held = _of_rows(where, since) if now else _of_ledger(where, since, question)
    ages = {
        pk: (stage, came, slowness((question.on - came).days, medians[stage]) or Fraction(0))
        for pk, stage, came in held
    }
    ordered = sorted(ages, key=lambda pk: (-ages[pk][2], pk))
    shown = ordered
    if not now:
        visible = Opportunity.objects.visible_to(viewer).filter(pk__in=ordered, voided=False)
        told = set(visible.values_list("pk", flat=True))
        shown = [pk for pk in ordered if pk in told]
    page = shown[offset : offset + limit]
    by_stage: dict[int, int] = {}
    for stage, _came, _ratio in ages.values():
        by_stage[stage] = by_stage.get(stage, 0) + 1
    return Slow(
        rows=tuple(_rows(page, ages, medians, question.on)),
        count=len(ordered),
        by_stage=by_stage,
        elsewhere=len(ordered) - len(shown),
        next_offset=offset + limit if offset + limit < len(shown) else None,
    )


def _since_sql(since: Mapping[int, date], column: str) -> tuple[str, list[Any]]:
    parts = [f"(stage_id = {int(stage)} AND {column} <= %s)" for stage in since]
    return " OR ".join(parts), list(since.values())


def _of_rows(where: Sequence[Where], since: Mapping[int, date]) -> list[tuple[int, int, date]]:
    """Read today's from the opportunities' own rows: the ledger says the same, later."""
    slow, params = _since_sql(since, "stage_since")
    found: list[tuple[int, int, date]] = []
    for part in where:
        rows = fetch(
            "SELECT id, stage_id, stage_since FROM dakehu_opportunity"
            f" WHERE place = {int(Place.OPEN)} AND voided = %s AND ({slow})"
            f" AND {part.sql(has_account=True)}",
            [False, *params],
        )
        found += [(pk, stage, day_of(came)) for pk, stage, came in rows]
    return found


def _of_ledger(
    where: Sequence[Where], since: Mapping[int, date], question: FunnelQuestion
) -> list[tuple[int, int, date]]:
    known = "" if question.known_at is None else " AND {0}recorded_at <= %s"
    last = [question.known_at] if question.known_at else []
    standing, more = not_taken_back("e", question.known_at)
    turns = ", ".join(str(int(kind)) for kind in TURNS)
    slow, days = _since_sql(since, "came_on")
    by_then = f"<= {day_literal(question.on)}"
    found: list[tuple[int, int, date]] = []
    for part in where:
        held, params = "", []
        # Of the whole company the last turn says it all; a part is what is held there on the day.
        if part != Where():
            held = (
                " AND e.opportunity_id IN (SELECT opportunity_id FROM dakehu_entry"
                f' WHERE place = {int(Place.OPEN)} AND "on" {by_then} AND {part.sql()}'
                f"{known.format('')} GROUP BY opportunity_id HAVING SUM(count) > 0)"
            )
            params = last
        rows = fetch(
            "SELECT opportunity_id, stage_id, came_on FROM ("
            ' SELECT e.opportunity_id, e.stage_id, e.place, e."on" AS came_on, LEAD(e."on") OVER'
            ' (PARTITION BY e.opportunity_id ORDER BY e."on", e.movement_id) AS left_on'
            f" FROM dakehu_entry e WHERE e.count = 1 AND e.kind IN ({turns})"
            f' AND e."on" {by_then}{known.format("e.")}{held}{standing}'
            f") AS turns WHERE left_on IS NULL AND place = {int(Place.OPEN)} AND ({slow})",
            [*last, *params, *more, *days],
        )
        found += [(pk, stage, day_of(came)) for pk, stage, came in rows]
    return found


def _rows(
    page: Sequence[int],
    ages: Mapping[int, tuple[int, date, Fraction]],
    medians: Mapping[int, int | None],
    on: date,
) -> list[SlowRow]:
    digits = currency_digits()
    facts = {
        row[0]: row[1:]
        for row in Opportunity.objects.filter(pk__in=page).values_list(
            "pk", "code", "name", "owner__name", "amount_minor", "currency_id"
        )
    }
    rows = []
    for pk in page:
        code, name, owner, minor, currency = facts[pk]
        stage, came, ratio = ages[pk]
        rows.append(
            SlowRow(
                pk, code, name, owner, stage, came, (on - came).days, medians[stage] or 0, ratio,
                from_minor(minor, digits[currency]), currency,
            )
        )  # fmt: skip
    return rows
