"""The recipe crm-sales-opportunities: teams, and a pipeline whose past can be told.

A row without a start is created on the state day; the others enter Engaging on their engage date
at list price. A win changes the amount and wins on its close date; a loss leaves at list price.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date

from dakehu.core.imports.plan import (
    At,
    Plan,
    PlannedAppointment,
    PlannedDeal,
    PlannedPerson,
    PlannedUnit,
    path_of,
)
from dakehu.core.imports.problems import Problem, refused, warned
from dakehu.core.imports.recipes import Recipe
from dakehu.core.imports.records import Record
from dakehu.core.ledger import Place

#: The columns whose days tell how far the data reach.
_DAYS = ("engage_on", "close_on")
_OUTCOMES = {"won": Place.WON, "lost": Place.LOST}


def login_of(name: str) -> str:
    """Give the log-in of a name: first.last in ASCII, lower case ('Mei-Mei Johns' has a hyphen)."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    kept = "".join(c for c in plain if c.isascii())
    words = re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)*", kept)
    return ".".join(words)[:80]


def plan_teams(records: Sequence[Record], plan: Plan) -> None:
    """Plan regional offices, a team per manager under them, and who stands where."""
    places: dict[str, str] = {}
    managers: dict[str, tuple[str, At]] = {}
    for record in records:
        at = At(record.file, record.row)
        office, manager = record.text("office"), record.text("manager")
        agent = record.text("agent")
        if managers.get(manager, (office, at))[0] != office:
            plan.problems.append(
                refused(
                    record.file, record.row, "", "import.manager_in_two_offices",
                    manager=manager, first=managers[manager][0], second=office,
                )
            )  # fmt: skip
            continue
        if agent in places:
            plan.problems.append(
                refused(record.file, record.row, "", "import.listed_twice", name=agent)
            )
            continue
        if manager not in managers:
            if all(unit.path != (office,) for unit in plan.units):
                plan.units.append(PlannedUnit(at, (office,), "region"))
            managers[manager] = (office, at)
            plan.units.append(PlannedUnit(at, (office, manager), "team"))
            _appoint(plan, at, manager, path_of((office, manager)), "unit_head")
        places[agent] = manager
        _appoint(plan, at, agent, path_of((office, manager)), "salesperson")


def _appoint(plan: Plan, at: At, name: str, unit: str, role: str) -> None:
    if all(person.key != name for person in plan.people):
        plan.people.append(PlannedPerson(at, name, name, login_of(name)))
    plan.appointments.append(PlannedAppointment(at, name, unit, role))


def state_day(records: Iterable[Record], state_of: date | None) -> date | None:
    """Give the day whose state the pipeline shows: as said, else the last day found in it."""
    if state_of is not None:
        return state_of
    days = (r.day(key) for r in records for key in _DAYS)
    return max((day for day in days if day is not None), default=None)


def plan_pipeline(
    records: Sequence[Record], recipe: Recipe, plan: Plan, state_of: date | None
) -> None:
    """Plan the opportunities with their history; rows that contradict themselves are refused."""
    plan.state_of = state_day(records, state_of)
    seen: set[str] = set()
    last = state_day(records, None)
    if last is not None and plan.state_of is not None and plan.state_of < last:
        plan.problems.append(
            warned(
                records[0].file, None, "", "import.state_before_data",
                state_of=plan.state_of, last=last,
            )
        )  # fmt: skip
    words = {record.text("stage") for record in records}
    stages = {w: recipe.meaning("stage", w) or recipe.meaning("outcome", w) for w in words}
    for record in records:
        found = _deal(record, stages[record.text("stage")], plan.state_of)
        if isinstance(found, PlannedDeal) and found.external_id in seen:
            found = refused(
                record.file, record.row, "", "import.listed_twice", name=found.external_id
            )
        if isinstance(found, Problem):
            plan.problems.append(found)
            continue
        seen.add(found.external_id)
        plan.deals.append(found)
    plan.first_on = min((deal.start_on for deal in plan.deals), default=plan.state_of)


def _deal(record: Record, stage: str | None, state_of: date | None) -> PlannedDeal | Problem:
    def no(code: str, **facts: object) -> Problem:
        return refused(record.file, record.row, "", code, **facts)

    engaged, closed = record.day("engage_on"), record.day("close_on")
    if stage is None:
        return no("import.unknown_stage", stage=record.text("stage"))
    outcome = _OUTCOMES.get(stage)
    if outcome is None and closed is not None:
        return no("import.open_but_closed", stage=record.text("stage"), on=closed)
    if outcome is not None and closed is None:
        return no("import.close_day_missing", stage=record.text("stage"))
    if outcome is Place.WON and record.values.get("value") is None:
        return no("import.value_missing")
    if engaged is not None and closed is not None and closed < engaged:
        return no("import.closed_before_start", start=engaged, on=closed)
    start = engaged or closed or state_of
    if start is None:
        return no("import.no_state_day")
    product, account = record.text("product"), record.text("account")
    return PlannedDeal(
        at=At(record.file, record.row),
        external_id=record.text("external_id"),
        code=record.text("external_id"),
        name=f"{account} – {product}" if account else product,
        owner=record.text("owner"),
        stage=stage if outcome is None else "engaging",
        start_on=start,
        start_unknown=engaged is None,
        product=product,
        account=account,
        outcome=outcome,
        outcome_on=closed,
        outcome_amount=record.values.get("value") if outcome is Place.WON else None,
    )
