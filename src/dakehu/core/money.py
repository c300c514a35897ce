"""Amounts of money: exact, in one currency, rounded once at the end and half to even.

Three forms: `Money` (a decimal with its currency), whole minor units (what tables hold: 1,234.50
with two digits is 123450) and `Fraction` of the unit (what formulas work in). Never a float.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

from dakehu.core.errors import RuleBroken

MAX_UNITS = 10**13
MAX_MINOR = 10**15

_CURRENCY = re.compile(r"[A-Z]{3}")
_PLAIN = r"[0-9]+"
_WITH_COMMAS = r"[0-9]{1,3}(?:,[0-9]{3})+"
_WITH_SPACES = r"[0-9]{1,3}(?: [0-9]{3})+"
_AMOUNT = re.compile(
    rf"(?P<sign>[+-]?) ?(?P<whole>{_WITH_COMMAS}|{_WITH_SPACES}|{_PLAIN})"
    r"(?P<decimals>\.[0-9]+)? ?(?P<scale>[万萬亿億]?)元?"
)
# 1,23 · 1.234,5 · 1.234.567: a comma that decides decimals, or dots that group.
_OTHER_NOTATION = re.compile(
    r"[+-]?(?:[0-9]+,[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+|[0-9]{1,3}(?:\.[0-9]{3}){2,})"
    r" ?[万萬亿億]?元?"
)
_SCALES = {"": 1, "万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_LONGEST_TEXT = 60
#: How most amounts of a file are written; what else there is takes the longer way.
_BARE = re.compile(r"([0-9]{1,13})(?:\.([0-9]{1,6}))?")
#: Nothing that is done in it is rounded.
_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in one currency (ISO 4217 code). Adding another currency is refused."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise TypeError(f"an amount is a Decimal, not {type(self.amount).__name__}")
        if not self.amount.is_finite():
            raise RuleBroken("money.malformed", text=str(self.amount))
        if not _CURRENCY.fullmatch(self.currency):
            raise RuleBroken("money.unknown_currency", currency=self.currency)

    def __add__(self, other: "Money") -> "Money":
        self._same_currency(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same_currency(other)
        return Money(self.amount - other.amount, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)

    def _same_currency(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise RuleBroken(
                "money.different_currencies",
                currency=self.currency,
                other=other.currency,
            )


def _scale(digits: int) -> int:
    return int(10**digits)


def limit_in_units(digits: int) -> int:
    """The largest amount, in units, that a currency with so many digits may hold (FUN-2)."""
    return min(MAX_UNITS, MAX_MINOR // _scale(digits))


def to_minor(amount: Decimal, digits: int) -> int:
    """Whole minor units of an amount that is exact in them.

    RuleBroken `money.too_large` (`limit` in units), `money.too_many_digits`, `money.malformed`.
    An amount that was computed is rounded first, by `round_money`.
    """
    if not amount.is_finite():
        raise RuleBroken("money.malformed", text=str(amount))
    limit = limit_in_units(digits)
    if abs(amount) > limit:
        raise RuleBroken("money.too_large", limit=limit)
    minor = Fraction(amount) * _scale(digits)
    if minor.denominator != 1:
        raise RuleBroken("money.too_many_digits", amount=amount, digits=digits)
    return minor.numerator


def from_minor(minor: int, digits: int) -> Decimal:
    """The amount in units, with exactly `digits` decimals."""
    # By its digits and not by division: the decimal context would round a long total.
    return Decimal(f"{minor}E-{digits}")


def units(minor: int, digits: int) -> Fraction:
    """The amount in units, for formulas."""
    return Fraction(minor, _scale(digits))


def round_to_minor(value: Fraction | Decimal, digits: int) -> int:
    """Whole minor units nearest to `value` (in units), half to even."""
    if isinstance(value, Decimal) and value.is_finite():
        moved = value.scaleb(digits, _EXACT)
        return int(moved.to_integral_value(ROUND_HALF_EVEN, _EXACT))
    return round(Fraction(value) * _scale(digits))


def round_money(value: Fraction | Decimal, digits: int) -> Decimal:
    """`value` with `digits` decimals, half to even: the one rounding, at the end."""
    return from_minor(round_to_minor(value, digits), digits)


def split_minor(minor: int, weights: Sequence[int]) -> list[int]:
    """Split whole minor units by weights, to the last one; equally where all weights are 0.

    Each gets its share rounded down; what is left goes one by one to the largest remainders, of
    equal ones to the first.
    """
    whole = sum(weights)
    parts = list(weights) if whole else [1] * len(weights)
    whole = whole or len(parts)
    shares = [minor * part // whole for part in parts]
    rest = sorted(range(len(parts)), key=lambda n: (-(minor * parts[n] % whole), n))
    for n in rest[: minor - sum(shares)]:
        shares[n] += 1
    return shares


def parse_amount(text: str, *, digits: int | None = None, negative: bool = False) -> Decimal:
    """An amount as people type it: `1,234.50`, `１２３４．５`, `120万`, `1.5亿元`.

    What could be read in two ways is refused, not guessed: the decimal comma of `1,23` and
    `1.234,50`. With `digits`, more decimals than the currency has are refused too (`1.234` in
    euro may be a thousand). RuleBroken `money.missing`, `money.malformed`, `money.ambiguous`,
    `money.negative` (unless `negative`), `money.too_many_digits`, `money.too_large`.
    """
    bare = _bare(text, digits)
    if bare is not None:
        return bare
    plain = unicodedata.normalize("NFKC", text).replace("\N{MINUS SIGN}", "-").strip()
    if not plain:
        raise RuleBroken("money.missing")
    found = _AMOUNT.fullmatch(plain) if len(plain) <= _LONGEST_TEXT else None
    if found is None:
        shown = text.strip()[:_LONGEST_TEXT]
        if len(plain) <= _LONGEST_TEXT and _OTHER_NOTATION.fullmatch(plain):
            raise RuleBroken("money.ambiguous", text=shown)
        raise RuleBroken("money.malformed", text=shown)
    whole = found["whole"].replace(",", "").replace(" ", "")
    value = Fraction(whole + (found["decimals"] or "")) * _SCALES[found["scale"]]
    if found["sign"] == "-":
        value = -value
    if value < 0 and not negative:
        raise RuleBroken("money.negative", text=text.strip())
    limit = MAX_UNITS if digits is None else limit_in_units(digits)
    if abs(value) > limit:
        raise RuleBroken("money.too_large", limit=limit)
    return _exact(value, digits)


def _bare(text: str, digits: int | None) -> Decimal | None:
    """Read digits and a point, as files of machines write them; None for all else."""
    found = _BARE.fullmatch(text) if text.isascii() else None
    if found is None:
        return None
    decimals = (found[2] or "").rstrip("0")
    places = len(decimals) if digits is None else digits
    if len(decimals) > places:
        return None
    amount = Decimal(f"{int(found[1] + decimals.ljust(places, '0'))}E-{places}")
    limit = MAX_UNITS if digits is None else limit_in_units(digits)
    return amount if amount <= limit else None


def _exact(value: Fraction, digits: int | None) -> Decimal:
    """`value`, whose denominator divides a power of ten, as a decimal without rounding."""
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
    if digits is not None and places > digits:
        amount = from_minor(int(value * 10**places), places)
        raise RuleBroken("money.too_many_digits", amount=amount, digits=digits)
    places = places if digits is None else digits
    return from_minor(int(value * 10**places), places)
