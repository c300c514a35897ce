"""Cells to values: days, amounts, whole numbers. Nothing that reads in two ways is guessed."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from dakehu.core.errors import RuleBroken
from dakehu.core.money import parse_amount
from dakehu.core.periods import DateOrder, parse_day

_TIME = re.compile(
    r"(?P<day>.+?)[T ]\s*[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?"
    r"\s*(Z|[AaPp][Mm]|[+-][0-9]{2}:?[0-9]{2})?"
)
_YEAR_LAST = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.][0-9]{4}")
_SERIAL = re.compile(r"[0-9]{5}(\.[0-9]+)?")
_BRACKETS = re.compile(r"\((?P<inner>[^()]+)\)")
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+")
_SYMBOLS = {
    "USD": ("US$", "$"), "CNY": ("¥", "RMB"), "EUR": ("€",), "GBP": ("£",),
    "JPY": ("¥",), "HKD": ("HK$", "$"),
}  # fmt: skip
#: Excel's day 0, moved by its belief that 1900 was a leap year.
_EXCEL_START = date(1899, 12, 30)

Found = DateOrder | Literal["mixed"] | None


def order_of_days(cells: Iterable[str]) -> Found:
    """Give the order that a column's days prove by a number above 12.

    None: nothing proves any; 'mixed': some prove one, some the other.
    """
    proven: set[DateOrder] = set()
    # Days repeat, most of all in long columns.
    for cell in set(cells):
        found = _YEAR_LAST.fullmatch(_without_time(cell))
        if found is None:
            continue
        if int(found[1]) > 12:
            proven.add("dmy")
        elif int(found[2]) > 12:
            proven.add("mdy")
    if len(proven) > 1:
        return "mixed"
    return proven.pop() if proven else None


def read_day(text: str, *, order: DateOrder, is_sheet: bool = False) -> date:
    """Read a day; a time behind it is left out. In a sheet, five digits are Excel's serial.

    Raises RuleBroken `day.missing`, `day.ambiguous`, `day.malformed`, `day.not_in_calendar`.
    """
    plain = _without_time(text)
    if is_sheet and _SERIAL.fullmatch(plain):
        return _EXCEL_START + timedelta(days=int(plain[:5]))
    return parse_day(plain, order)


def _without_time(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).strip()
    found = _TIME.fullmatch(plain)
    return found["day"].strip() if found else plain


def read_amount(text: str, *, currency: str, digits: int) -> Decimal:
    """Read an amount of that currency: with its symbol, 万 or 亿, brackets for below zero.

    Raises RuleBroken `money.…`; a negative amount is `money.negative`.
    """
    if text.isdecimal() and text.isascii():
        return parse_amount(text, digits=digits)
    plain = unicodedata.normalize("NFKC", text).strip()
    below = False
    found = _BRACKETS.fullmatch(plain)
    if found:
        plain, below = found["inner"].strip(), True
    plain = _without_currency(plain, currency)
    amount = parse_amount(plain, digits=digits)
    if below and amount:
        raise RuleBroken("money.negative", text=text.strip()[:60])
    return amount


def _without_currency(plain: str, currency: str) -> str:
    for mark in (currency, *_SYMBOLS.get(currency, ())):
        if plain.upper().startswith(mark):
            return plain[len(mark) :].strip()
        if plain.upper().endswith(mark):
            return plain[: -len(mark)].strip()
    return plain


def read_number(text: str) -> Decimal:
    """Read a number that may be below zero: a price, a quantity. RuleBroken `number.malformed`."""
    plain = unicodedata.normalize("NFKC", text).strip()
    found = _BRACKETS.fullmatch(plain)
    try:
        if found:
            return -parse_amount(found["inner"])
        return parse_amount(plain, negative=True)
    except RuleBroken as error:
        raise RuleBroken("number.malformed", text=text.strip()[:60]) from error


def read_whole(text: str, *, limit: int = 2_147_483_647) -> int:
    """Read a whole number from 0 up. RuleBroken `number.malformed`, `number.not_whole`."""
    number = read_number(text)
    if number != int(number) or not 0 <= number <= limit:
        raise RuleBroken("number.not_whole", text=text.strip()[:60], limit=limit)
    return int(number)


def read_email(text: str) -> str:
    """Read an address of mail. RuleBroken `email.malformed`."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if not _EMAIL.fullmatch(plain):
        raise RuleBroken("email.malformed", text=text.strip()[:60])
    return plain
