"""How figures are written: separators, 万 and 亿, percentages. Rounded once, half to even."""

from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction

MINUS = "−"
WAN, YI = 10**4, 10**8


def decimal_of(value: Decimal | Fraction | int, digits: int) -> Decimal:
    """Round a value to a number of decimals, half to even."""
    with localcontext() as context:
        context.prec = 40
        if isinstance(value, Fraction):
            return Decimal(round(value * 10**digits)).scaleb(-digits)
        return Decimal(value).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN)


def grouped(value: Decimal | int, digits: int) -> str:
    """Write a number with thousands separators and the minus sign of typography."""
    text = f"{decimal_of(value, digits):,.{digits}f}"
    return text.replace("-", "" if not any(c in "123456789" for c in text) else MINUS)


def whole_text(value: int) -> str:
    """Write a count."""
    return grouped(value, 0)


def signed(text: str) -> str:
    """Put a plus before what is neither negative nor nought."""
    positive = not text.startswith(MINUS) and any(c in "123456789" for c in text)
    return f"+{text}" if positive else text


def percent_text(value: Fraction, digits: int) -> str:
    """Write a share as a percentage; decimals that are nought are left out when digits is 2."""
    text = grouped(decimal_of(value * 100, digits), digits)
    if digits > 1 or value == int(value):
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{text}%"


def exact(value: Decimal | Fraction | int) -> str:
    """Write an amount to the digit, as its title says it."""
    if isinstance(value, Fraction):
        return grouped(decimal_of(value, 2), 2)
    if isinstance(value, int):
        return grouped(value, 0)
    exponent = value.as_tuple().exponent
    return grouped(value, max(0, -exponent) if isinstance(exponent, int) else 0)


def scaled(value: Decimal | Fraction | int, unit: str, language: str) -> tuple[str, int]:
    """Write an amount in the reader's unit; give the figure and the unit (1, 10⁴ or 10⁸).

    auto: in Chinese 万 from 10,000 on, in English plain. wan: always 万. yi: 亿 from a tenth of
    one on, else 万, so that a column in 亿 does not fill with noughts.
    """
    value = Fraction(value)
    size = abs(value)
    if unit == "auto":
        unit = "wan" if language.startswith("zh") and size >= WAN else "plain"
    if unit == "yi" and size < YI // 10:
        unit = "wan"
    if unit == "wan":
        # 0 needs no unit, and under a hundredth of one the plain amount says more.
        if size < WAN // 100:
            return _plain(value), 1
        return grouped(decimal_of(value / WAN, _digits(size, WAN)), _digits(size, WAN)), WAN
    if unit == "yi":
        return grouped(decimal_of(value / YI, 2), 2), YI
    return _plain(value), 1


def _digits(size: Fraction, unit: int) -> int:
    return 1 if size >= unit else 2


def _plain(value: Fraction) -> str:
    if value.denominator == 1 or abs(value) >= WAN:
        return grouped(decimal_of(value, 0), 0)
    return grouped(decimal_of(value, 2), 2)


def unit_of_column(largest: Decimal | Fraction | int, unit: str, language: str) -> str:
    """Choose the one unit in which a column of amounts is written, by its largest amount."""
    size = abs(Fraction(largest))
    if unit == "auto":
        return "wan" if language.startswith("zh") and size >= 10 * WAN else "plain"
    if unit == "yi" and size < YI // 10:
        return "wan"
    return unit


def in_column(value: Decimal | Fraction | int, unit: str) -> str:
    """Write an amount in the unit of its column, with the decimals of all the others."""
    if unit == "yi":
        return grouped(decimal_of(Fraction(value) / YI, 2), 2)
    if unit == "wan":
        return grouped(decimal_of(Fraction(value) / WAN, 1), 1)
    return grouped(decimal_of(value, 0), 0)
