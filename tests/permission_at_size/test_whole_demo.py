"""The demo of its full size: 40 people, every row, against the oracle (issue 2, Must hold).

Every test of tests/permission about lists, totals, searches, exports, commands, figures and the
rows behind them is collected here once more, and asked of the whole demo company.

- `make deep` asks all forty every list, filter, state, file, quota, search, command and figure.
  Days and units have no end: a person is asked of a day and a unit that change from one to the
  next.
- An ordinary run asks all forty for the lists of opportunities, accounts, contacts and small sales
  whole, and for the funnel of past days; in each other test a tenth of them, four people, another
  tenth from test to test and the same in every run. The full product takes too long for each run.
- In both, pages of single records are a sample: forty people times 2,500 pages are not asked.

A folder of its own: the smaller company of tests/permission stands until its folder is left.
"""

import os
from collections.abc import Iterator
from typing import Any
from zlib import crc32

import pytest
from pytest_django import DjangoDbBlocker

from dakehu.core.access import operator
from dakehu.core.errors import NotFound
from dakehu.core.periods import containing
from dakehu.queries.accounts import AccountFilter, every_account
from dakehu.queries.contacts import ContactFilter, every_contact
from dakehu.queries.funnel import FunnelQuestion, funnel_on
from dakehu.queries.opportunities import OpportunityFilter, every_opportunity, opportunity
from dakehu.queries.paging import Cut
from dakehu.queries.rows_behind import rows_behind
from dakehu.queries.small_sales import small_sales
from tests.permission import (
    test_accounts,
    test_activities,
    test_board,
    test_bulk_edits,
    test_fields,
    test_figures,
    test_files,
    test_inbox,
    test_lists,
    test_notices,
    test_pages,
    test_rows,
    test_rows_behind,
    test_search,
    test_timeline,
)
from tests.permission.company import DAY, Company
from tests.permission.conftest import built

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.deep, pytest.mark.once]

#: Into how many shares the forty are cut in an ordinary run.
SHARES = 10
MODULES = (
    test_rows, test_figures, test_rows_behind, test_files, test_fields, test_pages, test_search,
    test_timeline, test_board, test_lists, test_inbox, test_activities, test_accounts,
    test_bulk_edits, test_notices,
)  # fmt: skip

for _module in MODULES:
    for _name, _test in vars(_module).items():
        if _name.startswith("test_") and callable(_test):
            assert _name not in globals(), _name
            globals()[_name] = _test


binned, helped, led, records, seen = (
    test_accounts.binned, test_board.helped, test_inbox.led, test_notices.records,
    test_activities.seen,
)  # fmt: skip


@pytest.fixture(scope="module")
def whole(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Company]:
    folder = tmp_path_factory.mktemp("whole")
    with built(django_db_blocker, folder, size=2_500, people=60) as made:
        yield made


@pytest.fixture
def company(whole: Company, request: pytest.FixtureRequest) -> Company:
    """Give the whole company, with the share of the forty whose turn it is."""
    whole.whole = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
    whole.shares = 1 if whole.whole else SHARES
    whole.turn = crc32(request.node.name.encode()) % SHARES
    return whole


def test_every_row_of_every_list_for_forty_people(whole: Company) -> None:
    oracle = whole.oracle
    assert len(oracle.opportunity_by_id) == 2_500
    assert len(whole.asked) == 40
    for login in whole.asked:
        viewer, person = whole.viewer(login), whole.people[login]
        listed = {
            row.id
            for state in ("all", "voided")
            for row in every_opportunity(
                viewer=viewer, asked=OpportunityFilter(state=state), today=whole.today
            )
        }
        assert listed == oracle.opportunities(person), login
        accounts = every_account(viewer=viewer, where=AccountFilter(), limit=100_000)
        assert {row.id for row in accounts} == oracle.accounts(person), login
        contacts = every_contact(viewer=viewer, where=ContactFilter(), limit=100_000)
        assert {row.id for row in contacts} == oracle.contacts(person), login
        sales = small_sales(viewer=viewer, cut=Cut(size=100_000)).rows
        assert {row.id for row in sales} == oracle.small_sales(person), login


def test_every_opportunity_opens_or_is_not_found(whole: Company) -> None:
    for number, login in enumerate(whole.asked):
        viewer, allowed = whole.viewer(login), whole.oracle.opportunities(whole.people[login])
        # A part of each: forty people together ask for every row, and a page takes longer.
        seen = sorted(allowed)[number % 40 :: 40]
        out = sorted(set(whole.oracle.opportunity_by_id) - allowed)[number % 40 :: 40]
        for pk in (*seen, *out):
            asked: dict[str, Any] = {"viewer": viewer, "opportunity_id": pk}
            if pk in allowed:
                assert opportunity(**asked, today=whole.today).id == pk
            else:
                with pytest.raises(NotFound):
                    opportunity(**asked, today=whole.today)


def test_the_funnel_of_past_days_for_forty_people(whole: Company) -> None:
    oracle = whole.oracle
    for number, login in enumerate(whole.asked):
        viewer, person = whole.viewer(login), whole.people[login]
        for ago in (1, 100 + 11 * number):
            on = whole.today - ago * DAY
            question = FunnelQuestion(on=on, period=containing(on, "quarter"))
            held = oracle.held(person, on)
            answer = funnel_on(viewer, question=question, today=whole.today)
            assert answer.total.count == len(held), (login, on)
            assert answer.total.amounts_minor == by_currency(held), (login, on)
            behind = rows_behind(viewer, question=question, today=whole.today, limit=10_000)
            there = {
                o for o in oracle.opportunities(person) if not oracle.opportunity_by_id[o]["voided"]
            }
            assert {row.id for row in behind.rows} == set(held) & there, (login, on)
            assert behind.elsewhere == len(set(held) - there), (login, on)


def test_the_operator_sees_everything(whole: Company) -> None:
    listed = every_opportunity(
        viewer=operator(), asked=OpportunityFilter(state="all"), today=whole.today
    )
    there = {o for o, row in whole.oracle.opportunity_by_id.items() if not row["voided"]}
    assert {row.id for row in listed} == there


def by_currency(held: dict[int, dict[str, Any]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for row in held.values():
        sums[row["currency"]] = sums.get(row["currency"], 0) + row["amount_minor"]
    return sums
