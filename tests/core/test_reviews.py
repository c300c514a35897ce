"""Frozen figures come back to the digit, and differences say only what is known."""

import json
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from dakehu.core.funnel import Figure, known
from dakehu.core.reviews import (
    Frozen,
    FrozenStage,
    FrozenSum,
    difference,
    indicator_differences,
    kept,
    read,
    stage_differences,
)

figures = st.one_of(st.fractions().map(Figure), st.just(Figure(None, "no_quota")))
sums = st.builds(FrozenSum, st.integers(0, 10**6), figures, figures)
stages = st.builds(
    FrozenStage, st.text(), st.text(), st.text(), st.none() | st.fractions(0, 1), sums
)
views = st.builds(
    Frozen, st.just("CNY"), st.integers(0, 3), st.booleans(),
    st.lists(stages, max_size=4).map(tuple), st.dictionaries(st.text(), sums, max_size=3),
    st.dictionaries(st.text(), figures, max_size=3),
)  # fmt: skip


@given(views)
def test_what_is_kept_as_json_is_read_back_exactly(view: Frozen) -> None:
    assert read(json.loads(json.dumps(kept(view)))) == view


@given(sums, sums)
def test_the_last_review_and_the_change_make_the_figure(now: FrozenSum, before: FrozenSum) -> None:
    change = difference(now, before)
    assert change.count == now.count - before.count
    if now.amount.value is None or before.amount.value is None:
        assert change.amount is None
    else:
        assert change.amount is not None
        assert before.amount.value + change.amount == now.amount.value


def view(key: str, count: int, forecast: Figure) -> Frozen:
    one = FrozenSum(count, known(count * 100), known(count * 5))
    stage = FrozenStage(key, "兴趣", "Interest", Fraction(1, 20), one)
    return Frozen("CNY", 2, True, (stage,), {"total": one}, {"forecast": forecast})


def test_a_stage_that_the_last_review_did_not_have_is_not_compared() -> None:
    now, before = view("new", 3, known(1)), view("old", 2, known(0))
    assert stage_differences(now, before)["new"].count is None
    assert stage_differences(now, view("new", 2, known(0)))["new"].count == 1
    assert stage_differences(now, None)["new"].amount is None


def test_an_indicator_without_a_quota_has_no_change() -> None:
    now, before = view("a", 1, known(Fraction(3, 4))), view("a", 1, Figure(None, "no_quota"))
    assert indicator_differences(now, before) == {"forecast": None}
    assert indicator_differences(now, view("a", 1, known(Fraction(1, 2)))) == {
        "forecast": Fraction(1, 4)
    }
