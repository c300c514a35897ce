"""The three built-in methods (FUN-1), what a move must prove (FUN-3), and reading a method."""

import tomllib
from dataclasses import fields, is_dataclass, replace
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dakehu.core.errors import RuleBroken
from dakehu.core.methods import (
    LOST,
    WON,
    Choice,
    EvidenceItem,
    GateMode,
    GateVerdict,
    MethodSpec,
    StageSpec,
    Words,
    built_in_methods,
    drafted,
    evidence_missing,
    evidence_needed,
    gate,
    load_method,
    move_kind,
    stages_between,
)

INDUSTRIAL, SOLUTION, TENDER = built_in_methods()
every_method = pytest.mark.parametrize("method", built_in_methods(), ids=lambda m: m.key)


def keys(items: tuple[EvidenceItem | StageSpec, ...]) -> list[str]:
    return [item.key for item in items]


@pytest.mark.parametrize(
    ("method", "stages"),
    [
        (INDUSTRIAL, {"interest": 5, "nurture": 10, "design": 20,
                      "compare": 30, "commit": 50, "use": 80}),
        (SOLUTION, {"discover": 0, "qualify": 10, "develop": 20, "solution": 40,
                    "proof": 60, "close": 80, "deploy": 100}),
        (TENDER, {"contact": 5, "need": 10, "organisation": 20, "goal": 30,
                  "shortlist": 50, "award": 75, "negotiate": 90, "agreement": 100}),
    ],
    ids=["industrial-6", "solution-7", "tender-8"],
)  # fmt: skip
def test_stages_and_win_rates_are_those_of_the_written_method(
    method: MethodSpec, stages: dict[str, int]
) -> None:
    assert {stage.key: stage.rate_bp for stage in method.stages} == {
        key: percent * 100 for key, percent in stages.items()
    }


def test_industrial_6_signs_on_leaving_5_and_is_won_when_paid() -> None:
    assert (INDUSTRIAL.signing_stage, INDUSTRIAL.winning_stage) == ("commit", "use")
    assert INDUSTRIAL.stages_after_win == ()
    assert INDUSTRIAL.wins_on == "payment"


def test_solution_7_is_won_on_leaving_close_and_deploy_is_not_open() -> None:
    assert (SOLUTION.signing_stage, SOLUTION.winning_stage) == ("close", "close")
    assert [stage.key for stage in SOLUTION.stages_after_win] == ["deploy"]
    assert SOLUTION.is_open("close")
    assert not SOLUTION.is_open("deploy")
    assert SOLUTION.wins_on == "signing"


def test_tender_8_enters_the_last_stage_by_winning_or_losing() -> None:
    assert [stage.key for stage in TENDER.stages_after_win] == ["agreement"]
    assert [stage.key for stage in TENDER.open_stages][-1] == "negotiate"
    assert TENDER.note is not None
    assert "not from the source" in TENDER.note.en


def test_solution_7_expects_a_relationship_per_stage_and_names_our_standings() -> None:
    expected = {s.key: s.relationship.key for s in SOLUTION.stages if s.relationship}
    assert expected == {
        "qualify": "acquaintance", "develop": "dating", "solution": "trust", "proof": "alliance"
    }  # fmt: skip
    assert [choice.key for choice in SOLUTION.standings] == [
        "vendor", "credible_source", "problem_solver", "trusted_adviser"
    ]  # fmt: skip
    aims = [stage.aim.key for stage in SOLUTION.stages if stage.aim]
    assert aims == ["interest", "interest", "convince", "convince", "confirm", "close"]


def test_the_buyers_cycle_of_solution_7_is_covered_in_order_by_its_stages() -> None:
    walked = [step for stage in SOLUTION.stages for step in stage.buyer_steps]
    assert walked == [choice.key for choice in SOLUTION.buyer_cycle]
    assert len(walked) == 8


def test_six_review_questions_and_two_habits_per_stage_of_solution_7() -> None:
    asked = [stage.key for stage in SOLUTION.stages if stage.review_question]
    assert asked == ["discover", "qualify", "develop", "solution", "proof", "close"]
    assert all(stage.good_habit and stage.bad_habit for stage in SOLUTION.stages)


@every_method
def test_everything_written_has_both_languages(method: MethodSpec) -> None:
    def words_in(value: object) -> list[Words]:
        if isinstance(value, Words):
            return [value]
        if isinstance(value, tuple):
            return [words for part in value for words in words_in(part)]
        if is_dataclass(value):
            return [w for f in fields(value) for w in words_in(getattr(value, f.name))]
        return []

    found = words_in(method)
    assert len(found) > 20
    for words in found:
        assert words.zh
        assert words.en
        assert any("一" <= sign <= "鿿" for sign in words.zh), words


