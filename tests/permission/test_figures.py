"""Figures are the sums of the positions that the oracle allows: commands, numbers, quotas."""

import json
import re
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.utils import translation

from dakehu.cli.commands import dakehu
from dakehu.core.errors import NotFound
from dakehu.core.ledger import Kind
from dakehu.core.periods import containing
from dakehu.models import Person, Product
from dakehu.queries.funnel import FunnelQuestion, funnel_on
from dakehu.queries.quotas import quota_for, quota_grid
from dakehu.queries.rows_behind import rows_behind
from dakehu.queries.units import all_units
from tests.permission.company import Company, people
from tests.permission.conftest import Reader
from tests.permission.oracle import OPEN, WON, Won, money

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def command(*words: str) -> Any:
    """Run `dakehu … --json` and give its answer; a refusal gives its code."""
    with translation.override("en"):
        result = CliRunner().invoke(dakehu, [*words, "--json"])
    if result.exit_code == 0:
        return json.loads(result.stdout)
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    return json.loads(result.stderr)["code"]


def day_of(company: Company, number: int) -> date:
    """Give a day to ask of: today, yesterday, and days of the two years before."""
    ago = (0, 1, 45, 130, 260, 400)[number % 6]
    return company.today - ago * DAY


def units_asked(company: Company, person: int, number: int) -> list[int | None]:
    """Give all that is in scope, and one unit of it that changes from person to person."""
    oracle = company.oracle
    if oracle.sees_all(person):
        mine = sorted(company.units.values())
    else:
        tree = oracle.tree(company.today)
        mine = sorted(u for u in oracle.units(person) if u in tree)
        mine += [s["unit_id"] for s in oracle.seats(person) if s["role"] == "salesperson"]
    return [None, mine[number % len(mine)]] if mine else [None]


def said_stages(answer: Any) -> dict[tuple[str, str], tuple[int, str]]:
    return {
        (s["method"], s["key"]): (s["count"], s["amount"]) for s in answer["stages"] if s["count"]
    }


def unit_words(company: Company, unit: int | None) -> list[str]:
    code = {pk: code for code, pk in company.units.items()}
    return [] if unit is None else ["--unit", code[unit]]


def test_the_funnel_of_any_day_and_unit_is_what_is_in_scope(company: Company) -> None:
    counted = 0
    for number, login, person in people(company):
        on = day_of(company, number)
        for unit in units_asked(company, person, number):
            answer = command(
                "funnel", "--as", login, "--on", on.isoformat(), *unit_words(company, unit)
            )
            expected = company.oracle.funnel(person, on, unit=unit)
            assert said_stages(answer) == expected, (login, on, unit)
            held = company.oracle.held(person, on, unit=unit).values()
            total = (len(held), company.oracle.worth(held, on))
            assert (answer["total"]["count"], answer["total"]["amount"]) == total
            counted += total[0]
    company.met(counted)


def test_a_unit_out_of_sight_is_not_found(company: Company) -> None:
    refused = 0
    for number, login, person in people(company):
        if company.oracle.sees_all(person):
            continue
        seats = [seat["unit_id"] for seat in company.oracle.seats(person)]
        above = {u for unit in seats for u in company.oracle.above(unit)}
        out = sorted(set(company.units.values()) - company.oracle.units(person) - above)
        if not out:
            continue  # who heads the whole company has no unit out of sight, closed ones included
        words = unit_words(company, out[number % len(out)])
        on = company.today.isoformat()
        assert command("funnel", "--as", login, "--on", on, *words) == "unit.unknown", login
        page = Reader(company, login)
        if company.oracle.seats(person) and "administrator" not in {
            s["role"] for s in company.oracle.seats(person)
        }:
            assert page.status(f"/funnel/?unit={out[number % len(out)]}") == 404
        refused += 1
    company.met(refused)


def test_who_left_asks_for_nothing(company: Company) -> None:
    gone = Person.objects.filter(is_active=False)
    assert gone
    for person in gone:
        on = company.today.isoformat()
        assert command("funnel", "--as", person.login, "--on", on) == "person.unknown_login"


