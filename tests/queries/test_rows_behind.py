"""What stands behind the indicators, in the field's words: won, weighted by stage, small sales."""

import re
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dakehu.actions.ledger import carry_forward, raise_most
from dakehu.actions.opportunities import (
    EditOpportunity,
    Outcome,
    advance_opportunity,
    edit_opportunity,
    reassign_opportunity,
    void_opportunity,
    win_opportunity,
)
from dakehu.core.access import operator
from dakehu.core.periods import containing
from dakehu.models import Opportunity, Person, Quota, SalesUnit, SmallSale, Stage, WinRate
from dakehu.queries.funnel import FunnelQuestion, funnel_on
from dakehu.queries.ledger_check import verify_ledger
from dakehu.queries.rows_behind import Behind, Part, rows_behind, whole
from tests.world import TODAY as ON
from tests.world import World

QUARTER = containing(ON, "quarter")
WEIGHTED = Part("open", scopes=("in_period",))
FORECAST = (Part("won"), WEIGHTED, Part("small"))
MAY, LATE = date(2026, 5, 29), date(2026, 6, 29)
#: Stages of the method by weight, so that a number shows where it comes from.
INTEREST, USE = Fraction(5, 100), Fraction(80, 100)


def behind(
    world: World, parts: tuple[Part, ...], login: str = "director", after: str = "", limit: int = 20
) -> Behind:
    return rows_behind(
        world.viewer(login), question=FunnelQuestion(on=ON, period=QUARTER), today=ON, parts=parts,
        after=after, limit=limit,
    )  # fmt: skip


@pytest.fixture
def quarter(world: World) -> World:
    """Give a quarter with 98 won, 100 at 5% and 1,000 at 80% open, 40 later, 20 out of the funnel.

    All of wen's; 7 EUR of the open ones have gone to lu since: at 5% and 7.8 they weigh 2.73.
    """

    def open_(amount: int, stage: str, close_on: date = ON, **facts: object) -> int:
        return world.create(
            "wen", on=MAY, stage_key=stage, amount=Decimal(amount), close_on=close_on, **facts
        ).opportunity_id  # fmt: skip

    won = open_(98, "use", name="Won crane")
    open_(100, "interest", name="Small belt")
    open_(1000, "use", name="Large belt")
    open_(40, "use", date(2026, 9, 1), name="Later belt")
    win_opportunity(
        actor=world.viewer("wen"), opportunity_id=won, outcome=Outcome(reason="price"),
        seen_version=None, **world.how(LATE),
    )  # fmt: skip
    SalesUnit.objects.filter(code="east_team").update(small_sale_threshold_minor=500_00)
    SmallSale.objects.create(
        on=LATE, owner_id=world.people["wen"], unit_id=world.units["east_team"], orders=3,
        amount_minor=20_00, base_minor=20_00, currency_id="CNY", recorded_at=world.at,
        note="spares",
    )  # fmt: skip
    Quota.objects.create(
        start_on=QUARTER.start, end_on=QUARTER.end, amount_minor=2000_00, recorded_at=world.at,
        unit_id=world.units["company"],
    )  # fmt: skip
    return world


def test_the_forecast_amount_is_its_wins_its_stages_and_its_small_sales(quarter: World) -> None:
    found = behind(quarter, FORECAST)
    assert [(g.what, g.count, g.worth.value, g.adds.value) for g in found.groups] == [
        ("won", 1, 98, 98),
        ("open", 1, 100, 100 * INTEREST),
        ("open", 1, 1000, 1000 * USE),
        ("small", 3, 20, 20),
    ]
    assert [(row.name, row.adds.value) for row in found.rows] == [
        ("Won crane", 98), ("Small belt", 5), ("Large belt", 800), ("spares", 20),
    ]  # fmt: skip
    answer = funnel_on(
        quarter.viewer("director"), question=FunnelQuestion(on=ON, period=QUARTER), today=ON
    )
    # On the last day of the quarter nothing more is expected.
    assert found.adds == answer.forecast.numerator


