"""How figures are written: separators, 万 and 亿, percentages. Rounded once, half to even.

Whole numbers all the way: a page writes a hundred figures, and fractions or decimals would take
longer than the rest of it.
"""

from decimal import Decimal
from fractions import Fraction

MINUS = "−"
WAN, YI = 10**4, 10**8

Figure = Decimal | Fraction | int


def grouped(value: Figure, digits: int, unit: int = 1) -> str:
    """Write a number (of units) with thousands separators and the minus sign of typography."""
    numerator, denominator = value.as_integer_ratio()
    return _written(numerator, denominator * unit, digits)


def _written(numerator: int, denominator: int, digits: int) -> str:
    scale = 10**digits
    rounded, rest = divmod(abs(numerator) * scale, denominator)
    if 2 * rest > denominator or (2 * rest == denominator and rounded % 2):
        rounded += 1
    sign = MINUS if numerator < 0 and rounded else ""
    if not digits:
        return f"{sign}{rounded:,}"
    whole, part = divmod(rounded, scale)
    return f"{sign}{whole:,}.{part:0{digits}}"


def whole_text(value: int) -> str:
    """Write a count."""
    return grouped(value, 0)


def signed(text: str) -> str:
    """Put a plus before what is neither negative nor nought."""
    if text.startswith("<"):
        return f"<+{text[1:]}"
    if text.startswith(">"):
        return text
    positive = not text.startswith(MINUS) and any(c in "123456789" for c in text)
    return f"+{text}" if positive else text


def percent_text(value: Fraction, digits: int) -> str:
    """Write a share as a percentage; decimals that are nought are left out when digits is 2."""
    text = _written(value.numerator * 100, value.denominator, digits)
    if digits > 1 or value.denominator == 1:
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{text}%"


def exact(value: Figure) -> str:
    """Write an amount to the digit, as its title says it."""
    if isinstance(value, Fraction):
        return grouped(value, 2)
    if isinstance(value, int):
        return grouped(value, 0)
    exponent = value.as_tuple().exponent
    return grouped(value, max(0, -exponent) if isinstance(exponent, int) else 0)


def scaled(value: Figure, unit: str, language: str) -> tuple[str, int]:
    """Write an amount in the reader's unit; give the figure and the unit (1, 10⁴ or 10⁸).

    auto: in Chinese 万 from 10,000 on, in English plain. wan: always 万. yi: 亿 from a tenth of
    one on, else 万, so that a column in 亿 does not fill with noughts.
    """
    numerator, denominator = value.as_integer_ratio()
    # Whole units are enough to tell sizes apart: the limits are whole.
    size = abs(numerator) // denominator
    if unit == "auto":
        unit = "wan" if language.startswith("zh") and size >= WAN else "plain"
    if unit == "yi" and size < YI // 10:
        unit = "wan"
    # 0 needs no unit, and under a hundredth of one the plain amount says more.
    if unit == "wan" and size >= WAN // 100:
        return _written(numerator, denominator * WAN, 1 if size >= WAN else 2), WAN
    if unit == "yi":
        return _written(numerator, denominator * YI, 2), YI
    return _written(numerator, denominator, 0 if denominator == 1 or size >= WAN else 2), 1


def unit_of_column(largest: Figure, unit: str, language: str) -> str:
    """Choose the one unit in which a column of amounts is written, by its largest amount."""
    size = abs(Fraction(largest))
    if unit == "auto":
        return "wan" if language.startswith("zh") and size >= 10 * WAN else "plain"
    if unit == "yi" and size < YI // 10:
        return "wan"
    return unit


def in_column(value: Figure, unit: str) -> str:
    """Write an amount in the unit of its column, with the decimals of all the others.

    What is too small for them is not nought: 300 in a column of 万 is <0.1, −300 is >−0.1.
    """
    digits, scale = {"yi": (2, YI), "wan": (1, WAN)}.get(unit, (0, 1))
    text = grouped(value, digits, scale)
    if value and not any(c in "123456789" for c in text):
        least = f"0.{1:0{digits}}" if digits else "1"
        return f"<{least}" if value > 0 else f">{MINUS}{least}"
    return text
