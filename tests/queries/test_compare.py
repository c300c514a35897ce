"""Two days compared by opportunity: rows make their bars, flows both days, weeks their days."""

import re
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dakehu.actions.ledger import carry_forward, lines_change_on, standing_chain
from dakehu.actions.opportunities import (
    EditOpportunity,
    Outcome,
    edit_opportunity,
    lose_opportunity,
    reassign_opportunity,
    win_opportunity,
)
from dakehu.actions.opportunities.lines import keep_competitors
from dakehu.core.access import operator
from dakehu.core.errors import NotFound
from dakehu.core.funnel import Figure, Scope
from dakehu.core.ledger import Kind, Place
from dakehu.core.opportunities import Line
from dakehu.core.periods import containing
from dakehu.core.speed import is_slow
from dakehu.models import (
    Account,
    CarriedMonth,
    Competitor,
    LeakSum,
    LineSet,
    Movement,
    Opportunity,
    Person,
    Product,
    ProductLine,
    Stage,
)
from dakehu.queries.ageing import slow_opportunities
from dakehu.queries.by_product import funnel_by_product, product_closed_rows, product_rows
from dakehu.queries.compare import Span, bar_rows, moved_most
from dakehu.queries.flow import OUTSIDE, flow_rows, stage_flow
from dakehu.queries.funnel import FunnelQuestion, funnel_on
from dakehu.queries.groups import account_group
from dakehu.queries.leaks import LEAK_BYS, LEAK_KINDS, Leaks, leak_rows, leaks
from dakehu.queries.leaks.carried import BYS
from dakehu.queries.ledger_check import verify_ledger
from dakehu.queries.trend import weekly_indicators
from dakehu.queries.waterfall import waterfall_between
from tests.ledger.histories import DEEDS, FIRST, LAST, Deed, History, founded
from tests.world import TODAY, World

QUARTER = containing(date(2025, 4, 1), "quarter")
PROPERTY = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
DAYS = st.integers(0, (LAST - FIRST).days).map(lambda n: FIRST + timedelta(days=n))
DAY = timedelta(days=1)
AT = datetime(2025, 1, 6, tzinfo=UTC)
SCOPES: list[frozenset[Scope] | None] = [None, frozenset({"in_period"})]


def asked(history: History, unit: int, on: date) -> FunnelQuestion:
    return FunnelQuestion(on=on, period=QUARTER, unit_id=history.units[unit].pk)


@pytest.mark.django_db
@PROPERTY
@given(
    deeds=DEEDS, first=DAYS, last=DAYS, unit=st.integers(0, 5), scopes=st.sampled_from(SCOPES),
    carry=st.booleans(),
)  # fmt: skip
def test_the_rows_of_every_bar_add_up_to_it_and_the_flow_to_both_days(
    deeds: list[Deed], first: date, last: date, unit: int, scopes: Any, carry: bool
) -> None:
    start, end = min(first, last), max(first, last) + DAY
    with transaction.atomic():
        history = founded()
        history.live(deeds)
        if carry:
            carry_forward(upto=LAST, at=history.tick())
        question, span = asked(history, unit, end - DAY), Span(start, end, None, scopes)
        found = waterfall_between(
            operator(), question=question, start=start, end=end, today=LAST, scopes=scopes
        ).result
        assert found.unexplained == ()
        for bar in found.bars:
            if bar.kind in {"win_rates", "exchange_rates"}:
                continue
            rows = bar_rows(
                operator(), question=question, span=span, bar=bar.kind, today=LAST, limit=999
            )
            assert len(rows.rows) + rows.elsewhere == rows.count
            every = [*rows.rows]
            if rows.elsewhere:
                continue  # voided ones have no row that could be opened
            assert sum(row.count for row in every) == bar.count
            assert sum((row.amount for row in every), Figure(Fraction(0))) == bar.amount
            assert sum((row.weighted for row in every), Figure(Fraction(0))) == bar.weighted
        if scopes is None:
            flows = stage_flow(operator(), question=question, span=span, today=LAST)
            for bar, side in ((found.opening, "was"), (found.closing, "now")):
                inside = [f for f in flows if isinstance(getattr(f, side), int)]
                assert sum(f.count for f in inside) == bar.count
            assert (
                sum((f.amount for f in flows if isinstance(f.now, int)), Figure(Fraction(0)))
                == found.closing.amount
            )
            for flow in flows:
                behind = flow_rows(
                    operator(), question=question, span=span, was=flow.was, now=flow.now,
                    today=LAST,
                )  # fmt: skip
                assert behind.count == flow.count
        transaction.set_rollback(True)


