"""Over random histories the ledger keeps its promises (FUN-5), whatever people do to it."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dakehu.actions.ledger import carry_forward, rebuild, standing_chain
from dakehu.core.access import operator
from dakehu.core.funnel import Cell, Scope
from dakehu.core.ledger import NO_MONTH, Kind, Place
from dakehu.core.periods import containing
from dakehu.core.waterfall import difference
from dakehu.models import Balance, CarriedMonth, CompanyBalance, Entry, Movement, Turnover
from dakehu.models.carried import ALIKE
from dakehu.queries.funnel import FunnelOnDay, FunnelQuestion, funnel_on
from dakehu.queries.ledger import Where, carried_until, open_cells
from dakehu.queries.ledger_check import verify_ledger
from dakehu.queries.ledger_moved import MovedCell, moved_cells
from dakehu.queries.waterfall import waterfall_between
from tests.ledger.histories import (
    DEEDS,
    FIRST,
    LAST,
    Deed,
    History,
    current_tree,
    founded,
    held_by_hand,
    moved_by_hand,
    open_by_hand,
)

pytestmark = pytest.mark.django_db
PROPERTY = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
DAYS = st.integers(0, (LAST - FIRST).days).map(lambda n: FIRST + timedelta(days=n))
CARRIED = (Balance, CompanyBalance, Turnover)
QUARTER = containing(date(2025, 4, 1), "quarter")


@contextmanager
def lived(deeds: list[Deed]) -> Iterator[History]:
    """Live a history, and forget it afterwards: every example starts from nothing."""
    with transaction.atomic():
        history = founded()
        history.live(deeds)
        yield history
        transaction.set_rollback(True)


@PROPERTY
@given(deeds=DEEDS)
def test_every_movement_sums_to_zero_in_count_and_amount(deeds: list[Deed]) -> None:
    with lived(deeds):
        sums: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0])
        for entry in Entry.objects.all():
            sums[entry.movement_id, entry.currency][1] += entry.amount_minor
            sums[entry.movement_id, ""][0] += entry.count
        assert Movement.objects.exists()
        assert all(count == 0 and minor == 0 for count, minor in sums.values())


@PROPERTY
@given(deeds=DEEDS)
def test_an_opportunity_holds_exactly_one_position_and_nothing_elsewhere(deeds: list[Deed]) -> None:
    with lived(deeds) as history:
        for pk in history.opportunities:
            held: dict[tuple[object, ...], list[int]] = defaultdict(lambda: [0, 0])
            for entry in Entry.objects.filter(opportunity_id=pk).exclude(place=Place.NOWHERE):
                sums = held[
                    entry.place, entry.owner_id, entry.unit_id, entry.stage_id, entry.category,
                    entry.close_month, entry.currency, entry.own_rate_bp,
                ]  # fmt: skip
                sums[0] += entry.count
                sums[1] += entry.amount_minor
            chain = standing_chain(pk)
            standing = chain[-1].after if chain else None
            counts = sorted(count for count, _minor in held.values() if count)
            assert counts == ([1] if standing else [])
            assert all(minor == 0 for count, minor in held.values() if count == 0)
            if standing is not None:
                assert [m for n, m in held.values() if n] == [standing.amount_minor]


@PROPERTY
@given(deeds=DEEDS, day=DAYS)
def test_carried_and_uncarried_give_the_same_funnel_of_any_day(
    deeds: list[Deed], day: date
) -> None:
    with lived(deeds) as history:
        as_lived = _cells(day)
        carry_forward(upto=LAST, at=history.tick())
        carried = _cells(day)
        remade_from = [_rows(model) for model in CARRIED]
        rebuild(since=None, upto=LAST, at=history.tick())
        assert [_rows(model) for model in CARRIED] == remade_from
        CarriedMonth.objects.all().delete()
        assert as_lived == carried == _cells(day) == _by_hand(day)


@PROPERTY
@given(deeds=DEEDS)
def test_what_is_carried_of_a_month_is_what_its_entries_add_up_to(deeds: list[Deed]) -> None:
    """Day by day, kind by kind, of the whole company; of the month that is not over its days."""
    with lived(deeds) as history:
        carry_forward(upto=LAST, at=history.tick())
        until = {1: carried_until(), 2: CarriedMonth.objects.latest("month").month}
        assert until[1] >= LAST
        by_hand: dict[tuple[object, ...], list[int]] = defaultdict(lambda: [0, 0, 0])
        entries = Entry.objects.exclude(place=Place.NOWHERE)
        for entry in entries.select_related("movement"):
            fell = entry.kind == Kind.AMOUNT_CHANGED and entry.amount_minor != 0
            if fell:
                mirror = entry.movement.kind == Kind.REVERSED
                fell = (entry.amount_minor > 0) if mirror else (entry.amount_minor < 0)
            for span, on in ((1, entry.on), (2, entry.on.replace(day=1))):
                if on >= until[span]:
                    continue
                sums = by_hand[
                    span, on, entry.place, entry.kind, int(fell),
                    *(getattr(entry, column) for column in ALIKE),
                ]  # fmt: skip
                booked = entry.base_minor or 0
                for place, value in enumerate((entry.count, entry.amount_minor, booked)):
                    sums[place] += value
        carried = {
            row[:-3]: list(row[-3:])
            for row in Turnover.objects.values_list(
                "span", "on", "place", "kind", "shrunk", *ALIKE, "count", "amount_minor",
                "base_minor",
            )
        }  # fmt: skip
        assert {k: v for k, v in carried.items() if any(v)} == {
            k: v for k, v in by_hand.items() if any(v)
        }


@PROPERTY
@given(deeds=DEEDS, days=st.tuples(DAYS, DAYS), upto=DAYS)
def test_the_company_moved_as_its_units_did_whatever_is_carried(
    deeds: list[Deed], days: tuple[date, date], upto: date
) -> None:
    """The company's own sums, all units by name, and the entries alone say the same."""
    start, end = min(days), max(days) + timedelta(days=1)
    with lived(deeds) as history:
        carry_forward(upto=upto, at=history.tick())
        every = frozenset(unit.pk for unit in history.units)
        company, units = _moved(Where(), start, end), _moved(Where(every), start, end)
        assert _cells(max(days)) == set(
            open_cells([Where(every)], on=max(days), before=max(days), period=QUARTER).now
        )
        question = FunnelQuestion(on=end - timedelta(days=1), period=QUARTER)
        between = {"question": question, "start": start, "end": end, "today": LAST}
        whole = waterfall_between(operator(), **between)
        CarriedMonth.objects.all().delete()
        assert company == units == _moved(Where(), start, end)
        assert whole == waterfall_between(operator(), **between)


