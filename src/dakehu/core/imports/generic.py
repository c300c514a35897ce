"""Plans of the simple recipes: people, accounts, contacts, products, quotas, opportunities."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from dakehu.core.errors import RuleBroken
from dakehu.core.imports.plan import (
    At,
    Plan,
    PlannedAccount,
    PlannedAppointment,
    PlannedContact,
    PlannedDeal,
    PlannedPerson,
    PlannedProduct,
    PlannedQuota,
    PlannedUnit,
    path_of,
)
from dakehu.core.imports.problems import Problem, from_error, refused
from dakehu.core.imports.recipes import Recipe
from dakehu.core.imports.records import Reading, Record
from dakehu.core.ledger import Place
from dakehu.core.names import folded
from dakehu.core.periods import parse_period

_STEPS = re.compile(r"[/／\\>》|→]+")
_PLACES = {"won": Place.WON, "lost": Place.LOST, "abandoned": Place.ABANDONED}
_ACCOUNT_TEXTS = (
    "name", "code", "name_en", "parent", "unit", "manager", "industry", "region", "address",
    "phone", "website", "tax_code",
)  # fmt: skip
_CONTACT_TEXTS = ("account", "name", "name_en", "title", "department", "phone", "email", "note")


def unit_path(text: str) -> tuple[str, ...]:
    """Read 'East / Shanghai team' as the names from below the company down."""
    return tuple(name.strip() for name in _STEPS.split(text) if name.strip())


def plan_people(records: Sequence[Record], recipe: Recipe, plan: Plan) -> None:
    """Plan people, the units on their paths, and who stands where in which role."""
    seen: set[tuple[str, ...]] = set()
    people: set[str] = set()
    for record in records:
        at = At(record.file, record.row)
        path = unit_path(record.text("unit"))
        role = recipe.meaning("role", record.text("role"))
        wrong = None
        if role is None:
            wrong = refused(*_place(record), "import.unknown_role", role=record.text("role"))
        elif not path or any(len(name) > 60 for name in path):
            wrong = refused(*_place(record), "import.bad_unit_path", unit=record.text("unit"))
        if wrong is not None or role is None:
            plan.problems += [wrong] if wrong else []
            continue
        for depth in range(1, len(path) + 1):
            if path[:depth] not in seen:
                seen.add(path[:depth])
                kind = "team" if depth == len(path) else "region"
                plan.units.append(PlannedUnit(at, path[:depth], kind))
        login = record.text("login")
        key = login or record.text("name")
        if key not in people:
            people.add(key)
            plan.people.append(
                PlannedPerson(
                    at, key, record.text("name"), login.lower(), record.text("email"),
                    record.text("phone"),
                )
            )  # fmt: skip
        plan.appointments.append(
            PlannedAppointment(at, key, path_of(path), role, record.day("from_on"))
        )
    # A unit stands in the tree from the first day on which somebody works in it.
    days = [a.from_on for a in plan.appointments if a.from_on is not None]
    plan.first_on = min(days, default=None)


def _place(record: Record) -> tuple[str, int, str]:
    return record.file, record.row, ""


def plan_products(records: Sequence[Record], plan: Plan) -> None:
    """Plan products; without a code of its own the name is the code."""
    for record in records:
        name = record.text("name")
        plan.products.append(
            PlannedProduct(
                at=At(record.file, record.row),
                code=(record.text("code") or name)[:60],
                name=name,
                series=record.text("series"),
                list_price=record.values.get("list_price"),
            )
        )


def plan_accounts(records: Sequence[Record], plan: Plan) -> None:
    """Plan accounts; names and places stay as they are written."""
    for record in records:
        revenue = record.values.get("revenue")
        founded = record.values.get("founded")
        if founded is not None and not 1000 <= founded <= 2999:
            plan.problems.append(refused(*_place(record), "import.bad_year", year=founded))
            continue
        texts: dict[str, Any] = {name: record.text(name) for name in _ACCOUNT_TEXTS}
        plan.accounts.append(
            PlannedAccount(
                at=At(record.file, record.row),
                founded=founded,
                employees=record.values.get("employees"),
                note=record.text("note") or ("" if revenue is None else f"revenue: {revenue}"),
                **texts,
            )
        )


def plan_contacts(records: Sequence[Record], plan: Plan) -> None:
    """Plan contacts at accounts named by their names."""
    for record in records:
        texts = {name: record.text(name) for name in _CONTACT_TEXTS}
        plan.contacts.append(PlannedContact(at=At(record.file, record.row), **texts))


def plan_quotas(records: Sequence[Record], recipe: Recipe, plan: Plan, reading: Reading) -> None:
    """Plan quotas: of a person or of a unit, for a fiscal period."""
    for record in records:
        person, unit = record.text("person"), record.text("unit")
        level = recipe.meaning("level", record.text("level") or "target")
        try:
            period = parse_period(record.text("period"), reading.fiscal_first_month)
        except RuleBroken as error:
            plan.problems.append(from_error(*_place(record), error))
            continue
        if bool(person) == bool(unit):
            plan.problems.append(refused(*_place(record), "import.person_or_unit"))
        elif level is None:
            plan.problems.append(
                refused(*_place(record), "import.unknown_level", level=record.text("level"))
            )
        else:
            plan.quotas.append(
                PlannedQuota(
                    At(record.file, record.row), person, path_of(unit_path(unit)),
                    period.start, period.end, level, record.values["amount"],
                )
            )  # fmt: skip


def plan_current(
    records: Sequence[Record],
    recipe: Recipe,
    plan: Plan,
    reading: Reading,
    state_of: date,
) -> None:
    """Plan opportunities as they stand: created at their stage on their start date, or decided.

    A row without a start is created on the state day. What is not known of the way is left out.
    """
    plan.state_of = state_of
    seen: set[str] = set()
    for record in records:
        deal = _current(record, recipe, state_of, reading)
        if isinstance(deal, Problem):
            plan.problems.append(deal)
            plan_refused([record], recipe, plan, state_of)
            continue
        if deal.external_id in seen:
            plan.problems.append(
                refused(*_place(record), "import.listed_twice", name=deal.external_id)
            )
            continue
        seen.add(deal.external_id)
        plan.deals.append(deal)
    plan.first_on = min((deal.start_on for deal in plan.deals), default=None)


def plan_refused(records: Sequence[Record], recipe: Recipe, plan: Plan, on: date) -> None:
    """Keep what rows of opportunities name that are refused already: it may be wrong as well."""
    for record in records:
        stage = record.text("stage")
        plan.refused_deals.append(
            PlannedDeal(
                at=At(record.file, record.row),
                external_id="",
                owner=record.text("owner"),
                stage="" if recipe.meaning("outcome", stage) in _PLACES else stage,
                start_on=on,
                method=record.text("method"),
                product=record.text("product"),
                account=record.text("account"),
            )
        )


def _current(
    record: Record, recipe: Recipe, state_of: date, reading: Reading
) -> PlannedDeal | Problem:
    def no(code: str, **facts: Any) -> Problem:
        return refused(record.file, record.row, "", code, **facts)

    currency = record.text("currency").upper() or reading.currency
    if currency != reading.currency:
        return no("import.other_currency", currency=currency, expected=reading.currency)
    stage, said = record.text("stage"), record.text("outcome")
    outcome = recipe.meaning("outcome", said) if said else None
    if said and outcome is None:
        return no("import.unknown_outcome", outcome=said)
    if recipe.meaning("outcome", stage) in _PLACES:
        outcome, stage = recipe.meaning("outcome", stage), ""
    place = _PLACES.get(outcome or "")
    decided = None if place is None else record.day("decided_on") or record.day("close_on")
    start = record.day("start_on") or decided or state_of
    if place is not None and decided is None:
        return no("import.close_day_missing", stage=said or record.text("stage"))
    if decided is not None and decided < start:
        return no("import.closed_before_start", start=start, on=decided)
    name, account = record.text("name"), record.text("account")
    code = record.text("external_id")
    return PlannedDeal(
        at=At(record.file, record.row),
        external_id=code or f"{folded(account)}/{folded(name)}"[:120],
        # Longer ids of other systems are kept to know the row again, not shown.
        code=code if len(code) <= 40 else "",
        owner=record.text("owner"),
        stage=stage,
        start_on=start,
        name=name,
        method=record.text("method"),
        start_unknown=record.day("start_on") is None,
        product=record.text("product"),
        account=account,
        amount=record.values["amount"],
        close_on=record.day("close_on"),
        next_step=record.text("next_step"),
        outcome=place,
        outcome_on=decided,
        reason=record.text("reason"),
    )