@pytest.mark.django_db
@PROPERTY
@given(deeds=DEEDS, on=DAYS, unit=st.integers(0, 5), carry=st.booleans())
def test_each_week_of_the_trend_is_what_the_page_of_its_day_shows(
    deeds: list[Deed], on: date, unit: int, carry: bool
) -> None:
    with transaction.atomic():
        history = founded()
        history.live(deeds)
        if carry:
            carry_forward(upto=LAST, at=history.tick())
        weeks = weekly_indicators(
            operator(), question=asked(history, unit, on), today=LAST, weeks=5
        )
        assert [week.on for week in weeks] == [on - timedelta(days=7 * n) for n in (4, 3, 2, 1, 0)]
        for week in weeks:
            page = funnel_on(operator(), question=asked(history, unit, week.on), today=LAST)
            assert (week.weighted, week.closed) == (page.weighted, page.closed.amount)
            assert week.progress.numerator == page.progress.numerator
            assert week.forecast.numerator == page.forecast.numerator
        transaction.set_rollback(True)


@pytest.mark.django_db
@PROPERTY
@given(deeds=DEEDS, first=DAYS, last=DAYS)
def test_leaks_are_what_the_chains_tell(deeds: list[Deed], first: date, last: date) -> None:
    start, end = min(first, last), max(first, last)
    with transaction.atomic():
        history = founded()
        history.live(deeds)
        wanted: dict[tuple[int, str], int] = defaultdict(int)
        for pk in history.opportunities:
            for step in standing_chain(pk):
                if not start <= step.on <= end or step.before is None or step.after is None:
                    continue
                kind = {
                    Kind.REGRESSED: "regressed", Kind.SLIPPED: "slipped", Kind.LOST: "lost",
                }.get(step.kind)  # fmt: skip
                if kind is None and step.kind is Kind.AMOUNT_CHANGED:
                    shrunk = step.after.amount_minor < step.before.amount_minor
                    if shrunk and not _currency_changed(step):
                        kind = "shrunk"
                if kind and step.before.position.place is Place.OPEN:
                    wanted[step.before.position.stage_id, kind] += 1
        question = FunnelQuestion(on=end, period=QUARTER)
        found = leaks(operator(), question=question, today=LAST, by="stage", start=start)
        counted = {
            (int(row.key or 0), kind): leak.count
            for row in found.rows
            for kind, leak in row.kinds.items()
            if leak.count
        }
        assert counted == dict(wanted)
        for kind in LEAK_KINDS:
            behind = leak_rows(
                operator(), question=question, today=LAST, kind=kind, limit=99, start=start
            )
            if not behind.elsewhere:  # voided ones have no row that could be opened
                told = sum((row.amount for row in behind.rows), Figure(Fraction(0)))
                assert told == found.total.kinds[kind].amount
                assert sum(row.count for row in behind.rows) == found.total.kinds[kind].count
        for by in LEAK_BYS:
            other = leaks(operator(), question=question, today=LAST, by=by, start=start)
            assert other.total == found.total
            assert sum((row.total for row in other.rows), Figure(Fraction(0))) == found.total.total
        transaction.set_rollback(True)


@pytest.mark.django_db
@PROPERTY
@given(deeds=DEEDS, more=DEEDS, carried=DAYS, first=DAYS, last=DAYS)
def test_leaks_of_the_company_are_the_same_however_far_they_are_carried(
    deeds: list[Deed], more: list[Deed], carried: date, first: date, last: date
) -> None:
    start, end = min(first, last), max(first, last)
    question = FunnelQuestion(on=end, period=QUARTER)

    def told() -> list[Leaks]:
        how = {"question": question, "today": LAST, "start": start}
        return [leaks(operator(), by=by, **how) for by in BYS]

    with transaction.atomic():
        history = founded()
        history.live(deeds)
        named(history)
        carry_forward(upto=carried, at=history.tick())
        history.live(more)
        answers = [told()]
        assert deviating_stays() == 0
        for upto in (carried, LAST):
            carry_forward(upto=upto, at=history.tick())
            answers.append(told())
        assert deviating_stays() == 0
        CarriedMonth.objects.update(stays_until=None)
        wanted = told()
        assert answers == [wanted] * 3
        transaction.set_rollback(True)