def test_pages_lead_through_all_groups_and_each_row_comes_once(quarter: World) -> None:
    for number in range(9):
        quarter.create("wen", on=MAY, stage_key="use", close_on=ON, name=f"Twin {number}")
    rows, after = [], ""
    while True:
        page = behind(quarter, FORECAST, after=after, limit=3)
        rows += page.rows
        after = page.after
        if not after:
            break
    assert len(rows) == len({(row.part, row.id) for row in rows}) == 13
    assert [row.part for row in rows] == [0, *([1] * 11), 2]
    stages = [row.group for row in rows if row.part == 1]
    assert stages == sorted(stages)


@pytest.mark.parametrize("carried", [False, True])
def test_pages_of_stages_lead_through_alike_amounts_whoever_asks(
    quarter: World, *, carried: bool
) -> None:
    """The whole company of today is read stage by stage; it comes as it comes to a unit's head."""
    for number in range(4):
        for stage, amount in (("use", 1000), ("interest", 100), ("interest", 1000)):
            quarter.create(
                "wen", on=MAY, stage_key=stage, amount=Decimal(amount), close_on=ON,
                name=f"Twin {number}",
            )  # fmt: skip
    if carried:
        carry_forward(upto=ON, at=quarter.at)
    stages = tuple(Stage.objects.filter(key__in=("use", "interest")).values_list("pk", flat=True))
    parts = (Part("open", stages=stages), Part("open", stages=stages, scopes=("later",)))
    walks = {}
    for login in ("director", "mei"):
        found, after = [], ""
        while True:
            page = behind(quarter, parts, login, after=after, limit=3)
            found += [(row.part, row.group, row.amount, row.id) for row in page.rows]
            after = page.after
            if not after:
                break
        sums = [(g.part, g.group, g.lines, g.worth.value, g.adds.value) for g in page.groups]
        walks[login] = (found, sums)
    assert walks["director"] == walks["mei"]
    found, sums = walks["director"]
    assert len(found) == len(set(found)) == sum(group[2] for group in sums) == 12 + 3 + 1
    assert found == sorted(found, key=lambda row: (row[0], row[1], -row[2], row[3]))


@pytest.mark.parametrize("reaches", [(1, 4), (3,), (40_000,)])
def test_pages_of_a_stage_as_of_a_past_day_are_the_same_wherever_they_are_looked_for(
    quarter: World, monkeypatch: pytest.MonkeyPatch, reaches: tuple[int, ...]
) -> None:
    """The largest of a past day are looked for among those that ever held most, then among all."""
    monkeypatch.setattr(whole, "REACHES", reaches)
    day = ON - timedelta(days=10)
    how = {"actor": quarter.viewer("wen"), "seen_version": None}
    for number in range(12):
        amount = Decimal(100 + 37 * (number % 5))
        made = quarter.create("wen", on=MAY, stage_key="interest", amount=amount, close_on=ON)
        change: dict[str, Any] = {**how, "opportunity_id": made.opportunity_id}
        if number % 4 == 3:
            advance_opportunity(**change, **quarter.how(day - timedelta(days=1)))
        if number % 3 == 0:  # Of the others some held more on the day than now ...
            edit = EditOpportunity(amount=Decimal(10))
            edit_opportunity(**change, edit=edit, **quarter.how(ON))
        if number % 3 == 1:  # ... and some less.
            edit = EditOpportunity(amount=Decimal(5000 + number))
            edit_opportunity(**change, edit=edit, **quarter.how(ON))
    quarter.create("wen", on=ON, stage_key="interest", amount=Decimal(9000), close_on=ON)
    carry_forward(upto=ON, at=quarter.at)
    (interest,) = Stage.objects.filter(key="interest").values_list("pk", flat=True)
    question = FunnelQuestion(on=day, period=QUARTER)
    walks = []
    in_all = set()
    for login in ("director", "mei"):
        walk, after = [], ""
        while True:
            with CaptureQueriesContext(connection) as queries:
                page = rows_behind(
                    quarter.viewer(login), question=question, today=ON,
                    parts=(Part("open", stages=(interest,)),), after=after, limit=3,
                )  # fmt: skip
            if login == "director":
                pages = [q["sql"] for q in queries if "SELECT p.part" in q["sql"]]
                in_all.add("most_minor" not in pages[-1])
            walk += [(row.amount, row.id) for row in page.rows]
            after = page.after
            if not after:
                break
        walks.append(walk)
    assert walks[0] == walks[1] == sorted(walks[0], key=lambda row: (-(row[0] or 0), row[1]))
    assert len(walks[0]) == 1 + 9
    # The last pages hold less than any reach; the first are found among few, if the reach is.
    assert in_all == ({True} if reaches == (40_000,) else {False, True})


