"""Methods are data: installed once, copied, changed by a new version (FUN-1)."""

from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from dakehu.actions.methods import (
    change_method,
    copy_method,
    install_built_in_methods,
    install_method,
    set_win_rates,
)
from dakehu.core.access import Reach, Viewer, operator
from dakehu.core.errors import Conflict, NotAllowed, NotFound, RuleBroken
from dakehu.core.methods import GateMode, MethodSpec, StageSpec, Words, built_in_methods
from dakehu.models import Method, MethodVersion, WinRate
from dakehu.queries.methods import method, method_book, methods, win_rates

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 30)
AT = datetime(2026, 6, 30, 2, tzinfo=UTC)
START = date(2024, 1, 1)
OPERATOR = operator()


def viewer(role: str) -> Viewer:
    return Viewer(None, role, "en", (Reach(role, 1, frozenset({1})),))


def install() -> None:
    install_built_in_methods(actor=OPERATOR, today=TODAY, at=AT, rates_from=START)


def test_the_three_methods_are_installed_once() -> None:
    install()
    install()
    book = method_book(viewer=OPERATOR)
    assert [v.method_key for v in book.in_use] == [
        "industrial-6", "solution-7", "tender-8",
    ]  # fmt: skip
    assert MethodVersion.objects.count() == 3


def test_what_was_stored_is_read_back_word_for_word() -> None:
    install()
    book = method_book(viewer=OPERATOR)
    assert tuple(v.spec for v in book.in_use) == built_in_methods()


def test_deploy_comes_after_the_win_and_holds_nothing_open() -> None:
    install()
    version = method_book(viewer=OPERATOR).by_key("solution-7")
    assert [s.key for s in version.stages if s.after_win] == ["deploy"]
    assert version.open_stages[-1].key == version.winning_key == "close"


def test_rates_are_in_force_from_their_day_only() -> None:
    install()
    book = method_book(viewer=OPERATOR, with_specs=False)
    stages = book.by_key("industrial-6").stages
    rates = win_rates(viewer=OPERATOR, on=START)
    assert [rates[s.id] for s in stages] == [Fraction(n, 100) for n in (5, 10, 20, 30, 50, 80)]
    assert win_rates(viewer=OPERATOR, on=date(2023, 12, 31)) == {}


def test_a_new_rate_adds_a_row_and_leaves_the_past_as_it_was() -> None:
    install()
    stage = method_book(viewer=OPERATOR).by_key("industrial-6").stages[0].id
    rows = WinRate.objects.count()
    set_win_rates(actor=OPERATOR, rates_bp={stage: 1250}, on=TODAY, at=AT)
    assert WinRate.objects.count() == rows + 1
    assert win_rates(viewer=OPERATOR, on=TODAY)[stage] == Fraction(1, 8)
    assert win_rates(viewer=OPERATOR, on=date(2026, 6, 29))[stage] == Fraction(5, 100)


def test_as_known_at_a_moment_a_rate_recorded_later_does_not_count() -> None:
    install()
    stage = method_book(viewer=OPERATOR).by_key("industrial-6").stages[0].id
    later = datetime(2026, 6, 30, 3, tzinfo=UTC)
    set_win_rates(actor=OPERATOR, rates_bp={stage: 9000}, on=START, at=later)
    assert win_rates(viewer=OPERATOR, on=TODAY)[stage] == Fraction(9, 10)
    assert win_rates(viewer=OPERATOR, on=TODAY, known_at=AT)[stage] == Fraction(1, 20)


@pytest.mark.parametrize("rate_bp", [-1, 10_001])
def test_a_rate_is_from_nothing_to_certain(rate_bp: int) -> None:
    install()
    stage = method_book(viewer=OPERATOR).by_key("industrial-6").stages[0].id
    with pytest.raises(RuleBroken, match=r"win_rate.out_of_range"):
        set_win_rates(actor=OPERATOR, rates_bp={stage: rate_bp}, on=TODAY, at=AT)