def _currency_changed(step: Any) -> bool:
    own = Movement.objects.get(pk=step.id)
    saved = Movement.objects.filter(
        opportunity_id=own.opportunity_id, correlation_id=own.correlation_id, on=own.on
    )
    return saved.filter(
        kind=Kind.AMOUNT_CHANGED, entries__kind=Kind.AMOUNT_CHANGED, entries__count=-1
    ).exists()


@pytest.mark.django_db
@PROPERTY
@given(deeds=DEEDS, median=st.integers(0, 30), on=DAYS)
def test_what_stands_too_long_is_what_the_chains_tell(
    deeds: list[Deed], median: int, on: date
) -> None:
    with transaction.atomic():
        history = founded()
        history.live(deeds)
        medians: dict[int, int | None] = {stage.pk: median for stage in history.stages}
        wanted = set()
        for pk in history.opportunities:
            came, before, after = on, None, None
            for step in standing_chain(pk):
                if step.on > on:
                    break
                after = step.after
                now = (after.position.place, after.position.stage_id) if after else None
                came, before = (step.on, now) if now != before else (came, before)
            if after and after.position.place is Place.OPEN and is_slow((on - came).days, median):
                wanted.add(pk)
        question = FunnelQuestion(on=on, period=QUARTER)
        found = slow_opportunities(
            operator(), question=question, today=LAST + DAY, medians=medians, limit=99
        )
        assert {row.id for row in found.rows} == wanted
        assert found.count == len(wanted) == sum(found.by_stage.values())
        transaction.set_rollback(True)


# --- in the field's words ---------------------------------------------------------------------