@PROPERTY
@given(
    deeds=DEEDS, turns=st.lists(st.tuples(st.integers(-3, 12), DEEDS), min_size=1, max_size=4),
    days=st.tuples(DAYS, DAYS),
)  # fmt: skip
def test_days_carried_between_deeds_follow_what_is_posted_into_them(
    deeds: list[Deed], turns: list[tuple[int, list[Deed]]], days: tuple[date, date]
) -> None:
    """Days are carried behind, up to and ahead of the day of the deeds, and never remade."""
    start, end = min(days), max(days) + timedelta(days=1)
    with lived(deeds) as history:
        for ahead, more in turns:
            carry_forward(upto=history.day + timedelta(days=ahead), at=history.tick())
            history.live([(verb, which, gone % 3, n) for verb, which, gone, n in more])
        every = frozenset(unit.pk for unit in history.units)
        assert _moved(Where(), start, end) == _moved(Where(every), start, end)
        for day in (*days, history.day, history.day - timedelta(days=1)):
            assert _cells(day) == set(_cells_of(every, day)) == _by_hand(day)
        deviating = {c.key for c in verify_ledger(operator()).checks if c.deviating}
        assert not deviating & {"balances", "company_balances", "turnover", "months"}
        as_posted = [_rows(model) for model in CARRIED]
        until = carried_until()
        rebuild(since=history.day.replace(day=1), upto=until, at=history.tick())
        assert [_rows(model) for model in CARRIED] == as_posted


def _moved(where: Where, start: date, end: date) -> list[MovedCell]:
    return moved_cells([where], start=start, end=end, period=QUARTER)


def _rows(model: type[Balance] | type[CompanyBalance] | type[Turnover]) -> set[tuple[object, ...]]:
    names = [f.attname for f in model._meta.concrete_fields if f.attname != "id"]
    return {
        row
        for row in model.objects.values_list(*names)
        if any(row[names.index(n)] for n in ("count", "amount_minor"))
        or ("base_minor" in names and row[names.index("base_minor")])
    }


def _cells(day: date) -> set[Cell]:
    return set(open_cells([Where()], on=day, before=day, period=QUARTER).now)


def _figures(answer: FunnelOnDay) -> str:
    """Write every figure; not how a newer version of the method orders and names the stages."""
    rows = sorted(repr(row) for one in answer.methods for row in one.table.rows)
    return repr((replace(answer, methods=()), rows))


def _cells_of(units: frozenset[int], day: date) -> tuple[Cell, ...]:
    return open_cells([Where(units)], on=day, before=day, period=QUARTER).now


