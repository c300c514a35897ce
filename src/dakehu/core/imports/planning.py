"""From bound files to a plan: each subject has one function, chosen by the recipe's data."""

from datetime import date

from dakehu.core.imports.generic import (
    plan_accounts,
    plan_contacts,
    plan_current,
    plan_people,
    plan_products,
    plan_quotas,
    plan_refused,
)
from dakehu.core.imports.pipeline import plan_pipeline, plan_teams
from dakehu.core.imports.plan import Plan
from dakehu.core.imports.problems import warned
from dakehu.core.imports.recipes import Bound, Recipe
from dakehu.core.imports.records import Reading, Record, read_records
from dakehu.core.imports.stage_log import plan_stage_log

#: The order in which subjects are planned; later ones name what earlier ones bring.
ORDER = (
    "people", "teams", "products", "accounts", "contacts", "quotas", "pipeline", "opportunities",
    "stage_log",
)  # fmt: skip


def plan_import(
    bound: Bound, reading: Reading, *, today: date, state_of: date | None = None
) -> Plan:
    """Read all records and plan what they ask for. Never raises for what stands in a row.

    `state_of` is the day whose state the files show; a history's own last day, else `today`.
    """
    plan = Plan()
    for name in bound.left_over:
        plan.problems.append(warned(name, None, "", "import.file_not_used"))
    _say_unused_columns(bound, plan)
    for file in sorted(bound.files, key=lambda f: ORDER.index(f.part.subject)):
        records, broken, problems = read_records(file, reading)
        plan.problems.extend(problems)
        _plan(file.part.subject, records, bound.recipe, plan, reading, (state_of, today))
        if file.part.subject == "opportunities":
            plan_refused(broken, bound.recipe, plan, state_of or today)
    return plan


def _plan(
    subject: str,
    records: list[Record],
    recipe: Recipe,
    plan: Plan,
    reading: Reading,
    days: tuple[date | None, date],
) -> None:
    state_of, today = days
    match subject:
        case "people":
            plan_people(records, recipe, plan)
        case "teams":
            plan_teams(records, plan)
        case "products":
            plan_products(records, plan)
        case "accounts":
            plan_accounts(records, plan)
        case "contacts":
            plan_contacts(records, plan)
        case "quotas":
            plan_quotas(records, recipe, plan, reading)
        case "pipeline":
            plan_pipeline(records, recipe, plan, state_of)
        case "opportunities":
            plan_current(records, recipe, plan, reading, state_of or today)
        case "stage_log":
            plan_stage_log(records, plan)


def _say_unused_columns(bound: Bound, plan: Plan) -> None:
    for file in bound.files:
        used = set(file.places.values())
        for place, header in enumerate(file.table.headers):
            if header and place not in used:
                plan.problems.append(
                    warned(file.table.file, None, header, "import.column_not_used")
                )
