"""The filter language: what is written is read, what makes no sense is told with its place."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dakehu.core.errors import RuleBroken
from dakehu.core.filters import (
    MOST_CONDITIONS,
    Condition,
    Expression,
    Field,
    Group,
    Kind,
    days_of,
    lines_of,
    of_lines,
    read,
    written,
)

FIELDS = {
    field.key: field
    for field in (
        Field("name", Kind.TEXT, optional=False),
        Field("amount", Kind.AMOUNT),
        Field("days", Kind.NUMBER),
        Field("rate", Kind.PERCENT),
        Field("closes", Kind.DAY),
        Field("category", Kind.CHOICE, ("commit", "pipeline")),
        Field("owner", Kind.RECORD),
        Field("unit", Kind.TREE),
    )
}


def one(text: str) -> Condition:
    found = read(text, FIELDS)
    assert isinstance(found, Condition)
    return found


@pytest.mark.parametrize(
    ("text", "operator", "values"),
    [
        ("amount >= 100万", ">=", (Decimal(1_000_000),)),
        ("amount ≥ 1.5亿", ">=", (Decimal(150_000_000),)),
        ("amount>=100", ">=", (Decimal(100),)),
        ("amount between 5, 20", "between", (Decimal(5), Decimal(20))),
        ("AMOUNT < 3", "<", (Decimal(3),)),
        ("rate >= 12.5%", ">=", (Decimal("12.5"),)),
        ("closes is this_quarter", "is", ("this_quarter",)),
        ("closes = 2026Q4", "is", ("2026Q4",)),
        ("closes is next_45_days", "is", ("next_45_days",)),
        ("closes >= 2026年11月20日", ">=", ("2026-11-20",)),
        ("closes < today", "<", ("today",)),
        ("closes older 30", "older", (30,)),
        ("closes older 30d", "older", (30,)),
        ("category in commit, pipeline", "in", ("commit", "pipeline")),
        ("owner empty", "empty", ()),
        ("unit only 7", "only", (7,)),
        ('name has "\u9001\u6837\uff0c\u8ddf\u8fdb"', "has", ("\u9001\u6837\uff0c\u8ddf\u8fdb",)),
        ('name has "a, (b) or \\"c\\""', "has", ('a, (b) or "c"',)),
        ("name is 江衡水务", "is", ("江衡水务",)),
    ],
)
def test_a_condition_is_read(text: str, operator: str, values: tuple[object, ...]) -> None:
    found = one(text)
    assert (found.operator, found.values) == (operator, values)
    assert read(written(found), FIELDS) == found


def test_and_binds_closer_than_or_and_brackets_closer_still() -> None:
    a, b, c = one("days is 1"), one("days is 2"), one("days is 3")
    told = {
        "days is 1 and days is 2 or days is 3": Group(False, (Group(True, (a, b)), c)),
        "days is 1 and (days is 2 or days is 3)": Group(True, (a, Group(False, (b, c)))),
        "days is 1 and (days is 2 and days is 3)": Group(True, (a, b, c)),
        "((days is 1))": a,
    }
    for text, meant in told.items():
        assert read(text, FIELDS) == meant, text
        assert read(written(meant), FIELDS) == meant, text
    assert read("  ", FIELDS) is None


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        ("phone is 5", "filter.unknown_field", 1),
        ("amount >= ", "filter.ends_early", 11),
        ("amount has 5", "filter.unknown_operator", 8),
        ("amount >= 5 days is 3", "filter.and_or_expected", 13),
        ("(amount >= 5", "filter.ends_early", 13),
        ("amount >= 1,23 and days is 3", "filter.and_or_expected", 12),
        ("amount >= x", "filter.bad_value", 11),
        ("days is -3", "filter.bad_value", 9),
        ("closes is some_day", "filter.bad_value", 11),
        ("closes is 2026-02-30", "filter.bad_value", 11),
        ("category is lost", "filter.bad_value", 13),
        ("owner is wen", "filter.bad_value", 10),
        ("name empty", "filter.unknown_operator", 6),
        ("amount between 9, 3", "filter.upside_down", 16),
        ("rate >= 101", "filter.bad_value", 9),
        ("and", "filter.unknown_field", 1),
        ("amount (", "filter.operator_expected", 8),
        (", days is 1", "filter.field_expected", 1),
        ("days is )", "filter.value_expected", 9),
        ('name has "open', "filter.unreadable", 10),
        ("(((((days is 1)))))", "filter.too_deep", 5),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(text: str, code: str, at: int) -> None:
    with pytest.raises(RuleBroken) as refused:
        read(text, FIELDS)
    assert (refused.value.code, refused.value.facts["at"]) == (code, at)


def test_a_filter_is_bounded() -> None:
    many = " or ".join("days is 1" for _n in range(MOST_CONDITIONS + 1))
    long = f'name has "{"x" * 3000}"'
    listed = "owner in " + ",".join(str(n) for n in range(200))
    for text, code in ((many, "many"), (long, "long"), (listed, "many"), ("(" * 2000, "deep")):
        with pytest.raises(RuleBroken) as refused:
            read(text, FIELDS)
        assert refused.value.code == f"filter.too_{code}"


TODAY = date(2026, 11, 18)  # a Wednesday


@pytest.mark.parametrize(
    ("name", "first", "start", "end"),
    [
        ("today", 1, "2026-11-18", "2026-11-19"),
        ("yesterday", 1, "2026-11-17", "2026-11-18"),
        ("this_week", 1, "2026-11-16", "2026-11-23"),
        ("next_month", 1, "2026-12-01", "2027-01-01"),
        ("this_quarter", 1, "2026-10-01", "2027-01-01"),
        ("this_quarter", 2, "2026-11-01", "2027-02-01"),
        ("last_year", 4, "2025-04-01", "2026-04-01"),
        ("last_7_days", 1, "2026-11-12", "2026-11-19"),
        ("next_7_days", 1, "2026-11-18", "2026-11-25"),
        ("2026-11", 1, "2026-11-01", "2026-12-01"),
        ("2026Q4", 4, "2027-01-01", "2027-04-01"),
        ("2026-11-20", 1, "2026-11-20", "2026-11-21"),
    ],
)
def test_days_that_move_with_today_and_with_the_fiscal_year(
    name: str, first: int, start: str, end: str
) -> None:
    found = days_of(name, today=TODAY, first_month=first)
    assert found == (date.fromisoformat(start), date.fromisoformat(end))


conditions = st.one_of(
    st.builds(
        Condition, st.just("amount"), st.just(">="),
        st.tuples(st.integers(0, 10**12).map(lambda n: Decimal(n) / 100)),
    ),
    st.builds(
        Condition, st.just("name"), st.sampled_from(["has", "is", "not"]),
        st.tuples(
            st.text(
                st.characters(exclude_characters="\x00", exclude_categories=["Cs"])
                | st.sampled_from("\uff0c\u2265,<>=()\"\\ "),
                min_size=1,
            )
            .map(lambda t: t.strip()[:60].strip())
            .filter(bool)
        ),
    ),
    st.builds(
        Condition, st.just("category"), st.just("in"),
        st.lists(st.sampled_from(["commit", "pipeline"]), min_size=1, max_size=3).map(tuple),
    ),
)  # fmt: skip


@given(st.lists(st.lists(conditions, min_size=1, max_size=3).map(tuple), min_size=1, max_size=4))
def test_lines_of_a_form_come_back_as_they_were(lines: list[tuple[Condition, ...]]) -> None:
    asked: Expression | None = of_lines(tuple(lines))
    assert asked is not None
    again = read(written(asked), FIELDS)
    assert again == asked
    if len(lines) > 1:
        assert lines_of(asked) == tuple(lines)


def test_what_is_nested_deeper_is_no_lines() -> None:
    deep = read("days is 1 or (days is 2 and (days is 3 or days is 4))", FIELDS)
    assert deep is not None
    assert lines_of(deep) is None