def test_who_may_edit_methods() -> None:
    install()
    stage = method_book(viewer=OPERATOR).by_key("industrial-6").stages[0].id
    for role in ("sales_operations", "administrator"):
        set_win_rates(actor=viewer(role), rates_bp={stage: 1}, on=TODAY, at=AT)
    for role in ("salesperson", "unit_head", "executive", "finance", "auditor"):
        with pytest.raises(NotAllowed, match=r"method.edit"):
            set_win_rates(actor=viewer(role), rates_bp={stage: 1}, on=TODAY, at=AT)


def test_a_stage_that_there_is_not_is_not_found() -> None:
    with pytest.raises(NotFound):
        set_win_rates(actor=OPERATOR, rates_bp={77: 1}, on=TODAY, at=AT)


def test_a_changed_gate_is_a_new_version_of_the_same_stages() -> None:
    install()
    first = method_book(viewer=OPERATOR).by_key("industrial-6")
    change_method(
        actor=OPERATOR,
        method_id=first.method_id,
        seen_number=1,
        at=AT,
        gate=GateMode.REQUIRE,
    )
    second = method_book(viewer=OPERATOR).by_key("industrial-6")
    assert (second.number, second.gate) == (2, GateMode.REQUIRE)
    assert [s.id for s in second.stages] == [s.id for s in first.stages]
    assert method_book(viewer=OPERATOR).version(first.id).gate is GateMode.ADVISE


def test_a_method_changed_meanwhile_is_a_conflict() -> None:
    install()
    held = Method.objects.get(key="industrial-6").pk
    change_method(actor=OPERATOR, method_id=held, seen_number=1, at=AT, gate=GateMode.REQUIRE)
    with pytest.raises(Conflict, match=r"method.changed"):
        change_method(actor=OPERATOR, method_id=held, seen_number=1, at=AT, gate=GateMode.VALIDATE)


def test_the_words_of_a_built_in_method_are_kept_and_a_copy_is_changed() -> None:
    install()
    held = method_book(viewer=OPERATOR).by_key("industrial-6")
    assert held.spec is not None
    fewer = replace(held.spec, stages=held.spec.stages[1:])
    with pytest.raises(RuleBroken, match=r"method.built_in"):
        change_method(actor=OPERATOR, method_id=held.method_id, seen_number=1, at=AT, spec=fewer)
    copied = copy_method(
        actor=OPERATOR,
        method_id=held.method_id,
        key="our-own",
        name=Words("本公司方法", "Our own"),
        today=TODAY,
        at=AT,
    )
    change_method(actor=OPERATOR, method_id=copied.method_id, seen_number=1, at=AT, spec=fewer)
    changed = method_book(viewer=OPERATOR).current(copied.method_id)
    assert [s.key for s in changed.stages] == [s.key for s in fewer.stages]
    assert changed.stages[0].id == copied.stage_ids["nurture"]


def test_a_copy_takes_the_rates_in_force_today() -> None:
    install()
    held = method_book(viewer=OPERATOR).by_key("industrial-6")
    set_win_rates(actor=OPERATOR, rates_bp={held.stages[0].id: 700}, on=TODAY, at=AT)
    copied = copy_method(
        actor=OPERATOR, method_id=held.method_id, key="copy", name=Words("", "Copy"),
        today=TODAY, at=AT,
    )  # fmt: skip
    rates = win_rates(viewer=OPERATOR, on=TODAY)
    assert rates[copied.stage_ids["interest"]] == Fraction(7, 100)


def test_a_copy_needs_a_key_of_its_own() -> None:
    install()
    held = Method.objects.get(key="industrial-6").pk
    for key, code in (("tender-8", "method.key_taken"), ("Our Own", "method.key_malformed")):
        with pytest.raises(RuleBroken, match=code):
            copy_method(
                actor=OPERATOR, method_id=held, key=key, name=Words("", "x"), today=TODAY, at=AT
            )  # fmt: skip


