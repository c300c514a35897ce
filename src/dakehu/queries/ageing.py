"""How long open opportunities stand at their stage, against its median (FUN-9)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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
from dakehu.queries.opportunities.path import in_tongue
from dakehu.queries.rates import currency_digits
from dakehu.queries.stays import not_taken_back
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


@dataclass(frozen=True, slots=True)
class _Held:
    """An opportunity, where it stands, and since when."""

    id: int
    stage_id: int
    came: date


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
    if question.on == today and question.known_at is None:
        page, by_stage = _of_rows(where, since, medians, question.on, offset + limit)
        count = shown = sum(by_stage.values())
    else:
        held = _of_ledger(where, since, question)
        visible = Opportunity.objects.visible_to(viewer).filter(voided=False)
        told = set(visible.filter(pk__in=[one.id for one in held]).values_list("pk", flat=True))
        page = _slowest([one for one in held if one.id in told], medians, question.on)
        by_stage = Counter(one.stage_id for one in held)
        count, shown = len(held), len(told)
    return Slow(
        rows=tuple(_rows(page[offset : offset + limit], medians, question.on, viewer.language)),
        count=count,
        by_stage=by_stage,
        elsewhere=count - shown,
        next_offset=offset + limit if offset + limit < shown else None,
    )


def _slowest(
    held: Iterable[_Held], medians: Mapping[int, int | None], on: date
) -> list[tuple[Fraction, _Held]]:
    found = [
        (slowness((on - one.came).days, medians[one.stage_id]) or Fraction(0), one) for one in held
    ]
    return sorted(found, key=lambda pair: (-pair[0], pair[1].id))


def _since_sql(since: Mapping[int, date], column: str) -> tuple[str, list[Any]]:
    parts = [f"(stage_id = {int(stage)} AND {column} <= %s)" for stage in since]
    return " OR ".join(parts), list(since.values())


def _of_rows(
    where: Sequence[Where],
    since: Mapping[int, date],
    medians: Mapping[int, int | None],
    on: date,
    limit: int,
) -> tuple[list[tuple[Fraction, _Held]], dict[int, int]]:
    """Read today's slowest, and how many there are by stage, from the opportunities' own rows.

    The ledger says the same, later. Of one stage the slowest are those that came first.
    """
    seen = " OR ".join(f"({part.sql(has_account=True)})" for part in where)
    there = f"dakehu_opportunity WHERE place = {int(Place.OPEN)} AND NOT voided AND ({seen})"
    counts, firsts = list[str](), list[str]()
    for stage, day in since.items():
        slow = f"{there} AND stage_id = {int(stage)} AND stage_since <= {day_literal(day)}"
        counts.append(f"SELECT {int(stage)} AS stage_id, COUNT(*) AS n FROM {slow}")
        firsts.append(
            f"SELECT * FROM (SELECT id, stage_id, stage_since FROM {slow}"
            f" ORDER BY stage_since, id LIMIT {int(limit)}) AS first_{int(stage)}"
        )
    by_stage = Counter[int]()
    for stage, count in fetch(" UNION ALL ".join(counts), []):
        by_stage[int(stage)] += int(count)
    found = fetch(" UNION ALL ".join(firsts), [])
    held = [_Held(pk, stage, day_of(came)) for pk, stage, came in found]
    return _slowest(held, medians, on), +by_stage


def _of_ledger(
    where: Sequence[Where], since: Mapping[int, date], question: FunnelQuestion
) -> list[_Held]:
    known = "" if question.known_at is None else " AND {0}recorded_at <= %s"
    last = [question.known_at] if question.known_at else []
    standing, more = not_taken_back("e", question.known_at)
    turns = ", ".join(str(int(kind)) for kind in TURNS)
    slow, days = _since_sql(since, "came_on")
    by_then = f"<= {day_literal(question.on)}"
    found: list[_Held] = []
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
        found += [_Held(pk, stage, day_of(came)) for pk, stage, came in rows]
    return found


def _rows(
    page: Sequence[tuple[Fraction, _Held]],
    medians: Mapping[int, int | None],
    on: date,
    language: str,
) -> list[SlowRow]:
    digits = currency_digits()
    facts = {
        row[0]: row[1:]
        for row in Opportunity.objects.filter(pk__in=[one.id for _ratio, one in page]).values_list(
            "pk", "code", "name", "owner__name", "owner__name_en", "amount_minor", "currency_id"
        )
    }
    rows = []
    for ratio, one in page:
        code, name, zh, en, minor, currency = facts[one.id]
        rows.append(
            SlowRow(
                one.id, code, name, in_tongue(language, zh or "", en or ""), one.stage_id,
                one.came, (on - one.came).days, medians[one.stage_id] or 0, ratio,
                from_minor(minor, digits[currency]), currency,
            )
        )  # fmt: skip
    return rows