def test_an_opportunity_that_held_more_than_its_row_says_is_found(quarter: World) -> None:
    large = Opportunity.objects.filter(name="Large belt")
    large.update(most_minor=1000_00 - 1)
    (most,) = (check for check in verify_ledger(operator()).checks if check.key == "most")
    assert most.deviating == 1
    assert (raise_most(), large.get().most_minor) == (1, 1000_00)
    assert raise_most() == 0
    assert verify_ledger(operator()).right


def test_what_was_deleted_since_the_day_has_no_name_for_anybody(quarter: World) -> None:
    stage = Stage.objects.get(key="interest").pk
    gone = quarter.create("wen", on=MAY, stage_key="interest", amount=Decimal(7), close_on=ON)
    void_opportunity(
        actor=quarter.viewer("operator"), opportunity_id=gone.opportunity_id, why="twice",
        seen_version=None, **quarter.how(ON),
    )  # fmt: skip
    carry_forward(upto=ON, at=quarter.at)
    for on, nameless in ((ON - timedelta(days=1), 1), (ON, 0)):
        found = rows_behind(
            quarter.viewer("director"), question=FunnelQuestion(on=on, period=QUARTER), today=ON,
            parts=(Part("open", stages=(stage,)),),
        )  # fmt: skip
        assert [row.name for row in found.rows] == ["Small belt"]
        assert (found.elsewhere, found.lines, found.count) == (nameless, 1 + nameless, 1 + nameless)
        assert found.worth.value == 100 + 7 * nameless
        assert found.elsewhere_amounts == (((Decimal("7.00"), "CNY"),) if nameless else ())


def test_what_has_gone_out_of_sight_is_one_line_without_a_name(quarter: World) -> None:
    gone = quarter.create(
        "wen", on=MAY, stage_key="interest", amount=Decimal(7), currency="EUR", close_on=ON
    )
    reassign_opportunity(
        actor=quarter.viewer("operator"), opportunity_id=gone.opportunity_id,
        owner_id=quarter.people["lu"], why="new region", seen_version=None, **quarter.how(ON),
    )  # fmt: skip
    yesterday = FunnelQuestion(on=ON - timedelta(days=1), period=QUARTER)
    for login, hidden in (("mei", 1), ("director", 0)):
        found = rows_behind(
            quarter.viewer(login), question=yesterday, today=ON, parts=(WEIGHTED,)
        )  # fmt: skip
        assert found.count == 3
        assert found.adds.value == Fraction("805") + Fraction("2.73")
        assert found.elsewhere == hidden
        assert len(found.rows) == 3 - hidden
        if hidden:
            assert found.elsewhere_amounts == ((Decimal("7.00"), "EUR"),)
            assert found.groups[0].elsewhere.adds.value == Fraction("2.73")


def test_who_sees_less_gets_a_smaller_sum_that_adds_up_too(quarter: World) -> None:
    quarter.create("lu", on=MAY, stage_key="use", amount=Decimal(500), close_on=ON)
    assert behind(quarter, FORECAST).adds.value == 923 + 400
    assert behind(quarter, FORECAST, "wen").adds.value == 923
    assert behind(quarter, FORECAST, "bo") == Behind((), (), "")
    assert behind(quarter, FORECAST, "lu").adds.value == 400
    assert behind(quarter, FORECAST, "admin") == Behind((), (), "")


CHANGE = (Part("won_change"), Part("moved"), Part("small_change"))


