"""Reading a filter's text: what stands where it should not is told with its place."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dakehu.core.errors import RuleBroken
from dakehu.core.filters.days import MOST_DAYS, is_days
from dakehu.core.filters.expression import (
    ARITY,
    Condition,
    Expression,
    Field,
    Group,
    Kind,
    Value,
    conditions_of,
)
from dakehu.core.money import parse_amount
from dakehu.core.periods import parse_day

MOST_TEXT = 2000
MOST_CONDITIONS = 40
MOST_DEPTH = 4
MOST_VALUES = 100
MOST_WORDS = 120

_TOKEN = re.compile(
    r"\s*(?:(?P<open>\()|(?P<close>\))|(?P<comma>[,\uff0c])|(?P<sign>>=|<|=|\u2265|>)"
    r'|"(?P<text>(?:[^"\\]|\\.)*)"|(?P<word>[^\s(),\uff0c"<>=\u2265]+)|(?P<bad>\S))'
)
_SIGNS = {"=": "is", "\u2265": ">=", ">=": ">=", "<": "<"}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    #: Where it begins in the text, from 1.
    at: int


def read(text: str, fields: Mapping[str, Field]) -> Expression | None:
    """Read a filter over these fields; an empty one asks for nothing.

    RuleBroken `filter.too_long`, `filter.too_many`, `filter.too_deep`, `filter.unreadable`,
    `filter.unknown_field`, `filter.unknown_operator`, `filter.bad_value`, `filter.upside_down`,
    `filter.ends_early`, `filter.…_expected`; `at` is the place, counted from 1.
    """
    if len(text) > MOST_TEXT:
        raise RuleBroken("filter.too_long", limit=MOST_TEXT)
    if not text.strip():
        return None
    reader = _Reader(_tokens(text), fields, len(text) + 1)
    asked = reader.any_of(0)
    reader.end()
    if sum(1 for _one in conditions_of(asked)) > MOST_CONDITIONS:
        raise RuleBroken("filter.too_many", limit=MOST_CONDITIONS)
    return asked


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            break  # only spaces are left
        place = match.end()
        kind = match.lastgroup or ""
        told, at = match[kind], match.start(kind) + 1
        if kind == "bad":
            raise RuleBroken("filter.unreadable", at=at, near=told[:1])
        if kind == "text":
            told = re.sub(r"\\(.)", r"\1", told)
        found.append(_Token(kind, told, at))
    return found


class _Reader:
    """Goes through the tokens once."""

    def __init__(self, tokens: list[_Token], fields: Mapping[str, Field], end: int) -> None:
        self.tokens = tokens
        self.fields = fields
        self.place = 0
        self.last = end

    def end(self) -> None:
        """Refuse what is left over."""
        if self.place < len(self.tokens):
            raise self._expected("and_or")

    def any_of(self, depth: int) -> Expression:
        return self._joined("or", lambda: self.all_of(depth))

    def all_of(self, depth: int) -> Expression:
        return self._joined("and", lambda: self.one(depth))

    def _joined(self, word: str, part: Callable[[], Expression]) -> Expression:
        parts: list[Expression] = [part()]
        while self._is_word(word):
            self.place += 1
            parts.append(part())
        every = word == "and"
        if len(parts) == 1:
            return parts[0]
        flat: list[Expression] = []
        for one in parts:
            same = isinstance(one, Group) and one.every == every
            flat.extend(one.parts if same and isinstance(one, Group) else (one,))
        return Group(every, tuple(flat))

    def one(self, depth: int) -> Expression:
        """Read a condition, or an expression in brackets."""
        if not self._is("open"):
            return self._condition()
        if depth >= MOST_DEPTH:
            raise RuleBroken("filter.too_deep", limit=MOST_DEPTH, at=self._at())
        self.place += 1
        inner = self.any_of(depth + 1)
        if not self._is("close"):
            raise self._expected("close")
        self.place += 1
        return inner

    def _condition(self) -> Condition:
        at = self._at()
        if not self._is("word"):
            raise self._expected("field")
        name = self._take().text
        field = self.fields.get(name.lower())
        if field is None:
            raise RuleBroken("filter.unknown_field", text=name[:40], at=at)
        operator = self._operator(field)
        values = self._values(ARITY.get(operator, 1), many=operator == "in")
        return read_condition(field, operator, [(v.text, v.at) for v in values])

    def _operator(self, field: Field) -> str:
        if not (self._is("word") or self._is("sign")):
            raise self._expected("operator")
        token = self._take()
        operator = _SIGNS.get(token.text, token.text.lower())
        if operator not in field.operators:
            raise RuleBroken(
                "filter.unknown_operator", text=token.text[:40], at=token.at, known=field.operators
            )
        return operator

    def _values(self, count: int, *, many: bool) -> list[_Token]:
        found: list[_Token] = []
        while many or len(found) < count:
            if not (self._is("word") or self._is("text")):
                raise self._expected("value")
            found.append(self._take())
            if len(found) > MOST_VALUES:
                raise RuleBroken("filter.too_many", limit=MOST_VALUES, at=self._at())
            if not self._is("comma") or not (many or len(found) < count):
                break
            self.place += 1
        if not many and len(found) < count:
            raise self._expected("value")
        return found

    def _is(self, kind: str) -> bool:
        return self.place < len(self.tokens) and self.tokens[self.place].kind == kind

    def _is_word(self, word: str) -> bool:
        return self._is("word") and self.tokens[self.place].text.lower() == word

    def _take(self) -> _Token:
        self.place += 1
        return self.tokens[self.place - 1]

    def _at(self) -> int:
        return self.tokens[self.place].at if self.place < len(self.tokens) else self.last

    def _expected(self, wanted: str) -> RuleBroken:
        if self.place >= len(self.tokens):
            return RuleBroken("filter.ends_early", at=self.last)
        near = self.tokens[self.place].text[:40]
        return RuleBroken(f"filter.{wanted}_expected", at=self._at(), near=near)


def read_condition(field: Field, operator: str, values: list[tuple[str, int]]) -> Condition:
    """Read one condition, given its values as they were typed and where.

    RuleBroken `filter.unknown_operator`, `filter.bad_value`, `filter.upside_down`.
    """
    if operator not in field.operators:
        raise RuleBroken("filter.unknown_operator", text=operator[:40], at=1, known=field.operators)
    count = ARITY.get(operator, 1)
    if (
        len(values) < count
        or (operator != "in" and len(values) > count)
        or (operator == "in" and not values)
    ):
        raise RuleBroken("filter.bad_value", field=field.key, text="", at=1)
    read_values: list[Value] = []
    for text, at in values:
        try:
            read_values.append(_value(field, operator, text.strip()))
        except RuleBroken as error:
            raise RuleBroken("filter.bad_value", field=field.key, text=text[:40], at=at) from error
    if operator == "between":
        low, high = read_values
        if type(low) is type(high) and low > high:  # type: ignore[operator]
            raise RuleBroken("filter.upside_down", low=low, high=high, at=values[0][1])
    return Condition(field.key, operator, tuple(read_values))


def _value(field: Field, operator: str, text: str) -> Value:
    if not text or "\x00" in text:
        raise RuleBroken("filter.bad_value", field=field.key, text=text[:40], at=1)
    match field.kind:
        case Kind.TEXT:
            return text[:MOST_WORDS]
        case Kind.AMOUNT:
            return parse_amount(text)
        case Kind.PERCENT:
            share = parse_amount(text.rstrip("%\uff05"))
            return _within(share, share <= 100 and share == round(share, 2))
        case Kind.NUMBER:
            return _whole(text)
        case Kind.DAY:
            return _day(operator, text)
        case Kind.CHOICE:
            return _within(text.lower(), text.lower() in field.choices)
        case Kind.RECORD | Kind.TREE:
            return _whole(text)


def _day(operator: str, text: str) -> Value:
    if operator == "older":
        days = _whole(text.removesuffix("d"))
        return _within(days, 0 < days <= MOST_DAYS)
    if operator in (">=", "<", "between"):
        moving = operator != "between" and text.lower() == "today"
        return "today" if moving else parse_day(text).isoformat()
    name = text if text[:1].isdigit() or text[:2].upper() == "FY" else text.lower()
    return _within(name, is_days(name))


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 15:
        raise RuleBroken("url.not_a_number", text=text[:40])
    return int(text)


def _within(value: Value, holds: bool) -> Value:
    if not holds:
        raise RuleBroken("filter.unknown_days", text=str(value)[:40])
    return value
