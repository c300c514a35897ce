"""Every file of every list, csv and xlsx, holds exactly what the oracle allows."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from dakehu.models import Person, Product, SalesUnit
from dakehu.queries.methods import methods
from tests.permission.company import DAY, Company, people
from tests.permission.conftest import Reader
from tests.permission.oracle import Oracle

pytestmark = pytest.mark.django_db

Check = Callable[[Company, Reader, str, int, int], object]


def alive(oracle: Oracle, person: int) -> list[dict[str, Any]]:
    rows = (oracle.opportunity_by_id[o] for o in oracle.opportunities(person))
    return [row for row in rows if not row["voided"]]


def opportunities(company: Company, reader: Reader, login: str, person: int, number: int) -> object:
    places = {"all": None, "open": 1, "won": 2, "lost": 3, "abandoned": 4}
    every: list[dict[str, str]] = []
    for state in company.part(list(places), number, 5):
        rows = [
            row for row in alive(company.oracle, person) if places[state] in (None, row["place"])
        ]
        found = reader.file("/opportunities/export", f"?state={state}&sort=-amount")
        assert sorted(r["Code"] for r in found) == sorted(row["code"] for row in rows), login
        amounts = {row["code"]: Fraction(row["amount_minor"], 100) for row in rows}
        told = {
            r["Code"]: Fraction(next(v for k, v in r.items() if k.startswith("Amount (")))
            for r in found
        }
        assert told == amounts, (login, state)
        every += found
    return every


def accounts(company: Company, reader: Reader, login: str, person: int, number: int) -> object:
    oracle = company.oracle
    counted = Counter(row["account_id"] for row in alive(oracle, person) if row["place"] == 1)
    found = reader.file("/accounts/export")
    expected = {oracle.account_by_id[a]["code"]: str(counted[a]) for a in oracle.accounts(person)}
    assert {r["Code"]: r["Open opportunities"] for r in found} == expected, login
    assert len(found) == len(expected)
    return found


def contacts(company: Company, reader: Reader, login: str, person: int, number: int) -> object:
    oracle = company.oracle
    found = reader.file("/contacts/export")
    rows = [c for c in oracle.rows.contacts if c["id"] in oracle.contacts(person)]
    expected = Counter(
        (
            c["name"], oracle.account_by_id[c["account_id"]]["name"],
            c["phone"] if oracle.reads_phone(person, c) else "",
        )
        for c in rows
    )  # fmt: skip
    # A plus before a phone is kept from running as a formula.
    told = Counter((r["Name"], r["Account"], r["Phone"].removeprefix("'")) for r in found)
    assert told == expected, login
    return found


def small_sales(company: Company, reader: Reader, login: str, person: int, number: int) -> object:
    oracle = company.oracle
    names = {a["id"]: a["name"] for a in oracle.rows.accounts}
    rows = [s for s in oracle.rows.small_sales if s["id"] in oracle.small_sales(person)]
    found = reader.file("/small-sales/export")
    expected = Counter(
        (s["on"].isoformat(), s["orders"], Fraction(s["amount_minor"], 100),
         names.get(s["account_id"], ""))
        for s in rows
    )  # fmt: skip
    told = Counter(
        (r["Day"], int(r["Orders"]), Fraction(next(v for k, v in r.items() if k[:6] == "Amount")),
         r["Account"])
        for r in found
    )  # fmt: skip
    assert told == expected, login
    return found


def hygiene(company: Company, reader: Reader, login: str, person: int, number: int) -> object:
    rows = company.oracle.opportunity_by_id
    found = reader.file("/hygiene/export")
    codes = sorted(rows[o]["code"] for o in company.oracle.untidy(person))
    assert sorted(r["Code"] for r in found) == codes, login
    return found


def quotas(company: Company, reader: Reader, login: str, person: int, number: int) -> object:
    """Each unit in sight has its row in its grid, with the targets that the table holds."""
    oracle = company.oracle
    tree = oracle.tree(company.today)
    opened = sorted(u for u in tree if oracle.sees_all(person) or u in oracle.units(person))
    year = company.today.year
    names = {u.pk: u.name_en or u.name_zh for u in SalesUnit.objects.all()}
    found: list[dict[str, str]] = []
    for unit in company.part(opened, number, 4):
        found = reader.file("/quotas/export", f"?unit={unit}&year={year}")
        below = {names[u] for u, parent in tree.items() if parent == unit}
        told = [r["Unit or person"] for r in found]
        assert told[0] == names[unit], login
        assert below <= set(told)
        for quarter in range(1, 5):
            set_to = [
                q for q in oracle.rows.quotas
                if q["unit_id"] == unit and q["level"] == "target"
                and (q["start_on"].year, q["start_on"].month, q["end_on"].month)
                == (year, 3 * quarter - 2, 3 * quarter % 12 + 1)
            ]  # fmt: skip
            if set_to:
                newest = max(set_to, key=lambda q: (q["recorded_at"], q["id"]))["amount_minor"]
                cell = found[0][f"{year}Q{quarter} CNY"]
                assert Fraction(cell) == Fraction(newest, 100), (login, unit, quarter)
    for unit in company.part(sorted(set(tree) - set(opened)), number, 20):
        assert reader.status(f"/quotas/export.csv?unit={unit}") == 404, login
    return found


def reviews(company: Company, reader: Reader, login: str, person: int, number: int) -> object:
    found = reader.file("/reviews/export")
    allowed = company.oracle.reviews(person)
    assert len(found) == len(allowed), login
    for one in company.part(
        sorted({r["review_id"] for r in company.oracle.rows.reviews}), number, 3
    ):
        status = reader.status(f"/reviews/{one}/export.csv")
        assert status == (200 if one in allowed else 404), login
    return found


def held_by(
    company: Company, person: int, number: int, on: date
) -> tuple[str, dict[int, dict[str, Any]]]:
    """Choose a unit in sight, or whose own records one starts from; give its query and funnel."""
    oracle = company.oracle
    units, owners = oracle.units(person), sorted(oracle.owners(person))
    tree = oracle.tree(company.today)
    mine = sorted(u for u in tree if oracle.sees_all(person) or u in units)
    query = f"?on={on.isoformat()}&period=year"
    if mine:
        unit = mine[number % len(mine)]
        return f"{query}&unit={unit}", oracle.held(person, on, unit=unit)
    held = oracle.held(person, on)
    if not owners:
        return query, held
    owner = owners[number % len(owners)]
    own = {pk: row for pk, row in held.items() if row["owner_id"] == owner}
    return f"{query}&person={owner}", own


def funnel(company: Company, reader: Reader, login: str, person: int, number: int) -> object:
    oracle, on = company.oracle, company.today - (0, 1, 90, 300)[number % 4] * DAY
    query, held = held_by(company, person, number, on)
    found = reader.file("/funnel/export", query)
    method_of = {s["id"]: s["method__key"] for s in oracle.rows.stages}
    for one in methods(viewer=company.viewer(login), today=company.today):
        lines = [row for row in found if row["Method"] == one.name]
        mine = [row for row in held.values() if method_of[row["stage_id"]] == one.key]
        # Stage by stage, in whatever order the stages stand; amounts in sum, each was rounded.
        counted = Counter(row["stage_id"] for row in mine)
        told = [int(row["Opportunities"]) for row in lines]
        assert sorted(n for n in told if n) == sorted(counted.values()), (login, query, one.key)
        amount = sum((Fraction(row["Amount"]) for row in lines), Fraction())
        assert abs(amount - Fraction(oracle.worth(mine, on))) < Fraction(1, 10), (login, query)
    return held


def behind(company: Company, reader: Reader, login: str, person: int, number: int) -> object:
    """The file of a number names what of it is in sight, and counts the rest in one line."""
    oracle, on = company.oracle, company.today - (0, 40, 200)[number % 3] * DAY
    query, held = held_by(company, person, number, on)
    there = {row["id"] for row in alive(oracle, person)}
    found = reader.file("/number/funnel.weighted_period/export", query)
    asked = {o for o, at in held.items() if at["close_month"].year == on.year}
    codes = {oracle.opportunity_by_id[o]["code"] for o in asked & there}
    every = {row["code"] for row in oracle.rows.opportunities}
    assert sorted(r["Code"] for r in found if r["Code"] in every) == sorted(codes), (login, query)
    assert sum(int(r["Count"]) for r in found) == len(asked), (login, query)
    return found


def for_everybody(company: Company, reader: Reader, login: str, person: int, number: int) -> object:
    """Products, units and rates are no secret inside."""
    codes = {r["Code"] for r in reader.file("/products/export")}
    assert codes == set(Product.objects.values_list("code", flat=True)), login
    codes = {r["Code"] for r in reader.file("/units/export")}
    standing = set(company.oracle.tree(company.today))
    assert codes == set(SalesUnit.objects.filter(pk__in=standing).values_list("code", flat=True))
    assert len(reader.file("/rates/export")) == len(company.oracle.rows.exchange)
    return codes


def by_role(company: Company, reader: Reader, login: str, person: int, number: int) -> object:
    """People are listed to administrators, look-ups to auditors, to nobody else."""
    roles = {seat["role"] for seat in company.oracle.seats(person)}
    if "administrator" in roles:
        told = {r["Log-in"] for r in reader.file("/people/export")}
        assert told == set(Person.objects.values_list("login", flat=True))
    else:
        assert reader.status("/people/export.csv") == 403, login
    status = reader.status("/audit/look-ups/export.csv")
    assert status == (200 if "auditor" in roles else 403), login
    return True


CHECKS: dict[str, Check] = {
    check.__name__: check
    for check in (
        opportunities, accounts, contacts, small_sales, hygiene, quotas, reviews, funnel, behind,
        for_everybody, by_role,
    )
}  # fmt: skip


@pytest.mark.parametrize("name", CHECKS)
def test_every_file_holds_what_the_oracle_allows(company: Company, name: str) -> None:
    seen = False
    for number, login, person in people(company):
        reader = Reader(company, login)
        if reader.status("/opportunities/") == 403:
            # Who has no seat at all comes no further than the door.
            assert not company.oracle.seats(person), login
        seen = bool(CHECKS[name](company, reader, login, person, number)) or seen
    company.met(seen)
