"""Figures as people read them: separators, 万 and 亿, percentages, rounded once, half to even."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dakehu.templatetags.figures import exact, in_column, percent_text, scaled, signed, whole_text

WAN, YI = 10**4, 10**8


@pytest.mark.parametrize(
    ("value", "unit", "language", "shown"),
    [
        (Decimal("3840000.00"), "auto", "zh-hans", ("384.0", WAN)),
        (Decimal("3840000.00"), "auto", "en", ("3,840,000", 1)),
        (Decimal("9999.50"), "auto", "zh-hans", ("9,999.50", 1)),
        (Decimal(10000), "auto", "zh-hans", ("1.0", WAN)),
        (Decimal(-232000), "auto", "zh-hans", ("−23.2", WAN)),
        (Decimal(384_000_000), "yi", "zh-hans", ("3.84", YI)),
        (Decimal(9_000_000), "yi", "zh-hans", ("900.0", WAN)),
        (Decimal(384_000_000), "plain", "zh-hans", ("384,000,000", 1)),
        (Decimal(5000), "wan", "en", ("0.50", WAN)),
        (Decimal(0), "wan", "zh-hans", ("0", 1)),
        (Fraction(1, 3), "plain", "en", ("0.33", 1)),
        (10**13, "auto", "zh-hans", ("1,000,000,000.0", WAN)),
    ],
)
def test_amounts_stand_in_the_readers_unit(
    value: Decimal, unit: str, language: str, shown: tuple[str, int]
) -> None:
    assert scaled(value, unit, language) == shown


def test_half_goes_to_the_even_neighbour() -> None:
    assert scaled(Decimal(12500), "wan", "zh-hans")[0] == "1.2"
    assert scaled(Decimal(13500), "wan", "zh-hans")[0] == "1.4"
    assert exact(Fraction(1, 200)) == "0.00"


def test_what_rounds_to_nought_has_no_sign() -> None:
    assert scaled(Decimal("-0.001"), "plain", "en")[0] == "0.00"
    assert signed("0.00") == "0.00"
    assert percent_text(Fraction(-1, 100_000), 1) == "0.0%"


@pytest.mark.parametrize(
    ("value", "unit", "shown", "change"),
    [
        (Decimal("499.99"), "wan", "<0.1", "<+0.1"),
        (Decimal(500), "wan", "<0.1", "<+0.1"),  # half to even: it would be 0.0
        (Decimal(501), "wan", "0.1", "+0.1"),
        (Decimal(-300), "wan", ">−0.1", ">−0.1"),
        (Fraction(1, 3), "wan", "<0.1", "<+0.1"),
        (Decimal(499_999), "yi", "<0.01", "<+0.01"),
        (Decimal("0.49"), "plain", "<1", "<+1"),
        (Decimal(0), "wan", "0.0", "0.0"),
        (Decimal(0), "plain", "0", "0"),
    ],
)
def test_what_is_too_small_for_its_column_is_not_nought(
    value: Decimal | Fraction, unit: str, shown: str, change: str
) -> None:
    assert in_column(value, unit) == shown
    assert signed(in_column(value, unit)) == change


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (Fraction(8648, 10_000), 1, "86.5%"),
        (Fraction(196, 10_000), 2, "1.96%"),
        (Fraction(1, 2), 2, "50%"),
        (Fraction(1), 1, "100%"),
        (Fraction(0), 1, "0%"),
        (Fraction(-5, 100), 2, "−5%"),
        (Fraction(61, 1000), 2, "6.1%"),
    ],
)
def test_shares_are_percentages(value: Fraction, digits: int, shown: str) -> None:
    assert percent_text(value, digits) == shown


def test_counts_and_signs() -> None:
    assert whole_text(1686) == "1,686"
    assert whole_text(-3) == "−3"
    assert signed("1.96%") == "+1.96%"
    assert signed("−1.96%") == "−1.96%"


@given(st.decimals(min_value=-(10**13), max_value=10**13, places=2), st.sampled_from(["wan", "yi"]))
def test_what_is_shown_is_never_further_off_than_half_its_last_digit(
    value: Decimal, unit: str
) -> None:
    text, scale = scaled(value, unit, "zh-hans")
    shown = Fraction(text.replace(",", "").replace("−", "-")) * scale
    digits = len(text.partition(".")[2])
    assert abs(shown - Fraction(value)) <= Fraction(scale, 2 * 10**digits)


@given(st.decimals(min_value=-(10**13), max_value=10**13, places=3))
def test_the_exact_amount_loses_nothing(value: Decimal) -> None:
    assert Decimal(exact(value).replace(",", "").replace("−", "-")) == value