@every_method
def test_every_stage_has_evidence_to_attach(method: MethodSpec) -> None:
    assert all(stage.evidence for stage in method.stages)


def test_words_fall_back_to_the_other_language() -> None:
    both = Words(zh="兴趣", en="Interest")
    assert both.in_language("zh-hans") == "兴趣"
    assert both.in_language("en-gb") == "Interest"
    assert Words(zh="", en="Interest").in_language("zh-hans") == "Interest"
    assert Words(zh="兴趣", en="").in_language("en") == "兴趣"


# --- evidence ---------------------------------------------------------------------------------


@every_method
def test_one_step_forward_needs_the_evidence_of_the_stage_left(
    method: MethodSpec,
) -> None:
    for stage, following in zip(method.open_stages, method.open_stages[1:], strict=False):
        assert evidence_needed(method, leaving=stage.key, to=following.key) == stage.evidence


def test_skipping_stages_needs_the_evidence_of_each() -> None:
    needed = evidence_needed(INDUSTRIAL, leaving="nurture", to="compare")
    assert keys(needed) == [
        "decision_to_buy", "time_fixed", "budget_fixed", "design_asked",
        "purchase_plan", "specification", "suppliers_invited",
    ]  # fmt: skip


@every_method
def test_going_back_staying_or_losing_needs_no_evidence(method: MethodSpec) -> None:
    places = [stage.key for stage in method.open_stages]
    for place, leaving in enumerate(places):
        for to in places[: place + 1]:
            assert evidence_needed(method, leaving=leaving, to=to) == ()
        assert evidence_needed(method, leaving=leaving, to=LOST) == ()


@every_method
def test_creation_needs_the_evidence_of_every_stage_passed(method: MethodSpec) -> None:
    first, *later = method.open_stages
    assert evidence_needed(method, leaving=None, to=first.key) == ()
    passed = list(first.evidence)
    for stage in later:
        assert list(evidence_needed(method, leaving=None, to=stage.key)) == passed
        passed += stage.evidence


@pytest.mark.parametrize(
    ("method", "count", "last"),
    [(INDUSTRIAL, 18, "in_service"), (SOLUTION, 11, "signed_agreement"),
     (TENDER, 13, "signed_agreement")],
    ids=["industrial-6", "solution-7", "tender-8"],
)  # fmt: skip
def test_a_win_needs_the_evidence_of_every_stage_passed_from_wherever_it_comes(
    method: MethodSpec, count: int, last: str
) -> None:
    from_last = evidence_needed(method, leaving=method.winning_stage, to=WON)
    assert len(from_last) == count
    assert from_last[-1].key == last
    assert evidence_needed(method, leaving=None, to=WON) == from_last
    assert evidence_needed(method, leaving=method.stages[1].key, to=WON) == from_last


def test_deployment_is_not_asked_for_before_the_win() -> None:
    assert "deployment_in_process" not in keys(
        evidence_needed(SOLUTION, leaving="close", to="deploy")
    )


def test_a_loss_report_is_never_part_of_a_win() -> None:
    assert "loss_report" not in keys(evidence_needed(TENDER, leaving="negotiate", to=WON))


def test_entering_a_stage_after_the_win_is_winning() -> None:
    assert move_kind(SOLUTION, leaving="close", to="deploy") == "won"
    assert evidence_needed(SOLUTION, leaving="close", to="deploy") == evidence_needed(
        SOLUTION, leaving="close", to=WON
    )


def test_kinds_of_moves() -> None:
    assert move_kind(INDUSTRIAL, leaving=None, to="design") == "created"
    assert move_kind(INDUSTRIAL, leaving="interest", to="design") == "advanced"
    assert move_kind(INDUSTRIAL, leaving="design", to="nurture") == "regressed"
    assert move_kind(INDUSTRIAL, leaving="design", to="design") == "stays"
    assert move_kind(INDUSTRIAL, leaving="use", to=WON) == "won"


def test_ticked_items_are_not_missing() -> None:
    missing = evidence_missing(
        INDUSTRIAL,
        leaving="nurture",
        to="design",
        ticked={"time_fixed", "design_asked"},
    )
    assert keys(missing) == ["decision_to_buy", "budget_fixed"]


@given(st.data())
def test_what_is_missing_is_what_is_needed_and_not_ticked(data: st.DataObject) -> None:
    method = data.draw(st.sampled_from(built_in_methods()))
    places = [stage.key for stage in method.open_stages]
    leaving = data.draw(st.sampled_from([None, *places]))
    to = data.draw(st.sampled_from([*places, WON, LOST]))
    ticked = data.draw(st.sets(st.sampled_from([i.key for s in method.stages for i in s.evidence])))
    needed = set(keys(evidence_needed(method, leaving=leaving, to=to)))
    assert set(keys(evidence_missing(method, leaving=leaving, to=to, ticked=ticked))) == (
        needed - ticked
    )