def test_a_method_without_rates_says_so() -> None:
    spec = replace(built_in_methods()[0], key="imported", name=Words("导入", "Imported"))
    made = install_method(actor=OPERATOR, spec=spec, at=AT, rates_from=None)
    [row] = methods(viewer=OPERATOR, today=TODAY)
    assert row.rates_missing == 6
    page = method(viewer=OPERATOR, method_id=made.method_id, today=TODAY)
    assert [stage.rate for stage in page.stages] == [None] * 6


def test_the_page_tells_since_when_a_rate_holds() -> None:
    install()
    held = method_book(viewer=OPERATOR).by_key("industrial-6")
    set_win_rates(
        actor=OPERATOR, rates_bp={held.stages[0].id: 700}, on=date(2027, 1, 1), at=AT
    )  # fmt: skip
    page = method(viewer=OPERATOR, method_id=held.method_id, today=TODAY)
    assert page.stages[0].rate is not None
    assert (page.stages[0].rate.rate_bp, page.stages[0].rate.on) == (500, START)
    assert [r.rate_bp for r in page.stages[0].rate_history] == [700, 500]


def our_own() -> tuple[int, MethodSpec]:
    """Give a copy of industrial-6 that may be rewritten, and its wording."""
    held = method_book(viewer=OPERATOR).by_key("industrial-6")
    copied = copy_method(
        actor=OPERATOR, method_id=held.method_id, key="our-own", name=Words("", "Our own"),
        today=TODAY, at=AT,
    )  # fmt: skip
    spec = method_book(viewer=OPERATOR).current(copied.method_id).spec
    assert spec is not None
    return copied.method_id, spec


def test_rewriting_a_copy_makes_a_version_and_sets_the_rates_that_differ() -> None:
    install()
    held, spec = our_own()
    first, *others = spec.stages
    new = StageSpec("new:9", Words("试用", "Trial"), 4500)
    after = replace(spec, stages=(replace(first, rate_bp=600), new, *others))
    made = change_method(
        actor=OPERATOR, method_id=held, seen_number=1, spec=after, rates_from=TODAY, at=AT
    )
    version = method_book(viewer=OPERATOR).current(held)
    assert (version.number, [s.key for s in version.stages][:3]) == (
        2, ["interest", "trial", "nurture"],
    )  # fmt: skip
    assert WinRate.objects.filter(on=TODAY, recorded_at=AT, stage__method_id=held).count() == 6 + 2
    rates = win_rates(viewer=OPERATOR, on=TODAY)
    assert rates[made.stage_ids["trial"]] == Fraction(45, 100)
    assert rates[made.stage_ids["interest"]] == Fraction(6, 100)
    assert method_book(viewer=OPERATOR).by_key("industrial-6").number == 1


def test_where_only_rates_differ_they_are_set_and_no_version_is_made() -> None:
    install()
    held, spec = our_own()
    other = replace(spec, stages=(replace(spec.stages[0], rate_bp=600), *spec.stages[1:]))
    change_method(
        actor=OPERATOR, method_id=held, seen_number=1, spec=other, rates_from=TODAY, at=AT
    )
    assert MethodVersion.objects.filter(method_id=held).count() == 1
    with pytest.raises(RuleBroken, match=r"method.nothing_changed"):
        change_method(
            actor=OPERATOR, method_id=held, seen_number=1, spec=other, rates_from=TODAY, at=AT
        )


def test_only_those_who_may_rewrite_a_method() -> None:
    install()
    held, spec = our_own()
    other = replace(spec, name=Words("", "Other"))
    for role in ("salesperson", "unit_head", "executive", "finance", "auditor", "support"):
        with pytest.raises(NotAllowed, match=r"method.edit"):
            change_method(
                actor=viewer(role), method_id=held, seen_number=1, spec=other, rates_from=TODAY,
                at=AT,
            )  # fmt: skip
    assert MethodVersion.objects.filter(method_id=held).count() == 1
