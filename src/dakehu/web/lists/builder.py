"""The form that builds a filter line by line; lines joined by 'or' belong together.

Without scripts it is a flat form of lines; with them a line is asked for anew when its field or
its operator changes, so that it offers what fits.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.http import QueryDict
from django.utils.translation import gettext as _

from dakehu.core.errors import RuleBroken
from dakehu.core.filters import (
    Condition,
    Expression,
    Field,
    Group,
    Kind,
    Value,
    lines_of,
    of_lines,
    read_condition,
    written,
)
from dakehu.messages import sentence
from dakehu.web.lists.words import DAYS, OF_DAYS, OPERATORS, Vocabulary

MOST_LINES = 20
_PARAM = re.compile(r"c[0-9]{1,2}_(?:join|field|op|v)")
_NUMBERS = {str(number) for number in range(MOST_LINES)}
#: How many empty lines the form has beside those that are filled.
SPARE = 2


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the form: the field, what is asked, and the inputs that its value takes."""

    number: int
    joined: str
    field: str
    operator: str
    fields: Sequence[tuple[str, str]]
    operators: Sequence[tuple[str, str]]
    #: select, many, days, date, dates, amount, amounts, number, numbers, text or nothing.
    control: str
    options: Sequence[tuple[str, str]] = ()
    values: tuple[str, ...] = ()
    error: str = ""

    @property
    def first(self) -> str:
        """Give what stands in the first input."""
        return self.values[0] if self.values else ""

    @property
    def second(self) -> str:
        """Give what stands in the second input."""
        return self.values[1] if len(self.values) > 1 else ""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Give what stands in the inputs of words: of many one each, and an empty one."""
        return (*self.values, "") if self.operator == "in" else (self.first,)

    @property
    def choices(self) -> Sequence[tuple[str, str]]:
        """Give what is chosen from; what is on offer no longer stays chosen as its number."""
        offered = dict(self.options)
        return [*self.options, *((v, f"#{v}") for v in self.values if v not in offered)]

    @property
    def typed(self) -> str:
        """Give what was typed where something could also be chosen."""
        return next((v for v in self.values if v not in dict(self.options)), "")


@dataclass
class Typed:
    """The lines of a form as they were sent."""

    lines: list[Line] = field(default_factory=list)
    asked: Expression | None = None
    is_wrong: bool = False


def has_lines(get: QueryDict) -> bool:
    """Test if a form of lines was sent."""
    return any(f"c{number}_field" in get for number in range(MOST_LINES))


def is_of_line(name: str) -> bool:
    """Test if a parameter is one of the form of lines."""
    return bool(_PARAM.fullmatch(name))


def without_lines(get: QueryDict) -> QueryDict:
    """Give the query without the form of lines, and from page one."""
    left = get.copy()
    for name in get:
        if is_of_line(name) or name in ("after", "before", "deleted"):
            left.pop(name, None)
    return left


def line_asked(get: QueryDict, words: Vocabulary) -> Line:
    """Give the line that is asked for anew; what was typed stays where it still fits."""
    text = get.get("n", "")
    number = int(text) if text in _NUMBERS else 0
    name, operator = get.get(f"c{number}_field", ""), get.get(f"c{number}_op", "")
    values = tuple(get.getlist(f"c{number}_v"))[:100]
    known = words.fields.get(name)
    if known is not None and (offered := dict(words.offered(known))):
        values = tuple(value for value in values if value in offered)
    return line(words, number, get.get(f"c{number}_join", "and"), name, operator, values)


def typed_lines(get: QueryDict, words: Vocabulary) -> Typed:
    """Read the lines of a form, with what is wrong at each."""
    found = Typed()
    joined: list[tuple[Condition, ...]] = []
    for number in range(MOST_LINES):
        name = get.get(f"c{number}_field", "")
        known = words.fields.get(name)
        if known is None:
            continue
        operator = get.get(f"c{number}_op", "")
        operator = operator if operator in known.operators else known.operators[0]
        values = tuple(v.strip() for v in get.getlist(f"c{number}_v") if v.strip())
        join = get.get(f"c{number}_join", "and")
        error = ""
        try:
            condition = _condition(known, operator, values, words)
        except RuleBroken as refused:
            error = _at_line(refused)
            found.is_wrong = True
        else:
            if join == "or" and joined:
                joined[-1] += (condition,)
            else:
                joined.append((condition,))
        found.lines.append(line(words, len(found.lines), join, name, operator, values, error))
    if not found.is_wrong:
        found.asked = of_lines(tuple(joined))
    return found


def _condition(
    known: Field, operator: str, values: tuple[str, ...], words: Vocabulary
) -> Condition:
    # A day is chosen or typed: what is typed rules.
    if known.kind is Kind.DAY and operator in ("is", "not"):
        values = tuple(v for v in values if v not in DAYS)[:1] or values[:1]
    elif words.meant is not None and not words.offered(known):
        values = tuple(words.meant(known, value) for value in values)
    return read_condition(known, operator, [(value, 1) for value in values])


def _at_line(refused: RuleBroken) -> str:
    if refused.code != "filter.bad_value":
        return sentence(refused)
    text = refused.facts.get("text")
    return _("“%(text)s” does not fit here.") % {"text": text} if text else _("Write a value.")


def shown_lines(asked: Expression | None, words: Vocabulary) -> tuple[list[Line], str]:
    """Give an expression as lines, or as text where it is nested deeper or longer than the form."""
    if asked is None:
        return [], ""
    groups = lines_of(asked)
    if groups is None or sum(map(len, groups)) > MOST_LINES:
        return [], written(asked)
    found: list[Line] = []
    for group in groups:
        for place, condition in enumerate(group):
            join = "or" if place else "and"
            known = words.fields[condition.field]
            write = words.typed if known.kind is Kind.TREE and not words.offered(known) else None
            values = tuple(
                write(known, value) if write else _plain(value) for value in condition.values
            )
            found.append(line(words, len(found), join, condition.field, condition.operator, values))
    return found, ""


def _plain(value: Value) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def with_spare(lines: list[Line], words: Vocabulary) -> list[Line]:
    """Add empty lines to be filled."""
    spare = min(SPARE, MOST_LINES - len(lines))
    return [*lines, *(line(words, len(lines) + n, "and", "", "", ()) for n in range(spare))]


def line(
    words: Vocabulary,
    number: int,
    joined: str,
    name: str,
    operator: str,
    values: tuple[str, ...],
    error: str = "",
) -> Line:
    """Give a line as the form shows it, with the inputs that fit its field and operator."""
    fields = [("", _("Choose a field")), *((key, words.label(key)) for key in words.fields)]
    known = words.fields.get(name)
    if known is None:
        return Line(number, joined, "", "", fields, [], "nothing")
    operator = operator if operator in known.operators else known.operators[0]
    is_day = known.kind is Kind.DAY
    operators = [
        (op, str(OF_DAYS[op] if is_day and op in OF_DAYS else OPERATORS[op]))
        for op in known.operators
    ]
    offered = words.offered(known)
    control = _control(known, operator, bool(offered))
    options: Sequence[tuple[str, str]] = offered
    if control == "days":
        options = [(key, str(word)) for key, word in DAYS.items()]
    return Line(number, joined, name, operator, fields, operators, control, options, values, error)


def _control(known: Field, operator: str, has_options: bool) -> str:
    if operator in ("empty", "filled"):
        return "nothing"
    two = operator == "between"
    match known.kind:
        case Kind.DAY if operator in ("is", "not"):
            return "days"
        case Kind.DAY if operator == "older":
            return "number"
        case Kind.DAY:
            return "dates" if two else "date"
        case Kind.AMOUNT | Kind.PERCENT:
            return "amounts" if two else "amount"
        case Kind.NUMBER:
            return "numbers" if two else "number"
        case Kind.CHOICE | Kind.RECORD | Kind.TREE if has_options:
            return "many" if operator == "in" else "select"
        case _:
            return "text"


def both(first: Expression | None, second: Expression | None) -> Expression | None:
    """Give what both ask for."""
    if first is None or second is None:
        return first or second
    parts: list[Expression] = []
    for one in (first, second):
        parts += one.parts if isinstance(one, Group) and one.every else (one,)
    return Group(True, tuple(parts))