def test_outcomes_by_unit_owner_product_and_account(company: Company) -> None:
    oracle = company.oracle
    codes = {pk: code for code, pk in company.units.items()}
    products = {p.pk: p.name_en or p.name_zh for p in Product.objects.all()}
    accounts = {a["id"]: a["name"] for a in oracle.rows.accounts}
    account_of = {o["id"]: o["account_id"] for o in oracle.rows.opportunities}
    seen_won = 0
    for number, login, person in people(company):
        start = day_of(company, number + 2) - 120 * DAY
        end = company.today + DAY
        unit = units_asked(company, person, number)[-1]
        entries = oracle.outcomes(person, start, end, unit=unit, last=company.today)
        named = oracle.account_names(person)
        total = oracle.outcomes_by(entries, lambda _e: 0).get(0, Won())
        by: dict[str, dict[Any, Won]] = {
            "owner": oracle.outcomes_by(entries, lambda e: e["owner_id"]),
            "product": oracle.outcomes_by_product(entries),
            "account": oracle.outcomes_by(
                entries,
                lambda e, n=named: (
                    account_of[e["opportunity_id"]]  # type: ignore[misc]
                    if account_of[e["opportunity_id"]] in n
                    else None
                ),
            ),
        }
        words = ["--as", login, "--from", start.isoformat(), "--to", end.isoformat()]
        words += unit_words(company, unit)
        for kind, expected in by.items():
            answer = command("outcomes", *words, "--by", kind)
            said = {
                row["id"]: (
                    row["won_count"], row["won_amount"], row["lost_count"], row["abandoned_count"]
                )
                for row in answer["rows"]
            }  # fmt: skip
            assert len(said) == len(answer["rows"])
            assert {k: v for k, v in said.items() if v != Won().told()} == {
                k: v.told() for k, v in expected.items() if v.told() != Won().told()
            }, (login, kind, unit)
            assert (answer["total"]["won_count"], answer["total"]["won_amount"]) == total.told()[:2]
            if kind != "owner":
                known = products if kind == "product" else accounts
                names = {None: "", **{i: known[i] for i in expected if i is not None}}
                assert all(row["key"] == names[row["id"]] for row in answer["rows"]), (login, kind)
        answer = command("outcomes", *words, "--by", "unit")
        per_unit = oracle.outcomes_by(entries, lambda e: e["unit_id"])
        shown = {row["id"] for row in answer["rows"]}
        # No unit's outcomes fall out of the rows: what was closed stands below what it hung under.
        # A unit whose outcomes were all taken back has no row, as one that never had any.
        held = {u for u, won in per_unit.items() if won.told() != Won().told()}
        assert {u for u in held if u in oracle.below(unit or u, company.today)} <= shown
        for row in answer["rows"]:
            below = oracle.below(row["id"], company.today)
            whole = Won()
            for one, part in per_unit.items():
                if one in below:
                    whole.won += part.won
                    whole.minor += part.minor
                    whole.lost += part.lost
            assert row["key"] == codes[row["id"]]
            assert (row["won_count"], row["won_amount"], row["lost_count"]) == whole.told()[:3]
        seen_won += total.won
    company.met(seen_won)


def test_a_waterfall_opens_and_closes_with_the_funnel_in_scope(company: Company) -> None:
    oracle = company.oracle
    for number, login, person in people(company):
        start, end = day_of(company, number + 1) - 60 * DAY, company.today
        unit = units_asked(company, person, number + 1)[-1]
        answer = command(
            "waterfall", "--as", login, "--from", start.isoformat(), "--to", end.isoformat(),
            *unit_words(company, unit),
        )  # fmt: skip
        for part, day in (("opening", start - DAY), ("closing", end - DAY)):
            held = oracle.held(person, day, unit=unit).values()
            assert (answer[part]["count"], answer[part]["amount"]) == (
                len(held), oracle.worth(held, day),
            ), (login, part, unit)  # fmt: skip


#: The kinds of movement that bring into the open funnel, take out of it or leave it as it was.
KINDS = {int(kind): kind.name.lower() for kind in Kind}


def test_a_waterfall_counts_the_movements_in_scope_by_their_kind(company: Company) -> None:
    oracle = company.oracle
    counted = 0
    for number, login, person in people(company):
        start, end = day_of(company, number + 1) - 60 * DAY, company.today
        answer = command(
            "waterfall", "--as", login, "--from", start.isoformat(), "--to", end.isoformat()
        )
        expected: dict[str, int] = defaultdict(int)
        for e in oracle.entries(person, unit=None, day=end):
            if e["place"] == OPEN and start <= e["on"] < end:
                expected[KINDS[e["kind"]]] += e["count"]
        told = {bar["kind"]: bar["count"] for bar in answer["kinds"]}
        # Amounts, rates and the tree of the day move no count.
        assert {k: n for k, n in told.items() if n} == {k: n for k, n in expected.items() if n}, (
            login,
            start,
        )
        counted += sum(abs(count) for count in told.values())
    company.met(counted)


