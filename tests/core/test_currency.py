"""Exchange between currencies on one day."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dakehu.core.currency import Exchange, convert, cross_rate
from dakehu.core.errors import RuleBroken

DAY = Exchange(
    to="CNY",
    digits={"CNY": 2, "USD": 2, "JPY": 0, "KWD": 3, "EUR": 2},
    rates={"USD": Fraction("7.2"), "JPY": Fraction("0.05"), "KWD": Fraction("23.4")},
)
rates = st.fractions(Fraction(1, 1000), 1000)


@pytest.mark.parametrize(
    ("minor", "currency", "value"),
    [(100, "CNY", "1"), (100, "USD", "7.2"), (100, "JPY", "5"), (100, "KWD", "2.34"),
     (0, "EUR", "0")],
)  # fmt: skip
def test_an_amount_is_worth_its_units_times_the_rate(minor: int, currency: str, value: str) -> None:
    assert DAY.value(minor, currency) == Fraction(value)


def test_without_a_rate_the_worth_is_unknown_not_zero() -> None:
    assert DAY.value(100, "EUR") is None
    assert DAY.rate("EUR") is None
    with pytest.raises(RuleBroken, match=r"money\.no_exchange_rate"):
        DAY.restated("EUR")


@given(st.integers(-(10**15), 10**15), st.sampled_from(["CNY", "USD", "JPY", "KWD"]))
def test_restating_to_another_currency_goes_through_the_base(minor: int, currency: str) -> None:
    in_usd, in_cny = DAY.restated("USD"), DAY
    there, here = in_usd.value(minor, currency), in_cny.value(minor, currency)
    assert there is not None
    assert here is not None
    assert there * Fraction("7.2") == here
    back = in_usd.restated("CNY")
    assert back.value(minor, currency) == here


@given(rates, rates)
def test_cross_rates_of_two_currencies_are_each_others_inverse(a: Fraction, b: Fraction) -> None:
    assert cross_rate(a, b) * cross_rate(b, a) == 1


@pytest.mark.parametrize(
    ("minor", "from_digits", "rate", "to_digits", "booked"),
    [(12345, 2, "7.2", 2, 88884), (1, 2, "0.5", 2, 0), (3, 2, "0.5", 2, 2),
     (1000, 0, "0.05", 2, 5000),
     (1000, 3, "23.4", 2, 2340), (-3, 2, "0.5", 2, -2)],
)  # fmt: skip
def test_what_an_outcome_books_is_rounded_once_half_to_even(
    minor: int, from_digits: int, rate: str, to_digits: int, booked: int
) -> None:
    assert (
        convert(minor, from_digits=from_digits, rate=Fraction(rate), to_digits=to_digits) == booked
    )


@pytest.mark.parametrize("rate", [Fraction(0), Fraction(-1)])
def test_a_rate_is_positive(rate: Fraction) -> None:
    with pytest.raises(RuleBroken, match=r"money\.exchange_rate_not_positive"):
        convert(100, from_digits=2, rate=rate, to_digits=2)
    with pytest.raises(RuleBroken, match=r"money\.exchange_rate_not_positive"):
        Exchange(to="CNY", digits={"USD": 2}, rates={"USD": rate})
    with pytest.raises(RuleBroken, match=r"money\.exchange_rate_not_positive"):
        cross_rate(Fraction(1), rate)
