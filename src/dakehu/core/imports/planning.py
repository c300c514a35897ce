"""From bound files to a plan: each subject has one function, chosen by the recipe's data."""

from collections.abc import Callable, Sequence
from datetime import date

from dakehu.core.imports.pipeline import plan_pipeline, plan_teams
from dakehu.core.imports.plan import At, Plan, PlannedAccount, PlannedProduct
from dakehu.core.imports.problems import warned
from dakehu.core.imports.recipes import Bound, Recipe
from dakehu.core.imports.records import Reading, Record, read_records

#: The order in which subjects are planned; later ones name what earlier ones bring.
ORDER = ("people", "teams", "products", "accounts", "contacts", "quotas", "pipeline")


def plan_import(bound: Bound, reading: Reading, *, state_of: date | None = None) -> Plan:
    """Read all records and plan what they ask for. Never raises for what stands in a row."""
    plan = Plan()
    for name in bound.left_over:
        plan.problems.append(warned(name, None, "", "import.file_not_used"))
    _say_unused_columns(bound, plan)
    files = sorted(bound.files, key=lambda f: ORDER.index(f.part.subject))
    for file in files:
        records, problems = read_records(file, reading)
        plan.problems.extend(problems)
        if file.part.subject == "pipeline":
            plan_pipeline(records, bound.recipe, plan, state_of)
        else:
            SUBJECTS[file.part.subject](records, plan)
    return plan


def _say_unused_columns(bound: Bound, plan: Plan) -> None:
    for file in bound.files:
        used = set(file.places.values())
        for place, header in enumerate(file.table.headers):
            if header and place not in used:
                plan.problems.append(
                    warned(file.table.file, None, header, "import.column_not_used")
                )


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
        plan.accounts.append(
            PlannedAccount(
                at=At(record.file, record.row),
                founded=founded if founded is None or founded <= 9999 else None,
                employees=record.values.get("employees"),
                note=record.text("note") or (f"revenue: {revenue}" if revenue else ""),
                **{name: record.text(name) for name in _ACCOUNT_TEXTS},
            )
        )


_ACCOUNT_TEXTS = (
    "name", "code", "name_en", "parent", "unit", "manager", "industry", "region", "address",
    "phone", "website", "tax_code",
)  # fmt: skip

SUBJECTS: dict[str, Callable[[Sequence[Record], Plan], None]] = {
    "teams": plan_teams,
    "products": plan_products,
    "accounts": plan_accounts,
}
__all__ = ["ORDER", "SUBJECTS", "Recipe", "plan_import"]