def _scope(month: date | None) -> Scope:
    if month is None:
        return "undated"
    if month < QUARTER.start:
        return "overdue"
    return "in_period" if month < QUARTER.end else "later"


def _by_hand(day: date, units: frozenset[int] | None = None) -> set[Cell]:
    sums: dict[tuple[object, ...], list[int]] = defaultdict(lambda: [0, 0])
    for (unit, stage, _category, currency, month, own), (n, minor) in open_by_hand(day).items():
        if units is not None and unit not in units:
            continue
        scope = _scope(None if month == NO_MONTH else month)
        held = sums[stage, None if own < 0 else own, currency, scope]
        held[0] += n
        held[1] += minor
    return {Cell(*key, n, minor) for key, (n, minor) in sums.items() if n or minor}  # type: ignore[arg-type]


@PROPERTY
@given(deeds=DEEDS, day=DAYS)
def test_the_funnel_of_every_unit_is_the_sum_of_entries_in_the_tree_of_the_day(
    deeds: list[Deed], day: date
) -> None:
    with lived(deeds) as history:
        tree = current_tree(day, with_closed=True)
        for unit in history.units:
            question = FunnelQuestion(on=day, period=QUARTER, unit_id=unit.pk)
            answer = funnel_on(operator(), question=question, today=LAST)
            wanted = _by_hand(day, tree.subtree(unit.pk))
            assert answer.total.count == sum(cell.count for cell in wanted)
            by_currency: dict[str, int] = defaultdict(int)
            for cell in wanted:
                by_currency[cell.currency] += cell.amount_minor
            found = {c: m for c, m in answer.total.amounts_minor.items() if m}
            assert found == {c: m for c, m in by_currency.items() if m}


@PROPERTY
@given(deeds=DEEDS, first=DAYS, last=DAYS)
def test_opening_and_movements_and_computed_bars_make_the_closing_of_every_unit(
    deeds: list[Deed], first: date, last: date
) -> None:
    start, end = min(first, last), max(first, last) + timedelta(days=1)
    with lived(deeds) as history:
        for unit in history.units:
            question = FunnelQuestion(on=end - timedelta(days=1), period=QUARTER, unit_id=unit.pk)
            between = waterfall_between(
                operator(), question=question, start=start, end=end, today=LAST
            )
            assert between.result.unexplained == ()
            count, amount, weighted = difference(between.result)
            assert (count, amount.value, weighted.value) == (0, 0, 0)


@PROPERTY
@given(deeds=DEEDS, first=DAYS, last=DAYS)
def test_opening_and_movements_make_the_closing_of_every_unit_stage_category_and_currency(
    deeds: list[Deed], first: date, last: date
) -> None:
    """What opportunities held, one by one, against the entries between: no sums of the product."""
    first, last = min(first, last), max(first, last)
    with lived(deeds) as history:
        opening, closing = held_by_hand(history, first), held_by_hand(history, last)
        moved = moved_by_hand(first, last)
        for key in {*opening, *moved, *closing}:
            had, came, has = (sums.get(key, (0, 0)) for sums in (opening, moved, closing))
            assert (had[0] + came[0], had[1] + came[1]) == has, key
        for unit in history.units:
            below = current_tree(last, with_closed=True).subtree(unit.pk)
            for stage in history.stages:
                wanted = [n for key, n in closing.items() if key[0] in below and key[1] == stage.pk]
                found = [c for c in _cells_of(below, last) if c.lineage_id == stage.pk]
                assert sum(cell.count for cell in found) == sum(n for n, _minor in wanted)


@PROPERTY
@given(deeds=DEEDS, more=DEEDS, day=DAYS)
def test_as_known_at_repeats_whatever_is_recorded_later(
    deeds: list[Deed], more: list[Deed], day: date
) -> None:
    with lived(deeds) as history:
        known_at = history.clock
        questions = [
            FunnelQuestion(on=day, period=QUARTER, unit_id=unit.pk, known_at=known_at)
            for unit in history.units
        ]
        before = [_figures(funnel_on(operator(), question=q, today=LAST)) for q in questions]
        history.live(more)
        carry_forward(upto=LAST, at=history.tick())
        after = [_figures(funnel_on(operator(), question=q, today=LAST)) for q in questions]
        assert after == before


@PROPERTY
@given(deeds=DEEDS)
def test_undoing_every_save_leaves_nothing_behind_on_any_day(deeds: list[Deed]) -> None:
    with lived(deeds) as history:
        history.day = LAST
        for pk in history.opportunities:
            while standing_chain(pk):
                history._do("undo", pk, 0)
        assert open_by_hand(LAST) == {}
        assert _cells(LAST) == _cells(FIRST + timedelta(days=40)) == set()