@given(st.data())
def test_two_steps_need_together_what_the_skip_needs(data: st.DataObject) -> None:
    method = data.draw(st.sampled_from(built_in_methods()))
    number = st.integers(0, len(method.open_stages) - 1)
    a, b, c = sorted(data.draw(st.tuples(number, number, number)))
    key = [stage.key for stage in method.stages]
    assert stages_between(method, key[a], key[b]) + stages_between(method, key[b], key[c]) == (
        stages_between(method, key[a], key[c])
    )


def test_a_stage_of_another_method_is_refused() -> None:
    for leaving, to in [("interest", "close"), ("close", "interest"), ("close", WON)]:
        with pytest.raises(RuleBroken, match=r"method\.unknown_stage"):
            evidence_needed(INDUSTRIAL, leaving=leaving, to=to)


ITEM = EvidenceItem("paid", Words("客户已付款", "Paid"))


@pytest.mark.parametrize(
    ("mode", "missing", "unvalidated", "verdict"),
    [
        ("advise", (), (), "allow"),
        ("advise", (ITEM,), (), "warn"),
        ("require", (), (ITEM,), "allow"),
        ("require", (ITEM,), (), "refuse"),
        ("validate", (), (), "allow"),
        ("validate", (), (ITEM,), "wait"),
        ("validate", (ITEM,), (ITEM,), "refuse"),
    ],
)
def test_the_gate(
    mode: str,
    missing: tuple[EvidenceItem, ...],
    unvalidated: tuple[EvidenceItem, ...],
    verdict: str,
) -> None:
    result = gate(GateMode(mode), missing, unvalidated)
    assert result.verdict == GateVerdict(verdict)
    assert result.items == (() if verdict == "allow" else (ITEM,))


HINT = EvidenceItem("photo", Words("现场照片", "Photo"), advised=True)


@pytest.mark.parametrize(
    ("mode", "missing", "unvalidated", "verdict", "items"),
    [
        ("advise", (HINT,), (), "warn", (HINT,)),
        ("require", (HINT,), (), "warn", (HINT,)),
        ("require", (HINT, ITEM), (), "refuse", (ITEM,)),
        ("validate", (HINT,), (), "warn", (HINT,)),
        ("validate", (HINT,), (ITEM,), "wait", (ITEM,)),
    ],
)
def test_what_is_only_advised_never_holds_a_move_back(
    mode: str,
    missing: tuple[EvidenceItem, ...],
    unvalidated: tuple[EvidenceItem, ...],
    verdict: str,
    items: tuple[EvidenceItem, ...],
) -> None:
    result = gate(GateMode(mode), missing, unvalidated)
    assert (result.verdict, result.items) == (GateVerdict(verdict), items)


# --- reading a method -------------------------------------------------------------------------

SMALL = """
key = "own-2"
name = { en = "Ours" }
signing_stage = "talk"
winning_stage = "deal"
[[stages]]
key = "talk"
name = { zh = "洽谈" }
rate = 10
evidence = [{ key = "minutes", name = { en = "Minutes" } }]
[[stages]]
key = "deal"
name = { en = "Deal" }
rate = 60
"""


def test_an_organisation_can_write_its_own_method_in_one_language() -> None:
    method = load_method(SMALL)
    assert method.stage("talk").name.in_language("en") == "洽谈"
    assert method.stage("deal").rate_bp == 6000
    assert method.standings == ()


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('key = "own-2"', 'key = "own-2', "method.malformed"),
        ('key = "own-2"', "", "method.missing_field"),
        ('key = "own-2"', 'key = "Own 2"', "method.bad_key"),
        ('key = "own-2"', "key = 2", "method.wrong_type"),
        ('name = { en = "Ours" }', 'name = { en = " " }', "method.empty_words"),
        ('name = { en = "Ours" }', 'name = { fr = "Nous" }', "method.unknown_field"),
        ("rate = 10", "rate = 101", "method.rate_out_of_range"),
        ("rate = 10", "rate = -1", "method.rate_out_of_range"),
        ("rate = 10", "rate = 0.1", "method.wrong_type"),
        ("rate = 10", "rate = true", "method.wrong_type"),
        ("rate = 10", "rate = 10\nwinrate = 10", "method.unknown_field"),
        ("rate = 10", "rate = 10\nrate_bp = 10", "method.unknown_field"),
        ("rate = 10", 'rate = 10\nbuyer_steps = ["x"]', "method.unknown_buyer_step"),
        ("rate = 10", "rate = 10\nbuyer_steps = [1]", "method.wrong_type"),
        ('key = "deal"', 'key = "talk"', "method.duplicate_stage"),
        ('key = "deal"', 'key = "won"', "method.reserved_key"),
        ('winning_stage = "deal"', 'winning_stage = "gone"', "method.unknown_stage"),
        ('winning_stage = "deal"\n', "", "method.missing_field"),
        ("rate = 60", 'rate = 60\nevidence = [{ key = "minutes", name = { en = "M" } }]',
         "method.duplicate_evidence"),
        ("rate = 60", 'rate = 60\nevidence = [{ key = "m", name = { en = "M" }, outcome = "x" }]',
         "method.unknown_outcome"),
        ("rate = 60", 'rate = 60\nevidence = "minutes"', "method.wrong_type"),
    ],
)  # fmt: skip
def test_a_faulty_method_is_refused_with_its_reason(old: str, new: str, code: str) -> None:
    assert old in SMALL
    with pytest.raises(RuleBroken) as refusal:
        load_method(SMALL.replace(old, new, 1))
    assert refusal.value.code == code


