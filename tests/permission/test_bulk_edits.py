"""Bulk edits reach exactly the rows that the oracle lets somebody see, and change only theirs."""

import pytest
from django.db import transaction

from dakehu.actions.bulk_edits import Picked, do_bulk_edit, preview_bulk_edit, undo_bulk_edit
from dakehu.core.bulk_edits import Ask, RowState
from dakehu.core.errors import NotFound, RuleBroken
from dakehu.models import BulkEdit, BulkEditRow, Opportunity
from dakehu.queries.bulk_edits import bulk_edit, selection_of_filter, selection_of_ids
from dakehu.queries.opportunities import OpportunityFilter
from tests.permission.company import Company, people
from tests.permission.conftest import Reader

pytestmark = pytest.mark.django_db

OPEN = 1


def test_a_selection_is_what_one_sees(company: Company) -> None:
    every = sorted(company.oracle.opportunity_by_id)
    for number, login, person in people(company):
        viewer = company.viewer(login)
        seen = company.oracle.opportunities(person)
        chosen = selection_of_ids(viewer=viewer, ids=every)
        assert {row.id for row in chosen.rows} == seen, login
        assert chosen.hidden == len(every) - len(seen)
        state = ("open", "won", "lost", "voided")[number % 4]
        whole = selection_of_filter(
            viewer=viewer, asked=OpportunityFilter(state=state), today=company.today
        )
        place = {"open": 1, "won": 2, "lost": 3}.get(state)
        rows = (company.oracle.opportunity_by_id[o] for o in seen)
        expected = {
            row["id"] for row in rows
            if row["voided"] == (state == "voided") and place in (None, row["place"])
        }  # fmt: skip
        assert {row.id for row in whole.rows} == expected, (login, state)


def edits(company: Company, person: int, row: dict[str, object]) -> bool:
    """Say naively who may edit: a salesperson their own, and what was granted them to work on."""
    for seat in company.oracle.seats(person):
        if seat["role"] != "salesperson":
            continue
        if row["owner_id"] == (seat["for_person_id"] or person):
            return True
        granted = any(
            grant["person_id"] == person
            and grant["opportunity_id"] == row["id"]
            and grant["right"] == "work"
            for grant in company.oracle.rows.grants
        )
        if granted and seat["for_person_id"] is None:
            return True
    return False


def test_each_row_is_changed_by_the_right_to_that_row_alone(company: Company) -> None:
    ask = Ask(verb="next_step", next_step="bulk")
    changed = 0
    for _number, login, person in people(company):
        viewer, seen = company.viewer(login), company.oracle.opportunities(person)
        rows = [row for row in company.oracle.rows.opportunities if not row["voided"]]
        tried = preview_bulk_edit(
            actor=viewer, picked=[Picked(row["id"]) for row in rows], ask=ask,
            today=company.today, at=company.now,
        )  # fmt: skip
        done = {one.before.pk for one in tried.done}
        mine = {r["id"] for r in rows if r["id"] in seen and edits(company, person, r)}
        assert done == mine, login
        assert tried.hidden == sum(row["id"] not in seen for row in rows)
        refused = {one.refusal.code for one in tried.refused if one.refusal is not None}
        assert refused <= {"opportunity.edit"}, login
        changed += len(done)
    assert not Opportunity.objects.filter(next_step="bulk").exists()
    company.met(changed)


def test_a_bulk_edit_is_told_and_taken_back_by_what_one_sees(company: Company) -> None:
    with transaction.atomic():
        sales = company.viewer("demo-sales")
        own = company.oracle.opportunities(company.people["demo-sales"])
        ran = do_bulk_edit(
            actor=sales, picked=[Picked(pk) for pk in sorted(own)], today=company.today,
            ask=Ask(verb="next_step", next_step="bulk"), at=company.now,
        )  # fmt: skip
        assert ran.bulk_id is not None
        assert ran.refused, "a refusal that others could be told of"
        done = {one.before.pk for one in ran.done}
        for _number, login, person in people(company):
            seen = company.oracle.opportunities(person) & done
            viewer = company.viewer(login)
            if not seen:
                with pytest.raises(NotFound):
                    bulk_edit(viewer=viewer, bulk_id=ran.bulk_id)
                assert Reader(company, login).status(f"/bulk/{ran.bulk_id}/") == 404
                with pytest.raises(NotFound):
                    undo_bulk_edit(
                        actor=viewer, bulk_id=ran.bulk_id, today=company.today, at=company.now
                    )
                continue
            page = bulk_edit(viewer=viewer, bulk_id=ran.bulk_id, limit=None)
            shown = {row.id for row in page.rows if row.state is RowState.DONE}
            assert shown == seen, login
            if login != "demo-sales":
                told = (page.changed, page.refused, page.undone, page.hidden)
                assert told == (len(seen), 0, 0, 0), login
        transaction.set_rollback(True)


def test_nobody_changes_what_is_out_of_sight(company: Company) -> None:
    oracle = company.oracle
    for _number, login, person in people(company):
        dark = next(
            (r["id"] for r in oracle.rows.opportunities
             if r["id"] not in oracle.opportunities(person)), None,
        )  # fmt: skip
        if dark is None:
            continue
        with pytest.raises(RuleBroken) as refused:
            do_bulk_edit(
                actor=company.viewer(login), picked=[Picked(dark)], today=company.today,
                ask=Ask(verb="void"), at=company.now,
            )  # fmt: skip
        assert refused.value.code == "bulk.nothing_done"
        answer = Reader(company, login).client.post(
            f"/cells/opportunities/{dark}/next_step/", {"value": "x"}
        )
        assert answer.status_code == 404, login
    assert not BulkEdit.objects.exists()
    assert not BulkEditRow.objects.exists()