def test_the_ledger_is_proved_to_auditors_alone(company: Company) -> None:
    auditors = 0
    for _number, login, person in people(company):
        roles = {seat["role"] for seat in company.oracle.seats(person)}
        # Proving takes long and tells everybody the same: once is enough.
        if "auditor" not in roles:
            assert command("ledger", "verify", "--as", login) == "ledger.verify", login
        elif not auditors:
            assert command("ledger", "verify", "--as", login)["right"] is True
            auditors += 1
    company.met(auditors)


def test_an_import_finds_the_accounts_in_sight_and_tells_nothing_of_others(
    company: Company, tmp_path: Path
) -> None:
    oracle = company.oracle
    path = tmp_path / "accounts.csv"
    names = sorted({a["name"] for a in oracle.rows.accounts})
    path.write_text("客户名称\n" + "\n".join(names) + "\n")
    may = 0
    for _number, login, person in people(company):
        answer = command("import", str(path), "--dry-run", "--as", login)
        if not any(s["role"] == "sales_operations" for s in oracle.seats(person)):
            assert answer == "import.run", login
            continue
        seen = {oracle.account_by_id[a]["name"] for a in oracle.accounts(person)}
        assert answer["read"] == len(names)
        assert answer["unchanged"] == len(seen), login
        # The others would be made anew, or not at all: nothing says that they are there.
        told = {p["code"] for p in answer["problems"]}
        assert told <= {"import.unit_out_of_reach", "import.column_not_used"}, (login, told)
        may += 1
    company.met(may)


def test_indicators_add_closed_and_small_sales_in_scope(company: Company) -> None:
    oracle = company.oracle
    for number, login, person in people(company):
        on = day_of(company, number)
        period = containing(on, "quarter")
        for unit in units_asked(company, person, number):
            answer = command(
                "indicators", "--as", login, "--on", on.isoformat(), "--period", period.key,
                *unit_words(company, unit),
            )  # fmt: skip
            entries = oracle.outcomes(person, period.start, on + DAY, unit=unit, last=on)
            won = oracle.outcomes_by(entries, lambda e: e["place"])[WON].told()
            assert (answer["closed_count"], answer["closed"]) == won[:2], (login, unit)
            within = None if unit is None else oracle.below(unit, on)
            sales = [
                s
                for s in oracle.rows.small_sales
                if s["id"] in oracle.small_sales(person)
                and period.start <= s["on"] <= on
                and (within is None or s["unit_id"] in within)
            ]
            small = money(
                sum((s["base_minor"] for s in sales), start=0) / oracle.rate("CNY", on) / 100
            )
            assert answer["small"] == small, (login, unit)
            assert answer["small_count"] == sum(s["orders"] for s in sales)


# -- what stands behind a number -------------------------------------------------------------


def test_the_rows_behind_a_number_are_complete_and_name_only_what_is_seen(
    company: Company,
) -> None:
    oracle = company.oracle
    elsewhere = 0
    for number, login, person in people(company):
        on = day_of(company, number if number % 3 else 1)
        period = containing(on, "quarter")
        for unit in (None, *units_asked(company, person, number)[1:]):
            question = FunnelQuestion(on=on, period=period, unit_id=unit)
            found: list[int] = []
            after, behind = "", None
            while behind is None or after:
                behind = rows_behind(
                    company.viewer(login), question=question, today=company.today, after=after
                )
                found += [row.id for row in behind.rows]
                after = behind.after
            held = oracle.held(person, on, unit=unit, places=(OPEN,))
            there = {
                o for o in oracle.opportunities(person) if not oracle.opportunity_by_id[o]["voided"]
            }
            assert len(found) == len(set(found))
            assert set(found) == set(held) & there, (login, unit)
            assert behind.count == len(held)
            assert behind.elsewhere == len(set(held) - there)
            hidden = sum(held[o]["amount_minor"] for o in set(held) - there)
            assert sum(a for a, _c in behind.elsewhere_amounts) * 100 == hidden
            elsewhere += behind.elsewhere
    company.met(elsewhere)