def test_a_week_is_what_was_won_what_moved_and_the_small_sales(quarter: World) -> None:
    moved = quarter.create(
        "wen", on=MAY, stage_key="interest", amount=Decimal(200), close_on=ON, name="On its way"
    )
    advance_opportunity(
        actor=quarter.viewer("wen"), opportunity_id=moved.opportunity_id, to_stage="nurture",
        seen_version=None, **quarter.how(LATE),
    )  # fmt: skip
    found = behind(quarter, CHANGE)
    assert {(row.name, row.adds.value) for row in found.rows} == {
        ("Won crane", Fraction(98)),  # as won
        ("Won crane", -98 * USE),  # as open
        ("On its way", Fraction(10)),  # 200 from 5% to 10%
        ("spares", Fraction(20)),
    }
    answer = funnel_on(
        quarter.viewer("director"), question=FunnelQuestion(on=ON, period=QUARTER), today=ON
    )
    # No rate and no unit changed in the week: its movements are all there is.
    assert found.adds == answer.progress.numerator


def test_a_new_win_rate_changes_the_week_without_a_movement(quarter: World) -> None:
    stage = Stage.objects.get(key="use", method__key="industrial-6")
    WinRate.objects.create(
        stage=stage, kind="method", rate_bp=9000, on=ON, recorded_at=quarter.at
    )  # fmt: skip
    answer = funnel_on(
        quarter.viewer("director"), question=FunnelQuestion(on=ON, period=QUARTER), today=ON
    )
    rest = answer.weighted - answer.weighted_before - behind(quarter, (Part("moved"),)).adds
    assert rest.value == 1000 * Fraction(10, 100)


def browser(world: World, login: str) -> Client:
    client = Client()
    client.force_login(Person.objects.get(pk=world.people[login]))
    return client


def test_the_dialog_shows_every_group_and_the_total(
    quarter: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = f"?on={ON}&period={QUARTER.key}"
    page = browser(quarter, "director").get(f"/number/funnel.forecast_index/{asked}")
    text = page.content.decode()
    names = ("Won in the period", "Out-of-funnel sales", "Won crane", "Small belt", "spares")
    for name in names:
        assert name in text
    assert "Later belt" not in text
    total = text[text.index('class="total"') :]
    assert re.search(r'<data class="amt" value="923\.00"', total)
    # Each term leads on to its own rows, with the page's own filters.
    for address in ("closed", "weighted_period", "small_sales", "small_expected", "quota"):
        assert f'href="/number/funnel.{address}/?on={ON}' in text


def test_the_dialog_of_a_quota_names_its_rows_to_those_who_may_see_them(quarter: World) -> None:
    asked = f"?on={ON}&period={QUARTER.key}"
    shown = browser(quarter, "director").get(f"/number/funnel.quota/{asked}").content.decode()
    assert 'value="2000.00"' in shown
    assert "Company" in shown
    for login in ("mei", "wen", "lu"):
        hidden = browser(quarter, login).get(f"/number/funnel.quota/{asked}").content.decode()
        assert 'value="2000.00"' not in hidden


@pytest.mark.parametrize(
    "address", ["forecast_index", "progress_index", "count", "small_sales", "quota", "gap"]
)
def test_a_dialog_asks_no_more_than_a_page_may(quarter: World, address: str) -> None:
    asks_little(quarter, "mei", f"{address}/?on={ON}&period={QUARTER.key}")


def test_a_stage_of_a_past_day_asks_no_more_wherever_its_rows_are_looked_for(
    quarter: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where neither reach fills the page it is looked for three times."""
    monkeypatch.setattr(whole, "REACHES", (0, 0))
    carry_forward(upto=ON, at=quarter.at)
    day = ON - timedelta(days=10)
    asked = asks_little(quarter, "director", f"count/?stage=use&on={day}&period={QUARTER.key}")
    assert sum("SELECT p.part" in sql for sql in asked) == 3


def asks_little(quarter: World, login: str, address: str) -> list[str]:
    """Open a dialog twice; the second time it may ask twelve times, beside session and log-in."""
    client = browser(quarter, login)
    url = f"/number/funnel.{address}"
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    asked = [q["sql"] for q in queries if "SAVEPOINT" not in q["sql"]]
    assert len(asked) <= 12 + 2
    return asked
