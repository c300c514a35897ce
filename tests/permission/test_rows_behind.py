"""The rows behind every number add up to it: those that are named, and those moved elsewhere."""

from datetime import timedelta
from fractions import Fraction

import pytest

from dakehu.core.funnel import ZERO, Figure
from dakehu.core.periods import containing
from dakehu.models import Organisation
from dakehu.queries.funnel import FunnelOnDay, FunnelQuestion, funnel_on, quota_subject
from dakehu.queries.quotas import quota_rows
from dakehu.queries.rows_behind import Behind, BehindRow, Part, rows_behind
from dakehu.queries.units import all_units
from dakehu.web.numbers import NUMBERS
from dakehu.web.numbers.parts import computed_of, parts_of
from tests.permission.company import Company, people
from tests.permission.test_figures import day_of, units_asked

pytestmark = pytest.mark.django_db


def total(figures: list[Figure]) -> Figure:
    found = ZERO
    for figure in figures:
        found = found + figure
    return found


def walked(company: Company, login: str, question: FunnelQuestion, parts: tuple[Part, ...]):
    """Follow the pages to the end; give the groups with every row that they name."""
    rows: list[BehindRow] = []
    after, behind = "", None
    while behind is None or after:
        behind = rows_behind(
            company.viewer(login), question=question, today=company.today, parts=parts,
            after=after, limit=company.chunk(7),
        )  # fmt: skip
        rows += behind.rows
        after = behind.after
    return behind, rows


def add_up(behind: Behind, rows: list[BehindRow]) -> None:
    """Hold every group against its rows and what moved elsewhere, to the last fraction."""
    keys = [(row.part, row.group, row.id) for row in rows]
    assert len(keys) == len(set(keys))
    assert [key[:2] for key in keys] == sorted(key[:2] for key in keys)
    for group in behind.groups:
        mine = [r for r in rows if (r.part, r.group) == (group.part, group.group)]
        gone = group.elsewhere
        assert len(mine) + gone.lines == group.lines
        assert sum(row.count for row in mine) + gone.count == group.count
        for name in ("worth", "adds"):
            parts = [*(getattr(row, name) for row in mine), getattr(gone, name)]
            assert total(parts) == getattr(group, name), (name, group)


def shown(answer: FunnelOnDay) -> dict[str, Figure]:
    """Give every amount of the page that has rows by its address."""
    return {
        "funnel.closed": answer.closed.amount,
        "funnel.closed_before": answer.closed_before,
        "funnel.closed_change": answer.closed.amount - answer.closed_before,
        "funnel.small_sales": answer.small,
        "funnel.small_before": answer.small_before,
        "funnel.small_change": answer.small - answer.small_before,
        "funnel.weighted_period": answer.weighted,
        "funnel.weighted_before": answer.weighted_before,
        "funnel.weighted_change": answer.weighted - answer.weighted_before,
        "funnel.forecast_index": answer.forecast.numerator,
        "funnel.gap": answer.forecast.numerator,
        "funnel.progress_index": answer.progress.numerator,
    }


def check(company: Company, login: str, question: FunnelQuestion, number: int) -> set[str]:
    org = Organisation.objects.get()
    answer = funnel_on(company.viewer(login), question=question, today=company.today)
    figures = shown(answer)
    #: Half of the numbers for each asker, the other half for the next.
    chosen = company.part(sorted(figures), number + number // 6, 2)
    for address in chosen:
        parts = parts_of(
            address, stages=(), with_small=answer.small_in_use,
            all_open=org.weighted_scope == "all_open",
        )  # fmt: skip
        behind, rows = walked(company, login, question, parts)
        add_up(behind, rows)
        computed = computed_of(address, behind, answer, literal=org.progress_literal)
        terms = [behind.adds, *(one.figure for one in computed if not one.is_total)]
        assert total(terms) == figures[address], (login, address)
        assert all(one.figure == figures[address] for one in computed if one.is_total)
    return {address for address in chosen if figures[address].value}


@pytest.mark.parametrize(
    "setting",
    [{}, {"weighted_scope": "all_open", "progress_literal": True}],
    ids=["as installed", "all open, literal"],
)
def test_the_rows_behind_every_indicator_and_input_add_up_to_it(
    company: Company, setting: dict[str, object]
) -> None:
    Organisation.objects.update(**setting)
    told: set[str] = set()
    for number, login, person in people(company):
        on = day_of(company, number)
        question = FunnelQuestion(
            on=on,
            period=containing(on, ("quarter", "year", "quarter", "month")[number // 6 % 4]),
            unit_id=units_asked(company, person, number)[-1] if number % 2 else None,
            known_at=company.now - timedelta(days=20) if number % 5 == 4 else None,
            week_as_known_then=number % 7 == 3,
            currency="EUR" if number % 4 == 2 else None,
        )
        told |= check(company, login, question, number)
    # Each was something else than nothing for somebody.
    company.met(told >= ADDRESSES)


#: What stands in the table is held against it below; these have rows or terms of their own.
ADDRESSES = {
    address
    for address in NUMBERS
    if parts_of(address, stages=(), with_small=True, all_open=False)[0].stages is None
    and address.startswith("funnel.")
} - {"funnel.small_expected"}  # computed from the small sales, which are its rows


def test_the_rows_behind_every_cell_of_the_table_add_up_to_it(company: Company) -> None:
    elsewhere = cells = 0
    for number, login, person in people(company):
        on = day_of(company, number)
        unit = units_asked(company, person, number)[-1]
        question = FunnelQuestion(on=on, period=containing(on, "quarter"), unit_id=unit)
        answer = funnel_on(company.viewer(login), question=question, today=company.today)
        for one in answer.methods:
            stages = tuple(row.lineage_id for row in one.table.rows)
            behind, rows = walked(company, login, question, (Part("open", stages=stages),))
            add_up(behind, rows)
            by_stage = {group.stage_id: group for group in behind.groups}
            for row in one.table.rows:
                found = by_stage.get(row.lineage_id)
                mine = (found.count, found.worth, found.adds) if found else (0, ZERO, ZERO)
                assert mine == (row.all.count, row.all.amount, row.all.weighted), (login, row)
                cells += row.all.count > 0
            for scope in ("overdue", "in_period", "later", "undated"):
                part = Part("open", stages=stages, scopes=(scope,))
                some, _rows = walked(company, login, question, (part,))
                line = getattr(one.table, scope)
                assert (some.count, some.worth, some.adds) == (
                    line.count, line.amount, line.weighted,
                )  # fmt: skip
            elsewhere += behind.elsewhere
    company.met(cells > 50, elsewhere)


def test_the_rows_of_a_quota_add_up_to_it_and_are_told_to_the_same_people(
    company: Company,
) -> None:
    units, told, kept = all_units(), 0, 0
    for number, login, person in people(company):
        on = day_of(company, number)
        for unit in units_asked(company, person, number):
            question = FunnelQuestion(on=on, period=containing(on, "quarter"), unit_id=unit)
            viewer = company.viewer(login)
            answer = funnel_on(viewer, question=question, today=company.today)
            subject = quota_subject(viewer, question, units)
            rows = () if subject is None else quota_rows(
                viewer, person_id=subject[0], unit_id=subject[1], start=question.period.start,
                end=question.period.end, today=company.today,
            )  # fmt: skip
            if answer.quota.value is None:
                assert not rows
                kept += 1
                continue
            minor = sum(row.amount_minor for row in rows)
            assert Fraction(minor, 100) == answer.quota.value
            assert all(row.name for row in rows)
            told += len(rows) > 1
    company.met(told, kept)