def browser(login: str, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    Person.objects.filter(login=login).update(language=language)
    client.force_login(
        Person.objects.get(login=login), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


PARTS = ["speed", "leaks", "ageing", "compare", "flow", "trend", "health", "products"]


@pytest.mark.parametrize("login", ["wen", "mei", "director"])
@pytest.mark.parametrize("part", PARTS)
def test_each_part_asks_at_most_twelve_times(world: World, login: str, part: str) -> None:
    world.create("wen", on=TODAY - timedelta(days=3))
    world.create("bo", on=TODAY - timedelta(days=20))
    client = browser(login)
    for headers in ({}, {"HX-Request": "true"}):
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(f"/funnel/{part}/", headers=headers)
        assert answer.status_code == 200
        plain = [q for q in queries if "SAVEPOINT" not in q["sql"]]
        assert len(plain) <= 12, [q["sql"][:90] for q in plain]


@pytest.mark.parametrize("part", PARTS)
def test_each_part_speaks_chinese(world: World, part: str) -> None:
    world.create("wen")
    page = browser("mei", "zh-hans").get(f"/funnel/{part}/").content.decode()
    assert "销售漏斗" in page
    assert "Median" not in page
    assert "Health" not in page


@pytest.mark.parametrize("by", LEAK_BYS)
def test_leaks_by_everything(world: World, by: str) -> None:
    made = world.create("wen", on=TODAY - timedelta(days=9)).opportunity_id
    Competitor.objects.create(opportunity_id=made, name="Konecranes")
    lose_opportunity(
        actor=world.viewer("wen"), opportunity_id=made, outcome=Outcome("price"),
        seen_version=None, **world.how(TODAY - timedelta(days=2)),
    )  # fmt: skip
    page = browser("mei").get(f"/funnel/leaks/?by={by}").content.decode()
    named = {"stage": "Interest", "unit": "East_Team", "owner": "Wen", "product": "no product",
             "rival": "Konecranes"}[by]  # fmt: skip
    assert named in page
    assert 'value="1200.00"' in page
    opened = re.search(r'href="(/number/funnel.leak/[^"]*kind=lost[^"]*)"', page)
    assert opened
    assert "&amp;key=" in opened[1]
    assert f"by={by}" in opened[1]
    assert "Stacker, 2 sets" in browser("mei").get(unescape(opened[1])).content.decode()


@pytest.mark.django_db
@PROPERTY
@given(deeds=DEEDS, first=DAYS, last=DAYS)
def test_the_rows_behind_every_leak_add_up_to_it(
    deeds: list[Deed], first: date, last: date
) -> None:
    start, end = min(first, last), max(first, last)
    with transaction.atomic():
        history = founded()
        history.live(deeds)
        named(history)
        question = FunnelQuestion(on=end, period=QUARTER)
        how: Any = {"question": question, "today": LAST, "start": start}
        for by in LEAK_BYS:
            for row in leaks(operator(), by=by, **how).rows:
                key = "" if row.key is None else str(row.key)
                for kind, leak in row.kinds.items():
                    behind = leak_rows(operator(), by=by, key=key, kind=kind, limit=99, **how)
                    told = sum((one.amount for one in behind.rows), behind.elsewhere_amount)
                    assert told == leak.amount
                    if not behind.elsewhere:
                        assert sum(one.count for one in behind.rows) == leak.count
        transaction.set_rollback(True)


def named(history: History) -> None:
    """Give some of the opportunities rivals, one of them two, and some of them two products."""
    products = [Product.objects.create(code=code, name_zh=code) for code in ("P1", "P2")]
    for number, pk in enumerate(history.opportunities):
        keep_competitors(pk, ("Konecranes", "Liebherr")[: number % 3])
        if number % 2:
            lines_change_on(FIRST)
            held = LineSet.objects.create(
                opportunity_id=pk, on=FIRST, recorded_at=AT, correlation_id=uuid4()
            )
            for product, minor in zip(products, (100, 201), strict=True):
                ProductLine.objects.create(
                    line_set=held, product=product, quantity=1, unit_price=minor, amount_minor=minor
                )


def deviating_stays() -> int:
    (stays,) = (c for c in verify_ledger(operator()).checks if c.key == "stays")
    return stays.deviating


def test_lines_of_a_day_that_is_carried_are_found_at_its_leaks(world: World) -> None:
    day = TODAY - timedelta(days=5)
    soon = TODAY + timedelta(days=30)
    made = world.create("wen", on=TODAY - timedelta(days=20), close_on=soon).opportunity_id
    how = {"actor": world.viewer("wen"), "opportunity_id": made, "seen_version": None}
    slipped = EditOpportunity(close_on=TODAY + timedelta(days=200))
    edit_opportunity(edit=slipped, **how, **world.how(day))
    carry_forward(upto=TODAY, at=world.at)

    def by_product() -> dict[str, int]:
        question = FunnelQuestion(on=TODAY, period=QUARTER)
        found = leaks(world.viewer("director"), question=question, today=TODAY, by="product")
        return {row.name: row.kinds["slipped"].count for row in found.rows}

    assert by_product() == {"": 1}
    line = Line(world.products["crane"], Decimal(1), Decimal(1000), None)
    edit_opportunity(edit=EditOpportunity(lines=(line,)), **how, **world.how(day))
    (told,) = by_product().items()
    assert told[0]
    assert told[1] == 1
    carry_forward(upto=TODAY, at=world.at)
    assert dict([told]) == by_product()
    for spoilt in ({"count": 9}, {"amount_minor": 9}):
        with transaction.atomic():
            LeakSum.objects.filter(by=LeakSum.By.PRODUCT, span=LeakSum.Span.MONTH).update(**spoilt)
            LeakSum.objects.filter(by=LeakSum.By.STAGE).update(**spoilt)
            assert deviating_stays() > 0
            transaction.set_rollback(True)


def test_rivals_of_what_has_moved_out_of_sight_stay_nameless(world: World) -> None:
    made = world.create("wen", on=TODAY - timedelta(days=9)).opportunity_id
    Competitor.objects.create(opportunity_id=made, name="Konecranes")
    lose_opportunity(
        actor=world.viewer("wen"), opportunity_id=made, outcome=Outcome("price"),
        seen_version=None, **world.how(TODAY - timedelta(days=2)),
    )  # fmt: skip
    Opportunity.objects.filter(pk=made).update(
        owner_id=world.people["lu"], unit_id=world.units["west_team"]
    )
    page = browser("mei").get("/funnel/leaks/?by=rival").content.decode()
    assert "Konecranes" not in page
    assert "no competitor known" in page
    assert 'value="1200.00"' in page
    nameless, named = (
        browser("mei").get(f"/number/funnel.leak/?by=rival&kind=lost&key={key}").content.decode()
        for key in ("", "Konecranes")
    )
    assert "1 moved elsewhere" in nameless
    assert "Stacker" not in nameless
    assert "moved elsewhere" not in named


def test_a_leak_of_no_such_row_is_refused(world: World) -> None:
    world.create("wen")
    for query in ("by=unit&key=east", "by=product&key=1 OR 1", "by=stage&kind=bogus"):
        assert browser("mei").get(f"/number/funnel.leak/?{query}").status_code == 404, query


def test_a_bar_opens_its_opportunities_and_counts_those_moved_elsewhere(world: World) -> None:
    world.create("wen", on=TODAY - timedelta(days=2), name="Quay crane")
    gone = world.create("wen", on=TODAY - timedelta(days=2), name="Belt drive").opportunity_id
    reassign_opportunity(
        actor=world.viewer("mei"), opportunity_id=gone, owner_id=world.people["bo"],
        seen_version=None, **world.how(),
    )  # fmt: skip
    url = f"/number/funnel.bar/?bar=created&measure=count&on={TODAY}"
    wen = browser("wen").get(url).content.decode()
    assert "Quay crane" in wen
    assert "Belt drive" not in wen
    assert "1 moved elsewhere" in wen
    mei = browser("mei").get(url).content.decode()
    assert "Quay crane" in mei
    assert "Belt drive" in mei
    assert browser("mei").get("/number/funnel.bar/?bar=bogus").status_code == 404


def test_what_moved_most_comes_first(world: World) -> None:
    day = TODAY - timedelta(days=2)
    for name, amount in (("small", 10), ("large", 9000), ("middle", 300)):
        world.create("wen", on=day, name=name, amount=Decimal(amount))
    question = FunnelQuestion(on=TODAY, period=containing(TODAY, "quarter"))
    span = Span(TODAY - timedelta(days=6), TODAY + DAY)
    found = moved_most(world.viewer("mei"), question=question, span=span, today=TODAY, limit=2)
    assert [row.name for row in found.rows] == ["large", "middle"]
    assert found.next_offset == 2


def test_new_ones_flow_in_from_outside(world: World) -> None:
    world.create("wen", on=TODAY - timedelta(days=2))
    world.create("wen", on=TODAY - timedelta(days=30))
    question = FunnelQuestion(on=TODAY, period=containing(TODAY, "quarter"))
    span = Span(TODAY - timedelta(days=6), TODAY + DAY, "industrial-6")
    flows = stage_flow(world.viewer("wen"), question=question, span=span, today=TODAY)
    stage = Stage.objects.get(key="interest", method__key="industrial-6").pk
    assert {(f.was, f.now): f.count for f in flows} == {(OUTSIDE, stage): 1, (stage, stage): 1}
    address = f"/number/funnel.flow/?was=outside&now=interest&on={TODAY}"
    page = browser("wen").get(address).content.decode()
    assert page.count("Stacker, 2 sets") == 1


def test_what_moved_most_comes_after_the_bars(world: World) -> None:
    world.create("wen", name="Stacker, 2 sets", on=TODAY)
    days = f"since={TODAY - timedelta(days=7)}&on={TODAY}&measure=all"
    bars = browser("director").get(f"/funnel/compare/?{days}").content.decode()
    assert "Stacker, 2 sets" not in bars
    assert "/funnel/most/?since=" in bars
    most = browser("director").get(f"/funnel/most/?{days}").content.decode()
    assert most.count("Stacker, 2 sets") == 1
    # Nobody is told what they may not see.
    assert "Stacker, 2 sets" not in browser("lu").get(f"/funnel/most/?{days}").content.decode()


@pytest.mark.parametrize(
    ("query", "status"),
    [("since=2199-01-01", 422), ("since=nonsense", 422), ("measure=nonsense", 200),
     ("since=2026-06-01&on=2026-05-01", 422)],
)  # fmt: skip
def test_days_that_make_no_span_are_refused(world: World, query: str, status: int) -> None:
    assert browser("director").get(f"/funnel/compare/?{query}").status_code == status


# --- narrowed to an account group ---------------------------------------------------------------


def grouped(world: World) -> tuple[int, int]:
    """Hang a branch under the harbour, and give both one opportunity of wen's."""
    harbour = Account.objects.get(pk=world.accounts["harbour"])
    branch = Account(
        code="branch", name="Harbour Branch", folded="harbour branch", sort_key="harbour branch",
        manager_id=world.people["lu"], unit_id=world.units["west_team"],
        created_on=harbour.created_on,
    )  # fmt: skip
    Account.objects.add_child(harbour, instance=branch)
    day = TODAY - timedelta(days=3)
    own = world.create("wen", on=day, name="Quay crane", amount=Decimal(700))
    made = world.create("wen", on=day, name="Branch crane", amount=Decimal(50), account_id=None)
    Opportunity.objects.filter(pk=made.opportunity_id).update(account_id=branch.pk)
    world.create("wen", on=day, name="No account", amount=Decimal(9), account_id=None)
    return own.opportunity_id, branch.pk


@pytest.mark.parametrize("carry", [True, False])
def test_the_funnel_of_an_account_group(world: World, carry: bool) -> None:
    own, branch = grouped(world)
    if carry:
        carry_forward(upto=TODAY, at=world.at)
    quarter = containing(TODAY, "quarter")
    for login in ("wen", "mei", "director"):
        viewer = world.viewer(login)
        group = account_group(viewer, account_id=world.accounts["harbour"])
        assert group.accounts == {world.accounts["harbour"], branch}
        question = FunnelQuestion(on=TODAY, period=quarter, accounts=group.accounts)
        page = funnel_on(viewer, question=question, today=TODAY)
        assert (page.total.count, page.total.amount.value) == (2, Fraction(750))
        assert page.quota.reason == "no_quota"
        span = Span(TODAY - timedelta(days=6), TODAY + DAY)
        rows = bar_rows(viewer, question=question, span=span, bar="created", today=TODAY)
        assert [row.name for row in rows.rows] == ["Quay crane", "Branch crane"]
        between = waterfall_between(
            viewer, question=question, start=span.start, end=span.end, today=TODAY
        )
        assert between.result.closing.count == 2
        weeks = weekly_indicators(viewer, question=question, today=TODAY)
        assert len(weeks) == 12
    assert own


def test_a_group_out_of_sight_is_not_found_and_parts_of_it_are_left_out(world: World) -> None:
    _own, branch = grouped(world)
    with pytest.raises(NotFound):
        account_group(world.viewer("lu"), account_id=world.accounts["harbour"])
    assert browser("lu").get(f"/funnel/?group={world.accounts['harbour']}").status_code == 404
    Opportunity.objects.filter(account_id=branch).update(account_id=None)
    group = account_group(world.viewer("wen"), account_id=world.accounts["harbour"])
    assert group.accounts == {world.accounts["harbour"]}


@pytest.mark.parametrize("part", ["", *[f"{part}/" for part in PARTS]])
def test_every_part_is_narrowed_to_the_group(world: World, part: str) -> None:
    grouped(world)
    page = browser("mei").get(f"/funnel/{part}?group=harbour&on={TODAY}")
    assert page.status_code == 200
    assert "No account" not in page.content.decode()
    listed = browser("mei").get(f"/number/funnel.count/?group=harbour&on={TODAY}").content.decode()
    assert "Quay crane" in listed
    assert "Branch crane" in listed
    assert "No account" not in listed


# --- by product ---------------------------------------------------------------------------------


def lines_of(world: World, made: int, on: date, *amounts: tuple[str, int]) -> None:
    LineSet.objects.filter(opportunity_id=made, is_current=True).update(is_current=False)
    lines = LineSet.objects.create(
        opportunity_id=made, on=on, recorded_at=world.at, correlation_id=uuid4()
    )
    for code, minor in amounts:
        ProductLine.objects.create(
            line_set=lines, product_id=world.products[code], quantity=1, unit_price=1,
            amount_minor=minor,
        )  # fmt: skip


def test_the_funnel_by_product_sums_lines_as_of_the_day(world: World) -> None:
    day = TODAY - timedelta(days=9)
    both = world.create("wen", on=day, name="Both", amount=Decimal(100)).opportunity_id
    world.create("bo", on=day, name="Plain", amount=Decimal(40))
    lines_of(world, both, day, ("crane", 6000), ("crane", 1000), ("belt", 3000))
    lines_of(world, both, TODAY - timedelta(days=1), ("belt", 9000))
    first = Stage.objects.get(key="interest", method__key="industrial-6").pk
    quarter = containing(TODAY, "quarter")

    def of(login: str, on: date) -> dict[int | None, tuple[int, Fraction | None, Fraction | None]]:
        question = FunnelQuestion(on=on, period=quarter)
        found = funnel_by_product(
            world.viewer(login), question=question, today=TODAY, stages=[first]
        )
        for one in found.products:
            rows = product_rows(
                world.viewer(login), question=question, today=TODAY, product_id=one.id,
                stages=[first],
            )  # fmt: skip
            assert rows.count == one.total.count
            told = sum((row.amount for row in rows.rows), Figure(Fraction(0)))
            assert told == one.total.amount
        return {
            p.id: (p.total.count, p.total.amount.value, p.total.weighted.value)
            for p in found.products
        }

    crane, belt = world.products["crane"], world.products["belt"]
    then = of("mei", TODAY - timedelta(days=2))
    assert then == {
        crane: (1, Fraction(70), Fraction(7, 2)), belt: (1, Fraction(30), Fraction(3, 2)),
        None: (1, Fraction(40), Fraction(2)),
    }  # fmt: skip
    assert of("mei", TODAY) == {
        belt: (1, Fraction(90), Fraction(9, 2)), None: (1, Fraction(40), Fraction(2)),
    }  # fmt: skip
    assert of("bo", TODAY) == {None: (1, Fraction(40), Fraction(2))}
    page = browser("mei").get(f"/funnel/products/?on={TODAY}&product={belt}").content.decode()
    assert "Belt" in page
    assert "no product" in page
    address = f"/number/funnel.product/?on={TODAY}&product={belt}&stage=interest"
    assert "Both" in browser("mei").get(address).content.decode()


def test_the_terms_of_the_indicators_by_product_add_up_to_the_company_s(world: World) -> None:
    day = TODAY - timedelta(days=9)
    for name, worth in (("Both", 100), ("Plain", 40), ("Open", 60)):
        made = world.create(
            "wen", on=day, name=name, amount=Decimal(worth), close_on=TODAY
        ).opportunity_id
        if name != "Plain":
            lines_of(world, made, day, ("crane", 7000), ("belt", 3500))
        if name != "Open":
            win_opportunity(
                actor=world.viewer("operator"), opportunity_id=made, outcome=Outcome("price"),
                seen_version=None, **world.how(),
            )  # fmt: skip
    question = FunnelQuestion(on=TODAY, period=containing(TODAY, "quarter"))
    first = Stage.objects.get(key="interest", method__key="industrial-6").pk
    for login in ("wen", "mei", "bo"):
        how: Any = {"question": question, "today": TODAY}
        found = funnel_by_product(world.viewer(login), stages=[first], **how)
        answer = funnel_on(world.viewer(login), **how)
        total = sum((one.closed for one in found.products), Figure(Fraction(0)))
        assert total == answer.closed.amount
        for one in found.products:
            rows = product_closed_rows(world.viewer(login), product_id=one.id, **how)
            assert sum((row.amount for row in rows.rows), Figure(Fraction(0))) == one.closed
            behind = product_rows(world.viewer(login), product_id=one.id, stages=None, **how)
            weighed = sum((row.weighted for row in behind.rows), Figure(Fraction(0)))
            assert weighed == one.weighted_in_period
    crane, belt = world.products["crane"], world.products["belt"]
    told = {
        one.id: (one.closed.value, one.weighted_in_period.value)
        for one in funnel_by_product(world.viewer("mei"), stages=[first], **how).products
    }
    assert told == {
        # In whole minor units, which add up to the hundred that was won.
        crane: (Fraction("66.67"), Fraction(70, 20)), belt: (Fraction("33.33"), Fraction(35, 20)),
        None: (Fraction(40), Fraction(0)),
    }  # fmt: skip
    page = browser("mei").get(f"/funnel/products/?on={TODAY}").content.decode()
    assert "not of a product" in page
    assert "Forecast index" in page
    opened = f"/number/funnel.product_closed/?on={TODAY}&product={crane}"
    assert "Both" in browser("mei").get(opened).content.decode()
    assert "Both" not in browser("bo").get(opened).content.decode()
