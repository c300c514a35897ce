"""What a filter is once it is read: conditions over fields, and groups of all or any of them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

Value: TypeAlias = str | int | Decimal


class Kind(StrEnum):
    """What a field holds, and so what can be asked of it."""

    TEXT = "text"
    AMOUNT = "amount"
    NUMBER = "number"
    PERCENT = "percent"
    DAY = "day"
    CHOICE = "choice"
    #: A record, named by its number.
    RECORD = "record"
    #: A record of a tree: it stands for all below it, unless `only` is asked.
    TREE = "tree"


_EQUALS = ("is", "not", "in")
_NOTHING = ("empty", "filled")
_MEASURED = ("is", ">=", "<", "between", *_NOTHING)
#: What can be asked of a kind, in the order in which it is offered.
OPERATORS: Mapping[Kind, tuple[str, ...]] = {
    Kind.TEXT: ("has", "is", "not", *_NOTHING),
    Kind.AMOUNT: (">=", "<", "between", "is", *_NOTHING),
    Kind.NUMBER: _MEASURED,
    Kind.PERCENT: _MEASURED,
    Kind.DAY: ("is", "not", ">=", "<", "between", "older", *_NOTHING),
    Kind.CHOICE: (*_EQUALS, *_NOTHING),
    Kind.RECORD: (*_EQUALS, *_NOTHING),
    Kind.TREE: ("is", "only", "not", "in", *_NOTHING),
}
#: How many values an operator takes; the others take one, `in` any number.
ARITY: Mapping[str, int] = {"empty": 0, "filled": 0, "between": 2}


@dataclass(frozen=True, slots=True)
class Field:
    """A field that a list can be filtered by."""

    key: str
    kind: Kind
    choices: tuple[str, ...] = ()
    #: Whether a row may have none: else nothing is asked about being empty.
    optional: bool = True
    #: Never is longer ago than any number of days ('no contact for 30 days').
    never_is_old: bool = False
    #: The sensitive field of core.access that one must be able to read.
    reads: str = ""

    @property
    def operators(self) -> tuple[str, ...]:
        """Give what can be asked of it."""
        found = OPERATORS[self.kind]
        return found if self.optional else tuple(op for op in found if op not in _NOTHING)


@dataclass(frozen=True, slots=True)
class Condition:
    """One field asked about."""

    field: str
    operator: str
    values: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """All of the parts, or any of them."""

    every: bool
    parts: tuple["Expression", ...]


Expression: TypeAlias = Condition | Group

#: What reads as one word; full-width signs are signs, too (reading.py).
_PLAIN = re.compile(r"[^\s(),\uff0c\"<>=\u2265]+")
_WORDS = {"and", "or"}


def written(asked: Expression) -> str:
    """Write an expression as the URL has it; reading it gives the same again."""
    if isinstance(asked, Condition):
        values = ", ".join(_value(value) for value in asked.values)
        return f"{asked.field} {asked.operator} {values}".rstrip()
    word = " and " if asked.every else " or "
    return word.join(
        f"({written(part)})" if isinstance(part, Group) else written(part) for part in asked.parts
    )


def _value(value: Value) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    text = str(value)
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def conditions_of(asked: Expression) -> Iterator[Condition]:
    """Give every condition, wherever it stands."""
    if isinstance(asked, Condition):
        yield asked
        return
    for part in asked.parts:
        yield from conditions_of(part)


def lines_of(asked: Expression) -> tuple[tuple[Condition, ...], ...] | None:
    """Give the expression as lines that all hold, each any of its conditions; None if deeper."""
    parts = asked.parts if isinstance(asked, Group) and asked.every else (asked,)
    found: list[tuple[Condition, ...]] = []
    for part in parts:
        if isinstance(part, Condition):
            found.append((part,))
            continue
        line = tuple(one for one in part.parts if isinstance(one, Condition))
        if part.every or len(line) != len(part.parts):
            return None
        found.append(line)
    return tuple(found)


def of_lines(lines: tuple[tuple[Condition, ...], ...]) -> Expression | None:
    """Give the expression of such lines, None where there is none."""
    parts = tuple(line[0] if len(line) == 1 else Group(False, line) for line in lines if line)
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else Group(True, parts)