def test_a_method_cannot_be_won_before_it_is_signed() -> None:
    turned = SMALL.replace('signing_stage = "talk"', 'signing_stage = "deal"').replace(
        'winning_stage = "deal"', 'winning_stage = "talk"'
    )
    with pytest.raises(RuleBroken, match=r"method\.signed_after_won"):
        load_method(turned)


def test_a_method_needs_stages() -> None:
    with pytest.raises(RuleBroken, match=r"method\.no_stages"):
        load_method(SMALL.partition("[[stages]]")[0])


@every_method
def test_the_file_holds_nothing_that_the_method_forgets(method: MethodSpec) -> None:
    path = resources.files("dakehu.core") / "data" / "methods" / f"{method.key}.toml"
    for table in tomllib.loads(path.read_text(encoding="utf-8"))["stages"]:
        stage = method.stage(table["key"])
        for name in table.keys() - {"rate", "evidence", "buyer_steps"}:
            value = getattr(stage, name)
            said = table[name]
            if isinstance(value, Words):
                assert said == {"zh": value.zh, "en": value.en}
            elif isinstance(value, Choice):
                assert said["key"] == value.key
            else:
                assert said == value


# --- writing one on a page --------------------------------------------------------------------


def drafted_of(*stages: StageSpec, winning: str) -> MethodSpec:
    draft = MethodSpec("ours", Words("", "Ours"), winning, winning, stages)
    return drafted(draft, stages_taken={"talk", "deal"}, items_taken={"minutes"})


def test_what_is_new_gets_a_key_that_was_never_used() -> None:
    """A removed stage `talk` has a history: a new one of that name must not continue it."""
    items = (EvidenceItem("new:a", Words("", "Minutes")), EvidenceItem("new:b", Words("纪要", "")))
    method = drafted_of(
        StageSpec("deal", Words("", "Deal"), 5000, items),
        StageSpec("new:1", Words("", "Talk!"), 1000),
        StageSpec("new:2", Words("洽谈", ""), 1000),
        StageSpec("new:3", Words("", "Won"), 1000),
        winning="new:2",
    )
    assert keys(method.stages) == ["deal", "talk-2", "stage", "won-2"]
    assert keys(method.stages[0].evidence) == ["minutes-2", "evidence"]
    assert (method.signing_stage, method.winning_stage) == ("stage", "stage")


@pytest.mark.parametrize(
    ("stage", "code"),
    [
        (StageSpec("new:1", Words("", " "), 0), "method.empty_words"),
        (StageSpec("new:1", Words("", "x" * 121), 0), "text.too_long"),
        (StageSpec("new:1", Words("", "x"), 0, purpose=Words("长" * 1001, "")), "text.too_long"),
        (StageSpec("new:1", Words("", "x"), 10_001), "win_rate.out_of_range"),
        (StageSpec("new:1", Words("", "x"), 0, (ITEM,) * 11), "method.too_much_evidence"),
        (StageSpec("new:1", Words("", "x"), 0, (ITEM,) * 2), "method.duplicate_evidence"),
        (StageSpec("a stage", Words("", "x"), 0), "method.bad_key"),
        (StageSpec("new:1", Words("", "x"), 0, (replace(ITEM, key="a b\nc"),)), "method.bad_key"),
    ],
)
def test_a_stage_that_cannot_be_is_refused(stage: StageSpec, code: str) -> None:
    with pytest.raises(RuleBroken, match=code):
        drafted_of(stage, winning="new:1")


def test_a_method_has_at_most_twenty_stages() -> None:
    many = [StageSpec(f"new:{n}", Words("", f"S{n}"), 0) for n in range(21)]
    with pytest.raises(RuleBroken, match=r"method.too_many_stages"):
        drafted_of(*many, winning="new:20")
