"""Amounts of money: how they are typed, kept, added and rounded."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dakehu.core.errors import RuleBroken
from dakehu.core.money import (
    MAX_MINOR,
    Money,
    from_minor,
    limit_in_units,
    parse_amount,
    round_money,
    split_minor,
    to_minor,
    units,
)

digits = st.integers(0, 3)


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("1234", "1234"), ("1,234.50", "1234.5"), ("1 234.50", "1234.5"),
        ("12,345,678", "12345678"),
        ("１２３４．５０", "1234.5"),
        ("１，２３４", "1234"), ("  42 ", "42"), ("+7", "7"), ("0", "0"),
        ("120万", "1200000"), ("1.2345 万", "12345"), ("1.5亿", "150000000"), ("3萬", "30000"),
        ("2億元", "200000000"), ("1,200万元", "12000000"), ("88元", "88"), ("007", "7"),
        ("1\N{NO-BREAK SPACE}234", "1234"), ("10000000000000", "10000000000000"),
    ],
)  # fmt: skip
def test_an_amount_is_read_as_people_type_it(typed: str, amount: str) -> None:
    assert parse_amount(typed) == Decimal(amount)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "money.missing"), ("   ", "money.missing"),
        ("abc", "money.malformed"), ("1e5", "money.malformed"), ("NaN", "money.malformed"),
        ("inf", "money.malformed"), ("1_000", "money.malformed"), ("--5", "money.malformed"),
        ("1.2.3", "money.malformed"), ("5.", "money.malformed"), (".5", "money.malformed"),
        ("(5)", "money.malformed"), ("$5", "money.malformed"),
        ("1万2000", "money.malformed"),
        ("1,234 567", "money.malformed"), ("一百万", "money.malformed"),
        ("1.5M", "money.malformed"),
        ("٣", "money.malformed"), ("9" * 61, "money.malformed"), ("1,23,456", "money.malformed"),
        ("1,23", "money.ambiguous"), ("1234,5", "money.ambiguous"), ("1,2345", "money.ambiguous"),
        ("1.234,50", "money.ambiguous"), ("1.234.567", "money.ambiguous"),
        ("1.234.567,89", "money.ambiguous"), ("1,5万", "money.ambiguous"),
        ("-5", "money.negative"), ("\N{MINUS SIGN}5", "money.negative"),
        ("－５万", "money.negative"),
        ("10000000000001", "money.too_large"), ("10000000000000.01", "money.too_large"),
        ("100001亿", "money.too_large"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_surely_is_refused(typed: str, code: str) -> None:
    with pytest.raises(RuleBroken) as refusal:
        parse_amount(typed)
    assert refusal.value.code == code


def test_a_negative_amount_is_read_where_it_is_allowed() -> None:
    assert parse_amount("-1,234.5", negative=True) == Decimal("-1234.5")
    assert parse_amount("-0") == 0


def test_more_decimals_than_the_currency_has_are_refused() -> None:
    assert str(parse_amount("12.5", digits=2)) == "12.50"
    assert str(parse_amount("1.2345万", digits=0)) == "12345"
    assert parse_amount("12.500", digits=2) == Decimal("12.5")
    for typed, kept in [("1.234", 2), ("0.5", 0), ("0.00001万", 0)]:
        with pytest.raises(RuleBroken, match=r"money\.too_many_digits"):
            parse_amount(typed, digits=kept)


@pytest.mark.parametrize(("kept", "limit"), [(0, 10**13), (2, 10**13), (3, 10**12)])
def test_the_largest_amount_is_the_last_one_taken(kept: int, limit: int) -> None:
    assert limit_in_units(kept) == limit
    assert to_minor(Decimal(limit), kept) == limit * 10**kept <= MAX_MINOR
    assert to_minor(Decimal(-limit), kept) == -limit * 10**kept
    assert parse_amount(str(limit), digits=kept) == limit
    with pytest.raises(RuleBroken) as refusal:
        to_minor(Decimal(limit) + Decimal(1).scaleb(-kept), kept)
    assert (refusal.value.code, refusal.value.facts) == (
        "money.too_large",
        {"limit": limit},
    )
    with pytest.raises(RuleBroken, match=r"money\.too_large"):
        parse_amount(str(limit + 1), digits=kept)


@given(st.integers(-(10**12), 10**12), digits)
def test_minor_units_and_amounts_are_the_same_thing(minor: int, kept: int) -> None:
    amount = from_minor(minor, kept)
    assert to_minor(amount, kept) == minor
    assert amount.as_tuple().exponent == -kept
    assert Fraction(amount) == units(minor, kept)
    assert parse_amount(f"{amount:,}", digits=kept, negative=True) == amount


def test_a_total_longer_than_the_decimal_context_is_not_rounded() -> None:
    assert str(from_minor(10**30 + 1, 2)) == "1" + "0" * 28 + ".01"


def test_amounts_that_are_not_exact_in_minor_units_are_not_rounded_in_silence() -> None:
    with pytest.raises(RuleBroken, match=r"money\.too_many_digits"):
        to_minor(Decimal("0.005"), 2)
    with pytest.raises(RuleBroken, match=r"money\.malformed"):
        to_minor(Decimal("NaN"), 2)


@pytest.mark.parametrize(
    ("value", "rounded"),
    [("0.005", "0.00"), ("0.015", "0.02"), ("0.025", "0.02"), ("0.0251", "0.03"),
     ("-0.005", "0.00"), ("-0.015", "-0.02"), ("2", "2.00")],
)  # fmt: skip
def test_rounding_is_half_to_even(value: str, rounded: str) -> None:
    assert str(round_money(Decimal(value), 2)) == rounded
    assert str(round_money(Fraction(value), 2)) == rounded


@given(st.fractions(-(10**6), 10**6), digits)
def test_rounding_is_off_by_at_most_half_a_minor_unit(value: Fraction, kept: int) -> None:
    assert abs(Fraction(round_money(value, kept)) - value) <= Fraction(1, 2 * 10**kept)


def test_money_adds_within_one_currency_only() -> None:
    five, two = Money(Decimal(5), "CNY"), Money(Decimal(2), "CNY")
    assert five + two == Money(Decimal(7), "CNY")
    assert five - two == Money(Decimal(3), "CNY")
    assert -five == Money(Decimal(-5), "CNY")
    dollar = Money(Decimal(1), "USD")
    with pytest.raises(RuleBroken, match=r"money\.different_currencies"):
        five + dollar
    with pytest.raises(RuleBroken, match=r"money\.different_currencies"):
        five - dollar


def test_money_is_a_finite_decimal_of_a_named_currency() -> None:
    with pytest.raises(TypeError):
        Money(0.1, "CNY")  # type: ignore[arg-type]
    with pytest.raises(RuleBroken, match=r"money\.malformed"):
        Money(Decimal("Infinity"), "CNY")
    with pytest.raises(RuleBroken, match=r"money\.unknown_currency"):
        Money(Decimal(1), "yuan")


def test_an_amount_is_split_to_the_last_minor_unit() -> None:
    assert split_minor(100, [1, 1, 1]) == [34, 33, 33]
    assert split_minor(100, [1, 2]) == [33, 67]
    assert split_minor(7, [0, 0]) == [4, 3]
    assert split_minor(0, [3, 4]) == [0, 0]


@given(st.integers(0, MAX_MINOR), st.lists(st.integers(0, MAX_MINOR), min_size=1, max_size=9))
def test_shares_add_up_and_are_off_by_less_than_one(minor: int, weights: list[int]) -> None:
    shares = split_minor(minor, weights)
    assert sum(shares) == minor
    whole = sum(weights) or len(weights)
    for share, weight in zip(shares, weights, strict=True):
        exact = Fraction(minor * (weight if sum(weights) else 1), whole)
        assert abs(share - exact) < 1