def test_a_number_dialog_counts_all_and_names_what_is_seen(company: Company) -> None:
    oracle = company.oracle
    on = company.today - DAY
    dialogs = 0
    for number, login, person in people(company):
        unit = units_asked(company, person, number)[-1]
        in_sight = oracle.sees_all(person) or unit in oracle.units(person)
        if not in_sight or unit not in oracle.tree(company.today):
            continue
        held = oracle.held(person, on, unit=unit)
        text = Reader(company, login).page(
            f"/number/funnel.weighted_period/?on={on}&unit={unit}&period=year"
        )
        period = containing(on, "year")
        asked = {o for o, p in held.items() if period.start <= p["close_month"] < period.end}
        linked = {int(n) for n in re.findall(r'<a href="/opportunities/(\d+)/"', text)}
        assert linked <= oracle.opportunities(person) & asked, login
        assert len(linked) == min(20, len(asked & oracle.opportunities(person)
                                          - voided(company))), login  # fmt: skip
        assert re.search(rf"\b{len(asked)} rows?\b", text), login
        for out in asked - oracle.opportunities(person):
            assert oracle.opportunity_by_id[out]["code"] not in text
        dialogs += 1
    company.met(dialogs > 10)


def voided(company: Company) -> set[int]:
    return {r["id"] for r in company.oracle.rows.opportunities if r["voided"]}


# -- quotas ----------------------------------------------------------------------------------


def test_the_grid_of_quotas_shows_units_and_people_in_sight(company: Company) -> None:
    units, year = all_units(), containing(company.today, "year")
    oracle = company.oracle
    tree = oracle.tree(company.today)
    active = set(Person.objects.filter(is_active=True).values_list("id", flat=True))
    seats = [
        (seat["unit_id"], person)
        for person in active
        for seat in oracle.seats(person)
        if seat["role"] in ("salesperson", "unit_head") and seat["for_person_id"] is None
    ]
    for _number, login, person in people(company):
        opened = {u for u in tree if oracle.sees_all(person) or u in oracle.units(person)}
        shown: set[tuple[str, int | None]] = set()
        for unit in (None, *sorted(tree)):
            asked: dict[str, Any] = {
                "viewer": company.viewer(login), "units": units, "unit_id": unit, "year": year,
                "kind": "quarter", "today": company.today,
            }  # fmt: skip
            if unit is not None and unit not in opened:
                with pytest.raises(NotFound):
                    quota_grid(**asked)
                continue
            grid = quota_grid(**asked)
            for row in (*((grid.head,) if grid.head else ()), *grid.rows):
                is_unit = row.unit_id is not None
                shown.add(("unit", row.unit_id) if is_unit else ("person", row.person_id))
        expected: set[tuple[str, int | None]] = {("unit", u) for u in opened}
        expected |= {("person", other) for unit, other in seats if unit in opened}
        if not opened:
            expected |= {("person", person)} & {("person", other) for _unit, other in seats}
        assert shown == expected, login


def test_a_quota_is_told_to_whom_the_oracle_allows(company: Company) -> None:
    oracle = company.oracle
    quotas = [q for q in oracle.rows.quotas if q["amount_minor"] is not None]
    for number, login, person in people(company):
        viewer = company.viewer(login)
        allowed = oracle.quota_subjects(person)
        subjects = list({(q["unit_id"], q["person_id"]): q for q in quotas}.values())
        for quota in company.part(subjects, number, 4):
            found = quota_for(
                viewer, person_id=quota["person_id"], unit_id=quota["unit_id"],
                start=quota["start_on"], end=quota["end_on"], today=company.today,
            )  # fmt: skip
            subject = (
                ("unit", quota["unit_id"]) if quota["unit_id"] else ("person", quota["person_id"])
            )
            assert (found.amount_minor is not None) == (subject in allowed), (login, subject)


def test_the_funnel_of_a_person_holds_no_more_than_the_asker_may_add_up(company: Company) -> None:
    oracle = company.oracle
    on = company.today - 40 * DAY
    owners = sorted({e["owner_id"] for e in oracle.rows.entries if e["owner_id"]})
    for number, login, person in people(company):
        viewer, held = company.viewer(login), oracle.held(person, on)
        for owner in company.part(owners, number, 8):
            question = FunnelQuestion(
                on=on, period=containing(on, "quarter"), person_id=owner
            )  # fmt: skip
            mine = [row for row in held.values() if row["owner_id"] == owner]
            try:
                answer = funnel_on(viewer, question=question, today=company.today)
            except NotFound:
                # Somebody who never stood in a unit of theirs, with nothing in their scope.
                assert not mine, (login, owner)
                continue
            assert answer.total.count == len(mine), (login, owner)
            if not oracle.sees_quota_of(person, owner):
                assert answer.quota.value is None
