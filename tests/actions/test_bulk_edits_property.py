"""Random bulk edits and undos: the ledger stays proven, and what is undone is as it was."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dakehu.actions.bulk_edits import Picked, do_bulk_edit, undo_bulk_edit
from dakehu.core.access import operator
from dakehu.core.bulk_edits import Ask, RowState
from dakehu.core.errors import DakehuError, NotFound
from dakehu.models import BulkEditRow, Entry, Opportunity
from dakehu.queries.ledger_check import verify_ledger
from tests.world import World

DEALS = 5
ASKS = st.one_of(
    st.sampled_from([date(2026, 7, 1), date(2026, 12, 31), None]).map(
        lambda day: Ask(verb="close_on", close_on=day)
    ),
    st.integers(-400, 400).filter(bool).map(lambda days: Ask(verb="shift", days=days)),
    st.integers(0, 3).map(lambda number: Ask(verb="category", category=number)),
    st.sampled_from(["", "Call", "Send"]).map(lambda text: Ask(verb="next_step", next_step=text)),
    st.sampled_from([None, 0, 2500, 10_000]).map(
        lambda rate: Ask(verb="own_rate", own_rate_bp=rate)
    ),
    st.sampled_from(["wen", "bo", "mei"]).map(lambda login: Ask(verb="reassign", text=login)),
    st.sampled_from(
        [
            Ask(verb="advance"), Ask(verb="lose", reason="price"),
            Ask(verb="abandon", reason="no_fit"), Ask(verb="void"), Ask(verb="restore"),
            Ask(verb="source", source="web"),
        ]
    ),
)  # fmt: skip
#: What is asked of which deals and by whom, and which of the edits so far is taken back after it.
TURNS = st.tuples(
    ASKS,
    st.sets(st.integers(0, DEALS - 1), min_size=1),
    st.sampled_from(["wen", "bo", "mei", "rong", "operator"]),
    st.one_of(st.none(), st.integers(0, 9)),
)


def standing(pk: int) -> dict[str, Any]:
    """Give a row without what every save counts up."""
    row = Opportunity.objects.filter(pk=pk).values().get()
    return {name: value for name, value in row.items() if name not in ("version", "updated_at")}


def sums() -> dict[Any, tuple[int, int]]:
    """Add up all entries by position, as the funnel reads them."""
    found: dict[Any, tuple[int, int]] = {}
    for entry in Entry.objects.all():
        key = (
            entry.place, entry.owner_id, entry.unit_id, entry.stage_id, entry.category,
            entry.close_month, entry.currency, entry.own_rate_bp,
        )  # fmt: skip
        count, amount = found.get(key, (0, 0))
        found[key] = (count + entry.count, amount + entry.amount_minor)
    return {key: value for key, value in found.items() if value != (0, 0)}


def asked_for(world: World, ask: Ask) -> Ask:
    if ask.verb != "reassign":
        return ask
    return Ask(verb="reassign", owner_id=world.people[ask.text])


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(turns=st.lists(TURNS, min_size=1, max_size=6))
def test_bulk_edits_and_undos_keep_the_ledger_proven(
    world: World, turns: list[tuple[Ask, set[int], str, int | None]]
) -> None:
    with transaction.atomic():
        made = [
            world.create(
                name=f"Deal {n}", amount=Decimal(100 * n), close_on=date(2026, 8, 1 + n),
                on=world.today - timedelta(days=50),
            ).opportunity_id
            for n in range(DEALS)
        ]  # fmt: skip
        edits: list[tuple[int, str, dict[int, dict[str, Any]]]] = []
        for ask, chosen, login, back in turns:
            edit(world, asked_for(world, ask), [made[n] for n in chosen], login, edits)
            if back is not None and edits:
                take_back(world, *edits[back % len(edits)])
        assert not [c.key for c in verify_ledger(operator()).checks if c.deviating]
        for bulk_id, login, before in reversed(edits):
            take_back(world, bulk_id, login, before)
        assert not [c.key for c in verify_ledger(operator()).checks if c.deviating]
        transaction.set_rollback(True)


Before = dict[int, dict[str, Any]]


def edit(
    world: World, ask: Ask, ids: list[int], login: str, edits: list[tuple[int, str, Before]]
) -> None:
    before, opening = {pk: standing(pk) for pk in ids}, sums()
    try:
        ran = do_bulk_edit(
            actor=world.viewer(login), picked=[Picked(pk) for pk in ids], ask=ask,
            today=world.today, at=world.at,
        )  # fmt: skip
    except DakehuError as refused:
        # Refused as a whole: nothing moved.
        assert refused.code == "bulk.nothing_done", refused  # noqa: PT017
        assert ({pk: standing(pk) for pk in ids}, sums()) == (before, opening)
        return
    assert ran.bulk_id is not None
    done = {one.before.pk for one in ran.done}
    for pk in set(ids) - done:
        assert standing(pk) == before[pk]
    edits.append((ran.bulk_id, login, {pk: before[pk] for pk in done}))


def take_back(world: World, bulk_id: int, login: str, before: Before) -> None:
    rows = BulkEditRow.objects.filter(bulk_id=bulk_id, object_id__in=before)
    open_before = set(rows.exclude(state=RowState.TAKEN_BACK).values_list("object_id", flat=True))
    now = {pk: standing(pk) for pk in before}
    try:
        undo_bulk_edit(
            actor=world.viewer("operator"), bulk_id=bulk_id, today=world.today, at=world.at
        )
    except NotFound:
        assert not open_before
        return
    back = set(rows.filter(state=RowState.TAKEN_BACK).values_list("object_id", flat=True))
    for pk in before:
        if pk in open_before & back:
            changed = {k for k, v in standing(pk).items() if v != now[pk][k]}
            # Of a row on which nothing else stands all is as before; of others what this did.
            assert all(standing(pk)[name] == before[pk][name] for name in changed), changed
        else:
            assert standing(pk) == now[pk]
